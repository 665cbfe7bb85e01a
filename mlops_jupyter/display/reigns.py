"""Reigns as a picture: for each alias a lane of bars, one for each version, as long as it lasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..records import Reign
from . import words

WIDTH = 680
_MOST_LANES, _MOST_BARS = 6, 24
_TONES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A reign: where its bar stands, which colour, and whether its gates were overridden."""

    name: str
    x: float
    width: float
    tone: int
    is_forced: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """An alias with its reigns from left to right, and how many earlier ones are not drawn."""

    alias: str
    bars: tuple[Bar, ...]
    left: int
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lanes on one axis of time; ``at`` is where a moment that was asked for stands."""

    width: int
    lanes: tuple[Lane, ...]
    low: str
    high: str
    at: float | None


def seconds(utc: str | None) -> float | None:
    """Return a moment as seconds since 1970, None where it cannot be read.

    Examples
    --------
    >>> seconds("1970-01-02T00:00:00.000000Z"), seconds("soon")
    (86400.0, None)
    """
    try:
        moment = datetime.fromisoformat((utc or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def timeline(reigns: Sequence[Reign], until: str | None, at: str | None = None) -> Timeline | None:
    """Return reigns as lanes, or None where no time can be read.

    Parameters
    ----------
    reigns
        The reigns of all aliases, in any order.
    until
        The end of the axis (UTC): when the history was asked for. A reign without end lasts so long.
    at
        The moment to mark (UTC, or a date).

    Examples
    --------
    >>> reigns = [Reign("champion", 1, "2026-01-01"), Reign("champion", 2, "2026-01-11")]
    >>> made = timeline(reigns, "2026-01-21")
    >>> [(bar.name[:2], bar.x, bar.width) for bar in made.lanes[0].bars]
    [('1 ', 0.0, 340.0), ('2 ', 340.0, 340.0)]
    """
    known = [(start, one) for one in reigns if (start := seconds(one.since)) is not None]
    if not known:
        return None
    marked = seconds(at)
    ends = [seconds(one.until) for _, one in known] + [seconds(until), marked]
    low = min(start for start, _ in known)
    high = max([start for start, _ in known] + [end for end in ends if end is not None])
    aliases = sorted({one.alias for _, one in known}, key=lambda alias: (alias != "champion", alias))
    lanes = tuple(
        _lane(
            alias,
            sorted((pair for pair in known if pair[1].alias == alias), key=lambda pair: pair[0]),
            low,
            high,
        )
        for alias in aliases[:_MOST_LANES]
    )
    stands = _place(marked, low, high) if marked is not None and marked >= low else None
    return Timeline(WIDTH, lanes, words.date(low, high - low), words.date(high, high - low), stands)


def _place(moment: float, low: float, high: float) -> float:
    return round(WIDTH * (moment - low) / (high - low), 1) if high > low else 0.0


def _lane(alias: str, known: Sequence[tuple[float, Reign]], low: float, high: float) -> Lane:
    bars = []
    for i, (start, one) in enumerate(known):
        following = known[i + 1][0] if i + 1 < len(known) else high
        end = seconds(one.until)
        end = following if end is None else min(end, high)
        x = _place(start, low, high)
        wide = max(2.0, round(_place(max(end, start), low, high) - x, 1)) if high > low else float(WIDTH)
        since = f"{one.number} since {words.date(start, high - low)}"
        bars.append(Bar(since, x, wide, (one.number - 1) % _TONES, bool(one.override_reason)))
    shown = tuple(bars[-_MOST_BARS:])
    label = f"{words.line(alias, 30)}: " + ", then ".join(f"version {bar.name}" for bar in shown[-8:])
    return Lane(words.line(alias, 30), shown, len(bars) - len(shown), label)
