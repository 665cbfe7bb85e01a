"""Categories: a dictionary in order of first appearance, and codes into it.

The declared levels are part of the type: as a list where the category is ordered, as a set where
it is not (two such types are equal in pandas too). So the order in which a library keeps its
dictionary does not count, while an unused level does.

Header: the digest of the dictionary column, then the digest of the declared levels. Stream: codes
as uint32, 0xFFFFFFFF for missing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from .arrow import ArrowColumn
from .base import MISSING_WORD, Column, Stream, Words, windows
from .digest import column_digest
from .walk import walk

_MISSING_CODE = 0xFFFFFFFF


class CategoryColumn(Column):
    """Codes into the column of levels.

    ``levels`` has no missing and no repeated value; ``take`` gives the column of some of them by
    position, ``plain`` all of them as Python values.
    """

    def __init__(
        self,
        name: Hashable,
        codes: NDArray[Any],
        levels: Column,
        *,
        plain: Sequence[Any],
        take: Any,
        ordered: bool,
    ) -> None:
        if not plain:
            # Libraries disagree about the type of levels of which there are none.
            levels, take = _no_levels(), lambda _: _no_levels()
        self.name = name
        self.length = len(codes)
        self._codes = codes
        self._levels = levels
        first = first_appearance(codes, levels.length)
        self._renamed = np.full(levels.length + 1, _MISSING_CODE, np.dtype("<u4"))
        self._renamed[first] = np.arange(len(first), dtype=np.uint32)
        self._used = take(first)
        spelled = [walk(level) for level in plain]
        declared = blake3(b"".join(spelled if ordered else sorted(spelled))).digest()
        self._declared = len(spelled).to_bytes(8, "big") + declared
        word = "ordered, " if ordered else ""
        self.type = f"category[{levels.type}, {word}{len(spelled)} levels {declared.hex()[:12]}]"

    @property
    def family(self) -> str:
        return self._levels.family

    @property
    def header(self) -> bytes:
        return bytes(column_digest(self._used)[0] + self._declared)

    @property
    def codes(self) -> NDArray[Any]:
        """Per row, the place in ``levels``; -1 is missing."""
        return self._codes

    @property
    def levels(self) -> Column:
        """The declared levels."""
        return self._levels

    def chunks(self) -> Iterator[Sequence[Stream]]:
        for window in windows(self.length):
            # "wrap" makes -1 the last entry, as indexing does, at four times the speed.
            yield [self._renamed.take(self._codes[window], mode="wrap")]

    def words(self) -> Iterator[Words]:
        levels = [*self._levels.words(), np.array([MISSING_WORD])]
        table = np.concatenate(levels)
        for window in windows(self.length):
            yield table.take(self._codes[window], mode="wrap")


def first_appearance(codes: NDArray[Any], n_levels: int) -> NDArray[np.int64]:
    """Return the codes that occur, in the order in which they first do; -1 is missing.

    Examples
    --------
    >>> first_appearance(np.array([2, -1, 0, 2]), 4)
    array([2, 0])
    """
    found: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    seen = np.zeros(n_levels + 1, np.bool_)
    seen[-1] = True
    for window in windows(len(codes)):
        if seen.all():
            break
        part = codes[window]
        fresh, places = np.unique(part[~seen.take(part, mode="wrap")], return_index=True)
        found.append(fresh[np.argsort(places)].astype(np.int64))
        seen[fresh] = True
    return np.concatenate(found)


def _no_levels() -> Column:
    import pyarrow as pa

    return ArrowColumn(None, pa.nulls(0))
