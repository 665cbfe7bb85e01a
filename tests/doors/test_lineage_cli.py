"""From the notebook to production from the command line, as a user or a workflow types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

import mlops_jupyter as mlops
from mlops_jupyter import cli, records

CELLS = (
    "from sklearn.linear_model import Ridge\nX = [[0.0], [1.0], [2.0], [4.0]]",
    "len(X)",
    "%%track slope\nalpha = 0.5\nmodel = Ridge(alpha=alpha).fit(X, [0, 1, 2, 4])\ntop = model.predict(X)[3]",
)


@pytest.fixture
def recorded(fresh_shell, registry):
    """A registry with a run that has a recipe, whose notebook is closed."""
    from mlops_jupyter.tracking.worker import worker

    mlops.load_ipython_extension(fresh_shell)
    for cell in CELLS:
        with capture_output():
            fresh_shell.run_cell(cell, store_history=True).raise_error()
    worker.wait()
    mlops.unload_ipython_extension(fresh_shell)
    return registry


def asked(capsys, *words):
    code = cli.main(words)
    out, err = capsys.readouterr()
    return code, out, err


def answered(capsys, *words, code=0):
    found, out, err = asked(capsys, *words, "--json")
    assert (found, err) == (code, ""), (words, err)
    return json.loads(out)


def test_a_slice_is_its_record_as_json_and_its_code_as_text(recorded, capsys):
    found = answered(capsys, "slice", "1")
    assert set(found) == set(records.CodeSlice.__dataclass_fields__)
    assert [cell["is_kept"] for cell in found["cells"]] == [True, False, True]
    code, out, _ = asked(capsys, "slice", "#1")
    assert code == 0
    assert "model = Ridge(alpha=alpha)" in out
    assert "1 cell left out" in out


@pytest.mark.slow
def test_a_slice_of_a_version_is_that_of_its_run(recorded, capsys):
    mlops.register("slope", run=1)
    assert answered(capsys, "slice", "slope:1")["label"] == "slope:1"
    found = answered(capsys, "slice", "slope:1", "--script", "slope.py")
    assert found["message"].startswith("2 of 3 cells were written to slope.py")
    assert "Ridge" in Path("slope.py").read_text()


def test_what_is_not_there_is_one_line_and_status_1(registry, capsys):
    for words, said in (
        (("slice", "9"), "there is no run '9'"),
        (("slice", "model"), "there is no run 'model'"),
        (("reproduce", "9"), "there is no run '9'"),
        (("retrain", "slope"), "there is no model 'slope'"),
        (("export", "slope", "job"), "there is no model 'slope'"),
    ):
        code, out, err = asked(capsys, *words)
        assert (code, out) == (1, ""), words
        assert said in err
        assert len(err.splitlines()) == 1


def test_a_run_of_a_script_says_that_it_has_no_recipe(registry, capsys):
    with mlops.start_run("plain") as run:
        run.log_metric("auc", 0.9)
    code, _, err = asked(capsys, "slice", "1")
    assert code == 1
    assert "run #1 has no recipe: it was not made in a notebook" in err


def test_each_command_has_its_help(capsys):
    for verb in ("slice", "reproduce", "export", "retrain"):
        code, out, _ = asked(capsys, verb, "--help")
        assert code == 0
        assert "--registry" in out


@pytest.mark.slow
def test_a_run_is_made_again_from_the_command_line(recorded, capsys):
    report = answered(capsys, "reproduce", "1")
    assert report["verdict"] == "identical"
    assert set(report) == set(records.ReproductionReport.__dataclass_fields__)
    assert answered(capsys, "slice", "1")["verdict"] == "identical"


def test_an_export_that_cannot_be_is_one_line(registry, capsys):
    from sklearn.linear_model import Ridge

    mlops.register("slope", Ridge().fit([[0.0], [1.0]], [0, 1]), X=[[0.0], [1.0]])
    Path("job").mkdir()
    Path("job/thesis.txt").write_text("ours")
    for words, said in (
        (("--target", "car"), "the target 'car' is not one of service, batch"),
        ((), "is not empty and no earlier export: nothing was written"),
    ):
        code, out, err = asked(capsys, "export", "slope:1", "job", *words)
        assert (code, out) == (1, "")
        assert said in err
    assert Path("job/thesis.txt").read_text() == "ours"


@pytest.mark.slow
def test_an_export_without_proof_is_recorded_as_such(recorded, capsys):
    mlops.register("slope", run=1, X=[[0.0], [1.0]])
    report = answered(capsys, "export", "slope:1", "job", "--target", "batch", "--no-verify")
    assert set(report) == set(records.ExportReport.__dataclass_fields__)
    assert (report["verdict"], report["target"]) == ("unverified", "batch")
    assert {"score.py", "train.py", "requirements.lock"} <= {file["path"] for file in report["files"]}
    (kept,) = answered(capsys, "models", "slope:1")["exports"]
    assert kept["verdict"] == "unverified"
    code, out, _ = asked(capsys, "models", "slope:1")
    assert code == 0
    assert "⚠ not proved · batch" in out


@pytest.mark.slow
def test_a_model_is_trained_again_only_where_something_changed_or_by_order(recorded, capsys):
    mlops.register("slope", run=1, X=[[0.0], [1.0]])
    found = answered(capsys, "retrain", "slope", "--if-changed")
    assert set(found) == set(records.Retraining.__dataclass_fields__)
    assert (found["is_run"], found["changes"]) == (False, [])
    found = answered(capsys, "retrain", "slope:1", "--force", "--no-register")
    assert (found["is_run"], found["run_number"], found["version"]) == (True, 2, None)
    code, out, _ = asked(capsys, "runs")
    assert code == 0
    assert "2 runs" in out
