"""What every part of an evaluation works on: the truth, what the model said, and the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from ..errors import UsageError
from ..records import PROBLEMS, Problem

_CHUNK_ROWS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A model's answers beside the truth.

    Attributes
    ----------
    problem
        One of ``records.PROBLEMS``.
    y, predicted : array of shape (n,), or (n, k) for multilabel
        Labels or numbers. For a clustering without a truth ``y`` is None.
    scores : array of shape (n,), (n, k) or None
        Probabilities or decision values; the columns are in the order of ``classes``.
    classes
        The labels; the positive one of two is ``positive``.
    weights, groups, times : array of shape (n,), optional
        Sample weights (at least 0), the unit of each row, its moment.
    X
        The rows that were scored, where they are at hand.
    features
        Their column names.
    """

    problem: Problem
    y: Any
    predicted: Any
    scores: Any = None
    classes: tuple[Any, ...] = ()
    positive: Any = None
    weights: Any = None
    groups: Any = None
    times: Any = None
    X: Any = None
    features: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Return how many rows were scored."""
        return len(self.predicted)


def score_model(
    model: Any,
    X: Any,  # noqa: N803 the field's letter
    y: Any = None,
    *,
    problem: str | None = None,
    positive: Any = None,
    groups: Any = None,
    times: Any = None,
    weights: Any = None,
) -> Scored:
    """Ask a model once for every row.

    Parameters
    ----------
    model
        Anything with ``predict`` (and ``predict_proba`` or ``decision_function``), or a function of X.
    X : frame or array of shape (n, m)
        The rows.
    y : array of shape (n,) or (n, k), optional
        The truth; only a clustering does without.

    Returns
    -------
    Scored

    Raises
    ------
    UsageError
        For a problem that is none, other lengths, or a model that cannot predict.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> X, y = [[0], [1], [2]], [0, 1, 1]
    >>> score_model(DummyClassifier().fit(X, y), X, y).problem
    'binary'
    """
    kind = _problem(problem, model, y)
    call = model.predict if hasattr(model, "predict") else model
    if not callable(call):
        raise UsageError(f"{type(model).__name__} has no predict; give a fitted model or a function of X")
    predicted = _by_chunks(call, X) if hasattr(model, "predict") else np.asarray(call(X))
    scores = _scores(model, X, kind)
    classes = tuple(_plain(getattr(model, "classes_", ()))) if kind != "multilabel" else ()
    return score_predictions(
        y,
        predicted,
        scores,
        problem=kind,
        classes=classes,
        positive=positive,
        groups=groups,
        times=times,
        weights=weights,
        X=X,
    )


def score_predictions(
    y: Any,
    predicted: Any,
    scores: Any = None,
    *,
    problem: str | None = None,
    classes: Sequence[Any] = (),
    positive: Any = None,
    groups: Any = None,
    times: Any = None,
    weights: Any = None,
    X: Any = None,  # noqa: N803
) -> Scored:
    """Put predictions beside the truth.

    ``positive`` is the label of two that is looked for; by default the larger one (1, True, "yes").

    Examples
    --------
    >>> score_predictions(["no", "yes"], ["no", "no"]).positive
    'yes'
    """
    kind = _problem(problem, None, y)
    guess = np.asarray(predicted)
    truth = None if y is None else np.asarray(y)
    if truth is not None and truth.ndim == 2 and truth.shape[1] == 1:
        truth = truth[:, 0]
    if truth is not None and len(truth) != len(guess):
        raise UsageError(f"y has {len(truth):,} rows, the predictions have {len(guess):,}; give as many")
    if not len(guess):
        raise UsageError("there are no rows to evaluate; give X and y at least two rows")
    labels = _classes(kind, truth, guess, classes)
    return Scored(
        problem=kind,
        y=truth,
        predicted=guess,
        scores=None if scores is None else np.asarray(scores, np.float64),
        classes=labels,
        positive=_positive(kind, labels, positive),
        weights=_aligned("weights", weights, len(guess)),
        groups=_aligned("groups", groups, len(guess)),
        times=_aligned("times", times, len(guess)),
        X=X,
        features=tuple(str(name) for name in getattr(X, "columns", ())),
    )


def _problem(asked: str | None, model: Any, y: Any) -> Problem:
    if asked is not None:
        if asked not in PROBLEMS:
            raise UsageError(f"{asked!r} is no problem; choose from {', '.join(PROBLEMS)}")
        return cast("Problem", asked)
    from sklearn.base import is_clusterer, is_regressor
    from sklearn.utils.multiclass import type_of_target

    if y is None or (hasattr(model, "fit") and is_clusterer(model)):
        return "clustering"
    if hasattr(model, "fit") and is_regressor(model):
        return "regression"
    kind = type_of_target(np.asarray(y))
    if kind in ("binary", "multiclass"):
        n_classes = len(getattr(model, "classes_", ()))
        return "multiclass" if kind == "multiclass" or n_classes > 2 else "binary"
    if kind == "multilabel-indicator":
        return "multilabel"
    if kind.startswith("continuous"):
        return "regression"
    raise UsageError(f"the target is {kind}, which fits no problem; say problem=: {', '.join(PROBLEMS)}")


def _by_chunks(call: Callable[[Any], Any], X: Any) -> Any:  # noqa: N803
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    if n <= _CHUNK_ROWS or not hasattr(X, "shape"):
        return np.asarray(call(X))
    rows = X.iloc if hasattr(X, "iloc") else X
    return np.concatenate([np.asarray(call(rows[i : i + _CHUNK_ROWS])) for i in range(0, n, _CHUNK_ROWS)])


def _scores(model: Any, X: Any, kind: Problem) -> Any:  # noqa: N803
    if kind not in ("binary", "multiclass", "multilabel"):
        return None
    for name in ("predict_proba", "decision_function"):
        if hasattr(model, name):
            answer = getattr(model, name)
            if kind == "multilabel" and isinstance(parts := answer(X[:2]), list):
                return np.column_stack([part[:, -1] for part in answer(X)]) if parts else None
            return _by_chunks(answer, X)
    return None


def _classes(kind: Problem, y: Any, predicted: Any, told: Sequence[Any]) -> tuple[Any, ...]:
    if kind == "multilabel":
        return tuple(str(i) for i in range(y.shape[1]))
    if kind not in ("binary", "multiclass"):
        return ()
    seen = set(_plain(np.unique(y))) | set(_plain(np.unique(predicted)))
    if told and seen <= set(told):
        return tuple(told)
    if kind == "binary" and len(seen) == 1:
        seen |= {0, 1} if seen <= {0, 1} else set()
    try:
        return tuple(sorted(seen))
    except TypeError:
        return tuple(sorted(seen, key=str))


def _positive(kind: Problem, classes: tuple[Any, ...], asked: Any) -> Any:
    if kind != "binary":
        return None
    if asked is None:
        return classes[-1]
    found = [label for label in classes if label == asked or str(label) == str(asked)]
    if not found:
        raise UsageError(f"positive is {asked!r}, but the classes are {', '.join(map(repr, classes))}")
    return found[0]


def _aligned(name: str, values: Any, n: int) -> Any:
    if values is None:
        return None
    array = np.asarray(values)
    if array.shape != (n,):
        raise UsageError(f"{name} has the shape {array.shape}; give one value for each of {n:,} rows")
    return array


def _plain(values: Any) -> list[Any]:
    return [value.item() if hasattr(value, "item") else value for value in values]
