"""A profile as bytes: JSON for what people could read, packed arrays for grids, counts and sketches.

Form 1: the five bytes ``mjpf1``, then zlib of: the length of the JSON (4 bytes, little-endian), the
JSON, and the arrays one after another. An array is written as the differences of neighbours with the low
zero bits that all share left out, each as wide as needed, byte plane by byte plane (all lowest bytes
first), which zlib shortens well. The order of floats is that of their bits.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from ...errors import IntegrityError
from ...records import (
    Association,
    ColumnProfile,
    Distribution,
    Profile,
    TextSummary,
    TimeSummary,
    ValueCounts,
    to_plain,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAGIC: Final = b"mjpf1"
_MOST_BYTES: Final = 1 << 28
_SIGN = 1 << 63
_HEAD = struct.Struct("<IBBqq")


def profile_to_bytes(profile: Profile) -> bytes:
    """Return a profile in its stored form, at most 64 kB for 20 columns of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from mlops_jupyter.data.profile import profile
    >>> found = profile(np.arange(5000) / 7)
    >>> profile_from_bytes(profile_to_bytes(found)) == found
    True
    """
    import numpy as np

    arrays: list[bytes] = []
    plain = to_plain(replace(profile, columns=(), distinct_sketch=()))
    plain["columns"] = [_column(column, arrays) for column in profile.columns]
    plain["distinct_sketch"] = [
        [place, _kept(np.array(hashes, np.uint64), arrays)] for place, hashes in profile.distinct_sketch
    ]
    written = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = written.encode("utf-8", "surrogatepass")
    return _MAGIC + zlib.compress(len(text).to_bytes(4, "little") + text + b"".join(arrays), 9)


def profile_from_bytes(content: bytes) -> Profile:
    """Return the profile that was stored.

    Raises
    ------
    IntegrityError
        When the bytes are not a profile of a form that this version reads.
    """
    if not content.startswith(_MAGIC):
        raise IntegrityError(f"not a stored profile: it begins with {content[:5]!r}, expected {_MAGIC!r}")
    try:
        return _read(_unpacked(content[len(_MAGIC) :]))
    except (zlib.error, struct.error, KeyError, IndexError, TypeError, ValueError) as error:
        raise IntegrityError(f"a stored profile is damaged: {error}; make it anew with profile()") from error


def _unpacked(packed: bytes) -> bytes:
    opened = zlib.decompressobj()
    content = opened.decompress(packed, _MOST_BYTES)
    if not opened.eof:
        raise ValueError(f"it is cut off, or longer than {_MOST_BYTES:,} bytes")
    return content


def _read(content: bytes) -> Profile:
    size = int.from_bytes(content[:4], "little")
    plain = json.loads(content[4 : 4 + size])
    arrays = _arrays(content[4 + size :])
    plain["columns"] = tuple(_read_column(column, arrays) for column in plain["columns"])
    plain["associations"] = tuple(Association(**one) for one in plain["associations"])
    plain["distinct_sketch"] = tuple(
        (place, tuple(arrays[number].tolist())) for place, number in plain["distinct_sketch"]
    )
    return Profile(**plain)


def _column(column: ColumnProfile, arrays: list[bytes]) -> dict[str, Any]:
    """Return a column without what is at its default, and its arrays by number."""
    import numpy as np

    plain = {name: value for name, value in to_plain(column).items() if value is not None}
    if column.numbers is not None:
        plain["numbers"] = _distribution(column.numbers, arrays)
    if column.text is not None:
        plain["text"]["length"] = _distribution(column.text.length, arrays)
        plain["text"]["tokens"] = _kept(np.array(column.text.tokens, np.uint64), arrays)
    if column.values is not None:
        plain["values"]["top"] = [value for value, _ in column.values.top]
        plain["values"]["times"] = _kept(np.array([n for _, n in column.values.top], np.uint64), arrays)
    return plain


def _distribution(found: Distribution, arrays: list[bytes]) -> dict[str, Any]:
    import numpy as np

    plain = {one.name: getattr(found, one.name) for one in fields(found)}
    bits = np.array(found.grid, np.float64).view(np.uint64)
    ordered = np.where(bits & np.uint64(_SIGN), ~bits, bits | np.uint64(_SIGN))
    return plain | {
        "grid": _kept(ordered, arrays),
        "counts": _kept(np.array(found.counts, np.uint64), arrays),
    }


def _read_column(plain: dict[str, Any], arrays: list[NDArray[np.uint64]]) -> ColumnProfile:
    if (numbers := plain.get("numbers")) is not None:
        plain["numbers"] = _read_distribution(numbers, arrays)
    if (text := plain.get("text")) is not None:
        text["length"] = _read_distribution(text["length"], arrays)
        text["tokens"] = tuple(arrays[text["tokens"]].tolist())
        pairs = {name: tuple(map(tuple, text[name])) for name in ("patterns", "characters")}
        plain["text"] = TextSummary(**{**text, **pairs})
    if (values := plain.get("values")) is not None:
        times = arrays[values.pop("times")].tolist()
        values["top"] = tuple(zip(values["top"], times, strict=True))
        plain["values"] = ValueCounts(**values)
    if (time := plain.get("time")) is not None:
        whole = {name: tuple(time[name]) for name in ("hours", "weekdays")}
        plain["time"] = TimeSummary(**{**time, **whole})
    return ColumnProfile(**plain)


def _read_distribution(plain: dict[str, Any], arrays: list[NDArray[np.uint64]]) -> Distribution:
    import numpy as np

    ordered = arrays[plain["grid"]]
    bits = np.where(ordered & np.uint64(_SIGN), ordered ^ np.uint64(_SIGN), ~ordered)
    grid = tuple(bits.view(np.float64).tolist())
    return Distribution(**{**plain, "grid": grid, "counts": tuple(arrays[plain["counts"]].tolist())})


def _kept(values: NDArray[np.uint64], arrays: list[bytes]) -> int:
    """Write an array, and return its number."""
    import numpy as np

    steps = np.diff(values, prepend=np.uint64(0)).view(np.int64)
    first = int(steps[0]) if len(steps) else 0
    rest = steps[1:]
    low = int(rest.min()) if len(rest) else 0
    above = (rest.view(np.uint64) - np.array(low, np.int64).view(np.uint64)).astype(np.uint64)
    union = int(np.bitwise_or.reduce(above)) if len(above) else 0
    shift = (union & -union).bit_length() - 1 if union else 0
    above = above >> np.uint64(shift)
    width = ((union >> shift).bit_length() + 7) // 8
    planes = above.view(np.uint8).reshape(-1, 8)[:, :width].T if len(above) else np.zeros((0, 0), np.uint8)
    arrays.append(_HEAD.pack(len(values), shift, width, first, low) + np.ascontiguousarray(planes).tobytes())
    return len(arrays) - 1


def _arrays(content: bytes) -> list[NDArray[np.uint64]]:
    import numpy as np

    found: list[NDArray[np.uint64]] = []
    place = 0
    while place < len(content):
        length, shift, width, first, low = _HEAD.unpack_from(content, place)
        place += _HEAD.size
        size = max(0, length - 1) * width
        planes = np.frombuffer(content[place : place + size], np.uint8).reshape(width, max(0, length - 1))
        place += size
        above = np.zeros((max(0, length - 1), 8), np.uint8)
        above[:, :width] = planes.T
        rest = (above.view("<u8")[:, 0].astype(np.uint64) << np.uint64(shift)) + np.array(low).view(np.uint64)
        steps = np.concatenate([np.array([first], np.int64).view(np.uint64), rest])[:length]
        found.append(np.cumsum(steps, dtype=np.uint64))
    return found
