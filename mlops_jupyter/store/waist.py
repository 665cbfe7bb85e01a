"""The narrow waist: six verbs that everything else is said with.

Each driver supplies statements, a parameter mark and a transaction; the verbs are written once.
Rows go in and come out as dicts whose keys are column names, so a record of ``records.py`` is
``Run(**row)`` and back through :func:`as_row`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import UsageError
from ..records import Metric, QueryResult, Session
from .liveness import Liveness
from .objects import Objects
from .packs import Packs

if TYPE_CHECKING:
    from .metrics import MetricAbout

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_CONDITION = re.compile(r"([a-z_][a-z0-9_]*)(?:\s+(<|<=|>|>=|!=))?\Z")
_ORDER = re.compile(r"([a-z_][a-z0-9_]*)(\s+desc)?\Z")

Row = dict[str, Any]


def as_row(record: Any) -> Row:
    """Return a record of a table as the row that stores it."""
    return {f.name: getattr(record, f.name) for f in fields(record)}


class Store(ABC):
    """A registry: its tables, whichever database holds them, and its objects.

    ``where`` maps ``"column"`` or ``"column <op>"`` (``<``, ``<=``, ``>``, ``>=``, ``!=``) to a
    value; None means ``IS NULL``, a list, tuple or set means ``IN``. Every write is one
    transaction of its own, or part of the :meth:`atomic` block round it. After an error inside
    :meth:`atomic` leave the block; nest another one round what may fail.

    Attributes
    ----------
    objects
        The files of the registry, by hash.
    why_read_only
        Why this process cannot write to the registry, None where it can.
    """

    mark: ClassVar[str]
    plain_order: ClassVar[str] = ""  # the collation that orders text by its characters
    has_all_objects: ClassVar[bool] = True  # else another machine may have what is missing here
    objects: Objects
    liveness: Liveness
    why_read_only: str | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where the registry is: a folder, or a ``postgresql://`` URL without a password."""

    @abstractmethod
    def engine(self) -> tuple[str, str]:
        """Return the version of the database, and how it keeps its journal."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run one statement and return the driver's cursor."""

    @abstractmethod
    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run one statement for many rows."""

    @abstractmethod
    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run one statement and return the names of its columns, and all rows."""

    @abstractmethod
    def atomic(self) -> AbstractContextManager[None]:
        """Make everything inside happen whole or not at all; nests."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """Join the transaction round this, or be one; what a single verb needs."""

    @abstractmethod
    def lock(self, name: str) -> None:
        """Inside :meth:`atomic`: let one writer at a time pass this point."""

    @abstractmethod
    def matches(self, column: str, operator: str, pattern: str) -> tuple[str, list[str | float]]:
        """Return the condition for ``like`` (letters as they are) or ``ilike``; ``%`` and ``_`` are wild."""

    @abstractmethod
    def query(self, sql: str, *, limit: int = 1000, seconds: float = 30.0) -> QueryResult:
        """Answer read-only SQL: at most ``limit`` rows, within some seconds."""

    def ensure_in_place(self) -> None:  # noqa: B027 - a server's database has no file to lose
        """Notice that the database is not the one that was opened.

        Raises
        ------
        RegistryError
            Once, if it was deleted or replaced; the next use opens what stands there then.
        """

    @abstractmethod
    def close(self) -> None:
        """Close this process's connections and end its session."""

    # --- the verbs --------------------------------------------------------------------------

    def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Add rows; all rows of a call have the same columns."""
        if not rows:
            return
        columns = list(rows[0])
        sql = f"INSERT INTO {_name(table)} ({_names(columns)}) VALUES ({self._marks(columns)})"
        self._write_many(sql, columns, rows)

    def upsert(self, table: str, *rows: Mapping[str, Any], key: Sequence[str]) -> None:
        """Add rows, or replace the other columns where a row with this key exists."""
        if not rows:
            return
        columns = list(rows[0])
        others = [column for column in columns if column not in key]
        action = (
            "UPDATE SET " + ", ".join(f"{_name(c)} = excluded.{_name(c)}" for c in others)
            if others
            else "NOTHING"
        )
        sql = (
            f"INSERT INTO {_name(table)} ({_names(columns)}) VALUES ({self._marks(columns)}) "
            f"ON CONFLICT ({_names(key)}) DO {action}"
        )
        self._write_many(sql, columns, rows)

    def update(self, table: str, values: Mapping[str, Any], where: Mapping[str, Any]) -> int:
        """Change columns of the rows that match, and return how many there were."""
        condition, parameters = self._condition(where)
        settings = ", ".join(f"{_name(column)} = {self.mark}" for column in values)
        with self.writing():
            cursor = self.execute(
                f"UPDATE {_name(table)} SET {settings}{condition}", [*values.values(), *parameters]
            )
            return int(cursor.rowcount)

    def delete(self, table: str, where: Mapping[str, Any]) -> int:
        """Remove the rows that match, and return how many there were."""
        condition, parameters = self._condition(where)
        with self.writing():
            return int(self.execute(f"DELETE FROM {_name(table)}{condition}", parameters).rowcount)

    def rows(
        self,
        table: str,
        where: Mapping[str, Any] | None = None,
        *,
        order: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        columns: Sequence[str] | None = None,
    ) -> list[Row]:
        """Return the rows of a table or view that match, as dicts.

        ``order`` is ``"column"`` or ``"column desc"``, several separated by commas; without one
        the rows come in any order.
        """
        condition, parameters = self._condition(where or {})
        chosen = _names(columns) if columns else "*"
        sql = f"SELECT {chosen} FROM {_name(table)}{condition}{_order(order)}"
        if limit is not None:
            sql += f" LIMIT {int(limit)} OFFSET {int(offset)}"
        names, found = self.fetch(sql, parameters)
        return [dict(zip(names, row, strict=True)) for row in found]

    # --- what is built on them --------------------------------------------------------------

    def next_number(self, name: str) -> int:
        """Return the next of people's small numbers of a kind; call inside :meth:`atomic`."""
        _, found = self.fetch(
            f"INSERT INTO counters (name, value) VALUES ({self.mark}, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value",
            [name],
        )
        return int(found[0][0])

    def append_metrics(
        self, points: Sequence[Metric], *, about: Mapping[str, MetricAbout] | None = None
    ) -> None:
        """Add metric points and bring ``latest_metrics`` up to date, in one transaction.

        Parameters
        ----------
        points
            Points of one or more runs, in any order; the newest is the one with the highest ``seq``.
        about
            What is known about a metric, by key; what stands there already is kept where nothing
            is given.
        """
        from .metrics import append

        append(self, points, about or {})

    @property
    def packs(self) -> Packs:
        """The pieces of kept bytes: ``store.packs.put(pieces)``, ``store.packs.get(hashes)``."""
        return Packs(self)

    @property
    def session(self) -> Session:
        """The process as a writer; its row stands in the registry from the first use on."""
        return self.liveness.session(self)

    def is_alive(self, session_id: str) -> bool:
        """Return whether the process of a session still runs; one on another machine is taken to."""
        return self.liveness.is_alive(self, session_id)

    def reap(self) -> list[str]:
        """Mark running runs whose process died as killed, and return their ids."""
        return [] if self.why_read_only else self.liveness.reap(self)

    # --- statements -------------------------------------------------------------------------

    def _write_many(self, sql: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        with self.writing():
            if len(rows) == 1:
                self.execute(sql, [rows[0][column] for column in columns])
            else:
                self.executemany(sql, [[row[column] for column in columns] for row in rows])

    def _marks(self, columns: Collection[Any]) -> str:
        return ", ".join([self.mark] * len(columns))

    def _condition(self, where: Mapping[str, Any]) -> tuple[str, list[Any]]:
        parts: list[str] = []
        parameters: list[Any] = []
        for key, value in where.items():
            sql, values = self._one_condition(key, value)
            parts.append(sql)
            parameters.extend(values)
        return (" WHERE " + " AND ".join(parts) if parts else ""), parameters

    def _one_condition(self, key: str, value: Any) -> tuple[str, list[Any]]:
        match = _CONDITION.match(key)
        if match is None:
            raise UsageError(f"where has {key!r}; expected 'column' or 'column <op>'")
        column, operator = match.groups()
        if operator not in (None, "!=") and (value is None or isinstance(value, _MANY)):
            raise UsageError(f"where has {key!r} with {value!r}; expected one value that can be compared")
        negated = "NOT " if operator else ""
        if value is None:
            return f"{column} IS {negated}NULL", []
        if isinstance(value, _MANY):
            if not value:
                return ("1 = 1" if negated else "1 = 0"), []
            return f"{column} {negated}IN ({self._marks(value)})", list(value)
        return f"{column} {operator or '='} {self.mark}", [value]


_MANY = (list, tuple, set, frozenset)


def _name(word: str) -> str:
    if not _NAME.match(word):
        raise UsageError(f"{word!r} is not a table or column name")
    return word


def _names(words: Collection[str]) -> str:
    return ", ".join(_name(word) for word in words)


def _order(order: str | None) -> str:
    return " ORDER BY " + ", ".join(_order_parts(order)) if order else ""


def _order_parts(order: str) -> Iterator[str]:
    for part in order.split(","):
        match = _ORDER.match(part.strip())
        if match is None:
            raise UsageError(f"order has {part.strip()!r}; expected 'column' or 'column desc'")
        yield match.group(1) + (" DESC NULLS LAST" if match.group(2) else " ASC NULLS LAST")
