"""Sparse matrices of scipy as one column, the same for every format.

Canonical form: compressed rows, columns ascending, entries at the same place summed, explicit
zeros left out. A chunk is 65,536 stored entries; its streams are column numbers (uint64) and
values. The header holds the number of columns and the digest of the row lengths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import UnsupportedError
from ..types import numpy_type
from .base import Column, Stream, Table, Words, windows
from .digest import column_digest
from .numbers import NumberColumn, number_streams, number_words, plain_values
from .texts import grouped_words, stir


def table(matrix: Any) -> Table:
    """Return the one column of a sparse matrix or array of one or two dimensions."""
    if len(matrix.shape) > 2:
        raise UnsupportedError(
            f"a sparse array of shape {matrix.shape} has no canonical form; use two dimensions"
        )
    column = SparseColumn(matrix)
    width = matrix.shape[1] if len(matrix.shape) == 2 else 1
    return Table("scipy.sparse", column.length, width, [column])


class SparseColumn(Column):
    """The rows of a sparse matrix."""

    name = None

    def __init__(self, matrix: Any) -> None:
        flat = len(matrix.shape) == 1
        rows = matrix.reshape((matrix.shape[0], 1)).tocsr() if flat else matrix.tocsr(copy=False)
        if not _is_canonical(rows):
            rows = rows.copy()
            rows.sum_duplicates()
            rows.eliminate_zeros()
        self._rows = rows
        self.length = rows.shape[0]
        self.type = f"sparse[{numpy_type(rows.dtype)}, {rows.shape[1]}]"

    @property
    def header(self) -> bytes:
        lengths = np.diff(self._rows.indptr).astype(np.uint64)
        return column_digest(NumberColumn(None, lengths))[0]

    @property
    def values(self) -> Any:
        """The stored entries, zeros left out."""
        return self._rows.data

    def chunks(self) -> Iterator[Sequence[Stream]]:
        for window in windows(len(self._rows.data)):
            numbers = self._rows.indices[window].astype("<u8")
            yield [numbers, *number_streams(*plain_values(self._rows.data[window]))]

    def words(self) -> Iterator[Words]:
        numbers = number_words(*plain_values(self._rows.data))
        entries = stir(self._rows.indices.astype(np.uint64), numbers)
        hashes = grouped_words(entries, np.diff(self._rows.indptr))
        for window in windows(self.length):
            yield hashes[window]


def _is_canonical(rows: Any) -> bool:
    return bool(rows.has_canonical_format) and bool(np.all(rows.data != 0))
