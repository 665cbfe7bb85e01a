"""Python values as JSON and back, exactly, without pickle.

Text, booleans, ``None``, finite floats, integers of 64 bits, lists, and dicts whose keys are text
stand for themselves. Everything else is an object of one key that begins with ``$``, as
``{"$tuple": [1, 2]}``. Reading builds the types of this file and no others, so what is read may
come from anywhere.

Known are the types that have canonical bytes (``columns/walk.py``), by exact type: a subclass may
mean anything, so it is refused.

How to add a type: one line in ``_WRITERS`` (or ``_NAMED``, where its library may not be
imported) and one in ``_READERS``.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from types import NoneType
from typing import Any
from uuid import UUID

from ...errors import IntegrityError, UnsupportedError
from .zones import zone_from_plain, zone_to_plain

_DEPTH = 200
_ARRAY_KINDS = "biufcmM"


def to_plain(value: Any, depth: int = 0) -> Any:
    """Return a value as what JSON can hold.

    Raises
    ------
    UnsupportedError
        When the value, or one inside it, is of a type that is not known, or is nested deeper than 200.

    Examples
    --------
    >>> to_plain([1, (2, b"x"), {"a": float("inf")}])
    [1, {'$tuple': [2, {'$bytes': 'eA=='}]}, {'a': {'$float': 'inf'}}]
    """
    if depth > _DEPTH:
        raise UnsupportedError(f"a value is nested deeper than {_DEPTH} levels")
    write = _WRITERS.get(type(value)) or _find_writer(value)
    return write(value, depth + 1)


def from_plain(plain: Any) -> Any:
    """Return the value that :func:`to_plain` made this of.

    Raises
    ------
    IntegrityError
        When it holds a tag that is not known.

    Examples
    --------
    >>> from_plain(to_plain({1: {"x", None}})) == {1: {"x", None}}
    True
    """
    if type(plain) is list:
        return [from_plain(item) for item in plain]
    if type(plain) is not dict:
        return plain
    if len(plain) == 1:
        ((tag, content),) = plain.items()
        if tag.startswith("$"):
            read = _READERS.get(tag)
            if read is None:
                raise IntegrityError(
                    f"a kept value has the unknown tag {tag!r}; was it kept by a newer version?"
                )
            return read(content)
    return {key: from_plain(item) for key, item in plain.items()}


def to_text(value: Any) -> str:
    """Return a value as one line of JSON (ASCII, so that lone surrogates survive)."""
    return json.dumps(to_plain(value), separators=(",", ":"), allow_nan=False)


def from_text(text: str) -> Any:
    """Return the value that :func:`to_text` made this line of."""
    return from_plain(json.loads(text))


# --- writing ----------------------------------------------------------------------------------


def _integer(value: int, _: int) -> Any:
    # JSON readers other than Python's know 53 bits; Python itself reads no more than 4,300 digits.
    return value if -(2**63) <= value < 2**63 else {"$int": hex(value)}


def _float(value: float, _: int = 0) -> Any:
    return value if math.isfinite(value) else {"$float": str(value)}


def _items(values: Any, depth: int) -> list[Any]:
    return [to_plain(value, depth) for value in values]


def _mapping(value: dict[Any, Any], depth: int) -> Any:
    if all(type(key) is str for key in value) and not (len(value) == 1 and next(iter(value)).startswith("$")):
        return {key: to_plain(item, depth) for key, item in value.items()}
    return {"$dict": [[to_plain(key, depth), to_plain(item, depth)] for key, item in value.items()]}


def _ordered(values: Any, depth: int) -> list[Any]:
    # Sets have no order of their own: equal sets are to be equal bytes.
    return sorted(_items(values, depth), key=lambda item: json.dumps(item, sort_keys=True))


def _raw(value: Any) -> str:
    return b64encode(value).decode("ascii")


def _time(value: time, _: int) -> Any:
    return {"$time": [value.replace(tzinfo=None).isoformat(), value.fold, zone_to_plain(value.tzinfo)]}


def _datetime(value: datetime, _: int) -> Any:
    return {"$datetime": [value.replace(tzinfo=None).isoformat(), value.fold, zone_to_plain(value.tzinfo)]}


def _array(value: Any, depth: int) -> Any:
    if value.dtype.kind in _ARRAY_KINDS:
        return {"$array": [value.dtype.str, list(value.shape), _raw(value.tobytes())]}
    if value.dtype.kind in "OUS":
        return {"$array": [value.dtype.str, list(value.shape), _items(value.ravel().tolist(), depth)]}
    raise UnsupportedError(f"an array of dtype {value.dtype} in a cell cannot be kept")


def _scalar(value: Any, _: int) -> Any:
    return {"$scalar": [value.dtype.str, _raw(value.tobytes())]}


def _timestamp(value: Any, _: int) -> Any:
    return {"$timestamp": [int(value.asm8.view("i8")), value.unit, value.fold, zone_to_plain(value.tzinfo)]}


_WRITERS: dict[type, Callable[[Any, int], Any]] = {
    NoneType: lambda v, _d: v,
    bool: lambda v, _d: v,
    str: lambda v, _d: v,
    int: _integer,
    float: _float,
    complex: lambda v, _d: {"$complex": [_float(v.real), _float(v.imag)]},
    bytes: lambda v, _d: {"$bytes": _raw(v)},
    bytearray: lambda v, _d: {"$bytearray": _raw(v)},
    list: _items,
    tuple: lambda v, d: {"$tuple": _items(v, d)},
    dict: _mapping,
    set: lambda v, d: {"$set": _ordered(v, d)},
    frozenset: lambda v, d: {"$frozenset": _ordered(v, d)},
    range: lambda v, d: {"$range": _items((v.start, v.stop, v.step), d)},
    slice: lambda v, d: {"$slice": _items((v.start, v.stop, v.step), d)},
    datetime: _datetime,
    date: lambda v, _d: {"$date": v.isoformat()},
    time: _time,
    timedelta: lambda v, _d: {"$timedelta": [v.days, v.seconds, v.microseconds]},
    Decimal: lambda v, _d: {"$decimal": str(v)},
    Fraction: lambda v, d: {"$fraction": _items((v.numerator, v.denominator), d)},
    UUID: lambda v, _d: {"$uuid": str(v)},
}

# Known by name, because numpy and pandas may not be imported.
_NAMED: dict[tuple[str, str], Callable[[Any, int], Any]] = {
    ("numpy", "ndarray"): _array,
    ("numpy", "str_"): lambda v, _d: {"$str_": str(v)},
    ("numpy", "bytes_"): lambda v, _d: {"$bytes_": _raw(bytes(v))},
    ("pandas", "NAType"): lambda _v, _d: {"$missing": "NA"},
    ("pandas", "NaTType"): lambda _v, _d: {"$missing": "NaT"},
    ("pandas", "Timestamp"): _timestamp,
    ("pandas", "Timedelta"): lambda v, _d: {"$span": [int(v.asm8.view("i8")), v.unit]},
    ("pandas", "Period"): lambda v, _d: {"$period": [v.ordinal, v.freqstr]},
    ("pandas", "Interval"): lambda v, d: {"$interval": [*_items((v.left, v.right), d), v.closed]},
    ("builtins", "MonthDayNano"): lambda v, _d: {"$month_day_nano": list(v)},
}


def _find_writer(value: Any) -> Callable[[Any, int], Any]:
    kind = type(value)
    root, name = kind.__module__.partition(".")[0], kind.__name__
    found = _NAMED.get((root, name))
    if (
        found is None
        and root == "numpy"
        and getattr(getattr(value, "dtype", None), "kind", "") in tuple(_ARRAY_KINDS)
    ):
        if value.dtype.itemsize > 16 or value.dtype.char in "gG":
            raise UnsupportedError(f"a {kind.__name__} is another number on another machine; use float64")
        found = _scalar
    if found is None:
        raise UnsupportedError(
            f"values of type {kind.__module__}.{kind.__qualname__} cannot be kept without pickle"
        )
    _WRITERS[kind] = found
    return found


# --- reading ----------------------------------------------------------------------------------


def _read_array(content: list[Any]) -> Any:
    import numpy as np

    dtype, shape, values = np.dtype(content[0]), tuple(content[1]), content[2]
    if dtype.kind in _ARRAY_KINDS:
        return np.frombuffer(b64decode(values), dtype).reshape(shape).copy()
    array = np.empty(math.prod(shape), dtype)
    for place, value in enumerate(values):
        array[place] = from_plain(value)
    return array.reshape(shape)


def _read_scalar(content: list[Any]) -> Any:
    import numpy as np

    return np.frombuffer(b64decode(content[1]), content[0])[0]


def _read_datetime(content: list[Any]) -> datetime:
    text, fold, zone = content
    return datetime.fromisoformat(text).replace(fold=fold, tzinfo=zone_from_plain(zone))


def _read_time(content: list[Any]) -> time:
    text, fold, zone = content
    return time.fromisoformat(text).replace(fold=fold, tzinfo=zone_from_plain(zone))


def _read_timestamp(content: list[Any]) -> Any:
    import numpy as np
    import pandas as pd

    value, unit, fold, zone = content
    moment = pd.Timestamp(np.datetime64(value, unit))
    if zone is None:
        return moment.replace(fold=fold) if fold else moment
    return moment.tz_localize("UTC").tz_convert(zone_from_plain(zone))


def _read_span(content: list[Any]) -> Any:
    import numpy as np
    import pandas as pd

    return pd.Timedelta(np.timedelta64(*content))


def _read_missing(content: str) -> Any:
    import pandas as pd

    return pd.NA if content == "NA" else pd.NaT


def _read_period(content: list[Any]) -> Any:
    import pandas as pd

    return pd.Period(ordinal=content[0], freq=content[1])


def _read_interval(content: list[Any]) -> Any:
    import pandas as pd

    return pd.Interval(from_plain(content[0]), from_plain(content[1]), closed=content[2])


def _read_month_day_nano(content: list[Any]) -> Any:
    import pyarrow as pa

    return pa.MonthDayNano(content)


def _read_str_(content: str) -> Any:
    import numpy as np

    return np.str_(content)


def _read_bytes_(content: str) -> Any:
    import numpy as np

    return np.bytes_(b64decode(content))


_READERS: dict[str, Callable[[Any], Any]] = {
    "$int": lambda c: int(c, 16),
    "$float": float,
    "$complex": lambda c: complex(from_plain(c[0]), from_plain(c[1])),
    "$bytes": b64decode,
    "$bytearray": lambda c: bytearray(b64decode(c)),
    "$tuple": lambda c: tuple(map(from_plain, c)),
    "$dict": lambda c: {from_plain(key): from_plain(item) for key, item in c},
    "$set": lambda c: set(map(from_plain, c)),
    "$frozenset": lambda c: frozenset(map(from_plain, c)),
    "$range": lambda c: range(*map(from_plain, c)),
    "$slice": lambda c: slice(*map(from_plain, c)),
    "$datetime": _read_datetime,
    "$date": date.fromisoformat,
    "$time": _read_time,
    "$timedelta": lambda c: timedelta(*c),
    "$decimal": Decimal,
    "$fraction": lambda c: Fraction(from_plain(c[0]), from_plain(c[1])),
    "$uuid": UUID,
    "$array": _read_array,
    "$scalar": _read_scalar,
    "$str_": _read_str_,
    "$bytes_": _read_bytes_,
    "$missing": _read_missing,
    "$timestamp": _read_timestamp,
    "$span": _read_span,
    "$period": _read_period,
    "$interval": _read_interval,
    "$month_day_nano": _read_month_day_nano,
}
