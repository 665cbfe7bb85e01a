"""What a rule needs of a column before it can be asked, in the words of both engines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from ..errors import UsageError
from ..records import Rule

APPLIES: Final = {
    "range": ("number", "boolean", "time", "span", "date"),
    "pattern": ("text",),
    "length": ("text",),
    "fresh": ("time", "date"),
}
"""Which kinds of columns a rule can be asked of; kinds not named here can be asked of any."""


def moment(value: Any, now: datetime) -> datetime:
    """Return a time of a contract (``now`` or ISO 8601; UTC where no zone is named) as UTC without a zone.

    Raises
    ------
    UsageError
        When it is no time.

    Examples
    --------
    >>> moment("2013-01-01", datetime.now(UTC)), moment("2013-01-01T05:00+05:00", datetime.now(UTC))
    (datetime.datetime(2013, 1, 1, 0, 0), datetime.datetime(2013, 1, 1, 0, 0))
    """
    if value == "now":
        return _plain(now)
    if isinstance(value, datetime):
        return _plain(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 UTC by our convention
    try:
        return _plain(datetime.fromisoformat(str(value)))
    except ValueError:
        raise UsageError(
            f"{value!r} is no time; expected now, or a date and time such as 2013-01-01T05:00"
        ) from None


def limits_of(rule: Rule, kind: str, now: datetime) -> tuple[Any, Any]:
    """Return the ends of a range in what the column holds; None where there is none.

    Raises
    ------
    UsageError
        When a time is asked of numbers, or a number of times.
    """
    ends = rule.limits.get("min"), rule.limits.get("max")
    if kind in ("time", "date"):
        return tuple(None if end is None else moment(end, now) for end in ends)  # type: ignore[return-value]
    for end in ends:
        if isinstance(end, str):
            raise UsageError(f"{end!r} is no number, and the column holds {kind}s")
    return ends


def as_kind(values: Sequence[Any], kind: str, now: datetime) -> list[Any]:
    """Return the values of a set in what the column holds, so that ``1`` of a text column is ``"1"``."""
    if kind == "text":
        return [one if isinstance(one, str) else str(one) for one in values]
    if kind in ("time", "date"):
        return [moment(one, now) for one in values]
    if kind == "boolean":
        return [one for one in values if isinstance(one, bool)]
    if kind == "number":
        return [float(one) if isinstance(one, str) and _is_number(one) else one for one in values]
    return list(values)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
