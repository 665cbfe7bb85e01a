"""A model is copied when its cell ends, and the file is made of the copy."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlops_jupyter import formats
from mlops_jupyter.capture.models import Kept
from mlops_jupyter.capture.saving import Saving, copy_behind, trees_of
from mlops_jupyter.errors import UnsupportedError

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 3))
y = (X[:, 0] > 0).astype(int)


def saved(model, then=lambda: None):
    saving = Saving(Kept("model", model, {}))
    saving.copy()
    saving.wait()
    then()
    return saving.write()


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, random_state=0),
        GradientBoostingClassifier(n_estimators=5, random_state=0),
        make_pipeline(StandardScaler(), SGDClassifier(random_state=0)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_that_is_fitted_anew_at_once_is_saved_as_it_was(model):
    model.fit(X, y)
    before, answers = formats.dump_model(model).data, model.predict(X)
    file = saved(model, then=lambda: model.fit(X, 1 - y))
    assert file.data == before
    assert np.array_equal(formats.load_model(file.data).predict(X), answers)


@pytest.mark.slow
def test_arrays_that_a_partial_fit_changes_in_place_are_copied():
    model = SGDClassifier(random_state=0).partial_fit(X, y, classes=[0, 1])
    before = model.coef_.copy()
    file = saved(model, then=lambda: model.partial_fit(X, 1 - y))
    assert np.array_equal(formats.load_model(file.data).coef_, before)
    assert not np.array_equal(model.coef_, before)


def test_trees_that_are_written_into_are_found_out():
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    assert len(list(trees_of(make_pipeline(StandardScaler(), forest)))) == 5

    def prune():
        forest.estimators_[2].tree_.threshold[0] = 99

    with pytest.raises(UnsupportedError, match="changed while it was being saved"):
        saved(forest, then=prune)


class Locked(BaseEstimator):
    """Cannot be copied."""

    def __init__(self):
        self.lock_ = threading.Lock()


def test_what_cannot_be_copied_is_waited_for_until_it_is_written():
    saving = Saving(Kept("model", Locked(), {}))
    copy_behind([saving])
    waiting = threading.Thread(target=saving.wait)
    waiting.start()
    with pytest.raises(UnsupportedError):
        saving.write()
    waiting.join(10)
    assert not waiting.is_alive()
