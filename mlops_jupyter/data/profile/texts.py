"""What texts look like, vectorised over their bytes: lengths, words, shapes, classes of characters.

A shape replaces every capital letter by ``A``, every small one by ``a``, every digit by ``9``, every
character beyond ASCII by ``w``; others stay, and a repeated one is written once with ``+``:
``AB-1024`` is ``A+-9+``. Shapes look at the first 64 bytes. All are counted over distinct
texts, weighed by how often each stands; of more than 50,000 in a batch, over evenly spaced ones, and
then scaled.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...records import TextSummary
from ..columns.arrow import text_parts
from ..columns.texts import text_words
from .grids import Counts, Floats
from .numbers import NumberState, merged

PATTERNS: Final = 50
_PLACES = 1_024
_MOST_TEXTS = 50_000
_SHOWN_BYTES = 64
_CLASSES: Final = ("capital", "small", "digit", "space", "punctuation", "control", "other")
_PLUS = ord("+")


def _table(of_class: Any) -> NDArray[np.uint8]:
    return np.array([of_class(byte) for byte in range(256)], np.uint8)


def _class(byte: int) -> int:
    character = chr(byte)
    if byte >= 0x80:
        return 6
    if character.isalpha():
        return 0 if character.isupper() else 1
    if character.isdigit():
        return 2
    return 3 if character.isspace() else 5 if byte < 32 or byte == 127 else 4


_CLASS_OF = _table(_class)
_MASK_OF = _table(lambda byte: {0: ord("A"), 1: ord("a"), 2: ord("9"), 6: ord("w")}.get(_class(byte), byte))
_LOWER = _table(lambda byte: byte + 32 if 65 <= byte <= 90 else byte)


class TextState:
    """What is known of the texts of a column; ``grid`` is that of the lengths in another profile."""

    def __init__(self, grid: Floats | None = None) -> None:
        self.length = NumberState(grid)
        self.n_words = 0
        self.patterns: Counter[str] = Counter()
        self.characters = np.zeros(len(_CLASSES), np.int64)
        self.tokens = np.zeros(_PLACES, np.int64)

    def add(self, texts: Any, times: Counts) -> None:
        """See distinct texts (an Arrow array of large strings) that stand ``times`` times each."""
        import pyarrow.compute as pc

        lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
        self.length.add(np.sort(np.repeat(lengths, times)))
        scale = 1.0
        if len(texts) > _MOST_TEXTS:
            some = np.linspace(0, len(texts) - 1, _MOST_TEXTS).astype(np.int64)
            scale = times.sum() / times[some].sum()
            texts, times = texts.take(some), times[some]
        self._look(texts, times, scale)

    def _look(self, texts: Any, times: Counts, scale: float) -> None:
        offsets, content = text_parts(texts)
        data = np.frombuffer(content, np.uint8)
        lengths = np.diff(offsets).astype(np.int64)
        starts = np.asarray(offsets[:-1], np.int64)
        rows = np.repeat(np.arange(len(lengths)), lengths)
        shown = np.arange(len(data)) - starts[rows] < _SHOWN_BYTES
        lead = (data & 0xC0) != 0x80
        weight = times[rows]
        classes = _CLASS_OF[data]
        found = np.bincount(classes[lead], weights=weight[lead], minlength=len(_CLASSES))
        self.characters += np.rint(found * scale).astype(np.int64)
        self._patterns(data[shown & lead], rows[shown & lead], times, scale)
        self._words(data, rows, classes, times, scale)

    def _patterns(self, data: NDArray[Any], rows: NDArray[Any], times: Counts, scale: float) -> None:
        import pyarrow as pa

        masks = _MASK_OF[data]
        same = np.concatenate([[False], (masks[1:] == masks[:-1]) & (rows[1:] == rows[:-1])])
        third = same & np.concatenate([[False], same[:-1]])
        written = np.where(same, np.uint8(_PLUS), masks)[~third]
        sizes = np.bincount(rows[~third], minlength=len(times))
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        shapes = pa.LargeStringArray.from_buffers(
            len(times), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(written))
        )
        coded = shapes.dictionary_encode()
        counts = np.bincount(coded.indices.to_numpy(), weights=times, minlength=len(coded.dictionary))
        often = np.argsort(-counts, kind="stable")[: 4 * PATTERNS]
        words = coded.dictionary.take(often).to_pylist()
        weighed = np.rint(counts[often] * scale).astype(np.int64)
        self.patterns.update(dict(zip(words, weighed.tolist(), strict=True)))

    def _words(
        self, data: NDArray[Any], rows: NDArray[Any], classes: NDArray[Any], times: Counts, scale: float
    ) -> None:
        import pyarrow as pa

        solid = classes != 3
        fresh = np.concatenate([[True], (rows[1:] != rows[:-1]) | ~solid[:-1]])[: len(data)] & solid
        places = np.flatnonzero(fresh)
        if not len(places):
            return
        letters = _LOWER[data[solid]]
        offsets = np.append((np.cumsum(solid) - 1)[places], len(letters)).astype(np.int64)
        hashes = text_words(offsets, memoryview(pa.py_buffer(letters)))
        weights = times[rows[places]]
        self.n_words += round(float(weights.sum()) * scale)
        found = np.bincount((hashes >> np.uint64(54)).astype(np.int64), weights=weights, minlength=_PLACES)
        self.tokens += np.rint(found * scale).astype(np.int64)

    def summary(self) -> TextSummary | None:
        """Return what is stored of the texts; words by hash only where texts have two words or more."""
        length = self.length.distribution()
        if length is None:
            return None
        tokens = tuple(self.tokens.tolist()) if self.n_words >= 2 * length.n else ()
        return TextSummary(length, self.n_words, _most(self.patterns), self._characters(), tokens)

    def _characters(self) -> tuple[tuple[str, int], ...]:
        counted = zip(_CLASSES, self.characters.tolist(), strict=True)
        return tuple(sorted(((name, n) for name, n in counted if n), key=_often))


def merged_texts(a: TextSummary | None, b: TextSummary | None) -> TextSummary | None:
    """Return the summary of the texts of both."""
    if a is None or b is None:
        return b if a is None else a
    length = merged(a.length, b.length)
    assert length is not None
    tokens = tuple(x + y for x, y in zip(a.tokens, b.tokens, strict=False))
    characters = Counter(dict(a.characters)) + Counter(dict(b.characters))
    return TextSummary(
        length,
        a.n_words + b.n_words,
        _most(Counter(dict(a.patterns)) + Counter(dict(b.patterns))),
        tuple(sorted(characters.items(), key=_often)),
        tokens,
    )


def _most(patterns: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(patterns.items(), key=_often)[:PATTERNS])


def _often(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
