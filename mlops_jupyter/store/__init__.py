"""The only room that knows SQL, and the objects by hash.

Table of contents
-----------------
``waist``      the six verbs, written once for all databases
``sqlite``     the local driver (sqlite-utils on a fixed SQLite)
``objects``    files by SHA-256
``schema/``    numbered plain-SQL files that SQLite and PostgreSQL both read
"""

from __future__ import annotations

import os
from pathlib import Path

from .. import config
from .sqlite import SQLiteStore
from .waist import Row, Store, as_row

__all__ = ["Row", "SQLiteStore", "Store", "as_row", "current", "open_store"]

_open: dict[str, SQLiteStore] = {}


def open_store(registry: str | os.PathLike[str] | None = None) -> SQLiteStore:
    """Open the registry meant by :func:`mlops_jupyter.config.locate`, once per process."""
    place = config.locate(registry)
    if place.url not in _open:
        _open[place.url] = SQLiteStore(Path(place.url))
    return _open[place.url]


def current() -> SQLiteStore:
    """Return the registry that applies where no other was given."""
    return open_store()
