"""Shifts in words: direction and size in the column's own units. Short, for a cell of a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ...records import Distribution

_LONGEST: Final = 24
_UNITS: Final = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


def numbers(old: Distribution, new: Distribution) -> str:
    """Return how the middle moved, and the spread where that changed more."""
    return _middle_and_spread(old, new, number)


def spans(old: Distribution, new: Distribution) -> str:
    """Return the same for spans of time, in the unit that fits."""
    return _middle_and_spread(old, new, span)


def lengths(old: Distribution, new: Distribution) -> str:
    """Return how the length of texts moved, in characters."""
    return f"length: {numbers(old, new)}"


def _middle_and_spread(old: Distribution, new: Distribution, say: object) -> str:
    from ...records import quantile

    assert callable(say)
    (low, middle, high), (new_low, new_middle, new_high) = (
        [quantile(side, q) for q in (0.25, 0.5, 0.75)] for side in (old, new)
    )
    spread, new_spread = high - low, new_high - new_low
    parts = []
    if middle != new_middle:
        parts.append(f"median {say(middle)} → {say(new_middle)}")
    grown = new_spread / spread if spread > 0 else 1.0
    if not 1 / 1.1 <= grown <= 1.1 or (not parts and spread != new_spread):
        parts.append(f"middle half {say(spread)} → {say(new_spread)} wide")
    if not parts:
        parts.append(f"mean {say(old.mean)} → {say(new.mean)}" if old.mean != new.mean else "as before")
    return ", ".join(parts)


def beyond(now: float, once: float, low: float, high: float) -> str:
    """Return which share lies outside the earlier range."""
    return f"{percent(now)} outside {number(low)} to {number(high)} ({percent(once)} before)"


def share(word: str, once: float, now: float) -> str:
    """Return how a share changed."""
    return f"{word} {percent(once)} → {percent(now)}" if once != now else f"{word} {percent(now)} as before"


def moved(old: Mapping[str, int], new: Mapping[str, int], *, named: bool) -> str:
    """Return the value whose share changed most; without its name where that is personal."""
    n, m = max(1, sum(old.values())), max(1, sum(new.values()))
    change = {value: new.get(value, 0) / m - old.get(value, 0) / n for value in {**old, **new}}
    most = max(change, key=lambda value: abs(change[value]), default="")
    if not most or not change[most]:
        return "as before"
    return share(value_name(most) if named else "a value", old.get(most, 0) / n, new.get(most, 0) / m)


def unseen(counts: Mapping[str, int], n: int, *, named: bool) -> str:
    """Return how many rows have values that did not stand there before, and which."""
    rows = percent(sum(counts.values()) / n)
    if not named:
        return f"{rows} in values not seen before"
    first = ", ".join(value_name(value) for value in sorted(counts, key=lambda v: -counts[v])[:3])
    more = f" and {len(counts) - 3:,} more" if len(counts) > 3 else ""
    return f"{rows} in values not seen before: {first}{more}"


def periods(old: Distribution, new: Distribution) -> str:
    """Return from when to when both are."""
    first, second = (f"{moment(side.minimum)} to {moment(side.maximum)}" for side in (old, new))
    return f"{first} → {second}" if first != second else first


def value_name(value: str) -> str:
    """Return a value as it is quoted, cut where it is long; other values are called so."""
    if value.startswith("\0"):
        return "other values"
    return f"“{value if len(value) <= _LONGEST else value[: _LONGEST - 1] + '…'}”"


def percent(part: float) -> str:
    """Return a share in percent with the digits that it needs.

    Examples
    --------
    >>> percent(0.1234), percent(0.00004), percent(0.0), percent(1.0)
    ('12.3 %', '<0.01 %', '0 %', '100 %')
    """
    value = 100 * part
    if value in (0.0, 100.0):
        return f"{value:.0f} %"
    if value < 0.01:
        return "<0.01 %"
    return f"{value:.2f} %" if value < 1 else f"{min(value, 99.9):.1f} %"


def number(value: float) -> str:
    """Return a number with four digits, whole ones with all theirs up to a million.

    Examples
    --------
    >>> number(1234567.0), number(12345.0), number(0.123456)
    ('1.235e+06', '12,345', '0.1235')
    """
    if value == int(value) if abs(value) < 1e6 else False:
        return f"{value:,.0f}"
    return f"{value:,.4g}" if abs(value) < 1e4 or abs(value) >= 1e6 else f"{value:,.0f}"


def span(seconds: float) -> str:
    """Return a span of time in the largest unit of which it has at least one.

    Examples
    --------
    >>> span(5400.0), span(0.25)
    ('1.5 h', '250 ms')
    """
    unit, size = next((pair for pair in _UNITS if abs(seconds) >= pair[1]), _UNITS[-1])
    return f"{number(seconds / size)} {unit}"


def moment(seconds: float) -> str:
    """Return a point of time as a date, with the minute where it is not midnight.

    Examples
    --------
    >>> moment(0.0), moment(90_000.0)
    ('1970-01-01', '1970-01-02 01:00')
    """
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):  # beyond the years 1 to 9999
        return f"{number(seconds)} s"
    return f"{when:%Y-%m-%d}" if seconds % 86_400 == 0 else f"{when:%Y-%m-%d %H:%M}"
