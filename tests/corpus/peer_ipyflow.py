"""What ipyflow would keep: histories executed in a shell with ipyflow, each in a fork.

    PYTHON_WITH_IPYFLOW peer_ipyflow.py FILE

The file holds a JSON list of histories; printed is one object, name → numbers of the executions that its
cell slice of the target keeps (None where it has none) and the text of its statement slice.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

TIMEOUT_S = 60


def main() -> None:
    """Answer for every history of the file."""
    for library in ("numpy", "pandas", "sklearn.linear_model", "sklearn.tree", "sklearn.ensemble", "ipyflow"):
        __import__(library)
    answers = os.fdopen(os.dup(1), "w")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    histories = json.loads(Path(sys.argv[1]).read_text())
    answers.write(json.dumps({one["name"]: in_a_fork(one) for one in histories}) + "\n")
    answers.flush()


def in_a_fork(history: dict) -> dict:
    """Execute one history in a process of its own."""
    import signal

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(TIMEOUT_S)
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(sliced(history)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"cells": None, "statements": None}


def sliced(history: dict) -> dict:
    """Return what ipyflow keeps of a history."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / "work"
        for path, text in history["files"].items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        folder.mkdir(exist_ok=True)
        os.chdir(folder)
        os.environ["IPYTHONDIR"] = str(Path(temporary) / "ipython")
        sys.path.insert(0, "")
        return of_a_shell(history)


def of_a_shell(history: dict) -> dict:
    """Execute the cells in a shell with ipyflow, and ask for the slice of the target."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.extension_manager.load_extension("ipyflow")
    before = shell.execution_count
    for step in history["steps"]:
        shell.run_cell(step["source"], store_history=True)
    from ipyflow.models import cells
    from ipyflow.singletons import flow

    try:
        symbol = flow().global_scope.lookup_symbol_by_name_this_indentation(history["target"])
        stamps = symbol._get_timestamps_for_version(version=-1)
        kept = cells().make_multi_slice({stamp.cell_num for stamp in stamps})
        numbers = sorted({cell.timestamp.cell_num - before + 1 for cell in kept})
    except Exception:
        numbers = None
    try:
        statements = str(symbol.code(format_type=str))
    except Exception:
        statements = None
    return {"cells": numbers, "statements": statements}


if __name__ == "__main__":
    main()
