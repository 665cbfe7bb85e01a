"""Row-hash words of text and bytes, vectorised over the rows.

Short values are read as 8-byte little-endian words (the last padded with zeros) that are mixed in
one after another for all rows at once; the length is mixed in first, so padding cannot confuse.
Long values are hashed one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import MISSING_WORD, Words

_LONG = 64
_SEED = np.uint64(0xC2B2AE3D27D4EB4F)
_ODD = np.uint64(0x9FB21C651E98DF25)


def stir(state: Words, words: Words | np.uint64) -> Words:
    """Mix a word into each state, in place where possible; a bijection of the state.

    References
    ----------
    The constant and the shifts are those of the rrmxmx finaliser (Evensen, 2018).
    """
    state ^= words
    state *= _ODD
    state ^= state >> np.uint64(32)
    state *= _ODD
    state ^= state >> np.uint64(29)
    return state


def text_words(offsets: NDArray[Any], content: memoryview, present: NDArray[np.bool_] | None = None) -> Words:
    """Return one 64-bit word per value.

    Parameters
    ----------
    offsets : positions in ``content``, one more than values, starting at 0.
    content : the bytes of all values one after another.
    present : which values are not missing; None means all.
    """
    starts, lengths = offsets[:-1].astype(np.int64), np.diff(offsets).astype(np.int64)
    state = stir(np.full(len(lengths), _SEED), lengths.astype(np.uint64))
    padded = np.zeros(len(content) + 8, np.uint8)
    padded[: len(content)] = np.frombuffer(content, np.uint8)
    short = lengths <= _LONG
    _stir_short(state, np.flatnonzero(short & (lengths > 0)), starts, lengths, padded)
    _stir_long(state, np.flatnonzero(~short), starts, lengths, content)
    return present_words(state, present)


def present_words(words: Words, present: NDArray[np.bool_] | None) -> Words:
    """Return words with the one for a missing value where none is present."""
    return words if present is None else np.where(present, words, MISSING_WORD)


def grouped_words(words: Words, lengths: NDArray[Any]) -> Words:
    """Return one word per group of neighbouring words, by their order and number.

    Each word is mixed with its place in its group, so that their sum tells orders apart.
    """
    ends = np.cumsum(lengths, dtype=np.int64)
    starts = ends - lengths
    places = np.arange(len(words), dtype=np.int64) - np.repeat(starts, lengths)
    mixed = stir(stir(np.full(len(words), _SEED), places.astype(np.uint64)), words)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    return stir(sums[ends] - sums[starts], lengths.astype(np.uint64))


def _stir_short(state: Words, rows: NDArray[Any], starts: Any, lengths: Any, padded: Any) -> None:
    # A view of the 8 bytes from every position, so that one take reads a word of every row.
    sliding = np.lib.stride_tricks.as_strided(padded, (len(padded) - 7, 8), (1, 1))
    for position in range(0, _LONG, 8):
        rows = rows[lengths[rows] > position]
        if not len(rows):
            return
        words = sliding[starts[rows] + position].view("<u8")[:, 0]
        bits = np.minimum(lengths[rows] - position, 8).astype(np.uint64) * np.uint64(8)
        words &= np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - bits)
        state[rows] = stir(state[rows], words)


def _stir_long(state: Words, rows: NDArray[Any], starts: Any, lengths: Any, content: memoryview) -> None:
    from xxhash import xxh3_64_intdigest

    if len(rows):
        ends = starts[rows] + lengths[rows]
        spans = zip(starts[rows].tolist(), ends.tolist(), strict=True)
        hashes = (xxh3_64_intdigest(content[start:end]) for start, end in spans)
        state[rows] = stir(state[rows], np.fromiter(hashes, np.uint64, len(rows)))
