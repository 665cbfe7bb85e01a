"""The SQLite driver of the waist: a folder with ``registry.db``, ``objects/`` and ``locks/``.

Every write is ``BEGIN IMMEDIATE``: a transaction that begins by reading and then wants to write
fails at once when another has written in between, whatever the busy timeout.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import RegistryError, ValueRefused
from ..records import QueryResult
from . import complaints, migration, opening
from .connections import Connections
from .filesystem import private_folder
from .library import sqlite3
from .liveness import Liveness
from .objects import Objects
from .waist import Store

if TYPE_CHECKING:
    from sqlite_utils import Database

_REFUSED = (OverflowError, UnicodeEncodeError)


class SQLiteStore(Store):
    """A local registry.

    Parameters
    ----------
    folder
        The registry's folder; made with its contents if it does not exist.

    Raises
    ------
    RegistryError
        If what stands there is not a registry, is damaged, or is newer than this package. It is
        left as it is.

    Examples
    --------
    >>> store = SQLiteStore.memory()
    >>> store.insert("counters", {"name": "sheep", "value": 3})
    >>> store.rows("counters")
    [{'name': 'sheep', 'value': 3}]
    >>> store.close()
    """

    mark: ClassVar[str] = "?"

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(Path(folder).expanduser()))
        self.path = self.folder / "registry.db"
        self._prepare(Connections(self._connect))

    @classmethod
    def memory(cls) -> SQLiteStore:
        """Return a registry in memory, for tests and for trying things; its objects are temporary files."""
        return _MemoryStore()

    def _prepare(self, connections: Connections) -> None:
        self._connections = connections
        self._guard: Any = nullcontext()
        self._identity: tuple[int, int] | None = None
        self.why_read_only = None
        self.objects = Objects(self.folder / "objects")
        self.liveness = Liveness(self.folder / "locks")
        self.connection  # noqa: B018 - a registry that cannot be opened should say so now

    @property
    def url(self) -> str:
        return str(self.folder)

    @property
    def connection(self) -> Any:
        """The connection of this thread."""
        return self._connections.get()

    @property
    def db(self) -> Database:
        """The tables through sqlite-utils, read-only: ``store.db["runs"].rows``."""
        from sqlite_utils import Database

        return Database(self.reader())

    def reader(self) -> Any:
        """Return a new connection of the caller's own that cannot write."""
        return opening.read_only(self.path)

    def engine(self) -> tuple[str, str]:
        return f"SQLite {sqlite3.sqlite_version}", str(self.fetch("PRAGMA journal_mode")[1][0][0])

    # --- statements -------------------------------------------------------------------------

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        connection = self._connections.get()
        try:
            with self._guard:
                return connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise complaints.of_sqlite(error, self._place) from error
        except _REFUSED as error:
            raise ValueRefused(f"a value cannot be stored: {error}") from error

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        connection = self._connections.get()
        try:
            with self._guard:
                connection.executemany(sql, parameters)
        except sqlite3.Error as error:
            raise complaints.of_sqlite(error, self._place) from error
        except _REFUSED as error:
            raise ValueRefused(f"a value cannot be stored: {error}") from error

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self._guard:
            cursor = self.execute(sql, parameters)
            try:
                found = cursor.fetchall()
            except sqlite3.Error as error:
                raise complaints.of_sqlite(error, self._place) from error
        return [column[0] for column in cursor.description], found

    @contextmanager
    def atomic(self) -> Iterator[None]:
        with self._guard:
            if self._connections.get().in_transaction:
                with self._savepoint():
                    yield
            else:
                with self._transaction():
                    yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._guard:
            if self._connections.get().in_transaction:
                yield
            else:
                with self._transaction():
                    yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.ensure_in_place()
        if self.why_read_only:
            raise RegistryError(self.why_read_only)
        connection, pid = self._connections.get(), os.getpid()
        try:
            self.execute("BEGIN IMMEDIATE")
            yield
            if pid == os.getpid():
                self.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself; in a forked child it is the parent's.
            if pid == os.getpid() and connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.rollback()
            self.liveness.rolled_back()
            raise

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        connection, pid = self._connections.get(), os.getpid()
        self.execute("SAVEPOINT inner_block")
        try:
            yield
        except BaseException:
            if pid == os.getpid() and connection.in_transaction:
                connection.execute("ROLLBACK TO inner_block")
                connection.execute("RELEASE inner_block")
            self.liveness.rolled_back()
            raise
        self.execute("RELEASE inner_block")

    def lock(self, name: str) -> None:
        """Nothing to do: the transaction is the only writer."""

    def matches(self, column: str, operator: str, pattern: str) -> tuple[str, list[str | float]]:
        if operator == "ilike":
            return f"{column} LIKE ?", [pattern]
        # LIKE does not tell A from a in SQLite; GLOB does, with other signs.
        signs = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
        return f"{column} GLOB ?", ["".join(signs.get(sign, sign) for sign in pattern)]

    def query(self, sql: str, *, limit: int = 1000, seconds: float = 30.0) -> QueryResult:
        from .query import of_sqlite

        return of_sqlite(self, sql, limit=limit, seconds=seconds)

    def close(self) -> None:
        self._connections.close()
        self._identity = None
        self.liveness.end()

    # --- the place --------------------------------------------------------------------------

    @property
    def _place(self) -> str:
        return str(self.path)

    def is_in_place(self) -> bool:
        """Return whether the database that this store opened still stands where it stood."""
        return self._identity is None or opening.identity(self.path) == self._identity

    def ensure_in_place(self) -> None:
        if not self.is_in_place():
            self._connections.close()
            self.liveness.end()
            self._identity = None
            raise RegistryError(
                f"{self.path} was deleted, moved or replaced while it was open; nothing was written to it. "
                "Put it back, or run this again to go on in what stands there now"
            )

    def _connect(self) -> Any:
        with self._connections.opening:
            if self._identity is None:
                if self.folder.is_file():
                    instead = self.folder.parent if self.folder.name == self.path.name else "a folder"
                    raise RegistryError(f"{self.folder} is a file; a registry is a folder: name {instead}")
                try:
                    private_folder(self.folder)
                except OSError as error:
                    raise complaints.of_system(error, str(self.folder)) from error
                self.why_read_only = opening.prepare(self.path)
                self._identity = opening.identity(self.path)
            return opening.connect(self.path)


class _MemoryStore(SQLiteStore):
    """A registry in memory: one connection that threads take in turn."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="mlops-")
        self.folder = Path(self._temporary.name)
        self.path = self.folder / "registry.db"
        self._guard = threading.RLock()
        self._prepare(Connections(opening.connect_memory, shared=True))
        self._guard = threading.RLock()
        with self.atomic():
            migration.apply(self.execute, 0, mark=self.mark, dialect=migration.sqlite_dialect)

    @property
    def url(self) -> str:
        return ":memory:"

    @property
    def _place(self) -> str:
        return "the registry in memory"

    def reader(self) -> Any:
        copy = opening.connect_memory()
        with self._guard:
            self.connection.backup(copy)
        copy.execute("PRAGMA query_only = ON")
        return copy

    def close(self) -> None:
        super().close()
        self._temporary.cleanup()
