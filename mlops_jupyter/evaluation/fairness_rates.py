"""The rates that groups are compared by, as sums over rows, and what is known of each rate in each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..records import Estimate
from .intervals import wilson
from .scored import Scored
from .slicing_losses import class_probabilities

Floats = NDArray[np.float64]

NAMES: Final = {
    "selection_rate": "selection rate",
    "tpr": "true positive rate",
    "fpr": "false positive rate",
    "ppv": "precision",
    "error": "error",
    "base_rate": "base rate",
    "calibration": "predicted minus observed",
    "mean_prediction": "mean prediction",
    "mean_observed": "mean observed",
    "mean_error": "mean error",
    "mae": "mean absolute error",
}


@dataclass(frozen=True)
class Rate:
    """A rate is the mean of ``values`` over the rows that ``counts`` (0 or 1) names."""

    key: str
    values: Floats
    counts: Floats
    is_share: bool = True

    @property
    def name(self) -> str:
        """What people read."""
        return NAMES[self.key]


@dataclass(frozen=True)
class Known:
    """One rate in every group: its values, rows, errors, and how the errors go together.

    ``smooth`` are the values that intervals start from: half a row is added to either side of a share,
    so that no row in 50 leaves doubt. ``covariance`` is groups × groups.
    """

    rate: Rate
    values: Floats
    smooth: Floats
    n: NDArray[np.intp]
    covariance: Floats


def rates_of(scored: Scored) -> list[Rate]:
    """Return the rates of a problem, one value per row each."""
    y, predicted = np.asarray(scored.y), np.asarray(scored.predicted)
    every = np.ones(len(y))
    if scored.problem in ("regression", "forecasting"):
        truth, guess = y.astype(np.float64), predicted.astype(np.float64)
        columns = {"mean_prediction": guess, "mean_observed": truth, "mean_error": guess - truth}
        columns["mae"] = np.abs(guess - truth)
        return [Rate(key, column, every, is_share=False) for key, column in columns.items()]
    wrong = (y != predicted).reshape(len(y), -1).mean(axis=1)
    error = Rate("error", wrong, every, is_share=y.ndim == 1)
    if scored.positive is None or y.ndim > 1:
        return [error]
    is_positive = (y == scored.positive).astype(np.float64)
    is_selected = (predicted == scored.positive).astype(np.float64)
    rates = [
        Rate("selection_rate", is_selected, every),
        Rate("tpr", is_selected, is_positive),
        Rate("fpr", is_selected, 1 - is_positive),
        Rate("ppv", is_positive, is_selected),
        error,
        Rate("base_rate", is_positive, every),
    ]
    probabilities = class_probabilities(scored)
    if probabilities is not None:
        of_positive = probabilities[:, int(np.flatnonzero(np.asarray(scored.classes) == scored.positive)[0])]
        rates.append(Rate("calibration", of_positive - is_positive, every, is_share=False))
    return rates


def measure(
    rate: Rate,
    groups: NDArray[np.intp],
    n_groups: int,
    weights: Floats | None,
    units: NDArray[np.intp] | None,
) -> Known:
    """Return a rate in each group, with the covariance of its errors.

    Parameters
    ----------
    groups : the group of each row, from 0; ``n_groups`` is a row in no group.
    units : the unit of each row, where rows of a unit belong together.

    Notes
    -----
    A rate is a ratio of sums, so its error is a sum over units of ``w·(value − rate) / Σw``
    (linearised ratio; Cochran, 1977, eq. 6.13). Shares of single rows have the binomial variance at
    (k + ½) / (n + 1).
    """
    weight = rate.counts if weights is None else rate.counts * weights
    total = np.bincount(groups, weight, minlength=n_groups + 1)[:n_groups]
    top = np.bincount(groups, weight * rate.values, minlength=n_groups + 1)[:n_groups]
    squares = np.bincount(groups, weight**2, minlength=n_groups + 1)[:n_groups]
    n = np.bincount(groups, rate.counts > 0, minlength=n_groups + 1)[:n_groups].astype(np.intp)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = top / total
        effective = total**2 / squares
        smooth = (values * effective + 0.5) / (effective + 1) if rate.is_share else values
        errors = weight * (rate.values - np.append(values, 0.0)[groups]) / np.append(total, 1.0)[groups]
    errors = np.nan_to_num(errors)
    if units is not None:
        covariance = _by_unit(errors, groups, n_groups, units)
    else:
        of_rows = np.asarray(np.bincount(groups, errors**2, minlength=n_groups + 1)[:n_groups], np.float64)
        spread = smooth * (1 - smooth) / effective if rate.is_share else of_rows
        covariance = np.diag(np.nan_to_num(spread))
    return Known(rate, values, smooth, n, covariance)


def _by_unit(errors: Floats, groups: NDArray[np.intp], n_groups: int, units: NDArray[np.intp]) -> Floats:
    from scipy.sparse import coo_array

    n_units = int(units.max()) + 1
    sums = coo_array((errors, (units, groups)), shape=(n_units, n_groups + 1)).tocsc()[:, :n_groups]
    return np.asarray((sums.T @ sums).toarray()) * n_units / max(n_units - 1, 1)


def estimates(known: Known, *, confidence: float, is_single: bool, least: int) -> list[Estimate]:
    """Return the rate with its interval in each group; Wilson's (1927) for shares of single rows."""
    from scipy.stats import t

    found = []
    for place, (value, n) in enumerate(zip(known.values.tolist(), known.n.tolist(), strict=True)):
        if not n:
            found.append(Estimate(None, confidence=confidence, n=0, note="no rows"))
            continue
        note = f"only {n} rows" if n < least else ""
        if known.rate.is_share and is_single:
            (low, high), method = wilson(value, n, confidence), "wilson"
        elif n < 2:
            found.append(Estimate(value, confidence=confidence, n=n, note=note))
            continue
        else:
            half = float(t.ppf((1 + confidence) / 2, n - 1) * np.sqrt(known.covariance[place, place]))
            low, high, method = value - half, value + half, "linearised"
            if known.rate.is_share:
                low, high = max(0.0, low), min(1.0, high)
        found.append(Estimate(value, low, high, confidence=confidence, method=method, n=n, note=note))
    return found
