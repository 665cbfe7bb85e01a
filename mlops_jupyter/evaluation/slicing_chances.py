"""How likely a slice's losses are if the losses fell on the rows by chance: tails of a draw of rows."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_MAX_STEPS = 60
_MAX_VALUES = 4096
_MAX_TILT = 500.0
_FLAT = 1e-4

MARGIN: Final = 1.5
"""Approximate tails are raised by this: those of log-normal losses are up to a third too small at 1e-5."""


def draw_scores(
    sums: NDArray[np.float64], counts: NDArray[np.float64], losses: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how many standard deviations each sum lies above its mean, if rows were drawn without return.

    Parameters
    ----------
    sums, counts : the losses' sum and the number of rows of each slice.
    losses : one per row, of all rows.

    Notes
    -----
    The sum of n of N values has the mean n·m and the variance n·s²·(N − n)/(N − 1) (Cochran, 1977,
    theorem 2.2), where m and s² are the mean and the variance of all values.
    """
    n = len(losses)
    spread = counts * losses.var() * (n - counts) / max(n - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (sums - counts * losses.mean()) / np.sqrt(spread)
    return np.asarray(np.nan_to_num(z, nan=0.0, posinf=0.0, neginf=0.0), np.float64)


def cluster_tail(losses: NDArray[np.float64], rows: NDArray[np.bool_], groups: NDArray[np.intp]) -> float:
    """Return the one-sided p-value of a slice's mean loss against that of all rows, by whole groups.

    Parameters
    ----------
    groups : the number of each row's group, from 0.

    Notes
    -----
    The difference's variance is that of its sums by group; t with one degree of freedom less than
    there are groups in the slice (Liang and Zeger, 1986; Cameron and Miller, 2015, eq. 11).
    """
    from scipy.stats import t

    inside = rows / max(rows.sum(), 1)
    sums = np.bincount(groups, (losses - losses.mean()) * (inside - 1 / len(losses)))
    n_groups = len(np.unique(groups[rows]))
    if n_groups < 2:
        return 1.0
    difference = float(losses[rows].mean() - losses.mean())
    shares = np.bincount(groups, inside)
    centred = sums - difference * shares
    variance = float(np.sum(centred**2)) * n_groups / (n_groups - 1)
    return float(t.sf(difference / np.sqrt(variance), n_groups - 1)) if variance > 0 else 1.0


class Draws:
    """The distribution of the sum of some of these losses, drawn without return.

    Under the hypothesis that the losses do not depend on the columns, the losses of a slice are such
    a draw, so its tail is the p-value of a slice named beforehand, whatever the losses' shape. 0/1
    losses have the hypergeometric tail, which is exact; others the double saddlepoint approximation, whose
    relative error stays small far in the tail, where a normal one errs by orders of magnitude.

    References
    ----------
    J. Robinson, 1982, "Saddlepoint approximations for permutation tests and confidence intervals",
    Journal of the Royal Statistical Society B 44(1). I. M. Skovgaard, 1987, "Saddlepoint expansions for
    conditional distributions", Journal of Applied Probability 24(4), eq. 3.3.

    Examples
    --------
    >>> draws = Draws(np.repeat([1.0, 0.0], [100, 900]))
    >>> f"{draws.tail(30, 100):.1e}"
    '1.9e-09'
    """

    def __init__(self, losses: NDArray[np.float64]) -> None:
        self.n = len(losses)
        self.total = float(losses.sum())
        self.is_binary = bool(np.isin(losses, (0.0, 1.0)).all())
        self._values, self._counts = _grouped(losses)
        scale = float(np.sqrt(np.average((self._values - losses.mean()) ** 2, weights=self._counts)))
        self._mean, self._scale = float(losses.mean()), scale or 1.0
        self._values = (self._values - self._mean) / self._scale

    def tail(self, total: float, count: int) -> float:
        """Return the chance that ``count`` of the losses, drawn at random, sum to at least ``total``."""
        if self.is_binary:
            from scipy.stats import hypergeom

            return float(hypergeom.sf(round(total) - 1, self.n, round(self.total), count))
        excess = (total - count * self._mean) / self._scale
        if not 0 < count < self.n or excess <= 0:
            return 1.0
        return self._saddlepoint(excess, count)

    def _saddlepoint(self, excess: float, count: int) -> float:
        from scipy.stats import binom, norm

        share = count / self.n
        goal = np.array([excess, float(count)])
        at, value, hessian = self._solve(goal, share)
        depth = max(float(at @ goal - value), 0.0)
        # Chernoff's bound holds at any tilt, also where the sum is the largest there is.
        bound = float(np.exp(min(-depth - binom.logpmf(count, self.n, share), 0.0)))
        w = np.sqrt(2.0 * depth)
        v = at[0] * np.sqrt(max(np.linalg.det(hessian), 0.0) / (self.n * share * (1 - share)))
        if w < _FLAT:
            return 0.5
        if v < _FLAT:
            return bound
        return float(min(MARGIN * max(norm.sf(w) + norm.pdf(w) * (1 / v - 1 / w), 0.0), bound))

    def _solve(
        self, goal: NDArray[np.float64], share: float
    ) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
        """Find the tilt at which a row-wise draw is expected to give this sum and this count.

        Newton's method with halved steps on a convex function. Returns the tilt, the cumulant and its
        Hessian there; the last ones where no tilt gives so large a sum.
        """
        at = np.zeros(2)
        value, gradient, hessian = self._cumulant(at, share)
        for _ in range(_MAX_STEPS):
            short = gradient - goal
            if np.all(np.abs(short) <= 1e-8 * (1.0 + np.abs(goal))):
                break
            if not np.linalg.det(hessian) > 0:
                break
            step, size = np.linalg.solve(hessian, short), 1.0
            trial = at - step
            after = self._cumulant(trial, share)
            while after[0] - trial @ goal > value - at @ goal + 1e-12 and size > 1e-6:
                size /= 2
                trial = at - size * step
                after = self._cumulant(trial, share)
            if np.abs(trial).max() > _MAX_TILT:
                break
            at, (value, gradient, hessian) = trial, after
        return at, value, hessian

    def _cumulant(
        self, at: NDArray[np.float64], share: float
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Return the cumulant of (sum, count) of a row-wise draw at a tilt, its gradient and its Hessian."""
        x, weight = self._values, self._counts
        exponent = at[0] * x + at[1]
        log_terms = np.logaddexp(np.log1p(-share), np.log(share) + exponent)
        drawn = np.exp(np.log(share) + exponent - log_terms)
        spread = weight * drawn * (1 - drawn)
        gradient = np.array([np.sum(weight * drawn * x), np.sum(weight * drawn)])
        cross = np.sum(spread * x)
        hessian = np.array([[np.sum(spread * x * x), cross], [cross, np.sum(spread)]])
        return float(np.sum(weight * log_terms)), gradient, hessian


def _grouped(losses: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values and how often they occur; many values are grouped with their neighbours, means kept.

    The largest values stay as they are, because they make the tail.
    """
    values, counts = np.unique(losses, return_counts=True)
    if len(values) <= _MAX_VALUES:
        return values, counts.astype(np.float64)
    single = _MAX_VALUES // 4
    body, weight = values[:-single], counts[:-single]
    places = np.linspace(0, len(body), _MAX_VALUES - single, endpoint=False).astype(np.intp)
    grouped = np.add.reduceat(weight, places).astype(np.float64)
    means = np.add.reduceat(body * weight, places) / grouped
    return np.concatenate([means, values[-single:]]), np.concatenate(
        [grouped, counts[-single:].astype(np.float64)]
    )
