"""Metric points: exact, ordered, durable, and kept through trouble."""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time

import pytest

from mlops_jupyter import tracking
from mlops_jupyter.errors import ValueRefused
from mlops_jupyter.store.library import sqlite3 as our_sqlite


def points(registry, key="loss"):
    return registry.rows("metrics", {"key": key}, order="seq")


@pytest.mark.slow
def test_C10_single_calls_in_a_loop_are_exact(registry):
    with tracking.start_run() as run:
        for i in range(20_000):
            run.log_metric("loss", i * 0.5, step=i)
    rows = points(registry)
    assert [row["value"] for row in rows] == [i * 0.5 for i in range(20_000)]
    assert [row["step"] for row in rows] == list(range(20_000))
    (latest,) = tracking.get_run(1).metrics
    assert (latest.count, latest.value, latest.min_value, latest.max_value) == (20_000, 9_999.5, 0, 9_999.5)


def test_a_point_after_a_quiet_moment_is_there_when_the_call_returns(registry):
    run = tracking.start_run()
    for i in range(3):
        run.log_metric("loss", i)
        assert len(points(registry)) == i + 1
        time.sleep(0.06)


def test_points_of_a_fast_loop_are_written_without_being_asked_for(registry):
    run = tracking.start_run()
    for i in range(100):
        run.log_metric("loss", i)
    deadline = time.monotonic() + 10
    while len(points(registry)) < 100 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(points(registry)) == 100
    assert run.is_open


def test_sequence_numbers_grow_strictly_even_if_the_clock_goes_back(registry, monkeypatch):
    moments = iter([2_000, 1_000, 1_000, 3_000] + [4_000] * 100)
    with tracking.start_run() as run, monkeypatch.context() as patched:
        patched.setattr("mlops_jupyter.tracking.buffer.time.time_ns", lambda: next(moments))
        for i in range(4):
            run.log_metric("loss", i)
    assert [(row["seq"], row["value"]) for row in points(registry)] == [
        (2_000, 0),
        (2_001, 1),
        (2_002, 2),
        (3_000, 3),
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [(float("nan"), "nan"), (float("inf"), "+inf"), (float("-inf"), "-inf"), (True, "finite")],
)
def test_C01_every_kind_of_number_is_kept(registry, value, kind):
    with tracking.start_run() as run:
        run.log_metric("loss", value)
    assert tracking.get_run(1).metrics[0].kind == kind


@pytest.mark.parametrize("value", ["0.5", None, 1j, [1.0], 2**70, object()])
def test_C02_what_is_no_number_is_refused_by_name(registry, value):
    with tracking.start_run() as run:
        with pytest.raises(ValueRefused, match="'loss'"):
            run.log_metric("loss", value)
        with pytest.raises(ValueRefused, match="'loss'"):
            run.log_metrics({"auc": 0.5, "loss": value})
    assert tracking.get_run(1).metrics == ()


@pytest.mark.parametrize("step", [0.5, float("nan"), 2**63, "a", object()])
def test_C09_steps_that_are_no_whole_numbers_are_refused(registry, step):
    with tracking.start_run() as run, pytest.raises(ValueRefused, match="'loss'"):
        run.log_metric("loss", 1.0, step=step)
    assert points(registry) == []


def test_C09_steps_may_repeat_and_decrease_and_all_points_are_kept(registry):
    import numpy as np

    steps = [3, 3, 1, -1, 2.0, np.int64(7)]
    with tracking.start_run() as run:
        for i, step in enumerate(steps):
            run.log_metric("loss", i, step=step)
    assert [row["step"] for row in points(registry)] == [3, 3, 1, -1, 2, 7]
    assert tracking.get_run(1).metrics[0].value == 5


def test_direction_source_and_function_are_kept(registry):
    with tracking.start_run() as run:
        run.log_metric("auc", 0.5, function="sklearn.metrics.roc_auc_score", data="X_test", source="function")
        run.log_metric("auc", 0.6)
        run.log_metric("oddity", 1.0, direction="min")
        run.log_metric("log_loss", 1.0)
        run.log_metric("n", 1.0)
    metrics = {metric.key: metric for metric in tracking.get_run(1).metrics}
    assert (metrics["auc"].value, metrics["auc"].function, metrics["auc"].data) == (
        0.6,
        "sklearn.metrics.roc_auc_score",
        "X_test",
    )
    assert {key: metric.direction for key, metric in metrics.items()} == {
        "auc": "max",
        "oddity": "min",
        "log_loss": "min",
        "n": None,
    }


def rename(registry, old, new):
    connection = our_sqlite.connect(registry.folder / "registry.db", timeout=30)
    connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
    connection.commit()
    connection.close()


def test_points_that_cannot_be_written_are_kept_said_once_and_written_later(registry, caplog):
    run = tracking.start_run()
    run.log_metric("loss", 0.0)
    rename(registry, "metrics", "hidden")
    with caplog.at_level(logging.WARNING, "mlops_jupyter"):
        for i in range(1, 4):
            run.log_metric("loss", float(i))
            assert not run.flush()
    assert caplog.text.count("is incomplete") == 1
    rename(registry, "hidden", "metrics")
    assert run.flush()
    run.finish()
    assert [row["value"] for row in points(registry)] == [0, 1, 2, 3]
    view = tracking.get_run(1)
    assert view.metrics[0].count == 4
    assert "metrics could not be written at once" in view.run.incomplete


@pytest.mark.slow
def test_B02_interrupts_inside_writes_neither_lose_nor_double_a_point(registry):
    def interrupt_at_random():
        while not over.wait(random.uniform(0.0005, 0.004)):
            if ready.is_set():
                ready.clear()
                os.kill(os.getpid(), signal.SIGINT)

    said, interrupted, i = [], 0, 0
    run, over, ready = tracking.start_run(), threading.Event(), threading.Event()
    thread = threading.Thread(target=interrupt_at_random)
    until = time.monotonic() + 1.0
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    while time.monotonic() < until:
        try:
            ready.set()
            while time.monotonic() < until:
                run.log_metric("loss", i)
                said.append(i)
                i += 1
                run.flush()
                run.log_param("i", i)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:
            interrupted += 1
            i += 1
    over.set()
    thread.join()
    signal.signal(signal.SIGINT, before)
    run.finish()
    found = [int(row["value"]) for row in points(registry)]
    assert interrupted > 20
    assert len(found) == len(set(found))
    assert set(said) <= set(found)
    view = tracking.get_run(1)
    assert (view.run.status, view.metrics[0].count, view.run.incomplete) == ("finished", len(found), None)
