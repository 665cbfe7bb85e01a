"""Which executions made a run: kept behind the cell, shown, written as a script."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mlops_jupyter import config, start_run
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.lineage import inputs, recipe_of, slice_of_name, write_slice

TRACKED = "%%track churn\nauc = base + depth"


def test_a_run_keeps_what_made_it_and_nothing_else(registry, session):
    session.run("base = 1", "unused = 2", "base += 1", "depth = 3", "print(base)", TRACKED)
    assert session.kept(1) == ["base = 1", "base += 1", "depth = 3", "%%track churn"]
    found = recipe_of(registry, "#1")
    assert (found.label, found.run_number, found.targets) == ("#1", 1, ("auc",))
    assert len(found.cells) == 6
    assert registry.rows("runs")[0]["incomplete"] is None


def test_cells_are_kept_as_they_ran_not_as_they_are_now(session):
    session.run("base = 1", cell_id="a")
    session.run("depth = 3", TRACKED)
    session.run("base = 100", cell_id="a")
    session.run("%%track churn\nauc = base * depth")
    assert session.kept(1) == ["base = 1", "depth = 3", "%%track churn"]
    assert session.kept(2) == ["depth = 3", "base = 100", "%%track churn"]


@pytest.mark.slow
def test_each_execution_is_written_once(registry, session):
    session.run("base, depth = 1, 2", TRACKED, "base = 2", TRACKED)
    rows = registry.rows("executions", order="seq")
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert rows[0]["source"] == "base, depth = 1, 2"


@pytest.mark.slow
def test_a_cell_that_ran_again_is_written_without_a_run(registry, session):
    session.run("base = depth = 1", cell_id="a")
    session.run(TRACKED)
    session.run("other = 1", cell_id="b")
    assert len(registry.rows("executions")) == 2
    session.run("base = depth = 2", cell_id="a")
    assert len(registry.rows("executions")) == 4


@pytest.mark.slow
def test_a_failed_run_has_a_recipe_too(session):
    session.run("base = 1")
    session.run("%%track churn\nbase / 0", fails=True)
    assert session.kept(1) == ["base = 1", "%%track churn"]


def test_a_run_of_start_run_keeps_the_cells_that_it_was_open_in(registry, session):
    session.run(
        "from mlops_jupyter import start_run, end_run, log_metric",
        "base = 1",
        "run = start_run('churn')",
        "log_metric('auc', base)",
        "unused = 2",
        "end_run()",
        "later = 3",
    )
    assert session.kept(1) == [
        "from mlops_jupyter import start_run, end_run, log_metric",
        "base = 1",
        "run = start_run('churn')",
        "log_metric('auc', base)",
        "unused = 2",
        "end_run()",
    ]


@pytest.mark.slow
def test_a_tracked_cell_below_capture(session):
    session.run("base, depth = 1, 2", "%%capture\n%%track churn\nauc = base + depth")
    assert session.kept(1) == ["base, depth = 1, 2", "%%capture"]


def test_a_run_of_a_script_has_none(registry):
    with start_run("churn"):
        pass
    with pytest.raises(NotFoundError, match="run #1 has no recipe: it was not made in a notebook"):
        recipe_of(registry, 1)


def test_lineage_can_be_switched_off(registry, fresh_shell, monkeypatch):
    from mlops_jupyter import notebook

    monkeypatch.setenv("MLOPS_LINEAGE", "off")
    notebook.load_ipython_extension(fresh_shell)
    try:
        fresh_shell.run_cell("%%track churn\nx = 1", store_history=True)
        with pytest.raises(NotFoundError, match="MLOPS_LINEAGE=off"):
            recipe_of(registry, 1)
        with pytest.raises(NotFoundError, match="MLOPS_LINEAGE=off was set"):
            fresh_shell._mlops_jupyter.effects.slice_of("x")
    finally:
        notebook.unload_ipython_extension(fresh_shell)


def test_a_secret_is_masked_in_what_is_kept(registry, session):
    secret = "correct-horse-1"
    session.run(f"password = '{secret}'", "base = len(password)", "depth = 1", TRACKED)
    assert all(secret not in row["source"] + row["effects"] for row in registry.rows("executions"))
    assert any("masked" in doubt for doubt in recipe_of(registry, 1).doubts)


def test_a_file_that_is_read_is_kept_with_its_bytes(registry, session, tmp_path, monkeypatch):
    (tmp_path / "data.txt").write_text("7")
    (tmp_path / ".env").write_text("8")
    session.run("from pathlib import Path")
    read = "base = int(Path('data.txt').read_text())"
    session.run(read, "depth = int(Path('.env').read_text())", TRACKED)
    files = {file.path: file for file in recipe_of(registry, 1).files}
    assert registry.objects.get(files["data.txt"].object_hash) == b"7"
    assert files[".env"].object_hash is None
    assert any(
        ".env is kept only by its hash: it looks like credentials" in d for d in recipe_of(registry, 1).doubts
    )
    monkeypatch.setenv(inputs.KEEP_VARIABLE, "0")
    (tmp_path / "data.txt").write_text("9")
    session.run(read, TRACKED)
    files = {file.path: file for file in recipe_of(registry, 2).files}
    assert files["data.txt"].object_hash is None
    assert len(files["data.txt"].content_hash) == 64


@pytest.mark.slow
def test_a_module_of_ones_own_is_kept(registry, session, tmp_path, monkeypatch):
    (tmp_path / "helper_of_l4.py").write_text("def twice(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    session.run("import helper_of_l4", "base = helper_of_l4.twice(3)", "depth = 1", TRACKED)
    (module,) = recipe_of(registry, 1).modules
    assert module.name == "helper_of_l4"
    assert b"def twice" in registry.objects.get(module.object_hash)


def test_the_slice_of_a_name(session):
    session.run("a = 1", "b = 2", "c = a + 1")
    found = slice_of_name(session.log, "c")
    assert [cell.source for cell in found.kept] == ["a = 1", "c = a + 1"]
    with pytest.raises(NotFoundError, match="no cell that was seen made 'cc'; did you mean 'c'"):
        slice_of_name(session.log, "cc")


@pytest.mark.slow
def test_a_slice_is_written_and_runs(registry, session, tmp_path):
    session.run("base = 1", "depth = 3", "%%track churn\nauc = base + depth\nprint('auc', auc)")
    script, notebook = write_slice(1, script=tmp_path / "train.py", notebook=tmp_path / "train.ipynb")
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert "auc 4" in ran.stdout
    assert json.loads(notebook.read_text())["nbformat"] == 4
    with pytest.raises(UsageError, match="nothing to write"):
        write_slice(1)
    with pytest.raises(UsageError, match="cannot be written"):
        write_slice(1, script=tmp_path / "nowhere" / "train.py")


@pytest.mark.slow
def test_a_registry_that_changes_under_the_session_has_all_it_needs(registry, session, tmp_path, monkeypatch):
    session.run("base = 1", "depth = 2", TRACKED)
    monkeypatch.setenv(config.REGISTRY_VARIABLE, str(tmp_path / "second"))
    session.run(TRACKED)
    from mlops_jupyter.store import _open, current

    second = current()
    assert [cell.source for cell in recipe_of(second, 1).kept][:2] == ["base = 1", "depth = 2"]
    second.close()
    del _open[second.url]


@pytest.mark.slow
def test_the_log_outlives_a_reload_of_the_extension(session):
    session.run("base = 1", "depth = 2", "%reload_ext mlops_jupyter", TRACKED)
    assert session.kept(1) == ["base = 1", "depth = 2", "%%track churn"]


def test_cells_before_the_extension_was_loaded_are_taken_from_their_text(registry, bare_session):
    bare_session.run(
        "base = 1",
        "unused = [2]",
        "depth = 3",
        "# to begin with\n%load_ext mlops_jupyter\nmore = 4",
        "%%track churn\nauc = base + depth + more",
    )
    found = recipe_of(registry, 1)
    assert [cell.execution_count for cell in found.kept] == [1, 3, 4, 5]
    assert any("ran before it could be seen" in doubt for doubt in found.doubts)
