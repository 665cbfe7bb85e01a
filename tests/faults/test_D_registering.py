"""D1, D3, D6: registering that is killed, on a disk that fails, with names that are hostile."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import IntegrityError, NotFoundError, RegistryError
from mlops_jupyter.store import events

HOSTILE = [
    "'; DROP TABLE models; --",
    "50% of {x} $1 ?",
    "日本語 🎈",
    "<b>markup</b>",
    "a/b",
    "CON",
    "x" * 200,
]

REGISTER = """
import sys
from sklearn.linear_model import Ridge
from mlops_jupyter import models
from mlops_jupyter.store import SQLiteStore
from pathlib import Path

store = SQLiteStore(Path(sys.argv[1]))
print("ready", flush=True)
for slope in range(1, int(sys.argv[2]) + 1):
    model = Ridge().fit([[0.0], [1.0]], [0.0, float(slope)])
    print(models.register("churn", model=model, X=[[0.0], [1.0]], registry=store).version.number, flush=True)
"""


@pytest.fixture
def ridge():
    from sklearn.linear_model import Ridge

    return Ridge().fit([[0.0], [1.0]], [0.0, 7.0])


def start(folder, count, fault=None):
    environment = os.environ | ({"MLOPS_FAULT": fault} if fault else {})
    return subprocess.Popen(
        [sys.executable, "-c", REGISTER, str(folder), str(count)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def assert_whole(registry):
    """Every version has its file and one event, every event its version, and the numbers have no gap."""
    rows = registry.rows("model_versions", order="number")
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert registry.objects.get(row["object_hash"])
        assert registry.objects.get(row["example_hash"])
    subjects = [event.subject for event in events.read(registry)]
    assert subjects == [f"churn:{row['number']}" for row in rows]
    assert models.verify_audit().is_whole


@pytest.mark.parametrize("fault", ["eio", "enospc"])
@pytest.mark.parametrize("step", ["object.write", "object.replace"])
def test_D01_a_failing_disk_leaves_nothing(registry, ridge, monkeypatch, step, fault):
    monkeypatch.setenv("MLOPS_FAULT", f"{step}:{fault}")
    with pytest.raises(RegistryError):
        models.register("churn", model=ridge)
    assert registry.rows("models") == []
    assert events.read(registry) == []
    monkeypatch.delenv("MLOPS_FAULT")
    assert models.register("churn", model=ridge).version.number == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", ["object.write", "object.replace"])
def test_D01_killed_while_the_file_is_written(registry, step):
    process = start(registry.url, 1, f"{step}:kill")
    assert process.wait(60) == -9
    process.stdout.close()
    assert registry.rows("models") == []
    assert models.verify_audit().is_whole


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.005, 0.05, 0.3])
def test_D01_killed_at_any_time_every_version_that_was_told_of_is_there(registry, after_s):
    process = start(registry.url, 500)
    assert process.stdout.readline() == "ready\n"
    process.stdout.readline()
    time.sleep(after_s)
    process.kill()
    process.wait(60)
    told = [int(line) for line in process.stdout.read().split()]
    process.stdout.close()
    assert_whole(registry)
    assert len(registry.rows("model_versions")) >= max(told, default=1)
    model = models.load_model("churn")
    assert model.coef_.shape == (1,)


def test_D03_a_lost_file_is_named_and_registering_again_repairs_it(registry, ridge):
    view = models.register("churn", model=ridge)
    registry.objects.path(view.version.object_hash).unlink()
    with pytest.raises(NotFoundError, match=view.version.object_hash):
        models.load_model("churn")
    assert not models.register("churn", model=ridge).is_new
    assert models.load_model("churn").coef_.tolist() == ridge.coef_.tolist()


def test_D03_an_example_that_was_swapped_is_no_example(registry, ridge):
    view = models.register("churn", model=ridge, X=[[0.0], [1.0]])
    path = registry.objects.path(view.version.example_hash)
    path.chmod(0o600)
    path.write_bytes(b"{}")
    with pytest.raises(IntegrityError, match=view.version.example_hash):
        models.load_model("churn")
    assert models.version("churn").example is None


@pytest.mark.parametrize("name", HOSTILE)
def test_D06_names_are_only_data(registry, ridge, name):
    view = models.register(name, model=ridge, description=name, note=name)
    assert (view.name, view.version.note) == (name, name)
    assert models.load_model(f"{name}:1").coef_.tolist() == ridge.coef_.tolist()
    assert [line.name for line in models.table().lines] == [name]
    assert [event.subject for event in events.read(registry, model=name)] == [name, f"{name}:1"][-1:]
