"""Cells run in a clean process: another interpreter, a scratch folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..records import ReproducedCell, SliceCell
from .scratch import Content, Scratch
from .settings import bit_settings

CHILD = "mlops_jupyter.notebook.replay"
__all__ = ["OnCell", "Ran", "bit_settings", "run_cells"]

OnCell = Callable[[int, int, SliceCell, ReproducedCell | None], object]
"""Told of each cell twice: place from 0, how many, the cell, and what came of it once it ended."""

_OUTPUT_BYTES = 4_000
_LAST_S = 5.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of running cells in a clean process.

    Attributes
    ----------
    cells
        One for each cell that was begun.
    hashes
        Name of a target → hash of its value's structure; a name that is not there is missing.
    values
        The values themselves, where they were asked for and can be handed over.
    error
        Why it did not come to its end, as a sentence; None where it did.
    output
        The end of what the cells printed.
    """

    cells: tuple[ReproducedCell, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    output: str = ""


def run_cells(
    cells: Sequence[SliceCell],
    *,
    folder: str | Path,
    files: Mapping[str, Content] | None = None,
    modules: Mapping[str, Content] | None = None,
    outputs: Collection[str] = (),
    environment: Mapping[str, str] | None = None,
    random_states: Mapping[int, Mapping[str, str]] | None = None,
    targets: Collection[str] = (),
    with_values: bool = False,
    is_tracked: bool = False,
    on_cell: OnCell | None = None,
    python: str | Path = sys.executable,
    timeout_s: float = 3600.0,
) -> Ran:
    """Run cells in order in a fresh interpreter, in a scratch folder that is removed afterwards.

    A cell that failed when it was recorded may fail again; any other failure ends the whole.

    Parameters
    ----------
    cells
        What to run; left-out cells too would be run.
    folder
        The folder in which they ran at first. Nothing is read from it or written to it.
    files, modules
        Path as the cells see it → the bytes, or where they are. Modules can be imported too.
    outputs
        Paths outside ``folder`` that the cells write; they are led into the scratch folder.
    environment
        Variables of the environment to set, on top of those with which this process was started: what
        changes bits, as it was recorded.
    random_states
        ``seq`` → states of generators to put back before that cell.
    targets
        Names whose values are hashed at the end.
    with_values
        Whether to hand over the values too.
    is_tracked
        Whether ``%%track`` makes runs, in the registry that ``environment`` names; else its body runs.
    on_cell
        Told before and after each cell.
    python
        The interpreter; it needs IPython.
    timeout_s
        Seconds after which all is ended.

    Examples
    --------
    >>> ran = run_cells([SliceCell(1, "x = 6 * 7", True)], folder=".", targets=["x"])  # doctest: +SKIP
    >>> ran.error is None, list(ran.hashes)  # doctest: +SKIP
    (True, ['x'])
    """
    with tempfile.TemporaryDirectory(prefix="mlops-", ignore_cleanup_errors=True) as temporary:
        outside = Path(temporary).resolve()
        scratch = Scratch(outside / "files", Path(folder).absolute())
        scratch.fill({**(files or {}), **(modules or {})}, outputs=outputs)
        job = {
            "cells": [_plain(cell, scratch, (random_states or {}).get(cell.seq, {})) for cell in cells],
            "targets": list(targets),
            "paths": scratch.roots_of(modules or {}),
            "values": str(outside / "values") if with_values else None,
            "protected": str(scratch.folder),
            "is_tracked": is_tracked,
        }
        child = _Child(outside, scratch.working_folder, python, _variables(outside, environment or {}))
        return _follow(child, job, cells, on_cell, timeout_s)


def _plain(cell: SliceCell, scratch: Scratch, states: Mapping[str, str]) -> dict[str, Any]:
    return {
        "seq": cell.seq,
        "source": scratch.lead(cell.source),
        "count": cell.execution_count,
        "may_fail": cell.outcome != "finished",
        "random": dict(states),
    }


@dataclass(frozen=True, slots=True)
class _Child:
    """The clean process: where it is, what runs in it."""

    outside: Path
    folder: Path
    python: str | Path
    variables: dict[str, str]

    @contextmanager
    def started(self, job: Mapping[str, Any]) -> Iterator[subprocess.Popen[str]]:
        """Start it with its job; whatever it started is ended with it."""
        command = [str(self.python), "-P", "-m", CHILD]
        with (self.outside / "output").open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=self.folder,
                env=self.variables,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with suppress(BrokenPipeError):  # it ended at once: its output says why
                process.stdin.write(json.dumps(job))
                process.stdin.close()
            yield process
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LAST_S)
        finally:
            _end(process)
            process.stdout.close()

    def output(self) -> str:
        """Return the end of what it printed."""
        return (self.outside / "output").read_bytes()[-_OUTPUT_BYTES:].decode("utf-8", "replace")


