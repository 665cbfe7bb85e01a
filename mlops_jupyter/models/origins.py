"""Where a version comes from: the model's file, and the run that kept it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import tracking
from ..errors import NotFoundError, UsageError, near
from ..records import Run
from ..store import Row, Store
from ..tracking.refs import RunRef, find_run

LARGEST_FILE = 8 << 30
_SAVING_S = 60.0

# The keys under which handlers tell which version of a library wrote the file, and its distribution.
LIBRARIES = {
    "sklearn": "scikit-learn",
    "skops": "skops",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "torch": "torch",
    "safetensors": "safetensors",
    "onnx": "onnx",
    "cloudpickle": "cloudpickle",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A model's file with what is known of it; ``model`` is the object that the file makes."""

    data: bytes
    object_hash: str
    format: str
    class_name: str
    model: Any
    libraries: Mapping[str, str] = field(default_factory=dict)
    run: Run | None = None
    artifact_path: str | None = None
    unsafe_reason: str | None = None


def of_run(
    store: Store, ref: RunRef | Any, variable: str | None = None, *, trusted: Sequence[str] = ()
) -> Origin:
    """Return the model that a run kept.

    Raises
    ------
    NotFoundError
        If there is no such run, or it kept no such model.
    UsageError
        If it kept several and none is named.
    """
    from .. import formats

    run = find_run(store, ref)
    artifact = _artifact(store, run, variable)
    data = store.objects.get(artifact["object_hash"])
    detail = json.loads(artifact["detail"] or "{}")
    model = formats.load_model(data, trusted=trusted)
    return Origin(
        data,
        artifact["object_hash"],
        str(detail.get("format", "")),
        str(detail.get("class", type(model).__name__)),
        model,
        libraries_of(detail, _python_of(store, run)),
        run,
        artifact["path"],
    )


def of_object(
    store: Store,
    model: Any,
    *,
    run: RunRef | Any | None = None,
    trusted: Sequence[str] = (),
    unsafe_reason: str | None = None,
) -> Origin:
    """Return a model in memory as a file, and the run it belongs to: as asked, that kept it, or is open.

    Raises
    ------
    UnsupportedError
        If it is not fitted or cannot be written; names the step and the remedy.
    """
    from .. import formats

    file = formats.dump_model(model, trusted=trusted, unsafe_reason=unsafe_reason)
    object_hash = hashlib.sha256(file.data).hexdigest()
    known = _kept_by_a_run(store, object_hash)
    found = find_run(store, run) if run is not None else known[0] if known else _active(store)
    return Origin(
        file.data,
        object_hash,
        str(file.detail.get("format", "")),
        str(file.detail.get("class", type(model).__name__)),
        model,
        libraries_of(file.detail, platform.python_version()),
        found,
        known[1] if known and found is not None and known[0].id == found.id else None,
        unsafe_reason if file.detail.get("format") == "cloudpickle" else None,
    )


def of_path(
    store: Store,
    path: str | os.PathLike[str],
    *,
    run: RunRef | Any | None = None,
    trusted: Sequence[str] = (),
    unsafe_reason: str | None = None,
) -> Origin:
    """Return the model of a file that came from elsewhere, after it was opened in a child process.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnsupportedError
        If it is no model file that can be opened safely, or the child died of it.
    """
    from .. import formats

    data = _bytes_of(Path(path))
    unsafe = unsafe_reason is not None
    formats.load_in_child(data, trusted=trusted, unsafe=unsafe)
    model = formats.load_model(data, trusted=trusted, unsafe=unsafe)
    name = formats.format_of(data)
    return Origin(
        data,
        hashlib.sha256(data).hexdigest(),
        name,
        type(model).__name__,
        model,
        run=find_run(store, run) if run is not None else None,
        artifact_path=Path(path).name,
        unsafe_reason=unsafe_reason if name == "cloudpickle" else None,
    )


def libraries_of(detail: Mapping[str, Any], python: str | None) -> dict[str, str]:
    """Return the versions that a file was written with, by the name of the distribution, and Python's.

    Examples
    --------
    >>> libraries_of({"sklearn": "1.9.0", "n_features": 3}, "3.12.1")
    {'scikit-learn': '1.9.0', 'python': '3.12.1'}
    """
    found = {name: str(detail[key]) for key, name in LIBRARIES.items() if isinstance(detail.get(key), str)}
    return found | ({"python": python} if python else {})


def _python_of(store: Store, run: Run) -> str | None:
    rows = store.rows("environments", {"id": run.environment_id}) if run.environment_id else []
    return str(rows[0]["python"]) if rows else None


def _artifact(store: Store, run: Run, variable: str | None) -> Row:
    from ..tracking.worker import worker

    worker.wait(_SAVING_S, owner=run.id)  # a model that this process is still writing behind its cell
    rows = store.rows("artifacts", {"run_id": run.id, "kind": "model"}, order="path")
    known = {row["variable"] or row["path"]: row for row in rows}
    if not known:
        raise NotFoundError(
            f"run #{run.number} kept no model; register(name, model=clf) takes one that is in memory"
        )
    if variable is None and len(known) > 1:
        several = ", ".join(sorted(known))
        raise UsageError(
            f"run #{run.number} kept several models: {several}; name one: variable={min(known)!r}"
        )
    chosen = known.get(variable) if variable is not None else next(iter(known.values()))
    if chosen is None:
        hint = near(str(variable), known) or f"it has {', '.join(sorted(known))}"
        raise NotFoundError(f"run #{run.number} kept no model {variable!r}; {hint}")
    return chosen


def _active(store: Store) -> Run | None:
    """Return the run that is open here: a model that no run kept so far comes from it."""
    active = tracking.active_run()
    return find_run(store, active.id) if active is not None and active.store.url == store.url else None


def _kept_by_a_run(store: Store, object_hash: str) -> tuple[Run, str] | None:
    """Return the newest run that kept this very file, and the file's name there."""
    rows = store.rows(
        "artifacts",
        {"object_hash": object_hash, "kind": "model"},
        order="run_id desc",
        columns=["run_id", "path"],
    )
    for row in rows:
        runs = store.rows("runs", {"id": row["run_id"], "deleted_at": None})
        if runs:
            return Run(**runs[0]), str(row["path"])
    return None


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise NotFoundError(f"there is no file {str(path)!r}")
        if path.stat().st_size > LARGEST_FILE:
            raise UsageError(f"{str(path)!r} is larger than {LARGEST_FILE >> 30} GiB")
        return path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{str(path)!r} cannot be read: {error.strerror}") from None
