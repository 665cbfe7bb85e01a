"""The metric that is shown for a slice and for the rest of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Estimate
from . import delong
from .comparing import compare
from .intervals import wilson
from .metrics import measure
from .scored import Scored

DEFAULTS: Final = {
    "mistakes": "accuracy",
    "labels": "hamming_loss",
    "absolute": "mae",
    "log_loss": "log_loss",
    "brier": "brier",
}
"""The metric of each loss: its mean, but for mistakes."""

N_BOOTSTRAP: Final = 200


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

    def estimate(self, rows: NDArray[np.bool_], *, n_bootstrap: int = N_BOOTSTRAP) -> Estimate:
        """Return the metric over some rows with its interval.

        Means and the AUC have closed intervals, which hundreds of slices can afford; other metrics
        are bootstrapped, with ``n_bootstrap`` samples.
        """
        if self.metric == DEFAULTS[self.kind]:
            return self._mean(self.losses, rows)
        if self.metric == "rmse":
            return _root(self._mean(self.losses**2, rows))
        if not rows.any():
            return Estimate(None, confidence=self.confidence, n=0, note="no rows")
        some = taken(self.scored, rows)
        if self.metric == "roc_auc" and some.weights is None and some.positive_scores is not None:
            return self._area(some, None if self.units is None else self.units[rows])
        if n_bootstrap:
            found = compare(
                {"model": some},
                metrics=[self.metric],
                n_bootstrap=n_bootstrap,
                confidence=self.confidence,
            )
            return found[0].estimate
        value = float(measure(some, [self.metric]).values(some.weights)[0])
        known = value if np.isfinite(value) else None
        return Estimate(
            known, confidence=self.confidence, n=some.n_rows, note="no interval: nothing was drawn"
        )

    def _area(self, some: Scored, units: NDArray[np.intp] | None) -> Estimate:
        found = delong.area(some.is_positive, np.asarray(some.positive_scores))
        if found is None:
            return Estimate(None, confidence=self.confidence, n=some.n_rows, note="all rows are of one class")
        codes = None if units is None else np.unique(units, return_inverse=True)[1]
        spread = float(np.sqrt(delong.variance(found.influence, some.is_positive, codes)))
        low, high = delong.interval(found.value, spread, self.confidence)
        return Estimate(found.value, low, high, self.confidence, "delong", some.n_rows)

    def _mean(self, losses: NDArray[np.float64], rows: NDArray[np.bool_]) -> Estimate:
        weights = self.scored.weights
        return mean_estimate(
            losses[rows],
            self.kind,
            weights=None if weights is None else weights[rows],
            units=None if self.units is None else self.units[rows],
            confidence=self.confidence,
        )


def taken(scored: Scored, rows: NDArray[np.bool_]) -> Scored:
    """Return some rows of what was scored, without the features."""

    def some(values: Any) -> Any:
        return None if values is None else np.asarray(values)[rows]

    return replace(
        scored,
        y=some(scored.y),
        predicted=some(scored.predicted),
        scores=some(scored.scores),
        weights=some(scored.weights),
        groups=some(scored.groups),
        times=some(scored.times),
        X=None,
        features=(),
    )


def _root(squared: Estimate) -> Estimate:
    """Return the root of a mean square; its interval goes with it, because the root is monotone."""

    def root(value: float | None) -> float | None:
        return None if value is None else float(np.sqrt(max(value, 0.0)))

    return replace(squared, value=root(squared.value), low=root(squared.low), high=root(squared.high))
