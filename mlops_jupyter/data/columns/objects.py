"""Columns of Python objects: typed where pandas has no other column for them, else walked.

A column of objects that are, apart from missing ones, all text, bytes, booleans, dates, times,
decimals, or evenly typed lists or dicts *is* a column of that type: these are the kinds that come
back from Parquet as objects (text did before pandas 3), and that polars and Arrow hold as typed
columns. There, as in every typed column, missing is missing: ``None``, ``nan``, ``NaT`` and
``NA`` are one. A column without any value is of type ``null``.

Every other column of objects (numbers beside text, tuples, sets) is of type ``object``, and each
value is itself: ``1``, ``1.0``, ``"1"``, ``True``, ``None`` and ``nan`` all differ.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np

from .arrow import ArrowColumn, walked_words
from .base import Column, Stream, Words, windows
from .walk import walk

_MISSING_NAMES = {("pandas", "NAType"), ("pandas", "NaTType")}
_BOOLS = {bool, np.bool_}
_NESTED = {list, dict, np.ndarray}
_DEPTH = 50


class ObjectColumn(Column):
    """Python values of mixed kinds, by their canonical bytes; one stream per chunk."""

    type = "object"

    def __init__(self, name: Hashable, values: Sequence[Any]) -> None:
        self.name = name
        self.length = len(values)
        self._values = values

    @property
    def values(self) -> Sequence[Any]:
        """The Python values."""
        return self._values

    def chunks(self) -> Iterator[Sequence[Stream]]:
        for window in windows(self.length):
            yield [b"".join([walk(value) for value in self._values[window]])]

    def words(self) -> Iterator[Words]:
        for window in windows(self.length):
            yield walked_words(self._values[window])


def object_column(name: Hashable, values: Any) -> Column:
    """Return the typed column that these objects are, or the column of objects."""
    array = typed_array(values)
    return ObjectColumn(name, values) if array is None else ArrowColumn(name, array)


def is_missing(value: Any) -> bool:
    """Tell whether a Python value says that there is none.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing("")
    (True, True, False)
    """
    kind = type(value)
    if value is None or (isinstance(value, float) and value != value):
        return True
    return (kind.__module__.partition(".")[0], kind.__name__) in _MISSING_NAMES


def typed_array(values: Sequence[Any]) -> Any:
    """Return objects as an Arrow array, or None where they are not evenly of one such kind."""
    import pyarrow as pa

    present = [value for value in values if type(value) in _COMMON or not is_missing(value)]
    if not present:
        return pa.nulls(len(values))
    make = _maker(present)
    if make is None:
        return None
    try:
        array = pa.array(values, type=make(), from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None  # lone surrogates, decimals without a scale, integers beyond 64 bits
    return array


def _maker(present: list[Any]) -> Callable[[], Any] | None:
    kinds = set(map(type, present))
    if kinds <= _BOOLS:
        return _bool
    if len(kinds) == 1:
        (kind,) = kinds
        if kind is time and any(value.tzinfo is not None for value in present):
            return None
        if kind in _TYPES:
            return _TYPES[kind]
    return _inferred if kinds <= _NESTED and even(present) else None


def even(values: list[Any], depth: int = 0) -> bool:
    """Tell whether values, and the items inside them, are each of one kind that Arrow keeps as it is.

    Examples
    --------
    >>> even([[1, 2], [3]]), even([[1, 2.5]]), even([{"a": 1}, {"a": "x"}])
    (True, False, False)
    """
    present = [value for value in values if not is_missing(value)]
    kinds = set(map(type, present))
    if len(kinds) != 1 or depth > _DEPTH:
        return not kinds
    (kind,) = kinds
    if kind is dict:
        return _even_dicts(present, depth + 1)
    if kind is list:
        return even(list(chain.from_iterable(present)), depth + 1)
    if kind is np.ndarray:
        return _even_arrays(present, depth + 1)
    if kind is datetime:
        return all(value.tzinfo is None for value in present)
    return kind in _EVEN


def _even_dicts(values: list[dict[Any, Any]], depth: int) -> bool:
    keys = list(values[0])
    if not keys or any(type(key) is not str for key in keys) or any(list(v) != keys for v in values):
        return False
    return all(even([value[key] for value in values], depth) for key in keys)


def _even_arrays(values: list[Any], depth: int) -> bool:
    dtypes = {value.dtype for value in values}
    if len(dtypes) != 1 or any(value.ndim != 1 for value in values):
        return False
    kind = dtypes.pop().kind
    return even(list(chain.from_iterable(values)), depth) if kind == "O" else kind in "biufM"


def _inferred() -> None:
    return None


def _bool() -> Any:
    import pyarrow as pa

    return pa.bool_()


def _large_string() -> Any:
    import pyarrow as pa

    return pa.large_string()


def _large_binary() -> Any:
    import pyarrow as pa

    return pa.large_binary()


def _date32() -> Any:
    import pyarrow as pa

    return pa.date32()


def _time64() -> Any:
    import pyarrow as pa

    return pa.time64("us")


_TYPES: dict[type, Callable[[], Any]] = {
    str: _large_string,
    bytes: _large_binary,
    date: _date32,
    time: _time64,
    Decimal: _inferred,
}
_COMMON = {str, bytes, bool, int, dict, list}
_EVEN = {bool, int, float, str, bytes, date, Decimal}
