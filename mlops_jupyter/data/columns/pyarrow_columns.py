"""Arrow tables, record batches and arrays as columns; metadata of the schema does not count."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .arrow import ArrowColumn
from .arrow_categories import dictionary_column
from .base import Column, Table, naming


def table(data: Any) -> Table:
    """Return the columns of a Table, RecordBatch, Array or ChunkedArray."""
    import pyarrow as pa

    if isinstance(data, (pa.Table, pa.RecordBatch)):
        names = data.schema.names
        columns = [array_column(name, data.column(place)) for place, name in enumerate(names)]
        return Table(f"pyarrow.{type(data).__name__}", data.num_rows, len(names), columns)
    kind = "ChunkedArray" if isinstance(data, pa.ChunkedArray) else "Array"
    return Table(f"pyarrow.{kind}", len(data), 1, [array_column(None, data)])


def array_column(name: Hashable, array: Any) -> Column:
    """Return the column that an Arrow array is."""
    import pyarrow.types as t

    with naming(name, array.type):
        return dictionary_column(name, array) if t.is_dictionary(array.type) else ArrowColumn(name, array)
