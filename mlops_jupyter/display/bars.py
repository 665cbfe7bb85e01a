"""Distributions as small inline SVG: a histogram with its quartiles, frequencies, parts of a whole.

Each is one path and a sentence, a few hundred bytes, so that thousands of columns fit into a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..records import Distribution, TimeSummary, ValueCounts, histogram, quantile
from . import words
from .curves import BLOCKS

WIDTH, HEIGHT = 132, 28
_LOW = 12
BINS = 24
MOST_PARTS = 6
_TAIL = 0.005
_TIGHT = 0.6
_FAR = 0.3
_ENOUGH = 50
_UNEVEN = 10_007  # a prime: no number of bars shares it


@dataclass(frozen=True, slots=True)
class Bars:
    """A histogram: bars, another one as a line over them, a box from quartile to quartile.

    ``low`` and ``high`` are the words under its ends, ``outside`` what lies beyond them; ``heights``
    are the bars from 0 to 1, for plain text. ``cut`` says on which sides values lie beyond the ends.
    """

    width: int
    height: int
    bars: str
    line: str
    box: tuple[float, float, float] | None
    low: str
    high: str
    outside: str
    label: str
    heights: tuple[float, ...]
    cut: tuple[bool, bool] = (False, False)

    @property
    def blocks(self) -> str:
        """Return the bars as characters."""
        return "".join(BLOCKS[round(height * 7)] if height else " " for height in self.heights)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole: its name, its share in words, where it stands in the bar, its colour."""

    name: str
    share: str
    x: float
    width: float
    tone: int


Span = tuple[float, float]
Say = Callable[[float, float], str]


def central(distribution: Distribution) -> tuple[Distribution, int, int]:
    """Return a distribution without far tails, and how many values lie below and above.

    Where all but 1 % of the values fill less than half of the range, the rest would squeeze the
    picture into one bar.

    Examples
    --------
    >>> grid = tuple(float(i) for i in range(100)) + (1e6,)
    >>> far = Distribution(10_100, 0.0, 1e6, 0, 0, 0, 0, grid, tuple(range(100, 10_001, 100)) + (10_001,))
    >>> far = replace(far, n=10_001)
    >>> inner, below, above = central(far)
    >>> inner.maximum, below, above
    (99.0, 0, 1)
    """
    n, grid, counts = distribution.n, distribution.grid, distribution.counts
    if n < _ENOUGH or len(grid) < 3:
        return distribution, 0, 0
    first = next(i for i, count in enumerate(counts) if count >= _TAIL * n)
    last = next(i for i, count in enumerate(counts) if count >= (1 - _TAIL) * n)
    middle = grid[last] / 2 - grid[first] / 2  # halves, since a range may overflow a float
    whole = distribution.maximum / 2 - distribution.minimum / 2
    if not 0 < middle < _TIGHT * whole:
        return distribution, 0, 0
    low = first if grid[first] / 2 - distribution.minimum / 2 > _FAR * middle else 0
    high = last if distribution.maximum / 2 - grid[last] / 2 > _FAR * middle else len(grid) - 1
    below = counts[low - 1] if low else 0
    inner = replace(
        distribution,
        n=counts[high] - below,
        minimum=grid[low] if low else distribution.minimum,
        maximum=grid[high],
        grid=grid[low : high + 1],
        counts=tuple(count - below for count in counts[low : high + 1]),
    )
    return inner, below, n - counts[high]


def bins_of(distribution: Distribution) -> int:
    """Return how many bars suit a distribution: evenly spaced values share them, or the picture is a comb.

    Examples
    --------
    >>> months = tuple(float(i) for i in range(1, 13))
    >>> bins_of(Distribution(12, 1.0, 12.0, 6.5, 143.0, 0.0, 0.0, months, tuple(range(1, 13))))
    12
    """
    several = _evenly(distribution)
    return next((n for n in (several, *range(36, 17, -1)) if n <= 36 and several % n == 0), BINS)


