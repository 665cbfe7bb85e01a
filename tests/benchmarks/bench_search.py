"""How long a filtered, ordered search takes: ours over 100,000 runs, MLflow's beside it over 10,000.

Run it as ``python tests/benchmarks/bench_search.py [--peer-python PATH]``, where PATH is an
interpreter that has mlflow (or give it in ``PEER_PYTHON``). Every run has 20 metrics and
4 params; the question is the same for both, and so is the number of runs returned. Both ledgers are
filled directly in SQL, so that filling them takes seconds.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from common import Row, run_script

FILTER = "metrics.auc > 0.8 and params.depth = '8'"
RUNS, PEER_RUNS = 100_000, 10_000
LIMIT = 1000
REPEATS = 15
METRICS = ["auc", *(f"metric_{i:02d}" for i in range(19))]

PEER = Path(__file__).with_name("peer_mlflow_search.py")


def fill(store, runs: int, metrics: list[str] = METRICS) -> None:
    """Fill a registry with finished runs that have random metrics and params."""
    chance = random.Random(1)
    now = "2026-01-02T03:04:05.000000Z"
    session = store.session.id
    store.insert("experiments", {"id": "bench", "name": "bench", "created_at": now})
    batch = 5000
    for start in range(0, runs, batch):
        rows, params, latest = [], [], []
        for number in range(start + 1, min(start + batch, runs) + 1):
            run_id = f"20260102T030405{number % 1000:03d}Z-{chance.getrandbits(32):08x}{number:06x}"
            rows.append(
                (run_id, number, "bench", f"run {number}", "finished", session, now, now, "script", 1)
            )
            params += [
                (run_id, key, 1, str(chance.randrange(10)), "int", "logged")
                for key in ("depth", "rate", "trees", "seed")
            ]
            latest += [(run_id, key, 1, chance.random(), "finite", 1, "logged") for key in metrics]
        with store.atomic():
            store.executemany(
                "INSERT INTO runs (id, number, experiment_id, name, status, session_id, started_at, "
                f"last_seen_at, kind, attempt) VALUES ({', '.join([store.mark] * 10)})",
                rows,
            )
            store.executemany(
                "INSERT INTO params (run_id, key, seq, value, kind, source) "
                f"VALUES ({', '.join([store.mark] * 6)})",
                params,
            )
            store.executemany(
                "INSERT INTO latest_metrics (run_id, key, seq, value, kind, count, source) "
                f"VALUES ({', '.join([store.mark] * 7)})",
                latest,
            )
    store.upsert("counters", {"name": "runs", "value": runs}, key=["name"])


def measure_ours(folder: Path, runs: int) -> dict[str, float]:
    """Return the median time of the search in a new registry, in seconds, and how many it found."""
    from mlops_jupyter.store import SQLiteStore
    from mlops_jupyter.store.search import search_runs

    store = SQLiteStore(folder / ".mlops")
    fill(store, runs)
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        found, total = search_runs(store, FILTER, experiment="bench", order="metrics.auc desc", limit=LIMIT)
        times.append(time.perf_counter() - begun)
    store.close()
    return {"median_s": statistics.median(times), "found": len(found), "total": total}


def measure_peer(python: str, folder: Path, runs: int) -> dict[str, float]:
    """Return the same of MLflow on SQLite."""
    first = python.split(os.pathsep)[0]
    done = subprocess.run(
        [
            first,
            str(PEER),
            str(folder),
            str(runs),
            str(REPEATS),
            str(LIMIT),
            FILTER,
            json.dumps(METRICS),
        ],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"},
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(peer_python: str | None) -> list[Row]:
    """Measure ours over 100,000 runs, and MLflow's over 10,000 where its interpreter is given."""
    with tempfile.TemporaryDirectory() as folder:
        ours = measure_ours(Path(folder), RUNS)
        theirs = measure_peer(peer_python, Path(folder), PEER_RUNS) if peer_python else {}
    note = f"{ours['total']:,.0f} match, first {LIMIT}; the peer searched {PEER_RUNS:,} runs"
    what = f"search over {RUNS:,} runs x {len(METRICS)} metrics, filtered and ordered"
    peer_name = f"mlflow {theirs['version']}" if theirs else "mlflow"
    return [Row(what, ours["median_s"], theirs.get("median_s"), "s", bar=0.1, peer_name=peer_name, note=note)]


if __name__ == "__main__":
    run_script(measure)
