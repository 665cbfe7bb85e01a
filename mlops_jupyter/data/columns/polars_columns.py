"""polars frames and series as columns, by way of Arrow; an Enum is an ordered category."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ...errors import UnsupportedError
from .arrow_categories import dictionary_column
from .base import Column, Table, naming
from .objects import object_column
from .pyarrow_columns import array_column


def table(data: Any) -> Table:
    """Return the columns of a DataFrame or Series.

    Raises
    ------
    UnsupportedError
        For a LazyFrame, which holds a plan and no data.
    """
    import polars as pl

    if isinstance(data, pl.LazyFrame):
        raise UnsupportedError("a polars LazyFrame is a plan without data; call .collect() first")
    if isinstance(data, pl.Series):
        column = _column(data.name or None, data)
        return Table("polars.Series", len(data), 1, [column])
    columns = [_column(series.name, series) for series in data.get_columns()]
    return Table("polars.DataFrame", data.height, data.width, columns)


def _column(name: Hashable, series: Any) -> Column:
    import polars as pl

    with naming(name, series.dtype):
        if series.dtype == pl.Object:
            return object_column(name, series.to_list())
        array = series.to_arrow()
        if isinstance(series.dtype, pl.Enum):
            return dictionary_column(name, array, ordered=True)
        return array_column(name, array)
