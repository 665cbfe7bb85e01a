"""Columns of Python objects on the shelf: typed where all values are of one kind, else as JSON.

Text, bytes, booleans, integers of 64 bits and floats, with at most one kind of missing among them,
become an Arrow column of their type. Whatever is mixed becomes a column of JSON (``plain.py``).
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
