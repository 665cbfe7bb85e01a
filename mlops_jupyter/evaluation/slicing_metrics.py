"""The metric that is shown for a slice and for the rest of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Estimate
from .scored import Scored

DEFAULTS: Final = {
    "mistakes": "accuracy",
    "labels": "hamming_loss",
    "absolute": "mae",
    "squared": "mse",
    "log_loss": "log_loss",
    "brier": "brier",
}
"""The metric of each loss: its mean, but for mistakes."""


def mean_estimate(
    losses: NDArray[np.float64],
    kind: str,
    *,
    weights: NDArray[np.float64] | None = None,
    units: NDArray[np.intp] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the metric of a loss over some rows: the accuracy for mistakes, else the mean.

    Notes
    -----
    Wilson's interval (1927) for mistakes of single rows, Student's t for means, by whole units where
    rows belong together (linearised ratio; Cochran, 1977, eq. 6.13).

    Examples
    --------
    >>> mean_estimate(np.repeat([0.0, 1.0], [80, 20]), "mistakes").value
    0.8
    """
    from scipy.stats import t

    n = len(losses)
    values = 1 - losses if kind == "mistakes" else losses
    if not n:
        return Estimate(None, confidence=confidence, n=0, note="no rows")
    weight = np.ones(n) if weights is None else np.asarray(weights, np.float64)
    value = float(np.average(values, weights=weight))
    if kind == "mistakes" and weights is None and units is None:
        low, high = wilson(value, n, confidence)
        return Estimate(value, low, high, confidence=confidence, method="wilson", n=n)
    errors = weight * (values - value) / weight.sum()
    if units is not None:
        present, places = np.unique(units, return_inverse=True)
        errors = np.bincount(places, errors, minlength=len(present))
    count = len(errors)
    if count < 2:
        return Estimate(value, confidence=confidence, n=n, note=f"an interval needs 2 units, not {count}")
    spread = float(np.sqrt(np.sum(errors**2) * count / (count - 1)))
    half = float(t.ppf((1 + confidence) / 2, count - 1)) * spread
    low, high = value - half, value + half
    if kind in ("mistakes", "labels"):
        low, high = max(0.0, low), min(1.0, high)
    return Estimate(value, low, high, confidence=confidence, method="t", n=n)


def wilson(share: float, n: int, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval of a share (1927), which stays between 0 and 1.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.0, 50, 0.95)]
    [0.0, 0.071]
    """
    from scipy.stats import norm

    z = float(norm.ppf((1 + confidence) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Yardstick:
    """What slices are measured by: the loss and the metric, over any of the rows.

    ``losses`` are of the kind ``kind``; ``units`` number the units that rows belong to, or are None.
    """

    scored: Scored
    kind: str
    losses: NDArray[np.float64]
    units: NDArray[np.intp] | None
    metric: str
    confidence: float

    def mean_loss(self, rows: Any = slice(None)) -> float:
        """Return the weighted mean loss of some rows."""
        weights = self.scored.weights
        return float(np.average(self.losses[rows], weights=None if weights is None else weights[rows]))

    def loads(self) -> NDArray[np.float64]:
        """Return losses whose plain mean is the weighted one, each row moved off it by its weight."""
        if self.scored.weights is None:
            return self.losses
        weights = np.asarray(self.scored.weights, np.float64)
        overall = self.mean_loss()
        return np.asarray(overall + (self.losses - overall) * weights / weights.mean())

    def estimate(self, rows: NDArray[np.bool_]) -> Estimate:
        """Return the metric over some rows with its interval."""
        weights = self.scored.weights
        return mean_estimate(
            self.losses[rows],
            self.kind,
            weights=None if weights is None else weights[rows],
            units=None if self.units is None else self.units[rows],
            confidence=self.confidence,
        )
