"""How long a filtered, ordered search takes: ours over 100,000 runs, MLflow's beside it over 10,000.

Run it as ``python tests/benchmarks/bench_search.py [--runs 100000] [--peer-python PATH]``, where
PATH is an interpreter that has mlflow (or give it in ``PEER_PYTHON``). Every run has 20 metrics and
4 params; the question is the same for both, and so is the number of runs returned. Both ledgers are
filled directly in SQL, so that filling them takes seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

FILTER = "metrics.auc > 0.8 and params.depth = '8'"
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
    done = subprocess.run(
        [python, str(PEER), str(folder), str(runs), str(REPEATS), str(LIMIT), FILTER, json.dumps(METRICS)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"},
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--peer-runs", type=int, default=10_000)
    parser.add_argument("--peer-python", default=os.environ.get("PEER_PYTHON"))
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = measure_ours(Path(folder), chosen.runs)
        result = {"runs": chosen.runs, "ours": ours}
        if chosen.peer_python:
            result |= {
                "peer_runs": chosen.peer_runs,
                "peer": measure_peer(chosen.peer_python, Path(folder), chosen.peer_runs),
            }
            result["ratio"] = result["peer"]["median_s"] / ours["median_s"]
    if chosen.json:
        print(json.dumps(result))
        return
    print(f"{FILTER}, ordered by metrics.auc desc, first {LIMIT}; median of {REPEATS}")
    print(f"  ours    {chosen.runs:>8,} runs  {ours['median_s'] * 1e3:8.1f} ms  ({ours['total']:,.0f} match)")
    if "peer" in result:
        peer = result["peer"]
        print(
            f"  mlflow {peer['version']} {chosen.peer_runs:>6,} runs  {peer['median_s'] * 1e3:8.1f} ms  "
            f"({peer['found']:,} returned)"
        )
        more = chosen.runs / chosen.peer_runs
        print(f"  ratio  {result['ratio']:.1f} times, on {more:.0f} times as many runs")


if __name__ == "__main__":
    main()
