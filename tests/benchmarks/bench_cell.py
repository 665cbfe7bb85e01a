"""What ``%%track`` adds to a cell that does nothing, with 10,000 runs in the registry.

Run it as ``python tests/benchmarks/bench_cell.py``. Tracked and plain cells take turns, in a shell of
this process and in a real kernel through its own protocol (from the request to the reply); what is
added is the difference of each pair. A new cell has its experiment among the 10,000 runs; the same
cell again is compared with its last attempt as well. No peer has such a thing: MLflow, W&B and
trackio record what is logged by hand.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from time import perf_counter

from bench_search import fill
from common import Row, percentile, run_script

RUNS = 10_000
REPEATS = 200
KERNEL_REPEATS = 60
BAR_S, BAR_P95_S = 0.020, 0.030
PLAIN, TRACKED = "pass", "%%track bench\npass"


def measure(_: str | None) -> list[Row]:
    """Return the rows: median and p95 of the added time, in a shell and in a kernel."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MLOPS_REGISTRY": folder + "/.mlops", "IPYTHONDIR": folder}
        from mlops_jupyter.store import open_store

        fill(open_store(), RUNS)
        in_shell = added(*_shell(), REPEATS)
        in_kernel = _kernel(folder)
    first = in_shell.pop(0)
    return [
        Row("first tracked cell of a session, added", first),
        Row("tracked cell that does nothing, added", statistics.median(in_shell), bar=BAR_S),
        Row("the same, p95", percentile(in_shell, 95), bar=BAR_P95_S),
        Row("the same in a real kernel", statistics.median(in_kernel), bar=BAR_S),
        Row("the same in a real kernel, p95", percentile(in_kernel, 95), bar=BAR_P95_S),
    ]


def added(run: Callable[[str], None], wait: Callable[[], None], repeats: int) -> list[float]:
    """Return what tracking added to each of the cells, in seconds; the first is a session's first."""
    found = []
    for _ in range(repeats):
        seconds = []
        for source in (PLAIN, TRACKED):
            begun = perf_counter()
            run(source)
            seconds.append(perf_counter() - begun)
        wait()
        found.append(seconds[1] - seconds[0])
    return found


def _shell() -> tuple[Callable[[str], None], Callable[[], None]]:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from mlops_jupyter.tracking.worker import worker

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_line_magic("load_ext", "mlops_jupyter")

    def run(source: str) -> None:
        with redirect_stdout(StringIO()):
            shell.run_cell(source)

    return run, worker.wait  # type: ignore[return-value]


def _kernel(folder: str) -> list[float]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(env=os.environ.copy(), cwd=str(Path(folder)))
    try:
        for source in ("%load_ext mlops_jupyter", TRACKED, TRACKED):
            client.execute(source, reply=True, timeout=60)
        return added(lambda source: client.execute(source, reply=True, timeout=60), _nothing, KERNEL_REPEATS)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _nothing() -> None:
    return None


if __name__ == "__main__":
    run_script(measure)
