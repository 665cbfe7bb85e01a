"""Read-only SQL for people: one question, a bounded number of rows, a bounded time."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from ..errors import UsageError, near
from ..records import QueryResult
from .library import sqlite3

if TYPE_CHECKING:
    from .postgres import PostgresStore
    from .sqlite import SQLiteStore

_STEPS = 10_000  # of SQLite's machine, between two looks at the clock; about a millisecond

# What a question may do: https://sqlite.org/c3ref/c_alter_table.html
_READ, _SELECT, _FUNCTION, _RECURSIVE, _PRAGMA = 20, 21, 31, 33, 19
_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
_POSTGRES_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
_PRAGMAS = ("table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list")


def of_sqlite(store: SQLiteStore, sql: str, *, limit: int, seconds: float) -> QueryResult:
    """Answer a question of a SQLite registry through a connection that cannot write.

    Raises
    ------
    UsageError
        If it is not one reading statement, names what does not exist, or takes too long.
    """
    connection = store.reader()
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
    connection.set_authorizer(_allowed)
    try:
        cursor = connection.execute(sql)
        found = cursor.fetchmany(limit + 1)
        columns = tuple(column[0] for column in cursor.description or ())
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        tables = [row[0] for row in store.fetch(_SQLITE_TABLES)[1]]
        raise UsageError(_said(str(error), tables, seconds)) from error
    finally:
        connection.close()
    return QueryResult(columns, tuple(found[:limit]), truncated=len(found) > limit)


def of_postgres(store: PostgresStore, sql: str, *, limit: int, seconds: float) -> QueryResult:
    """Answer a question of a PostgreSQL registry in a read-only transaction; see :func:`of_sqlite`."""
    import psycopg

    connection = store.connect()
    try:
        connection.execute(f"SET statement_timeout = {int(seconds * 1000)}")
        connection.execute("BEGIN READ ONLY")
        cursor = connection.cursor()
        found: list[tuple[Any, ...]] = []
        # Streaming uses the extended protocol, which takes one statement only, and stops where we do.
        for row in cursor.stream(sql):
            found.append(row)
            if len(found) > limit:
                break
        columns = tuple(column.name for column in cursor.description or ())
    except psycopg.Error as error:
        tables = [row[0] for row in store.fetch(_POSTGRES_TABLES)[1]]
        raise UsageError(_said(str(error).splitlines()[0], tables, seconds)) from error
    finally:
        connection.close()
    return QueryResult(columns, tuple(found[:limit]), truncated=len(found) > limit)


def _allowed(action: int, first: str | None, second: str | None, *_: Any) -> int:
    reading = action in (_READ, _SELECT, _RECURSIVE)
    function = action == _FUNCTION and second != "load_extension"
    pragma = action == _PRAGMA and first in _PRAGMAS
    return 0 if reading or function or pragma else 1


def _said(error: str, tables: list[str], seconds: float) -> str:
    if "interrupted" in error or "statement timeout" in error:
        return f"the query took longer than {seconds:g} s and was stopped; narrow it with WHERE or LIMIT"
    if "not authorized" in error or "readonly" in error or "read-only" in error or "prohibited" in error:
        return "only reading is allowed here (SELECT …); change runs with the functions of mlops_jupyter"
    if "one statement" in error or "multiple commands" in error:
        return "one statement at a time"
    if match := re.search(r"no such table: (\S+)|relation \"(\S+)\" does not exist", error):
        asked = match.group(1) or match.group(2)
        return (
            f"there is no table {asked!r}; {near(asked, tables) or 'there are ' + ', '.join(sorted(tables))}"
        )
    return f"the query cannot be read: {error}"
