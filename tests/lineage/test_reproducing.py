"""Runs made again in a fresh process, and the verdicts that come of it."""

from __future__ import annotations

import json

import pytest

import mlops_jupyter
from mlops_jupyter.errors import NotFoundError
from mlops_jupyter.lineage import reproduce
from mlops_jupyter.lineage.comparing import Side, compare, numbers, worst
from mlops_jupyter.records import ReproductionReport, Run, from_plain
from mlops_jupyter.store import events


def side(store, run):
    return Side(store, Run(**store.rows("runs", {"id": run.id})[0]))


def compared(registry, one, other):
    return {value.key: value for value in compare(side(registry, one), side(registry, other)).values}


# --- comparing ------------------------------------------------------------------------------------


def test_numbers_are_the_same_equal_or_not():
    assert numbers(0.1 + 0.2, 0.1 + 0.2) == "identical"
    assert numbers(0.3, 0.1 + 0.2) == "equal"
    assert numbers(0.3, 0.300001) == "differs"
    assert numbers(float("nan"), float("nan")) == "identical"
    assert worst(iter(["equal", "differs", "identical"])) == "differs"


def test_two_runs_value_by_value(registry, history):
    history.execute("x = 1")
    one = history.run(
        [1], params={"depth": 8, "path": "/data/x.csv", "gone": 1}, metrics={"auc": 0.3, "n": 5}
    )
    two = history.run(
        [1],
        params={"depth": 9, "path": "/tmp/mlops-abc1/files/data/x.csv"},
        metrics={"auc": 0.1 + 0.2, "n": 5, "new": 1},
    )
    found = compared(registry, one, two)
    assert {key: value.verdict for key, value in found.items()} == {
        "depth": "differs",
        "path": "identical",
        "gone": "differs",
        "auc": "equal",
        "n": "identical",
        "new": "differs",
    }
    assert (found["depth"].before, found["depth"].after) == ("8", "9")
    assert found["gone"].note == "is not recorded now"
    assert found["new"].note == "was not recorded then"


def test_the_points_of_a_metric_are_compared_too(registry, history):
    history.execute("x = 1")
    one, two = history.run([1]), history.run([1])
    for run, losses in ((one, (3.0, 2.0, 1.0)), (two, (4.0, 2.0, 1.0))):
        with mlops_jupyter.start_run(run=run.id) as again:
            for step, loss in enumerate(losses):
                again.log_metric("loss", loss, step=step)
    assert compared(registry, one, two)["loss"].verdict == "differs"


def test_measured_times_are_not_compared(registry, history):
    history.execute("x = 1")
    one, two = (
        history.run([1], metrics={"mean_fit_time": spent, "took": spent, "auc": 0.8}) for spent in (1.0, 1.2)
    )
    found = compare(side(registry, one), side(registry, two), reads_clock=True)
    assert [value.key for value in found.values] == ["auc"]
    assert set(found.times) == {"mean_fit_time", "took"}
    found = compare(side(registry, one), side(registry, two))  # cells without a clock measure no time
    assert [value.verdict for value in found.values if value.key == "took"] == ["differs"]


@pytest.mark.slow
def test_models_of_other_bytes_are_compared_by_what_they_answer(registry, history):
    from sklearn.linear_model import Ridge

    history.execute("x = 1")
    runs = [history.run([1]) for _ in range(3)]
    targets = ([0.0, 1.0, 2.0], [0.0, 1.0, 2.0 + 1e-13], [0.0, 1.0, 3.0])
    for run, y in zip(runs, targets, strict=True):
        with mlops_jupyter.start_run(run=run.id) as again:
            again.log_model(Ridge(alpha=0.1).fit([[0.0], [1.0], [2.0]], y), "model")
    assert compared(registry, runs[0], runs[1])["model"].verdict == "equal"
    assert compared(registry, runs[0], runs[2])["model"].verdict == "differs"


# --- made again -----------------------------------------------------------------------------------


def test_a_run_without_a_recipe_cannot_be_made_again(registry):
    with mlops_jupyter.start_run("churn"):
        pass
    with pytest.raises(NotFoundError, match="run #1 has no recipe"):
        reproduce(1)


@pytest.mark.slow
def test_unseeded_randomness_and_a_changed_file(registry, session, tmp_path):
    (tmp_path / "n.txt").write_text("200")
    session.run(
        "import numpy as np\nfrom pathlib import Path\nfrom sklearn.ensemble import RandomForestClassifier",
        "n = int(Path('n.txt').read_text())",
        "X = np.random.rand(n, 3); y = X[:, 0] > np.random.rand(n)",
        "X[0] = 0.5",
        "%%track churn\ndepth = 3\nmodel = RandomForestClassifier(5, max_depth=depth).fit(X, y)\n"
        "accuracy = model.score(X, y)",
    )
    (tmp_path / "n.txt").write_text("7")  # the kept copy counts
    told = []
    report = reproduce(1, on_progress=lambda *words: told.append(words))
    assert (report.verdict, report.causes) == ("identical", ())
    kinds = {value.kind for value in report.values}
    assert kinds == {"param", "metric", "data", "model"}
    assert told[-1][:2] == (5, 5)
    assert [cell.execution_count for cell in report.cells] == sorted(c.execution_count for c in report.cells)
    # The verdict is evidence: a row, its document, an event, and the recipe's own.
    (row,) = registry.rows("reproductions")
    kept = from_plain(ReproductionReport, json.loads(registry.objects.get(row["object_hash"])))
    assert (kept.summary, row["verdict"]) == (report.summary, "identical")
    assert events.read(registry, "#1")[0].kind == "run.reproduced"
    assert registry.rows("recipes")[0]["verdict"] == "identical"
    assert len(registry.rows("runs")) == 1  # the run of the other process went elsewhere


