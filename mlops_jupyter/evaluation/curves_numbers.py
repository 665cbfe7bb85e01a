"""Curves of predicted numbers: residuals, actual beside predicted, a forecast in the order of time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..records import Curve, CurveLine
from .curves_bands import MOST_POINTS, Floats

_N_BINS: Final = 20
_LEAST_ROWS = 10
_MIDDLE = (0.1, 0.5, 0.9)


def residual_curves(actual: Floats, predicted: Floats, *, confidence: float = 0.95) -> tuple[Curve, Curve]:
    """Return actual beside predicted, and the residuals, by predicted value.

    Up to 200 rows, spread over the order of rows, and of twenty bins of equal size the mean of what
    happened with its interval, and the middle 80 % of the residuals.

    Examples
    --------
    >>> beside, residuals = residual_curves(np.arange(100.0) + 1, np.arange(100.0))
    >>> residuals.lines[1].name, residuals.lines[1].y[0]
    ('median', 1.0)
    """
    some = np.linspace(0, len(actual) - 1, min(len(actual), MOST_POINTS)).astype(np.intp)
    residual = actual - predicted
    place, n_bins = _bins(predicted)
    counts = np.bincount(place, minlength=n_bins)
    x = np.bincount(place, predicted, n_bins) / counts
    means = np.bincount(place, actual, n_bins) / counts
    half = _half_widths(residual, place, counts, confidence)
    order = np.argsort(place, kind="stable")
    parts = np.split(residual[order], np.cumsum(counts)[:-1])
    low, middle, high = np.array([np.quantile(part, _MIDDLE) for part in parts]).T
    rows = counts.tolist()
    return (
        Curve(
            "actual_predicted",
            "Actual and predicted",
            "Predicted",
            "Actual",
            (
                _line("rows", predicted[some], actual[some]),
                _line("mean", x, means, means - half, means + half, rows),
            ),
        ),
        Curve(
            "residuals",
            "Residuals",
            "Predicted",
            "Actual minus predicted",
            (_line("rows", predicted[some], residual[some]), _line("median", x, middle, low, high, rows)),
            note="the band holds 80 % of the rows",
        ),
    )


def _bins(predicted: Floats) -> tuple[Any, int]:
    n_bins = min(_N_BINS, max(1, len(predicted) // _LEAST_ROWS))
    edges = np.unique(np.quantile(predicted, np.arange(1, n_bins) / n_bins, method="inverted_cdf"))
    used, place = np.unique(np.searchsorted(edges, predicted, side="left"), return_inverse=True)
    return place, len(used)


def _half_widths(residual: Floats, place: Any, counts: Any, confidence: float) -> Floats:
    """Return how far the mean of each bin may be off, by Student's t of its residuals."""
    from scipy.special import stdtrit

    mean = np.bincount(place, residual, len(counts)) / counts
    squares = np.bincount(place, (residual - mean[place]) ** 2, len(counts))
    freedom = np.maximum(counts - 1, 1)
    return np.asarray(stdtrit(freedom, (1 + confidence) / 2) * np.sqrt(squares / freedom / counts))


def _line(name: str, x: Any, y: Any, low: Any = (), high: Any = (), counts: Any = ()) -> CurveLine:
    return CurveLine(
        name,
        tuple(x.tolist()),
        tuple(y.tolist()),
        tuple(map(float, low)),
        tuple(map(float, high)),
        tuple(counts),
    )


def forecast_curve(actual: Floats, predicted: Floats, times: Any = None) -> Curve:
    """Return actual and predicted by step, means over the series of a time and over neighbouring steps.

    Parameters
    ----------
    times : per row, in any order; rows of equal time (several series) make one step. None: rows in order.

    Examples
    --------
    >>> curve = forecast_curve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]), np.array([3, 1, 2]))
    >>> curve.lines[0].y, curve.x_label
    ((2.0, 3.0, 1.0), 'Step (1 to 3)')
    """
    step, n_steps, label = np.arange(len(actual)), len(actual), "Step"
    if times is not None:
        import pandas as pd

        codes, found = pd.factorize(np.asarray(times), sort=True)
        step, n_steps = codes[codes >= 0], len(found)
        actual, predicted = actual[codes >= 0], predicted[codes >= 0]
        label = f"Step ({_moment(found[0])} to {_moment(found[-1])})"
    size = -(-n_steps // MOST_POINTS)
    place = step // size
    n_points = -(-n_steps // size)
    counts = np.bincount(place, minlength=n_points)
    x = np.arange(n_points) * float(size)
    lines = tuple(
        _line(name, x, np.bincount(place, values, n_points) / counts, counts=counts.tolist())
        for name, values in (("actual", actual), ("predicted", predicted))
    )
    note = f"a point is the mean of {size} steps" if size > 1 else ""
    return Curve("forecast", "Forecast", label, "", lines, note=note)


def _moment(time: Any) -> str:
    if isinstance(time, np.datetime64):
        text = str(time.astype("datetime64[s]"))
        return text.removesuffix("T00:00:00").replace("T", " ")
    return f"{time:.15g}" if isinstance(time, float) else str(time)
