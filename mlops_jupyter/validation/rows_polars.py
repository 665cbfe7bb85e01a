"""Rules per row on polars, through pandera: expressions that are true where a rule holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from ..records import Rule
from .answers import NONE, Outcome
from .asking import as_kind, limits_of
from .engine import pandera
from .frames import Rows
from .rows_pandas import COMPARE

_OUTPUT = "check_output"


def run(rows: Rows, rules: Sequence[tuple[int, Rule, Any]], now: datetime) -> dict[int, Outcome]:
    """Ask rules of a frame in one pandera validation; see :func:`rows_pandas.run`."""
    pa = pandera("polars")
    of_columns: dict[str, list[Any]] = {}
    of_frame: list[Any] = []
    for place, rule, function in rules:
        made = pa.Check(_test(rule, rows, function, now), name=str(place), n_failure_cases=1)
        (of_columns.setdefault(rule.columns[0], []) if len(rule.columns) == 1 else of_frame).append(made)
    schema = pa.DataFrameSchema(
        {name: pa.Column(None, checks, nullable=True) for name, checks in of_columns.items()}, checks=of_frame
    )
    try:
        schema.validate(rows.frame, lazy=True)
    except pa.errors.SchemaErrors as broken:
        return dict(_outcome(error, len(rows)) for error in broken.schema_errors)
    return {}


def _outcome(error: Any, n_rows: int) -> tuple[int, Outcome]:
    import polars as pl

    place, output = int(error.check.name), error.check_output
    if error.reason_code.name == "CHECK_ERROR" or output is None:
        return place, Outcome(NONE, error=" ".join(str(error.failure_cases).split())[:300])
    held = (output.collect() if hasattr(output, "collect") else output).get_column(_OUTPUT)
    if len(held) != n_rows:  # one answer for all rows
        return place, Outcome(NONE, whole=True)
    return place, Outcome((~held).arg_true().cast(pl.Int64).to_numpy())


def _test(rule: Rule, rows: Rows, function: Any, now: datetime) -> Callable[[Any], Any]:
    if rule.kind == "python":
        return _python(rule, function)
    expression = _compare(rule, rows) if rule.kind == "compare" else _of_column(rule, rows, now)
    return lambda data: data.lazyframe.select(expression.alias(_OUTPUT))


def _of_column(rule: Rule, rows: Rows, now: datetime) -> Any:
    import polars as pl

    name = rule.columns[0]
    column = pl.col(name)
    is_float = rows.frame.schema[name].is_float()
    missing = column.is_null() | column.is_nan().fill_null(value=True) if is_float else column.is_null()
    if rule.kind == "required":
        blank = column.cast(pl.String).str.strip_chars() == ""
        return ~missing & ~blank.fill_null(value=False) if rule.limits.get("blank") else ~missing
    holds = _holds(rule, rows, column, now)
    return missing | holds if rows.missing(name).any() else holds


def _holds(rule: Rule, rows: Rows, column: Any, now: datetime) -> Any:
    """Return what is true of the values that a column has."""
    import polars as pl

    name = rule.columns[0]
    kind = rows.kind_of(name)
    if rule.kind == "unique":
        return ~column.is_duplicated()
    if rule.kind == "range":
        return _between(_plain(column, rows, name, kind), *limits_of(rule, kind, now))
    if rule.kind == "set":
        return _plain(column, rows, name, kind).is_in(as_kind(rule.limits["values"], kind, now))
    text = column.cast(pl.String)
    if rule.kind == "pattern":
        return text.str.contains(f"^(?:{rule.limits['pattern']})$")
    return _between(text.str.len_chars(), rule.limits.get("min"), rule.limits.get("max"))


def _between(column: Any, low: Any, high: Any) -> Any:
    if low is not None and high is not None:
        return column.is_between(low, high)
    return column >= low if low is not None else column <= high


def _compare(rule: Rule, rows: Rows) -> Any:
    import polars as pl

    first, second = (pl.col(name) for name in rule.columns)
    holds = COMPARE[rule.limits["operator"]](first, second)
    for name in rule.columns:
        if rows.frame.schema[name].is_float():
            holds = holds | pl.col(name).is_nan()
    return holds.fill_null(value=True)


def _python(rule: Rule, function: Any) -> Callable[[Any], Any]:
    import polars as pl

    def test(data: Any) -> Any:
        frame = data.lazyframe.collect()
        given = frame.get_column(rule.columns[0]) if len(rule.columns) == 1 else frame
        answer = function(given, **rule.limits.get("arguments", {}))
        if isinstance(answer, bool | np.bool_):
            return bool(answer)
        return pl.LazyFrame({_OUTPUT: pl.Series(answer, dtype=pl.Boolean)})

    return test


def _plain(column: Any, rows: Rows, name: str, kind: str) -> Any:
    """Return times as UTC without a zone, spans as seconds and levels as text, as limits are."""
    import polars as pl

    dtype = rows.frame.schema[name]
    if kind == "text":
        return column.cast(pl.String)
    if kind in ("time", "date"):
        zoned = getattr(dtype, "time_zone", None)
        times = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else column
        return times.cast(pl.Datetime("us"))
    return column.dt.total_microseconds() / 1e6 if kind == "span" else column
