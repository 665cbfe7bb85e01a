"""Tables of one library as tables of another, with equal content.

polars has no index: one of numbers without a name is left out, any other becomes columns, as
``reset_index`` names them. Arrow keeps it as pandas writes it down there.

Missing stays missing and no integer becomes a float: columns of integers and booleans that have
missing values become nullable ones in pandas.
"""

from __future__ import annotations

from typing import Any, Literal

from ...errors import UnsupportedError
from ..columns import library_of


def convert(data: Any, as_: Literal["pandas", "polars", "arrow"]) -> Any:
    """Return a table, or series, as one of another library.

    Raises
    ------
    UnsupportedError
        When it is not a table, or the other library has no such type.
    """
    library = library_of(data)
    if as_ not in ("pandas", "polars", "arrow"):
        raise UnsupportedError(f"data cannot be returned as {as_!r}; choose pandas, polars or arrow")
    if library == ("pyarrow" if as_ == "arrow" else as_):
        return data
    try:
        return {"pandas": _to_pandas, "polars": _to_polars, "arrow": _to_arrow}[as_](data)
    except UnsupportedError:
        raise
    except Exception as error:
        raise UnsupportedError(
            f"a {type(data).__module__.partition('.')[0]} {type(data).__name__} cannot be returned as {as_}: "
            f"{error}; leave as_ out"
        ) from error


def _to_arrow(data: Any) -> Any:
    import pyarrow as pa

    if library_of(data) == "polars":
        return data.to_arrow()
    frame = _to_pandas(data)
    return pa.array(frame) if hasattr(frame, "to_frame") else pa.Table.from_pandas(frame)


def _to_polars(data: Any) -> Any:
    import pandas as pd
    import polars as pl

    if library_of(data) == "pyarrow":
        return pl.from_arrow(data)
    frame = _to_pandas(data)
    if isinstance(frame, pd.Series):
        return pl.from_pandas(frame)
    return pl.from_pandas(_index_as_columns(frame))


def _index_as_columns(frame: Any) -> Any:
    import pandas as pd

    index = frame.index
    is_position = index.nlevels == 1 and index.name is None and pd.api.types.is_integer_dtype(index.dtype)
    return frame.reset_index(drop=bool(is_position))


def _to_pandas(data: Any) -> Any:
    import pandas as pd

    library = library_of(data)
    if library == "pandas":
        return data
    if library == "numpy":
        return pd.DataFrame(data)
    if library == "scipy.sparse":
        accessor: Any = pd.DataFrame.sparse
        return accessor.from_spmatrix(data)
    if library == "polars":
        data = data.to_arrow()
    return _arrow_to_pandas(data)


def _arrow_to_pandas(data: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    if not isinstance(data, (pa.Table, pa.RecordBatch)):
        return _arrow_to_pandas(pa.table([data], names=["values"]))["values"].rename(None)
    if data.schema.pandas_metadata:
        return data.to_pandas()
    columns = [_series(column) for column in data.columns]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(data.num_rows))
    frame.columns = data.schema.names
    return frame


def _series(column: Any) -> Any:
    import pandas as pd
    import pyarrow.types as t

    kind = column.type
    is_plain = t.is_floating(kind) or t.is_string(kind) or t.is_large_string(kind) or t.is_timestamp(kind)
    if t.is_dictionary(kind):
        return _category(column)
    if is_plain or t.is_duration(kind):
        return column.to_pandas()
    if t.is_integer(kind) or t.is_boolean(kind):
        if column.null_count == 0:
            return column.to_pandas()
        name = "boolean" if t.is_boolean(kind) else str(kind).replace("int", "Int").replace("uI", "UI")
        dtype: Any = pd.api.types.pandas_dtype(name)
        return pd.Series(dtype.__from_arrow__(column))
    return pd.Series(pd.arrays.ArrowExtensionArray(column))


def _category(column: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    # Codes without a sign, which polars has, are not for pandas.
    column = column.unify_dictionaries()
    codes = pa.chunked_array([part.indices for part in column.chunks], column.type.index_type)
    levels = column.chunk(0).dictionary.to_pandas() if column.num_chunks else []
    numbers = codes.cast(pa.int64()).fill_null(-1).to_numpy()
    return pd.Series(pd.Categorical.from_codes(numbers, pd.Index(levels), ordered=column.type.ordered))
