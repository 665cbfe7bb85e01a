"""Times that people write, as the registry keeps them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from ..errors import UsageError


def utc(given: Any, *, is_end: bool = False) -> str:
    """Return a time as UTC, ISO 8601 with six decimals.

    Parameters
    ----------
    given
        A date (``2026-03-01``), a time (``2026-03-01 14:30``, ``2026-03-01T14:30+02:00``), or an object of
        ``datetime``. A time without a zone is local.
    is_end
        Whether a date means its end; else it means its beginning.

    Raises
    ------
    UsageError
        If it is neither.

    Examples
    --------
    >>> utc("2026-03-01T14:30+02:00")
    '2026-03-01T12:30:00.000000Z'
    """
    moment = given
    if isinstance(given, str):
        try:
            text = given.strip()
            moment = (
                date.fromisoformat(text) if len(text) <= len("2026-03-01") else datetime.fromisoformat(text)
            )
        except ValueError:
            raise UsageError(
                f"{given!r} is no time; expected a date such as 2026-03-01, or 2026-03-01T14:30"
            ) from None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.max if is_end else time.min)
    if not isinstance(moment, datetime):
        raise UsageError(f"the time is of type {type(given).__name__}; expected one such as 2026-03-01")
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    except (OverflowError, ValueError, OSError):
        raise UsageError(f"{given!r} is out of the range of times") from None
