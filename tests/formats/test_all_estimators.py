"""How many of scikit-learn's estimators come back from a file, without a word of the user."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest

pytestmark = pytest.mark.slow

NEEDED = 160


def estimators():
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils import all_estimators

    for name, kind in all_estimators():
        one = Ridge if "Regressor" in name else LogisticRegression
        given = {
            "estimator": one(),
            "base_estimator": one(),
            "estimators": [("a", one()), ("b", one())],
            "steps": [("scale", StandardScaler()), ("last", one())],
            "transformers": [("scale", StandardScaler(), [0, 1])],
            "transformer_list": [("scale", StandardScaler())],
            "param_grid": {"fit_intercept": [True, False]},
            "param_distributions": {"fit_intercept": [True, False]},
        }
        parameters = inspect.signature(kind.__init__).parameters
        needed = {
            key: value
            for key, value in given.items()
            if key in parameters and parameters[key].default is inspect.Parameter.empty
        }
        extra = {"n_iter": 2} if name == "RandomizedSearchCV" else {}
        try:
            yield name, kind(**needed, **extra)
        except TypeError:  # needs something of its own, such as a dictionary
            continue


def fitted():
    from sklearn.datasets import make_classification

    x, y = make_classification(60, 5, n_informative=4, n_redundant=0, random_state=0)
    x = np.abs(x)
    words = [f"hello world number {number}" for number in range(60)]
    records = [{"a": 1, "b": number} for number in range(60)]
    inputs = [
        (x, y),
        (x, np.c_[y, 1 - y]),
        (x, x[:, :1] * 3 + 1),
        (x[:, 0], y),
        (records, y),
        (words, y),
        (x, x[:, :2]),
    ]
    for name, model in estimators():
        for features, labels in inputs:
            try:
                answer(model.fit(features, labels), features)
            except Exception:  # this kind of data is not for this estimator
                continue
            yield name, model, features
            break


def answer(model, features):
    for method in ("predict", "transform", "score_samples"):
        if hasattr(model, method):
            found = getattr(model, method)(features)
            return found.toarray() if hasattr(found, "toarray") else np.asarray(found)
    return None


def test_nearly_all_estimators_come_back_and_answer_the_same():
    from mlops_jupyter import formats

    total, same, other = 0, [], {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model, features in fitted():
            total += 1
            try:
                loaded = formats.load_model(formats.dump_model(model).data)
                before, after = answer(model, features), answer(loaded, features)
                if before is not None:
                    np.testing.assert_allclose(after, before, rtol=1e-12, atol=1e-12)
                same.append(name)
            except Exception as error:
                other[name] = f"{type(error).__name__}: {error}"[:200]
    print(f"{len(same)} of {total} come back; not: {other}")
    assert len(same) >= NEEDED, other
    assert set(other) <= {"Birch"}, other