def _evenly(distribution: Distribution) -> int:
    """Return how many places evenly spaced values have from the smallest to the largest, 10,007 where not."""
    grid = distribution.grid
    steps = [after - before for before, after in pairwise(grid)]
    unit = min(steps, default=0.0)
    if not distribution.is_complete and all(value.is_integer() for value in grid):
        unit = 1.0
    span = distribution.maximum - distribution.minimum
    if not 0 < span < 2000 * unit or any(abs(step / unit - round(step / unit)) > 0.01 for step in steps):
        return _UNEVEN
    return round(span / unit) + 1


def between(distribution: Distribution, low: float, high: float, bins: int = BINS) -> list[float]:
    """Return the shares of a distribution in bins of one width from ``low`` to ``high``."""
    inside = [(g, c) for g, c in zip(distribution.grid, distribution.counts, strict=True) if low <= g <= high]
    if not inside or low == high:
        return [0.0] * bins
    below = max(
        (c for g, c in zip(distribution.grid, distribution.counts, strict=True) if g < low), default=0
    )
    padded = replace(
        distribution,
        n=inside[-1][1] - below,
        minimum=low,
        maximum=high,
        grid=tuple(g for g, _ in inside),
        counts=tuple(c - below for _, c in inside),
    )
    return [count / max(1, distribution.n) for _, _, count in histogram(padded, bins)]


def bars(distribution: Distribution, name: str, say: Say = words.on_axis, noun: str = "value") -> Bars | None:
    """Return the histogram of a column, or None where it has no two values.

    Parameters
    ----------
    distribution
        The finite values.
    name
        The column, for those who cannot see the picture.
    say
        How a value at the end of an axis of some length is written.
    noun
        What is counted.
    """
    if not distribution.grid or distribution.n < 1 or distribution.minimum == distribution.maximum:
        return None
    inner, below, above = central(distribution)
    counts = [float(count) for _, _, count in histogram(inner, bins_of(inner))]
    low, high = inner.minimum, inner.maximum
    span = high - low
    quartiles = [quantile(distribution, q) for q in (0.25, 0.5, 0.75)]
    places = [_place(min(max(value, low), high), low, high) for value in quartiles]
    ends = ((below, "down to", distribution.minimum), (above, "up to", distribution.maximum))
    outside = [f"{words.percent(n / distribution.n)} {side} {say(end, span)}" for n, side, end in ends if n]
    label = (
        f"{name}: {words.counted(distribution.n, noun)} from {say(distribution.minimum, span)} to "
        f"{say(distribution.maximum, span)}, half of them from {say(quartiles[0], span)} "
        f"to {say(quartiles[2], span)}"
    )
    return Bars(
        WIDTH, HEIGHT, _bars(counts), "", (places[0], places[1], places[2]),
        say(low, span), say(high, span), ", ".join(outside), words.line(label, 300), _heights(counts),
        (below > 0, above > 0),
    )  # fmt: skip


def both(before: Distribution, after: Distribution, name: str, say: Say = words.on_axis) -> Bars | None:
    """Return the histogram of a column now, with what it was before as a line over it."""
    if not before.grid or not after.grid:
        return None
    some = [central(one)[0] for one in (before, after)]
    low, high = min(one.minimum for one in some), max(one.maximum for one in some)
    bins = bins_of(replace(some[1], minimum=low, maximum=high))
    old, new = between(before, low, high, bins), between(after, low, high, bins)
    most = max([*old, *new])
    if low == high or most == 0:
        return None
    span = high - low
    label = f"{name} before and after, from {say(low, span)} to {say(high, span)}"
    return Bars(
        WIDTH, HEIGHT, _bars(new, most), _steps(old, most), None, say(low, span), say(high, span), "",
        words.line(label, 300), _heights(new, most),
    )  # fmt: skip


def frequencies(values: ValueCounts, n: int, name: str) -> Bars | None:
    """Return how often the most frequent values stand in a column, the most frequent first."""
    counts = [float(count) for _, count in values.top[:BINS]]
    if not counts:
        return None
    share = words.percent(counts[0] / max(1, n))
    label = f"{name}: {words.counted(values.n_distinct, 'different value')}, the most frequent {share}"
    low = f"{words.line(values.top[0][0], 10)} {share}" if counts[0] * 100 >= n else ""
    high = f"{'' if values.is_exact else '≈ '}{words.counted(values.n_distinct, 'value')}"
    return Bars(
        WIDTH,
        HEIGHT,
        _bars(counts, gap=2.0),
        "",
        None,
        low,
        high,
        "",
        words.line(label, 300),
        _heights(counts),
    )


