"""Golden rows, how answers are compared, and what an export leaves in the registry."""

import hashlib
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter import datasets, models
from mlops_jupyter.deploy import evidence, forms, jobs, proving
from mlops_jupyter.deploy.checks import Checks, Differs, Found, as_expected
from mlops_jupyter.deploy.comparing import compare
from mlops_jupyter.deploy.golden import Golden, golden_rows
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.models import reference, views
from mlops_jupyter.records import ExportReport, ProofCheck, from_plain, to_plain
from mlops_jupyter.store import events

# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ([1.0, 2.0], [1, 2.0 * (1 + 5e-10)]),
        ([float("nan"), float("inf")], ["nan", "+inf"]),
        ([None, float("-inf")], [float("nan"), "-inf"]),
        ([[0.25, 0.75]], [(0.25, 0.75)]),
        (["yes", True], ["yes", True]),
        ([0.0], [0.0]),
    ],
)
def test_answers_that_are_the_same(expected, found):
    assert compare(expected, found).is_same


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ([1.0], [1.0 + 2e-9]),
        (["1"], [1]),
        ([True], [1]),
        ([None], [0.0]),
        ([0.0], [1e-300]),
        ([[0.25, 0.75]], [[0.25]]),
        (["no"], ["yes"]),
        ([1.0, 2.0], [1.0]),
        ([float("inf")], [float("-inf")]),
    ],
)
def test_answers_that_differ(expected, found):
    assert not compare(expected, found).is_same


def test_a_comparison_says_the_first_that_differs_and_how_far_off_the_farthest_is():
    said = compare([1.0, "a", 3.0], [1.0, "b", 4.0])
    assert said.words == "2 of 3 answers differ; the first: row 2 was 'a' and is 'b'"
    assert said.largest == math.inf
    close = compare([1.0], [1.0 + 1e-12])
    assert close.words.startswith("all 1 answers are the same, the largest relative difference is 1e-12")


def test_probabilities_count_as_much_as_classes():
    golden = Golden(("x",), ((1.0,),), ("yes",), ((0.25, 0.75),))
    assert as_expected(golden, ["yes"], [[0.25, 0.75]]).n_rows == 1
    with pytest.raises(Differs, match="1 of 1 probabilities"):
        as_expected(golden, ["yes"], [[0.3, 0.7]])
    with pytest.raises(Differs, match="0 came"):
        as_expected(golden, ["yes"], None)


def test_whatever_a_check_raises_is_what_it_found():
    checks = Checks()
    checks.check("one", "It works", lambda: Found("it does", 3))
    checks.check("two", "It divides", lambda: 1 / 0)
    checks.skip("three", "It swims", "there is no water")

    assert [check.state for check in checks.made] == ["passed", "failed", "skipped"]
    assert checks.made[1].found == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([], "unverified"),
        ([("passed", None)], "unverified"),
        ([("passed", 5), ("skipped", None)], "verified"),
        ([("passed", 5), ("failed", 5)], "failed"),
    ],
)
def test_nothing_is_verified_unless_answers_were_compared(states, verdict):
    checks = [ProofCheck("answers", state, "", "", n_rows) for state, n_rows in states]
    assert proving.verdict_of(checks) == verdict


# --- forms --------------------------------------------------------------------------------------


def test_every_form_holds_every_digit_of_every_row():
    rows = ((0.1 + 0.2, None, "a,b\n", True), (1e-308, 3, 'say "x"', False))
    golden = Golden(("x", "n", "text", "flag"), rows, (1, 2))
    asked = {form.key: form.write(golden) for form in forms.FORMS}

    assert json.loads(asked["records"])[0]["x"] == 0.1 + 0.2
    assert json.loads(asked["columns"])["columns"]["n"] == [None, 3]
    assert json.loads(asked["mlflow"])["dataframe_split"]["data"][1] == [1e-308, 3, 'say "x"', False]
    assert '0.30000000000000004,,"a,b\n",True' in asked["csv"].decode()


def test_answers_come_back_from_tables_without_the_columns_beside():
    golden = Golden(("x",), ((1,),), ("yes",))
    text = b"x,prediction,probability_no,probability_yes\n1,yes,0.25,0.75\n"
    assert forms.answers_of_csv(text, golden, beside=1) == (["yes"], [[0.25, 0.75]])
    text = b"prediction_0,prediction_1\n1,0.30000000000000004\n"
    assert forms.answers_of_csv(text, replace(golden, predictions=((1, 0.3),))) == ([[1, 0.1 + 0.2]], None)


def test_classes_that_are_digits_or_look_like_formulas_are_texts_in_csv():
    golden = Golden(("x",), ((1,), (2,)), ("1", "=no"))
    assert forms.answers_of_csv(b"prediction\n1\n'=no\n", golden) == (["1", "=no"], None)
    assert forms.answers_of_csv(b"prediction\n1\n", replace(golden, predictions=(1,))) == ([1], None)


# --- training again --------------------------------------------------------------------------------

TRAIN = """
import argparse
options = argparse.ArgumentParser()
options.add_argument("--output")
with open({path!r}) as file:
    text = file.read()
with open(options.parse_args().output, "w") as file:
    file.write(text.upper())
"""


