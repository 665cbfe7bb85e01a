"""How fast two versions of a dataset are compared, beside datacompy.

Run it as ``python tests/benchmarks/bench_diff.py [--peer-python PATH]``. One million rows, seven
columns (id, two floats, two integers, time, text), of which 998 cells changed, 500 rows went and 200
came; both are told the key. Ours fingerprints both, counts changed cells and rows, and compares the
distributions of the columns that differ (from 50,000 rows of each); datacompy compares the cells
(``PandasCompare`` and ``count_matching_rows``).
"""

from __future__ import annotations

from typing import Any

from common import Row, interleaved, peer, run_script

ROWS = 1_000_000
REPEATS = 5

DATA = f"""
import numpy as np, pandas as pd
rng, n = np.random.default_rng(0), {ROWS}
before = pd.DataFrame({{
    "id": np.arange(n),
    "price": rng.normal(size=n),
    "weight": rng.normal(size=n),
    "count": rng.integers(0, 100, n),
    "customer": rng.integers(0, 10**6, n),
    "sold": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s"),
    "name": pd.Series([f"customer {{k}}" for k in rng.integers(0, 100_000, n)], dtype="str"),
}})
after = before.copy()
after.loc[rng.choice(n, 998, replace=False), "price"] += 1
after = after.drop(index=rng.choice(n, 500, replace=False))
after = pd.concat([after, before.tail(200).assign(id=lambda f: f.id + 10**7)], ignore_index=True)
"""

PEER = (
    DATA
    + f"""
import json, datacompy
from common import timed
def compare():
    found = datacompy.PandasCompare(before, after, join_columns="id")
    found.count_matching_rows()
    return found
seconds = timed(compare, repeats={REPEATS}, warm=1).median_s
print(json.dumps({{"median_s": seconds, "version": datacompy.__version__}}))
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return a row per kind of comparison."""
    from mlops_jupyter.data import diff
    from mlops_jupyter.records import Profile

    names: dict[str, Any] = {}
    exec(DATA, names)  # the very text that the peer runs
    before, after = names["before"], names["after"]
    shuffled = after.sample(frac=1, random_state=0)
    none = {"before_profile": Profile(0, ()), "after_profile": Profile(0, ())}
    times = interleaved(
        {
            "rows and cells, with shifts": lambda: diff(before, after, key=["id"]),
            "rows and cells": lambda: diff(before, after, key=["id"], **none),
            "the key is found": lambda: diff(before, after, **none),
            "rows in another order": lambda: diff(before, shuffled, key=["id"], **none),
            "one column replaced": lambda: diff(before, before.assign(count=1), key=["id"], **none),
            "the same content": lambda: diff(before, before.copy(), key=["id"], **none),
        },
        repeats=REPEATS,
        warm=1,
    )
    theirs = peer(peer_python, PEER)
    seconds = theirs.get("median_s")
    named = f"datacompy {theirs['version']}, told the key, no shifts" if "version" in theirs else ""
    first = ("rows and cells, with shifts", "rows and cells")
    return [
        Row(
            f"{what}, {ROWS:,} × 7",
            found.median_s,
            seconds if what in first else None,
            bar=seconds / 2 if seconds and what in first else None,
            peer_name=named if what in first else "",
            note=theirs.get("missing", "") if what in first else "no peer",
        )
        for what, found in times.items()
    ]


if __name__ == "__main__":
    run_script(measure)
