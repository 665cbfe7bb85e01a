"""Runs in a real kernel, where a run stays open from one cell to the next."""

from __future__ import annotations

import nbclient
import nbformat
import pytest

from mlops_jupyter import tracking

CELLS = [
    # 0: a run left open ...
    """
from mlops_jupyter import tracking as t
run = t.start_run('churn')
t.log_param('depth', 8)
""",
    # 1: ... is the one that later cells log to,
    """
t.log_metric('auc', 0.8)
assert t.active_run() is run
""",
    # 2: also cells that await, and their tasks,
    """
import asyncio
await asyncio.sleep(0)
t.log_metric('auc', 0.9)
async def task():
    t.log_metric('auc', 0.95)
await asyncio.gather(task())
""",
    # 3: but not threads of their own accord.
    """
import threading
seen = []
def work():
    try:
        t.log_metric('auc', 0.1)
    except Exception as error:
        seen.append(str(error))
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert 'pass the run' in seen[0], seen
""",
    # 4: tasks that begin runs of their own neither mix nor become the run of the next cell.
    """
async def own(i):
    with t.start_run('tasks', nested=True) as mine:
        await asyncio.sleep(0.01 * (3 - i))
        t.log_metric('i', i)
        return mine.number
numbers = await asyncio.gather(*(own(i) for i in range(3)))
assert t.active_run() is run
""",
    # 5: a run in a with block closes itself and gives the place back.
    """
with t.start_run('churn', nested=True) as child:
    t.log_metric('auc', 0.5)
assert t.active_run() is run
""",
    # 6, 7: begun again by the same cell: the first is finished, the second is the next attempt.
    "again = t.start_run('again')",
    "again = t.start_run('again')",
]


def run_notebook(cells, folder):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return notebook


@pytest.mark.slow
def test_B06_a_run_stays_open_across_cells_and_ends_with_the_kernel(registry, tmp_path):
    run_notebook(CELLS, tmp_path)
    first = tracking.get_run(1)
    assert (first.run.status, first.params[0].value) == ("finished", "8")
    assert [value for _, value in first.series["auc"]] == [0.8, 0.9, 0.95]
    tasks = tracking.find_runs("tasks", order="number").runs
    assert sorted(view.metrics[0].value for view in tasks) == [0, 1, 2]
    assert {view.run.parent_id for view in tasks} == {first.run.id}
    again = tracking.find_runs("again", order="number").runs
    assert [(view.run.attempt, view.run.status) for view in again] == [(1, "finished"), (2, "finished")]
    assert tracking.status().running == 0
