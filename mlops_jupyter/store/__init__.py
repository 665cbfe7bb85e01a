"""The only room that knows SQL, and the objects by hash.

Table of contents
-----------------
``waist``        the six verbs, written once for all databases
``sqlite``       the local driver; ``opening`` and ``connections`` are its parts, ``library`` says
                 which SQLite may be trusted with what, ``filesystem`` where it may be
``postgres``     the driver for a shared server
``migration``    numbered plain-SQL files in ``schema/`` that both databases read
``complaints``   errors of the databases in our words
``objects``      files by SHA-256; ``packs`` keeps many small pieces in few of them
``liveness``     sessions, and whether their process still runs
``values``       numbers, texts and keys on their way in
``metrics``      points and the newest of each: the hot path
``events``       the memory: each event's hash covers the one before it
``lineage``      what data was used for and made from; ``overview`` lists all of it
``search``       the filter language as SQL; ``filters`` reads it
``query``        read-only SQL for people
``health``       what ``doctor`` looks at; ``health_files`` and ``health_kept`` are its parts
``collecting``   removes what nothing refers to; ``references`` and ``manifests`` say what does
``backup``       a copy that was checked
``faults``       named steps at which tests make a write fail
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from .. import config
from ..errors import NotFoundError
from .metrics import MetricAbout
from .sqlite import SQLiteStore
from .waist import Row, Store, as_row

__all__ = ["MetricAbout", "Row", "SQLiteStore", "Store", "as_row", "current", "open_existing", "open_store"]

_open: dict[str, Store] = {}
_opening = threading.Lock()


def open_store(registry: str | os.PathLike[str] | Store | None = None) -> Store:
    """Open the registry meant by :func:`mlops_jupyter.config.locate`, once per process.

    Parameters
    ----------
    registry
        A folder or a ``postgresql://`` URL; None for the rules of :mod:`mlops_jupyter.config`. One
        that is open already is given back.

    Raises
    ------
    RegistryError
        If it cannot be opened, and what stands there is left as it is; or once if it was deleted
        or replaced since it was opened.
    """
    if isinstance(registry, Store):
        return registry
    place = config.locate(registry)
    with _opening:
        store = _open.get(place.url)
        if store is None:
            store = _open[place.url] = _opened(place.url)
    store.ensure_in_place()
    return store


def open_existing(registry: str | os.PathLike[str] | Store | None = None) -> Store:
    """Open a registry to look at it: one that was asked for by name must exist.

    Otherwise a name that is misspelled would make an empty registry, and say that there are no runs.

    Raises
    ------
    NotFoundError
        If ``registry`` is a folder that does not exist.
    RegistryError
        If it cannot be opened.
    """
    if isinstance(registry, Store):
        return registry
    if registry is not None and "://" not in (url := config.locate(registry).url) and not Path(url).exists():
        raise NotFoundError(
            f"there is no registry {url}; the first run makes one, 'mlops status' says which is used"
        )
    return open_store(registry)


def current() -> Store:
    """Return the registry that applies where no other was given."""
    return open_store()


def _opened(url: str) -> Store:
    if url.startswith(("postgresql://", "postgres://")):
        from .postgres import PostgresStore

        return PostgresStore(url)
    return SQLiteStore(Path(url))


def _after_fork() -> None:
    global _opening  # noqa: PLW0603 - another thread may have held it in the parent
    _opening = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
