"""FAULTS.md B4, B21: runs of plain scripts, and how they end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from mlops_jupyter import tracking

LIGHT = """
import sys
import mlops_jupyter as mj
with mj.start_run("plain", tags={"a": 1}) as run:
    mj.log_params({"depth": 8})
    mj.log_metric("auc", 0.9, step=1)
    mj.set_note("note")
    run.log_content("a.txt", b"text", kind="text", media_type="text/plain")
assert mj.get_run(1).params[0].value == "8"
heavy = {"IPython", "pandas", "numpy", "sklearn", "matplotlib", "pyarrow", "ipywidgets"} & set(sys.modules)
assert not heavy, heavy
"""


def script(tmp_path, source, *, wait=True):
    file = tmp_path / "train.py"
    file.write_text(source)
    process = subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if not wait:
        return process
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.slow
def test_B21_a_script_needs_neither_ipython_nor_anything_heavy(registry, tmp_path):
    code, _, err = script(tmp_path, LIGHT)
    assert (code, err) == (0, "")
    view = tracking.get_run("plain/1")
    assert (view.run.status, view.run.notebook, view.metrics[0].value) == ("finished", None, 0.9)


@pytest.mark.slow
def test_B21_a_script_run_again_is_the_next_attempt_with_its_source(registry, tmp_path):
    source = (
        "import mlops_jupyter as mj\nrun = mj.start_run()\nmj.log_metric('auc', 0.5)\nprint(run.attempt)\n"
    )
    assert script(tmp_path, source)[1] == "1\n"
    assert script(tmp_path, source + "# edited\n")[1] == "2\n"
    view = tracking.get_run(2)
    assert (view.experiment, view.run.status) == ("train", "finished")
    assert view.cell.source.endswith("# edited\n")
    assert (view.changes.previous_number, view.changes.code_changed) == (1, True)
    assert view.environment.python == sys.version.split()[0]
    assert view.run.incomplete is None


@pytest.mark.slow
def test_B21_an_exception_that_ends_a_script_fails_its_run(registry, tmp_path):
    code, _, err = script(tmp_path, "import mlops_jupyter as mj\nmj.start_run()\n1 / 0\n")
    run = tracking.get_run(1).run
    assert (code, run.status, run.error_type) == (1, "failed", "ZeroDivisionError")
    assert err.count("ZeroDivisionError") == 1


ENDLESS = """
import os, sys, time
import mlops_jupyter as mj
run = mj.start_run("killed")
i = 0
while True:
    run.log_metric("i", i)
    os.write(1, b"%d %d\\n" % (i, time.time_ns()))
    i += 1
    if i % 500 == 0:
        time.sleep(0.03)
    elif i % 7 == 0:
        time.sleep(PAUSE)
"""


def kill_after(tmp_path, pause, delay_s):
    """Return how many seconds before the kill each point was acknowledged, by its index."""
    process = script(tmp_path, ENDLESS.replace("PAUSE", str(pause)), wait=False)
    first = process.stdout.readline()
    time.sleep(delay_s)
    os.kill(process.pid, signal.SIGKILL)
    killed = time.time_ns()
    rest, _ = process.communicate(timeout=30)
    lines = (first + rest).decode().splitlines()[:-1]
    said = [tuple(map(int, line.split())) for line in lines]
    return {i: (killed - moment) / 1e9 for i, moment in said}


@pytest.mark.slow
def test_B04_a_killed_process_leaves_a_run_that_says_so(registry, tmp_path):
    kill_after(tmp_path, 0.001, 0.3)
    run = tracking.get_run(1).run
    assert run.status == "killed"
    assert run.started_at <= run.last_seen_at == run.ended_at
    assert tracking.status().running == 0


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0, 0.001, 0.06])
def test_B04_a_kill_loses_nothing_older_than_a_tenth_of_a_second(registry, tmp_path, pause):
    oldest_lost_s = []
    for number in range(1, 9):
        ages_s = kill_after(tmp_path, pause, random.uniform(0.15, 0.8))
        run_id = tracking.get_run(number).run.id
        rows = registry.rows("metrics", {"run_id": run_id}, columns=["value"])
        found = {int(row["value"]) for row in rows}
        assert ages_s, "the process was killed before it said anything"
        assert len(rows) == len(found)
        oldest_lost_s.append(max((age for i, age in ages_s.items() if i not in found), default=0.0))
    # A machine that stalls for a moment stalls the write too, so one kill of eight may lose more.
    assert sorted(oldest_lost_s)[-2] <= 0.1, oldest_lost_s
    assert max(oldest_lost_s) < 1, oldest_lost_s
