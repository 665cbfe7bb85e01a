"""The area under the ROC curve, its variance and the covariance of two, without resampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .intervals import reach_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """An AUC and how much each row moves it (influence; the sum over rows is 0)."""

    value: float
    influence: Floats
    n_positive: int
    n_negative: int


def area(is_positive: NDArray[np.bool_], score: Floats) -> Area | None:
    """Return the AUC with each row's part in it; None where there is one class only.

    The parts are DeLong's structural components, by midranks in O(n log n).

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), eq. 4-6; Sun & Xu (2014), algorithm 2.

    Examples
    --------
    >>> area(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.35, 0.8])).value
    1.0
    """
    from scipy.stats import rankdata

    m = int(is_positive.sum())
    n = len(is_positive) - m
    if not m or not n:
        return None
    ranks = rankdata(score)
    influence = np.empty(len(score))
    # V10: share of negatives below a positive; V01: share of positives above a negative
    above = (ranks[is_positive] - rankdata(score[is_positive])) / n
    below = 1 - (ranks[~is_positive] - rankdata(score[~is_positive])) / m
    value = float(above.mean())
    influence[is_positive] = (above - value) / m
    influence[~is_positive] = (below - value) / n
    return Area(value, influence, m, n)


def variance(
    influence: Floats, is_positive: NDArray[np.bool_], codes: NDArray[np.intp] | None = None
) -> float:
    """Return the variance of an AUC, or of a difference of two, from the parts of the rows.

    With ``codes``, the unit of each row, the parts of a unit are added first.

    References
    ----------
    DeLong et al. (1988), eq. 7; of units: Obuchowski (1997), "Nonparametric analysis of clustered ROC
    curve data", eq. 4.
    """
    if codes is not None:
        sums = np.bincount(codes, influence)
        return float((sums**2).sum() * len(sums) / max(len(sums) - 1, 1))
    total = 0.0
    for rows in (is_positive, ~is_positive):
        count = int(rows.sum())
        total += float((influence[rows] ** 2).sum()) * count / max(count - 1, 1)
    return total


def interval(
    value: float, spread: float, confidence: float, n_units: int | None = None
) -> tuple[float, float]:
    """Return the interval of an AUC on the logit scale, so that it stays within 0 and 1.

    With few ``n_units`` (groups that are drawn whole) its tails are Student's.

    References
    ----------
    Pepe (2003), "The statistical evaluation of medical tests", section 5.2.4.

    Examples
    --------
    >>> [round(end, 3) for end in interval(0.9, 0.03, 0.95)]
    [0.824, 0.945]
    """
    from scipy.special import expit, logit

    if spread == 0 or value in (0.0, 1.0):
        return value, value
    half = reach_of(confidence, n_units) * spread / (value * (1 - value))
    middle: Any = logit(value)
    return float(expit(middle - half)), float(expit(middle + half))
