"""How long a cold process takes to import us and load the extension, beside ``import mlflow``.

Run it as ``python tests/benchmarks/bench_import.py [--peer-python PATH]``. Each repeat is a new
process; what is timed is inside it: the import and ``%load_ext`` in an IPython that stands already,
which is what a user waits for. Ours and the peer's take turns.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from common import Row, peer, run_script

REPEATS = 15
HEAVY = (
    "anywidget blake3 cyclopts detect_secrets ipywidgets jinja2 matplotlib numpy pandas polars psutil "
    "pyarrow rich scipy skops sklearn sqlite3 sqlite_utils xxhash"
).split()

OURS = """
import json, os, sys, time
os.environ["IPYTHONDIR"] = os.environ["HOME"] = os.getcwd()
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
begun = time.perf_counter()
import mlops_jupyter
shell.run_line_magic("load_ext", "mlops_jupyter")
elapsed = time.perf_counter() - begun
new = set(sys.modules) - before
assert "track" in shell.magics_manager.magics["line"], "the extension is not loaded"
print(json.dumps({"seconds": elapsed, "modules": len(new),
                  "heavy": sorted({name.partition(".")[0] for name in new} & set(sys.argv[1:]))}))
"""

PEER = """
import json, sys, time
before = set(sys.modules)
begun = time.perf_counter()
import mlflow
print(json.dumps({"seconds": time.perf_counter() - begun, "modules": len(set(sys.modules) - before),
                  "version": mlflow.__version__}))
"""


def measure(peer_python: str | None) -> list[Row]:
    """Return the row of imports."""
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(_ours())
        theirs.append(peer(peer_python, PEER))
    heavy = sorted({name for one in ours for name in one["heavy"]})
    imported = f"{ours[0]['modules']} modules, heavy ones: {', '.join(heavy) or 'none'}"
    seconds = [one["seconds"] for one in theirs if "seconds" in one]
    missing = "" if seconds else "; " + theirs[0]["missing"]
    return [
        Row(
            "import and %load_ext in a new process",
            statistics.median(one["seconds"] for one in ours),
            statistics.median(seconds) if seconds else None,
            bar=0.15,
            peer_name=f"import mlflow {theirs[0]['version']}" if seconds else "",
            note=imported + missing,
        )
    ]


def _ours() -> dict:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", OURS, *HEAVY], capture_output=True, text=True, check=True, cwd=folder
        )
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    run_script(measure)