@pytest.mark.parametrize("path", ["data/in.csv", "/nowhere/people's in.csv"])
def test_training_reads_the_kept_bytes_wherever_the_files_stood(path, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text('{"name": "churn", "sha256": "old"}')
    (tmp_path / "train.py").write_text(TRAIN.format(path=path))

    jobs.train(tmp_path, Path(sys.executable), {path: b"kept"}, {})

    assert (tmp_path / "model" / "model.bin").read_bytes() == b"KEPT"
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest == {"name": "churn", "sha256": hashlib.sha256(b"KEPT").hexdigest()}


def test_training_that_fails_says_how_it_ended(tmp_path):
    (tmp_path / "train.py").write_text("raise ValueError('no such column')")
    with pytest.raises(MlopsError, match=r"train\.py did not come to its end: ValueError: no such column"):
        jobs.train(tmp_path, Path(sys.executable), {}, {})


# --- golden rows --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people():
    """A small model and what it was fitted on."""
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    X = pd.DataFrame({"age": rng.integers(18, 80, 60), "income": rng.normal(50.0, 10.0, 60)})
    y = pd.Series(np.where(X["age"] > 50, "yes", "no"), name="left")
    return DecisionTreeClassifier(max_depth=2).fit(X, y), X, y


@pytest.fixture
def registered(registry, people):
    """The model, with the bytes of its data."""
    model, X, y = people
    datasets.save(X, "people")
    models.register("churn", model=model, X=X, y=y)
    return registry, *reference.find_version(registry, "churn")


def test_golden_rows_are_those_of_the_registration_and_of_kept_data(registered):
    store, model, version = registered

    golden = golden_rows(store, model, version, n=50)

    recorded = views.example_of(store, version)
    assert golden.rows[:5] == recorded.rows
    assert golden.probabilities[:5] == recorded.predictions
    assert (golden.n_recorded, len(golden.rows), len(golden.predictions)) == (5, 55, 55)
    assert set(golden.predictions) == {"yes", "no"}
    assert "50 rows of" in golden.source
    assert from_plain(Golden, json.loads(json.dumps(to_plain(golden)))).predictions == golden.predictions


def test_without_kept_data_the_recorded_rows_are_all(registry, people):
    model, X, y = people
    models.register("churn", model=model, X=X, y=y)

    golden = golden_rows(registry, *reference.find_version(registry, "churn"))

    assert len(golden.rows) == golden.n_recorded == 5
    assert golden.source == "5 rows kept at registration with their answers"


def test_a_model_that_was_never_shown_a_row_has_none(registry, people):
    models.register("churn", model=people[0])
    assert golden_rows(registry, *reference.find_version(registry, "churn")) is None


def test_a_version_without_rows_is_asked_those_of_another_one(registry, people):
    from sklearn.tree import DecisionTreeClassifier

    model, X, y = people
    models.register("churn", model=model, X=X, y=y)
    deeper = DecisionTreeClassifier(max_depth=9).fit(X, y)
    models.register("churn", model=deeper)

    golden = golden_rows(registry, *reference.find_version(registry, "churn"))

    assert golden.n_recorded == 0
    assert golden.source == "5 rows of churn:1 answered by the model's file"
    assert golden.predictions == tuple(deeper.predict(pd.DataFrame(golden.rows, columns=golden.columns)))


def test_what_documents_call_personal_is_in_no_golden_row(registry, people):
    model, X, y = people
    datasets.save(X, "people")
    models.register("churn", model=model, X=X, y=y)
    datasets.document("people", columns={"income": {"sensitivity": "personal"}})

    golden = golden_rows(registry, *reference.find_version(registry, "churn"))

    assert {row[golden.columns.index("income")] for row in golden.rows} == {0.0}
    assert len({row[golden.columns.index("age")] for row in golden.rows}) > 10
    assert golden.n_recorded == 0


def test_personal_numbers_are_in_no_golden_row_and_every_row_is_answered(registry):
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(0)
    X = pd.DataFrame({"phone": rng.integers(10**8, 10**9, 40), "visits": rng.integers(0, 9, 40)})
    datasets.save(X, "people")
    models.register("visits", model=DecisionTreeRegressor().fit(X, X["visits"]), X=X)
    store, (model, version) = registry, reference.find_version(registry, "visits")

    golden = golden_rows(store, model, version)

    place = golden.columns.index("phone")
    told = {row[place] for row in golden.rows}
    assert not told & set(X["phone"])
    assert all(value is not None for row in golden.rows for value in row)


# --- evidence -----------------------------------------------------------------------------------


def report(**given):
    return ExportReport(label="churn:1", target="service", folder="service", **given)


def test_an_export_is_kept_with_its_report_and_an_event(registered):
    store, _, version = registered
    check = ProofCheck("answers.records", "passed", "It answers", "all 55 answers are the same", 55, 0.0)

    kept = evidence.keep(
        store, version, report(verdict="verified", summary="", checks=(check,)), lock_text="x"
    )

    (row,) = views.exports_of(store, version)
    assert (row.id, row.verdict, row.target) == (kept.id, "verified", "service")
    assert row.summary == "proved in a fresh environment: 55 rows answered as in the notebook"
    assert views.export_report_of(store, row) == kept
    event = events.read(store, subject="churn:1")[-1]
    assert event.kind == "model.exported"
    assert json.loads(event.detail)["report"] == row.object_hash
    assert models.version("churn:1").exports == (row,)


def test_an_export_that_nobody_proved_says_so_for_ever(registered):
    store, _, version = registered
    evidence.keep(store, version, report(verdict="unverified", summary=""))
    evidence.keep(store, version, report(verdict="verified", summary="proved"))

    assert [one.verdict for one in views.exports_of(store, version)] == ["verified", "unverified"]
    assert "never proved" in views.exports_of(store, version)[1].summary
    said = [field.value for section in models.card("churn:1").sections for field in section.fields]
    assert any(text and "proved" in text for text in said)
