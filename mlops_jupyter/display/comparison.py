"""Two or more runs beside each other: HTML and plain text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import ComparedRow, Comparison, RunView
from . import diff, facts, words
from .chart import Chart, chart
from .layout import Folded, columns, folded, rule
from .rendering import render, within

MOST_RUNS = 12
_MOST_CHARTS = 8
_ROWS = (200, 80, 30, 12, 5)


@dataclass(frozen=True, slots=True)
class Row:
    """A param or metric in all runs: the values as text, and which is the best."""

    key: str
    values: tuple[str, ...]
    differs: bool
    best: int | None
    delta: str
    tone: str


def html(comparison: Comparison) -> str:
    """Return the comparison as HTML of bounded size."""
    twin = text(comparison, most=60)
    return within(lambda most: _html(comparison, twin, most), _ROWS)


def _html(comparison: Comparison, twin: str, most: int) -> str:
    runs = comparison.runs[:MOST_RUNS]
    code = diff.lines(comparison.code_diff, 2 * most)
    changed = [facts.data_change(change) for change in comparison.data]
    return render(
        "comparison",
        ("table", "comparison", "plot", "code"),
        twin,
        title=_title(comparison),
        runs=[_head(view) for view in runs],
        metrics=_split(comparison.metrics, most),
        params=_split(comparison.params, most),
        charts=charts(runs, _MOST_CHARTS if most >= _ROWS[1] else 2),
        code=code,
        code_left=max(0, comparison.code_diff.count("\n") - 2 - len(code)),
        git=diff.lines(comparison.git_diff, most),
        data=folded(changed, most, 0),
        packages=folded(facts.environment_changes(comparison.environment), 12, most),
        ends=(runs[0].run.number, runs[-1].run.number) if runs else (0, 0),
    )


def _title(comparison: Comparison) -> str:
    numbers = [f"#{view.run.number}" for view in comparison.runs[:MOST_RUNS]]
    left = len(comparison.runs) - len(numbers)
    said = " and ".join(numbers) if len(numbers) == 2 else ", ".join(numbers)
    return said + (f" and {left} more" if left > 0 else "")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands over a run's column."""

    number: int
    name: str
    status: str
    sign: str
    about: str
    moment: str


def _head(view: RunView) -> Head:
    run = view.run
    about = " · ".join(part for part in (words.duration(run.duration_s), words.when(run.started_at)) if part)
    name = facts.own_name(view) or words.line(view.experiment, 40)
    return Head(
        run.number, name, run.status, facts.status_sign(run.status), about, words.moment(run.started_at)
    )


def _split(rows: Sequence[ComparedRow], most: int) -> tuple[list[Row], Folded[Row]]:
    """Return the rows that differ and, to be folded, those that do not."""
    differing = [_row(row) for row in rows if row.differs]
    return differing[:most], folded([_row(row) for row in rows if not row.differs], 0, most)


def _row(row: ComparedRow) -> Row:
    delta, tone = _delta(row)
    return Row(words.line(row.key, 60), values(row), row.differs, row.best, delta, tone)


def values(row: ComparedRow) -> tuple[str, ...]:
    """Return the values as text, numbers with as many digits as tell them apart."""
    finite = [v for v in row.values if isinstance(v, (int, float)) and math.isfinite(v)]
    digits = words.apart([float(v) for v in finite])
    return tuple(_value(value, digits) for value in row.values[:MOST_RUNS])


def _value(value: str | float | None, digits: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return words.line(value, 60) or "''"
    return words.number(float(value), digits=digits)


def _delta(row: ComparedRow) -> tuple[str, str]:
    """Return the difference of two numbers, and whether the last is better."""
    ends = row.values
    if len(ends) != 2 or not row.differs:
        return "", ""
    before, after = ends
    if not isinstance(before, (int, float)) or not isinstance(after, (int, float)):
        return "", ""
    if not (math.isfinite(before) and math.isfinite(after)) or before == after:
        return "", ""
    tone = "neutral" if row.best is None else "better" if row.best == 1 else "worse"
    return f"{'▲' if after > before else '▼'} {words.delta(after - before)}", tone


def charts(runs: Sequence[RunView], most: int) -> list[Chart]:
    """Return a chart for each metric of which at least two runs have a curve."""
    keys = list(dict.fromkeys(key for view in runs for key, points in view.series.items() if len(points) > 1))
    common = [key for key in keys if sum(len(view.series.get(key, ())) > 1 for view in runs) > 1]
    made = [
        chart(words.line(key, 60), [(f"#{v.run.number}", v.series.get(key, ())) for v in runs])
        for key in common
    ]
    return [one for one in made if one is not None][:most]


# --- plain text -------------------------------------------------------------------------------


def text(comparison: Comparison, most: int = 400) -> str:
    """Return the comparison as aligned lines, with the diff of the code."""
    runs = comparison.runs[:MOST_RUNS]
    rows = [
        ["", *(view.run.status for view in runs)],
        ["took", *(words.duration(v.run.duration_s) for v in runs)],
    ]
    for kind, group in (("metrics", comparison.metrics), ("params", comparison.params)):
        shown = [row for row in group if row.differs][:most]
        rows += [[kind, *("" for _ in runs)]] if shown else []
        rows += [_text_row(row) for row in shown]
    same = sum(not row.differs for row in (*comparison.params, *comparison.metrics))
    lines = columns(rows, heads=["", *(f"#{view.run.number}" for view in runs)])
    said = [lines[0], rule(lines[0], lines[1:]), *lines[1:]]
    said += [f"{words.counted(same, 'value')} the same"] if same else []
    said += _block(
        "data", columns([[f.name, f.role, f.summary] for f in map(facts.data_change, comparison.data)])
    )
    said += _block("packages", facts.environment_changes(comparison.environment)[:most])
    said += _block("code", _code(comparison.code_diff, most))
    said += _block("git", _code(comparison.git_diff, most))
    return "\n".join(said)


def _text_row(row: ComparedRow) -> list[str]:
    delta, _ = _delta(row)
    shown = [f"★ {value}" if i == row.best else value for i, value in enumerate(values(row))]
    return [f"  {words.line(row.key, 40)}", *(words.line(value, 32) for value in shown), delta]


def _code(unified: str, most: int) -> list[str]:
    return [
        f"{one.sign}{''.join(piece for piece, _ in one.pieces)}".rstrip() for one in diff.lines(unified, most)
    ]


def _block(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []
