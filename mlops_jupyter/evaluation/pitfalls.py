"""What makes a number untrue: rows seen before, answers that leak, scores that mislead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ..records import DataFinding, MetricResult
from . import pitfalls_training
from .scored import OF_CLASSES, Scored

_ORDER: Final = {"error": 0, "warning": 1, "info": 2}
_FEW_ROWS: Final = 100
_RARE: Final = 0.1
_MISCALIBRATED: Final = 0.05
_LEAST_CHANCE: Final = 0.001


def pitfalls(
    scored: Scored,
    metrics: Sequence[MetricResult],
    *,
    model: Any = None,
    X: Any = None,  # noqa: N803 the field's letter
    X_train: Any = None,  # noqa: N803
    y_train: Any = None,
    n_looks: int = 1,
) -> tuple[DataFinding, ...]:
    """Return what is to be known before the metrics are believed, worst first.

    Parameters
    ----------
    scored, metrics
        The answers, and what was measured; the first metric is the one that decides.
    X, X_train, y_train
        The rows scored, and where they are at hand the ones the model was fitted on.
    n_looks
        How many models were scored on these rows.

    Examples
    --------
    >>> from mlops_jupyter.evaluation.comparing import compare
    >>> from mlops_jupyter.evaluation.scored import score_predictions
    >>> scored = score_predictions([0, 1] * 100, [0] * 200)
    >>> [one.code for one in pitfalls(scored, compare({"model": scored}, n_bootstrap=0))]
    ['constant_predictions']
    """
    found = [
        *_of_rows(scored, n_looks),
        *_of_answers(scored, metrics),
        *_of_chances(scored),
        *pitfalls_training.of_training(scored, metrics, model, X, X_train, y_train),
    ]
    return tuple(sorted(found, key=lambda one: (_ORDER[one.severity], -one.weight)))


def _of_rows(scored: Scored, n_looks: int) -> Iterator[DataFinding]:
    n = scored.n_rows
    if n < _FEW_ROWS:
        yield DataFinding("few_rows", "warning", f"{n:,} rows say little: intervals are wide", weight=0.5)
    if scored.groups is not None and (n_groups := len(set(scored.groups.tolist()))) < 10:
        yield DataFinding(
            "few_groups", "warning", f"the rows belong to {n_groups} groups alone; intervals are rough",
            weight=0.5,
        )  # fmt: skip
    if n_looks > 1:
        yield DataFinding(
            "reused_holdout", "info", f"{n_looks:,} models were scored on these rows: the best was lucky too",
            weight=min(1.0, n_looks / 50),
        )  # fmt: skip
    if scored.problem in ("binary", "multiclass"):
        labels, counts = np.unique(scored.y, return_counts=True)
        if len(labels) < 2:
            yield DataFinding(
                "one_class",
                "error",
                f"y holds one class alone ({labels[0]}): nothing can be told apart",
                weight=0.9,
            )
        elif counts.min() < 10:
            yield DataFinding(
                "few_of_class",
                "warning",
                f"class {labels[counts.argmin()]} has {counts.min()} rows alone",
                weight=0.4,
            )


def _of_answers(scored: Scored, metrics: Sequence[MetricResult]) -> Iterator[DataFinding]:
    if scored.problem != "multilabel" and scored.n_rows > 1 and len(np.unique(scored.predicted)) == 1:
        yield DataFinding(
            "constant_predictions",
            "warning",
            f"the model says {scored.predicted[0]} for every row",
            weight=0.8,
        )
    values = scored.scores
    if values is None and scored.problem not in OF_CLASSES and scored.predicted.dtype.kind == "f":
        values = scored.predicted
    if values is not None and (bad := int((~np.isfinite(values)).sum())):
        yield DataFinding(
            "scores_not_finite",
            "error",
            f"{bad:,} scores are missing or infinite",
            weight=0.9,
        )
    by_key = {one.key: one for one in metrics}
    area = by_key.get("roc_auc")
    if area is not None and area.estimate.high is not None and area.estimate.high < 0.5:
        yield DataFinding(
            "below_chance",
            "error",
            f"AUC {area.estimate.value:.3f} is below 0.5 beyond noise: the classes may be swapped "
            f"(positive is {scored.positive!r})",
            weight=0.8,
        )
    if metrics and metrics[0].key == "accuracy" and scored.problem in ("binary", "multiclass"):
        most = float(np.unique(scored.y, return_counts=True)[1].max() / scored.n_rows)
        if most > 1 - _RARE:
            yield DataFinding(
                "accuracy_of_rare",
                "warning",
                f"accuracy decides, but {most:.0%} of the rows are of one class, so that always "
                f"saying it is right in {most:.0%}; expected balanced_accuracy or average_precision",
                weight=0.6,
            )


def _of_chances(scored: Scored) -> Iterator[DataFinding]:
    score = scored.positive_scores
    if score is None or not scored.has_probabilities or scored.n_rows < _FEW_ROWS:
        return
    if not 0 < scored.is_positive.sum() < scored.n_rows:
        return
    from .curves_calibration import calibration

    found = calibration(scored.is_positive, score, weights=scored.weights)
    if found.p_value < _LEAST_CHANCE and found.error > _MISCALIBRATED:
        yield DataFinding(
            "uncalibrated",
            "warning",
            f"probabilities are off by {found.error:.3f} on average; calibrate them before they meet costs",
            weight=min(0.6, found.error * 3),
        )
