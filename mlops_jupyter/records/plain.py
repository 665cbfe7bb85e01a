"""Records as what JSON can hold, and back."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

_R = TypeVar("_R")


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


def from_plain(kind: type[_R], plain: Any) -> _R:
    """Return the record that :func:`to_plain` made these dicts and lists from.

    Keys that the record does not know (written by a newer version) are left out; a field that is
    missing has its default.

    Raises
    ------
    ValueError
        Where something does not have the form of the record.

    Examples
    --------
    >>> from mlops_jupyter.records import Estimate, to_plain
    >>> from_plain(Estimate, to_plain(Estimate(0.8, 0.7, 0.9)))
    Estimate(value=0.8, low=0.7, high=0.9, confidence=0.95, method='', n=None, note='')
    """
    made: _R = _made(kind, plain, kind.__name__)
    return made


_NUMBERS = {"nan": float("nan"), "+inf": float("inf"), "-inf": float("-inf")}


def _made(kind: Any, plain: Any, where: str) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        return plain
    if origin in (Union, types.UnionType):
        choices = [choice for choice in get_args(kind) if choice is not type(None)]
        if plain is None or len(choices) > 1:
            return plain
        return _made(choices[0], plain, where)
    if origin is tuple:
        return _tuple(get_args(kind), plain, where)
    if origin is Literal or origin is dict:
        return plain
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, plain, where)
    if kind is float and isinstance(plain, str):
        return _NUMBERS.get(plain, plain)
    if kind is float and isinstance(plain, int):
        return float(plain)
    return plain


def _tuple(kinds: tuple[Any, ...], plain: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(plain, (list, tuple)):
        raise ValueError(f"{where} is no list but {type(plain).__name__}")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_made(kinds[0], item, where) for item in plain)
    return tuple(_made(kind, item, where) for kind, item in zip(kinds, plain, strict=True))


def _record(kind: type, plain: Any, where: str) -> Any:
    if not isinstance(plain, dict):
        raise ValueError(f"{where} is no mapping but {type(plain).__name__}")
    hints = _hints(kind)
    lost = [f.name for f in fields(kind) if _is_needed(f) and f.name not in plain]
    if lost:
        raise ValueError(f"{where} has no {', '.join(lost)}")
    return kind(**{key: _made(hints[key], plain[key], f"{where}.{key}") for key in hints if key in plain})


def _is_needed(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    known = get_type_hints(kind)
    return {f.name: known[f.name] for f in fields(kind)}
