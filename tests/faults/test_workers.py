"""FAULTS.md A14-A16: workers, threads and tasks that log. Never into the wrong run."""

from __future__ import annotations

import asyncio
import os
import threading
import warnings

import pytest

from mlops_jupyter import tracking
from mlops_jupyter.errors import UsageError


def values_of(number, key="i"):
    (metric,) = [metric for metric in tracking.get_run(number).metrics if metric.key == key]
    return metric.count, metric.min_value, metric.max_value


def in_loky(function, *arguments):
    import joblib

    with joblib.parallel_config("loky", n_jobs=2):
        return joblib.Parallel()(joblib.delayed(function)(*arguments, i) for i in range(4))


@pytest.mark.slow
def test_A14_a_loky_worker_without_a_run_is_told_so(registry):
    def work(i):
        from mlops_jupyter import errors, tracking

        try:
            tracking.log_metric("i", i)
        except errors.UsageError as error:
            return str(error)
        return "logged"

    with tracking.start_run():
        answers = in_loky(work)
    assert all("no active run in this worker process" in answer for answer in answers), answers
    assert tracking.get_run(1).metrics == ()


@pytest.mark.slow
def test_A14_a_loky_worker_that_is_given_the_run_logs_to_it(registry):
    def work(run, i):
        from mlops_jupyter import tracking

        run.log_metric("i", i)
        run.log_param(f"p{i}", i)
        with tracking.start_run(run=run.environ()["MLOPS_RUN"], registry=run.environ()["MLOPS_REGISTRY"]):
            tracking.log_metric("j", i)
        return os.getpid()

    with tracking.start_run() as run:
        pids = in_loky(work, run)
        assert os.getpid() not in pids
        assert run.is_open
        assert tracking.get_run(1).run.status == "running"
    view = tracking.get_run(1)
    assert values_of(1, "i") == values_of(1, "j") == (4, 0, 3)
    assert {param.key for param in view.params} == {"p0", "p1", "p2", "p3"}
    assert view.run.status == "finished"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_A14_a_forked_child_has_no_run_of_its_own_but_may_use_the_parents(registry):
    def child():
        try:
            tracking.log_metric("wrong", 1.0)
        except UsageError:
            run.log_metric("i", 2.0)
            run.finish()
            return 0
        return 1

    run = tracking.start_run()
    run.log_metric("i", 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: a fork with threads
        pid = os.fork()
    if pid == 0:
        code = 2
        try:
            code = child()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    run.log_metric("i", 3.0)
    assert tracking.get_run(1).run.status == "running"
    run.finish()
    assert values_of(1) == (3, 1.0, 3.0)
    assert [metric.key for metric in tracking.get_run(1).metrics] == ["i"]


def test_A15_threads_log_to_one_run_and_nothing_is_lost(registry):
    def work(thread):
        for i in range(500):
            run.log_metric("i", i)
            run.log_metric(f"own{thread}", i)

    with tracking.start_run() as run:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert values_of(1) == (4_000, 0, 499)
    assert [values_of(1, f"own{n}") for n in range(8)] == [(500, 0, 499)] * 8
    assert len(registry.rows("metrics", {"key": "i"}, columns=["seq"])) == 4_000


def test_A15_a_thread_does_not_inherit_a_run(registry):
    said = []

    def work():
        try:
            tracking.log_metric("i", 1)
        except UsageError as error:
            said.append(str(error))

    with tracking.start_run():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert "pass the run to the thread" in said[0]


def test_A15_two_runs_in_two_threads_stay_apart(registry):
    both = threading.Barrier(2)

    def work(i):
        with tracking.start_run("threads") as run:
            both.wait(10)
            for _ in range(50):
                tracking.log_metric("i", i)
            numbers[i] = run.number
            both.wait(10)

    numbers = {}
    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [values_of(numbers[i]) for i in range(2)] == [(50, 0, 0), (50, 1, 1)]


def test_A16_tasks_that_take_turns_keep_their_runs(registry):
    async def work(i):
        run = tracking.start_run("tasks")
        for _ in range(5):
            await asyncio.sleep(0)
            tracking.log_metric("i", i)
        tracking.end_run()
        return run.number

    async def all_of_them():
        return await asyncio.gather(*(work(i) for i in range(5)))

    numbers = asyncio.run(all_of_them())
    assert len(set(numbers)) == 5
    assert [values_of(number) for number in numbers] == [(5, i, i) for i in range(5)]
