"""Data as the rules see them: a pandas or polars frame whose columns have names that are text, once each.

Arrow becomes polars where that is loaded, else pandas; a series or array is a frame of its columns.
A polars plan (LazyFrame) is collected, because pandera looks at a plan's schema only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..data.columns import library_of, table_of
from ..data.fingerprint import display_names
from ..errors import UnsupportedError

Mask = NDArray[np.bool_]
_WIDTHS: Final = re.compile(r"^(u?int|float|complex)\d+$")
_TIMES: Final = re.compile(r"^(datetime|duration)\[[^,\]]+(?:, (.+))?\]$")
_KINDS: Final = {
    "int": "number", "uint": "number", "float": "number", "bool": "boolean", "string": "text",
    "category": "text", "datetime": "time", "time": "clock", "date": "time", "duration": "span",
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """A frame of one of the two engines, and what has been asked of it already."""

    frame: Any
    engine: Literal["pandas", "polars"]
    names: tuple[str, ...]
    _types: dict[str, str] = field(default_factory=dict)
    _missing: dict[str, Mask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def type_of(self, name: str) -> str:
        """Return the logical type of a column, in the words of the fingerprint."""
        if name not in self._types:
            self._types[name] = self._type(name)
        return self._types[name]

    def kind_of(self, name: str) -> str:
        """Return ``number``, ``boolean``, ``text``, ``time``, ``span`` or another type's word."""
        base = family(self.type_of(name)).partition("[")[0]
        if base == "category" and "[string" not in self.type_of(name):
            return "category"
        return _KINDS.get(base, "number" if base.startswith("decimal") else base)

    def missing(self, name: str) -> Mask:
        """Return where a column has no value: null, None, NaN or NaT; one value per row."""
        if name not in self._missing:
            self._missing[name] = self._is_missing(name)
        return self._missing[name]

    def codes(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return one number per row, equal where the rows are equal in these columns; missing is a value."""
        if self.engine == "pandas":
            groups = self.frame.groupby(list(names), sort=False, dropna=False, observed=True)
            return np.asarray(groups.ngroup(), np.int64)
        import polars as pl

        some = self.frame.select(names)
        each = some.unique(maintain_order=True).with_row_index("")
        joined = some.join(each, on=list(names), how="left", nulls_equal=True, maintain_order="left")
        return np.asarray(joined.get_column("").cast(pl.Int64).to_numpy())

    def values_at(self, name: str, places: Sequence[int]) -> list[Any]:
        """Return the values of a column in some rows."""
        column = self.frame[name]
        return [column.iloc[place] if self.engine == "pandas" else column[place] for place in places]

    def _type(self, name: str) -> str:
        column = self.frame[name]
        if self.engine == "polars" and (column.dtype.is_numeric() or column.dtype == _polars().String):
            column = column.head(0)  # the type is said without a value; to Arrow they would be copied
        try:
            table = table_of(column)
        except UnsupportedError:
            return str(self.frame[name].dtype)
        assert table is not None
        return table.columns[0].type

    def _is_missing(self, name: str) -> Mask:
        column = self.frame[name]
        if self.engine == "pandas":
            return np.asarray(column.isna(), bool)
        absent = column.is_null() if column.null_count() else None
        if column.dtype.is_float() and (not_a_number := column.is_nan()).any():
            absent = not_a_number if absent is None else absent | not_a_number.fill_null(True)  # noqa: FBT003
        return np.zeros(len(column), bool) if absent is None else np.asarray(absent.to_numpy(), bool)


def _polars() -> Any:
    return sys.modules["polars"]


def rows_of(data: Any) -> Rows:
    """Return data as rows.

    Raises
    ------
    UnsupportedError
        When the object is no table or array.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = rows_of(pd.DataFrame({"a": [1, None], 2: ["x", "y"]}))
    >>> rows.names, rows.type_of("a"), int(rows.missing("a").sum())
    (('a', '2'), 'float64', 1)
    """
    library = library_of(data)
    if library is None:
        kind = f"{type(data).__module__}.{type(data).__qualname__}"
        raise UnsupportedError(f"{kind} is no data; a contract checks pandas, polars, Arrow and numpy tables")
    if library == "polars":
        return _of_polars(data)
    if library == "pyarrow":
        return _of_arrow(data)
    return _of_pandas(data)


def family(kind: str) -> str:
    """Return a logical type without width and unit: ``int64`` is ``int``.

    Examples
    --------
    >>> family("uint8"), family("datetime[ns]"), family("datetime[us, Europe/Berlin]"), family("string")
    ('uint', 'datetime', 'datetime[Europe/Berlin]', 'string')
    """
    if found := _WIDTHS.match(kind):
        return found[1]
    if found := _TIMES.match(kind):
        return f"{found[1]}[{found[2]}]" if found[2] else found[1]
    return (
        "category" if kind.startswith("category[") and "[string" not in kind else kind.partition("[string")[0]
    )


def _of_pandas(data: Any) -> Rows:
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        data = data.to_frame() if isinstance(data, pd.Series | pd.Index) else _of_array(data)
    names = _names(list(data.columns))
    # Labels become positions and names text, on a shallow copy: the caller's frame stays as it is.
    frame = data.set_axis(pd.RangeIndex(len(data))).set_axis(names, axis=1)
    return Rows(frame, "pandas", tuple(names))


def _of_array(data: Any) -> Any:
    import pandas as pd

    if hasattr(data, "tocsr"):
        frame: Any = pd.DataFrame
        return frame.sparse.from_spmatrix(data)
    return pd.DataFrame(data if data.ndim < 3 else data.reshape(len(data), -1))


def _of_polars(data: Any) -> Rows:
    import polars as pl

    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    frame = data.to_frame() if isinstance(data, pl.Series) else data
    return Rows(frame, "polars", tuple(frame.columns))


def _of_arrow(data: Any) -> Rows:
    import pyarrow as pa

    if isinstance(data, pa.Array | pa.ChunkedArray):
        data = pa.table({"values": data})
    table = pa.table(data) if isinstance(data, pa.RecordBatch) else data
    names = _names(table.column_names)
    table = table.rename_columns(names)
    if "polars" in sys.modules:
        return _of_polars(sys.modules["polars"].from_arrow(table))
    import pandas as pd

    return _of_pandas(table.to_pandas(types_mapper=pd.ArrowDtype))


def _names(given: Sequence[Any]) -> list[str]:
    return display_names(given)
