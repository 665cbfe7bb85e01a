"""How far two distributions are apart, with p-value and lower bound, from their profiles alone.

``kolmogorov``  the largest distance of two cumulative distributions (numbers)
``variation``   the share of rows that changed category (counts per value)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...records import Distribution

_SURE: Final = 0.01
"""A lower bound errs once in a hundred."""
_LEAST_EXPECTED: Final = 5.0
"""Cells with fewer expected rows are counted together: the χ² of a cell needs some."""


class Distance(NamedTuple):
    """An effect (0 to 1), the lower 99 % bound of it, and the p-value of "no difference"."""

    effect: float
    bound: float
    p_value: float


def kolmogorov(before: Distribution, after: Distribution) -> Distance:
    """Compare two distributions by the largest distance of their cumulative distributions.

    Both are known exactly at their own grid points; in between only within limits. The effect is
    the distance that is certain: it is never more than that of the rows themselves, and less by at
    most the share of rows between two grid points. Where counts are off by a rank error, that of both
    sides is taken from the distance before it is tested.

    Notes
    -----
    D = max_x |F_a(x) - F_b(x)|, n_e = n·m/(n+m). p = Q_KS((√n_e + 0.12 + 0.11/√n_e)·D) with
    Kolmogorov's Q (Kolmogorov, 1933; correction for small samples by Stephens, 1970). The bound is
    D - K₉₉/(√n_e + 0.12 + 0.11/√n_e) with Q_KS(K₉₉) = 0.01, because D exceeds the true distance by
    at most the largest deviation of the two samples from their own distributions.

    Examples
    --------
    >>> from mlops_jupyter.records import Distribution
    >>> grid = tuple(float(x) for x in range(100))
    >>> a = Distribution(100, 0, 99, 49.5, 0, 0, 0, grid, tuple(range(1, 101)))
    >>> b = Distribution(100, 50, 149, 99.5, 0, 0, 0, tuple(x + 50 for x in grid), tuple(range(1, 101)))
    >>> kolmogorov(a, b).effect, kolmogorov(a, a)
    (0.5, Distance(effect=0.0, bound=0.0, p_value=1.0))
    """
    import numpy as np
    from scipy.special import kolmogi
    from scipy.special import kolmogorov as exceeds

    points = np.unique(np.array([*before.grid, *after.grid, before.maximum, after.maximum], np.float64))
    low_b, high_b = shares_at(before, points)
    low_a, high_a = shares_at(after, points)
    effect = float(np.maximum(low_a - high_b, low_b - high_a).max(initial=0.0))
    certain = max(0.0, effect - before.rank_error - after.rank_error)
    root = math.sqrt(before.n * after.n / (before.n + after.n))
    scale = root + 0.12 + 0.11 / root
    return Distance(
        effect, max(0.0, certain - float(kolmogi(_SURE)) / scale), float(exceeds(scale * certain))
    )


def shares_at(
    one: Distribution, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the greatest possible share of values at or below each point.

    They are equal at grid points, below the minimum, from the maximum on, and everywhere where the
    grid is complete.
    """
    import numpy as np

    grid = np.asarray(one.grid, np.float64)
    counts = np.concatenate([[0.0], np.asarray(one.counts, np.float64), [float(one.n)]])
    place = np.searchsorted(grid, points, side="right")
    low = counts[place]
    known = np.zeros(len(points), np.bool_) if len(grid) == 0 else grid[np.maximum(place - 1, 0)] == points
    high = np.where(known | one.is_complete, low, counts[place + 1])
    outside, whole = points < one.minimum, points >= one.maximum
    low = np.where(outside, 0.0, np.where(whole, one.n, low))
    high = np.where(outside, 0.0, np.where(whole, one.n, high))
    return low / one.n, high / one.n


def variation(before: Mapping[str, int], after: Mapping[str, int]) -> Distance | None:
    """Compare counts per value by the share of rows that changed value (total variation).

    Parameters
    ----------
    before, after : rows per value; a value that stands in one of them only has none in the other.

    Returns
    -------
    None where there is at most one value, so that nothing could differ.

    Notes
    -----
    TV = ½·Σ|a_i - b_i| over shares. Two samples of one distribution already differ by about
    E₀ = ½·√(2/π)·Σ√(w_i(1-w_i)/n_e) (w the pooled shares, n_e = n·m/(n+m)), which is subtracted. The
    bound is TV - E₀ - √(ln 100 / (2·n_e)) (McDiarmid, 1989: one row moves TV by at most 1/n). The p-value is
    Pearson's χ² (1900) on the two rows of counts, values with fewer than 5 expected rows counted together.

    Examples
    --------
    >>> found = variation({"a": 500, "b": 500}, {"a": 700, "b": 300})
    >>> round(found.effect, 3), found.p_value < 1e-10
    (0.183, True)
    >>> variation({"a": 5}, {"a": 7}) is None
    True
    """
    import numpy as np

    names = list(dict.fromkeys([*before, *after]))
    counts = np.array([[side.get(name, 0) for name in names] for side in (before, after)], np.float64)
    counts = counts[:, counts.sum(axis=0) > 0]
    n, m = (float(side) for side in counts.sum(axis=1))
    if counts.shape[1] < 2 or not n or not m:
        return None
    effective = n * m / (n + m)
    pooled = counts.sum(axis=0) / (n + m)
    expected = math.sqrt(2 / math.pi) / 2 * float(np.sqrt(pooled * (1 - pooled) / effective).sum())
    found = float(np.abs(counts[1] / m - counts[0] / n).sum()) / 2
    effect = max(0.0, found - expected)
    bound = max(0.0, effect - math.sqrt(math.log(1 / _SURE) / (2 * effective)))
    return Distance(effect, bound, _chi_squared(counts))


def _chi_squared(counts: NDArray[np.float64]) -> float:
    import numpy as np
    from scipy.special import chdtrc

    sizes = counts.sum(axis=1, keepdims=True)
    least = counts.sum(axis=0) * (sizes.min() / sizes.sum())
    if (n_rare := int((least < _LEAST_EXPECTED).sum())) > 0:
        order = np.argsort(least)
        enough = int(np.searchsorted(np.cumsum(least[order]), _LEAST_EXPECTED)) + 1
        rare, common = np.split(order, [max(n_rare, enough)])
        together = counts[:, rare].sum(axis=1, keepdims=True)
        counts = np.concatenate([counts[:, common], together], axis=1)
    if counts.shape[1] < 2:
        return 1.0
    expected = sizes * counts.sum(axis=0) / sizes.sum()
    return float(chdtrc(counts.shape[1] - 1, float(((counts - expected) ** 2 / expected).sum())))
