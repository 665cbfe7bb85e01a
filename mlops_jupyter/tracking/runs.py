"""Begin, resume, join and end runs, and log to the active one."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from .. import masking
from ..errors import UsageError
from ..interrupts import uninterrupted
from ..records import DatasetVersion, Role, Run, RunStatus
from ..store import Store, open_store, values
from . import active, edit, environment, life
from .around import surround
from .buffer import flusher
from .refs import RunRef, experiment_of, find_run
from .run import ActiveRun, join, status_of
from .worker import worker

__all__ = [
    "active_run",
    "end_run",
    "log_artifact",
    "log_artifacts",
    "log_dataset",
    "log_figure",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_params",
    "set_note",
    "set_tag",
    "set_tags",
    "start_run",
]

LONGEST_SOURCE = 200_000

_log = logging.getLogger("mlops_jupyter")


def start_run(
    experiment: str | None = None,
    *,
    name: str | None = None,
    note: str | None = None,
    tags: Mapping[str, Any] | None = None,
    run: RunRef | None = None,
    nested: bool = False,
    kind: str = "script",
    cell_key: str | None = None,
    cell: Mapping[str, Any] | None = None,
    registry: str | os.PathLike[str] | None = None,
) -> ActiveRun:
    """Begin a run, or go on with one.

    A run that is still open here is finished first, so that running a cell again is never an
    error; with ``nested=True``, and always inside a cell that ``%%track`` records, the new run is a
    child of it instead. A run that nobody ends is finished when the process exits, as ``failed`` if
    an exception ended the process; after a kill the next reader marks it ``killed``.

    Parameters
    ----------
    experiment
        The name of the line of work; the notebook's or script's name where None.
    name, note, tags
        Words about the run.
    run
        A number or id to go on with: an ended run is reopened, a run that another process has
        open is joined (logged to, but not ended here).
    nested
        Make the run a child of the one that is open.
    kind, cell_key, cell
        What is being run and the identity of its code; found here where not given, so that the
        same script or cell run again is the next attempt of the same thing. ``cell`` has fields of
        :class:`~mlops_jupyter.records.Cell`.
    registry
        A folder or URL; the registry that applies where None.

    Returns
    -------
    ActiveRun
        The open run; a context manager that finishes it.

    Raises
    ------
    NotFoundError
        If ``run`` names none.
    UsageError
        If ``run`` names a deleted one.

    Examples
    --------
    >>> with start_run("churn", note="first forest") as run:  # doctest: +SKIP
    ...     run.log_param("depth", 8)
    ...     run.log_metric("auc", 0.871)
    """
    store = open_store(registry)
    if run is not None:
        return _go_on(store, run, tags=tags, note=note)
    parent = _parent(nested=nested, kind=kind)
    if kind == "script" and cell_key is None and parent is None and (site := life.call_site()):
        cell_key, source = site
        cell = cell or {"source": source[:LONGEST_SOURCE]}
    if parent is None:
        _finish_earlier(cell_key)
    cell, masked = _without_secrets(cell)
    clean_tags, in_tags = edit.clean_tags(tags or {})
    clean_note, in_note = edit.clean_words("note", note)
    clean_name, in_name = edit.clean_words("name", name)
    return _begin(
        store,
        life.Beginning(
            experiment=life.experiment_name(experiment or (parent.experiment if parent else None)),
            name=clean_name,
            note=clean_note,
            tags=clean_tags,
            kind=kind,
            cell_key=cell_key,
            cell=cell,
            parent_id=parent.id if parent and parent.store.url == store.url else None,
            environment=environment.known(),
            masked=(*masked, *in_name, *in_tags, *in_note),
        ),
    )


def end_run(status: RunStatus = "finished") -> None:
    """Finish the active run; without one, do nothing.

    The run of a cell that ``%%track`` records ends with the cell, not before: the habit of ending
    what is open at the top of a cell does no harm.
    """
    run = active.innermost()
    if run is not None and run.kind != "cell":
        run.finish(status)


def active_run() -> ActiveRun | None:
    """Return the run that logging without a name goes to, or None."""
    return active.innermost()


# --- the active run ---------------------------------------------------------------------------


def log_param(key: str, value: Any) -> None:
    """Record an input of the active run; see :meth:`ActiveRun.log_param`."""
    active.required("log_param").log_param(key, value)


def log_params(params: Mapping[str, Any]) -> None:
    """Record inputs of the active run; see :meth:`ActiveRun.log_params`."""
    active.required("log_params").log_params(params)


def log_metric(key: str, value: Any, step: int | None = None, **about: Any) -> None:
    """Record one point of a metric of the active run; see :meth:`ActiveRun.log_metric`."""
    active.required("log_metric").log_metric(key, value, step, **about)


def log_metrics(metrics: Mapping[str, Any], step: int | None = None, **about: Any) -> None:
    """Record one point of several metrics of the active run."""
    active.required("log_metrics").log_metrics(metrics, step, **about)


def log_artifact(path: str | os.PathLike[str], name: str | None = None) -> None:
    """Keep a file or folder with the active run; see :meth:`ActiveRun.log_artifact`."""
    active.required("log_artifact").log_artifact(path, name)


def log_artifacts(folder: str | os.PathLike[str], name: str | None = None) -> None:
    """Keep all files of a folder with the active run; see :meth:`ActiveRun.log_artifacts`."""
    active.required("log_artifacts").log_artifacts(folder, name)


def log_figure(figure: Any, name: str) -> None:
    """Keep a figure with the active run; see :meth:`ActiveRun.log_figure`."""
    active.required("log_figure").log_figure(figure, name)


def log_dataset(obj: Any, name: str, role: Role = "input", **source: Any) -> DatasetVersion:
    """Record that the active run uses a dataset; see :meth:`ActiveRun.log_dataset`."""
    return active.required("log_dataset").log_dataset(obj, name, role, **source)


def log_model(model: Any, name: str = "model", *, trusted: Sequence[str] = ()) -> None:
    """Keep a fitted model with the active run; see :meth:`ActiveRun.log_model`."""
    active.required("log_model").log_model(model, name, trusted=trusted)


def set_tag(key: str, value: Any) -> None:
    """Set a word about the active run."""
    active.required("set_tag").set_tag(key, value)


def set_tags(tags: Mapping[str, Any]) -> None:
    """Set words about the active run."""
    active.required("set_tags").set_tags(tags)


def set_note(note: str | None) -> None:
    """Set the note of the active run, or remove it."""
    active.required("set_note").set_note(note)


# --- beginning --------------------------------------------------------------------------------


def _begin(store: Store, new: life.Beginning) -> ActiveRun:
    with uninterrupted():
        run, previous_id = life.begin(store, new)
        started = ActiveRun(store, run, new.experiment, previous_id=previous_id, is_new=True)
        active.enter(started)
    if new.parent_id is None:
        surround(started, has_environment=new.environment is not None)
    return started


def _without_secrets(cell: Mapping[str, Any] | None) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    if not cell or not cell.get("source"):
        return cell, ()
    source, masked = masking.mask(values.clean(cell["source"]))
    return {**cell, "source": source}, masked


def _parent(*, nested: bool, kind: str) -> ActiveRun | None:
    run = active.innermost()
    return run if run is not None and (nested or (run.kind == "cell" and kind != "cell")) else None


def _finish_earlier(cell_key: str | None) -> None:
    earlier = active.innermost()
    if earlier is None:
        return
    earlier.finish()
    if cell_key is None or earlier.cell_key != cell_key:
        _log.warning(
            "run #%d was still open and is finished now; start_run(nested=True) would keep it", earlier.number
        )


def _go_on(store: Store, ref: RunRef, *, tags: Mapping[str, Any] | None, note: str | None) -> ActiveRun:
    store.reap()
    run = find_run(store, ref)
    if run.deleted_at is not None:
        raise UsageError(f"run #{run.number} is deleted; restore_run({run.number}) brings it back")
    started = _reopen(store, run)
    active.enter(started)
    if tags:
        started.set_tags(tags)
    if note is not None:
        started.set_note(note)
    return started


def _reopen(store: Store, run: Run) -> ActiveRun:
    if run.status == "running":
        return join(store.url, run.id)
    experiment = experiment_of(store, run)
    with uninterrupted():
        return ActiveRun(store, life.resume(store, run), experiment)


# --- the end of the process -------------------------------------------------------------------

_fatal: list[BaseException] = []
_hook_before = sys.excepthook


def _note_fatal(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not hasattr(sys, "ps1"):  # at a prompt an error ends nothing
        _fatal.append(error)
    _hook_before(kind, error, trace)


@atexit.register
def close_all() -> None:
    """Finish the runs that are still open, and wait for work behind the cell."""
    error = _fatal[-1] if _fatal else None
    for run in reversed(active.all_open()):
        try:
            run.finish("finished" if error is None else status_of(error), error=error)
        except Exception as ours:  # noqa: BLE001 - the process is ending
            _log.warning("run #%d could not be finished: %s", run.number, ours)
    worker.join()
    flusher.stop()


sys.excepthook = _note_fatal
