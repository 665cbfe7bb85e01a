"""Which run is meant where none is named.

A run belongs to the context that started it: a ``ContextVar`` keeps asyncio tasks apart, and a
new thread begins with none. Kernels may execute every cell in a context of its own, so in a
notebook a run that a cell left open is also known to the process, and the main thread falls back
to it. Nothing is ever reset by token, because the end of a cell may see another context than its
start: a run that has ended is simply skipped.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import weakref
from collections import deque
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from .run import ActiveRun

RUN_VARIABLE = "MLOPS_RUN"

_OF_THE_KERNEL = frozenset({"IPython", "ipykernel", "tornado", "anyio"})

_in_context: ContextVar[tuple[ActiveRun, ...]] = ContextVar("mlops_jupyter_runs", default=())
_across_cells: list[ActiveRun] = []
_open: dict[str, ActiveRun] = {}
_begun: deque[ActiveRun] = deque(maxlen=100)
_all: weakref.WeakSet[ActiveRun] = weakref.WeakSet()


def enter(run: ActiveRun) -> None:
    """Make a run the active one of this context."""
    _in_context.set((*_living(_in_context.get()), run))
    if run not in _across_cells and _in_a_cell():
        _across_cells[:] = [*_living(_across_cells), run]


def leave(run: ActiveRun) -> None:
    """Forget a run that ended."""
    _in_context.set(tuple(other for other in _in_context.get() if other is not run))
    _across_cells[:] = [other for other in _across_cells if other is not run]


def innermost() -> ActiveRun | None:
    """Return the run that was started last in this context and is still open, or None."""
    if living := _living(_in_context.get()):
        return living[-1]
    if threading.current_thread() is threading.main_thread() and (living := _living(_across_cells)):
        return living[-1]
    return None


def required(what: str) -> ActiveRun:
    """Return the active run.

    Raises
    ------
    UsageError
        If there is none here; says how to hand one to a thread or a worker process.
    """
    run = innermost()
    if run is None:
        raise UsageError(f"{what}: no active run {_here()}")
    return run


def made(run: ActiveRun, *, must_be_closed: bool) -> None:
    """Remember a run, and whether this process must close it."""
    _all.add(run)
    if must_be_closed:
        _open[run.id] = run
        if _in_a_cell():
            _begun.append(run)


def begun_in_cells() -> tuple[ActiveRun, ...]:
    """Return the runs that code of cells began since this was last asked."""
    found = tuple(_begun)
    _begun.clear()
    return found


def closed(run: ActiveRun) -> None:
    """Forget a run that this process need not close any more."""
    _open.pop(run.id, None)


def open_here(run_id: str) -> ActiveRun | None:
    """Return the open run of this process with this id, or None."""
    return _open.get(run_id)


def all_open() -> tuple[ActiveRun, ...]:
    """Return the runs that this process opened and has not finished, oldest first."""
    return tuple(_open.values())


def _living(runs: tuple[ActiveRun, ...] | list[ActiveRun]) -> tuple[ActiveRun, ...]:
    return tuple(run for run in runs if run.is_open)


def _here() -> str:
    if given := os.environ.get(RUN_VARIABLE):
        return f"in this process; start_run(run={given!r}) joins the one that {RUN_VARIABLE} names"
    if threading.current_thread() is not threading.main_thread():
        return "in this thread; pass the run to the thread and call run.log_metric(…) on it"
    if _is_child or _is_worker():
        return (
            "in this worker process; pass the run itself to the worker, "
            "or set run.environ() there and call start_run(run=os.environ['MLOPS_RUN'])"
        )
    return "here; start one with start_run()"


def _is_worker() -> bool:
    """Return whether multiprocessing, or loky on top of it, started this process."""
    module = sys.modules.get("multiprocessing.process")
    return module is not None and module.current_process().name != "MainProcess"


def _in_a_cell() -> bool:
    """Return whether the caller is code of a notebook cell, and not a task that it made."""
    shell = sys.modules.get("IPython.core.interactiveshell")
    if shell is None or not shell.InteractiveShell.initialized():
        return False
    if threading.current_thread() is not threading.main_thread():
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return True
    if task is None:
        return True
    code = getattr(task.get_coro(), "cr_code", None)
    return code is None or not _OF_THE_KERNEL.isdisjoint(Path(code.co_filename).parts)


_is_child = False


def _after_fork() -> None:
    """Make the child forget its parent's runs, so that it can never write to a wrong one."""
    global _is_child  # noqa: PLW0603
    _is_child = True
    _in_context.set(())
    _across_cells.clear()
    _open.clear()
    _begun.clear()
    for run in list(_all):
        run.forget_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
