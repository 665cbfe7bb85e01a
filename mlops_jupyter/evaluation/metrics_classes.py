"""Metrics of classes: from the order of the scores, the confusion matrix and the losses of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .metrics import Floats, Metric, ratio
from .scored import Scored

Made = tuple[tuple[Metric, ...], Callable[[Floats], Floats]]
_TOP = 3
_N_ROUGH = 1024
_LABEL_METRICS = (
    Metric("accuracy", "accuracy", is_rate=True),
    Metric("balanced_accuracy", "balanced accuracy"),
    Metric("f1", "F1"),
    Metric("precision", "precision", is_rate=True),
    Metric("recall", "recall", is_rate=True),
    Metric("mcc", "Matthews correlation"),
)


def of_two(scored: Scored, *, is_rough: bool = False) -> Made:
    """Return the metrics of two classes; those of scores and probabilities where there are any."""
    truth = np.asarray(scored.y == scored.positive)
    taken = np.asarray(scored.predicted == scored.positive)
    code = truth * 2 + taken
    score = scored.positive_scores
    if score is not None and not np.isfinite(score).all():
        score = None
    metrics: list[Metric] = []
    parts: list[Callable[[Floats], Any]] = []
    if score is not None:
        metrics += [Metric("roc_auc", "AUC"), Metric("average_precision", "average precision")]
        parts.append(ranked(truth, score, is_rough=is_rough))
    if score is not None and scored.has_probabilities:
        metrics += [
            Metric("log_loss", "log loss", is_higher_better=False),
            Metric("brier", "Brier score", is_higher_better=False),
        ]
        parts.append(means([row_log_loss(np.where(truth, score, 1 - score)), (truth - score) ** 2]))
    metrics += _LABEL_METRICS
    parts.append(lambda w: _of_four(np.bincount(code, weights=w, minlength=4)))
    return tuple(metrics), joined(parts)


def of_many(scored: Scored, *, is_rough: bool = False) -> Made:
    """Return the metrics of more than two classes: macro means, and those of probabilities."""
    from .slicing_losses import class_probabilities

    classes = scored.classes
    places = {label: place for place, label in enumerate(classes)}
    truth = np.array([places[label] for label in scored.y.tolist()])
    taken = np.array([places[label] for label in scored.predicted.tolist()])
    code, k = truth * len(classes) + taken, len(classes)
    metrics = [
        Metric("balanced_accuracy", "balanced accuracy"),
        Metric("accuracy", "accuracy", is_rate=True),
        Metric("f1_macro", "F1, mean of classes"),
        Metric("f1_weighted", "F1, weighted by class"),
        Metric("mcc", "Matthews correlation"),
    ]
    parts: list[Callable[[Floats], Any]] = [
        lambda w: _of_matrix(np.bincount(code, weights=w, minlength=k * k).reshape(k, k))
    ]
    chances = class_probabilities(scored)
    if chances is not None:
        rows = np.arange(len(truth))
        losses = [row_log_loss(chances[rows, truth])]
        metrics.append(Metric("log_loss", "log loss", is_higher_better=False))
        if k > _TOP:
            order = np.argsort(-chances, axis=1, kind="stable")[:, :_TOP]
            losses.append((order == truth[:, None]).any(axis=1).astype(float))
            metrics.append(Metric("top_3_accuracy", "top-3 accuracy", is_rate=True))
        parts.append(means(losses))
        metrics.append(Metric("roc_auc_ovr", "AUC, each class against the rest"))
        one_by_one = [ranked(truth == place, chances[:, place], is_rough=is_rough) for place in range(k)]
        parts.append(lambda w: [np.mean([each(w)[0] for each in one_by_one])])
    return tuple(metrics), joined(parts)


def joined(parts: list[Callable[[Floats], Any]]) -> Callable[[Floats], Floats]:
    """Return one function that puts the values of several one after the other."""
    return lambda w: np.concatenate([np.asarray(part(w), np.float64).ravel() for part in parts])


def means(rows: list[Any]) -> Callable[[Floats], Floats]:
    """Return the function that gives weighted means of values per row."""
    table = np.column_stack(rows)

    def of(w: Floats) -> Floats:
        answer: Floats = (w @ table) / w.sum()
        return answer

    return of


def row_log_loss(chance: Any) -> Floats:
    """Return -ln p of each row, with p kept off 0 by the precision of its numbers."""
    tiny = np.finfo(np.float64).eps
    losses: Floats = -np.log(np.clip(chance, tiny, 1 - tiny))
    return losses


def ranked(truth: Any, score: Any, *, is_rough: bool = False) -> Callable[[Floats], tuple[float, float]]:
    """Return AUC and average precision for any weights, from one sort of the scores.

    Where ``is_rough``, scores that fall between the same of 1,024 quantiles count as equal. That makes
    samples of many rows ten times faster; how the values vary stays the same to three digits.

    AUC is the share of pairs in the right order, ties by half (Mann and Whitney, 1947); average
    precision is sum((R_i - R_{i-1}) P_i) over the thresholds (scikit-learn's definition).
    """
    levels, n_levels = _levels(-score, -score[truth] if is_rough else None)
    code = levels * 2 + truth

    def of(w: Floats) -> tuple[float, float]:
        negative, positive = np.bincount(code, weights=w, minlength=2 * n_levels).reshape(-1, 2).T
        above, below = np.cumsum(positive), np.cumsum(negative)
        all_positive, all_negative = above[-1], below[-1]
        if not all_positive or not all_negative:
            return float("nan"), float("nan")
        auc = (above @ negative - 0.5 * (positive @ negative)) / (all_positive * all_negative)
        return float(auc), float((positive * ratio(above, above + below)).sum() / all_positive)

    return of


def _levels(values: Any, of_positives: Any) -> tuple[Any, int]:
    """Return the rank of each row among the different values, and how many of these there are.

    With ``of_positives``, values count as equal between quantiles of all and of the positives: where
    these stand decides on average precision, however few they are.
    """
    if of_positives is not None:
        shares = np.linspace(0, 1, _N_ROUGH + 1)[1:-1]
        edges = [
            np.quantile(some, shares, method="inverted_cdf") for some in (values, of_positives) if len(some)
        ]
        values = np.searchsorted(np.unique(np.concatenate(edges)), values)
    different, levels = np.unique(values, return_inverse=True)
    return levels.ravel(), len(different)


def _of_four(counts: Any) -> Floats:
    right_no, false_yes, false_no, right_yes = counts
    yes, no = right_yes + false_no, right_no + false_yes
    recall, specificity = ratio(right_yes, yes), ratio(right_no, no)
    known = [rate for rate, rows in ((recall, yes), (specificity, no)) if rows]
    taken = right_yes + false_yes
    spread = np.sqrt(taken * yes * no * (right_no + false_no))
    return np.array(
        [
            (right_yes + right_no) / counts.sum(),
            np.mean(known),
            ratio(2 * right_yes, 2 * right_yes + false_yes + false_no),
            ratio(right_yes, taken),
            recall,
            ratio(right_yes * right_no - false_yes * false_no, spread),
        ],
        np.float64,
    )


def _of_matrix(matrix: Any) -> Floats:
    right, rows, columns, n = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    is_there = rows > 0
    f1 = ratio(2 * right, rows + columns)
    spread = np.sqrt((n**2 - columns @ columns) * (n**2 - rows @ rows))
    return np.array(
        [
            ratio(right, rows)[is_there].mean(),
            right.sum() / n,
            f1[is_there | (columns > 0)].mean(),
            (f1 * rows).sum() / n,
            ratio(right.sum() * n - rows @ columns, spread),
        ],
        np.float64,
    )
