"""How long a cold process takes to import us and load the extension, beside ``import mlflow``.

Run it as ``python tests/benchmarks/bench_import.py [--peer-python PATH]``. Each repeat is a new
process; what is timed is inside it: the import and ``%load_ext`` in a kernel's shell that stands already
(so that asyncio is there), which is what a user waits for. Ours and the peer's take turns. The time on the
CPU stands beside the time on the clock, since other work of the machine does not count in it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from common import Row, peer, run_script

REPEATS = 11
HEAVY = (
    *("anywidget", "blake3", "cyclopts", "detect_secrets", "ipywidgets", "jinja2", "matplotlib", "numpy"),
    *(
        "pandas",
        "polars",
        "psutil",
        "pyarrow",
        "rich",
        "scipy",
        "skops",
        "sklearn",
        "sqlite3",
        "sqlite_utils",
    ),
    "xxhash",
)

OURS = """
import json, os, sys, time
os.environ["IPYTHONDIR"] = os.environ["HOME"] = os.getcwd()
import ipykernel.ipkernel
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
begun, cpu_begun = time.perf_counter(), time.process_time()
import mlops_jupyter
shell.run_line_magic("load_ext", "mlops_jupyter")
elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
new = set(sys.modules) - before
assert "track" in shell.magics_manager.magics["line"], "the extension is not loaded"
print(json.dumps({"seconds": elapsed, "cpu_s": cpu, "modules": len(new),
                  "heavy": sorted({name.partition(".")[0] for name in new} & set(sys.argv[1:]))}))
"""

PEER = """
import json, sys, time
before = set(sys.modules)
begun, cpu_begun = time.perf_counter(), time.process_time()
import mlflow
elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
print(json.dumps({"seconds": elapsed, "cpu_s": cpu, "modules": len(set(sys.modules) - before),
                  "version": mlflow.__version__}))
"""


def measure(peer_python: str | None) -> list[Row]:
    """Return the rows of imports."""
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(_ours())
        theirs.append(peer(peer_python, PEER))
    heavy = sorted({name for one in ours for name in one["heavy"]})
    imported = f"{ours[0]['modules']} modules, heavy ones: {', '.join(heavy) or 'none'}"
    theirs = [one for one in theirs if "seconds" in one] or theirs[:1]
    is_missing = "missing" in theirs[0]
    name = "" if is_missing else f"import mlflow {theirs[0]['version']}, {theirs[0]['modules']} modules"
    note = f"{imported}; {theirs[0]['missing']}" if is_missing else imported
    return [
        Row("import and %load_ext in a new process", *_pair(ours, theirs, "seconds"), "s", 0.15, name, note),
        Row("the same, on the CPU", *_pair(ours, theirs, "cpu_s"), "s", None, name),
    ]


def _pair(ours: list[dict], theirs: list[dict], key: str) -> tuple[float, float | None]:
    peers = [one[key] for one in theirs if key in one]
    return statistics.median(one[key] for one in ours), statistics.median(peers) if peers else None


def _ours() -> dict:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", OURS, *HEAVY], capture_output=True, text=True, check=True, cwd=folder
        )
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    run_script(measure)
