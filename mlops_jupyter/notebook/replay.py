"""The clean process: ``python -m mlops_jupyter.notebook.replay`` runs cells that come on its input.

It reads one job, a JSON object, and answers with one JSON object a line: a cell begins, a cell ends,
and at last the hashes of what was asked for. What the cells print goes to the error stream.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from ..config import REGISTRY_VARIABLE
from ..effects.cells import untracked

Tell = Callable[[dict[str, Any]], object]


def main() -> None:
    """Do the job on the standard input."""
    job = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what cells print, and what they start, must not come between the answers
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open as long as the process

    def tell(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    run_job(job, tell)
    sys.stdout.flush()
    _leave()


def run_job(job: Mapping[str, Any], tell: Tell) -> None:
    """Run the cells of a job in a new shell; ``tell`` is given each answer."""
    sys.path[:0] = ["", *job["paths"]]
    _protect(Path(job["protected"]))
    shell = make_shell()
    if job["is_tracked"] or any("mlops_jupyter" in cell["source"] or _is_ours(cell) for cell in job["cells"]):
        shell.extension_manager.load_extension("mlops_jupyter")
    error = None
    for place, cell in enumerate(job["cells"]):
        tell({"event": "begin", "place": place})
        begun = perf_counter()
        failed = _run(shell, cell, is_tracked=job["is_tracked"])
        outcome = "finished"
        if failed is not None:
            outcome = "interrupted" if isinstance(failed, KeyboardInterrupt) else "failed"
        said = None if failed is None else f"{type(failed).__name__}: {failed}"
        tell(
            {
                "event": "end",
                "place": place,
                "outcome": outcome,
                "error": said,
                "duration_s": perf_counter() - begun,
            }
        )
        if failed is not None and not cell["may_fail"]:
            error = f"cell {cell['seq']} failed: {said}"
            break
    if job["is_tracked"]:
        _finish_runs()
    hashes = _hashes(shell.user_ns, job["targets"])
    if job["values"] is not None:
        _hand_over(shell.user_ns, hashes, Path(job["values"]))
    tell({"event": "done", "hashes": hashes, "error": error})


def make_shell() -> Any:
    """Return a new shell without history, whose namespace is ``__main__``."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Minimal"

    class WindowlessShell(InteractiveShell):
        """A shell where ``%matplotlib inline`` and ``%gui`` are accepted, as nobody looks at windows."""

        def enable_gui(self, gui: str | None = None) -> None:
            pass

    return WindowlessShell.instance(config=config)


def _run(shell: Any, cell: Mapping[str, Any], *, is_tracked: bool) -> BaseException | None:
    """Run one cell with the number that it had, and return its error."""
    source = cell["source"] if is_tracked else untracked(cell["source"])
    if cell["count"] is not None:
        shell.execution_count = cell["count"]
        inputs = shell.user_ns.get("In")
        if isinstance(inputs, list):
            inputs += [""] * (cell["count"] - len(inputs))
    if cell["random"]:
        from ..effects import restore_random

        restore_random(cell["random"])
    result = shell.run_cell(source, store_history=True)
    failed = result.error_before_exec or result.error_in_exec
    if isinstance(failed, SystemExit) and failed.code in (None, 0):
        return None
    return failed if isinstance(failed, BaseException) else None


def _finish_runs() -> None:
    """Wait until everything is written that is recorded behind the cells."""
    from ..tracking.worker import worker

    worker.wait()


def _is_ours(cell: Mapping[str, Any]) -> bool:
    """Return whether a cell may use a magic of ours."""
    return any(line.lstrip().startswith("%") for line in cell["source"].splitlines())


def _hashes(namespace: Mapping[str, Any], targets: list[str]) -> dict[str, str]:
    from ..effects import structure_hash

    hashes = {}
    for name in targets:
        if name in namespace:
            hashes[name] = structure_hash(namespace[name])
    return hashes


def _hand_over(namespace: Mapping[str, Any], names: Mapping[str, str], folder: Path) -> None:
    """Write the values for the process that asked; what cannot be pickled is not there."""
    import pickle

    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        with suppress(Exception):
            (folder / name).write_bytes(pickle.dumps(namespace[name], protocol=5))


def _protect(folder: Path) -> None:
    """Refuse to write below the folder in which the cells ran at first: its files are the user's.

    Hidden folders below it are left alone (caches, and the environment of this very interpreter), and the
    registry, which may stand there too.
    """
    guarded = f"{os.path.realpath(folder)}{os.sep}"
    registry = os.path.realpath(os.environ.get(REGISTRY_VARIABLE) or os.devnull)
    free = (f"{guarded}.", f"{registry}{os.sep}")
    if os.path.realpath(tempfile.gettempdir()).startswith(guarded):
        return

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str) and _is_writing(arguments[1], arguments[2]):
            path = os.path.realpath(arguments[0])
            if path.startswith(guarded) and not path.startswith(free):
                raise PermissionError(f"a cell that is run again does not write {path}")

    sys.addaudithook(watch)


def _leave() -> None:
    """End at once, with the threads and the processes that cells left behind."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _is_writing(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


if __name__ == "__main__":
    main()
