"""How fast data are profiled, beside ydata-profiling and whylogs; how small and how far profiles go.

Run it as ``python tests/benchmarks/bench_profile.py [--peer-python PATH]``. One million rows, fifty columns
(30 floats, 10 integers, 5 texts of 50 values, 3 booleans, times, one text per row), all for everybody.
ydata-profiling is asked for the least it does (``minimal=True``: no correlations, no interactions), and for
the description, not the page. whylogs 1.6 needs the name ``np.unicode_``, which numpy 2 left out;
it is given back to it.

The file is 20 million rows of six floats and one text of 50 values, zstd; megabytes are the peak of a
process of its own that profiles it, less what the imports take. The first run writes it (1 GB) into a
temporary folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import Row, interleaved, peer, run_script

ROWS = 1_000_000
FILE_ROWS = 20_000_000

DATA = f"""
import numpy as np, pandas as pd
rng, n = np.random.default_rng(0), {ROWS}
made = {{f"float {{k}}": rng.normal(size=n) for k in range(30)}}
made |= {{f"integer {{k}}": rng.integers(0, 10 ** (k % 7 + 1), n) for k in range(10)}}
words = np.array([f"level {{k}}" for k in range(50)], dtype=object)
made |= {{f"text {{k}}": words[rng.integers(0, 50, n)] for k in range(5)}}
made |= {{f"flag {{k}}": rng.random(n) < 0.3 for k in range(3)}}
made["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s")
made["user"] = [f"user-{{k}}" for k in range(n)]
frame = pd.DataFrame(made)
"""

PEER_YDATA = (
    DATA
    + """
import json, warnings
warnings.simplefilter("ignore")
import ydata_profiling
from common import timed
def work():
    ydata_profiling.ProfileReport(frame, minimal=True, progress_bar=False).get_description()
seconds = timed(work, repeats=1, warm=0).median_s
print(json.dumps({"median_s": seconds, "version": ydata_profiling.__version__}))
"""
)

PEER_WHYLOGS = (
    DATA
    + """
import json, os
os.environ["WHYLOGS_NO_ANALYTICS"] = "True"
np.unicode_ = np.str_
import whylogs as why
from common import timed
seconds = timed(lambda: why.log(pandas=frame).profile().view().serialize(), repeats=1, warm=0).median_s
print(json.dumps({"median_s": seconds, "version": why.__version__}))
"""
)

IN_A_FILE = """
import json, sys, time
import numpy, pyarrow.parquet, mlops_jupyter.data.profile.state
from mlops_jupyter.data import profile_file
def memory_kb(word):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(word))
before = memory_kb("VmRSS")
seconds = []
for _ in range(3):
    begun = time.perf_counter()
    profile_file(sys.argv[1])
    seconds.append(time.perf_counter() - begun)
grown = (memory_kb("VmHWM") - before) * 1024 / 1e6
print(json.dumps({"median_s": sorted(seconds)[1], "grown_mb": grown}))
"""


def measure(peer_python: str | None) -> list[Row]:
    """Return a row per peer, then those of size, width and length."""
    names: dict[str, Any] = {}
    exec(DATA, names)  # the very text that the peers run
    return [*beside_peers(names["frame"], peer_python), *sizes(), *wide(), *long()]


def beside_peers(frame: Any, peer_python: str | None) -> list[Row]:
    """Return our times beside those of the peers."""
    from mlops_jupyter.data import profile

    ours = interleaved({"": lambda: profile(frame)}, repeats=3, warm=1)[""].median_s
    peers = {
        "ydata-profiling": (peer(peer_python, PEER_YDATA), "minimal, to the description"),
        "whylogs": (peer(peer_python, PEER_WHYLOGS), "why.log, to bytes"),
    }
    return [
        Row(
            f"profile, {ROWS:,} × 50",
            ours,
            found.get("median_s"),
            peer_name=f"{name} {found.get('version', '')}".strip(),
            note=found.get("missing", note),
        )
        for name, (found, note) in peers.items()
    ]


def sizes() -> list[Row]:
    """Return how large a stored profile of twenty columns is, and how long it takes to merge two."""
    import numpy as np
    import pandas as pd

    from mlops_jupyter.data import merge_profiles, profile, profile_to_bytes

    rng = np.random.default_rng(0)
    frames = [pd.DataFrame(rng.normal(size=(100_000, 20))) for _ in range(2)]
    a, b = map(profile, frames)
    kept = len(profile_to_bytes(a)) / 1000
    merging = interleaved({"": lambda: merge_profiles(a, b)}, repeats=5)[""].median_s
    return [
        Row("stored profile of 20 columns of floats", kept, unit="kB", bar=64),
        Row("merge of two profiles of 20 columns", merging, note="grids of their own"),
    ]


def wide() -> list[Row]:
    """Return how long a very wide frame takes."""
    import numpy as np
    import pandas as pd

    from mlops_jupyter.data import profile

    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(10_000, 5_000)))
    seconds = interleaved({"": lambda: profile(frame)}, repeats=1, warm=0)[""].median_s
    return [Row("profile, 10,000 × 5,000", seconds, bar=60)]


def long() -> list[Row]:
    """Return how long a file of 20 million rows takes, and how much memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.parquet"
        _write(path)
        words = [sys.executable, "-c", IN_A_FILE, str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=900)
        found = json.loads(done.stdout.strip().splitlines()[-1])
        on_disk = f"Parquet file of {path.stat().st_size / 1e9:.2f} GB"
    what = f"profile, {FILE_ROWS:,} × 7"
    return [
        Row(what, found["median_s"], bar=7, note=on_disk),
        Row(f"{what}: memory", found["grown_mb"], unit="MB", bar=1000, note=on_disk),
    ]


def _write(path: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, n = np.random.default_rng(0), 2_000_000
    words = pa.array([f"level {k}" for k in range(50)])
    schema = pa.schema([*((f"float {k}", pa.float64()) for k in range(6)), ("text", pa.string())])
    with pq.ParquetWriter(path, schema, compression="zstd") as out:
        for _ in range(FILE_ROWS // n):
            floats = [pa.array(rng.normal(size=n)) for _ in range(6)]
            out.write_table(pa.table([*floats, words.take(pa.array(rng.integers(0, 50, n)))], schema=schema))


if __name__ == "__main__":
    run_script(measure)
