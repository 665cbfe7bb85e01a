"""The proof of an export: a whole one in fresh environments, and what is said of a broken export."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from mlops_jupyter import models
from mlops_jupyter.deploy import proving
from mlops_jupyter.deploy.golden import Golden
from mlops_jupyter.records import to_plain

from .folders import churn, churn_model, make_folder

CELLS = (
    "import pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier",
    "people = pd.read_csv('people.csv')",
    "people.describe()",
    "left = people.pop('left')",
    "%%track churn\nmodel = RandomForestClassifier(5).fit(people[['age', 'income']], left)",
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_whole_proof_in_fresh_environments(fresh_shell, registry, tmp_path):
    from mlops_jupyter import notebook
    from mlops_jupyter.deploy import export
    from mlops_jupyter.tracking.worker import worker

    X, y = churn()
    X.assign(left=y).to_csv("people.csv", index=False)
    notebook.load_ipython_extension(fresh_shell)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for cell in CELLS:
            fresh_shell.run_cell(cell, store_history=True).raise_error()
    worker.wait()
    notebook.unload_ipython_extension(fresh_shell)
    models.register("churn", run=1, X=fresh_shell.user_ns["people"][["age", "income"]])
    Path("people.csv").write_text("another file by now\n")

    report = export("churn", tmp_path / "service")

    found = {check.key: check for check in report.checks}
    assert {check.state for check in report.checks} == {"passed"}, report.summary
    assert report.verdict == "verified"
    answers = {key for key in found if key.startswith("answers.")}
    assert answers == {f"answers.{one}" for one in ("records", "columns", "split", "csv", "arrow", "mlflow")}
    assert all(found[key].largest_difference == 0 for key in (*answers, "training"))
    assert [one.n_rows for one in report.latencies] == [1, 5]
    assert models.version("churn:1").exports[0].verdict == "verified"
    assert not (tmp_path / "service" / "log").exists()  # the proof was made on a copy


@pytest.fixture(scope="module")
def answered():
    """Rows and the answers of the model of churn."""
    X, _ = churn()
    rows = [[None if value != value else value for value in row] for row in X.head(20).values.tolist()]
    model = churn_model()
    return Golden(
        columns=tuple(X.columns),
        rows=tuple(map(tuple, rows)),
        predictions=tuple(model.predict(X.head(20)).tolist()),
        probabilities=tuple(map(tuple, model.predict_proba(X.head(20)).tolist())),
    )


class Here(proving._Proof):
    """A proof in this environment, which has all that the service needs: fresh ones are made above."""

    def environment(self, key, lock):
        return Path(sys.executable)


def proof_of(folder, tmp_path, golden):
    made = Here(folder, tmp_path / "environments", "churn:4", golden, lambda _: None)
    made.service(made.environment("environment", "requirements.lock"))
    return {check.key: check for check in made.checks.made}


@pytest.mark.slow
def test_an_answer_that_differs_fails_in_every_form_and_is_named(answered, tmp_path):
    folder = make_folder(tmp_path / "export", with_service=True)
    wrong = list(answered.probabilities)
    wrong[6] = (0.5, 0.5)

    found = proof_of(folder, tmp_path, replace(answered, probabilities=tuple(wrong)))

    assert found["answers.records"].state == "failed"
    assert "1 of 20 probabilities differs; the first: row 7 was (0.5, 0.5)" in found["answers.arrow"].found
    assert found["answers.mlflow"].state == "passed"  # its form has no probabilities
    assert found["stop"].state == "passed"
    assert proving.verdict_of(list(found.values())) == "failed"


@pytest.mark.slow
def test_a_service_that_does_not_start_says_why(answered, tmp_path):
    folder = make_folder(tmp_path / "export", with_service=True)
    with (folder / "model" / "model.bin").open("ab") as file:
        file.write(b"more")

    found = proof_of(folder, tmp_path, answered)

    assert found["start"].state == "failed"
    assert "ended with status 1 instead of starting" in found["start"].found
    assert "model.bin" in found["start"].found
    assert list(found) == ["start"]


def test_what_needs_an_environment_is_skipped_where_there_is_none(answered, tmp_path):
    folder = tmp_path / "export"
    (folder / "service").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "train.py").write_text("")
    (folder / "requirements.lock").write_text("nothing==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")

    class Nowhere(proving._Proof):
        def environment(self, key, lock):
            return None

    made = Nowhere(folder, tmp_path / "environments", "churn:4", answered, lambda _: None)
    made.service(None)
    made.tests(None)
    made.training(None, {}, {})

    assert {check.key: check.state for check in made.checks.made} == dict.fromkeys(
        ("start", "tests", "training"), "skipped"
    )
    assert proving.verdict_of(made.checks.made) == "unverified"


@pytest.mark.slow
def test_a_lock_that_cannot_be_installed_fails_the_proof_with_the_reason(answered, tmp_path, monkeypatch):
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    folder = make_folder(tmp_path / "export", with_service=True)
    (folder / "requirements.lock").write_text("nothing==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    (folder / "tests").mkdir()
    (folder / "tests" / "golden.json").write_text(json.dumps(to_plain(answered)))

    checks, latencies = proving.prove(folder, label="churn:4", golden=answered)

    found = {check.key: check for check in checks}
    assert found["environment"].state == "failed"
    assert "no environment of 1 packages" in found["environment"].found
    assert (found["start"].state, found["tests"].state) == ("skipped", "skipped")
    assert latencies == ()
