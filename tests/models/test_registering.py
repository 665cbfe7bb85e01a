"""A model of a run, in memory or in a file becomes the next version."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mlops_jupyter import models, tracking
from mlops_jupyter.errors import NotFoundError, UnsupportedError, UsageError
from mlops_jupyter.store import collecting, events


def test_versions_count_from_one(registry, churn):
    assert [view.version.number for view in churn] == [1, 2, 3]
    assert {view.name for view in churn} == {"churn"}
    assert churn[0].version.format == "skops"
    assert churn[0].version.class_name == "Ridge"
    assert dict(churn[0].params) == {"alpha": "0.1"}
    assert json.loads(churn[0].version.libraries)["scikit-learn"]


def test_the_same_file_is_no_new_version(registry, made, churn):
    again = models.register("churn", model=made(2.0), note="said later")
    assert (again.version.number, again.is_new, again.version.note) == (2, False, "said later")
    assert models.register("other", model=made(2.0)).version.number == 1
    assert models.register("churn", model=made(4.0)).version.number == 4


def test_every_version_is_remembered(registry, made):
    models.register("churn", model=made(), owner="ann")
    models.register("churn", model=made())
    (event,) = events.read(registry)
    assert (event.kind, event.subject) == ("model.registered", "churn:1")
    assert json.loads(event.detail)["owner"] == "ann"


def test_a_run_s_model(registry, made):
    with tracking.start_run("fit") as run:
        run.log_model(made(), "ridge")
    view = models.register("churn", run=run.number)
    assert (view.run_number, view.experiment, view.version.artifact_path) == (1, "fit", "ridge.skops")
    assert view.version.object_hash == run.view().artifacts[0].object_hash


def test_a_run_with_several_models_wants_a_word(registry, made):
    with tracking.start_run() as run:
        run.log_model(made(1.0), "first")
        run.log_model(made(2.0), "second")
    with pytest.raises(UsageError, match="several models: first, second; name one: variable='first'"):
        models.register("churn", run=run.number)
    assert models.register("churn", run=run.number, variable="second").version.artifact_path == "second.skops"
    with pytest.raises(NotFoundError, match="did you mean 'second'"):
        models.register("churn", run=run.number, variable="secnd")


def test_a_run_without_a_model(registry):
    with tracking.start_run():
        pass
    with pytest.raises(NotFoundError, match=r"run #1 kept no model; register\(name, model=clf\)"):
        models.register("churn", run=1)


def test_a_model_in_memory_finds_the_run_that_kept_it(registry, made):
    with tracking.start_run() as run:
        run.log_model(made(), "ridge")
    view = models.register("churn", model=made())
    assert (view.run_number, view.version.artifact_path) == (run.number, "ridge.skops")
    with tracking.start_run() as other:
        pass
    view = models.register("churn", model=made(5.0), run=other.number)
    assert (view.run_number, view.version.artifact_path) == (other.number, None)


def test_a_model_that_no_run_kept_belongs_to_the_open_one(registry, made):
    with tracking.start_run("fit") as run:
        view = models.register("churn", model=made())
    assert (view.run_number, view.experiment, view.version.artifact_path) == (run.number, "fit", None)


def test_a_model_without_a_run_knows_its_environment(registry, churn):
    assert churn[0].run_number is None
    assert dict(churn[0].packages)["scikit-learn"] == json.loads(churn[0].version.libraries)["scikit-learn"]


def test_which_model_has_to_be_said(registry, made):
    with pytest.raises(UsageError, match="not said which model"):
        models.register("churn")
    with pytest.raises(UsageError, match="takes one of them"):
        models.register("churn", model=made(), path="x.skops")
    with pytest.raises(NotFoundError, match=r"there is no file 'x\.skops'"):
        models.register("churn", path="x.skops")
    assert registry.rows("models") == []


def test_a_model_that_cannot_be_kept_leaves_nothing(registry):
    from sklearn.linear_model import Ridge

    with pytest.raises(UnsupportedError, match="not fitted"):
        models.register("churn", model=Ridge())
    assert registry.rows("models") == []
    assert events.read(registry) == []


def test_secrets_in_words_are_masked(registry, made):
    view = models.register("churn", model=made(), note="password = 'correct horse'")
    assert view.version.note == "password = '***'"


def test_a_deleted_run_keeps_the_registered_file(registry, made):
    with tracking.start_run() as run:
        run.log_model(made(), "ridge")
    models.register("churn", run=run.number)
    tracking.delete_run(run.number)
    registry.delete("artifacts", {"run_id": run.id})
    registry.delete("runs", {"id": run.id})
    collecting.collect(registry, min_age_s=0)
    assert models.load_model("churn").predict([[1.0]]).shape == (1,)
    assert models.version("churn:1").run_number is None


_REGISTER = """
import sys
from sklearn.linear_model import Ridge
from mlops_jupyter import models

folder, slope = sys.argv[1:]
model = Ridge().fit([[0.0], [1.0]], [0.0, float(slope)])
print("ready", flush=True)
sys.stdin.readline()
models.register("churn", model=model, registry=folder)
"""


@pytest.mark.slow
def test_two_processes_get_two_numbers(registry):
    commands = [[sys.executable, "-c", _REGISTER, registry.url, slope] for slope in ("1.0", "2.0")]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for command in commands]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0]
    rows = registry.rows("model_versions", order="number", columns=["number", "object_hash"])
    assert [row["number"] for row in rows] == [1, 2]
    assert len({row["object_hash"] for row in rows}) == 2
    chain = events.read(registry)
    assert [event.seq for event in chain] == [1, 2]
    assert chain[1].previous_hash == chain[0].hash