def _follow(
    child: _Child,
    job: Mapping[str, Any],
    cells: Sequence[SliceCell],
    on_cell: OnCell | None,
    timeout_s: float,
) -> Ran:
    ended: list[ReproducedCell] = []
    told: dict[str, Any] = {}
    is_late = threading.Event()
    with child.started(job) as process:
        timer = threading.Timer(timeout_s, _stop, (process, is_late))
        timer.daemon = True
        timer.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                told = json.loads(line)
                if told["event"] == "begin" and on_cell is not None:
                    on_cell(told["place"], len(cells), cells[told["place"]], None)
                elif told["event"] == "end":
                    ended.append(_ended(cells[told["place"]], told))
                    if on_cell is not None:
                        on_cell(told["place"], len(cells), cells[told["place"]], ended[-1])
        finally:
            timer.cancel()
    output = child.output()
    if is_late.is_set():
        return Ran(tuple(ended), error=f"stopped after {timeout_s:g} s", output=output)
    if told.get("event") != "done":
        return Ran(tuple(ended), error=_why_it_died(process.returncode, output), output=output)
    return Ran(tuple(ended), told["hashes"], _values(job["values"]), told["error"], output)


def _stop(process: subprocess.Popen[str], is_late: threading.Event) -> None:
    is_late.set()
    _end(process)


def _ended(cell: SliceCell, told: Mapping[str, Any]) -> ReproducedCell:
    head = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
    return ReproducedCell(
        cell.seq,
        head,
        told["outcome"],
        told["duration_s"],
        error=told["error"],
        execution_count=cell.execution_count,
    )


def _why_it_died(code: int | None, output: str) -> str:
    last = output.strip().rpartition("\n")[2]
    return (
        f"the clean process ended with code {code}: {last}"
        if last
        else f"the clean process ended with code {code}"
    )


def _values(path: str | None) -> dict[str, Any]:
    """Return the values that the child handed over: pickles of this user's own process."""
    import pickle

    values = {}
    if path is not None and Path(path).is_dir():
        for file in Path(path).iterdir():
            with suppress(Exception):  # a class that only the other process has
                values[file.name] = pickle.loads(file.read_bytes())  # noqa: S301
    return values


def _variables(outside: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the child: as this process found it, without what cells set since."""
    kept = {name: value for name, value in _at_the_start().items() if not _is_of_the_kernel(name)}
    kept.update(
        MLOPS_REGISTRY=str(outside / "registry"),
        MLOPS_LINEAGE="off",
        PYTHONHASHSEED="0",
        PYTHONIOENCODING="utf-8",
        MPLBACKEND="Agg",
        IPYTHONDIR=str(outside / "ipython"),
    )
    kept.update(environment)
    return kept


def _is_of_the_kernel(name: str) -> bool:
    return name.startswith(("MLOPS_", "JPY_", "PYDEVD_", "COV_CORE_")) or name in {
        "PYTHONSTARTUP",
        "FORCE_COLOR",
    }


def _at_the_start() -> Mapping[str, str]:
    try:
        found = Path("/proc/self/environ").read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return os.environ
    pairs = (entry.partition("=") for entry in found.split("\0") if "=" in entry)
    return {name: value for name, _, value in pairs} or os.environ


def _end(process: subprocess.Popen[str]) -> None:
    """End a process of ours, and all that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
    process.wait()
