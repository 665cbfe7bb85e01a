"""numpy arrays as columns.

One dimension is one column without a name; two are columns named 0, 1, 2, …, so an array equals
the DataFrame made of it; a structured array has a column per field. More dimensions, and tables
wider than 10,000 columns, are one column of tensors.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from ...errors import UnsupportedError
from ..types import numpy_type
from .arrow import ArrowColumn
from .base import CHUNK_ROWS, Column, Stream, Table, Words, naming, windows
from .numbers import NumberColumn, number_streams, plain_values
from .objects import object_column

WIDEST: Final = 10_000


def table(array: NDArray[Any]) -> Table:
    """Return the columns of an array of any shape and dtype."""
    if isinstance(array, np.ma.MaskedArray):
        array = _filled(array)
    n_rows = array.shape[0] if array.ndim else 1
    columns = _columns(np.asarray(array).reshape(1) if array.ndim == 0 else np.asarray(array))
    width = math.prod(array.shape[1:]) if array.ndim > 1 else len(columns)
    return Table("numpy.ndarray", n_rows, width, columns)


def _filled(array: Any) -> NDArray[Any]:
    if array.dtype.kind not in "fc" and np.ma.getmaskarray(array).any():
        raise UnsupportedError(f"a masked array of {array.dtype} has no canonical form; use a pandas Series")
    return np.asarray(array.filled(np.nan) if array.dtype.kind in "fc" else array.data)


def _columns(array: NDArray[Any]) -> list[Column]:
    if array.dtype.names is not None:
        return [field for name in array.dtype.names for field in _field(name, array[name])]
    if array.ndim == 1:
        return [array_column(None, array)]
    if array.ndim == 2 and array.shape[1] <= WIDEST:
        return [array_column(place, array[:, place]) for place in range(array.shape[1])]
    return [TensorColumn(None, array)]


def _field(name: str, array: NDArray[Any]) -> list[Column]:
    if array.ndim > 1:
        return [TensorColumn(name, array)]
    inner = array.dtype.names
    if inner is None:
        return [array_column(name, array)]
    # A field of fields becomes columns named by the path to them.
    return [column for part in inner for column in _nested(name, _field(part, array[part]))]


def _nested(name: str, columns: list[Column]) -> list[Column]:
    for column in columns:
        column.name = (name, *(column.name if isinstance(column.name, tuple) else (column.name,)))
    return columns


def array_column(name: Hashable, values: NDArray[Any]) -> Column:
    """Return the column that a one-dimensional array is."""
    with naming(name, values.dtype):
        return _typed_column(name, values)


def _typed_column(name: Hashable, values: NDArray[Any]) -> Column:
    kind = values.dtype.kind
    if kind == "O":
        return object_column(name, values)
    if kind in "UT":
        return object_column(name, values.tolist())
    if kind == "S":
        return object_column(name, [bytes(value) for value in values.tolist()])
    if kind == "M" and np.datetime_data(values.dtype) == ("D", 1):
        import pyarrow as pa

        return ArrowColumn(name, pa.array(np.ascontiguousarray(values)))
    return NumberColumn(name, values)


class TensorColumn(Column):
    """An array of three or more dimensions, of numbers: each row holds a block of one shape."""

    def __init__(self, name: Hashable, array: NDArray[Any]) -> None:
        if array.dtype.kind in "OUSTV":
            raise UnsupportedError(
                f"an array of shape {array.shape} and dtype {array.dtype} has no canonical form; "
                "use a table of columns"
            )
        self.name = name
        self.length = len(array)
        shape = ", ".join(map(str, array.shape[1:]))
        self.type = f"tensor[{numpy_type(array.dtype)}, {shape}]"
        self._array = array
        self._rows = max(1, CHUNK_ROWS // max(1, array[:1].size))

    @property
    def values(self) -> NDArray[Any]:
        """The array, rows first."""
        return self._array

    def chunks(self) -> Iterator[Sequence[Stream]]:
        for start in range(0, self.length, self._rows):
            block = np.ascontiguousarray(self._array[start : start + self._rows]).reshape(-1)
            yield number_streams(*plain_values(block))

    def words(self) -> Iterator[Words]:
        for window in windows(self.length):
            rows = (np.ascontiguousarray(row).reshape(-1) for row in self._array[window])
            hashes = (xxh3_64_intdigest(b"".join(map(_raw, number_streams(*plain_values(r))))) for r in rows)
            yield np.fromiter(hashes, np.uint64, window.stop - window.start)


def _raw(stream: Stream) -> bytes:
    return bytes(stream)
