"""pandas frames, series and indexes as columns, whichever arrays hold them.

An index that only counts 0, 1, 2, … and has no name says nothing and is left out; any other is
hashed as further columns, level by level. ``attrs``, flags, the names of column levels, block
layout and sparseness are storage and do not count.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from ..types import time_type
from .arrow import ArrowColumn
from .arrow_categories import dictionary_column
from .base import Column, Table, naming
from .category import CategoryColumn
from .numbers import NumberColumn
from .numpy_columns import array_column


def table(data: Any) -> Table:
    """Return the columns of a DataFrame, Series or Index."""
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        names = list(data.columns)
        columns = [values_column(name, data.iloc[:, place].array) for place, name in enumerate(names)]
        return Table("pandas.DataFrame", len(data), len(names), columns, index_columns(data.index))
    if isinstance(data, pd.Series):
        column = values_column(data.name, data.array)
        return Table("pandas.Series", len(data), 1, [column], index_columns(data.index))
    levels = _levels(data)
    return Table("pandas.Index", len(data), len(levels), levels)


def index_columns(index: Any) -> list[Column]:
    """Return the columns of an index, none where it only counts the rows."""
    return [] if _only_counts(index) else _levels(index)


def _only_counts(index: Any) -> bool:
    import pandas as pd

    if index.nlevels > 1 or index.name is not None:
        return False
    if isinstance(index, pd.RangeIndex):
        return bool(len(index) == 0 or (index.start == 0 and index.step == 1))
    if index.dtype == object and len(index) == 0:
        return True
    if not (isinstance(index.dtype, np.dtype) and index.dtype == np.int64):
        return False
    values = index.to_numpy()
    return len(values) == 0 or (
        values[0] == 0 and values[-1] == len(values) - 1 and bool((values == np.arange(len(values))).all())
    )


def _levels(index: Any) -> list[Column]:
    return [
        values_column(name, index.get_level_values(level).array) for level, name in enumerate(index.names)
    ]


def values_column(name: Hashable, array: Any) -> Column:
    """Return the column that a pandas array is."""
    with naming(name, array.dtype):
        return _typed_column(name, array)


def _typed_column(name: Hashable, array: Any) -> Column:
    import pandas as pd

    dtype = array.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _category(name, array)
    if isinstance(dtype, pd.SparseDtype):
        return array_column(name, np.asarray(array))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _zoned(name, array, dtype)
    # Text in Python objects is a NumpyExtensionArray too.
    plain = isinstance(array, pd.arrays.NumpyExtensionArray) and not isinstance(dtype, pd.StringDtype)
    if plain or isinstance(dtype, np.dtype):
        return array_column(name, np.asarray(array))
    return extension_column(name, array)


def extension_column(name: Hashable, array: Any) -> Column:
    """Return the column of an extension array, by way of Arrow."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.types as t

    # Text in Python objects would otherwise be of type null where all of it is missing.
    text = pa.large_string() if isinstance(array.dtype, pd.StringDtype) else None
    values = pa.array(array, type=text, from_pandas=True)
    return dictionary_column(name, values) if t.is_dictionary(values.type) else ArrowColumn(name, values)


def _zoned(name: Hashable, array: Any, dtype: Any) -> Column:
    import pyarrow as pa

    zone = pa.timestamp(dtype.unit, tz=dtype.tz).tz
    instants = np.asarray(array.view("i8")).view(f"M8[{dtype.unit}]")
    return NumberColumn(name, instants, time_type("datetime", dtype.unit, zone))


def _category(name: Hashable, array: Any) -> Column:
    levels = array.categories
    return CategoryColumn(
        name,
        array.codes,
        values_column(None, levels.array),
        plain=levels.tolist(),
        take=lambda places: values_column(None, levels.take(places).array),
        ordered=bool(array.ordered),
    )
