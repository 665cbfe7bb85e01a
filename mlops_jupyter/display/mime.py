"""MIME bundles: HTML, plain text, and the record's fields as JSON of bounded size."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from ..records import (
    ColumnProfile,
    Curve,
    CurveLine,
    DataCard,
    DataDiff,
    Distribution,
    EvaluationReport,
    QueryResult,
    RunTable,
    to_plain,
)
from .rendering import LIMIT

_MOST_POINTS = 49
_MOST_VALUES = 24
_CUTS = ((200, 4000), (100, 1000), (50, 400), (20, 200), (8, 80), (3, 40))


def media_type(record: Any) -> str:
    """Return the type of a record's JSON.

    Examples
    --------
    >>> from mlops_jupyter.records import Done
    >>> media_type(Done("saved"))
    'application/vnd.mlops-jupyter.done+json'
    """
    kebab = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(record).__name__).lower()
    return f"application/vnd.mlops-jupyter.{kebab}+json"


def make(record: Any, html: str, text: str) -> dict[str, Any]:
    """Return what a front end chooses from: the best that it can show."""
    return {"text/plain": text, "text/html": html, media_type(record): plain(record)}


def plain(record: Any) -> Any:
    """Return a record's fields; where these are more than 100 kB, the first of each list."""
    if isinstance(record, RunTable):
        record = replace(record, runs=record.runs[: _CUTS[0][0]])
    if isinstance(record, QueryResult):
        record = replace(record, rows=record.rows[:1000])
    if isinstance(record, DataCard):
        columns = tuple(_lean(column) for column in record.profile.columns[: _CUTS[0][0]])
        record = replace(record, profile=replace(record.profile, columns=columns, distinct_sketch=()))
    if isinstance(record, DataDiff):
        record = replace(
            record,
            columns=tuple(
                replace(one, before=one.before and _lean(one.before), after=one.after and _lean(one.after))
                for one in record.columns[: _CUTS[0][0]]
            ),
        )
    if isinstance(record, EvaluationReport):
        record = replace(record, curves=tuple(map(_sparse, record.curves)))
    whole = to_plain(record)
    fitting = _cut(whole, 10**9, 10**9)
    for items, characters in _CUTS:
        if len(json.dumps(fitting, ensure_ascii=False).encode("utf-8", "replace")) < LIMIT:
            break
        fitting = _cut(whole, items, characters)
    return fitting


def _lean(column: ColumnProfile) -> ColumnProfile:
    """Return a column with what a picture of it needs: few points of its grid, its most frequent values."""
    text = column.text and replace(
        column.text, length=_thin(column.text.length), patterns=column.text.patterns[:5], tokens=()
    )
    values = column.values and replace(
        column.values,
        top=column.values.top[:_MOST_VALUES],
        n_other=column.values.n_other + sum(count for _, count in column.values.top[_MOST_VALUES:]),
    )
    return replace(column, numbers=column.numbers and _thin(column.numbers), text=text, values=values)


def _sparse(curve: Curve) -> Curve:
    """Return a curve at fewer of its points, from its first to its last."""
    return replace(curve, lines=tuple(map(_sparse_line, curve.lines)))


def _sparse_line(line: CurveLine) -> CurveLine:
    n = len(line.x)
    if n <= _MOST_POINTS:
        return line
    kept = _spread(n)

    def at(column: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(column[i] for i in kept) if len(column) == n else column

    return CurveLine(line.name, at(line.x), at(line.y), at(line.low), at(line.high), at(line.counts))


def _thin(distribution: Distribution) -> Distribution:
    """Return a distribution at fewer points of its grid, which is as true and less fine."""
    n = len(distribution.grid)
    if n <= _MOST_POINTS:
        return distribution
    kept = _spread(n)
    return replace(
        distribution,
        grid=tuple(distribution.grid[i] for i in kept),
        counts=tuple(distribution.counts[i] for i in kept),
        is_complete=False,
    )


def _spread(n: int) -> list[int]:
    """Return 49 places among ``n`` from the first to the last."""
    return sorted({round(i * (n - 1) / (_MOST_POINTS - 1)) for i in range(_MOST_POINTS)})


def _cut(value: Any, items: int, characters: int) -> Any:
    if isinstance(value, dict):
        return {key[:characters]: _cut(item, items, characters) for key, item in list(value.items())[:items]}
    if isinstance(value, list):
        return [_cut(item, items, characters) for item in value[:items]]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{len(value)} bytes"
    return value[:characters] if isinstance(value, str) else value
