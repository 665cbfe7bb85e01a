"""Numbers, booleans and times: little-endian bytes, straight from memory where possible.

Floats and complex numbers have one stream: values, each NaN with the same bits. All others have
two: validity (empty where nothing is missing in the chunk, else packed bits) and values, with
zero where missing. Booleans are packed bits.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedError
from ..types import numpy_type, numpy_unit
from .base import MISSING_WORD, Column, Stream, Words, packed, windows

_NAN_BITS = {2: np.uint16(0x7E00), 4: np.uint32(0x7FC00000), 8: np.uint64(0x7FF8000000000000)}
_SIZED = re.compile(r"u?(int|float|complex)\d+")
_NOT_A_TIME = np.iinfo(np.int64).min


class NumberColumn(Column):
    """A one-dimensional numpy array of numbers, booleans or times, in any stride or byte order."""

    def __init__(self, name: Hashable, values: NDArray[Any], type_: str | None = None) -> None:
        self.name = name
        self.type = type_ or numpy_type(values.dtype)
        self.length = len(values)
        self._values = values

    @property
    def family(self) -> str:
        return number_family(self.type)

    @property
    def values(self) -> NDArray[Any]:
        """The array as it is, missing times as NaT."""
        return self._values

    def chunks(self) -> Iterator[Sequence[Stream]]:
        for window in windows(self.length):
            yield number_streams(*plain_values(self._values[window]))

    def words(self) -> Iterator[Words]:
        for window in windows(self.length):
            yield number_words(*plain_values(self._values[window]))


def number_family(type_: str) -> str:
    """Return the type without its width.

    Examples
    --------
    >>> number_family("uint8"), number_family("float32"), number_family("bool")
    ('int', 'float', 'bool')
    """
    found = _SIZED.fullmatch(type_)
    return found[1] if found else type_


def plain_values(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return values as contiguous little-endian numbers, and which are present (None: all)."""
    values = np.ascontiguousarray(values)
    if values.dtype.kind in "mM":
        return _plain_times(values)
    return values.astype(values.dtype.newbyteorder("<"), copy=False), None


def _plain_times(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    counts = values.astype(values.dtype.newbyteorder("="), copy=False).view(np.int64)
    present = counts != _NOT_A_TIME
    everything = bool(present.all())
    if numpy_unit(values.dtype) == "s":
        counts = in_milliseconds(counts if everything else np.where(present, counts, 0))
    return counts.astype("<i8", copy=False), None if everything else present


def in_milliseconds(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a count of seconds as milliseconds, or refuse where 64 bits do not hold them."""
    limit = np.iinfo(np.int64).max // 1000
    if len(seconds) and (seconds.max() > limit or seconds.min() < -limit):
        raise UnsupportedError("a time in seconds is beyond 292 million years; no canonical form holds it")
    return seconds * 1000


def number_streams(values: NDArray[Any], present: NDArray[np.bool_] | None = None) -> list[Stream]:
    """Return the streams of a chunk of contiguous little-endian numbers or booleans."""
    kind = values.dtype.kind
    if kind in "fc":
        return [_one_nan(values, present)]
    validity: Stream = b""
    if present is not None and not present.all():
        validity = packed(present)
        values = np.where(present, values, np.zeros(1, values.dtype))
    return [validity, packed(values) if kind == "b" else values]


def _one_nan(values: NDArray[Any], present: NDArray[np.bool_] | None) -> NDArray[Any]:
    parts = values.view(f"<f{values.dtype.itemsize // 2}") if values.dtype.kind == "c" else values
    missing = np.isnan(parts)
    if present is not None:
        missing |= ~present
    if not missing.any():
        return values
    bits = parts.view(f"<u{parts.dtype.itemsize}").copy()
    bits[missing] = _NAN_BITS[parts.dtype.itemsize]
    return bits


def number_words(values: NDArray[Any], present: NDArray[np.bool_] | None = None) -> Words:
    """Return one word per number: its value as 64 bits, whatever its width."""
    kind = values.dtype.kind
    if kind == "c":
        parts = values.astype(np.complex128, copy=False).view(np.float64)
        real, imaginary = number_words(parts[::2]), number_words(parts[1::2])
        return real * np.uint64(0x9E3779B97F4A7C15) + imaginary
    if kind == "f":
        wide = np.ascontiguousarray(values, dtype=np.float64)
        missing = np.isnan(wide)
        present = ~missing if present is None else present & ~missing
        words = wide.view(np.uint64)
    else:
        words = values.astype(np.int64 if kind in "ib" else np.uint64, copy=False).view(np.uint64)
    if present is None or present.all():
        return words
    return np.where(present, words, MISSING_WORD)
