"""The canonical bytes of any plain Python value, without pickle.

Each value is a tag and its content, lengths first, so that no two values share their bytes:
``1``, ``1.0``, ``"1"``, ``b"1"`` and ``True`` all differ, and so do ``None``, ``nan``, ``NaT`` and
``NA``. Dicts are ordered by key, sets by content. Only exact types are known: a subclass may mean
anything, so it is refused.

numpy scalars count as the Python number they equal (``np.int64(1)`` as ``1``, ``np.float64`` as
``float``); float16 and float32 scalars keep their width.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from types import NoneType
from typing import Any
from uuid import UUID

from ...errors import UnsupportedError

_DEPTH = 200
_NAN = struct.pack(">Q", 0x7FF8000000000000)


def walk(value: Any, depth: int = 0) -> bytes:
    """Return the canonical bytes of a value.

    Raises
    ------
    UnsupportedError
        When the value, or one inside it, has no canonical form, or is nested deeper than 200.

    Examples
    --------
    >>> walk({"b": 1, "a": 2}) == walk({"a": 2, "b": 1})
    True
    >>> walk(1) == walk("1")
    False
    """
    write = _WRITERS.get(type(value)) or _find_writer(type(value))
    if depth > _DEPTH:
        raise UnsupportedError(f"a value is nested deeper than {_DEPTH} levels")
    return write(value, depth)


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + len(content).to_bytes(8, "big") + content


def _text(value: Any) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")


def _integer(value: Any, _: int) -> bytes:
    value = int(value)
    return _sized(b"i", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _float_bits(value: float) -> bytes:
    return struct.pack(">d", value) if value == value else _NAN


def _items(tag: bytes, values: Any, depth: int) -> bytes:
    return _counted(tag, [walk(value, depth + 1) for value in values])


def _counted(tag: bytes, parts: list[bytes]) -> bytes:
    return tag + len(parts).to_bytes(8, "big") + b"".join(parts)


def _mapping(value: dict[Any, Any], depth: int) -> bytes:
    pairs = ((walk(key, depth + 1), walk(item, depth + 1)) for key, item in value.items())
    return _counted(b"d", [key + item for key, item in sorted(pairs)])


def _moment(value: Any, _: int) -> bytes:
    zone = getattr(value.tzinfo, "key", None) or str(value.tzinfo)
    return _sized(b"D", _text(f"{value.isoformat()} {zone}"))


def _span(value: Any, _: int) -> bytes:
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    return _sized(b"E", _text(micros * 1000 + getattr(value, "nanoseconds", 0)))


def _array(value: Any, depth: int) -> bytes:
    shape = _items(b"t", value.shape, depth)
    if value.dtype.kind in "OUT":
        return b"a" + shape + _items(b"l", value.ravel().tolist(), depth)
    from .numbers import number_streams, plain_values

    streams = number_streams(*plain_values(value.reshape(-1)))
    return b"A" + _sized(b"n", _text(value.dtype.newbyteorder("="))) + shape + _streams(streams)


def _streams(streams: list[Any]) -> bytes:
    return b"".join(_sized(b"b", bytes(stream)) for stream in streams)


def _number_of_width(value: Any, _: int) -> bytes:
    return _sized(b"w", _text(f"{value.dtype.name} {float(value).hex()}"))


def _numpy_time(value: Any, _: int) -> bytes:
    return _sized(b"y", _text(f"{value.dtype} {value.astype('int64')}"))


def _by_text(tag: bytes, spell: Callable[[Any], str] = str) -> Callable[[Any, int], bytes]:
    return lambda value, _: _sized(tag, _text(spell(value)))


_WRITERS: dict[type, Callable[[Any, int], bytes]] = {
    NoneType: lambda _v, _d: b"N",
    bool: lambda v, _d: b"T" if v else b"F",
    int: _integer,
    float: lambda v, _d: b"f" + _float_bits(v),
    complex: lambda v, _d: b"c" + _float_bits(v.real) + _float_bits(v.imag),
    str: lambda v, _d: _sized(b"s", _text(v)),
    bytes: lambda v, _d: _sized(b"b", v),
    bytearray: lambda v, _d: _sized(b"B", bytes(v)),
    list: lambda v, d: _items(b"l", v, d),
    tuple: lambda v, d: _items(b"t", v, d),
    dict: _mapping,
    set: lambda v, d: _counted(b"S", sorted(walk(item, d + 1) for item in v)),
    frozenset: lambda v, d: _counted(b"Z", sorted(walk(item, d + 1) for item in v)),
    range: lambda v, d: _items(b"r", (v.start, v.stop, v.step), d),
    slice: lambda v, d: _items(b"o", (v.start, v.stop, v.step), d),
    datetime: _moment,
    date: _by_text(b"x"),
    time: lambda v, _d: _sized(b"h", _text(f"{v.isoformat()} {v.tzinfo}")),
    timedelta: _span,
    Decimal: _by_text(b"m"),
    Fraction: _by_text(b"q"),
    UUID: _by_text(b"u"),
}

# Known by name, because numpy and pandas may not be imported.
_NAMED: dict[tuple[str, str], Callable[[Any, int], bytes]] = {
    ("numpy", "ndarray"): _array,
    ("numpy", "bool"): lambda v, _d: b"T" if v else b"F",
    ("numpy", "float64"): lambda v, _d: b"f" + _float_bits(float(v)),
    ("numpy", "float32"): _number_of_width,
    ("numpy", "float16"): _number_of_width,
    ("numpy", "complex128"): lambda v, _d: b"c" + _float_bits(v.real) + _float_bits(v.imag),
    ("numpy", "str_"): lambda v, _d: _sized(b"s", _text(v)),
    ("numpy", "bytes_"): lambda v, _d: _sized(b"b", bytes(v)),
    ("numpy", "datetime64"): _numpy_time,
    ("numpy", "timedelta64"): _numpy_time,
    ("builtins", "MonthDayNano"): lambda v, d: _items(b"L", tuple(v), d),
    ("pandas", "NAType"): lambda _v, _d: b"M",
    ("pandas", "NaTType"): lambda _v, _d: b"Y",
    ("pandas", "Timestamp"): _moment,
    ("pandas", "Timedelta"): _span,
    ("pandas", "Period"): _by_text(b"P", lambda v: f"{v.freqstr} {v.ordinal}"),
    ("pandas", "Interval"): lambda v, d: _items(b"I", (v.closed, v.left, v.right), d),
}


def _find_writer(kind: type) -> Callable[[Any, int], bytes]:
    root, name = kind.__module__.partition(".")[0], kind.__name__
    found = _NAMED.get((root, "bool" if (root, name) == ("numpy", "bool_") else name))
    if found is None and root == "numpy" and name.rstrip("0123456789_") in {"int", "uint", "longlong"}:
        found = _integer
    if found is None:
        raise UnsupportedError(f"values of type {kind.__module__}.{kind.__qualname__} have no canonical form")
    _WRITERS[kind] = found
    return found
