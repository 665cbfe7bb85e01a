"""A column as a fingerprint sees it: a name, a logical type, and canonical bytes in chunks.

How to add a library: write ``<library>_columns.py`` with a function that takes an object of that
library and returns a :class:`Table` of columns (most are an :class:`ArrowColumn` or a
:class:`NumberColumn`), and name it in ``ADAPTERS`` of ``columns/__init__.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedError

CHUNK_ROWS: Final = 65_536
"""Rows of a chunk; part of the definition of ``mj1``."""

MISSING_WORD: Final = np.uint64(0x9E6C63D0876A9A99)
"""Stands for a missing value in row hashes."""

Stream = Any
"""Anything with a C-contiguous buffer: bytes, memoryview, numpy array, Arrow buffer."""

Words = NDArray[np.uint64]


class Column(ABC):
    """One column of ``length`` values.

    ``name`` is the name as the library gave it (text, number, tuple, None). ``family`` is what
    the row hash calls the type: widths of numbers do not count there.
    """

    name: Hashable
    type: str
    length: int

    @property
    def family(self) -> str:
        """The type, as far as row hashes tell types apart."""
        return self.type

    @property
    def header(self) -> bytes:
        """What is hashed once, before the chunks."""
        return b""

    @abstractmethod
    def chunks(self) -> Iterator[Sequence[Stream]]:
        """Yield, per 65,536 rows, the streams of canonical bytes; their number depends on the type alone."""

    @abstractmethod
    def words(self) -> Iterator[Words]:
        """Yield, per 65,536 rows, one 64-bit word per value, for row hashes."""


@dataclass(frozen=True, slots=True)
class Table:
    """An object of any library as columns, with its index where that says more than positions."""

    kind: str
    n_rows: int
    n_columns: int
    columns: Sequence[Column]
    index: Sequence[Column] = ()


def windows(length: int) -> Iterator[slice]:
    """Yield the slices of 65,536 rows that cover ``length`` rows.

    Examples
    --------
    >>> list(windows(70_000))
    [slice(0, 65536, None), slice(65536, 70000, None)]
    """
    for start in range(0, length, CHUNK_ROWS):
        yield slice(start, min(start + CHUNK_ROWS, length))


def packed(present: NDArray[np.bool_]) -> Stream:
    """Return bits, lowest first, eight to a byte; the last byte is filled with zeros."""
    return np.packbits(present, bitorder="little")


class ColumnError(UnsupportedError):
    """A refusal that already names its column."""


@contextmanager
def naming(name: Hashable, kind: object, done: str = "fingerprinted") -> Iterator[None]:
    """Turn whatever goes wrong inside into an :class:`UnsupportedError` with the column's name and type.

    ``done`` says what was to be done with the column.
    """
    try:
        yield
    except (ColumnError, MemoryError):
        raise
    except Exception as error:
        which = "the column without a name" if name is None else f"column {name!r}"
        raise ColumnError(f"{which} ({kind}) cannot be {done}: {error}") from error
