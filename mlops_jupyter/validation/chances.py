"""How far a clean later version may be from what was seen: limits with a stated rate of false alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from ..records import Distribution, quantile

Severity = Literal["error", "warning"]

FALSE_ALARMS: Final = 1e-4
"""How often one rule may break on clean data, in one later version of the same times."""

_EDGE_SHARE: Final = 0.005
_EDGE_ROWS: Final = 5
LEAST_OVERLAP: Final = 0.1
"""A column whose versions share less of its span than this moves on: a range says what was."""
_VERSIONS_FOR_SHARES: Final = 6

VERSIONS_FOR_ERRORS: Final = 3
"""How many versions must agree before what may be of a season is an error."""


def share_limit(counts: Sequence[tuple[int, int]]) -> float:
    """Return a share of rows that a clean later version stays under, but for 1 in 10,000.

    Parameters
    ----------
    counts : per version, rows that do something and all rows.

    Notes
    -----
    Beta-binomial prediction with Jeffreys' prior for a version of half the smallest size; with several
    versions, at least the largest share plus the spread between versions. Of none in n it
    gives a few times 3 / n, the 95 % bound of the rate ("rule of three", Hanley and Lippman-Hand, 1983).

    Examples
    --------
    >>> share_limit([(0, 10_000)])
    0.0014
    >>> share_limit([(100, 1000), (150, 1000)])
    0.23
    """
    later = max(1, min(n for _, n in counts) // 2)
    worst, n = max(counts, key=lambda one: one[0] / max(one[1], 1))
    if worst >= n:
        return 1.0
    most = _most_of(later, worst, n) / later
    shares = [one / max(total, 1) for one, total in counts]
    return min(1.0, rounded_up(max(most, 2 * max(shares) - min(shares))))


@lru_cache(maxsize=4096)
def _most_of(later: int, found: int, n: int) -> float:
    """Return how many of some later rows do what some of n did, but for 1 in 10,000."""
    from scipy.stats import betabinom

    return float(betabinom.ppf(1 - FALSE_ALARMS, later, found + 0.5, n - found + 0.5))


def usual_share(counts: Sequence[tuple[int, int]]) -> tuple[float, Severity]:
    """Return the limit of a share that is above zero for no fault, and how severe its breach is.

    Parameters
    ----------
    counts : per version, rows that do something and all rows.

    Notes
    -----
    Shares of rows that do something now and then (a gust of wind, a flight that was cancelled) go with
    the season. A few versions cannot tell by how much: :func:`share_limit`, as a warning. Of k >= 6
    versions the odds of the largest share may grow by 1 + 6 / k.

    Examples
    --------
    >>> usual_share([(0, 10_000)])
    (0.0014, 'error')
    >>> usual_share([(300, 1000)])
    (0.4, 'warning')
    >>> usual_share([(10, 1000), (30, 1000), (20, 1000)] * 2)
    (0.074, 'error')
    """
    limit = share_limit(counts)
    if not any(found for found, _ in counts):
        return limit, "error"
    if len(counts) < _VERSIONS_FOR_SHARES:
        return limit, "warning"
    largest = max(found / max(n, 1) for found, n in counts)
    odds = (1 + 6 / len(counts)) * largest
    return max(limit, rounded_up(odds / (odds + 1 - largest))), "error"


def reach(seen: Sequence[Distribution], *, with_season: bool = True) -> tuple[float, float]:
    r"""Return how low and how high a clean later version goes, but for 1 in 10,000; and other seasons.

    Notes
    -----
    The tail beyond the outer tenth is taken as exponential, of the scale that the extreme value shows:
    :math:`x_{max} + s \ln(m / (n \alpha))` with :math:`s = (x_{max} - q_{0.9}) / \ln(n / 10)`, which is
    the value that one of m later rows passes with chance :math:`\alpha`; m is half of n. Where values
    not below zero are skewed (skewness above 2), the same on their logarithms. Versions widen it by how far
    their extremes differ. Other times differ from one version by more than its rows do among themselves: k
    versions widen it by 1 / k of the whole span, more where they share a part of it only. Not so lengths,
    which know no season; nor away from zero beyond an edge, where at least 0.5 % of the rows stand at the
    extreme (hour 23, 100 %). Where no value crosses zero, the range does not either.
    """
    low, high = min(one.minimum for one in seen), max(one.maximum for one in seen)
    n = sum(one.n for one in seen)
    widest = max(seen, key=lambda one: one.n)
    drift_high = high - min(one.maximum for one in seen)
    drift_low = max(one.minimum for one in seen) - low
    more = math.log(0.5 / FALSE_ALARMS)
    far_high = _beyond(high, quantile(widest, 0.9), n, more, in_logs=low >= 0 and _skewness(widest) > 2)
    far_low = _beyond(-low, -quantile(widest, 0.1), n, more, in_logs=False)
    season = (high - low) / len(seen) / max(overlap(seen), LEAST_OVERLAP) if with_season else 0.0
    found_low = -(far_low + drift_low + (0.0 if high <= 0 and _is_edge(seen, low) else season))
    found_high = far_high + drift_high + (0.0 if low >= 0 and _is_edge(seen, high) else season)
    return (0.0 if low >= 0 > found_low else found_low, 0.0 if high <= 0 < found_high else found_high)


def overlap(seen: Sequence[Distribution]) -> float:
    """Return which part of the whole span all versions share, 0 to 1."""
    low, high = min(one.minimum for one in seen), max(one.maximum for one in seen)
    shared = min(one.maximum for one in seen) - max(one.minimum for one in seen)
    return max(0.0, shared) / (high - low) if high > low else 1.0


def _is_edge(seen: Sequence[Distribution], extreme: float) -> bool:
    """Tell whether so many rows stand at an extreme that it is the end of what can be."""
    there = [one for one in seen if extreme in (one.minimum, one.maximum)]
    rows = sum(_rows_at(one, extreme) for one in there)
    return rows >= max(_EDGE_ROWS, _EDGE_SHARE * sum(one.n for one in there))


def _rows_at(one: Distribution, extreme: float) -> int:
    if one.grid[0] == extreme:
        return one.counts[0]
    is_known = one.is_complete and len(one.grid) > 1 and one.grid[-1] == extreme
    return one.n - one.counts[-2] if is_known else 0


def _beyond(extreme: float, inner: float, n: int, more: float, *, in_logs: bool) -> float:
    if in_logs and inner > 0:
        return math.exp(min(700.0, _beyond(math.log(extreme), math.log(inner), n, more, in_logs=False)))
    scale = (extreme - inner) / max(1.0, math.log(n / 10)) if n > 10 else extreme - inner
    return extreme + scale * more


def _skewness(one: Distribution) -> float:
    return one.m3 / one.n / (one.m2 / one.n) ** 1.5 if one.n and one.m2 > 0 else 0.0


def outward(low: float, high: float, *, whole: bool) -> tuple[float, float]:
    """Round a range outward to figures that people read (1, 2 or 5 times a power of ten apart).

    Whole numbers stay whole.

    Examples
    --------
    >>> outward(-43.2, 1301.7, whole=False), outward(0, 17.3, whole=True)
    ((-50.0, 1350.0), (0, 18))
    """
    step = _step(high - low)
    step = max(step, 1.0) if whole else step
    ends = math.floor(low / step) * step, math.ceil(high / step) * step
    if not all(map(math.isfinite, ends)):
        return low, high
    if whole:
        return int(ends[0]), int(ends[1])
    digits = max(0, -math.floor(math.log10(step)))
    return round(ends[0], digits), round(ends[1], digits)


def _step(width: float) -> float:
    """Return the step of 1, 2 or 5 times a power of ten that is at most a twentieth of a width."""
    if not (width / 20 > 0 and math.isfinite(width)):
        return 1.0
    power = 10.0 ** max(-300, math.floor(math.log10(width / 20)))
    return next(times * power for times in (5, 2, 1) if times * power <= width / 20 or times == 1)


def rounded_up(share: float) -> float:
    """Return a share rounded up to two digits that count.

    Examples
    --------
    >>> rounded_up(0.01234), rounded_up(0.2)
    (0.013, 0.2)
    """
    if share <= 0:
        return 0.0
    digits = 1 - math.floor(math.log10(share))
    return float(round(math.ceil(share * 10**digits - 1e-9) / 10**digits, digits))
