"""Calibration: whether of the rows given 70 % about 70 % are positive, and how far off on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..records import Curve, CurveLine
from .curves_bands import Floats

N_BINS: Final = 15
_LEAST_ROWS = 10


@dataclass(frozen=True)
class Calibration:
    """Bins of about equal size by rising probability, and what they say together.

    ``error`` is the expected calibration error without its bias, 0 to 1; ``p_value`` is small where
    the probabilities are not those with which rows are positive.
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    counts: NDArray[np.int64]
    error: float
    p_value: float


def calibration(
    is_positive: NDArray[np.bool_],
    probability: Floats,
    *,
    weights: Floats | None = None,
    n_bins: int = N_BINS,
    confidence: float = 0.95,
) -> Calibration:
    r"""Compare probabilities with what happened, in bins of equal size; equal probabilities share one.

    Parameters
    ----------
    is_positive : what happened, one per row.
    probability : 0 to 1, one per row.
    n_bins : at most so many bins, each of at least ten rows where there are as many.

    Notes
    -----
    The mean of :math:`d_b = |\bar p_b - \bar y_b|` is above zero for perfect probabilities, by the noise of
    the bins. It is multiplied by
    :math:`\sqrt{1 - \sum_b w_b \bar y_b (1 - \bar y_b) / (n_b - 1) / \sum_b w_b d_b^2}`, which takes off
    what noise alone adds to the mean of the squares.

    ``p_value`` is of Hosmer and Lemeshow's sum, on rows that trained no model: its degrees of freedom are
    the number of bins. Bars are Wilson's intervals.

    References
    ----------
    Kumar, Liang & Ma (2019), "Verified uncertainty calibration", section 5, for the squares without
    bias; Roelofs et al. (2022), "Mitigating bias in calibration error estimation", for bins of equal
    mass; Hosmer & Lemeshow (1980); Wilson (1927).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(10_000)
    >>> perfect = calibration(rng.random(10_000) < p, p)
    >>> perfect.error < 0.005, perfect.p_value > 0.01
    (True, True)
    >>> round(calibration(rng.random(10_000) < p, p**2).error, 2)
    0.17
    """
    weight = np.ones(len(probability)) if weights is None else weights
    place, n_found = _bins(probability, min(n_bins, max(1, len(probability) // _LEAST_ROWS)))
    counts = np.bincount(place, minlength=n_found)
    total = np.bincount(place, weight, n_found)
    predicted = np.bincount(place, weight * probability, n_found) / total
    observed = np.bincount(place, weight * is_positive, n_found) / total
    # Kish (1965): as many rows of equal weight say the same.
    effective = total**2 / np.bincount(place, weight**2, n_found)
    variance = np.bincount(place, weight**2 * probability * (1 - probability), n_found) / total**2
    low, high = _wilson(observed, effective, confidence)
    return Calibration(
        predicted,
        observed,
        low,
        high,
        counts,
        _debiased(predicted, observed, effective, total / total.sum()),
        _p_value(observed - predicted, variance),
    )


def _bins(probability: Floats, n_bins: int) -> tuple[NDArray[np.intp], int]:
    """Return the bin of each row, numbered by rising probability, and how many there are."""
    edges = np.unique(np.quantile(probability, np.arange(1, n_bins) / n_bins, method="inverted_cdf"))
    place = np.searchsorted(edges, probability, side="left")
    used, place = np.unique(place, return_inverse=True)
    return place, len(used)


def _wilson(rate: Floats, n: Floats, confidence: float) -> tuple[Floats, Floats]:
    from scipy.special import ndtri

    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    # At 0 and 1 rounding would put the rate outside by 1e-17.
    return np.minimum(middle - half, rate).clip(0, 1), np.maximum(middle + half, rate).clip(0, 1)


def _debiased(predicted: Floats, observed: Floats, n: Floats, share: Floats) -> float:
    distance = np.abs(predicted - observed)
    squared = float(share @ distance**2)
    noise = float(share @ (observed * (1 - observed) / np.maximum(n - 1, 1)))
    return float(share @ distance) * float(np.sqrt(max(0.0, 1 - noise / squared))) if squared else 0.0


def _p_value(difference: Floats, variance: Floats) -> float:
    from scipy.special import gammaincc

    if (difference[variance <= 0] != 0).any():
        return 0.0  # what was certain did not happen
    is_known = variance > 0
    n_bins = int(is_known.sum())
    statistic = float((difference[is_known] ** 2 / variance[is_known]).sum())
    return float(gammaincc(n_bins / 2, statistic / 2)) if n_bins else 1.0


def calibration_curve(lines: dict[str, Calibration]) -> Curve:
    """Return the plot of predicted and observed rates, one line for each name."""
    drawn = tuple(
        CurveLine(
            name,
            tuple(one.predicted.tolist()),
            tuple(one.observed.tolist()),
            tuple(one.low.tolist()),
            tuple(one.high.tolist()),
            tuple(one.counts.tolist()),
        )
        for name, one in lines.items()
    )
    said = "; ".join(
        f"{f'{name} ' if len(lines) > 1 else ''}off by {one.error:.2g} on average"
        for name, one in lines.items()
    )
    return Curve(
        "calibration", "Calibration", "Predicted", "Observed", drawn, note=f"{said} (noise taken off)"
    )
