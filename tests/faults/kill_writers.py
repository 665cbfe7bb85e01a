"""Kills writers at random points and looks at what is left; run by ``test_A10_…``.

``python kill_writers.py FOLDER ROUNDS SEED``: in every round four processes write to one registry
and say through a pipe what was committed; all four are killed with SIGKILL in the middle. Prints
JSON: kills, acknowledged writes, and those that are lost or torn.
"""

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from mlops_jupyter.records import Metric
from mlops_jupyter.store import SQLiteStore, config

WRITERS = 4


def write_for_ever(folder: Path, label: str, say: int) -> None:
    """Commit runs of one session with a metric, a param and a tag each, and say each after it."""
    store = SQLiteStore(folder)
    number = 0
    while True:
        number += 1
        run_id = f"{label}-{number}"
        now = config.now()
        with store.atomic():
            store.insert(
                "runs",
                {
                    "id": run_id, "number": store.next_number("runs"), "experiment_id": "e", "name": "n",
                    "status": "running", "session_id": store.session.id, "started_at": now,
                    "last_seen_at": now, "kind": "script", "attempt": 1,
                },
            )  # fmt: skip
            points = [Metric(run_id, "loss", i, float(i), "finite", 1.0, i) for i in range(1, 6)]
            store.append_metrics(points)
            store.insert("tags", {"run_id": run_id, "key": "k", "value": "x" * 200})
        os.write(say, f"{run_id}\n".encode())


def one_round(folder: Path, label: str, chance: random.Random) -> list[str]:
    """Let four writers write, kill them, and return what they said was committed."""
    writers = []
    for index in range(WRITERS):
        hear, say = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(hear)
            try:
                write_for_ever(folder, f"{label}-{index}", say)
            finally:
                os._exit(1)
        os.close(say)
        writers.append((pid, hear))
    select.select([writers[0][1]], [], [], 10)  # until the first has committed something
    time.sleep(chance.uniform(0.0, 0.04))
    for pid, _ in writers:
        os.kill(pid, signal.SIGKILL)
    said = []
    for pid, hear in writers:
        os.waitpid(pid, 0)
        with os.fdopen(hear, "rb") as pipe:
            said += [line for line in pipe.read().decode().split("\n")[:-1] if line]
    return said


def main() -> None:
    folder, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    store = SQLiteStore(folder)
    store.insert("experiments", {"id": "e", "name": "e", "created_at": config.now()})
    store.close()
    chance, acknowledged, torn, problems = random.Random(seed), [], [], []
    for number in range(rounds):
        acknowledged += one_round(folder, f"r{number}", chance)
        store = SQLiteStore(folder)
        problems += [row for row in store.fetch("PRAGMA quick_check")[1] if row[0] != "ok"]
        store.close()
    store = SQLiteStore(folder)
    problems += [row for row in store.fetch("PRAGMA integrity_check")[1] if row[0] != "ok"]
    problems += store.fetch("PRAGMA foreign_key_check")[1]
    runs = {row["id"]: row["number"] for row in store.rows("runs")}
    whole = (
        "SELECT r.id FROM runs r JOIN latest_metrics l ON l.run_id = r.id AND l.count = 5 AND l.value = 5.0 "
        "JOIN tags t ON t.run_id = r.id WHERE (SELECT count(*) FROM metrics m WHERE m.run_id = r.id) = 5"
    )
    torn = set(runs) - {row[0] for row in store.fetch(whole)[1]}
    reaped = store.reap()
    answer = {
        "kills": rounds * WRITERS,
        "acknowledged": len(acknowledged),
        "lost": sorted(set(acknowledged) - set(runs)),
        "torn": sorted(torn),
        "problems": [str(problem) for problem in problems],
        "numbers": sorted(runs.values()) == list(range(1, len(runs) + 1)),
        "reaped": len(reaped) == len(runs),
        "running": len(store.rows("runs", {"status": "running"})),
    }
    store.close()
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
