"""Columns of Python objects on the shelf: typed where all values are of one kind, else as JSON.

Text, bytes, booleans, integers of 64 bits and floats, with at most one kind of missing among them,
become an Arrow column of their type; vectors (arrays of one dimension and one dtype, as embeddings
are) a column of lists. Whatever is mixed becomes a column of JSON (``plain.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..columns.objects import is_missing
from .arrow_arrays import Spec, load_array, one_array, save_array
from .plain import from_plain, from_text, to_plain, to_text
from .shelf import Shelf, Shelved

_TYPED: dict[type, str] = {
    str: "large_string",
    bytes: "large_binary",
    bool: "bool_",
    int: "int64",
    float: "float64",
}


def save_objects(values: Sequence[Any], shelf: Shelf, *, aside: bool = False) -> Spec:
    """Put Python objects on the shelf.

    Raises
    ------
    UnsupportedError
        When one has no form without pickle; the message names its type.
    """
    import pyarrow as pa

    vectors = _vectors(values)
    if vectors is not None:
        array, dtype = vectors
        return {"as": "objects", "vectors": dtype, "values": save_array(array, shelf, aside=aside)}
    found = _typed(values)
    if found is not None:
        array, missing = found
        return {
            "as": "objects",
            "missing": to_plain(missing),
            "values": save_array(array, shelf, aside=aside),
        }
    texts = pa.array([to_text(value) for value in values], pa.large_string())
    return {"as": "objects", "values": save_array(texts, shelf, aside=aside)}


def load_objects(spec: Spec, shelf: Shelved) -> Any:
    """Return the objects as a one-dimensional array."""
    import numpy as np

    if "vectors" in spec:
        return _read_vectors(one_array(load_array(spec["values"], shelf)), np.dtype(spec["vectors"]))
    values = one_array(load_array(spec["values"], shelf)).to_pylist()
    read: Callable[[Any], Any] = from_text
    if "missing" in spec:
        missing = from_plain(spec["missing"])
        read = lambda value: missing if value is None else value  # noqa: E731
    array = np.empty(len(values), object)
    for place, value in enumerate(values):
        array[place] = read(value)
    return array


def _typed(values: Sequence[Any]) -> tuple[Any, Any] | None:
    """Return the values as an Arrow array and what stands for missing, or None where they are mixed."""
    import pyarrow as pa

    present = {type(value) for value in values if not is_missing(value)}
    if len(present) != 1 or not present <= _TYPED.keys():
        return None
    (kind,) = present
    absent = [value for value in values if type(value) is not kind]
    missing = absent[0] if absent else None
    # Of one kind, so that None, NaN and NaT are not taken for one another.
    if any(type(value) is not type(missing) for value in absent):
        return None
    typed = [value if type(value) is kind else None for value in values]
    try:
        return pa.array(typed, getattr(pa, _TYPED[kind])()), missing
    except (pa.ArrowException, OverflowError, UnicodeError):
        return None  # lone surrogates, integers beyond 64 bits


def _vectors(values: Sequence[Any]) -> tuple[Any, str] | None:
    """Return vectors of one dtype, or None for missing, as an Arrow array of lists, and the dtype."""
    import numpy as np
    import pyarrow as pa

    present = [value for value in values if value is not None]
    if not present or any(type(value) is not np.ndarray or value.ndim != 1 for value in present):
        return None
    dtype = present[0].dtype
    if dtype.kind not in "biuf" or dtype.char in "gG" or not dtype.isnative:
        return None
    if any(value.dtype != dtype for value in present):
        return None
    lengths = [-1 if value is None else len(value) for value in values]
    offsets = np.concatenate([[0], np.cumsum(np.maximum(lengths, 0))])
    absent = pa.array(np.array(lengths) < 0)
    items = pa.array(np.concatenate(present), from_pandas=False)
    return pa.LargeListArray.from_arrays(pa.array(offsets), items, mask=absent), dtype.str


def _read_vectors(lists: Any, dtype: Any) -> Any:
    import numpy as np

    items = np.asarray(lists.values.to_numpy(zero_copy_only=False), dtype)
    ends = np.asarray(lists.offsets)
    absent = np.asarray(lists.is_null())
    array = np.empty(len(lists), object)
    for place in range(len(lists)):
        # Each its own: writing into one, or keeping one, is not to touch or hold the others.
        array[place] = None if absent[place] else items[ends[place] : ends[place + 1]].copy()
    return array
