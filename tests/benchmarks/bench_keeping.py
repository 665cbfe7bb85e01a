"""What a version of data costs, in MB and seconds, beside DVC and pins, which keep whole files.

Run it as ``python tests/benchmarks/bench_keeping.py [--peer-python PATH]``. One frame of 1,000,000 × 6
and six versions of it, each saved after the first. Ours is what ``save_dataset`` does with the bytes:
fingerprint, pieces, packs, manifest, all on the disk (its profile is measured by ``bench_profile.py``); MB
is what the registry's folder grew by, tables and all.

DVC: the frame written as Parquet (zstd) and ``dvc add``; load is ``dvc checkout`` and reading the file;
MB is what ``.dvc/cache`` grew by. pins: ``pin_write`` of type Parquet and ``pin_read`` on a folder board.
A peer that the interpreter does not have is said to be missing.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from common import Row, peer, run_script

ROWS = 1_000_000

DATA = f"""
import numpy as np, pandas as pd
n = {ROWS}
def make(n, seed, start=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({{
        "id": np.arange(start, start + n),
        "amount": np.round(rng.gamma(2, 50, n), 2),
        "value": rng.normal(size=n),
        "count": rng.poisson(3, n),
        "kind": pd.Categorical.from_codes(rng.integers(0, 8, n), list("abcdefgh")),
        "city": np.array([f"city {{k}}" for k in range(500)], dtype=object)[rng.integers(0, 500, n)],
    }})
base = make(n, 0)
rng = np.random.default_rng(1)
cells = base.copy()
cells.loc[rng.choice(n, 100, replace=False), "amount"] = 1.0
third = n // 3
versions = {{
    "+5 % rows": pd.concat([base, make(n // 20, 2, n)], ignore_index=True),
    "1 column changed": base.assign(value=base["value"] + 1),
    "100 cells changed": cells,
    "1,000 rows put in": pd.concat([base[:third], make(1000, 3, 9 * n), base[third:]], ignore_index=True),
    "1,000 rows deleted": base.drop(index=rng.choice(n, 1000, replace=False)),
    "1 column added": base.assign(extra=rng.normal(size=n)),
}}
"""

MEASURE = """
import json, os, time
from pathlib import Path
def size(folder):
    return sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file()) / 1e6
def run(save, load, folder):
    found = {}
    for name, frame in {"base": base, **versions}.items():
        before, begun = size(folder), time.perf_counter()
        save(frame)
        saved = time.perf_counter()
        grown = size(folder) - before
        begun_load = time.perf_counter()
        back = load()
        loaded = time.perf_counter() - begun_load
        assert len(back) == len(frame)
        found[name] = [grown, saved - begun, loaded]
    print(json.dumps(found))
"""

DVC = (
    DATA
    + MEASURE
    + """
from dvc.repo import Repo
repo = Repo.init(no_scm=True)
def save(frame):
    frame.to_parquet("data.parquet", compression="zstd")
    repo.add("data.parquet")
def load():
    os.remove("data.parquet")
    repo.checkout()
    return pd.read_parquet("data.parquet")
Path(".dvc/cache").mkdir(exist_ok=True)
run(save, load, ".dvc/cache")
"""
)

PINS = (
    DATA
    + MEASURE
    + """
import pins
board = pins.board_folder("board", versioned=True)
written = []  # two versions of one second have no order of their own
def save(frame):
    written.append(board.pin_write(frame, "data", type="parquet").version.version)
run(save, lambda: board.pin_read("data", version=written[-1]), "board")
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return MB and seconds per version, ours beside each peer's."""
    answers = {"dvc": peer(peer_python, DVC), "pins": peer(peer_python, PINS)}
    peers = {name: answer for name, answer in answers.items() if "missing" not in answer}
    missing = "; ".join(f"{name}: {answers[name]['missing']}" for name in answers if name not in peers)
    own = ours()
    # Bars of the goals: an append of 5 % costs 8 % of a whole copy, 1,000 rows put in 25 %.
    bars = {"+5 % rows": 0.08 * own["base"][0], "1,000 rows put in": 0.25 * own["base"][0]}
    rows = []
    for place, (what, unit) in enumerate((("kept", "MB"), ("save", "s"), ("load", "s"))):
        for name, values in own.items():
            bar = bars.get(name) if unit == "MB" else None
            note = missing if name == "base" else ""
            for peer_name, theirs in (peers or {"": {}}).items():
                there = theirs[name][place] if theirs else None
                rows.append(Row(f"{what}: {name}", values[place], there, unit, bar, peer_name, note))
    return rows


def ours() -> dict[str, list[float]]:
    """Return MB, seconds to save and seconds to load of each version, as the peers measure theirs."""
    from mlops_jupyter.store import open_store

    names: dict[str, Any] = {}
    exec(DATA, names)  # the very text that the peers run
    base = names["base"]
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        _load(store, _save(store, base[:10], None))  # imports
        parent: str | None = None
        for name, frame in {"base": base, **names["versions"]}.items():
            before, begun = _megabytes(folder), time.perf_counter()
            manifest = _save(store, frame, parent)
            saved = time.perf_counter() - begun
            grown = _megabytes(folder) - before
            begun = time.perf_counter()
            back = _load(store, manifest)
            found[name] = [grown, saved, time.perf_counter() - begun]
            assert back.equals(frame), name
            parent = parent or manifest
        store.close()
    return found


def _save(store: Any, frame: Any, parent: str | None) -> str:
    """Keep a frame; one of fewer rows than its parent as the rows left out, where that is all."""
    from mlops_jupyter import data

    rows = data.fingerprint(frame).row_hashes
    if parent is not None and len(frame) < ROWS:
        before = _load(store, parent)
        bitmap = data.keep_deletions(data.fingerprint(before).row_hashes, rows, child=frame)
        pieces, manifest = [bitmap], {"parent": parent}
    else:
        kept = data.keep(frame)
        pieces, manifest = kept.pieces, kept.manifest
    chunks = store.packs.put(pieces).hashes
    return str(store.objects.put(json.dumps({**manifest, "chunks": list(chunks)}).encode()))


def _load(store: Any, manifest_hash: str) -> Any:
    from mlops_jupyter import data

    manifest = json.loads(store.objects.get(manifest_hash))
    pieces = store.packs.get(manifest["chunks"])
    if "parent" not in manifest:
        return data.restore(manifest, pieces)
    return data.apply_deletions(_load(store, manifest["parent"]), b"".join(pieces))


def _megabytes(folder: str) -> float:
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    run_script(measure)
