"""Finding runs: the filter language as SQL, for both databases.

A metric that must hold for every run found (it stands alone, or joined by ``and``) becomes a join,
so that the index by value finds and orders the runs; all else becomes a question per run. A
comparison with what a run does not have, or with a number that is not finite, does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .filters import ATTRIBUTES, Both, Compare, Condition, Field, Not, Value, parse, parse_order
from .waist import Store

_NUMERIC_PARAM = (
    "CASE WHEN {p}.kind IN ('int', 'float') AND {p}.value NOT IN ('nan', '+inf', '-inf') "
    "AND length({p}.value) < 300 THEN CAST({p}.value AS DOUBLE PRECISION) END"
)


def search_runs(
    store: Store,
    filter: str | None = None,
    *,
    experiment: str | None = None,
    order: str | Sequence[str] | None = None,
    limit: int = 50,
    offset: int = 0,
    include_deleted: bool = False,
    include_children: bool = True,
) -> tuple[list[str], int]:
    """Return the ids of the runs that match, in order, and how many match in all.

    Parameters
    ----------
    store
        Where to look.
    filter
        Such as ``metrics.auc > 0.8 and params.depth = '8'``; see :mod:`.filters`.
    experiment
        The name of the experiment that runs must belong to.
    order
        Such as ``metrics.auc desc, started_at``; newest first where it says nothing. Runs without
        the value come last in either direction.
    limit, offset
        How many ids to return, after how many.
    include_deleted, include_children
        Whether deleted runs, and runs inside others, count.

    Raises
    ------
    UsageError
        If filter or order cannot be read; names the position and what was expected.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> search_runs(store, "status = 'failed'")
    ([], 0)
    >>> store.close()
    """
    statement = _Statement(store)
    if condition := parse(filter or ""):
        statement.require(condition)
    if experiment is not None:
        statement.where(
            f"r.experiment_id IN (SELECT id FROM experiments WHERE name = {store.mark})", experiment
        )
    if not include_deleted:
        statement.where("r.deleted_at IS NULL")
    if not include_children:
        statement.where("r.parent_id IS NULL")
    return _Search(store, statement, parse_order(order or ""), limit, offset).run()


@dataclass(slots=True)
class _Statement:
    """A SELECT over runs ``r`` and experiments ``e`` that is being put together."""

    store: Store
    joins: list[str] = field(default_factory=list)
    join_values: list[Any] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)
    needs_experiments: bool = False
    asks_each_run: bool = False

    def where(self, sql: str, *values: Any) -> None:
        self.conditions.append(sql)
        self.values.extend(values)

    def copy(self) -> _Statement:
        """Return the same statement, to be put together further."""
        return replace(
            self,
            joins=[*self.joins],
            join_values=[*self.join_values],
            conditions=[*self.conditions],
            values=[*self.values],
            joined=dict(self.joined),
        )

    def require(self, condition: Condition) -> None:
        """Add a condition that must hold."""
        for part in _all_of(condition):
            self.asks_each_run |= not (isinstance(part, Compare) and part.field.kind == "attribute")
            if isinstance(part, Compare) and part.field.kind == "metric":
                alias = self.join_metric(part.field.name)
                sql, values = _compared(f"{alias}.value", part, self.store)
                self.where(sql, *values)
            else:
                sql, values = self._condition(part)
                self.where(sql, *values)

    def select(self, what: str, tail: str = "", *values: Any) -> list[tuple[Any, ...]]:
        """Return what is asked of the runs that match."""
        sql = f"SELECT {what} FROM {self._tables()}{self._where()}{tail}"
        return self.store.fetch(sql, [*self.join_values, *self.values, *values])[1]

    def order_by(self, order: list[tuple[Field, bool]]) -> str:
        """Return the ORDER BY, after joining what it needs."""
        terms = [self._order(field, "DESC" if down else "ASC") for field, down in order]
        return " ORDER BY " + ", ".join([*terms, "r.number DESC"])

    def join_metric(self, name: str) -> str:
        """Join a metric that every run found must have, and return its alias."""
        if name not in self.joined:
            alias = self.joined[name] = f"m{len(self.joins)}"
            self.joins.append(f"JOIN latest_metrics {alias} ON {alias}.run_id = r.id")
            self.where(f"{alias}.key = {self.store.mark}", name)
        return self.joined[name]

    # --- the parts --------------------------------------------------------------------------

    def _tables(self) -> str:
        experiments = ["JOIN experiments e ON e.id = r.experiment_id"] if self.needs_experiments else []
        return " ".join(["runs r", *experiments, *self.joins])

    def _where(self) -> str:
        return " WHERE " + " AND ".join(self.conditions) if self.conditions else ""

    def _column(self, name: str) -> str:
        column = ATTRIBUTES[name]
        self.needs_experiments |= column.startswith("e.")
        return column

    def _condition(self, condition: Condition) -> tuple[str, list[Any]]:
        if isinstance(condition, Not):
            sql, values = self._condition(condition.part)
            return f"NOT {sql}", values
        if isinstance(condition, Both):
            parts = [self._condition(part) for part in condition.parts]
            joined = f" {condition.word.upper()} ".join(sql for sql, _ in parts)
            return f"({joined})", [value for _, values in parts for value in values]
        return self._holds(condition)

    def _holds(self, part: Compare) -> tuple[str, list[Any]]:
        """Return a comparison that is true or false, never NULL, so that NOT can be trusted."""
        mark = self.store.mark
        name = part.field.name
        if part.field.kind == "attribute":
            column = self._column(name)
            sql, values = _compared(column, part, self.store)
            return f"({column} IS NOT NULL AND {sql})", values
        table, newest, column = "latest_metrics" if part.field.kind == "metric" else "tags", "", "x.value"
        if part.field.kind == "param":
            table, newest = "params", f" AND {_newest('x')}"
            if all(isinstance(value, float) for value in part.values):
                column = _NUMERIC_PARAM.format(p="x")
            else:
                part = replace(part, values=tuple(_as_text(value) for value in part.values))
        sql, values = _compared(column, part, self.store)
        # A set made once, which is faster than a question per run where many runs are asked.
        return f"r.id IN (SELECT x.run_id FROM {table} x WHERE x.key = {mark} AND {sql}{newest})", [
            name,
            *values,
        ]

    def _order(self, by: Field, direction: str) -> str:
        if by.kind == "attribute":
            return self._term(self._column(by.name), direction, text=not by.is_number)
        alias = self.joined.get(by.name) if by.kind == "metric" else None
        if alias is None:
            alias = f"o{len(self.joins)}"
            table = {"metric": "latest_metrics", "param": "latest_params", "tag": "tags"}[by.kind]
            self.joins.append(
                f"LEFT JOIN {table} {alias} ON {alias}.run_id = r.id AND {alias}.key = {self.store.mark}"
            )
            self.join_values.append(by.name)
        if by.kind != "param":
            return self._term(f"{alias}.value", direction, text=by.kind == "tag")
        number = self._term(_NUMERIC_PARAM.format(p=alias), direction, text=False)
        return f"{number}, {self._term(f'{alias}.value', direction, text=True)}"

    def _term(self, column: str, direction: str, *, text: bool) -> str:
        return f"{column}{self.store.plain_order if text else ''} {direction} NULLS LAST"


def _as_text(value: Value) -> str:
    """Return a number that stands beside texts, ``(8, 'none')``, as the text of a param."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value


