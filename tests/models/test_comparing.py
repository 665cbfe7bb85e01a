"""Two versions beside each other."""

from __future__ import annotations

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import UsageError
from mlops_jupyter.models.comparing_metrics import difference
from mlops_jupyter.records import DatasetVersion, Difference, Estimate, MetricResult
from mlops_jupyter.store import as_row

PAIRED = Difference(0.012, 0.003, 0.021, True, "better by 0.012 ± 0.009", "delong", 0.01)


@pytest.fixture
def rows(registry):
    """A function that writes a content and returns its identity."""

    def write(letter):
        version = DatasetVersion(f"mj1:{letter * 64}", "pandas", 1000, 3, 1, "s", "[]", "2026-01-02")
        registry.upsert("dataset_versions", as_row(version), key=["id"])
        return version.id

    return write


def metric(value, half=0.03, *, is_higher_better=True):
    return MetricResult("k", "K", Estimate(value, value - half, value + half), is_higher_better)


def changes(found, part):
    return {
        one.name: (one.before, one.after, one.note, one.is_better)
        for one in found.changes
        if one.part == part
    }


def test_not_evaluated_is_said(registry, churn, evaluated):
    assert models.compare("churn:1", "churn:2").verdict == "churn:1 and churn:2 were not evaluated"
    evaluated(churn[0].version)
    assert models.compare("churn:1", "churn:2").verdict == "churn:2 was not evaluated"


def test_other_rows_do_not_compare(registry, churn, evaluated, rows):
    evaluated(churn[0].version, 0.8, data=rows("a"))
    evaluated(churn[1].version, 0.9, low=0.85, high=0.95, data=rows("b"))
    found = models.compare("churn:1", "churn:2")
    assert not found.same_rows
    assert found.verdict.startswith("churn:1 and churn:2 were not evaluated on the same rows")
    assert changes(found, "metrics") == {"AUC": ("0.80 ± 0.05", "0.90 ± 0.05", "on other rows", None)}


def test_one_content_with_the_baseline_s_pairs(registry, churn, evaluated, rows):
    evaluated(churn[0].version, 0.8, data=rows("a"))
    evaluated(churn[1].version, 0.812, low=0.76, high=0.86, data=rows("a"), baseline="churn:1", over=PAIRED)
    found = models.compare("churn:1", "churn:2")
    assert found.same_rows
    assert changes(found, "metrics")["AUC"][2:] == ("better by 0.012 ± 0.009", True)
    assert found.verdict == ("churn:2 has AUC 0.81 ± 0.05, churn:1 0.80 ± 0.05: better by 0.012 ± 0.009")


def test_the_pairs_are_turned_round(registry, churn, evaluated, rows):
    evaluated(churn[0].version, 0.8, data=rows("a"))
    evaluated(churn[1].version, 0.812, data=rows("a"), baseline="churn:1", over=PAIRED)
    found = models.compare("churn:2", "churn:1")
    assert changes(found, "metrics")["AUC"][2:] == ("worse by 0.012 ± 0.009", False)


def test_without_pairs_the_interval_is_wide_and_that_is_said(registry, churn, evaluated, rows):
    evaluated(churn[0].version, 0.8, data=rows("a"))
    evaluated(churn[1].version, 0.81, low=0.76, high=0.86, data=rows("a"), baseline="churn:3", over=PAIRED)
    found = models.compare("churn:1", "churn:2")
    assert found.same_rows
    assert changes(found, "metrics")["AUC"][2:] == ("no difference beyond noise (0.01 ± 0.07)", None)
    assert found.verdict.endswith("with the other as its baseline the interval is narrower")


def test_an_older_evaluation_on_one_content_is_found(registry, churn, evaluated, rows):
    evaluated(churn[0].version, 0.8, data=rows("a"), created_at="2026-01-01")
    evaluated(churn[1].version, 0.7, data=rows("a"), created_at="2026-01-02")
    evaluated(churn[1].version, 0.9, data=rows("b"), created_at="2026-01-03")
    assert models.compare("churn:1", "churn:2").same_rows


@pytest.mark.parametrize(
    ("before", "after", "is_better"),
    [
        (metric(0.8), metric(0.9), True),
        (metric(0.9), metric(0.8), False),
        (metric(0.8), metric(0.83), None),
        (metric(2.0, is_higher_better=False), metric(1.0, is_higher_better=False), True),
    ],
)
def test_two_intervals_make_one(before, after, is_better):
    found = difference(before, after)
    assert found.is_better is is_better
    assert found.high - found.value == pytest.approx(0.03 * 2**0.5)


def test_a_metric_without_an_interval_says_nothing():
    bare = MetricResult("k", "K", Estimate(0.8), True)
    assert difference(bare, metric(0.9)).is_better is None
    assert difference(MetricResult("k", "K", Estimate(None), True), metric(0.9)).value is None


def test_parameters_and_libraries(registry, made):
    from sklearn.linear_model import Lasso

    models.register("churn", model=made())
    models.register("churn", model=Lasso(alpha=0.5).fit([[0.0], [1.0]], [0.0, 1.0]))
    where = {"number": 1}
    registry.update("model_versions", {"libraries": '{"scikit-learn": "1.0"}'}, where)
    found = models.compare("churn:1", "churn:2")
    assert changes(found, "model")["class"][:2] == ("Ridge", "Lasso")
    assert changes(found, "params")["alpha"][:2] == ("0.1", "0.5")
    assert changes(found, "params")["selection"][:2] == ("", "cyclic")
    assert changes(found, "libraries")["scikit-learn"][0] == "1.0"


def test_data_that_differ(registry, made):
    import pandas as pd

    from mlops_jupyter import tracking

    for slope in (1.0, 2.0):
        with tracking.start_run() as run:
            run.log_dataset(pd.DataFrame({"x": [0.0, slope]}), "X_train", "train")
            run.log_dataset(pd.DataFrame({"x": [7.0]}), "X_test", "test")
            run.log_model(made(slope), "ridge")
        models.register("churn", run=run.number)
    found = changes(models.compare("churn:1", "churn:2"), "data")
    assert list(found) == ["train X_train"]
    assert found["train X_train"][0].endswith(", 2 × 1")


def test_one_version_twice_is_refused(registry, churn):
    with pytest.raises(UsageError, match="churn and churn:3 are both churn:3"):
        models.compare("churn", "churn:3")


@pytest.mark.slow
def test_versions_that_were_really_evaluated(registry):
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    chance = np.random.default_rng(0)
    X = pd.DataFrame(chance.normal(size=(1200, 3)), columns=list("abc"))
    y = pd.Series((X["a"] + X["b"] + chance.normal(size=1200) > 0).astype(int), name="left")
    halves = slice(0, 600), slice(600, None)
    for columns in (["a"], ["a", "b"]):
        model = LogisticRegression().fit(X[columns].iloc[halves[0]], y.iloc[halves[0]])
        models.register("churn", model=model, X=X[columns].iloc[halves[0]], y=y.iloc[halves[0]])
    held_out = X.iloc[halves[1]], y.iloc[halves[1]]
    models.evaluate("churn:2", *held_out, baseline="churn:1", n_bootstrap=100)
    found = models.compare("churn:1", "churn:2")
    assert found.same_rows
    primary = models.version("churn:2").evaluation.primary
    assert changes(found, "metrics")[primary.name][2:] == (primary.over_baseline.verdict, True)
    assert "better by" in found.verdict
    assert changes(models.compare("churn:2", "churn:1"), "metrics")[primary.name][3] is False
    assert changes(found, "signature")["b"][:2] == ("", "float64")
