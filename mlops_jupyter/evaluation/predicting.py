"""Asking any model for its answers, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .reading import array_of, rows_of

CHUNK_ROWS: Final = 100_000
"""Rows that are asked for at a time, so that a wide model does not copy a large table whole."""

_ARGMAX: Final = {"RandomForestClassifier", "ExtraTreesClassifier", "HistGradientBoostingClassifier"}
"""scikit-learn's classes whose ``predict`` is by definition the class of the highest probability."""


@dataclass(frozen=True)
class Predictions:
    """A model's answers: labels or numbers, scores where it has them, and what kind of model it is."""

    predicted: NDArray[Any] | None
    scores: NDArray[np.float64] | None
    classes: tuple[Any, ...] | None
    kind: str


def predictions_of(model: Any, X: Any) -> Predictions:  # noqa: N803 the field's letter
    """Return the answers of a model or a callable to every row of X.

    Raises
    ------
    UsageError
        Where it can neither predict nor be called, or fails to.

    Examples
    --------
    >>> predictions_of(lambda rows: rows[:, 0] * 2, np.ones((3, 1))).predicted.tolist()
    [2.0, 2.0, 2.0]
    """
    kind = kind_of(model)
    if not hasattr(model, "predict"):
        if callable(model):
            return _called(model, X, kind)
        if kind == "clusterer" and hasattr(model, "labels_"):
            return Predictions(_own_labels(model, X), None, None, kind)
        raise UsageError(f"{type(model).__name__} has no predict; expected a fitted model or a function of X")
    classes = _classes(model)
    if kind == "regressor" or kind == "clusterer":
        return Predictions(_asked(model.predict, X, "predict"), None, None, kind)
    scores = _scores(model, X)
    if scores is not None and classes is not None and _is_argmax(model):
        return Predictions(np.asarray(classes)[scores.argmax(axis=1)], scores, classes, kind)
    predicted = _asked(model.predict, X, "predict")
    return Predictions(predicted, scores, classes, "classifier" if scores is not None else kind)


def kind_of(model: Any) -> str:
    """Return ``classifier``, ``regressor``, ``clusterer`` or nothing where the model does not say."""
    from sklearn.base import is_classifier, is_clusterer, is_regressor

    if not hasattr(model, "__sklearn_tags__") and not hasattr(model, "_estimator_type"):
        return ""
    try:
        for name, check in (
            ("classifier", is_classifier),
            ("regressor", is_regressor),
            ("clusterer", is_clusterer),
        ):
            if check(model):
                return name
    except (AttributeError, TypeError):  # a model of another library with tags of its own
        pass
    return ""


def _own_labels(model: Any, X: Any) -> NDArray[Any]:  # noqa: N803
    labels = array_of(model.labels_)
    if len(labels) != rows_of(X):
        raise UsageError(
            f"{type(model).__name__} cannot predict: it labelled {len(labels):,} rows when fitted, X has "
            f"{rows_of(X):,}; expected the rows that it was fitted on"
        )
    return labels


def _called(model: Any, X: Any, kind: str) -> Predictions:  # noqa: N803
    found = _asked(model, X, getattr(model, "__name__", type(model).__name__))
    if found.ndim == 2 and found.shape[1] > 1:
        marks = np.asarray(found, dtype=np.float64)
        if np.isin(found, (0, 1)).all() and (found.sum(axis=1) != 1).any():
            return Predictions(found, None, None, kind)
        return Predictions(None, marks, None, "classifier")
    return Predictions(found.reshape(len(found)), None, None, kind)


def _classes(model: Any) -> tuple[Any, ...] | None:
    found = getattr(model, "classes_", None)
    if found is None or (isinstance(found, list) and found and np.ndim(found[0])):
        return None
    return tuple(found)


def _scores(model: Any, X: Any) -> NDArray[np.float64] | None:  # noqa: N803
    for name in ("predict_proba", "decision_function"):
        if hasattr(model, name):
            found = _asked(getattr(model, name), X, name)
            return np.asarray(found.reshape(-1, 1) if found.ndim == 1 else found, dtype=np.float64)
    return None


def _is_argmax(model: Any) -> bool:
    last = model
    while hasattr(last, "steps"):
        last = last.steps[-1][1]
    return type(last).__module__.startswith("sklearn.") and type(last).__name__ in _ARGMAX


def _asked(ask: Callable[[Any], Any], X: Any, name: str) -> NDArray[Any]:  # noqa: N803
    n = rows_of(X)
    try:
        if n <= CHUNK_ROWS:
            found = _joined(ask(X))
        else:
            found = np.concatenate(
                [_joined(ask(_part(X, start, start + CHUNK_ROWS))) for start in range(0, n, CHUNK_ROWS)]
            )
    except MemoryError:
        raise
    except Exception as error:
        raise UsageError(
            f"{name} failed on X ({n:,} rows): {type(error).__name__}: {_first_line(error)}; X must have the "
            "columns that the model was fitted on"
        ) from error
    if len(found) != n:
        raise UsageError(f"{name} returned {len(found):,} rows for {n:,}; expected one answer a row")
    return found


def _joined(found: Any) -> NDArray[Any]:
    """Return answers as one array; a list of (n, 2) probabilities, one a label, becomes (n, labels)."""
    if isinstance(found, list) and found and np.ndim(found[0]) == 2:
        return np.column_stack([np.asarray(one)[:, -1] for one in found])
    return array_of(found)


def _part(X: Any, start: int, stop: int) -> Any:  # noqa: N803
    return X.iloc[start:stop] if hasattr(X, "iloc") else X[start:stop]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or "no message").splitlines()[0]
