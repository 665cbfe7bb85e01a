"""A process with the libraries loaded that forks for each job: a clean namespace in a tenth of a second.

The jobs are to record a history in a real shell, with the effect log listening as in a notebook, and to
run cells again by the very function of the clean process. Started as a script it serves jobs, one JSON
object a line; :class:`Workshop` is the side that asks.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
LIBRARIES = (
    "numpy",
    "pandas",
    "sklearn.linear_model",
    "sklearn.tree",
    "sklearn.ensemble",
    "pyarrow",
    "joblib",
)
OURS = (
    "IPython.core.interactiveshell",
    "mlops_jupyter.data.sources",
    "mlops_jupyter.effects.log",
    "mlops_jupyter.effects.structure",
    "mlops_jupyter.notebook.cell",
    "mlops_jupyter.notebook.effects",
    "mlops_jupyter.notebook.events",
    "mlops_jupyter.notebook.magics",
    "mlops_jupyter.notebook.replay",
    "mlops_jupyter.notebook.track",
)


@dataclass(frozen=True)
class Recorded:
    """A history as the effect log saw it: ``hash`` is that of the target's value at the end."""

    executions: tuple[Any, ...]
    effects: dict[int, Any]
    hash: str | None


class Workshop:
    """Asks the forking process; a context. ``libraries`` are loaded before it forks."""

    def __init__(self, libraries: Sequence[str] = LIBRARIES) -> None:
        self._libraries = libraries

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), *self._libraries],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **THREADS},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def record(self, history: Any) -> Recorded:
        """Execute a history in a real shell with the effect log."""
        from mlops_jupyter.records import Effects, Execution, from_plain

        answer = self._ask({"do": "record", **history.plain()})
        executions = tuple(from_plain(Execution, each) for each in answer["executions"])
        effects = {one.seq: from_plain(Effects, json.loads(one.effects)) for one in executions}
        return Recorded(executions, effects, answer["hash"])

    def replay(
        self,
        cells: Sequence[Any],
        files: Mapping[str, str],
        target: str,
        states: Mapping[int, Any] | None = None,
    ) -> tuple[str | None, str | None]:
        """Run cells in a clean namespace; return the hash of the target, and the error if there was one."""
        plain = [
            {
                "seq": cell.seq,
                "source": cell.source,
                "count": cell.execution_count,
                "may_fail": cell.outcome != "finished",
                "random": dict((states or {}).get(cell.seq, {})),
            }
            for cell in cells
        ]
        answer = self._ask({"do": "replay", "cells": plain, "files": dict(files), "target": target})
        return answer["hash"], answer["error"]

    def run_script(self, text: str, files: Mapping[str, str], target: str) -> tuple[str | None, str | None]:
        """Run a script from top to bottom; return the hash of the target, and the error if there was one."""
        answer = self._ask({"do": "script", "text": text, "files": dict(files), "target": target})
        return answer["hash"], answer["error"]

    def _ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "broken" in answer:
            raise RuntimeError(answer["broken"])
        return answer


def serve(libraries: Sequence[str]) -> None:
    """Answer jobs until the input ends."""
    for module in (*libraries, *OURS):
        __import__(module)

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    for line in sys.stdin:
        answers.write(_in_a_fork(json.loads(line)) + "\n")
        answers.flush()


def _in_a_fork(job: dict[str, Any]) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(_done(job)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return answer or json.dumps({"broken": f"the process of the job ended with status {status}"})


def _done(job: dict[str, Any]) -> dict[str, Any]:
    import traceback

    try:
        with _folder(job["files"]):
            return {"record": _record, "replay": _replay, "script": _run_script}[job["do"]](job)
    except BaseException:
        return {"broken": traceback.format_exc()}


@contextmanager
def _folder(files: Mapping[str, str]) -> Any:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary).resolve() / "work"
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        folder.mkdir(exist_ok=True)
        os.chdir(folder)
        os.environ["IPYTHONDIR"] = str(folder.parent / "ipython")
        sys.stdin = io.StringIO()
        yield


def _record(job: Mapping[str, Any]) -> dict[str, Any]:
    from mlops_jupyter.effects import structure_hash
    from mlops_jupyter.notebook.replay import make_shell
    from mlops_jupyter.records import to_plain

    sys.path.insert(0, "")
    shell = make_shell()
    shell.extension_manager.load_extension("mlops_jupyter")
    log, _ = shell._mlops_jupyter_log
    for step in job["steps"]:
        shell.run_cell(step["source"], store_history=True, cell_id=step["cell_id"])
    value = None
    if job["target"] in shell.user_ns:
        value = structure_hash(shell.user_ns[job["target"]])
    return {"executions": [to_plain(entry) for entry in log.entries], "hash": value}


def _replay(job: Mapping[str, Any]) -> dict[str, Any]:
    from mlops_jupyter.notebook.replay import run_job

    told: list[dict[str, Any]] = []
    plain = {"cells": job["cells"], "targets": [job["target"]], "paths": [], "values": None}
    run_job({**plain, "protected": "/nowhere", "is_tracked": False}, told.append)
    last = told[-1]
    return {"hash": last["hashes"].get(job["target"]), "error": last["error"]}


def _run_script(job: Mapping[str, Any]) -> dict[str, Any]:
    import runpy

    from mlops_jupyter.effects import structure_hash

    sys.path.insert(0, "")
    script = Path("../script.py").absolute()
    script.write_text(job["text"])
    sys.argv = [str(script)]
    try:
        namespace = runpy.run_path(str(script), run_name="__main__")
    except BaseException as error:
        return {"hash": None, "error": f"the script failed: {type(error).__name__}: {error}"}
    found = structure_hash(namespace[job["target"]]) if job["target"] in namespace else None
    return {"hash": found, "error": None}


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.argv[1:])
