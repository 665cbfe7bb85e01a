"""One loss per row, which a slice can be worse in: mistakes, log loss, absolute error, wrong labels."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .scored import Scored

ERRORS: Final = {
    "mistakes": "share of rows predicted wrong",
    "log_loss": "log loss",
    "brier": "squared error of the probabilities",
    "labels": "share of labels predicted wrong",
    "absolute": "absolute error",
    "squared": "squared error",
}
_BY_METRIC: Final = {
    "log_loss": "log_loss",
    "neg_log_loss": "log_loss",
    "brier": "brier",
    "brier_score": "brier",
    "neg_brier_score": "brier",
    "mse": "squared",
    "mean_squared_error": "squared",
}
_BY_PROBLEM: Final = {
    "binary": "mistakes",
    "multiclass": "mistakes",
    "multilabel": "labels",
    "regression": "absolute",
    "forecasting": "absolute",
}


def row_losses(scored: Scored, metric: str | None = None) -> tuple[str, NDArray[np.float64]]:
    """Return which loss is asked (a key of ``ERRORS``), and its value in each row, at least 0.

    Wrong predictions count 1 unless ``metric`` is a loss of probabilities; numbers count their absolute
    error unless it is the mean squared error.

    Raises
    ------
    UsageError
        When the problem has no loss per row (ranking, clustering).
    """
    if scored.problem not in _BY_PROBLEM:
        raise UsageError(
            f"slices of a {scored.problem} are not possible; a slice needs a loss per row, as "
            f"{', '.join(_BY_PROBLEM)} have"
        )
    kind = _BY_METRIC.get(metric or "", _BY_PROBLEM[scored.problem])
    is_number = scored.problem in ("regression", "forecasting")
    probabilities = None if is_number or scored.problem == "multilabel" else class_probabilities(scored)
    if (kind in ("log_loss", "brier") and probabilities is None) or (kind == "squared" and not is_number):
        kind = _BY_PROBLEM[scored.problem]
    y, predicted = np.asarray(scored.y), np.asarray(scored.predicted)
    if kind == "labels":
        return kind, np.asarray((y != predicted).reshape(len(y), -1).mean(axis=1), np.float64)
    if kind == "mistakes":
        return kind, (y != predicted).astype(np.float64)
    if probabilities is not None:
        classes = np.asarray(scored.classes)
        truth = (y[:, None] == classes[None, :]).astype(np.float64)
        if kind == "brier":
            return kind, np.sum((probabilities - truth) ** 2, axis=1) / 2
        of_truth = np.clip(np.sum(probabilities * truth, axis=1), np.finfo(np.float64).eps, 1.0)
        return kind, -np.log(of_truth)
    errors = np.abs(y.astype(np.float64) - predicted.astype(np.float64))
    return kind, errors**2 if kind == "squared" else errors


def class_probabilities(scored: Scored) -> NDArray[np.float64] | None:
    """Return one column of probabilities per class, or None where the scores are none."""
    if scored.scores is None:
        return None
    scores = np.asarray(scored.scores, np.float64)
    if scores.ndim == 1:
        scores = scores[:, None]
    if scores.shape[1] == 1 and len(scored.classes) == 2:
        scores = np.column_stack([1 - scores[:, 0], scores[:, 0]])
    is_probability = (
        scores.shape[1] == len(scored.classes)
        and bool(np.all((scores >= 0) & (scores <= 1)))
        and bool(np.allclose(scores.sum(axis=1), 1, atol=1e-3))
    )
    return scores if is_probability else None


def unit_numbers(scored: Scored) -> NDArray[np.intp] | None:
    """Return the number of the unit that each row belongs to, from 0; None where each row stands alone.

    Rows of a group are one unit. Rows in time are cut into about as many blocks as a block has rows.
    """
    if scored.groups is not None:
        return np.unique(np.asarray(scored.groups), return_inverse=True)[1].astype(np.intp)
    if scored.times is None:
        return None
    order = np.argsort(np.asarray(scored.times), kind="stable")
    length = max(1, int(np.sqrt(len(order))))
    numbers = np.empty(len(order), np.intp)
    numbers[order] = np.arange(len(order)) // length
    return numbers
