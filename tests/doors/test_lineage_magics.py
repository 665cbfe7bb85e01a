"""From the notebook to production as magics, in a real shell with cells that ran out of order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

import mlops_jupyter as mlops
from mlops_jupyter.errors import NotFoundError, UsageError

CELLS = (
    "import random",
    "random.seed(3)\nrows = [random.gauss(0, 1) for _ in range(50)]",
    "len(rows)",
    "%%track mean\nshift = 2\nmean = sum(rows) / len(rows) + shift",
    "print('nobody needs this')",
)


@pytest.fixture
def shell(fresh_shell, registry):
    mlops.load_ipython_extension(fresh_shell)
    yield fresh_shell
    mlops.unload_ipython_extension(fresh_shell)


@pytest.fixture
def tracked(shell):
    """A shell in which a run was made from three of five cells, whose recipe is still being written."""
    for cell in CELLS:
        with capture_output():
            shell.run_cell(cell, store_history=True).raise_error()
    return shell


def shown(shell, cell):
    """Run a cell, and return the records that it displayed, by kind, and what was printed."""
    with capture_output() as captured:
        shell.run_cell(cell, store_history=True).raise_error()
    kinds = {}
    for output in captured.outputs:
        for kind, content in output.data.items():
            if kind.startswith("application/vnd.mlops-jupyter."):
                kinds[kind.split(".")[-1].removesuffix("+json")] = content
    return kinds, captured.stdout


def kept(found):
    return [cell["source"].splitlines()[-1] for cell in found["cells"] if cell["is_kept"]]


def test_the_slice_of_a_run_and_of_a_variable_are_the_cells_that_made_them(tracked):
    needed = [cell.splitlines()[-1] for cell in (CELLS[0], CELLS[1], CELLS[3])]
    for line in ("%slice 1", "%slice mean", "%mlops slice '#1'"):
        assert kept(shown(tracked, line)[0]["code-slice"]) == needed, line
    assert kept(shown(tracked, "%slice rows")[0]["code-slice"]) == needed[:2]
    assert kept(json.loads(shown(tracked, "%slice rows --json")[1])) == needed[:2]


def test_a_slice_becomes_a_script_that_runs_and_says_its_options(tracked, monkeypatch):
    found = shown(tracked, "%slice mean --script mean.py")[0]["done"]
    assert "3 of" in found["message"]
    assert "mean.py" in found["message"]
    assert "--shift" in found["next_step"]
    for words, more in (([], 0), (["--shift", "5"], 3)):
        names = {"__name__": "__main__"}
        monkeypatch.setattr("sys.argv", ["mean.py", *words])
        exec(compile(Path("mean.py").read_text(), "mean.py", "exec"), names)
        assert names["mean"] == pytest.approx(tracked.user_ns["mean"] + more, rel=1e-12)


def test_what_cannot_be_shown_or_written_is_said_with_what_is_near(tracked):
    with pytest.raises(NotFoundError, match="no cell that was seen made 'maen'; did you mean 'mean'"):
        shown(tracked, "%slice maen")
    with pytest.raises(NotFoundError, match="there is no run '9'"):
        shown(tracked, "%slice 9")
    with pytest.raises(UsageError, match="cannot be written"):
        shown(tracked, "%slice mean --script nowhere/mean.py")


def test_without_the_log_of_cells_a_slice_says_why(fresh_shell, registry, monkeypatch):
    monkeypatch.setenv("MLOPS_LINEAGE", "off")
    mlops.load_ipython_extension(fresh_shell)
    try:
        fresh_shell.run_cell("x = 1", store_history=True)
        with pytest.raises(NotFoundError, match="MLOPS_LINEAGE=off"):
            shown(fresh_shell, "%slice x")
    finally:
        mlops.unload_ipython_extension(fresh_shell)


@pytest.mark.slow
def test_a_slice_is_verified_in_a_clean_process(tracked):
    for line in ("%slice mean --verify", "%slice 1 --verify"):
        assert shown(tracked, line)[0]["code-slice"]["verdict"] == "identical", line


@pytest.mark.slow
def test_a_slice_of_a_variable_that_changed_unseen_differs(tracked):
    tracked.user_ns["mean"] = 77
    assert shown(tracked, "%slice mean --verify")[0]["code-slice"]["verdict"] == "differs"


@pytest.mark.slow
def test_a_run_is_made_again_and_shows_it(tracked):
    report = shown(tracked, "%reproduce 1")[0]["reproduction-report"]
    assert report["verdict"] == "identical"
    assert [cell["execution_count"] for cell in report["cells"]] == sorted(
        cell["execution_count"] for cell in report["cells"]
    )
    assert {one["key"] for one in report["values"]} >= {"mean", "shift"}


def test_a_run_whose_cell_ran_with_other_code_is_stale_in_its_card_and_in_the_list(shell):
    from mlops_jupyter.tracking.worker import worker

    for value in ("2", "3"):
        with capture_output():
            shell.run_cell(f"%%track mean\nshift = {value}", store_history=True, cell_id="c1").raise_error()
    worker.wait()
    runs = {view["run"]["number"]: view["stale"] for view in shown(shell, "%runs")[0]["run-table"]["runs"]}
    assert runs == {1: ["its cell ran again with other code"], 2: []}
    assert shown(shell, "%show 1")[0]["run-view"]["stale"] == ["its cell ran again with other code"]


@pytest.mark.slow
def test_a_slice_becomes_a_notebook(tracked):
    shown(tracked, "%slice mean --notebook mean.ipynb --script mean.py")
    notebook = json.loads(Path("mean.ipynb").read_text())
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(sources) == 3
