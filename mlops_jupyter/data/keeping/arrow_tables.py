"""Arrow tables, record batches and arrays on the shelf: columns, and the schema with its metadata."""

from __future__ import annotations

from typing import Any

from ..columns.base import naming
from .arrow_arrays import Spec, load_array, one_array, save_array, schema_from_text, schema_to_text
from .shelf import Shelf, Shelved


def save(data: Any, shelf: Shelf) -> Spec:
    """Put a Table, RecordBatch, Array or ChunkedArray on the shelf."""
    import pyarrow as pa

    if not isinstance(data, (pa.Table, pa.RecordBatch)):
        kind = "ChunkedArray" if isinstance(data, pa.ChunkedArray) else "Array"
        with naming(None, data.type, "kept"):
            return {"as": f"pyarrow.{kind}", "values": save_array(data, shelf), **_fields(data.type)}
    columns = []
    for place, field in enumerate(data.schema):
        with naming(field.name, field.type, "kept"):
            columns.append(save_array(data.column(place), shelf))
    return {
        "as": f"pyarrow.{type(data).__name__}",
        "schema": schema_to_text(data.schema),
        "n_rows": data.num_rows,
        "columns": columns,
    }


def _fields(kind: Any) -> Spec:
    import pyarrow as pa

    return {"schema": schema_to_text(pa.schema([pa.field("0", kind)]))}


def load(spec: Spec, shelf: Shelved, places: list[int] | None) -> Any:
    """Return what :func:`save` put there; of a table the columns at ``places``, all where None."""
    import pyarrow as pa

    schema = schema_from_text(spec["schema"])
    if "values" in spec:
        array = load_array(spec["values"], shelf).cast(schema.field(0).type)
        return array if spec["as"] == "pyarrow.ChunkedArray" else one_array(array)
    chosen = range(len(spec["columns"])) if places is None else places
    arrays = [_typed(load_array(spec["columns"][place], shelf), schema.field(place).type) for place in chosen]
    schema = pa.schema([schema.field(place) for place in chosen], metadata=schema.metadata)
    if not arrays:
        return _without_columns(spec, schema)
    if spec["as"] == "pyarrow.RecordBatch":
        return pa.RecordBatch.from_arrays([one_array(array) for array in arrays], schema=schema)
    return pa.Table.from_arrays(arrays, schema=schema)


def _typed(array: Any, kind: Any) -> Any:
    # Only names and flags of inner fields can differ here: the values are as they were.
    return array if array.type.equals(kind, check_metadata=True) else array.cast(kind)


def _without_columns(spec: Spec, schema: Any) -> Any:
    import pyarrow as pa

    rows = pa.array([{}] * spec["n_rows"], pa.struct([]))
    batch = pa.RecordBatch.from_struct_array(rows).replace_schema_metadata(schema.metadata)
    return batch if spec["as"] == "pyarrow.RecordBatch" else pa.Table.from_batches([batch])
