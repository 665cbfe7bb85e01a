"""A whole report, for each kind of problem, and the pitfalls it names."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from mlops_jupyter.errors import UsageError
from mlops_jupyter.evaluation import evaluate, score_model, score_predictions
from mlops_jupyter.records import Costs, EvaluationReport, from_plain, to_plain

RNG = np.random.default_rng(0)
N = 400
X = pd.DataFrame(RNG.normal(size=(N, 3)), columns=["a", "b", "c"])
Y = (X["a"] + RNG.normal(size=N) > 0).astype(int)
TRAIN, TEST = slice(0, 200), slice(200, None)
MODEL = LogisticRegression().fit(X[TRAIN], Y[TRAIN])
THREE = np.array(["x", "y", "z"])[np.arange(N) % 3]
RANKED = {"problem": "ranking", "groups": np.arange(N) // 10}
QUICK = {"n_bootstrap": 20, "find_slices": False}


def codes(report):
    return {one.code: one.severity for one in report.findings}


def test_a_report_of_two_classes_is_whole_and_kept_as_json():
    report = evaluate(
        MODEL,
        X[TEST],
        Y[TEST],
        baseline=LogisticRegression().fit(X[["a"]][TRAIN].assign(b=0, c=0), Y[TRAIN]),
        X_train=X[TRAIN],
        y_train=Y[TRAIN],
        costs=Costs(false_negative=5, false_positive=1),
        sensitive=pd.DataFrame({"side": np.where(X["b"][TEST] > 0, "left", "right")}),
        n_bootstrap=20,
    )
    assert (report.problem, report.n_rows, report.primary.key) == ("binary", 200, "roc_auc")
    assert report.primary.estimate.method == "delong"
    assert report.primary.over_dummy.is_better
    assert report.primary.baseline is not None
    assert report.threshold is not None
    assert report.fairness.columns == ("side",)
    assert {"roc", "calibration", "confusion"} <= {curve.kind for curve in report.curves}
    assert "200 rows" in report.summary
    assert "of 100 rows" in report.outsiders
    text = json.dumps(to_plain(report), allow_nan=False)
    assert from_plain(EvaluationReport, json.loads(text)) == report


@pytest.mark.parametrize(
    ("model", "y", "about", "problem", "primary"),
    [
        (LinearRegression(), X["a"] * 2 + X["b"], {}, "regression", "rmse"),
        (
            LogisticRegression(),
            np.array(["x", "y", "z"])[np.arange(N) % 3],
            {},
            "multiclass",
            "balanced_accuracy",
        ),
        (RandomForestClassifier(5), np.c_[Y, 1 - Y, X["b"] > 0].astype(int), {}, "multilabel", "f1_micro"),
        (KMeans(2, n_init=1, random_state=0), None, {}, "clustering", "silhouette"),
        (
            LinearRegression(),
            Y,
            {"problem": "ranking", "groups": np.arange(N) // 10},
            "ranking",
            "ndcg_at_10",
        ),
        (
            LinearRegression(),
            X["a"] + np.arange(N) % 12,
            {"problem": "forecasting", "seasonal_period": 12},
            "forecasting",
            "mase",
        ),
    ],
)
def test_every_problem_has_a_report(model, y, about, problem, primary):
    report = evaluate(model.fit(X, y), X, y, **about, **QUICK)
    assert (report.problem, report.primary.key) == (problem, primary)
    assert report.primary.estimate.low <= report.primary.estimate.value <= report.primary.estimate.high
    assert (report.primary.over_dummy is None) == (problem == "clustering")


@pytest.mark.parametrize(
    "kind", [RandomForestClassifier, ExtraTreesClassifier, HistGradientBoostingClassifier]
)
def test_labels_of_the_highest_probability_are_those_of_predict(kind):
    model = kind(random_state=0).fit(X[TRAIN], Y[TRAIN].map({0: "no", 1: "yes"}))
    scored = score_model(model, X[TEST], Y[TEST].map({0: "no", 1: "yes"}))
    assert np.array_equal(scored.predicted, model.predict(X[TEST]))


def test_the_positive_class_may_be_the_other_one():
    own = evaluate(MODEL, X[TEST], Y[TEST], **QUICK)
    other = evaluate(MODEL, X[TEST], Y[TEST], positive=0, **QUICK)
    values = [{one.key: one.estimate.value for one in report.metrics} for report in (own, other)]
    assert values[0]["roc_auc"] == pytest.approx(values[1]["roc_auc"])
    assert values[0]["recall"] != values[1]["recall"]
    without = score_model(LinearSVC().fit(X[TRAIN], Y[TRAIN]), X[TEST], Y[TEST], positive=0)
    assert (without.positive_scores > 0).astype(int).tolist() == (without.predicted == 0).astype(int).tolist()


def test_a_class_the_model_never_saw_has_no_chance():
    y = np.r_[np.arange(100) % 2, [2] * 5]
    model = LogisticRegression().fit(X[:100], y[:100])
    scored = score_model(model, X[:105], y)
    assert (scored.problem, scored.classes) == ("multiclass", (0, 1, 2))
    assert (scored.scores[:, 2] == 0).all()


def test_rows_of_training_are_found():
    assert codes(evaluate(MODEL, X[TRAIN], Y[TRAIN], X_train=X[TRAIN], **QUICK))["overlap"] == "error"
    some = pd.concat([X[150:200], X[200:400]])
    found = evaluate(MODEL, some, Y[some.index], X_train=X[TRAIN], y_train=Y[TRAIN], **QUICK)
    assert codes(found)["overlap"] == "warning"
    assert "50 of 250 rows" in next(one.message for one in found.findings if one.code == "overlap")
    clean = evaluate(MODEL, X[TEST], Y[TEST], X_train=X[TRAIN], y_train=Y[TRAIN], **QUICK)
    assert codes(clean) == {}


def test_a_feature_made_from_the_answer_is_named():
    leaky = X.assign(refund=Y * 100.0 + RNG.normal(size=N))
    model = LogisticRegression().fit(leaky[TRAIN], Y[TRAIN])
    found = evaluate(model, leaky[TEST], Y[TEST], **QUICK).findings
    assert [(one.code, one.column) for one in found if one.code == "proxy"] == [("proxy", "refund")]


def test_a_test_before_the_training_is_named():
    dated = X.assign(day=np.arange(N))
    model = LogisticRegression(max_iter=1000).fit(dated[TEST], Y[TEST])
    found = evaluate(model, dated[TRAIN], Y[TRAIN], times="day", X_train=dated[TEST], **QUICK)
    assert codes(found)["time_order"] == "warning"


def test_scores_that_mislead_are_named():
    chance = MODEL.predict_proba(X[TEST])
    swapped = evaluate(lambda rows: chance[: len(rows), ::-1], X[TEST], Y[TEST], **QUICK)
    assert codes(swapped)["below_chance"] == "error"
    bold = evaluate(lambda rows: np.clip(chance[: len(rows)].round(), 0.01, 0.99), X[TEST], Y[TEST], **QUICK)
    assert codes(bold)["uncalibrated"] == "warning"
    same = evaluate(lambda rows: np.zeros(len(rows), int), X[TEST], Y[TEST], **QUICK)
    assert codes(same)["constant_predictions"] == "warning"
    few = evaluate(MODEL, X[200:230], Y[200:230], **QUICK)
    assert codes(few)["few_rows"] == "warning"
    one = evaluate(MODEL, X[TEST], np.ones(200, int), **QUICK)
    assert codes(one)["one_class"] == "error"
    assert one.primary.estimate.value is None
    rare = (X["a"][TEST] > 1.7).astype(int)
    assert (
        codes(evaluate(MODEL, X[TEST], rare, metrics=["accuracy"], **QUICK))["accuracy_of_rare"] == "warning"
    )


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"y": Y[:10]}, "y has 10 rows"),
        ({"y": Y[TEST].astype(float).replace(1.0, np.nan)}, "y is missing in"),
        ({"y": Y[TEST].map({0: "no", 1: "yes"})}, "among the model's classes"),
        ({"problem": "clasification"}, "problem 'clasification' is not known; expected one of binary"),
        ({"groups": "customer"}, "groups 'customer' is no column of X"),
        ({"metrics": ["auc"]}, "metric 'auc' cannot be computed for this binary model; choose from roc_auc"),
        ({"positive": 7}, "positive 7 is no label; expected one of 0, 1"),
        ({"model": object()}, "object has no predict"),
        ({"X": X[["a"]][TEST]}, "predict_proba failed on X"),
        ({"n_bootstrap": 5}, "n_bootstrap is 5; expected at least 20"),
        ({"confidence": 95}, "confidence is 95"),
        ({"problem": "ranking"}, "a ranking needs groups"),
    ],
)
def test_what_cannot_be_scored_is_said(about, message):
    asked = {"model": MODEL, "X": X[TEST], "y": Y[TEST], **QUICK, **about}
    with pytest.raises(UsageError, match=message):
        evaluate(**asked)


def test_frames_of_other_libraries_and_odd_labels():
    polars = pytest.importorskip("polars")
    scored = score_predictions(polars.Series([1, 0, 1]), pd.Series([1, 0, 0], dtype="Int64"))
    assert (scored.problem, scored.classes) == ("binary", (0, 1))
    assert score_predictions(pd.Categorical(["x", "y"]), ["x", "x"]).positive == "y"
    assert score_predictions([True, False], [1, 0]).positive == 1
