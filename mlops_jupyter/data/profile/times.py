"""When rows fall: hours and weekdays in the column's own zone, gaps, and whether rows are in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...records import TimeSummary

_DAY = 86_400
_FIRST_WEEKDAY = 3
"""1970-01-01 was a Thursday, and weeks begin on Monday."""


class TimeState:
    """What is known of the times of a column, in seconds since 1970."""

    def __init__(self, type_: str) -> None:
        self.zone = type_.partition(", ")[2].rstrip("]") if type_.startswith("datetime[") else None
        self.hours = np.zeros(24, np.int64)
        self.weekdays = np.zeros(7, np.int64)
        self.is_sorted = True
        self.low, self.high = np.inf, -np.inf
        self.gap: float | None = 0.0

    def add(self, values: NDArray[Any], ordered: NDArray[Any], scale: float, *, in_order: bool) -> None:
        """See times as they came, and ascending; ``scale`` seconds each."""
        if not len(values):
            return
        first, last = float(ordered[0] * scale), float(ordered[-1] * scale)
        self.is_sorted &= in_order and float(values[0] * scale) >= self.high
        gap = float(np.diff(ordered).max() * scale) if len(ordered) > 1 else 0.0
        self.gap = joined_gap(self.gap, self.low, self.high, gap, first, last)
        self.low, self.high = min(self.low, first), max(self.high, last)
        self._calendar(ordered, scale)

    def _calendar(self, ordered: NDArray[Any], scale: float) -> None:
        seconds = ordered * int(scale) if scale >= 1 else ordered // round(1 / scale)
        hours, times = np.unique(seconds // 900, return_counts=True)  # every zone is a multiple of a quarter
        local = _local(hours * 900, self.zone)
        self.hours += np.bincount(local % _DAY // 3600, weights=times, minlength=24).astype(np.int64)
        days = (local // _DAY + _FIRST_WEEKDAY) % 7
        self.weekdays += np.bincount(days, weights=times, minlength=7).astype(np.int64)

    def summary(self) -> TimeSummary | None:
        """Return what is stored of the times, None where there are none."""
        if self.low > self.high:
            return None
        hours, weekdays = tuple(self.hours.tolist()), tuple(self.weekdays.tolist())
        return TimeSummary(hours, weekdays, self.zone or None, self.gap, bool(self.is_sorted))


def joined_gap(
    a: float | None, a_low: float, a_high: float, b: float | None, b_low: float, b_high: float
) -> Any:
    """Return the widest gap of two sets of times, None where they interleave and nobody can know.

    Examples
    --------
    >>> joined_gap(1.0, 0.0, 10.0, 2.0, 15.0, 20.0), joined_gap(1.0, 0.0, 10.0, 2.0, 5.0, 20.0)
    (5.0, None)
    """
    if a_low > a_high:
        return b
    if a is None or b is None:
        return None
    if a_high <= b_low:
        return max(a, b, b_low - a_high)
    return max(a, b, a_low - b_high) if b_high <= a_low else None


def merged_times(
    a: TimeSummary | None, b: TimeSummary | None, spans: tuple[float, float, float, float]
) -> TimeSummary | None:
    """Return the summary of the times of both; ``spans`` are first and last of a, then of b."""
    if a is None or b is None:
        return b if a is None else a
    a_low, a_high, b_low, b_high = spans
    return TimeSummary(
        tuple(x + y for x, y in zip(a.hours, b.hours, strict=True)),
        tuple(x + y for x, y in zip(a.weekdays, b.weekdays, strict=True)),
        a.zone if a.zone == b.zone else None,
        joined_gap(a.widest_gap_s, a_low, a_high, b.widest_gap_s, b_low, b_high),
        bool(a.is_sorted and b.is_sorted and a_high <= b_low),
    )


def _local(seconds: NDArray[np.int64], zone: str | None) -> NDArray[np.int64]:
    """Return seconds as a clock in the zone shows them; UTC where the zone is unknown here."""
    if zone in (None, "", "UTC"):
        return seconds
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        instants = pa.array(seconds, pa.timestamp("s", zone))
        return np.asarray(pc.local_timestamp(instants).cast("int64").to_numpy())
    except (pa.ArrowException, OSError):
        return seconds