def _all_of(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Both) and condition.word == "and":
        for part in condition.parts:
            yield from _all_of(part)
    else:
        yield condition


def _newest(alias: str) -> str:
    return (
        f"NOT EXISTS (SELECT 1 FROM params q WHERE q.run_id = {alias}.run_id "
        f"AND q.key = {alias}.key AND q.seq > {alias}.seq)"
    )


def _compared(column: str, part: Compare, store: Store) -> tuple[str, list[Value]]:
    values = list(part.values)
    match part.operator:
        case "in" | "not in":
            marks = ", ".join([store.mark] * len(values))
            return f"{column} {part.operator.upper()} ({marks})", values
        case "like" | "ilike":
            return store.matches(column, part.operator, str(values[0]))
        case operator:
            text = isinstance(values[0], str) and operator not in ("=", "!=")
            return f"{column}{store.plain_order if text else ''} {operator} {store.mark}", values


@dataclass(frozen=True, slots=True)
class _Search:
    """How a statement is run: the same runs in the same order, by the cheapest of three ways."""

    store: Store
    statement: _Statement
    order: list[tuple[Field, bool]]
    limit: int
    offset: int

    def run(self) -> tuple[list[str], int]:
        if self.statement.asks_each_run:  # ask once: the answer is also the count
            found = self.statement.select("r.id", self.statement.order_by(self.order))
            return [row[0] for row in found[self.offset : self.offset + self.limit]], len(found)
        total = int(self.statement.select("count(*)")[0][0])
        rows = self._by_metric() or self._page(self.statement)
        return [row[0] for row in rows], total

    def _by_metric(self) -> list[tuple[Any, ...]]:
        """Return the page if runs that have the first metric of the order fill it: its index is the order."""
        if not self.order or self.order[0][0].kind != "metric":
            return []
        narrowed = self.statement.copy()
        narrowed.where(f"{narrowed.join_metric(self.order[0][0].name)}.value IS NOT NULL")
        rows = self._page(narrowed)
        return rows if len(rows) == self.limit else []

    def _page(self, statement: _Statement) -> list[tuple[Any, ...]]:
        order = statement.order_by(self.order)
        mark = self.store.mark
        return statement.select("r.id", f"{order} LIMIT {mark} OFFSET {mark}", self.limit, self.offset)
