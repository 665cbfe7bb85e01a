"""The narrow waist: six verbs that everything else is said with.

Each driver supplies a connection, a parameter mark and a transaction; the verbs are written once.
Rows go in and come out as dicts whose keys are column names, so a record of ``records.py`` is
``Run(**row)`` and back ``vars``-like through :func:`as_row`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import Any, ClassVar

from ..errors import UsageError

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_CONDITION = re.compile(r"([a-z_][a-z0-9_]*)(?:\s+(<|<=|>|>=|!=))?\Z")
_ORDER = re.compile(r"([a-z_][a-z0-9_]*)(\s+desc)?\Z")

Row = dict[str, Any]


def as_row(record: Any) -> Row:
    """Return a record of a table as the row that stores it."""
    return {f.name: getattr(record, f.name) for f in fields(record)}


class Store(ABC):
    """A registry's tables, whichever database holds them.

    ``where`` maps ``"column"`` or ``"column <op>"`` (``<``, ``<=``, ``>``, ``>=``, ``!=``) to a
    value; None means ``IS NULL``, a list, tuple or set means ``IN``. Every write is one
    transaction of its own, or part of the :meth:`atomic` block round it.
    """

    mark: ClassVar[str]

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run one statement and return the driver's cursor."""

    @abstractmethod
    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Run one statement for many rows."""

    @abstractmethod
    def atomic(self) -> AbstractContextManager[None]:
        """Make everything inside happen whole or not at all; nests."""

    @abstractmethod
    def lock(self, name: str) -> None:
        """Inside :meth:`atomic`: let one writer at a time pass this point."""

    @abstractmethod
    def close(self) -> None:
        """Close this process's connections."""

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
        with self.atomic():
            cursor = self.execute(
                f"UPDATE {_name(table)} SET {settings}{condition}", [*values.values(), *parameters]
            )
            return int(cursor.rowcount)

    def delete(self, table: str, where: Mapping[str, Any]) -> int:
        """Remove the rows that match, and return how many there were."""
        condition, parameters = self._condition(where)
        with self.atomic():
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

        ``order`` is ``"column"`` or ``"column desc"``, several separated by commas.
        """
        condition, parameters = self._condition(where or {})
        chosen = _names(columns) if columns else "*"
        sql = f"SELECT {chosen} FROM {_name(table)}{condition}{_order(order)}"
        if limit is not None:
            sql += f" LIMIT {int(limit)} OFFSET {int(offset)}"
        cursor = self.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def next_number(self, name: str) -> int:
        """Return the next of people's small numbers of a kind; call inside :meth:`atomic`."""
        self.lock(name)
        found = self.rows("counters", {"name": name})
        value = int(found[0]["value"]) + 1 if found else 1
        self.upsert("counters", {"name": name, "value": value}, key=["name"])
        return value

    def _write_many(self, sql: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        with self.atomic():
            self.executemany(sql, [[row[column] for column in columns] for row in rows])

    def _marks(self, columns: Collection[str]) -> str:
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
        if value is None:
            return f"{column} IS {'NOT ' if operator == '!=' else ''}NULL", []
        if isinstance(value, (list, tuple, set, frozenset)):
            values = list(value)
            negated = "NOT " if operator == "!=" else ""
            return (
                (f"{column} {negated}IN ({self._marks(values)})", values)
                if values
                else (
                    "1 = 1" if negated else "1 = 0",
                    [],
                )
            )
        return f"{column} {operator or '='} {self.mark}", [value]


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
