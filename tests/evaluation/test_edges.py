"""Rows that say nothing, or too little, must not look like knowledge."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlops_jupyter.errors import UsageError
from mlops_jupyter.evaluation import cross_validate, score_model
from mlops_jupyter.evaluation.comparing import compare
from mlops_jupyter.evaluation.scored import score_predictions

X = np.arange(40.0).reshape(-1, 1)
Y = np.repeat([0, 1], 20)


@pytest.mark.parametrize(
    ("model", "kind"), [(LogisticRegression(), "classifier"), (LinearRegression(), "regressor")]
)
def test_a_model_that_needs_the_truth_is_no_clustering_without_it(model, kind):
    with pytest.raises(UsageError, match=f"y is missing; a {kind}"):
        score_model(model.fit(X, Y), X, None)


def test_weights_that_count_no_row_and_an_infinite_truth_are_refused():
    with pytest.raises(UsageError, match="weights are all 0"):
        score_predictions(Y, Y, weights=np.zeros(40))
    with pytest.raises(UsageError, match="y is infinite in 1 of 40 rows"):
        score_predictions(np.r_[np.inf, X[1:, 0]], X[:, 0])


def test_r2_of_a_truth_that_does_not_vary_is_not_known():
    scored = score_predictions(np.full(40, 0.1), X[:, 0], problem="regression")
    assert compare({"model": scored}, metrics=["r2"], n_bootstrap=20)[0].estimate.value is None
    few = score_predictions(np.array([1.0, 2.0, 3.0]), np.array([1.1, 2.1, 2.8]), problem="regression")
    estimate = compare({"model": few}, metrics=["r2"], n_bootstrap=200)[0].estimate
    assert estimate.high is None or estimate.high <= 1


def test_samples_that_all_agree_give_no_interval_and_no_verdict():
    right = score_predictions(Y, Y, Y.astype(float), groups=np.zeros(40))
    guess = score_predictions(Y, np.zeros(40, int), np.zeros(40), classes=[0, 1], groups=np.zeros(40))
    for found in compare({"model": right, "dummy": guess}, metrics=["roc_auc", "f1"], n_bootstrap=50):
        assert found.over_dummy is not None
        assert found.over_dummy.is_better is None
        assert "noise not known" in found.over_dummy.verdict


def test_every_pair_in_order_is_better_than_a_guess_by_an_interval_of_some_width():
    right = score_predictions(Y, Y, Y.astype(float))
    guess = score_predictions(Y, np.zeros(40, int), np.zeros(40), classes=[0, 1])
    area, f1 = compare({"model": right, "dummy": guess}, metrics=["roc_auc", "f1"], n_bootstrap=50)
    assert area.over_dummy is not None
    assert area.over_dummy.is_better
    assert area.over_dummy.low == pytest.approx(area.estimate.low - 0.5)
    assert f1.estimate.value == 1
    assert f1.estimate.low is None


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "y is missing; a cross-validation"),
        (np.r_[np.nan, Y[1:]], "y is missing in 1 of 40 rows"),
        (np.r_[1, np.zeros(39)], r"fold \d could not be fitted \(\d+ rows\): ValueError"),
    ],
)
def test_a_cross_validation_that_cannot_be_made_says_why(y, message):
    with pytest.raises(UsageError, match=message):
        cross_validate(LogisticRegression(), X, y)
