"""What queries and plans read, as places: SQL through pandas and polars, DuckDB, lazy frames of polars.

A query that names files (``from 'flights.parquet'``) was read from these; any other from its database, of
which the URL is known without credentials, or only the kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from .places import Place, files_place, without_credentials

_LONGEST: Final = 10_000
_QUOTED: Final = re.compile(r"'((?:[^']|'')+)'|\"((?:[^\"]|\"\")+)\"")
_SCANNED: Final = re.compile(r"(\w+) SCAN \[([^\]\n]+)\]")
_MORE: Final = re.compile(r", \.\.\. (\d+) (?:other )?(?:sources|more|files?).*")


def sql_place(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Place | None:
    """Return the database and the query that ``read_sql`` or ``read_database`` was called with.

    Examples
    --------
    >>> found = sql_place(("select 1", "postgresql://me:secret@host/db"), {})
    >>> found.uri, found.query
    ('postgresql://host/db', 'select 1')
    """
    query = (
        args[0]
        if args
        else next((kwargs[name] for name in ("sql", "query", "table_name") if name in kwargs), None)
    )
    connection = next((kwargs[name] for name in ("con", "connection", "uri") if name in kwargs), None)
    if connection is None and len(args) > 1:
        connection = args[1]
    if query is None or connection is None:
        return None
    database = _database(connection)
    return Place(database, database, kind="sql", query=_cut(str(query)))


def _database(connection: Any) -> str:
    url = connection if isinstance(connection, str) else getattr(connection, "url", None)
    if url is None:
        url = getattr(getattr(connection, "engine", None), "url", None)
    if url is None:
        return f"{type(connection).__module__.partition('.')[0]}:"
    return without_credentials(str(url))


def duckdb_database(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Place | None:
    """Return the database that ``duckdb.connect`` was called with; one in memory has no name."""
    given = str(args[0] if args else kwargs.get("database", ":memory:"))
    if given.startswith(":memory:") or not given:
        return None
    is_url = "://" in given
    uri = without_credentials(given) if is_url else f"duckdb://{Path(given).expanduser().absolute()}"
    return Place(uri, given, kind="duckdb", database=uri)


def duckdb_place(query: Any, database: str | None = None) -> Place | None:
    """Return what a DuckDB query reads: the files that it names, else its database.

    Examples
    --------
    >>> duckdb_place("select 42 as x").uri
    'duckdb:'
    """
    if not isinstance(query, str):
        return None
    quoted = [(a or b).replace("''", "'") for a, b in _QUOTED.findall(query)]
    files = files_place([text for text in quoted if _is_path(text)])
    place = files or Place(database or "duckdb:", database or "duckdb:")
    return replace(place, kind="duckdb", query=_cut(query), database=database)


def plan_place(obj: Any) -> Place | None:
    """Return what a lazy frame of polars or a relation of DuckDB reads, from its own description."""
    if hasattr(obj, "sql_query"):
        return duckdb_place(obj.sql_query())
    text = obj.explain(optimized=False)
    scans = _SCANNED.findall(text)
    paths = [path.strip() for _, listed in scans for path in _MORE.sub("", listed).split(", ")]
    files = files_place(list(dict.fromkeys(paths)))
    return files and replace(files, kind=scans[0][0].lower(), query=_cut(text))


def _is_path(text: str) -> bool:
    return "." in text and not any(sign in text for sign in "\n;")


def _cut(query: str) -> str:
    return query if len(query) <= _LONGEST else query[: _LONGEST - 1] + "…"
