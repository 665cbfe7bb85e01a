"""What beginning, resuming and finishing a run write: one transaction each."""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from .. import config
from ..errors import UsageError
from ..records import Cell, Environment, Experiment, Run, RunStatus
from ..store import Store, as_row, values
from .params import add_findings

_PACKAGE = str(Path(__file__).parent.parent)
_NAME_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is known of a run before it exists."""

    experiment: str
    name: str | None = None
    note: str | None = None
    tags: Mapping[str, str] | None = None
    kind: str = "script"
    cell_key: str | None = None
    cell: Mapping[str, Any] | None = None
    parent_id: str | None = None
    environment: Environment | None = None
    masked: tuple[str, ...] = ()


def begin(store: Store, new: Beginning) -> tuple[Run, str | None]:
    """Write a new run with everything that belongs to its start.

    Returns
    -------
    tuple
        The run, and the id of the latest earlier run of the same cell.
    """
    with store.atomic():
        session = store.session
        number = store.next_number("runs")
        now = config.now()
        experiment_id = _experiment(store, new.experiment, now)
        attempt, previous_id = _attempt(store, new.cell_key, experiment_id)
        if new.environment is not None:
            _keep_environment(store, new.environment)
        run = Run(
            id=config.new_id(),
            number=number,
            experiment_id=experiment_id,
            name=values.clean(new.name or f"{new.experiment}-{number}")[:_NAME_LIMIT],
            status="running",
            session_id=session.id,
            started_at=now,
            last_seen_at=now,
            kind=new.kind,
            attempt=attempt,
            parent_id=new.parent_id,
            note=new.note,
            user_name=session.user_name,
            notebook=session.notebook,
            cell_key=new.cell_key,
            environment_id=new.environment.id if new.environment else None,
        )
        store.insert("runs", as_row(run))
        if new.tags:
            store.insert("tags", *({"run_id": run.id, "key": k, "value": v} for k, v in new.tags.items()))
        if new.cell:
            store.insert("cells", as_row(_cell(run, new.cell)))
        add_findings(store, run.id, "secret-masked", "warning", new.masked)
    return run, previous_id


def resume(store: Store, run: Run) -> Run:
    """Write that a run that had ended goes on in this process."""
    now = config.now()
    with store.atomic():
        changed: dict[str, Any] = {
            "status": "running",
            "session_id": store.session.id,
            "last_seen_at": now,
            "ended_at": None,
            "error_type": None,
            "error_message": None,
        }
        store.update("runs", changed, {"id": run.id})
    return replace(run, **changed)


def finish(store: Store, run_id: str, status: RunStatus, end: Mapping[str, Any]) -> None:
    """Write the end of a run; call inside a transaction."""
    now = config.now()
    store.update("runs", {"status": status, "ended_at": now, "last_seen_at": now, **end}, {"id": run_id})
    store.update("cells", {"ended_at": now, "outcome": status}, {"run_id": run_id, "ended_at": None})


def keep_environment(store: Store, run_id: str, environment: Environment) -> None:
    """Write the environment of a run that began without."""
    with store.atomic():
        _keep_environment(store, environment)
        store.update("runs", {"environment_id": environment.id}, {"id": run_id})


def experiment_name(given: str | None) -> str:
    """Return the experiment that is meant: the one given, else the notebook's or script's name."""
    if given is not None and not isinstance(given, str):
        raise UsageError(f"the experiment {given!r} is {type(given).__name__}; expected a name")
    name = values.clean(given or "").strip() or _program() or "default"
    if len(name) > _NAME_LIMIT:
        raise UsageError(
            f"the experiment's name has {len(name):,} characters; at most {_NAME_LIMIT} are taken"
        )
    return name


def call_site() -> tuple[str, str] | None:
    """Return the identity of the code that called us, and its source; None if it has none.

    A file is known by its path, so that a script keeps its identity while it is edited; a cell by
    its source, because kernels name cells anew.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return None
    name = frame.f_code.co_filename
    lines = linecache.getlines(name)
    if not lines:
        return None
    source = "".join(lines)
    known_by = source.strip() if _is_cell(name) else os.path.realpath(name)
    return hashlib.sha256(known_by.encode(errors="replace")).hexdigest()[:32], source


def _is_cell(filename: str) -> bool:
    return "ipykernel_" in filename or filename.startswith("<") or not Path(filename).exists()


def _program() -> str | None:
    if given := os.environ.get("JPY_SESSION_NAME"):
        return Path(given).stem
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not file or "ipykernel" in file:
        return None
    path = Path(file)
    return path.parent.name if path.stem == "__main__" else path.stem


def _experiment(store: Store, name: str, now: str) -> str:
    """Return the id of the experiment of a name; safe because the number's lock is held."""
    found = store.rows("experiments", {"name": name}, columns=["id", "deleted_at"])
    if not found:
        experiment = Experiment(id=config.new_id(), name=name, created_at=now)
        store.insert("experiments", as_row(experiment))
        return experiment.id
    experiment_id: str = found[0]["id"]
    if found[0]["deleted_at"] is not None:
        store.update("experiments", {"deleted_at": None}, {"id": experiment_id})
    return experiment_id


def _keep_environment(store: Store, environment: Environment) -> None:
    if not store.rows("environments", {"id": environment.id}, columns=["id"]):
        store.insert("environments", as_row(environment))


def _attempt(store: Store, cell_key: str | None, experiment_id: str) -> tuple[int, str | None]:
    if cell_key is None:
        return 1, None
    same = {"cell_key": cell_key, "experiment_id": experiment_id}
    columns = ["id", "attempt", "deleted_at"]
    latest = store.rows("runs", same, order="number desc", limit=1, columns=columns)
    if not latest:
        return 1, None
    attempt = int(latest[0]["attempt"]) + 1
    if latest[0]["deleted_at"] is not None:
        latest = store.rows(
            "runs", {**same, "deleted_at": None}, order="number desc", limit=1, columns=columns
        )
    return attempt, latest[0]["id"] if latest else None


def _cell(run: Run, given: Mapping[str, Any]) -> Cell:
    known = {
        "id": config.new_id(),
        "session_id": run.session_id,
        "seq": 0,
        "started_at": run.started_at,
        "cell_key": run.cell_key,
        **given,
        "run_id": run.id,
    }
    return Cell(**known)
