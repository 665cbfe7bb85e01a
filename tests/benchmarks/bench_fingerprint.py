"""How fast the fingerprint of data is, in GB/s, beside memory itself, joblib, pandas and MLflow.

Run it as ``python tests/benchmarks/bench_fingerprint.py [--peer-python PATH]``. Everything runs on
one core (the process is pinned to it), on the same data, in turns, median of five. The size of data is what
Arrow needs for it, so text counts its characters and offsets, and a category its codes.

``joblib.hash`` and ``pandas.util.hash_pandas_object`` read everything, as we do. MLflow's digest
(``mlflow.data.digest_utils.compute_pandas_digest``) reads the values of the first 10,000 rows only. It
asks every cell of the frame for its Python type first, which is where its time goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from common import Row, interleaved, peer, run_script

# One core for everything, before a library starts its threads.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS", "POLARS_MAX_THREADS")
for variable in THREADS:
    os.environ[variable] = "1"

ROWS = 2_000_000
REPEATS = 5
BARS = {"float64 × 10": 4.0, "Arrow strings": 2.0}

DATA = f"""
import numpy as np, pandas as pd, pyarrow as pa
rng, n = np.random.default_rng(0), {ROWS}
words = pa.array([f"customer {{k * 7919 % 1_000_003:>9}}" for k in range(100_000)])
floats = pd.DataFrame(rng.random((n, 10)), columns=list("abcdefghij"))
integers = pd.DataFrame({{"a": rng.integers(0, 10**12, n), "b": rng.integers(0, 100, n)}})
drawn = words.take(pa.array(rng.integers(0, len(words), n))).cast("large_string")
text = pd.DataFrame({{"s": pd.array(drawn, dtype=pd.StringDtype("pyarrow", na_value=np.nan))}})
levels = [f"level {{k}}" for k in range(200)]
category = pd.DataFrame({{"level": pd.Categorical.from_codes(rng.integers(0, 200, n), levels)}})
mixed = pd.concat([floats[["a", "b", "c"]], integers.set_axis(["i", "k"], axis=1), text, category], axis=1)
mixed["t"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s")
mixed["flag"] = rng.random(n) < 0.5
frames = {{"float64 × 10": floats, "int64 × 2": integers, "Arrow strings": text}}
frames |= {{"category": category, "mixed": mixed}}
"""

PEER = (
    DATA
    + """
import json, statistics, time
import mlflow
from mlflow.data.digest_utils import compute_pandas_digest
frame = frames["mixed"]
compute_pandas_digest(frame)
seconds = []
for _ in range(5):
    begun = time.perf_counter()
    compute_pandas_digest(frame)
    seconds.append(time.perf_counter() - begun)
print(json.dumps({"median_s": statistics.median(seconds), "version": mlflow.__version__}))
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return a row per kind of data and peer."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    names: dict[str, Any] = {}
    exec(DATA, names)  # the very text that the peer runs
    rows = [row for name, frame in names["frames"].items() for row in compare(name, frame)]
    return [
        *memory(names["floats"]),
        *rows,
        *others(names["frames"]),
        beside_mlflow(names["mixed"], peer_python),
    ]


def memory(floats: Any) -> list[Row]:
    """Return what the machine can do at most: read and copy, beside our hash of the same bytes."""
    import numpy as np

    from mlops_jupyter.data import fingerprint

    array = np.ascontiguousarray(floats.to_numpy().T)
    times = interleaved(
        {
            "ours": lambda: fingerprint(floats, rows=False),
            "read and sum": lambda: array.sum(),
            "copy": lambda: array.copy(),
        },
        repeats=REPEATS,
        warm=1,
    )
    rate = {name: array.nbytes / 1e9 / found.median_s for name, found in times.items()}
    return [
        Row(
            "memory",
            rate["ours"],
            rate[name],
            "GB/s",
            peer_name=f"numpy: {name}",
            note="the limit, not a peer",
        )
        for name in ("read and sum", "copy")
    ]


def compare(name: str, frame: Any) -> list[Row]:
    """Return our rate on a frame beside joblib's and pandas'."""
    import joblib
    import pandas as pd

    from mlops_jupyter.data import fingerprint

    works: dict[str, Callable[[], Any]] = {
        "ours": lambda: fingerprint(frame, rows=False),
        "joblib.hash": lambda: joblib.hash(frame),
        "pandas.util.hash_pandas_object": lambda: pd.util.hash_pandas_object(frame),
    }
    times = interleaved(works, repeats=REPEATS, warm=1)
    size = size_gb(frame)
    rate = {work: size / found.median_s for work, found in times.items()}
    return [
        Row(
            name,
            rate["ours"],
            rate[work],
            "GB/s",
            bar=max(BARS.get(name, 0), 10 * rate[work] if name == "mixed" else 0) or None,
            peer_name=work,
            note=f"{size * 1000:,.0f} MB",
        )
        for work in list(works)[1:]
    ]


def others(frames: dict[str, Any]) -> list[Row]:
    """Return our rates where no peer has the like: rows, row-major arrays, objects."""
    from mlops_jupyter.data import fingerprint

    floats, text = frames["float64 × 10"], frames["Arrow strings"]
    works = {
        "numpy array, row-major": (floats.to_numpy(copy=True, dtype="float64").copy(order="C"), False),
        "with row hashes, float64": (floats[: ROWS // 2], True),
        "with row hashes, Arrow strings": (text[: ROWS // 2], True),
        "text as Python objects": (text.astype(object), False),
    }
    rows = []
    for name, (data, with_rows) in works.items():
        found = interleaved({"": lambda d=data, r=with_rows: fingerprint(d, rows=r)}, repeats=REPEATS, warm=1)
        size = (
            data.nbytes / 1e9
            if hasattr(data, "nbytes")
            else size_gb(data.astype("str") if "text" in name else data)
        )
        rows.append(Row(name, size / found[""].median_s, None, "GB/s", note="no peer"))
    return rows


def beside_mlflow(mixed: Any, peer_python: str | None) -> Row:
    """Return our time for the whole mixed frame beside MLflow's for its first 10,000 rows."""
    from mlops_jupyter.data import fingerprint

    ours = interleaved({"": lambda: fingerprint(mixed, rows=False)}, repeats=REPEATS, warm=1)[""].median_s
    theirs = peer(peer_python, PEER)
    return Row(
        f"mixed, all {ROWS:,} rows",
        ours,
        theirs.get("median_s"),
        peer_name=f"mlflow {theirs['version']}, first 10,000 rows" if "version" in theirs else "",
        note=theirs.get("missing", "time for the whole"),
    )


def size_gb(frame: Any) -> float:
    """Return the GB that Arrow needs for a frame."""
    import pyarrow as pa

    return pa.Table.from_pandas(frame, preserve_index=False).nbytes / 1e9


if __name__ == "__main__":
    run_script(measure)
