"""Cells in a clean process: what they see, what they may not touch, how they end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mlops_jupyter.lineage.running import bit_settings, run_cells
from mlops_jupyter.lineage.scratch import Scratch
from mlops_jupyter.records import SliceCell


def cells(*sources, **first):
    """Return cells numbered from 1."""
    made = [SliceCell(seq, source, True, execution_count=seq) for seq, source in enumerate(sources, 1)]
    return [SliceCell(**{**_fields(made[0]), **first}), *made[1:]] if first else made


def _fields(cell):
    return {name: getattr(cell, name) for name in ("seq", "source", "is_kept", "execution_count", "outcome")}


def test_a_scratch_folder_keeps_whole_paths(tmp_path):
    scratch = Scratch(tmp_path / "root", Path("/home/me/project"))
    scratch.fill({"in/a.csv": b"1", "../data/b.csv": b"2"}, outputs=["/data/out/c.csv", "d.csv"])
    inside = scratch.working_folder
    assert (inside / "in/a.csv").read_bytes() == b"1"
    assert (inside / "../data/b.csv").read_bytes() == b"2"
    assert inside == tmp_path / "root/home/me/project"
    led = scratch.lead("a.to_csv('/data/out/c.csv'); open('/data/out' + '/c.csv'); x = '/data/outer'")
    out = str(tmp_path / "root" / "data" / "out")
    assert led == f"a.to_csv('{out}/c.csv'); open('{out}' + '/c.csv'); x = '/data/outer'"


def test_a_path_is_led_to_the_copy_only_where_the_file_changed(tmp_path):
    same, other = tmp_path / "same.txt", tmp_path / "other.txt"
    same.write_text("as it was")
    other.write_text("changed since")
    scratch = Scratch(tmp_path / "root", tmp_path)
    scratch.fill({str(same): b"as it was", str(other): b"as it was"})
    source = f"open('{same}').read() + open('{other}').read()"
    assert scratch.lead(source) == source.replace(str(other), str(scratch.place_of(other)))


def test_modules_are_imported_from_the_folder_above_their_package(tmp_path):
    scratch = Scratch(tmp_path / "root", Path("/home/me"))
    scratch.fill({"lib/one.py": b"", "src/pack/__init__.py": b"", "src/pack/two.py": b""})
    roots = scratch.roots_of(["lib/one.py", "src/pack/__init__.py", "src/pack/two.py"])
    assert roots == (str(scratch.place_of("lib")), str(scratch.place_of("src")))


def test_settings_that_change_bits(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    found = bit_settings()
    assert found["OMP_NUM_THREADS"] == "3"
    assert found["OPENBLAS_NUM_THREADS"].isdigit()
    if sys.flags.hash_randomization:
        assert "PYTHONHASHSEED" not in found


@pytest.mark.slow
def test_cells_run_with_their_files_modules_and_outputs(tmp_path):
    told = []
    ran = run_cells(
        [
            SliceCell(2, "import helper\n40 + helper.TWO", True, execution_count=2),
            SliceCell(4, "1 / 0", True, execution_count=4, outcome="failed"),
            SliceCell(5, "y = _2 + Out[2]\n%time z = open('data/in.txt').read()\n!echo from the shell", True),
        ],
        folder=tmp_path,
        files={"data/in.txt": b"in"},
        modules={"helper.py": b"TWO = 2"},
        targets=["y", "z", "nowhere"],
        with_values=True,
        on_cell=lambda place, count, cell, ended: told.append((place, count, ended and ended.outcome)),
    )
    assert ran.error is None, ran.output
    assert ran.values == {"y": 84, "z": "in"}
    assert ran.hashes.keys() == {"y", "z"}
    assert "from the shell" in ran.output
    assert told == [
        (0, 3, None),
        (0, 3, "finished"),
        (1, 3, None),
        (1, 3, "failed"),
        (2, 3, None),
        (2, 3, "finished"),
    ]
    assert ran.cells[1].error == "ZeroDivisionError: division by zero"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_magics_of_windows_do_nothing_where_nobody_looks():
    ran = run_cells(
        cells("import json\n%matplotlib inline\n%gui", "x = json.loads('3')"), folder=".", targets=["x"]
    )
    assert ran.error is None
    assert [cell.outcome for cell in ran.cells] == ["finished", "finished"]


@pytest.mark.slow
def test_a_failure_that_was_none_ends_the_run():
    ran = run_cells(cells("x = 1", "y = x + nothing", "z = 3"), folder=".", targets=["x", "z"])
    assert ran.error == "cell 2 failed: NameError: name 'nothing' is not defined"
    assert [cell.outcome for cell in ran.cells] == ["finished", "failed"]
    assert ran.hashes.keys() == {"x"}


@pytest.mark.slow
def test_a_process_that_dies_or_never_ends_is_told():
    died = run_cells(cells("x = 1", "import os\nos._exit(3)"), folder=".", targets=["x"])
    assert died.error == "the clean process ended with code 3"
    assert [cell.outcome for cell in died.cells] == ["finished"]
    late = run_cells(cells("import time\ntime.sleep(60)"), folder=".", timeout_s=1.5)
    assert late.error == "stopped after 1.5 s"


@pytest.mark.slow
def test_nothing_is_written_where_the_cells_ran_at_first(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    home = Path(__file__).parent  # not below the folder of temporary files
    ran = run_cells(
        cells(f"open({str(home / 'new.txt')!r}, 'w')", outcome="failed")
        + cells("open('new.txt', 'w').close()"),
        folder=home,
        targets=[],
    )
    assert ran.error is None
    assert "PermissionError" in ran.cells[0].error
    assert not (home / "new.txt").exists()


@pytest.mark.slow
def test_the_child_has_the_settings_and_not_what_cells_set_here(monkeypatch):
    monkeypatch.setenv("SET_BY_A_CELL", "yes")
    monkeypatch.setenv("MLOPS_REGISTRY", "/somewhere")
    asked = "import os, sys\nfound = [os.environ.get('SET_BY_A_CELL'), os.environ['TZ'], sys.flags.isolated]"
    ran = run_cells(
        cells(asked, "registry = os.environ['MLOPS_REGISTRY']"),
        folder=".",
        environment={"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "0"},
        targets=["found", "registry"],
        with_values=True,
    )
    assert ran.values["found"] == [None, "Asia/Tokyo", 0]
    assert ran.values["registry"] != "/somewhere"
    assert os.environ["SET_BY_A_CELL"] == "yes"
