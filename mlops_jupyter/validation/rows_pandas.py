"""Rules per row on pandas, through pandera. Each function takes a column and returns a boolean per value."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np

from ..records import Rule
from .answers import NONE, Outcome
from .asking import as_kind, limits_of
from .engine import pandera
from .frames import Rows

Test = Callable[[Any], Any]
COMPARE: Final = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def run(rows: Rows, rules: Sequence[tuple[int, Rule, Any]], now: datetime) -> dict[int, Outcome]:
    """Ask rules of a frame in one pandera validation.

    Parameters
    ----------
    rows : a frame of pandas.
    rules : place, rule, and for a Python rule its function.
    """
    pa = pandera("pandas")
    of_columns: dict[str, list[Any]] = {}
    of_frame: list[Any] = []
    for place, rule, function in rules:
        test = _test(rule, rows, function, now)
        keeps_missing = rule.kind in ("required", "unique", "python")
        made = pa.Check(test, name=str(place), ignore_na=not keeps_missing, n_failure_cases=1)
        (of_columns.setdefault(rule.columns[0], []) if len(rule.columns) == 1 else of_frame).append(made)
    schema = pa.DataFrameSchema(
        {name: pa.Column(None, checks, nullable=True) for name, checks in of_columns.items()}, checks=of_frame
    )
    try:
        schema.validate(rows.frame, lazy=True, inplace=True)  # no copy; nothing is coerced
    except pa.errors.SchemaErrors as broken:
        return dict(_outcome(error) for error in broken.schema_errors)
    return {}


def _outcome(error: Any) -> tuple[int, Outcome]:
    place, output = int(error.check.name), error.check_output
    if output is None or isinstance(output, bool | np.bool_):
        why = "" if error.reason_code.name != "CHECK_ERROR" else _reason(error)
        return place, Outcome(NONE, error=why or None, whole=not why)
    return place, Outcome(np.asarray(output.index[~np.asarray(output, bool)], np.int64))


def _reason(error: Any) -> str:
    cases = error.failure_cases
    text = str(cases["failure_case"].iloc[0]) if hasattr(cases, "columns") else str(cases)
    return " ".join(text.split())[:300]


def _test(rule: Rule, rows: Rows, function: Any, now: datetime) -> Test:
    if rule.kind == "python":
        return lambda values: function(values, **rule.limits.get("arguments", {}))
    if rule.kind == "compare":
        return _compare(rule)
    kind = rows.kind_of(rule.columns[0])
    if rule.kind == "range":
        return _range(*limits_of(rule, kind, now), kind)
    if rule.kind == "set":
        values = as_kind(rule.limits["values"], kind, now)
        return lambda column: _plain(column, kind).isin(values)
    return _TESTS[rule.kind](rule)


def _range(low: Any, high: Any, kind: str) -> Test:
    def test(column: Any) -> Any:
        values = _plain(column, kind)
        if low is not None and high is not None:
            return values.between(low, high)
        return values >= low if low is not None else values <= high

    return test


def _required(rule: Rule) -> Test:
    if not rule.limits.get("blank"):
        return lambda column: column.notna()
    return lambda column: column.notna() & (column.astype("string").str.strip() != "").fillna(False)  # noqa: FBT003


def _unique(_: Rule) -> Test:
    return lambda column: ~(column.duplicated(keep=False) & column.notna())


def _pattern(rule: Rule) -> Test:
    return lambda column: column.str.fullmatch(rule.limits["pattern"]).astype(bool)


def _length(rule: Rule) -> Test:
    low, high = rule.limits.get("min", 0), rule.limits.get("max", np.inf)
    return lambda column: column.str.len().between(low, high)


def _compare(rule: Rule) -> Test:
    first, second = rule.columns
    holds = COMPARE[rule.limits["operator"]]

    def test(frame: Any) -> Any:
        a, b = frame[first], frame[second]
        return (holds(a, b) | a.isna() | b.isna()).fillna(True).astype(bool)  # noqa: FBT003

    return test


_TESTS: Final = {"required": _required, "unique": _unique, "pattern": _pattern, "length": _length}


def _plain(column: Any, kind: str) -> Any:
    """Return times as UTC without a zone and spans as seconds, as limits are."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype) and kind != "text":
        column = column.astype(column.cat.categories.dtype)
    if kind in ("time", "date"):
        column = column if hasattr(column, "dt") and column.dtype != object else pd.to_datetime(column)
        if isinstance(column.dtype, pd.ArrowDtype):
            column = column.astype("datetime64[us, UTC]" if column.dt.tz else "datetime64[us]")
        return column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
    return column.dt.total_seconds() if kind == "span" else column
