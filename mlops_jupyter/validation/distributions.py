"""Whether a column is spread as before: beside a reference profile, or beside what the contract itself says.

A contract holds the quantiles of numbers and the shares of values (of hours, for times), so that it can be
asked without the data that it was learned from. The distance is that of Kolmogorov and Smirnov at those
points, or the total variation of the shares; from it is taken what chance may do.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import Final

from ..records import ColumnProfile, Distribution, Rule
from .answers import NOTHING, Outcome, broken, number, percent, unknown
from .facts import Facts

DEFAULT_MAX: Final = 0.1
_CHANCE: Final = 0.001
_SHAPES: Final = ("KS", "TV")


def distribution(rule: Rule, facts: Facts) -> Outcome:
    """Ask whether the column is spread as in the reference, or as the contract says where there is none."""
    name = rule.columns[0]
    most = rule.limits.get("max", DEFAULT_MAX)
    before = facts.before.get(name)
    after = facts.column(name)
    if before is not None:
        return _beside(before, after, most)
    support = rule.support or 10**6
    if "quantiles" in rule.limits:
        return _quantiles(after, rule.limits["quantiles"], most, support)
    if "shares" in rule.limits:
        return _shares(after, rule.limits["shares"], most, support)
    return unknown("there is no version to compare with (--against churn-train:3)")


def _beside(before: ColumnProfile, after: ColumnProfile, most: float) -> Outcome:
    from ..data.shift import shift

    found = shift(before, after, material=dict.fromkeys(_SHAPES, most) | {"outside": 1.0, "missing": 1.0})
    if found.level == "unknown":
        return unknown(found.words)
    if found.level != "material" or found.measure not in _SHAPES:
        return Outcome(NOTHING.failing, message=found.words if found.level != "same" else "")
    return broken(
        f"{found.words} ({found.measure} {found.effect:.2f}, surely {found.bound:.2f}, at most {most:g})"
    )


def _quantiles(after: ColumnProfile, points: list[float], most: float, support: int) -> Outcome:
    found = after.text.length if after.text is not None else after.numbers
    if found is None or not found.n:
        return unknown("it holds no numbers") if after.n_rows > after.n_missing else NOTHING
    far, at = 0.0, 0
    for place, point in enumerate(points, 1):
        level = place / (len(points) + 1)
        below = share_at(found, point, strictly=True)[0]
        upto = share_at(found, point)[1]
        distance = max(level - upto, below - level)
        if distance > far:
            far, at = distance, place
    sure = far - chance(found.n, support, len(points))
    if sure <= most:
        return NOTHING
    level, point = at / (len(points) + 1), points[at - 1]
    now = share_at(found, point)[1]
    what = " characters" if after.text is not None else ""
    return broken(
        f"{percent(now)} are at most {number(point)}{what}, {percent(level)} were (surely {sure:.2f} apart)"
    )


def _shares(after: ColumnProfile, shares: dict[str, float], most: float, support: int) -> Outcome:
    counts = counts_of(after)
    n = sum(counts.values())
    if not n:
        return NOTHING
    if after.values is not None and after.time is None and after.values.n_other and set(shares) - set(counts):
        return unknown("the profile does not hold every value")
    rest = max(0.0, 1 - sum(shares.values()))
    change = {key: counts.get(key, 0) / n - share for key, share in shares.items()}
    other = sum(count for key, count in counts.items() if key not in shares) / n - rest
    far = (sum(map(abs, change.values())) + abs(other)) / 2
    together = n * support / (n + support)
    by_chance = sum(math.sqrt(share * (1 - share) / together) for share in [*shares.values(), rest]) / 2
    sure = far - by_chance - math.sqrt(math.log(1 / _CHANCE) / (2 * together))
    if sure <= most:
        return NOTHING
    key = max(change, key=lambda one: abs(change[one]))
    said = f"{percent(counts.get(key, 0) / n)} are {_called(key, after)}, {percent(shares[key])} were"
    return broken(f"{said} ({percent(far)} of the rows changed value)")


def _called(key: str, after: ColumnProfile) -> str:
    if after.time is not None:
        return f"at hour {key}"
    return "of one value" if after.personal else repr(key)


def counts_of(column: ColumnProfile) -> dict[str, int]:
    """Return rows per value, or per hour for times; what is not among the most frequent as one."""
    if column.time is not None:
        return {str(hour): count for hour, count in enumerate(column.time.hours) if count}
    if column.values is None:
        return {}
    other = {"…": column.values.n_other} if column.values.n_other else {}
    return {**dict(column.values.top), **other}


def share_at(found: Distribution, point: float, *, strictly: bool = False) -> tuple[float, float]:
    """Return the least and the greatest possible share of values at most a point, or below it.

    Examples
    --------
    >>> ten = Distribution(10, 1.0, 3.0, 1.8, 7.6, 0.0, 0.0, (1.0, 3.0), (6, 10))
    >>> share_at(ten, 1.0), share_at(ten, 2.0), share_at(ten, 1.0, strictly=True)
    ((0.6, 0.6), (0.6, 1.0), (0.0, 0.0))
    """
    grid, counts = found.grid, found.counts
    if not grid or point < found.minimum or (strictly and point <= found.minimum):
        return 0.0, 0.0
    if point > found.maximum or (not strictly and point >= found.maximum):
        return 1.0, 1.0
    place = bisect_left(grid, point) if strictly else bisect_right(grid, point)
    least = counts[place - 1] / found.n if place else 0.0
    exact = place and grid[place - 1] == point and not strictly
    most = least if exact else (counts[place] / found.n if place < len(counts) else 1.0)
    return max(0.0, least - found.rank_error), min(1.0, most + found.rank_error)


def chance(n: int, support: int, points: int) -> float:
    r"""Return how far two samples of one distribution are apart at a few points, but for 1 in 1,000.

    Notes
    -----
    Hoeffding (1963) for both samples, with Bonferroni over the points:
    :math:`\sqrt{\ln(2 k / 0.001) / 2 \cdot (1/n + 1/m)}`.

    Examples
    --------
    >>> round(chance(1000, 1000, 9), 3)
    0.099
    """
    return math.sqrt(math.log(2 * points / _CHANCE) / 2 * (1 / max(n, 1) + 1 / max(support, 1)))
