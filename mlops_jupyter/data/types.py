"""Logical types: one word for what a column holds, the same whichever library holds it.

A type is text that people can read and that hashes: ``int64``, ``float32``, ``bool``, ``string``,
``bytes``, ``date``, ``time``, ``datetime[us]``, ``datetime[ns, Europe/Berlin]``,
``duration[ms]``, ``decimal[2]``, ``category[string]``, ``list[int64]``, ``struct[{"a": int64}]``,
``period[M]``, ``interval[float64, right]``, ``complex128``, ``null``, ``object``.

The choices that make libraries agree:

- Seconds are counted as milliseconds, because neither Parquet nor polars knows seconds.
- ``Etc/UTC``, ``Z`` and ``+00:00`` are ``UTC``, and ``Etc/GMT-1`` is ``+01:00``: libraries rename
  fixed offsets among these when they convert. Other zones keep their name.
- A time of day is counted in nanoseconds, a date in days, whichever unit held it.
- Widths of offsets (``large_string``, views) and the precision of a decimal are storage, not
  data; the scale of a decimal is data.
- Extension types that pandas registers (period, interval) are known; of others the name and the
  storage are the type.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ..errors import UnsupportedError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_PLAIN = {"b": "bool", "S": "bytes", "U": "string", "T": "string", "O": "object"}
_UTC = {"UTC", "Etc/UTC", "+00:00", "Z"}
_OFFSET_ZONE = re.compile(r"Etc/GMT([+-])(\d{1,2})")
_MILLISECONDS_FOR = {"s": "ms"}


def numpy_type(dtype: np.dtype[Any]) -> str:
    """Return the logical type of a numpy dtype.

    Raises
    ------
    UnsupportedError
        For ``longdouble`` and ``clongdouble``, whose bytes differ between machines, and for
        structured and void dtypes, which are not one column.

    Examples
    --------
    >>> import numpy as np
    >>> numpy_type(np.dtype(">i2")), numpy_type(np.dtype("datetime64[s]"))
    ('int16', 'datetime[ms]')
    """
    kind = dtype.kind
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in "iu" or (kind == "f" and dtype.itemsize <= 8) or (kind == "c" and dtype.itemsize <= 16):
        return f"{ {'i': 'int', 'u': 'uint', 'f': 'float', 'c': 'complex'}[kind] }{dtype.itemsize * 8}"
    if kind in "mM":
        return time_type("datetime" if kind == "M" else "duration", numpy_unit(dtype))
    raise UnsupportedError(f"numpy type {dtype} has no canonical bytes; convert it, e.g. .astype('float64')")


def numpy_unit(dtype: np.dtype[Any]) -> str:
    """Return the unit of a datetime64 or timedelta64, such as ``us``, ``D`` or ``25s``."""
    import numpy as np

    unit, count = np.datetime_data(dtype)
    return unit if count == 1 else f"{count}{unit}"


def time_type(word: str, unit: str, zone: str | None = None) -> str:
    """Return the type of a point or span of time; ``s`` is counted as ``ms``."""
    unit = _MILLISECONDS_FOR.get(unit, unit)
    return f"{word}[{unit}, {zone_name(zone)}]" if zone else f"{word}[{unit}]"


def zone_name(zone: str) -> str:
    """Return the one name of a fixed offset, or the name of a zone as it is.

    Examples
    --------
    >>> zone_name("Etc/GMT-1"), zone_name("+00:00"), zone_name("Europe/Berlin")
    ('+01:00', 'UTC', 'Europe/Berlin')
    """
    if zone in _UTC:
        return "UTC"
    if offset := _OFFSET_ZONE.fullmatch(zone):
        # POSIX counts offsets westward, everybody else eastward.
        return f"{'+' if offset[1] == '-' else '-'}{int(offset[2]):02}:00"
    return zone


def arrow_type(dtype: pa.DataType) -> str:
    """Return the logical type of an Arrow type.

    Raises
    ------
    UnsupportedError
        For unions and other types without a canonical form here.

    Examples
    --------
    >>> import pyarrow as pa
    >>> arrow_type(pa.list_(pa.large_string())), arrow_type(pa.decimal128(9, 2))
    ('list[string]', 'decimal[2]')
    """
    import pyarrow.types as t

    if t.is_integer(dtype) or t.is_boolean(dtype) or t.is_null(dtype):
        return str(dtype)
    if t.is_floating(dtype):
        return f"float{dtype.bit_width}"
    for known, word in _arrow_words():
        if known(dtype):
            return word
    return _parametric(dtype)


def _arrow_words() -> list[tuple[Any, str]]:
    import pyarrow.types as t

    return [
        (t.is_string, "string"),
        (t.is_large_string, "string"),
        (t.is_string_view, "string"),
        (t.is_binary, "bytes"),
        (t.is_large_binary, "bytes"),
        (t.is_binary_view, "bytes"),
        (t.is_fixed_size_binary, "bytes"),
        (t.is_date, "date"),
        (t.is_time, "time"),
    ]


def _parametric(dtype: Any) -> str:
    import pyarrow.types as t

    if t.is_timestamp(dtype):
        return time_type("datetime", dtype.unit, dtype.tz)
    if t.is_duration(dtype):
        return time_type("duration", dtype.unit)
    if t.is_decimal(dtype):
        return f"decimal256[{dtype.scale}]" if t.is_decimal256(dtype) else f"decimal[{dtype.scale}]"
    if t.is_map(dtype):
        return f"map[{arrow_type(dtype.key_type)}, {arrow_type(dtype.item_type)}]"
    if t.is_fixed_size_list(dtype):
        return f"list[{arrow_type(dtype.value_type)}, {dtype.list_size}]"
    if hasattr(dtype, "value_type") and "list" in str(dtype).split("<")[0]:
        return f"list[{arrow_type(dtype.value_type)}]"
    if t.is_struct(dtype):
        fields = ", ".join(f"{json.dumps(field.name)}: {arrow_type(field.type)}" for field in dtype)
        return f"struct[{{{fields}}}]"
    if t.is_dictionary(dtype) or t.is_run_end_encoded(dtype):
        return arrow_type(dtype.value_type)
    return _extension(dtype)


def _extension(dtype: Any) -> str:
    if dtype == _month_day_nano():
        return "month_day_nano"
    name = getattr(dtype, "extension_name", None)
    if name == "pandas.period":
        return f"period[{dtype.freq}]"
    if name == "pandas.interval":
        return f"interval[{arrow_type(dtype.subtype)}, {dtype.closed}]"
    if name is None:
        raise UnsupportedError(f"Arrow type {dtype} has no canonical form; cast it to a plain type first")
    return f"extension[{name}, {arrow_type(dtype.storage_type)}]"


def _month_day_nano() -> Any:
    import pyarrow as pa

    return pa.month_day_nano_interval()
