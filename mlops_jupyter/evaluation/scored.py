"""A model's answers on rows whose truth is known: what every part of this room works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..records import PROBLEMS, Problem
from .predicting import predictions_of
from .reading import array_of, column_names, has_missing, names_of_labels, rows_of, side_of

OF_CLASSES: Final = ("binary", "multiclass", "multilabel")
"""The problems whose answers are labels."""

OF_NUMBERS: Final = ("regression", "forecasting")
"""The problems whose answers are numbers that can be subtracted from the truth."""

_MANY_VALUES: Final = 20


@dataclass(frozen=True, eq=False)
class Scored:
    """Answers of one model on n rows.

    Attributes
    ----------
    problem
        One of ``records.PROBLEMS``.
    y
        The truth: (n,) labels or numbers; (n, k) zeros and ones for ``multilabel``; None for a
        clustering without known classes. Never missing.
    predicted
        Labels or numbers of the same shape as ``y``; for ``ranking`` the scores.
    scores
        (n, k) probabilities or decision values, in the order of ``classes``; (n, 1) decision values
        of the positive class of two; None where the model gives none.
    classes
        Labels in the order of the columns of ``scores``; for ``multilabel`` the names of the columns.
    positive
        The label whose finding counts, for two classes.
    weights, groups, times
        (n,) each, or None: sample weights; units that belong together (queries of a ranking); times.
    X
        The features as they were given, or None.
    features
        Their names.
    """

    problem: Problem
    y: Any
    predicted: NDArray[Any]
    scores: NDArray[np.float64] | None = None
    classes: tuple[Any, ...] = ()
    positive: Any = None
    weights: NDArray[np.float64] | None = None
    groups: NDArray[Any] | None = None
    times: NDArray[Any] | None = None
    X: Any = None
    features: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(self.predicted)

    @property
    def has_probabilities(self) -> bool:
        """Whether ``scores`` are probabilities: between 0 and 1, and of one choice adding up to 1."""
        s = self.scores
        if s is None or not np.isfinite(s).all() or s.min() < 0 or s.max() > 1:
            return False
        if self.problem == "multilabel":
            return True
        return s.shape[1] == 1 or bool(np.allclose(s.sum(axis=1), 1, atol=1e-4))

    @property
    def positive_scores(self) -> NDArray[np.float64] | None:
        """(n,) scores of the positive class of two, or None where the model gives none."""
        if self.problem != "binary" or self.scores is None:
            return None
        if self.scores.shape[1] == 1:
            return np.asarray(self.scores[:, 0])
        return np.asarray(self.scores[:, self.classes.index(self.positive)])

    @property
    def is_positive(self) -> NDArray[np.bool_]:
        """(n,) whether the truth is the positive class of two."""
        return np.asarray(self.y == self.positive, dtype=np.bool_)


def score_model(
    model: Any,
    X: Any,  # noqa: N803 the field's letter
    y: Any,
    *,
    problem: str | None = None,
    positive: Any = None,
    groups: Any = None,
    times: Any = None,
    weights: Any = None,
) -> Scored:
    """Ask a model for its answers to every row, once.

    Parameters
    ----------
    model
        Anything with ``predict`` (``predict_proba``, ``decision_function``), or a callable that
        takes X and returns labels, numbers or an (n, k) array of probabilities.
    X
        (n, p) features, as the model takes them.
    y
        (n,) truth, or (n, k) for several labels a row; None for a clustering.
    problem
        One of ``records.PROBLEMS``; found by looking where None. A ranking or a forecast must be told.
    positive
        The positive label of two; where None, the second in sorted order, as scikit-learn has it.
    groups, times, weights
        (n,) values, or names of columns of X.

    Raises
    ------
    UsageError
        Where the rows do not match, the truth has missing values or no answer can be had.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = np.arange(8.0).reshape(-1, 1), np.repeat([0, 1], 4)
    >>> scored = score_model(LogisticRegression().fit(X, y), X, y)
    >>> scored.problem, scored.positive, scored.scores.shape
    ('binary', 1, (8, 2))
    """
    n = rows_of(X)
    if not n:
        raise UsageError("X has no rows; an evaluation needs at least one")
    found = predictions_of(model, X)
    return score_predictions(
        y,
        found.predicted,
        found.scores,
        problem=problem,
        positive=positive,
        classes=found.classes,
        groups=groups,
        times=times,
        weights=weights,
        X=X,
        kind=found.kind,
    )


def score_predictions(
    y: Any,
    predicted: Any,
    scores: Any = None,
    *,
    problem: str | None = None,
    positive: Any = None,
    classes: Sequence[Any] | None = None,
    groups: Any = None,
    times: Any = None,
    weights: Any = None,
    X: Any = None,  # noqa: N803
    kind: str = "",
) -> Scored:
    """Take answers that were made elsewhere.

    Parameters
    ----------
    y, predicted
        (n,) truth and answers, or (n, k) for several labels a row. Where ``predicted`` is None, labels
        are the ones with the highest score.
    scores
        (n, k) probabilities or decision values, (n,) those of the positive class, or None.
    classes
        The labels of the columns of ``scores``; sorted labels of ``y`` and ``predicted`` where None.
    kind
        ``classifier``, ``regressor``, ``clusterer`` or empty: what is known of the model.

    Raises
    ------
    UsageError
        As :func:`score_model`.

    Examples
    --------
    >>> score_predictions([0, 1, 1], [0, 1, 0], [0.2, 0.9, 0.4]).problem
    'binary'
    >>> score_predictions([1.5, 2.0], [1.4, 2.2]).problem
    'regression'
    """
    if problem is not None and problem not in PROBLEMS:
        raise UsageError(f"problem {problem!r} is not known; expected one of {', '.join(PROBLEMS)}")
    truth = None if y is None else array_of(y)
    marks = None if scores is None else _scores(scores)
    answers = None if predicted is None else array_of(predicted)
    if answers is None:
        if marks is None:
            raise UsageError("there are neither predictions nor scores; give one of them")
        answers = _chosen(marks, classes, truth)
    n = len(answers)
    _check_truth(truth, n)
    names = column_names(X)
    sides = {
        "groups": side_of("groups", groups, X, n),
        "times": side_of("times", times, X, n),
        "weights": side_of("weights", weights, X, n),
    }
    told = _problem(problem, truth, answers, marks, kind)
    made = _Answers(told, truth, answers, marks, classes, positive)
    _check_sides(told, sides)
    return Scored(
        problem=told,
        **_MAKERS[told](made),
        weights=None if sides["weights"] is None else sides["weights"].astype(np.float64),
        groups=sides["groups"],
        times=sides["times"],
        X=X,
        features=names,
    )


@dataclass(frozen=True)
class _Answers:
    """What was given, before it is known to fit the problem."""

    problem: Problem
    y: Any
    predicted: NDArray[Any]
    scores: NDArray[np.float64] | None
    classes: Sequence[Any] | None
    positive: Any


def _scores(scores: Any) -> NDArray[np.float64]:
    marks = np.asarray(array_of(scores), dtype=np.float64)
    return marks.reshape(-1, 1) if marks.ndim == 1 else marks


def _chosen(marks: NDArray[np.float64], classes: Sequence[Any] | None, truth: Any) -> NDArray[Any]:
    labels = np.asarray(list(classes)) if classes is not None else np.unique(truth)
    if marks.shape[1] == 1:
        limit = 0.5 if marks.min() >= 0 and marks.max() <= 1 else 0.0
        return np.asarray(labels[(marks[:, 0] > limit).astype(int)])
    return np.asarray(labels[marks.argmax(axis=1)])


def _check_truth(truth: Any, n: int) -> None:
    if truth is None:
        return
    if len(truth) != n:
        raise UsageError(f"y has {len(truth):,} rows and the predictions {n:,}; expected one truth a row")
    missing = int(has_missing(truth).sum())
    if missing:
        raise UsageError(
            f"y is missing in {missing:,} of {n:,} rows; leave those rows out (a truth is needed to score)"
        )
    if truth.dtype.kind == "f" and not np.isfinite(truth).all():
        endless = int((~np.isfinite(truth.reshape(n, -1)).all(axis=1)).sum())
        raise UsageError(f"y is infinite in {endless:,} of {n:,} rows; leave those rows out")


def _check_sides(problem: Problem, sides: dict[str, Any]) -> None:
    if problem == "ranking" and sides["groups"] is None:
        raise UsageError("a ranking needs groups: which query each row belongs to (groups=…)")
    weights = sides["weights"]
    if weights is not None and not (np.isfinite(weights.astype(np.float64)).all() and (weights >= 0).all()):
        raise UsageError("weights must be finite and at least 0; leave rows without a weight out")
    if weights is not None and not weights.astype(np.float64).sum():
        raise UsageError("weights are all 0: no row counts; give at least one row a weight above 0")


def _problem(problem: str | None, truth: Any, answers: Any, marks: Any, kind: str) -> Problem:
    if problem is not None:
        told: Problem = next(one for one in PROBLEMS if one == problem)
        if truth is None and told != "clustering":
            raise UsageError(f"y is missing; a {problem} problem needs the truth of every row")
        return told
    if truth is None and kind in ("classifier", "regressor"):
        raise UsageError(f"y is missing; a {kind} is scored against the truth of every row")
    if kind == "clusterer" or truth is None:
        return "clustering"
    if truth.ndim == 2 and truth.shape[1] > 1:
        return _of_several(truth)
    if kind == "regressor" or (kind != "classifier" and marks is None and _are_numbers(truth, answers)):
        return "regression"
    n_labels = len(np.unique(np.concatenate([names_of_labels(truth), names_of_labels(answers)])))
    return "binary" if n_labels <= 2 and (marks is None or marks.shape[1] <= 2) else "multiclass"


def _of_several(truth: NDArray[Any]) -> Problem:
    from sklearn.utils.multiclass import type_of_target

    if type_of_target(truth) == "multilabel-indicator":
        return "multilabel"
    raise UsageError(
        f"y has {truth.shape[1]} columns that are not zeros and ones; evaluate one target at a time, or "
        "give labels as zeros and ones (multilabel)"
    )


def _are_numbers(truth: NDArray[Any], answers: NDArray[Any]) -> bool:
    """Say whether y is a number to come near to, rather than one of a few labels."""
    if truth.dtype.kind not in "iuf" or answers.dtype.kind not in "iuf":
        return False
    if any(a.dtype.kind == "f" and not np.array_equal(a, np.floor(a)) for a in (truth, answers)):
        return True
    return bool(np.setdiff1d(answers, truth).size) and len(np.unique(answers)) > _MANY_VALUES


def _of_labels(made: _Answers) -> dict[str, Any]:
    y, predicted = _flat(made.y), _flat(made.predicted)
    known = list(np.unique(predicted) if made.classes is None else array_of(list(made.classes)))
    told = made.classes is not None
    if told and not set(np.unique(y).tolist()) & set(_plain(known)):
        raise UsageError(
            f"no label of y ({_some(np.unique(y))}) is among the model's classes ({_some(known)}); "
            "y must use the labels the model was fitted with"
        )
    classes = _plain(known) if told else []
    more = sorted(set(np.unique(y).tolist()) | set(np.unique(predicted).tolist()), key=_order)
    classes += [label for label in more if label not in classes]
    scores = _fitting(made.scores, classes, made)
    positive = None
    if made.problem == "binary":
        if len(classes) > 2:
            raise UsageError(
                f"y and the predictions have {len(classes)} labels ({_some(classes)}), which is not binary; "
                "expected problem='multiclass'"
            )
        positive = _positive(made.positive, classes)
        if scores is not None and scores.shape[1] == 1 and positive != classes[-1]:
            scores = 1 - scores if scores.min() >= 0 and scores.max() <= 1 else -scores
    return {
        "y": y,
        "predicted": predicted,
        "scores": scores,
        "classes": tuple(classes),
        "positive": positive,
    }


def _fitting(scores: Any, classes: list[Any], made: _Answers) -> Any:
    """Return scores with a column for each class; one for two classes stays one."""
    if scores is None or len(scores) != len(made.predicted):
        if scores is None:
            return None
        raise UsageError(f"scores have {len(scores):,} rows, the predictions {len(made.predicted):,}")
    if scores.shape[1] == 1 and made.problem == "binary":
        return scores
    n_more = len(classes) - scores.shape[1]
    if n_more < 0 or (n_more and made.classes is None):
        raise UsageError(
            f"scores have {scores.shape[1]} columns and there are {len(classes)} classes ({_some(classes)}); "
            "give classes=… in the order of the columns"
        )
    if not n_more:
        return scores
    # a class the model has never seen gets the lowest score there is
    lowest = min(0.0, float(np.nanmin(scores)))
    return np.hstack([scores, np.full((len(scores), n_more), lowest)])


def _positive(told: Any, classes: list[Any]) -> Any:
    if told is None:
        return classes[-1]
    same = [label for label in classes if label == told or str(label) == str(told)]
    if not same:
        raise UsageError(f"positive {told!r} is no label; expected one of {_some(classes)}")
    return same[0]


def _of_many_labels(made: _Answers) -> dict[str, Any]:
    y, predicted = np.asarray(made.y).astype(int), np.asarray(made.predicted).astype(int)
    if y.ndim != 2 or y.shape != predicted.shape:
        raise UsageError(
            f"y has the shape {y.shape}, the predictions {predicted.shape}; expected (rows, labels) for both"
        )
    names = range(y.shape[1]) if made.classes is None or len(made.classes) != y.shape[1] else made.classes
    scores = made.scores if made.scores is not None and made.scores.shape == y.shape else None
    return {"y": y, "predicted": predicted, "scores": scores, "classes": tuple(_plain(list(names)))}


def _of_numbers(made: _Answers) -> dict[str, Any]:
    try:
        y = _flat(made.y).astype(np.float64)
        predicted = _flat(made.predicted).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"y or the predictions are no numbers ({error}); a {made.problem} problem needs numbers"
        ) from error
    return {"y": y, "predicted": predicted}


def _of_ranks(made: _Answers) -> dict[str, Any]:
    if made.scores is not None:
        column = made.scores[:, -1]
        return {**_of_numbers(made), "predicted": np.asarray(column, np.float64)}
    return _of_numbers(made)


def _of_clusters(made: _Answers) -> dict[str, Any]:
    labels = _flat(made.predicted)
    return {
        "y": None if made.y is None else _flat(made.y),
        "predicted": labels,
        "classes": tuple(_plain(list(np.unique(labels)))),
    }


_MAKERS: Final[dict[str, Callable[[_Answers], dict[str, Any]]]] = {
    "binary": _of_labels,
    "multiclass": _of_labels,
    "multilabel": _of_many_labels,
    "regression": _of_numbers,
    "forecasting": _of_numbers,
    "ranking": _of_ranks,
    "clustering": _of_clusters,
}


def _flat(values: Any) -> NDArray[Any]:
    found = np.asarray(values)
    if found.ndim == 2 and found.shape[1] == 1:
        return found[:, 0]
    if found.ndim != 1:
        raise UsageError(f"expected one value a row, got the shape {found.shape}")
    return found


def _plain(labels: Sequence[Any]) -> list[Any]:
    return [label.item() if isinstance(label, np.generic) else label for label in labels]


def _order(label: Any) -> tuple[bool, Any, str]:
    is_text = isinstance(label, str)
    return (is_text, 0 if is_text else label, str(label))


def _some(labels: Any) -> str:
    words = [repr(label) for label in _plain(list(labels))]
    return ", ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")
