"""Metrics of numbers: regression and forecasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .metrics import Floats, Metric, ratio
from .metrics_classes import Made
from .scored import Scored

_N_ROUGH = 2048
_LOWER = {"is_higher_better": False}
_ROUNDING = 1e-12
"""A spread of y below this share of its size is rounding, not variation."""


def of_numbers(scored: Scored, *, is_rough: bool = False) -> Made:
    """Return the metrics of a regression; a relative error only where no truth is near 0."""
    y, predicted = np.asarray(scored.y, np.float64), np.asarray(scored.predicted, np.float64)
    error = predicted - y
    metrics = [
        Metric("rmse", "RMSE", **_LOWER),
        Metric("mae", "MAE", **_LOWER),
        Metric("r2", "R²"),
        Metric("median_absolute_error", "median absolute error", **_LOWER),
        Metric("bias", "bias (predicted minus actual)", is_signed=True, **_LOWER),
    ]
    size = np.abs(error)
    relative = None
    if y.ndim == 1 and np.abs(y).min() > 1e-3 * np.abs(y).mean() > 0:
        metrics.append(Metric("mape", "mean absolute error, relative", **_LOWER))
        relative = size / np.abs(y)
    means, median = _means(y, error, relative), _median(size, is_rough=is_rough)

    def of(w: Floats) -> Floats:
        found = means(w)
        return np.array([*found[:3], median(w), *found[3:]])

    return tuple(metrics), of


def of_forecast(scored: Scored, *, y_train: Any = None, seasonal_period: int = 1) -> Made:
    """Return the metrics of a forecast. MASE divides by the error of the seasonal naive forecast.

    MASE = MAE / mean |y_t - y_{t-m}| over the training series (Hyndman and Koehler, 2006, eq. 1 ff.);
    over the scored series where no training series is given.
    """
    order = slice(None) if scored.times is None else np.argsort(scored.times, kind="stable")
    y = np.asarray(scored.y, np.float64)
    error = np.asarray(scored.predicted, np.float64) - y
    past = y[order] if y_train is None else np.asarray(y_train, np.float64)
    steps: Any = (
        np.abs(past[seasonal_period:] - past[:-seasonal_period]) if len(past) > seasonal_period else []
    )
    scale = float(np.mean(steps)) if len(steps) else float("nan")
    metrics = (
        Metric("mase", "MASE (1 is the naive forecast)", **_LOWER),
        Metric("mae", "MAE", **_LOWER),
        Metric("rmse", "RMSE", **_LOWER),
        Metric("smape", "symmetric relative error", **_LOWER),
        Metric("bias", "bias (predicted minus actual)", is_signed=True, **_LOWER),
    )
    size = np.abs(error)
    relative = 2 * ratio(size, np.abs(y) + np.abs(y + error))
    table = np.column_stack([size, error**2, relative, error])

    def of(w: Floats) -> Floats:
        mae, mse, smape, bias = (w @ table) / w.sum()
        return np.array([mae / scale if scale else float("nan"), mae, np.sqrt(mse), smape, bias])

    return metrics, of


def _means(y: Floats, error: Floats, relative: Floats | None) -> Callable[[Floats], list[float]]:
    """Return RMSE, MAE, R², bias and where there is one the relative error, by one product a sample."""
    n = len(y)
    y, error = y.reshape(n, -1), error.reshape(n, -1)
    # R² from sums of squares loses digits where the mean is large, so y is centred first.
    centred = y - y.mean(axis=0)
    least = (_ROUNDING * np.abs(y).max(axis=0)) ** 2
    further = [] if relative is None else [relative[:, None]]
    table = np.concatenate([error**2, np.abs(error), centred, centred**2, error, *further], axis=1)

    def of(w: Floats) -> list[float]:
        mse, mae, mean, square, bias, *rest = ((w @ table) / w.sum()).reshape(-1, y.shape[1])
        variance = square - mean**2
        # A truth that does not vary (all rows, or all rows drawn) leaves nothing to explain: no R².
        r2 = np.where(variance > least, 1 - ratio(mse, variance), np.nan)
        return [float(np.mean(one)) for one in (np.sqrt(mse), mae, r2, bias, *rest)]

    return of


def _median(values: Floats, *, is_rough: bool = False) -> Callable[[Floats], float]:
    """Return the weighted median; from counts between 2,048 quantiles where ``is_rough``."""
    values = values.reshape(len(values), -1).mean(axis=1)
    if is_rough:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, _N_ROUGH + 1)))
        places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))

        def rough(w: Floats) -> float:
            reached = np.cumsum(np.bincount(places, weights=w, minlength=len(edges) - 1))
            return float(np.interp(reached[-1] / 2, np.r_[0, reached], edges))

        return rough if len(edges) > 1 else lambda _: float(edges[0])
    order = np.argsort(values)
    ordered = values[order]

    def of(w: Floats) -> float:
        reached = np.cumsum(w[order])
        half = reached[-1] / 2
        lower = min(int(np.searchsorted(reached, half * (1 - 1e-12))), len(ordered) - 1)
        upper = min(int(np.searchsorted(reached, half * (1 + 1e-12))), len(ordered) - 1)
        return float((ordered[lower] + ordered[upper]) / 2)

    return of
