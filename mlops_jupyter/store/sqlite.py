"""The SQLite driver of the waist: a folder with ``registry.db`` and ``objects/``."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from sqlite_utils.db import sqlite3

from .objects import Objects
from .waist import Store

SCHEMA = Path(__file__).parent / "schema"


class SQLiteStore(Store):
    """A local registry."""

    mark: ClassVar[str] = "?"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects = Objects(folder / "objects")
        self._local = threading.local()
        folder.mkdir(parents=True, exist_ok=True)
        self._migrate()

    @property
    def url(self) -> str:
        """The registry's folder."""
        return str(self.folder)

    @property
    def connection(self) -> Any:
        """This thread's connection."""
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self.folder / "registry.db", timeout=30, isolation_level=None)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
        return self._local.connection

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        return self.connection.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        self.connection.executemany(sql, parameters)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        connection = self.connection
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if connection.in_transaction:
                connection.rollback()
            raise
        connection.execute("COMMIT")

    def lock(self, name: str) -> None:
        """Nothing to do: the transaction is the only writer."""

    def close(self) -> None:
        if hasattr(self._local, "connection"):
            self._local.connection.close()
            del self._local.connection

    def _migrate(self) -> None:
        with self.atomic():
            tables = {row[0] for row in self.execute("SELECT name FROM sqlite_master")}
            if "runs" not in tables:
                for statement in statements(SCHEMA / "0001_spine.sql"):
                    self.execute(strict(statement))


def statements(path: Path) -> list[str]:
    """Return the statements of a schema file, without comments."""
    text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    return [part.strip() for part in text.split(";") if part.strip()]


def strict(statement: str) -> str:
    """Return a portable statement as SQLite's: strict tables and its names of the types."""
    text = statement.replace("BIGINT", "INTEGER").replace("DOUBLE PRECISION", "REAL")
    return text + " STRICT" if text.startswith("CREATE TABLE") else text
