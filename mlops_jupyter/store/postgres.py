"""The PostgreSQL driver of the waist, through psycopg 3.

Tables are in the database; objects are in a folder of this machine, or one that is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from .. import config
from ..errors import RegistryError, ValueRefused
from ..records import QueryResult
from . import complaints, migration
from .connections import Connections
from .liveness import Liveness
from .objects import Objects
from .waist import Store

PATIENCE_S = 30


class PostgresStore(Store):
    """A registry in a PostgreSQL database.

    Parameters
    ----------
    url
        Such as ``postgresql://ann@server/mlops``.
    objects
        The folder of the objects; the user's data folder if None.

    Raises
    ------
    RegistryError
        If the database cannot be reached, or is newer than this package.
    """

    mark: ClassVar[str] = "%s"
    plain_order: ClassVar[str] = ' COLLATE "C"'
    has_all_objects: ClassVar[bool] = False

    def __init__(self, url: str, *, objects: Path | None = None) -> None:
        try:
            import psycopg
        except ImportError:
            raise RegistryError(
                f"{_shown(url)} needs psycopg; pip install 'mlops-jupyter[postgres]', then run this again"
            ) from None
        self._psycopg = psycopg
        self._given = url
        self._connections = Connections(self._connect)
        folder = objects or config.data_folder() / "objects"
        self.objects = Objects(folder)
        self.liveness = Liveness(folder.parent / "locks", is_shared=True)
        self.why_read_only = self._migrate()

    @property
    def url(self) -> str:
        return _shown(self._given)

    @property
    def connection(self) -> Any:
        """The connection of this thread; a new one where the server ended the last."""
        connection = self._connections.get()
        if connection.closed:
            self._connections.drop()
            connection = self._connections.get()
        return connection

    def engine(self) -> tuple[str, str]:
        return f"PostgreSQL {self.fetch('SHOW server_version')[1][0][0]}", "server"

    # --- statements -------------------------------------------------------------------------

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        with self._border():
            return self.connection.execute(sql, parameters or None)

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        with self._border(), self.connection.cursor() as cursor:
            cursor.executemany(sql, parameters)

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self._border():
            cursor = self.connection.execute(sql, parameters or None)
            return [column.name for column in cursor.description], cursor.fetchall()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        connection, pid = self.connection, os.getpid()
        if self.why_read_only:
            raise RegistryError(self.why_read_only)
        block = connection.transaction()
        with self._border():
            block.__enter__()
        try:
            yield
        except BaseException as error:
            if pid == os.getpid():  # in a forked child the transaction is the parent's
                block.__exit__(type(error), error, error.__traceback__)
            self.liveness.rolled_back()
            raise
        if pid == os.getpid():
            with self._border():
                block.__exit__(None, None, None)

    @contextmanager
    def writing(self) -> Iterator[None]:
        if self.connection.info.transaction_status == self._psycopg.pq.TransactionStatus.INTRANS:
            yield
        else:
            with self.atomic():
                yield

    def lock(self, name: str) -> None:
        self.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])

    def matches(self, column: str, operator: str, pattern: str) -> tuple[str, list[str | float]]:
        return f"{column} {operator.upper()} %s ESCAPE ''", [pattern]

    def query(self, sql: str, *, limit: int = 1000, seconds: float = 30.0) -> QueryResult:
        from .query import of_postgres

        return of_postgres(self, sql, limit=limit, seconds=seconds)

    def close(self) -> None:
        self._connections.close()
        self.liveness.end()

    # --- the place --------------------------------------------------------------------------

    def connect(self) -> Any:
        """Return a new connection of the caller's own."""
        with self._border():
            return self._connect()

    def _connect(self) -> Any:
        connection = self._psycopg.connect(
            self._given,
            autocommit=True,
            connect_timeout=PATIENCE_S,
            application_name="mlops-jupyter",
            client_encoding="utf8",
        )
        connection.execute(f"SET lock_timeout = '{PATIENCE_S}s'")
        return connection

    def _migrate(self) -> str | None:
        connection = self.connect()
        try:
            with self._border(), connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('mlops-jupyter', 0))")
                schema = self._schema(connection)
                if schema is not None and schema.version >= migration.newest():
                    return schema.why_read_only(self.url)
                present = 0 if schema is None else schema.version
                migration.apply(
                    lambda sql, values: connection.execute(sql, values or None), present, mark=self.mark
                )
                return None
        finally:
            connection.close()

    def _schema(self, connection: Any) -> migration.Schema | None:
        if connection.execute("SELECT to_regclass('meta')").fetchone()[0] is None:
            return None
        return migration.Schema.of(
            dict(connection.execute("SELECT key, value FROM meta").fetchall()), self.url
        )

    @contextmanager
    def _border(self) -> Iterator[None]:
        try:
            yield
        except (self._psycopg.DataError, UnicodeEncodeError, OverflowError) as error:
            raise ValueRefused(f"a value cannot be stored: {str(error).splitlines()[0]}") from error
        except self._psycopg.Error as error:
            raise complaints.of_postgres(error, self.url) from error


def _shown(url: str) -> str:
    """Return a URL without its password."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@", 1)).geturl()