def clocks(time: TimeSummary, name: str, seconds: float) -> tuple[Bars, ...]:
    """Return when times stand, by hour of the day and by weekday, where that tells something.

    Parameters
    ----------
    time
        The counts by hour and weekday.
    name
        The column, for those who cannot see the picture.
    seconds
        From the first time to the last: weekdays of fewer than two weeks tell nothing.

    Examples
    --------
    >>> even = TimeSummary((10,) * 24, (30,) * 5 + (45,) * 2)
    >>> [one.low for one in clocks(even, "at", 30 * 86400)]
    ['Mon']
    """
    found = []
    if _tells(time.hours, 1.5) and sum(map(bool, time.hours)) > 1:
        found.append(_clock(time.hours, ("0:00", "23:00"), f"{name} by hour of the day"))
    if seconds >= 14 * 86400 and _tells(time.weekdays, 1.2):
        found.append(_clock(time.weekdays, ("Mon", "Sun"), f"{name} by weekday, Monday first"))
    return tuple(found)


def _tells(counts: Sequence[int], far: float) -> bool:
    """Return whether some hour or day has far more, or far less, than its part."""
    usual = sum(counts) / max(1, len(counts))
    return sum(counts) >= _ENOUGH and (max(counts) > far * usual or min(counts) * far < usual)


def _clock(counts: Sequence[int], ends: tuple[str, str], label: str) -> Bars:
    return Bars(
        WIDTH, _LOW, _bars(counts, tall=_LOW), "", None, ends[0], ends[1], "", words.line(label, 300),
        _heights(counts),
    )  # fmt: skip


def parts(counts: Sequence[tuple[str, int]], n: int, *, other: str = "") -> tuple[Part, ...]:
    """Return the parts of ``n`` as pieces of one bar, left to right; what is left is ``other``.

    Examples
    --------
    >>> [(part.name, part.share, part.width) for part in parts([("a", 3), ("b", 1)], 4)]
    [('a', '75 %', 99.0), ('b', '25 %', 33.0)]
    """
    left = n - sum(count for _, count in counts)
    named = [*counts, *([(other, left)] if other and left > 0 else [])]
    found, start = [], 0.0
    for i, (name, count) in enumerate(named):
        wide = WIDTH * count / max(1, n)
        found.append(
            Part(words.line(name, 24), words.percent(count / max(1, n)), round(start, 1), round(wide, 1), i)
        )
        start += wide
    return tuple(found)


def _place(value: float, low: float, high: float) -> float:
    half = high / 2 - low / 2  # halves, since high - low overflows for the largest floats
    return round(WIDTH * ((value / 2 - low / 2) / half if half else 0.5), 1)


def _heights(counts: Sequence[float], most: float = 0.0) -> tuple[float, ...]:
    most = most or max(counts, default=0.0)
    return tuple(count / most if most else 0.0 for count in counts)


def _bars(counts: Sequence[float], most: float = 0.0, gap: float = 0.8, tall: int = HEIGHT) -> str:
    """Return bars as one path; what is not zero is at least seen."""
    wide = WIDTH / max(len(counts), 1)
    gap = max(gap, wide - WIDTH / 6)  # few bars stand apart, over their own part of the axis
    found = []
    for i, share in enumerate(_heights(counts, most)):
        high = max(1.0, round(share * tall, 1)) if share else 0.0
        if high:
            found.append(f"M{i * wide + gap / 2:.1f} {tall}v-{high:g}h{wide - gap:.1f}v{high:g}z")
    return "".join(found)


def _steps(shares: Sequence[float], most: float) -> str:
    """Return the outline of bars as the points of a line."""
    wide = WIDTH / len(shares)
    heights = [round(HEIGHT - share * HEIGHT, 1) for share in _heights(shares, most)]
    return " ".join(f"{i * wide:.1f},{y:g} {(i + 1) * wide:.1f},{y:g}" for i, y in enumerate(heights))
