"""What a recipe was made with, held against what is there now."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mlops_jupyter import datasets
from mlops_jupyter.deploy.changes import present
from mlops_jupyter.errors import NotFoundError
from mlops_jupyter.models import reference
from mlops_jupyter.records import CodeSlice, FileUse, LocalModule, Run, SliceCell
from mlops_jupyter.store import open_store
from mlops_jupyter.tracking import start_run

from .exports import register


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A registry with a version and a run, which the tests only look at."""
    store = open_store(tmp_path_factory.mktemp("registry"))
    register(registry=store)
    with start_run("churn", registry=store) as run:
        pass
    _, version = reference.find_version(store, "churn")
    yield store, version, Run(**store.rows("runs", {"id": run.id})[0])
    store.close()


@pytest.fixture
def asked(recorded, tmp_path, monkeypatch):
    """Compare a recipe of some cells and files with what is in this folder."""
    monkeypatch.chdir(tmp_path)
    store, made, run = recorded

    def compare(*sources, files=(), modules=(), folder=None, notebook=None):
        cells = tuple(
            SliceCell(seq, source, is_kept=True, cell_id=f"c{seq}", execution_count=seq)
            for seq, source in enumerate(sources, 1)
        )
        recipe = CodeSlice("#1", ("model",), cells, (), tuple(files), tuple(modules))
        run_now = replace(run, notebook=str(notebook) if notebook else None)
        return present(store, made, run_now, recipe, folder or Path.cwd())

    return compare


def use(path, kind=FileUse, **more):
    content = Path(path).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if kind is FileUse:
        return FileUse(path, size_bytes=len(content), content_hash=digest, **more)
    return LocalModule(Path(path).stem, path, digest, **more)


def test_nothing_changed_where_all_is_as_it_was(asked):
    Path("a.csv").write_text("1")
    assert asked("import numpy", files=[use("a.csv")]).changes == ()


def test_a_file_with_other_bytes_is_named(asked):
    Path("a.csv").write_text("1")
    files = [use("a.csv"), replace(use("a.csv"), path="a.csv", content_hash=None)]
    Path("a.csv").write_text("22")
    [change, large] = asked("x = 1", files=files).changes
    assert (change.kind, change.name, change.before) == (
        "data",
        "a.csv",
        hashlib.sha256(b"1").hexdigest()[:12],
    )
    assert (large.before, large.after) == ("1 bytes", "2 bytes")


def test_a_file_that_is_gone_is_an_error(asked):
    with pytest.raises(NotFoundError, match=r"reads 'a.csv', which is not in .*nothing was trained"):
        asked("x = 1", files=[FileUse("a.csv", content_hash="0")])


def test_a_module_with_other_code_is_named_and_kept_copies_stand_in_elsewhere(asked, recorded, tmp_path):
    Path("helpers.py").write_text("a = 1")
    kept = recorded[0].objects.put(b"a = 1")
    module = use("helpers.py", LocalModule, object_hash=kept)
    Path("helpers.py").write_text("a = 2")
    [change] = asked("import helpers", modules=[module]).changes
    assert (change.kind, change.name) == ("code", "the module helpers")
    Path("helpers.py").unlink()
    there = asked("import helpers", modules=[module], folder=tmp_path / "of another machine")
    assert there.changes == ()
    assert Path(there.modules["helpers.py"]).read_bytes() == b"a = 1"


def test_cells_are_taken_as_they_stand_in_the_notebook(asked):
    notebook = Path("train.ipynb")
    cells = [
        {"cell_type": "code", "id": "c1", "source": ["depth = 9\n"]},
        {"cell_type": "code", "id": "c2", "source": "model = depth  # as it was"},
        {"cell_type": "markdown", "id": "c3", "source": "text"},
    ]
    notebook.write_text(json.dumps({"cells": cells}))
    found = asked("depth = 8", "model = depth", "z = 3", notebook=notebook)
    assert [change.name for change in found.changes] == ["cell [1]"]
    assert [cell.source for cell in found.cells] == ["depth = 9\n", "model = depth", "z = 3"]


@pytest.mark.parametrize(
    "content", ["", "{}", '{"cells": [{"cell_type": "code", "id": "c1"}]}', '{"cells": 1}']
)
def test_a_notebook_that_cannot_be_read_is_as_none(asked, content):
    Path("train.ipynb").write_text(content)
    assert asked("depth = 8", notebook="train.ipynb").changes == ()


def test_saved_data_in_a_newer_version_is_a_change_unless_the_code_names_the_version(registry):
    register()
    datasets.save(pd.DataFrame({"a": [1]}), "train")
    with start_run("churn") as run:
        run.log_dataset(pd.DataFrame({"a": [1]}), "train", role="train")
    used = Run(**registry.rows("runs", {"id": run.id})[0])
    datasets.save(pd.DataFrame({"a": [2]}), "train")
    _, version = reference.find_version(registry, "churn")

    def changes(source):
        recipe = CodeSlice("#1", (), (SliceCell(1, source, is_kept=True),))
        return present(registry, version, used, recipe, Path.cwd()).changes

    [change] = changes("df = load_dataset('train')")
    assert (change.kind, change.before, change.after) == ("data", "train:1", "train:2")
    assert changes("df = load_dataset('train:1')") == ()


def test_another_version_of_a_package_that_the_code_imports_is_a_change(recorded):
    store, version, run = recorded
    [row] = store.rows("environments")
    packages = json.loads(row["packages"]) | {"numpy": "1.0", "not-used": "1.0"}
    other = {**row, "id": "0" * 64, "packages": json.dumps(packages), "python": "3.9.1"}
    store.insert("environments", other)
    cells = (SliceCell(1, "import numpy", is_kept=True), SliceCell(2, "%time x = 1", is_kept=True))
    then = replace(version, environment_id="0" * 64)
    found = present(store, then, run, CodeSlice("#1", (), cells), Path.cwd()).changes
    assert [(change.kind, change.name, change.before) for change in found] == [
        ("environment", "python", "3.9.1"),
        ("environment", "numpy", "1.0"),
    ]
