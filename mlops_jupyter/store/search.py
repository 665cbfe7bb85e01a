"""Finding runs: the filter language as SQL, for both databases.

A metric that must hold for every run found (it stands alone, or joined by ``and``) becomes a join,
so that the index by value finds and orders the runs; all else becomes a question per run. A
comparison with what a run does not have, or with a number that is not finite, does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .filters import ATTRIBUTES, Both, Compare, Condition, Field, Not, Value, parse, parse_order
from .waist import Store

_NUMERIC_PARAM = (
    "CASE WHEN {p}.kind IN ('int', 'float') AND {p}.value NOT IN ('nan', '+inf', '-inf') "
    "AND length({p}.value) < 300 THEN CAST({p}.value AS DOUBLE PRECISION) END"
)


def search_runs(
    store: Store,
    filter: str | None = None,  # noqa: A002 - the word of the field
    *,
    experiment: str | None = None,
    order: str | None = None,
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
    >>> search_runs(SQLiteStore.memory(), "status = 'failed'")
    ([], 0)
    """
    statement = _Statement(store)
    if condition := parse(filter or ""):
        statement.require(condition)
    if experiment is not None:
        statement.where(f"r.experiment_id IN (SELECT id FROM experiments WHERE name = {store.mark})", experiment)
    if not include_deleted:
        statement.where("r.deleted_at IS NULL")
    if not include_children:
        statement.where("r.parent_id IS NULL")
    total = int(store.fetch(*statement.count())[1][0][0])
    if not total:
        return [], 0
    found = store.fetch(*statement.ids(parse_order(order or ""), limit, offset))[1]
    return [row[0] for row in found], total


@dataclass(slots=True)
class _Statement:
    """A SELECT over runs ``r`` and experiments ``e`` that is being put together."""

    store: Store
    joins: list[str] = field(default_factory=list)
    join_values: list[Any] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)

    def where(self, sql: str, *values: Any) -> None:
        self.conditions.append(sql)
        self.values.extend(values)

    def require(self, condition: Condition) -> None:
        """Add a condition that must hold."""
        for part in _all_of(condition):
            if isinstance(part, Compare) and part.field.kind == "metric":
                self._join_metric(part)
            else:
                sql, values = self._condition(part)
                self.where(sql, *values)

    def count(self) -> tuple[str, list[Any]]:
        sql = f"SELECT count(*) FROM {self._tables()}{self._where()}"
        return sql, [*self.join_values, *self.values]

    def ids(self, order: list[tuple[Field, bool]], limit: int, offset: int) -> tuple[str, list[Any]]:
        terms = [self._order(field, "DESC" if down else "ASC") for field, down in order]
        order_sql = ", ".join([*terms, "r.number DESC"])
        sql = f"SELECT r.id FROM {self._tables()}{self._where()} ORDER BY {order_sql} LIMIT {self.store.mark} OFFSET {self.store.mark}"
        return sql, [*self.join_values, *self.values, limit, offset]

    # --- the parts --------------------------------------------------------------------------

    def _tables(self) -> str:
        return " ".join(["runs r JOIN experiments e ON e.id = r.experiment_id", *self.joins])

    def _where(self) -> str:
        return " WHERE " + " AND ".join(self.conditions) if self.conditions else ""

    def _join_metric(self, part: Compare) -> None:
        alias = f"m{len(self.joins)}"
        self.joins.append(f"JOIN latest_metrics {alias} ON {alias}.run_id = r.id")
        self.joined.setdefault(part.field.name, alias)
        sql, values = _compared(f"{alias}.value", part, self.store)
        self.where(f"{alias}.key = {self.store.mark}", part.field.name)
        self.where(sql, *values)

    def _condition(self, condition: Condition) -> tuple[str, list[Any]]:
        if isinstance(condition, Not):
            sql, values = self._condition(condition.part)
            return f"NOT {sql}", values
        if isinstance(condition, Both):
            parts = [self._condition(part) for part in condition.parts]
            joined = f" {condition.word.upper()} ".join(sql for sql, _ in parts)
            return f"({joined})", [value for _, values in parts for value in values]
        return self._exists(condition)

    def _exists(self, part: Compare) -> tuple[str, list[Any]]:
        """Return a comparison that is true or false, never NULL, so that NOT can be trusted."""
        mark = self.store.mark
        name = part.field.name
        match part.field.kind:
            case "attribute":
                column = ATTRIBUTES[name]
                sql, values = _compared(column, part, self.store)
                return f"({column} IS NOT NULL AND {sql})", values
            case "metric":
                sql, values = _compared("m.value", part, self.store)
                table = "latest_metrics m WHERE m.run_id = r.id AND m.key ="
            case "tag":
                sql, values = _compared("t.value", part, self.store)
                table = "tags t WHERE t.run_id = r.id AND t.key ="
            case "param":
                numeric = all(isinstance(value, float) for value in part.values)
                column = _NUMERIC_PARAM.format(p="p") if numeric else "p.value"
                sql, values = _compared(column, part, self.store)
                table = f"params p WHERE {_newest('p')} AND p.run_id = r.id AND p.key ="
        return f"EXISTS (SELECT 1 FROM {table} {mark} AND {sql})", [name, *values]

    def _order(self, by: Field, direction: str) -> str:
        if by.kind == "attribute":
            return self._term(ATTRIBUTES[by.name], direction, text=not by.is_number)
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
