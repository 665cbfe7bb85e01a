"""Hooks in scikit-learn: they see the cell's own calls, change nothing, and leave nothing behind."""

from __future__ import annotations

import contextvars
import inspect
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlops_jupyter.capture import installation
from mlops_jupyter.capture.hooks import current, is_hook

X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)


class Watching:
    def __init__(self):
        self.pid = os.getpid()
        self.calls = []

    def begin(self, call):
        self.calls.append((call.kind, call.name))
        return True

    def end(self, call, result):
        self.calls.append(("end", call.name))


@pytest.fixture
def watching():
    observer = Watching()
    installation.install()
    current.set(observer)
    yield observer
    current.set(None)
    installation.remove()


def seen(observer):
    return [call for call in observer.calls if call[0] != "end"]


def hooked_places():
    found = [
        f"{owner.__name__}.{name}"
        for owner in _every_class(BaseEstimator)
        for name, value in vars(owner).items()
        if is_hook(value) or is_hook(getattr(value, "fn", None))
    ]
    found += [name for name in ("accuracy_score", "roc_auc_score") if is_hook(_inner(globals()[name]))]
    return found + [str(finder) for finder in sys.meta_path if "mlops" in type(finder).__module__]


def _every_class(base):
    found = {owner for kind in (base, *base.__subclasses__()) for owner in kind.__mro__}
    for child in base.__subclasses__():
        found |= _every_class(child)
    return found


def _inner(function):
    return function.__closure__[function.__code__.co_freevars.index("func")].cell_contents


def test_calls_of_functions_that_were_imported_before_are_seen(watching):
    assert accuracy_score(y, y) == 1.0
    assert seen(watching) == [("metric", "accuracy_score")]


def test_calls_inside_calls_are_not_seen(watching):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    pipeline.score(X, y)
    GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1]}, cv=2, scoring="roc_auc").fit(X, y)
    cross_val_score(LogisticRegression(), X, y, cv=2)
    assert seen(watching) == [
        ("fit", "fit"),
        ("score", "score"),
        ("fit", "fit"),
        ("cross", "cross_val_score"),
    ]


def test_threads_of_a_forest_and_of_the_user_are_not_seen(watching):
    RandomForestClassifier(5, n_jobs=2).fit(X, y)
    thread = threading.Thread(target=lambda: accuracy_score(y, y))
    thread.start()
    thread.join()
    assert seen(watching) == [("fit", "fit")]


def test_another_context_is_not_seen(watching):
    contextvars.Context().run(lambda: accuracy_score(y, y))
    assert seen(watching) == []


def test_classes_born_during_the_cell_are_seen(watching):
    class Mine(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict(self, X):
            return np.zeros(len(X), int)

    class Moved(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return X + 1

    Mine().fit(X, y).score(X, y)
    Moved().fit_transform(X)
    assert seen(watching) == [("fit", "fit"), ("score", "score"), ("fit", "fit_transform")]


def test_nothing_is_left_behind():
    before = hooked_places()
    installation.install()

    class Late(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return X

    assert is_hook(vars(Late)["fit"])
    assert is_hook(_inner(accuracy_score))
    installation.remove()
    assert before == hooked_places() == []
    assert "__init_subclass__" not in vars(BaseEstimator)
    assert not is_hook(getattr(vars(Late)["transform"], "__wrapped__", None))


def test_hooks_of_two_cells_come_out_with_the_last():
    installation.install()
    installation.install()
    installation.remove()
    assert is_hook(_inner(accuracy_score))
    installation.remove()
    assert hooked_places() == []


def test_signatures_exceptions_and_pickles_are_those_of_the_original(watching):
    assert "X" in inspect.signature(LogisticRegression().fit).parameters
    assert inspect.isfunction(LogisticRegression.fit)
    assert pickle.loads(pickle.dumps(accuracy_score)) is accuracy_score
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        accuracy_score(y, y[:-1])
    assert roc_auc_score(y, X[:, 0]) == 1.0
    assert seen(watching) == [("metric", "accuracy_score"), ("metric", "roc_auc_score")]


def test_a_hook_that_fails_changes_nothing(watching):
    watching.end = lambda call, result: 1 / 0
    assert accuracy_score(y, y) == 1.0
    watching.begin = lambda call: 1 / 0
    assert accuracy_score(y, y) == 1.0


@pytest.mark.slow
def test_what_is_imported_during_the_cell_is_seen():
    code = """
import os, sys
from mlops_jupyter.capture import installation
from mlops_jupyter.capture.hooks import current, is_hook
assert "sklearn" not in sys.modules

class Watching:
    pid = os.getpid()
    calls = []
    def begin(self, call):
        self.calls.append(call.name)
        return True
    def end(self, call, result):
        pass

installation.install()
current.set(Watching())
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
import sklearn.metrics
model = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
r2_score([0.0, 1.0], model.predict([[0.0], [1.0]]))
assert Watching.calls == ["fit", "predict", "r2_score"], Watching.calls
installation.remove()
assert not is_hook(Ridge.fit)
assert "mlops" not in type(sklearn.metrics.__spec__.loader).__module__
assert not any("mlops" in type(finder).__module__ for finder in sys.meta_path)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


@pytest.mark.slow
def test_a_class_of_the_notebook_travels_to_worker_processes():
    import cloudpickle  # what joblib sends things to its workers with

    namespace = {"__name__": "__main__", "BaseEstimator": BaseEstimator}
    installation.install()
    try:
        exec(
            "class Own(BaseEstimator):\n"
            "    def fit(self, X, y=None):\n        self.done_ = True\n        return self",
            namespace,
        )
        own = namespace["Own"]
        own.__module__ = "__main__"
        data = cloudpickle.dumps(own())
    finally:
        installation.remove()
    code = f"import pickle; model = pickle.loads({data!r}); print(model.fit([[1]]).done_)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "True", answer.stderr
