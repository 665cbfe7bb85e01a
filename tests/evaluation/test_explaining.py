"""Importance equals scikit-learn's, features that say the same go together, dependence and SHAP are right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlops_jupyter.errors import UnsupportedError, UsageError
from mlops_jupyter.evaluation.explaining import explain
from mlops_jupyter.evaluation.explaining_groups import alike
from mlops_jupyter.evaluation.explaining_tables import take, with_rows
from mlops_jupyter.evaluation.scored import score_model
from mlops_jupyter.records import Explanation, from_plain, to_plain


def people(n=600, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"age": rng.normal(size=n), "sex": rng.choice(["f", "m"], n), "noise": rng.normal(size=n)}
    )
    frame["birth"] = -frame.age + rng.normal(size=n) * 0.05
    logit = 2 * frame.age + (frame.sex == "m") * 2 - 1
    return frame, (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)


def fitted(frame, y, last=LogisticRegression()):  # noqa: B008 cloned below
    numbers = [name for name in frame.columns if name != "sex"]
    prepared = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(), ["sex"]))
    return make_pipeline(prepared, clone(last)).fit(frame, y)


def explained(model, X, y, metric="roc_auc", **more):
    return explain(model, score_model(model, X, y), X, y, metric=metric, **{"with_shap": False, **more})


def by_name(importances):
    return {one.feature: one for one in importances}


def test_features_that_say_the_same_are_shuffled_together():
    frame, y = people()
    found = explained(fitted(frame, y), frame, y)
    first = found.importances[0]
    assert {first.feature, *first.together} == {"age", "birth"}
    assert first.estimate.low > 0.15
    assert sum(one.share for one in found.importances) == pytest.approx(1)
    assert found.summary.startswith(f"{first.feature} (with {first.together[0]}) carries ")
    assert by_name(found.importances)["noise"].estimate.low <= 0


def test_importance_is_that_of_scikit_learn():
    frame, y = people(1500)
    frame = frame.drop(columns=["birth", "sex"])
    model = LogisticRegression().fit(frame, y)
    ours = by_name(explained(model, frame, y, n_repeats=30).importances)
    theirs = permutation_importance(model, frame, y, scoring="roc_auc", n_repeats=30, random_state=0)
    for name, mean, spread in zip(
        frame.columns, theirs.importances_mean, theirs.importances_std, strict=True
    ):
        assert ours[name].estimate.value == pytest.approx(mean, abs=4 * spread / np.sqrt(15) + 1e-12)


def test_dependence_is_that_of_scikit_learn():
    frame, y = people(300)
    model = fitted(frame, y, GradientBoostingClassifier(n_estimators=10, random_state=0))
    found = {curve.title: curve for curve in explained(model, frame, y, n_repeats=2).dependences}
    curve = next(found[name] for name in ("age", "birth") if name in found)
    theirs = partial_dependence(
        model, frame, [curve.title], custom_values={curve.title: np.array(curve.lines[0].x)}, method="brute"
    )
    assert np.allclose(curve.lines[0].y, theirs["average"][0], atol=1e-12)
    assert found["sex"].x_labels == ("f", "m")
    assert found["sex"].lines[0].counts == tuple(frame.sex.value_counts().sort_index())
    assert found["sex"].lines[0].y[0] < found["sex"].lines[0].y[1]


@pytest.mark.parametrize("kind", ["pandas", "polars", "numpy", "sparse"])
def test_tables_keep_their_kind(kind):
    values = np.arange(12.0).reshape(4, 3)
    table = {
        "pandas": lambda: pd.DataFrame(values, columns=["a", "b", "c"], index=[9, 8, 7, 6]),
        "polars": lambda: pytest.importorskip("polars").DataFrame(values, schema=["a", "b", "c"]),
        "numpy": lambda: values.copy(),
        "sparse": lambda: pytest.importorskip("scipy.sparse").csr_matrix(values),
    }[kind]()
    changed = with_rows(take(table, np.arange(4)), table, [1], np.array([3, 2, 1, 0]))
    dense = changed.toarray() if kind == "sparse" else np.asarray(changed)
    assert type(changed).__module__.split(".")[0] == type(table).__module__.split(".")[0]
    assert dense[:, 1].tolist() == [10.0, 7.0, 4.0, 1.0]
    assert dense[:, 0].tolist() == values[:, 0].tolist()


def test_categories_and_missing_values_stay_what_they_are():
    frame = pd.DataFrame(
        {"level": pd.Categorical(["lo", None, "hi"] * 40, categories=["lo", "hi"], ordered=True)}
    )
    y = (frame.level == "hi").to_numpy().astype(float)

    def model(rows):
        assert isinstance(rows.level.dtype, pd.CategoricalDtype)
        return (rows.level == "hi").to_numpy() * 0.75 + rows.level.isna().to_numpy() * 0.1

    scored = score_model(model, frame, y, problem="regression")
    found = explain(model, scored, frame, y, metric="mae", with_shap=False)
    assert found.importances[0].share == 1
    curve = found.dependences[0]
    assert dict(zip(curve.x_labels, curve.lines[0].y, strict=True)) == {
        "hi": 0.75,
        "lo": 0.0,
        "missing": pytest.approx(0.1),
    }
    assert curve.lines[0].counts == (40, 40, 40)


def test_groups_of_features_by_rank_class_and_both():
    rng = np.random.default_rng(0)
    x, word = pd.Series(rng.normal(size=400)), pd.Series(rng.choice(["a", "b", "c"], 400))
    code = word.map({"a": 0.0, "b": 10.0, "c": 20.0}) + rng.random(400)
    columns = [
        x,
        word,
        np.exp(x),
        word.str.upper(),
        code,
        pd.Series(rng.normal(size=400)),
        pd.Series([1.0] * 400),
    ]
    assert alike(columns) == [(0, 2), (1, 3, 4), (5,), (6,)]
    assert alike([x]) == [(0,)]


def test_a_large_hold_out_is_sampled_and_said():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 3))
    y = X[:, 0] * 2
    found = explained(LinearRegression().fit(X, y), X, y, "rmse", max_rows=500, n_repeats=2)
    assert (found.n_rows, found.note) == (500, "500 of 4,000 rows, drawn at random")
    assert found.importances[0].feature == "x0"
    assert from_plain(Explanation, to_plain(found)) == found


def test_a_model_that_uses_nothing_is_said():
    X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
    found = explain(
        lambda rows: np.zeros(len(rows)),
        score_model(lambda rows: np.zeros(len(rows)), X, y, problem="binary"),
        X,
        y,
        metric="accuracy",
        with_shap=False,
    )
    assert found.summary == "No feature makes the metric worse beyond noise when it is shuffled."
    assert all(one.share == 0 for one in found.importances)


def test_a_ranking_is_explained_by_its_queries_and_a_forecast_by_its_mean_error():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    relevance, queries = (X[:, 0] > 0.5).astype(float), np.repeat(np.arange(30), 10)

    def model(rows):
        return rows[:, 0]

    ranking = score_model(model, X, relevance, problem="ranking", groups=queries)
    found = explain(model, ranking, X, relevance, metric="ndcg_at_10", n_repeats=3, with_shap=False)
    assert found.importances[0].feature == "x0"
    assert 0.2 < found.importances[0].estimate.low < found.importances[0].estimate.value < 0.9
    assert found.importances[1].estimate.value == 0
    forecast = score_model(model, X, X[:, 0], problem="forecasting", times=np.arange(300))
    found = explain(model, forecast, X, X[:, 0], metric="mase", n_repeats=3, with_shap=False)
    shuffled = np.abs(X[:, 0][:, None] - X[:, 0]).mean()
    assert found.metric_key == "mae"
    assert found.importances[0].estimate.value == pytest.approx(shuffled, rel=0.1)


def test_what_cannot_be_explained_is_refused():
    X, y = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2
    model = LogisticRegression().fit(X, y)
    scored = score_model(model, X, y)
    with pytest.raises(UsageError, match=r"'auc'.*roc_auc"):
        explain(model, scored, X, y, metric="auc")
    with pytest.raises(UsageError, match="X has 49 rows, y 50, and 50 were scored"):
        explain(model, scored, X[1:], y, metric="roc_auc")
    with pytest.raises(UnsupportedError, match="needs a table"):
        explain(model, scored, X.tolist(), y, metric="roc_auc")
    with pytest.raises(UsageError, match="n_repeats is 0"):
        explain(model, scored, X, y, metric="roc_auc", n_repeats=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "last", [LogisticRegression(), RandomForestClassifier(20, random_state=0)], ids=["linear", "trees"]
)
def test_shap_of_a_pipeline_is_named_by_columns_and_adds_up(last):
    pytest.importorskip("shap")
    frame, y = people(400)
    frame = frame.drop(columns="birth")
    model = fitted(frame, y, last)
    found = explained(model, frame, y, n_repeats=2, with_shap=True)
    assert [one.feature for one in found.shap] == ["age", "sex", "noise"]
    assert sum(one.share for one in found.shap) == pytest.approx(1)
    assert all(one.estimate.low <= one.estimate.value <= one.estimate.high for one in found.shap)


@pytest.mark.slow
def test_shap_of_a_linear_model_is_coefficient_times_distance():
    pytest.importorskip("shap")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    model = LinearRegression().fit(X, 3 * X[:, 0] + X[:, 1])
    found = by_name(explained(model, X, 3 * X[:, 0] + X[:, 1], "rmse", with_shap=True).shap)
    assert found["x0"].estimate.value == pytest.approx(3 * np.abs(X[:, 0]).mean(), rel=0.1)
    assert found["x0"].share == pytest.approx(0.75, abs=0.04)


@pytest.mark.slow
def test_a_model_that_shap_cannot_read_has_importance_alone():
    pytest.importorskip("shap")
    from sklearn.neighbors import KNeighborsClassifier

    frame, y = people(200)
    found = explained(fitted(frame, y, KNeighborsClassifier()), frame, y, n_repeats=2, with_shap=True)
    assert found.shap == ()
    assert found.importances[0].estimate.value > 0


@pytest.mark.slow
def test_interval_of_importance_holds_what_other_rows_say():
    frame, y = people(1000, seed=5)
    frame = frame.drop(columns="birth")
    model = fitted(frame, y)
    large, truth = people(60_000, seed=6)
    large = large.drop(columns="birth")
    real = by_name(explained(model, large, truth, max_rows=60_000, n_repeats=3).importances)
    hits = []
    for seed in range(10, 50):
        some, answers = people(1000, seed=seed)
        found = by_name(explained(model, some.drop(columns="birth"), answers, n_repeats=3).importances)
        hits += [
            found[name].estimate.low <= real[name].estimate.value <= found[name].estimate.high
            for name in ("age", "sex")
        ]
    assert np.mean(hits) >= 0.88
