"""The model, asked: labels and probabilities at one go where they are the same, and threads held down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_TIE = 1e-9
_SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")
_BY_LARGEST: Final = {
    "sklearn": (
        "AdaBoostClassifier BaggingClassifier BernoulliNB ComplementNB DecisionTreeClassifier "
        "ExtraTreeClassifier ExtraTreesClassifier GaussianNB GradientBoostingClassifier "
        "HistGradientBoostingClassifier LinearDiscriminantAnalysis LogisticRegression LogisticRegressionCV "
        "MLPClassifier MultinomialNB QuadraticDiscriminantAnalysis RandomForestClassifier"
    ),
    "xgboost": "XGBClassifier XGBRFClassifier",
    "lightgbm": "LGBMClassifier",
}
"""Classifiers whose label is, by their own definition, the class of the largest probability."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One prediction per row, and the probabilities of ``classes`` where the model has them."""

    predictions: Any
    probabilities: Any = None
    classes: tuple[Any, ...] = ()


class Model:
    """A fitted model with the call that answers.

    Parameters
    ----------
    fitted
        The model of the file.
    method
        ``predict`` or ``transform``.
    threads
        How many the model may use for one request.
    """

    def __init__(self, fitted: Any, method: str = "predict", threads: int = 1) -> None:
        self.fitted = fitted
        self.method = method if hasattr(fitted, method) else "__call__"
        self.has_probabilities = method == "predict" and _has(fitted, "predict_proba")
        self.classes: Any = _classes(fitted) if self.has_probabilities else None
        self._is_by_largest = self.classes is not None and _takes_the_largest(fitted)
        self._is_checked = False
        hold_down(fitted, threads)

    def ask(self, given: Any, *, with_probabilities: bool = True) -> Answers:
        """Return the answers to rows; raises whatever the model raises."""
        if not self.has_probabilities or not with_probabilities:
            return Answers(_dense(getattr(self.fitted, self.method)(given)))
        probabilities = self.fitted.predict_proba(given)
        classes = tuple(self.classes.tolist()) if self.classes is not None else ()
        if isinstance(probabilities, list):  # one array for each of several targets
            return Answers(_dense(self.fitted.predict(given)))
        labels = self._labels(probabilities) if self._is_by_largest else None
        if labels is None or not self._is_checked:
            asked = _dense(self.fitted.predict(given))
            self._is_by_largest &= labels is None or np.array_equal(labels, asked)
            self._is_checked, labels = labels is not None, asked
        return Answers(labels, probabilities, classes)

    def _labels(self, probabilities: Any) -> Any:
        """Return the classes of the largest probabilities; None where two are too near to each other."""
        if probabilities.ndim != 2 or probabilities.shape[1] != len(self.classes):
            return None
        if probabilities.shape[1] > 1:
            highest = np.partition(probabilities, -2, axis=1)[:, -2:]
            if not (highest[:, 1] - highest[:, 0] > _TIE).all():
                return None
        return self.classes[probabilities.argmax(axis=1)]


def hold_down(fitted: Any, threads: int) -> None:
    """Let a model use so many threads, whatever it was trained with: its answers stay the same."""
    for part in _parts(fitted):
        if isinstance(getattr(part, "__dict__", {}).get("n_jobs"), int):
            part.n_jobs = threads


def _parts(fitted: Any) -> Iterator[Any]:
    """Yield a model and the models inside it."""
    seen: set[int] = set()
    waiting = [fitted]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, (list, tuple)):
            waiting.extend(part[:10_000])
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, np.ndarray) and part.dtype == object:
            waiting.extend(part.ravel()[:10_000].tolist())
        elif hasattr(type(part), "get_params"):
            yield part
            waiting.extend(getattr(part, "__dict__", {}).values())


def _takes_the_largest(fitted: Any) -> bool:
    inner = fitted
    while True:
        kind = type(inner)
        library = kind.__module__.partition(".")[0]
        if library == "sklearn" and kind.__name__ == "Pipeline":
            inner = inner.steps[-1][1]
        elif library == "sklearn" and kind.__name__ in _SEARCHES and hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        else:
            return kind.__name__ in _BY_LARGEST.get(library, "").split()


def _has(fitted: Any, name: str) -> bool:
    try:
        return callable(getattr(fitted, name, None))
    except Exception:  # noqa: BLE001 - a property of foreign code
        return False


def _classes(fitted: Any) -> Any:
    try:
        classes = fitted.classes_
    except Exception:  # noqa: BLE001 - a property of foreign code
        return None
    return classes if isinstance(classes, np.ndarray) and classes.ndim == 1 else None


def _dense(answers: Any) -> Any:
    """Return answers as an array, whatever the model gave."""
    if hasattr(answers, "toarray"):
        return answers.toarray()
    if hasattr(answers, "to_numpy"):
        return answers.to_numpy()
    return np.asarray(answers)
