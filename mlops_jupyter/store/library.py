"""Which SQLite this process uses, and what it may be trusted with.

It is the one that sqlite-utils 4 would choose, because two SQLite libraries in one process drop
each other's file locks. It is chosen here, since importing sqlite-utils also imports pandas.
"""

from __future__ import annotations

import importlib
from typing import Any


def _chosen() -> Any:
    try:
        return importlib.import_module("pysqlite3")
    except ImportError:
        return importlib.import_module("sqlite3")


sqlite3: Any = _chosen()

OLDEST = (3, 37, 0)  # strict tables
UPGRADE = "pip install --upgrade pysqlite3 (0.6.1 has SQLite 3.53), or a Python with SQLite 3.51.3 or newer"


def version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use, as numbers."""
    return tuple(sqlite3.sqlite_version_info)


def has_wal_reset_bug(found: tuple[int, ...]) -> bool:
    """Return whether a SQLite version can corrupt a WAL database that two connections write to.

    SQLite 3.7.0 to 3.51.2 has the bug; it was fixed in 3.51.3 and again in 3.50.7 and 3.44.6
    (https://sqlite.org/wal.html#walresetbug).

    Examples
    --------
    >>> has_wal_reset_bug((3, 40, 1)), has_wal_reset_bug((3, 50, 7)), has_wal_reset_bug((3, 53, 4))
    (True, False, False)
    """
    if found >= (3, 51, 3):
        return False
    return not ((3, 50, 7) <= found < (3, 51) or (3, 44, 6) <= found < (3, 45))


def why_not_wal(found: tuple[int, ...], remote: str | None) -> str | None:
    """Return why the write-ahead log is not safe here, or None where it is.

    Parameters
    ----------
    found
        The SQLite version.
    remote
        The kind of the file system where it is not a local one.
    """
    if has_wal_reset_bug(found):
        return f"SQLite {'.'.join(map(str, found))} can corrupt a write-ahead log (its WAL-reset bug)"
    if remote is not None:
        return f"the write-ahead log does not work on a network file system ({remote})"
    return None
