"""The curves that fit a problem: what was scored in, plots as numbers out, at most 200 points a line."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..records import Curve, CurveLine
from .curves_bands import Floats
from .curves_calibration import Calibration, calibration, calibration_curve
from .curves_numbers import forecast_curve, residual_curves
from .curves_ranked import Ranked, rank, ranked_curves
from .scored import Scored

_MOST_LINES: Final = 5
_MOST_CLASSES: Final = 24
_MOST_CLUSTERS: Final = 50
_LEAST_ROWS: Final = 2


def curves(
    scored: Scored, *, baseline: Scored | None = None, confidence: float = 0.95, random_state: int = 0
) -> tuple[Curve, ...]:
    """Return the curves of an evaluation.

    Two classes: ROC, precision and recall, gain, calibration (of probabilities), confusion. More classes
    or labels: a line for each of the five most frequent against the rest. Numbers: actual beside
    predicted, residuals. Forecasts: the series as well. Clusters: their sizes. A curve that cannot be
    drawn (one class only, no scores) is left out.

    Parameters
    ----------
    scored
        Rows with what was predicted for them.
    baseline
        The same rows as another model predicts them: a second line in the curves of two classes.
    confidence
        Of the bands, 0 to 1. They come from 400 bootstrap samples of rows, or of groups where there are.

    Examples
    --------
    >>> from mlops_jupyter.evaluation.scored import score_predictions
    >>> scored = score_predictions([0, 1, 0, 1], [0, 1, 0, 1], scores=[0.1, 0.9, 0.4, 0.8])
    >>> [curve.kind for curve in curves(scored)]
    ['roc', 'precision_recall', 'gain', 'calibration', 'confusion']
    """
    if scored.n_rows < _LEAST_ROWS:
        return ()
    match scored.problem:
        case "binary":
            return (*_of_two(scored, baseline, confidence, random_state), confusion(scored))
        case "multiclass":
            return (*_of_many(scored, confidence), confusion(scored))
        case "multilabel":
            return _of_many(scored, confidence)
        case "regression" | "forecasting":
            return _of_numbers(scored, confidence)
        case "clustering":
            return (_sizes(scored),)
    return ()


def _of_two(
    scored: Scored, baseline: Scored | None, confidence: float, random_state: int
) -> tuple[Curve, ...]:
    ranks, calibrations = {}, {}
    is_positive = scored.is_positive
    for name, one in (("model", scored), ("baseline", baseline)):
        score = one.positive_scores if one is not None else None
        if score is None or not _can_draw(is_positive, score):
            continue
        ranks[name] = rank(
            is_positive,
            score,
            weights=scored.weights,
            units=scored.groups,
            with_samples=name == "model",
            random_state=random_state,
        )
        if one is not None and one.has_probabilities:
            calibrations[name] = calibration(
                is_positive, score, weights=scored.weights, confidence=confidence
            )
    if "model" not in ranks:
        return ()
    return (*ranked_curves(ranks, confidence=confidence), *_calibrated(calibrations))


def _calibrated(lines: dict[str, Calibration]) -> tuple[Curve, ...]:
    return (calibration_curve(lines),) if lines else ()


def _can_draw(is_positive: NDArray[np.bool_], score: Floats) -> bool:
    return bool(is_positive.any() and not is_positive.all() and np.isfinite(score).all())


def _of_many(scored: Scored, confidence: float) -> tuple[Curve, ...]:
    """Return curves of each class against the rest, and the calibration of the class that was chosen."""
    if scored.scores is None:
        return ()
    scores = np.asarray(scored.scores, np.float64)
    ranks: dict[str, Ranked] = {}
    for place, name, is_positive in _one_by_one(scored):
        if len(ranks) < _MOST_LINES and _can_draw(is_positive, scores[:, place]):
            ranks[name] = rank(is_positive, scores[:, place], weights=scored.weights, with_samples=False)
    if not ranks:
        return ()
    lines = {}
    if scored.problem == "multiclass" and scored.has_probabilities:
        is_right = np.asarray(scored.y == np.asarray(scored.classes)[scores.argmax(axis=1)])
        lines["chosen class"] = calibration(
            is_right, scores.max(axis=1), weights=scored.weights, confidence=confidence
        )
    return (*ranked_curves(ranks, confidence=confidence), *_calibrated(lines))


def _one_by_one(scored: Scored) -> list[tuple[int, str, NDArray[np.bool_]]]:
    """Return place, name and rows of each class or label, the most frequent first."""
    if scored.problem == "multilabel":
        truth = np.asarray(scored.y, bool)
        every = [(i, str(name), truth[:, i]) for i, name in enumerate(scored.classes)]
    else:
        every = [(i, str(name), np.asarray(scored.y == name)) for i, name in enumerate(scored.classes)]
    return sorted(every, key=lambda one: -int(one[2].sum()))


def confusion(scored: Scored) -> Curve:
    """Return how often each class was taken for which; rows are the truth.

    Of more than 24 classes the most frequent are shown, the others together as ``other``.
    """
    labels = list(scored.classes)
    n = len(labels)
    place = {label: i for i, label in enumerate(labels)}
    codes = [
        np.fromiter((place.get(one, n) for one in values.tolist()), np.intp, len(values))
        for values in (np.asarray(scored.y), np.asarray(scored.predicted))
    ]
    table = np.bincount(codes[0] * (n + 1) + codes[1], scored.weights, (n + 1) ** 2).reshape(n + 1, n + 1)
    names = [str(label) for label in labels]
    if n > _MOST_CLASSES:
        order = np.argsort(-table.sum(axis=1)[:n], kind="stable")
        shown, rest = np.sort(order[: _MOST_CLASSES - 1]), np.append(order[_MOST_CLASSES - 1 :], n)
        parts: list[NDArray[np.intp]] = [*(np.array([i]) for i in shown), rest]
        table = np.array([[table[np.ix_(i, j)].sum() for j in parts] for i in parts])
        names = [*(names[i] for i in shown), "other"]
    elif table[n].any() or table[:, n].any():
        names = [*names, "other"]
    matrix = tuple(tuple(map(float, row[: len(names)])) for row in table[: len(names)])
    return Curve(
        "confusion", _confusion_title(scored), "Predicted", "Actual", labels=tuple(names), matrix=matrix
    )


def _confusion_title(scored: Scored) -> str:
    score = scored.positive_scores
    if score is None:
        return "Confusion"
    is_taken = np.asarray(scored.predicted == scored.positive)
    usual = 0.5 if scored.has_probabilities else 0.0
    return f"Confusion at {usual:g}" if ((score > usual) == is_taken)[score != usual].all() else "Confusion"


def _of_numbers(scored: Scored, confidence: float) -> tuple[Curve, ...]:
    actual, predicted = np.asarray(scored.y, np.float64), np.asarray(scored.predicted, np.float64)
    if actual.ndim > 1:
        return ()
    is_known = np.isfinite(actual) & np.isfinite(predicted)
    if is_known.sum() < _LEAST_ROWS:
        return ()
    times = None if scored.times is None else np.asarray(scored.times)[is_known]
    found = residual_curves(actual[is_known], predicted[is_known], confidence=confidence)
    if scored.problem == "forecasting" or times is not None:
        return (forecast_curve(actual[is_known], predicted[is_known], times), *found)
    return found


def _sizes(scored: Scored) -> Curve:
    names, counts = np.unique(np.asarray(scored.predicted), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MOST_CLUSTERS]
    x = tuple(float(i) for i in range(len(order)))
    line = CurveLine("rows", x, tuple(map(float, counts[order])), counts=tuple(counts[order].tolist()))
    left = len(names) - len(order)
    return Curve(
        "sizes",
        "Size of clusters",
        "Cluster",
        "Rows",
        (line,),
        x_labels=tuple(str(name) for name in names[order]),
        note=f"{left} smaller clusters are not shown" if left else "",
    )
