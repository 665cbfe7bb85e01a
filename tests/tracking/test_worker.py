"""Work behind the cell: in order, but what can wait stands in nobody's way."""

from __future__ import annotations

import threading

import pytest

from mlops_jupyter.tracking.worker import Worker


@pytest.fixture
def worker():
    made = Worker()
    yield made
    assert made.join(10)


def test_jobs_are_done_in_order_and_what_can_wait_comes_later(worker):
    done = []
    worker.put("run", "git", lambda: done.append("git"), after_s=0.05)
    worker.put("run", "a", lambda: done.append("a"))
    worker.put("run", "b", lambda: done.append("b"))
    assert worker.wait(10, owner="run")
    assert done == ["a", "b", "git"]


def test_some_labels_are_not_waited_for(worker):
    go_on = threading.Event()
    worker.put("run", "a", lambda: None)
    worker.put("run", "git", go_on.wait)
    assert worker.wait(10, owner="run", besides={"git"})
    assert worker.pending("run") == ("git",)
    assert not worker.wait(0, owner="run")
    go_on.set()


def test_a_job_that_comes_while_another_is_not_yet_due_is_done_at_once(worker):
    done = threading.Event()
    worker.put("run", "later", lambda: None, after_s=0.5)
    worker.put("run", "now", done.set)
    assert done.wait(10)
    assert worker.pending("run") == ("later",)
