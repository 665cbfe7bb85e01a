"""Opening a SQLite registry: what stands there, whether it is ours, and bringing it up to date.

The file is only ever opened through SQLite. A plain ``open()`` of it, once closed, would drop the
locks that this process holds on it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ..errors import RegistryError
from . import complaints, library, migration
from .filesystem import PRIVATE_FILE, remote_kind
from .library import sqlite3

PATIENCE_S = 30.0


def connect(path: Path) -> Any:
    """Return a connection to a database that exists."""
    return read_only(path) if is_frozen(path) else _connect(f"{path.as_uri()}?mode=rw", str(path))


def connect_memory() -> Any:
    """Return a connection to a new database in memory."""
    return _connect("file::memory:", "the registry in memory")


def read_only(path: Path) -> Any:
    """Return a connection that cannot write, for questions."""
    frozen = "&immutable=1" if is_frozen(path) else ""
    connection = _connect(f"{path.as_uri()}?mode=ro{frozen}", str(path))
    connection.execute("PRAGMA query_only = ON")
    return connection


def is_frozen(path: Path) -> bool:
    """Return whether nobody here can write to a database, and nothing of it stands in a log.

    SQLite wants to write beside a database that has used a write-ahead log, even to read it, unless
    it is told that the file cannot change. To tell it so beside a living log would be wrong.
    """
    log = path.with_name(path.name + "-wal")
    return (
        path.is_file() and not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    )


def _connect(uri: str, place: str) -> Any:
    try:
        # The busy timeout comes first: a pragma can meet a lock as well.
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=PATIENCE_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
    except sqlite3.Error as error:
        raise complaints.of_sqlite(error, place) from error
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        connection.close()
        raise complaints.of_sqlite(error, place) from error
    return connection


def identity(path: Path) -> tuple[int, int] | None:
    """Return which file stands at a path (device and inode), None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - before every write; Path.stat takes twice as long
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def prepare(path: Path) -> str | None:
    """Make or migrate the database if need be, and return why it can only be read, or None.

    Raises
    ------
    RegistryError
        If what stands there is no registry, damaged, or newer than this package.
    """
    if library.version() < library.OLDEST:
        raise RegistryError(f"SQLite {sqlite3.sqlite_version} is too old; {library.UPGRADE}")
    if path.is_dir():
        raise RegistryError(f"{path} is a folder, not a database; move it away, or set MLOPS_REGISTRY")
    if path.exists():
        connection = connect(path)
        try:
            schema = schema_of(connection, path)
            if schema is not None and schema.version >= migration.newest():
                if is_frozen(path):
                    return (
                        f"{path.parent} cannot be written, only read; set MLOPS_REGISTRY to a folder of yours"
                    )
                choose_journal(connection, path)
                return schema.why_read_only(str(path))
        except sqlite3.Error as error:
            raise complaints.of_sqlite(error, str(path)) from error
        finally:
            connection.close()
    _migrate(path)
    return None


def schema_of(connection: Any, path: Path) -> migration.Schema | None:
    """Return the schema of a database, None for an empty one."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if "meta" in tables:
        return migration.Schema.of(dict(connection.execute("SELECT key, value FROM meta")), str(path))
    if tables:
        raise RegistryError(
            f"{path} is a SQLite database of another program; it was left as it is: "
            "move it away, or choose another registry with MLOPS_REGISTRY"
        )
    return None


def _migrate(path: Path) -> None:
    """Apply the schema files that are missing; one process does it, the others wait."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(path.with_name("migration.lock"), PATIENCE_S, mode=PRIVATE_FILE, poll_interval=0.01):
            create(path)
            connection = connect(path)
            try:
                choose_journal(connection, path)
                connection.execute("BEGIN EXCLUSIVE")
                schema = schema_of(connection, path)
                present = 0 if schema is None else schema.version
                if present < migration.newest():
                    migration.apply(connection.execute, present, mark="?", dialect=migration.sqlite_dialect)
                connection.execute("COMMIT")
            finally:
                connection.close()  # rolls back what was not committed
    except Timeout:
        raise RegistryError(
            f"{path}: another process has been preparing it for {PATIENCE_S:.0f} seconds; run this again"
        ) from None
    except sqlite3.Error as error:
        raise complaints.of_sqlite(error, str(path)) from error
    except OSError as error:
        raise complaints.of_system(error, str(path)) from error


def create(path: Path) -> None:
    """Make an empty private file, which SQLite takes for an empty database."""
    if path.exists():
        if path.stat().st_size == 0 and any((path.parent / "objects").glob("[0-9a-f][0-9a-f]")):
            raise RegistryError(
                f"{path} is empty although its objects are there: it was truncated. "
                "Restore a backup, or move the folder away to begin a new registry"
            )
        return
    _private_file(path, b"")
    ignore = path.with_name(".gitignore")
    if not ignore.exists():
        _private_file(ignore, b"*\n")


def _private_file(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE), "wb") as file:
        file.write(content)


def choose_journal(connection: Any, path: Path) -> None:
    """Use the write-ahead log where it is safe, else the rollback journal.

    The mode is kept in the file, so a change is rare. To change it SQLite needs the file for
    itself and does not wait for that, so it is asked again until the patience ends.
    """
    wanted = "wal" if library.why_not_wal(library.version(), remote_kind(path.parent)) is None else "delete"
    deadline = time.monotonic() + PATIENCE_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        try:
            connection.execute(f"PRAGMA journal_mode = {wanted}")
        except sqlite3.OperationalError as error:
            if complaints.code_of(error) not in complaints.LOCKED or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
