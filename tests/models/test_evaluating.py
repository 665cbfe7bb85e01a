"""Evaluations in the registry: what is scored, what is kept, and what the registry adds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import mlops_jupyter as mlops
from mlops_jupyter import data, models
from mlops_jupyter.datasets import Given
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.models import inputs
from mlops_jupyter.records import Costs, EvaluationReport, from_plain
from mlops_jupyter.store import events

QUICK = {"n_bootstrap": 50, "find_slices": False}


def table(n=200, seed=1):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.normal(size=(n, 3)), columns=["a", "b", "c"])
    frame["sex"] = random.choice(["f", "m"], n)
    frame["customer"] = random.integers(0, n // 4, n)
    frame["churned"] = (frame["a"] + random.normal(size=n) > 0).astype(int)
    return frame


FEATURES = ["a", "b", "c"]


@pytest.fixture(scope="module")
def model():
    train = table(300, seed=2)
    return LogisticRegression().fit(train[FEATURES], train["churned"])


@pytest.fixture(scope="module")
def tree():
    train = table(300, seed=2)
    return DecisionTreeClassifier(max_depth=2, random_state=0).fit(train[["c", "a"]], train["churned"])


def test_a_report_is_kept_with_its_line_and_event(registry, model):
    test = table()
    made = models.evaluate(model, test[FEATURES], test["churned"], **QUICK)
    (row,) = registry.rows("evaluations")
    kept = from_plain(EvaluationReport, json.loads(registry.objects.get(row["object_hash"])))
    assert kept == made
    assert (row["primary_key"], row["primary_value"]) == ("roc_auc", made.primary.estimate.value)
    assert row["version_id"] == made.version_id == data.fingerprint(test[FEATURES]).version.id
    assert made.ledger.n_uses == 0
    assert (made.target, made.n_rows) == ("churned", 200)
    (event,) = events.read(registry, kinds=["evaluation.made"])
    assert json.loads(event.detail)["report"] == row["object_hash"]


def test_an_evaluation_from_before_the_registration_belongs_to_the_version(registry, model):
    test = table()
    models.evaluate(model, test[FEATURES], test["churned"], **QUICK)
    view = models.register("churn", model=model, X=test[FEATURES])
    assert view.evaluations[0].primary_key == "roc_auc"
    again = models.evaluate("churn:1", test, "churned", **QUICK)
    assert (again.model, again.ledger.n_uses, again.ledger.n_models) == ("churn:1", 1, 1)
    assert len(models.version("churn:1").evaluations) == 2
    assert events.read(registry, "churn:1", kinds=["evaluation.made"])


@pytest.mark.slow
def test_rows_may_be_a_dataset_or_a_file_with_more_columns(registry, model):
    test = table()
    mlops.save_dataset(test, "churn-test")
    test.to_csv("test.csv", index=False)
    by_name = models.evaluate(model, "churn-test:1", "churned", **QUICK)
    by_file = models.evaluate(model, "test.csv", "churned", **QUICK)
    direct = models.evaluate(model, test[FEATURES], test["churned"], **QUICK)
    assert (by_name.data, by_file.data, by_file.target) == ("churn-test:1", "test.csv", "churned")
    assert by_name.primary == by_file.primary == direct.primary
    assert by_name.version_id == direct.version_id


@pytest.mark.slow
def test_further_columns_serve_for_slices_fairness_and_groups(registry, model):
    test = table()
    made = models.evaluate(
        model, test, "churned", slices=["sex"], fairness=["sex"], groups="customer", **QUICK
    )
    assert made.fairness.columns == ("sex",)
    assert {one.conditions[0].column for one in made.slices.slices if not one.is_found} == {"sex"}
    assert made.version_id == data.fingerprint(test[FEATURES]).version.id


@pytest.mark.slow
def test_a_baseline_may_take_other_columns(registry, model, tree):
    models.register("churn", model=tree, X=table()[["c", "a"]])
    made = models.evaluate(model, table(), "churned", baseline="churn", **QUICK)
    alone = models.evaluate(tree, table(), "churned", **QUICK)
    assert made.baseline == "churn:1"
    assert made.primary.baseline.value == pytest.approx(alone.primary.estimate.value, abs=1e-12)
    assert made.primary.over_baseline.verdict


def test_arrays_have_no_names_and_are_scored(registry, model, tree):
    test = table()
    with pytest.warns(UserWarning, match="feature names"):
        made = models.evaluate(
            model, test[FEATURES].to_numpy(), test["churned"].to_numpy(), baseline=model, **QUICK
        )
    assert (made.data, made.target, made.n_rows) == ("X", "", 200)


def test_costs_are_words(registry, model):
    made = models.evaluate(model, table(), "churned", costs="fp=1,fn=5,unit=€", **QUICK)
    assert made.threshold.costs == Costs(false_positive=1, false_negative=5, unit="€")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("fp", "fp is ''"),
        ("fz=3", "'fz' is no outcome"),
        ("unit=€", "names no outcome"),
        ("fp=nan", "a number"),
    ],
)
def test_wrong_costs_are_named(given, said):
    with pytest.raises(UsageError, match=said):
        inputs.costs_of(given)


@pytest.mark.slow
def test_scoring_what_was_trained_on_is_an_error_of_the_report(registry, tree):
    train = table(300, seed=2)
    with mlops.start_run("churn") as run:
        run.log_dataset(train[["c", "a"]], "X_train", role="train")
        run.log_model(tree, "tree")
    made = models.evaluate(1, train, "churned", **QUICK)
    worst = made.findings[0]
    assert worst.severity == "error"
    assert "what the model was fitted on" in worst.message or "trained on" in worst.message
    assert made.run_number == 1


@pytest.mark.slow
def test_a_function_is_scored_and_says_that_no_version_finds_it(registry, model):
    made = models.evaluate(
        Given(lambda X: model.predict_proba(X), "guess"), table()[FEATURES], table()["churned"], **QUICK
    )
    assert made.model == "guess"
    assert made.model_hash is None
    assert "model_not_kept" in {one.code for one in made.findings}


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda m: models.evaluate("chrn:1", table(), "churned"), NotFoundError, "there is no model 'chrn'"),
        (lambda m: models.evaluate(m, table(), "chrned"), NotFoundError, "did you mean 'churned'"),
        (lambda m: models.evaluate(m, table()[["a", "c"]], table()["churned"]), NotFoundError, "takes b"),
        (
            lambda m: models.evaluate(m, table(), "churned", fairness=["sx"]),
            NotFoundError,
            "did you mean 'sex'",
        ),
        (lambda m: models.evaluate(m, table(), "churned", slices=["sx"]), NotFoundError, "no column 'sx'"),
        (lambda m: models.evaluate(3.5, table(), "churned"), UsageError, "float, which cannot predict"),
        (lambda m: models.evaluate(m, "nowhere", "churned"), NotFoundError, "nowhere"),
    ],
)
def test_what_is_not_there_is_named_and_nothing_is_kept(registry, model, call, error, said):
    with pytest.raises(error, match=said):
        call(model)
    assert registry.rows("evaluations") == []
    assert registry.rows("events") == []


def test_cross_validation_keeps_groups_together(registry, model):
    found = models.cross_validate(model, table(), "churned", groups="customer", n_splits=4)
    assert (found.unit, len(found.folds) % 4) == ("group", 0)


def test_rows_that_a_version_was_registered_with_are_found_again_without_a_run(registry, model):
    train, test = table(300, seed=2), table()
    models.register("churn", model=model, X=train[FEATURES], y=train["churned"])
    whole = models.evaluate("churn:1", train[FEATURES], train["churned"], **QUICK)
    assert [one.code for one in whole.findings if one.severity == "error"] == ["same_rows"]
    mixed = pd.concat([train[1:], test[:60]])
    part = models.evaluate("churn:1", mixed[FEATURES], mixed["churned"], **QUICK)
    (found,) = (one for one in part.findings if one.code == "shared_rows")
    assert found.severity == "error"
    assert "299 of 359 rows" in found.message
    clean = models.evaluate("churn:1", test[FEATURES], test["churned"], **QUICK)
    assert not {"same_rows", "shared_rows"} & {one.code for one in clean.findings}
