"""What a version takes and answers: from data that are given, kept, or only known by their identity."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter import datasets, models, tracking
from mlops_jupyter.errors import IntegrityError, UsageError
from mlops_jupyter.store import events


@pytest.fixture(scope="module")
def leavers():
    import pandas as pd

    return pd.DataFrame(
        {
            "age": [20.0, 30.0, 40.0, 50.0, 60.0, None] * 5,
            "plan": pd.Categorical(["basic", "gold"] * 15),
            "left": [0, 1, 0, 1, 1, 0] * 5,
        }
    )


@pytest.fixture(scope="module")
def forest(leavers):
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder
    from sklearn.tree import DecisionTreeClassifier

    columns = make_column_transformer((SimpleImputer(), ["age"]), (OneHotEncoder(), ["plan"]))
    model = make_pipeline(columns, DecisionTreeClassifier(random_state=0))
    return model.fit(leavers[["age", "plan"]], leavers["left"])


def fields(view):
    return [(field.name, field.kind, field.is_nullable) for field in view.signature.inputs]


def test_from_data_that_are_given(registry, forest, leavers):
    view = models.register("churn", model=forest, X=leavers[["age", "plan"]], y=leavers["left"])
    assert fields(view) == [("age", "number", True), ("plan", "category", False)]
    assert view.signature.inputs[1].categories == ("basic", "gold")
    assert (view.signature.target, view.signature.classes) == ("left", ("0", "1"))
    assert len(view.example.rows) == len(view.example.predictions) == 5
    assert [(one.role, one.name, one.n_rows, one.n_columns) for one in view.data] == [("train", "X", 30, 2)]


def test_from_the_bytes_that_a_run_s_data_kept(registry, forest, leavers):
    datasets.save(leavers, "leavers")
    with tracking.start_run() as run:
        run.log_dataset(leavers, "leavers", "train")
        run.log_model(forest, "forest")
    view = models.register("churn", run=run.number)
    assert fields(view) == [("age", "number", True), ("plan", "category", False)]
    assert view.example.columns == ("age", "plan")
    assert view.signature.target == "left"
    assert view.data[0].ref == "leavers:1"
    assert models.load_model("churn").predict(leavers[["age", "plan"]]).shape == (30,)


def test_from_the_identity_of_a_run_s_data(registry, forest, leavers):
    with tracking.start_run() as run:
        run.log_dataset(leavers, "leavers", "train")
        run.log_model(forest, "forest")
    view = models.register("churn", run=run.number)
    assert fields(view) == [("age", "number", False), ("plan", "category", False)]
    assert (view.signature.target, view.signature.classes) == ("left", ("0", "1"))
    assert [field.name for field in view.signature.outputs] == ["prediction", "probability"]
    assert view.example is None


@pytest.mark.slow
def test_training_data_go_before_others(registry, forest, leavers):
    from mlops_jupyter.models.signatures import fitted_on

    with tracking.start_run() as run:
        run.log_dataset(leavers.head(7)[["age", "plan"]], "X_test", "test")
        run.log_dataset(leavers["left"], "y_train", "train")
        train = run.log_dataset(leavers[["age", "plan"]], "X_train", "train")
    assert fitted_on(registry, run.id, forest).id == train.id


def test_sensitive_columns_make_no_example(registry, forest, leavers):
    datasets.save(leavers, "leavers")
    datasets.document("leavers", columns={"age": {"sensitivity": "personal"}})
    with tracking.start_run() as run:
        run.log_dataset(leavers, "leavers", "train")
        run.log_model(forest, "forest")
    view = models.register("churn", run=run.number)
    assert view.example is None
    assert view.signature.inputs[0].low is None
    assert "20" not in view.version.signature


def test_a_model_alone_knows_its_names(registry, forest):
    view = models.register("churn", model=forest)
    assert fields(view) == [("age", "other", False), ("plan", "other", False)]


@pytest.mark.slow
def test_registering_again_with_data_completes_a_version_and_is_remembered(registry, forest, leavers):
    models.register("churn", model=forest)
    view = models.register("churn", model=forest, X=leavers[["age", "plan"]], y=leavers["left"])
    assert (view.is_new, view.version.number, view.signature.target) == (False, 1, "left")
    assert len(view.example.rows) == 5
    (event,) = events.read(registry, kinds=["model.edited"])
    assert json.loads(event.detail)["after"] == {"example_hash": view.version.example_hash}
    models.register("churn", model=forest, X=leavers[["age", "plan"]].head(10))
    assert models.version("churn:1").version == view.version


def test_data_that_the_model_cannot_predict_are_refused(registry, forest, leavers):
    with pytest.raises(UsageError, match="Pipeline"):
        models.register("churn", model=forest, X=leavers[["age"]])
    assert registry.rows("models") == []


@pytest.mark.slow
def test_from_the_bytes_of_an_array(registry):
    import numpy as np
    from sklearn.linear_model import Ridge

    rows = np.arange(20.0).reshape(10, 2)
    datasets.save(rows, "rows")
    with tracking.start_run() as run:
        run.log_dataset(rows, "rows", "train")
        run.log_model(Ridge().fit(rows, rows[:, 0]), "ridge")
    view = models.register("rows", run=run.number)
    assert (view.signature.container, len(view.example.rows)) == ("array", 5)
    assert [(field.name, field.low, field.high) for field in view.signature.inputs] == [
        ("0", 0.0, 18.0), ("1", 1.0, 19.0),
    ]  # fmt: skip


@pytest.mark.slow
def test_what_only_transforms_is_kept_without_an_example(registry, leavers):
    from sklearn.preprocessing import StandardScaler

    datasets.save(leavers[["age"]], "ages")
    with tracking.start_run() as run:
        run.log_dataset(leavers[["age"]], "ages", "train")
        run.log_model(StandardScaler().fit(leavers[["age"]]), "scaler")
    view = models.register("scaler", run=run.number)
    assert (view.example, fields(view)) == (None, [("age", "number", True)])


def test_other_answers_than_then_are_refused(registry, forest, leavers):
    view = models.register("churn", model=forest, X=leavers[["age", "plan"]])
    kept = json.loads(registry.objects.get(view.version.example_hash))
    kept["predictions"] = [[0.25, 0.75]] * 5
    wrong = registry.objects.put(json.dumps(kept).encode())
    registry.update("model_versions", {"example_hash": wrong}, {"id": view.version.id})
    with pytest.raises(IntegrityError, match=r"churn:1 answers the rows it was registered with otherwise"):
        models.load_model("churn")
    assert models.load_model("churn", check=False).n_features_in_ == 2
