"""One ``log_metric`` in a loop, beside MLflow (waiting and not waiting), trackio and W&B offline.

A call is timed with what it leaves for later: the clock stops when every point stands on disk.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable

from common import Row, peer, run_script

CALLS = 100_000
SLOW_CALLS = 200
BAR_S = 20e-6

MLFLOW = """
import json, os, sys, time
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow
calls, waits = int(sys.argv[1]), sys.argv[2] == "waits"
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("bench")
with mlflow.start_run():
    mlflow.log_metric("warm", 0.0)
    begun = time.perf_counter()
    for i in range(calls):
        mlflow.log_metric("loss", i * 0.5, step=i, synchronous=waits)
    called = time.perf_counter()
    if not waits:
        mlflow.flush_async_logging()
    done = time.perf_counter()
print(json.dumps({"call_s": (called - begun) / calls, "done_s": (done - begun) / calls}))
"""

TRACKIO = """
import json, os, sys, time
os.environ["TRACKIO_DIR"] = os.getcwd()
os.environ["HF_HUB_OFFLINE"] = "1"
import trackio
calls = int(sys.argv[1])
trackio.init(project="bench", embed=False)
trackio.log({"warm": 0.0})
begun = time.perf_counter()
for i in range(calls):
    trackio.log({"loss": i * 0.5}, step=i)
called = time.perf_counter()
trackio.finish()
done = time.perf_counter()
print()
print(json.dumps({"call_s": (called - begun) / calls, "done_s": (done - begun) / calls}))
"""

WANDB = """
import json, os, sys, time
os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DIR": os.getcwd()}
import wandb
calls = int(sys.argv[1])
run = wandb.init(project="bench", settings=wandb.Settings(disable_git=True, x_disable_stats=True))
run.log({"warm": 0.0})
begun = time.perf_counter()
for i in range(calls):
    run.log({"loss": i * 0.5})
called = time.perf_counter()
run.finish()
done = time.perf_counter()
print()
print(json.dumps({"call_s": (called - begun) / calls, "done_s": (done - begun) / calls}))
"""


def loop(calls: int, pause_s: float = 0.0) -> dict[str, float]:
    """Return seconds a call as the caller feels them, and until all points are on disk."""
    from mlops_jupyter import tracking

    with tempfile.TemporaryDirectory() as folder, tracking.start_run("bench", registry=folder) as run:
        run.log_metric("warm", 0.0)
        run.wait()
        spent = 0.0
        begun = time.perf_counter()
        if pause_s:
            for i in range(calls):
                time.sleep(pause_s)
                before = time.perf_counter()
                run.log_metric("loss", i * 0.5, step=i)
                spent += time.perf_counter() - before
        else:
            for i in range(calls):
                run.log_metric("loss", i * 0.5, step=i)
            spent = time.perf_counter() - begun
        run.flush()
        done = time.perf_counter() - begun
        run.finish()
        run.store.close()
    return {"call_s": spent / calls, "done_s": done / calls}


def best(work: Callable[[], dict[str, float]], turns: int = 5) -> dict[str, float]:
    """Return the middle one of some turns, by the caller's time."""
    return sorted((work() for _ in range(turns)), key=lambda found: found["call_s"])[turns // 2]


def measure(peer_python: str | None) -> list[Row]:
    """Return a row for each peer, and one for a slow loop, where each call is durable when it returns."""
    os.environ.pop("MLOPS_REGISTRY", None)
    loop(1_000)
    ours, slow = best(lambda: loop(CALLS)), loop(SLOW_CALLS, pause_s=0.06)
    rows = []
    for name, code, arguments, calls in (
        ("mlflow, waiting", MLFLOW, ("waits",), 1_000),
        ("mlflow, not waiting", MLFLOW, ("later",), 5_000),
        ("trackio", TRACKIO, (), 20_000),
        ("wandb offline", WANDB, (), 10_000),
    ):
        theirs = peer(peer_python, code, str(calls), *arguments)
        for key, what in (
            ("call_s", "log_metric, as the loop feels it"),
            ("done_s", "… until all is on disk"),
        ):
            rows.append(
                Row(
                    what,
                    ours[key],
                    theirs.get(key),
                    "s",
                    bar=BAR_S if key == "call_s" else None,
                    peer_name=name,
                    note=theirs.get("missing", ""),
                )
            )
    rows.append(Row("log_metric every 60 ms, on disk when it returns", slow["call_s"]))
    return rows


if __name__ == "__main__":
    run_script(measure)
