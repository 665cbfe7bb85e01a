"""Arrow arrays of every type on the shelf, and back with the same type.

``stored``      Parquet gives the very type back
``viewed``      numbers under another name (seconds, milliseconds of days): stored as the integers they are
``dictionary``  codes and levels, each for itself: Parquet forgets the order of levels and the unused ones
``extension``   the storage
``stream``      an Arrow stream: unions, views, runs, and whatever else Parquet has no word for
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from .shelf import Shelf, Shelved

Spec = dict[str, Any]


def save_array(array: Any, shelf: Shelf, *, aside: bool = False) -> Spec:
    """Put an Arrow Array or ChunkedArray on the shelf; return what it is and where it stands."""
    import pyarrow as pa
    import pyarrow.types as t

    array = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        storage = pa.chunked_array([chunk.storage for chunk in array.chunks], kind.storage_type)
        return {
            "as": "extension",
            "type": type_to_text(kind),
            "storage": save_array(storage, shelf, aside=aside),
        }
    if t.is_dictionary(kind):
        return _save_dictionary(array, shelf, aside=aside)
    if (integers := _integers_of(kind)) is not None:
        viewed = pa.chunked_array([chunk.view(integers) for chunk in array.chunks], integers)
        return {"as": "viewed", "type": type_to_text(kind), **shelf.put(viewed, aside=aside)}
    if parquet_is_exact(kind):
        return {"as": "stored", **shelf.put(array, aside=aside)}
    return {"as": "stream", **shelf.put_stream(array)}


def load_array(spec: Spec, shelf: Shelved) -> Any:
    """Return the ChunkedArray that :func:`save_array` put there."""
    import pyarrow as pa

    if spec["as"] == "dictionary":
        return _load_dictionary(spec, shelf)
    if spec["as"] == "extension":
        return _load_extension(spec, shelf)
    found = shelf.get(spec)
    if spec["as"] == "viewed":
        kind = type_from_text(spec["type"])
        return pa.chunked_array([chunk.view(kind) for chunk in found.chunks], kind)
    return found


def one_array(chunked: Any) -> Any:
    """Return a ChunkedArray as one Array."""
    import pyarrow as pa

    if chunked.num_chunks == 1:
        return chunked.chunk(0)
    if chunked.num_chunks == 0:
        return pa.array([], chunked.type)
    return pa.concat_arrays(chunked.chunks)


def _save_dictionary(array: Any, shelf: Shelf, *, aside: bool) -> Spec:
    import pyarrow as pa

    array = array.unify_dictionaries()
    levels = array.chunk(0).dictionary if array.num_chunks else pa.array([], array.type.value_type)
    codes = pa.chunked_array([chunk.indices for chunk in array.chunks], array.type.index_type)
    return {
        "as": "dictionary",
        "ordered": bool(array.type.ordered),
        "codes": save_array(codes, shelf, aside=aside),
        "levels": save_array(levels, shelf, aside=True),
    }


def _load_dictionary(spec: Spec, shelf: Shelved) -> Any:
    import pyarrow as pa

    codes = load_array(spec["codes"], shelf)
    levels = one_array(load_array(spec["levels"], shelf))
    kind = pa.dictionary(codes.type, levels.type, ordered=spec["ordered"])
    parts = [pa.DictionaryArray.from_arrays(part, levels, ordered=spec["ordered"]) for part in codes.chunks]
    return pa.chunked_array(parts, kind)


def _load_extension(spec: Spec, shelf: Shelved) -> Any:
    import pyarrow as pa

    storage = load_array(spec["storage"], shelf)
    kind = type_from_text(spec["type"])
    if not isinstance(kind, pa.BaseExtensionType):
        return storage  # nobody in this process knows the type
    return pa.chunked_array([pa.ExtensionArray.from_storage(kind, part) for part in storage.chunks], kind)


def _integers_of(kind: Any) -> Any:
    import pyarrow as pa
    import pyarrow.types as t

    if t.is_date64(kind) or t.is_duration(kind) or (t.is_timestamp(kind) and kind.unit == "s"):
        return pa.int64()
    return pa.int32() if t.is_time32(kind) else None


def parquet_is_exact(kind: Any) -> bool:
    """Tell whether Parquet gives back the very type and values.

    Examples
    --------
    >>> import pyarrow as pa
    >>> parquet_is_exact(pa.list_(pa.float64())), parquet_is_exact(pa.string_view())
    (True, False)
    """
    import pyarrow.types as t

    plain = (t.is_boolean, t.is_integer, t.is_floating, t.is_string, t.is_large_string, t.is_binary)
    more = (t.is_large_binary, t.is_date32, t.is_time64, t.is_null)
    if any(test(kind) for test in (*plain, *more)):
        return True
    if t.is_timestamp(kind):
        return bool(kind.unit != "s")
    if t.is_decimal128(kind) or t.is_decimal256(kind):
        return bool(0 <= kind.scale <= kind.precision)
    if t.is_list(kind) or t.is_large_list(kind):
        # Parquet calls the items by a name of its own, so only that name comes back.
        return bool(parquet_is_exact(kind.value_type) and not t.is_null(kind.value_type))
    if t.is_struct(kind):
        return kind.num_fields > 0 and all(
            parquet_is_exact(field.type) and not t.is_null(field.type) for field in kind
        )
    return False


def type_to_text(kind: Any) -> str:
    """Return an Arrow type as text, exactly."""
    import pyarrow as pa

    return schema_to_text(pa.schema([pa.field("0", kind)]))


def type_from_text(text: str) -> Any:
    """Return the Arrow type of :func:`type_to_text`."""
    return schema_from_text(text).field(0).type


def schema_to_text(schema: Any) -> str:
    """Return an Arrow schema with all its metadata as text."""
    return b64encode(schema.serialize()).decode("ascii")


def schema_from_text(text: str) -> Any:
    """Return the Arrow schema of :func:`schema_to_text`."""
    import pyarrow as pa

    return pa.ipc.read_schema(pa.py_buffer(b64decode(text)))
