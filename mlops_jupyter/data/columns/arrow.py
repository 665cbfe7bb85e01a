"""Arrow arrays of every type as canonical streams, whatever their chunks, offsets and widths.

Streams of a chunk, by type:

=============================  ==============================================================
numbers, booleans, times       as in ``numbers.py``
``null``                       none
``string``, ``bytes``          validity, lengths (uint32), content of all values one after another
``decimal``                    validity, unscaled value (16 bytes; 32 for ``decimal256``)
``list``, ``map``              validity, lengths (uint32), then the streams of the items
``list`` of fixed size         validity, then the streams of the items
``struct``, ``interval``       validity, then the streams of each field
``period``, other extensions   the streams of the storage
=============================  ==============================================================

A missing value has length zero, no items, and missing fields. Dictionaries inside nested types
are decoded; a dictionary column itself is a :class:`~.category.CategoryColumn`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import arrow_type
from .base import CHUNK_ROWS, Column, Stream, Words, packed
from .numbers import in_milliseconds, number_family, number_streams, number_words
from .texts import grouped_words, present_words, stir, text_words
from .walk import walk

Numbers = tuple[NDArray[Any], NDArray[np.bool_] | None]


class ArrowColumn(Column):
    """An Arrow Array or ChunkedArray of any type but dictionary."""

    def __init__(self, name: Hashable, array: Any, type_: str | None = None) -> None:
        self.name = name
        self.type = type_ or arrow_type(array.type)
        self.length = len(array)
        self._parts = array.chunks if hasattr(array, "chunks") else [array]

    @property
    def family(self) -> str:
        return number_family(self.type)

    @property
    def parts(self) -> Sequence[Any]:
        """The Arrow arrays that hold the values, one after another."""
        return self._parts

    def chunks(self) -> Iterator[Sequence[Stream]]:
        for part in rechunked(self._parts):
            yield streams(part)

    def words(self) -> Iterator[Words]:
        for part in rechunked(self._parts):
            yield array_words(part)


def rechunked(parts: Sequence[Any]) -> Iterator[Any]:
    """Yield arrays of 65,536 rows (the last may be shorter) made of these; copies only at seams."""
    import pyarrow as pa

    pending: list[Any] = []
    missing = CHUNK_ROWS
    for part in parts:
        start = 0
        while len(part) - start >= missing:
            pending.append(part.slice(start, missing))
            start += missing
            yield pending[0] if len(pending) == 1 else pa.concat_arrays(pending)
            pending, missing = [], CHUNK_ROWS
        if start < len(part):
            pending.append(part.slice(start))
            missing -= len(part) - start
    if pending:
        yield pending[0] if len(pending) == 1 else pa.concat_arrays(pending)


def streams(array: Any) -> list[Stream]:
    """Return the canonical streams of an Arrow array."""
    import pyarrow.types as t

    kind = array.type
    if t.is_null(kind):
        return []
    if _is_number(kind):
        return number_streams(*numbers(array))
    if (plain := _plain_text(kind)) is not None:
        return _text_streams(array if plain == kind else array.cast(plain))
    if t.is_decimal(kind):
        return _decimal_streams(array)
    if t.is_struct(kind):
        return [_validity(array), *(s for field in array.flatten() for s in streams(field))]
    if hasattr(array, "storage"):
        return streams(array.storage)
    if t.is_dictionary(kind):
        return streams(array.dictionary_decode())
    if t.is_run_end_encoded(kind):
        return streams(_decoded_runs(array))
    return _list_streams(array)


def present_of(array: Any) -> NDArray[np.bool_] | None:
    """Return which values are present, or None where all are."""
    if array.null_count == 0:
        return None
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)


def _validity(array: Any) -> Stream:
    present = present_of(array)
    return b"" if present is None else packed(present)


def _is_number(kind: Any) -> bool:
    import pyarrow.types as t

    tests = (t.is_integer, t.is_floating, t.is_boolean, t.is_timestamp, t.is_duration, t.is_date, t.is_time)
    return any(test(kind) for test in tests)


def numbers(array: Any) -> Numbers:
    """Return the values of a primitive array as little-endian numbers, and which are present."""
    import pyarrow.types as t

    present, kind = present_of(array), array.type
    if t.is_boolean(kind):
        filled = array if present is None else array.fill_null(False)  # noqa: FBT003 a value, not a flag
        return np.asarray(filled.to_numpy(zero_copy_only=False)), present
    if t.is_date64(kind):
        array = array.cast("date32")
    values = raw_values(array, _number_letter(array.type))
    if t.is_time(kind):
        factor = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}[kind.unit]
        values = values.astype(np.int64) * factor
    if (t.is_timestamp(kind) or t.is_duration(kind)) and kind.unit == "s":
        values = in_milliseconds(values if present is None else np.where(present, values, 0))
    return values, present


def _number_letter(kind: Any) -> str:
    import pyarrow.types as t

    letter = "u" if t.is_unsigned_integer(kind) else "f" if t.is_floating(kind) else "i"
    return f"<{letter}{kind.bit_width // 8}"


def raw_values(array: Any, dtype: str) -> NDArray[Any]:
    """Return the buffer of values as a numpy array without copying; missing slots hold anything."""
    buffer = array.buffers()[1]
    if buffer is None or len(array) == 0:
        return np.zeros(len(array), dtype)
    size = np.dtype(dtype).itemsize
    return np.frombuffer(buffer, dtype, count=len(array), offset=array.offset * size)


def _plain_text(kind: Any) -> Any:
    """Return the type with offsets that this kind of text or bytes is read as, else None."""
    import pyarrow as pa
    import pyarrow.types as t

    if t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind) or t.is_large_binary(kind):
        return kind
    if t.is_string_view(kind):
        return pa.large_string()
    return pa.large_binary() if t.is_binary_view(kind) or t.is_fixed_size_binary(kind) else None


def text_parts(array: Any) -> tuple[NDArray[Any], memoryview]:
    """Return offsets (length + 1, from 0) and content of an array of text or bytes, missing as empty."""
    import pyarrow.types as t

    wide = t.is_large_string(array.type) or t.is_large_binary(array.type)
    _, places, content = array.buffers()
    if places is None or len(array) == 0:
        return np.zeros(len(array) + 1, np.int64), memoryview(b"")
    size = 8 if wide else 4
    offsets = np.frombuffer(places, f"<i{size}", count=len(array) + 1, offset=array.offset * size)
    present = present_of(array)
    if present is not None and np.diff(offsets)[~present].any():
        text = t.is_string(array.type) or t.is_large_string(array.type)
        return text_parts(array.fill_null("" if text else b""))
    whole = memoryview(content) if content is not None else memoryview(b"")
    return offsets - offsets[0], whole[int(offsets[0]) : int(offsets[-1])]


def _text_streams(array: Any) -> list[Stream]:
    offsets, content = text_parts(array)
    return [_validity(array), np.diff(offsets).astype("<u4"), content]


def _decimal_streams(array: Any) -> list[Stream]:
    import pyarrow as pa

    if array.type.bit_width < 128:
        array = array.cast(pa.decimal128(38, array.type.scale))
    values = raw_values(array, f"V{array.type.byte_width}")
    present = present_of(array)
    if present is not None:
        values = np.where(present, values, np.zeros(1, values.dtype))
    return [_validity(array), values.view(np.uint8)]


def _list_streams(array: Any) -> list[Stream]:
    import pyarrow.types as t

    if not hasattr(array.type, "value_type") and not t.is_map(array.type):
        return [_validity(array), raw_values(array, f"V{array.type.bit_width // 8}").view(np.uint8)]
    lengths, items = list_parts(array)
    sizes = [] if t.is_fixed_size_list(array.type) else [lengths.astype("<u4")]
    return [_validity(array), *sizes, *streams(items)]


def list_parts(array: Any) -> tuple[NDArray[Any], Any]:
    """Return how many items each list or map has (missing: none), and all items as one array."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as t

    kind = array.type
    if t.is_map(kind):
        entry = pa.struct([pa.field("key", kind.key_type), pa.field("value", kind.item_type)])
        array = array.cast(pa.list_(entry))
    elif not t.is_fixed_size_list(kind) and not t.is_list(kind) and not t.is_large_list(kind):
        array = array.cast(pa.large_list(kind.value_type))
    lengths = pc.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)
    return lengths, array.flatten()