@pytest.mark.slow
def test_what_nobody_can_repeat_is_named(registry, session):
    session.run(
        "import numpy as np",
        "rng = np.random.default_rng()",
        "%%track churn\nauc = float(rng.random())",
    )
    report = reproduce(1)
    assert report.verdict == "differs"
    assert report.summary.startswith("differs: auc 0.")
    assert any(cause.startswith("cell [2], line 1:") for cause in report.causes), report.causes


@pytest.mark.slow
def test_a_file_that_is_gone(registry, session, tmp_path, monkeypatch):
    monkeypatch.setenv("MLOPS_KEEP_INPUT_BYTES", "0")
    (tmp_path / "n.txt").write_text("200")
    session.run(
        "from pathlib import Path", "n = int(Path('n.txt').read_text())", "%%track churn\nauc = n / 2"
    )
    (tmp_path / "n.txt").unlink()
    report = reproduce(1)
    assert report.verdict == "failed"
    assert "FileNotFoundError" in report.summary
    assert "n.txt is gone, and no copy was kept" in report.causes


@pytest.mark.slow
def test_runs_of_every_cell_runs_of_start_run_and_failed_ones(registry, session):
    session.run(
        "import mlops_jupyter",
        "with mlops_jupyter.start_run('churn') as run:\n    run.log_metric('auc', 0.5)",
        "%track on churn",
        "depth = 3",
        "%track off",
    )
    session.run("%%track churn\nhalf = depth / 2\nhalf / 0", fails=True)
    assert [reproduce(number).verdict for number in (1, 2, 3)] == ["identical"] * 3
    assert [cell.outcome for cell in reproduce(3).cells][-1] == "failed"


@pytest.mark.slow
def test_of_several_runs_in_a_cell_the_very_one_is_compared(registry, session):
    session.run(
        "from mlops_jupyter import start_run",
        "for depth in (1, 2, 3):\n    with start_run('churn') as run:\n        run.log_param('depth', depth)",
    )
    assert len({row["kept"] for row in registry.rows("recipes")}) == 1
    report = reproduce(2)
    assert (report.verdict, report.values[0].after) == ("identical", "2")


@pytest.mark.slow
def test_saved_data_are_there_in_the_other_process(registry, session):
    import pandas as pd

    mlops_jupyter.save_dataset(pd.DataFrame({"a": [1.0, 2.0, 3.0]}), name="train")
    session.run(
        "from mlops_jupyter import load_dataset",
        "train = load_dataset('train')",
        "%%track churn\nmean = train.a.mean()",
    )
    mlops_jupyter.save_dataset(pd.DataFrame({"a": [7.0]}), name="train")  # train was another one then
    report = reproduce(1)
    assert report.verdict == "identical", report
    assert {value.kind for value in report.values} == {"metric", "data"}


@pytest.mark.slow
def test_a_slice_that_is_too_small_is_enlarged_and_kept_so(registry, session):
    session.run("base = 1", "unused = 2", "depth = 3", "%%track churn\nauc = base + depth")
    registry.update("recipes", {"kept": "[3, 4]"}, {})
    report = reproduce(1)
    assert report.verdict == "identical"
    assert report.causes[0].startswith("the kept cells alone were not enough: ")
    assert 1 in json.loads(registry.rows("recipes")[0]["kept"])
    assert len(registry.rows("reproductions")) == 1


@pytest.mark.slow
def test_cells_that_name_a_registry_write_to_none_but_the_copy(registry, session, tmp_path):
    session.run(
        f"import os\nhere = {str(tmp_path / 'registry')!r}\nos.environ['MLOPS_REGISTRY'] = here",
        "from mlops_jupyter import start_run",
        "with start_run('churn', registry=here) as run:\n    run.log_metric('a', 1)",
    )
    assert reproduce(1).verdict == "identical"
    assert len(registry.rows("runs")) == 1


@pytest.mark.slow
def test_other_versions_are_named_and_the_recorded_ones_can_be_installed(registry, session):
    session.run("n = 3", "%%track churn\nauc = n / 2")
    environment = registry.rows("environments")[0]
    packages = json.loads(environment["packages"])
    here = packages["packaging"]
    changed = {"packages": json.dumps(packages | {"packaging": "24.2"})}
    registry.update("environments", changed, {"id": environment["id"]})
    report = reproduce(1)
    assert (report.verdict, report.environment) == ("identical", (("packaging", "24.2", here),))
    exact = reproduce(1, exact_environment=True)
    assert (exact.verdict, exact.environment, exact.is_exact_environment) == ("identical", (), True)


def test_an_exact_environment_of_a_run_that_recorded_none(registry, history):
    history.execute("x = 1")
    run = history.run([1])
    registry.update("runs", {"environment_id": None}, {"id": run.id})
    with pytest.raises(NotFoundError, match="has no recorded environment"):
        reproduce(1, exact_environment=True)
