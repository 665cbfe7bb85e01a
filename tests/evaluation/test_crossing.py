"""Cross-validation by row, group and time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

from mlops_jupyter.errors import UsageError
from mlops_jupyter.evaluation import cross_validate

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(120, 3)), columns=["a", "b", "customer_id"])
X["customer_id"] = np.repeat(np.arange(12), 10)
Y = (X["a"] + RNG.normal(size=120) > 0).astype(int)


def test_rows_have_the_values_of_scikit_learn():
    found = cross_validate(LogisticRegression(), X, Y, metric="accuracy")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    expected = cross_val_score(LogisticRegression(), X, Y, cv=folds)
    assert [fold.value for fold in found.folds] == pytest.approx(list(expected))
    half = found.estimate.high - found.estimate.value
    naive = 2.776 * expected.std(ddof=1) / np.sqrt(5)
    assert half == pytest.approx(naive * np.sqrt(1 + 5 * 24 / 96), rel=1e-3)
    assert "customer_id (12 of 120 differ)" in found.note


def test_groups_stay_together():
    found = cross_validate(LogisticRegression(), X, Y, groups=X["customer_id"], n_splits=4)
    held = [name for fold in found.folds for name in fold.name.replace(" and", ",").split(", ")]
    assert found.unit == "group"
    assert found.note == ""
    assert sum(fold.n_test for fold in found.folds) == 120
    assert len(held) == len(set(held))


def test_the_past_predicts_the_future():
    times = pd.date_range("2026-01-01", periods=120)[::-1]
    found = cross_validate(LinearRegression(), X[["a"]], X["b"], times=times, n_splits=3)
    assert (found.unit, found.metric_key, found.is_higher_better) == ("time", "rmse", False)
    assert [fold.n_train for fold in found.folds] == [30, 60, 90]
    assert [fold.name[:10] for fold in found.folds] == ["2026-01-31", "2026-03-02", "2026-04-01"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": [0] * 120, "times": [0] * 120}, "not both"),
        ({"n_splits": 1}, "n_splits is 1; give 2 to 120"),
        ({"groups": [0, 1] * 60}, "there are 2 groups"),
    ],
)
def test_what_cannot_be_split_is_said(options, message):
    with pytest.raises(UsageError, match=message):
        cross_validate(LogisticRegression(), X, Y, **options)