def _decoded_runs(array: Any) -> Any:
    import pyarrow.compute as pc

    return pc.run_end_decode(array)


def array_words(array: Any) -> Words:
    """Return one 64-bit word per value of an Arrow array, for row hashes."""
    import pyarrow.types as t

    kind = array.type
    if t.is_dictionary(kind):
        return array_words(array.dictionary_decode())
    if _is_number(kind):
        return number_words(*numbers(array))
    if (plain := _plain_text(kind)) is not None:
        array = array if plain == kind else array.cast(plain)
        return text_words(*text_parts(array), present_of(array))
    if hasattr(array, "storage"):
        return array_words(array.storage)
    if t.is_struct(kind):
        return _struct_words(array)
    if (hasattr(kind, "value_type") and not t.is_run_end_encoded(kind)) or t.is_map(kind):
        lengths, items = list_parts(array)
        return present_words(grouped_words(array_words(items), lengths), present_of(array))
    return walked_words(array.to_pylist())


def _struct_words(array: Any) -> Words:
    state = np.full(len(array), np.uint64(array.type.num_fields))
    for field in array.flatten():
        stir(state, array_words(field))
    return present_words(state, present_of(array))


def walked_words(values: Sequence[Any]) -> Words:
    """Return one word per Python value, by its canonical bytes."""
    from xxhash import xxh3_64_intdigest

    hashes: Callable[[bytes], int] = xxh3_64_intdigest
    return np.fromiter((hashes(walk(value)) for value in values), np.uint64, len(values))
