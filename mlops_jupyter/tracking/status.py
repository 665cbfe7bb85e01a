"""Where the registry is and what stands in it."""

from __future__ import annotations

import os
from pathlib import Path

from .. import __version__, config
from ..records import Status
from ..store import Store, open_existing
from . import active


def status(*, registry: str | os.PathLike[str] | None = None) -> Status:
    """Return where the registry is, why there, and how much stands in it.

    Parameters
    ----------
    registry
        A folder or URL; the registry that applies where None.

    Examples
    --------
    >>> import tempfile
    >>> status(registry=tempfile.mkdtemp()).runs
    0
    """
    place = config.locate(registry)
    store = open_existing(registry)
    store.reap()
    runs = store.rows("runs", {"deleted_at": None}, columns=["status"])
    experiments = store.rows("experiments", {"deleted_at": None}, columns=["id"])
    objects, objects_bytes = _objects(store)
    run = active.innermost()
    version, journal_mode = store.engine()
    return Status(
        registry=store.url,
        reason=place.reason,
        version=__version__,
        sqlite_version=version.removeprefix("SQLite "),
        journal_mode=journal_mode,
        experiments=len(experiments),
        runs=len(runs),
        running=sum(row["status"] == "running" for row in runs),
        objects=objects,
        size_bytes=objects_bytes + _database_bytes(store),
        user_name=config.user_name(),
        active_run=None if run is None else run.number,
    )


def _objects(store: Store) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in store.objects.folder.glob("[0-9a-f][0-9a-f]/*")]
    return len(sizes), sum(sizes)


def _database_bytes(store: Store) -> int:
    folder = Path(store.url)
    return sum(path.stat().st_size for path in folder.glob("registry.db*")) if folder.is_dir() else 0
