"""How well and how fast worse slices are found, beside sliceline.

Run it as ``python tests/benchmarks/bench_slices.py [--peer-python PATH]``. Quality: over 200 runs of
100,000 rows × 10 columns (ten categories or a normal number each), a slice of about 1 % of the rows (two
conditions) has an error of 20 % instead of 10 %: how often it is missing from the first five; and over
200 runs of 10,000 rows without any slice (mistakes, and log-normal losses in turn): how often a slice is
reported. sliceline gets the same binned columns (the search for its best five, two conditions, a
support of 0.9 %, its own weight of 0.95 and one of 0.995, at which a small slice can win). Speed: one
search of 1,000,000 rows × 30 columns, bins included; sliceline has a tenth of the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from common import Row, peer, run_script

RUNS = 200
PEER_RUNS = 10

DATA = """
import numpy as np, pandas as pd

def frame(rng, n, n_columns):
    return pd.DataFrame({
        f"c{i}": rng.normal(size=n) if i % 2 else rng.integers(0, 10, n).astype(str)
        for i in range(n_columns)
    })

def wrong(rng, X, is_planted):
    inside = ((X.c0 == "3") & (X.c2 == "4")).to_numpy()
    return rng.random(len(X)) < np.where(inside & is_planted, 0.2, 0.1)
"""

PEER = (
    DATA
    + f"""
import json, sys, time
from sliceline.slicefinder import Slicefinder

def binned(X):
    return X.apply(lambda c: pd.qcut(c, 10, labels=False) if c.dtype.kind == "f" else c).astype(str)

def search(X, losses, alpha):
    finder = Slicefinder(alpha=alpha, k=5, max_l=2, min_sup=0.009, verbose=False)
    finder.fit(binned(X).to_numpy(), losses.astype(float))
    return [dict(enumerate(one)) for one in finder.top_slices_]

def is_it(found):
    return {{k: v for k, v in found.items() if v is not None}} == {{0: "3", 2: "4"}}

answer = {{}}
for alpha in (0.95, 0.995):
    lost = false = 0
    for seed in range({PEER_RUNS}):
        rng = np.random.default_rng(seed)
        X = frame(rng, 100_000, 10)
        lost += not any(map(is_it, search(X, wrong(rng, X, True), alpha)))
        X = frame(rng, 10_000, 10)
        false += bool(search(X, wrong(rng, X, False), alpha))
    answer[str(alpha)] = [lost / {PEER_RUNS}, false / {PEER_RUNS}]
rng = np.random.default_rng(0)
X = frame(rng, 100_000, 30)
losses = wrong(rng, X, True)
begun = time.perf_counter()
search(X, losses, 0.995)
answer["seconds"] = time.perf_counter() - begun
print(json.dumps(answer))
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return how often slices are missed and made up, and the seconds of a large search."""
    from mlops_jupyter.evaluation.scored import score_predictions
    from mlops_jupyter.evaluation.slicing import slices

    names: dict[str, Any] = {}
    exec(DATA, names)  # the very text that the peer runs
    frame: Callable[..., Any] = names["frame"]
    wrong: Callable[..., Any] = names["wrong"]
    np = names["np"]

    def report(rng: Any, X: Any, *, is_planted: bool) -> Any:
        y = rng.integers(0, 2, len(X))
        return slices(score_predictions(y, y ^ wrong(rng, X, is_planted)), X)

    lost = false = 0
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        found = report(rng, frame(rng, 100_000, 10), is_planted=True).slices[:5]
        lost += "c0 = 3 and c2 = 4" not in [one.text for one in found]
        X = frame(rng, 10_000, 10)
        if seed % 2:
            losses = score_predictions(np.zeros(len(X)), rng.lognormal(size=len(X)), problem="regression")
            false += bool(slices(losses, X).slices)
        else:
            false += bool(report(rng, X, is_planted=False).slices)
    rng = np.random.default_rng(0)
    X = frame(rng, 1_000_000, 30)
    begun = time.perf_counter()
    report(rng, X, is_planted=True)
    seconds = time.perf_counter() - begun
    theirs = peer(peer_python, PEER)
    rows = []
    for alpha in ("0.95", "0.995"):
        missed, made_up = theirs.get(alpha, [None, None])
        who = f"sliceline, weight {alpha}"
        note = theirs.get("missing", f"theirs over {PEER_RUNS} runs")
        rows += [
            Row("planted slice missed", lost / RUNS, missed, "of runs", 0.0, who, note),
            Row("clean model with a slice", false / RUNS, made_up, "of runs", 0.05, who, note),
        ]
    note = theirs.get("missing", "theirs for 100,000 rows")
    rows.append(Row("1,000,000 × 30 searched", seconds, theirs.get("seconds"), "s", 10.0, "sliceline", note))
    return rows


if __name__ == "__main__":
    run_script(measure)
