"""One loss per row, which a slice can be worse in: mistakes, log loss, absolute error, wrong labels."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .resampling import units_of
from .scored import Scored

ERRORS: Final = {
    "mistakes": "share of rows predicted wrong",
    "log_loss": "log loss",
    "brier": "squared error of the probabilities",
    "labels": "share of labels predicted wrong",
    "absolute": "absolute error",
}
_OF_PROBABILITIES: Final = ("log_loss", "brier")
_BY_PROBLEM: Final = {
    "binary": "mistakes",
    "multiclass": "mistakes",
    "multilabel": "labels",
    "regression": "absolute",
    "forecasting": "absolute",
}


def row_losses(scored: Scored, metric: str | None = None) -> tuple[str, NDArray[np.float64]]:
    """Return which loss is asked (a key of ``ERRORS``), and its value in each row, at least 0.

    Wrong predictions count 1 unless ``metric`` is a loss of probabilities (``log_loss``, ``brier``); numbers
    count their absolute error.

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
    kind = _BY_PROBLEM[scored.problem]
    probabilities = None
    if kind == "mistakes" and metric in _OF_PROBABILITIES:
        probabilities = class_probabilities(scored)
    y, predicted = np.asarray(scored.y), np.asarray(scored.predicted)
    if kind == "labels":
        return kind, np.asarray((y != predicted).reshape(len(y), -1).mean(axis=1), np.float64)
    if kind == "absolute":
        return kind, np.abs(y.astype(np.float64) - predicted.astype(np.float64))
    if probabilities is None or metric is None:
        return kind, (y != predicted).astype(np.float64)
    truth = (y[:, None] == np.asarray(scored.classes)[None, :]).astype(np.float64)
    if metric == "brier":
        return metric, np.sum((probabilities - truth) ** 2, axis=1) / 2
    of_truth = np.clip(np.sum(probabilities * truth, axis=1), np.finfo(np.float64).eps, 1.0)
    return metric, -np.log(of_truth)


def class_probabilities(scored: Scored) -> NDArray[np.float64] | None:
    """Return one column of probabilities per class, or None where the scores are none."""
    if scored.scores is None or not scored.has_probabilities:
        return None
    scores = np.asarray(scored.scores, np.float64)
    if scores.shape[1] == 1 and len(scored.classes) == 2:
        of_positive = scores[:, 0]
        is_first = scored.positive == scored.classes[0]
        return np.column_stack([of_positive, 1 - of_positive][:: 1 if is_first else -1])
    return scores if scores.shape[1] == len(scored.classes) else None


def unit_numbers(scored: Scored) -> NDArray[np.intp] | None:
    """Return the number of the unit that each row belongs to, from 0; None where each row stands alone.

    Rows of a group are one unit; of times, those of a block.
    """
    units = units_of(scored)
    return None if units.codes is None else np.asarray(units.codes // units.block, np.intp)
