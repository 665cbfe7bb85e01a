"""How far a clean later version may be from what was seen: limits with a stated rate of false alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from ..records import Distribution, quantile

FALSE_ALARMS: Final = 1e-4
"""How often one rule may break on clean data, in one later version."""


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
    from scipy.stats import betabinom

    later = max(1, min(n for _, n in counts) // 2)
    worst, n = max(counts, key=lambda one: one[0] / max(one[1], 1))
    if worst >= n:
        return 1.0
    most = float(betabinom.ppf(1 - FALSE_ALARMS, later, worst + 0.5, n - worst + 0.5)) / later
    shares = [one / max(total, 1) for one, total in counts]
    return min(1.0, rounded_up(max(most, 2 * max(shares) - min(shares))))


def reach(seen: Sequence[Distribution]) -> tuple[float, float]:
    r"""Return how low and how high a clean later version goes, but for 1 in 10,000.

    Notes
    -----
    The tail beyond the outer tenth is taken as exponential, of the scale that the extreme value shows:
    :math:`x_{max} + s \ln(m / (n \alpha))` with :math:`s = (x_{max} - q_{0.9}) / \ln(n / 10)`, which is
    the value that one of m later rows passes with chance :math:`\alpha`; m is half of n. Where positive
    values are skewed (skewness above 2), the same on their logarithms. Versions widen it by how far their
    extremes differ. Where no value crosses zero, the range does not either.
    """
    low, high = min(one.minimum for one in seen), max(one.maximum for one in seen)
    n = sum(one.n for one in seen)
    widest = max(seen, key=lambda one: one.n)
    drift_high = high - min(one.maximum for one in seen)
    drift_low = max(one.minimum for one in seen) - low
    more = math.log(0.5 / FALSE_ALARMS)
    far_high = _beyond(high, quantile(widest, 0.9), n, more, in_logs=low > 0 and _skewness(widest) > 2)
    far_low = _beyond(-low, -quantile(widest, 0.1), n, more, in_logs=False)
    found_low, found_high = -(far_low + drift_low), far_high + drift_high
    return (0.0 if low >= 0 > found_low else found_low, 0.0 if high <= 0 < found_high else found_high)


def _beyond(extreme: float, inner: float, n: int, more: float, *, in_logs: bool) -> float:
    if in_logs and inner > 0:
        return math.exp(min(700.0, _beyond(math.log(extreme), math.log(inner), n, more, in_logs=False)))
    scale = (extreme - inner) / max(1.0, math.log(n / 10)) if n > 10 else extreme - inner
    return extreme + scale * more


def _skewness(one: Distribution) -> float:
    return one.m3 / one.n / (one.m2 / one.n) ** 1.5 if one.n and one.m2 > 0 else 0.0


def outward(low: float, high: float, *, whole: bool) -> tuple[float, float]:
    """Round a range outward to figures that people read; whole numbers stay whole.

    Examples
    --------
    >>> outward(-43.2, 1301.7, whole=False), outward(0, 17.3, whole=True)
    ((-100.0, 1400.0), (0, 18))
    """
    width = high - low
    step = 10.0 ** (math.floor(math.log10(width)) - 1) if width > 0 and math.isfinite(width) else 1.0
    step = max(step, 1.0) if whole else step
    ends = math.floor(low / step) * step, math.ceil(high / step) * step
    if not all(map(math.isfinite, ends)):
        return low, high
    if whole:
        return int(ends[0]), int(ends[1])
    digits = max(0, -math.floor(math.log10(step)))
    return round(ends[0], digits), round(ends[1], digits)


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
