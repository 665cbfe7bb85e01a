"""Which results are no longer those of what is there now, and why."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

import mlops_jupyter
from mlops_jupyter.lineage import staleness
from mlops_jupyter.verbs.looking import runs, show


def reasons(store, run):
    found = staleness.stale(store, [run.id])
    return found[run.id].reasons if run.id in found else ()


def test_a_cell_that_ran_again_with_other_code(registry, history):
    history.execute("n = 3", cell_id="a", bound=("n",))
    history.execute("model = fit(n)", cell_id="b", reads=("n",), bound=("model",))
    run = history.run([1, 2])
    assert reasons(registry, run) == ()
    history.execute("n = 3  # as agreed", cell_id="a", bound=("n",))
    history.execute("model = fit(n)", cell_id="b", reads=("n",), bound=("model",))
    assert reasons(registry, run) == ()  # neither a comment nor the same code is a change
    history.execute("n = 4", cell_id="a", bound=("n",))
    assert reasons(registry, run) == ("cell [1], which it needs, ran again with other code",)
    history.execute("model = fit(n, depth=2)", cell_id="b", bound=("model",))
    assert reasons(registry, run)[1] == "its cell ran again with other code"
    history.execute("n = 3", cell_id="a", bound=("n",))
    assert reasons(registry, run) == ("its cell ran again with other code",)  # a is as it was


def test_other_cells_make_nothing_stale(registry, history):
    history.execute("n = 3", cell_id="a", bound=("n",))
    history.execute("print(n)", cell_id="look", reads=("n",))
    run = history.run([1])
    history.execute("print(n + 1)", cell_id="look", reads=("n",))
    history.execute("n = 4", bound=("n",))  # no cell's
    assert reasons(registry, run) == ()


def file_of(path):
    facts = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "path": path.name,
        "content_hash": digest,
        "size_bytes": facts.st_size,
        "modified_at": facts.st_mtime,
    }


def test_a_file_that_is_another_one_now(registry, history, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("a\n1\n")
    history.execute("df = read('data.csv')", bound=("df",))
    run = history.run([1], files=[file_of(data)])
    assert reasons(registry, run) == ()
    os.utime(data, (1, 1))
    assert reasons(registry, run) == ()  # touched, the same bytes
    data.write_text("a\n2\n")
    assert reasons(registry, run) == ("data.csv has changed",)
    data.unlink()
    assert reasons(registry, run) == ("data.csv is gone",)


def test_a_module_that_was_edited(registry, history, tmp_path):
    helper = tmp_path / "helper.py"
    helper.write_text("n = 1\n")
    history.execute("import helper", bound=("helper",))
    file = {**file_of(helper), "kind": "module", "name": "helper", "size_bytes": None, "modified_at": None}
    run = history.run([1], files=[file])
    assert reasons(registry, run) == ()
    helper.write_text("n = 2\n")
    assert reasons(registry, run) == ("the module helper has changed",)


def test_a_folder_of_another_machine_says_nothing(registry, history, tmp_path):
    history.folder = str(tmp_path / "elsewhere")
    history.execute("df = read('data.csv')", bound=("df",))
    run = history.run([1], files=[{"path": "data.csv", "content_hash": "0" * 64}])
    assert reasons(registry, run) == ()


@pytest.mark.slow
def test_data_of_which_there_is_a_newer_version(registry):
    import pandas as pd

    first, second = pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2, 3]})
    mlops_jupyter.save_dataset(first, name="train")
    with mlops_jupyter.start_run("churn") as run:
        run.log_dataset(first, "X", role="train")
    assert reasons(registry, run) == ()
    mlops_jupyter.save_dataset(second, name="train")
    assert reasons(registry, run) == ("train:1 has a newer version, train:2",)
    assert show(run.number).stale == ("train:1 has a newer version, train:2",)
    assert [view.stale for view in runs().runs] == [show(run.number).stale]
    mlops_jupyter.save_dataset(first, name="train")  # back again
    assert reasons(registry, run) == ()


@pytest.mark.slow
def test_twenty_runs_are_looked_at_in_twenty_milliseconds(registry, history, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("a\n1\n")
    made = []
    for number in range(20):
        for cell in range(10):
            history.execute(f"x{cell} = {number}", cell_id=f"c{cell}", bound=(f"x{cell}",))
        made.append(history.run(range(10 * number + 1, 10 * number + 11), files=[file_of(data)]).id)
    for _ in range(2_000):
        history.execute("x0 = 19", cell_id="c0", bound=("x0",))
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        found = staleness.stale(registry, made)
        spent.append(time.perf_counter() - began)
    print(f"20 runs, 200 cells, 2,200 executions: {min(spent) * 1000:.1f} ms")
    assert set(found) == set(made[:-1])
