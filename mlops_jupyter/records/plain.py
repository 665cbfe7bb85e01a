"""Records as what JSON can hold."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any


def to_plain(value: Any) -> Any:
    """Return a record as dicts, lists and scalars that JSON can hold.

    Non-finite floats become the strings ``"nan"``, ``"+inf"`` and ``"-inf"``, bytes hexadecimal digits.

    Examples
    --------
    >>> from mlops_jupyter.records import Tag
    >>> to_plain(Tag("r", "team", "x"))
    {'run_id': 'r', 'key': 'team', 'value': 'x'}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, float) and value != value:
        return "nan"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "+inf" if value > 0 else "-inf"
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
