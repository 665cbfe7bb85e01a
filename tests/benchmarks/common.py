"""What every benchmark here shares: timing, peers in their own interpreter, and one form of answer.

A benchmark is a script ``bench_<what>.py`` that ends in :func:`run_script`:

>>> def measure(peer_python):  # doctest: +SKIP
...     ours = timed(lambda: work(), repeats=200)
...     theirs = peer(peer_python, PEER_CODE)  # prints {"median_s": ...} as its last line
...     return [Row("a thing", ours.median_s, theirs.get("median_s"), "s", bar=0.02, peer_name="mlflow")]
>>> if __name__ == "__main__":  # doctest: +SKIP
...     run_script(measure)

It prints a table, and with ``--json`` the rows as JSON, which ``run.py`` gathers into RESULTS.md.
Nothing here asserts a time: a benchmark measures, a person reads.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PEER_VARIABLE = "PEER_PYTHON"
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


@dataclass(frozen=True)
class Times:
    """Seconds per call, one value per repeat."""

    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The middle value."""
        return statistics.median(self.seconds)

    @property
    def p95_s(self) -> float:
        """The value that 95 in 100 stay at or under (nearest rank)."""
        return percentile(self.seconds, 95)


@dataclass(frozen=True)
class Row:
    """One measure: ours beside the peer's, and the bar that ours should hold.

    ``unit`` is ``s`` (less is better) or a rate such as ``GB/s`` (more is better); ``bar`` is in the
    same unit. ``theirs`` is None where the peer is missing or has no such thing; ``note`` says which.
    """

    what: str
    ours: float
    theirs: float | None = None
    unit: str = "s"
    bar: float | None = None
    peer_name: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is than the peer's; below 1 it is worse."""
        if not self.theirs or not self.ours:
            return None
        return self.theirs / self.ours if self.less_is_better else self.ours / self.theirs

    @property
    def less_is_better(self) -> bool:
        """Whether a smaller value is the better one."""
        return not self.unit.endswith("/s")

    @property
    def holds(self) -> bool | None:
        """Whether ours holds the bar; None where none was set."""
        if self.bar is None:
            return None
        return self.ours <= self.bar if self.less_is_better else self.ours >= self.bar


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of some values.

    Examples
    --------
    >>> percentile([3.0, 1.0, 2.0], 95)
    3.0
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def timed(
    work: Callable[[], Any], *, repeats: int = 100, warm: int = 3, before: Callable[[], Any] | None = None
) -> Times:
    """Time a call again and again, each for itself; ``before`` runs untimed ahead of each."""
    return interleaved({"": work}, repeats=repeats, warm=warm, before=before)[""]


def interleaved(
    works: dict[str, Callable[[], Any]],
    *,
    repeats: int = 100,
    warm: int = 3,
    before: Callable[[], Any] | None = None,
) -> dict[str, Times]:
    """Time several calls in turn (A, B, A, B, …), so that a busy moment of the machine meets them all.

    The garbage collector runs between calls, not within them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    was_enabled = gc.isenabled()
    try:
        for turn in range(-warm, repeats):
            for name, work in works.items():
                if before is not None:
                    before()
                gc.disable()
                begun = time.perf_counter()
                work()
                elapsed = time.perf_counter() - begun
                gc.enable()
                if turn >= 0:
                    seconds[name].append(elapsed)
    finally:
        (gc.enable if was_enabled else gc.disable)()
    return {name: Times(tuple(values)) for name, values in seconds.items()}


def peer(python: str | None, code: str, *arguments: str, timeout: float = 900) -> dict[str, Any]:
    """Run code in the peers' interpreter and return the JSON object that it printed last.

    Peers that cannot live in one environment have several interpreters, separated like the folders of
    ``PATH``: the first in which nothing is missing answers. Without an interpreter, or where it fails
    (the peer is not installed, say), the answer is ``{"missing": reason}``, so that ours is measured
    all the same. The code runs in a folder of its own, with nothing of this project's environment; it
    may import ``common`` for the same timing.
    """
    if not python:
        return {"missing": f"no peer: give --peer-python or {PEER_VARIABLE}"}
    answer: dict[str, Any] = {}
    for one in python.split(os.pathsep):
        answer = _ask(one, code, arguments, timeout)
        if "ModuleNotFoundError" not in answer.get("missing", ""):
            break
    return answer


def _ask(python: str, code: str, arguments: Sequence[str], timeout: float) -> dict[str, Any]:
    here = str(Path(__file__).resolve().parent)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLOPS_", "MLFLOW_"))}
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [python, "-c", code, *arguments],
                capture_output=True,
                text=True,
                check=True,
                timeout=timeout,
                cwd=folder,
                env={**kept, "PYTHONPATH": here},
            )
            return dict(json.loads(done.stdout.strip().splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return {"missing": f"the peer took longer than {timeout:g} s"}
        except subprocess.CalledProcessError as error:
            lines = (error.stderr or "").strip().splitlines() or [f"exit code {error.returncode}"]
            return {"missing": lines[-1][:200]}
        except (OSError, ValueError, IndexError) as error:
            return {"missing": f"{type(error).__name__}: {error}"[:200]}


def readable(value: float | None, unit: str = "s") -> str:
    """Return a value with three digits and a unit that fits.

    Examples
    --------
    >>> readable(0.01234)
    '12.3 ms'
    >>> readable(4.2, "GB/s")
    '4.2 GB/s'
    """
    if value is None:
        return "–"
    if unit != "s":
        return f"{value:.3g} {unit}"
    name, size = next((pair for pair in _UNITS if abs(value) >= pair[1]), _UNITS[-1])
    return f"{value / size:.3g} {name}"


def table(rows: Iterable[Row]) -> str:
    """Return rows as a Markdown table: measure, ours, bar, peer, ratio."""
    lines = ["| measure | ours | bar | peer | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        mark = {True: " ✓", False: " ✗", None: ""}[row.holds]
        theirs = readable(row.theirs, row.unit) + (f" ({row.peer_name})" if row.peer_name else "")
        ratio = f"{row.ratio:.3g}×" if row.ratio else "–"
        what = row.what + (f" ({row.note})" if row.note else "")
        bar = "–" if row.bar is None else readable(row.bar, row.unit)
        lines.append(f"| {what} | {readable(row.ours, row.unit)}{mark} | {bar} | {theirs} | {ratio} |")
    return "\n".join(lines)


def machine() -> str:
    """Return what the machine is, without its name: cores, memory, system, Python.

    Examples
    --------
    >>> "Python" in machine()
    True
    """
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB memory, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def parser() -> argparse.ArgumentParser:
    """Return the options that every benchmark has."""
    options = argparse.ArgumentParser()
    options.add_argument(
        "--peer-python",
        default=os.environ.get(PEER_VARIABLE),
        help="an interpreter that has the peers; several are separated as in PATH",
    )
    options.add_argument("--json", action="store_true", help="print the rows as JSON")
    return options


def report(rows: Sequence[Row], *, as_json: bool = False) -> None:
    """Print rows as JSON, or as a table with the machine's line above it."""
    if as_json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        print(f"{machine()}\n\n{table(rows)}")


def run_script(measure: Callable[[str | None], Sequence[Row]]) -> None:
    """Be a benchmark script: read the options, measure, print."""
    options = parser().parse_args()
    report(measure(options.peer_python), as_json=options.json)
    sys.stdout.flush()
