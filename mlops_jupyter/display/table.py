"""Runs side by side in a table: HTML and plain text.

What is the same in all runs is said once beneath the table instead of in a column; a param that
nobody chose in any of the runs is left out. A column of a metric has a bar between its lowest and
highest value, the best of each experiment is marked, and curves stand beside values that have steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import LatestMetric, RunTable, RunView
from . import facts, words
from .curves import Sparkline, blocks, sparkline
from .layout import columns, rule, wrapped
from .rendering import render, within

MOST_PARAMS = 8
MOST_METRICS = 6
_ROWS = (100, 60, 36, 20, 10, 5, 2)
_MOST_SAME = 12
_TEXT_ROWS = 50
_TEXT_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in the table, and its number to order it by.

    ``share`` is its place between the column's lowest and highest, in percent.
    """

    value: str
    order: float | None = None
    title: str = ""
    share: float | None = None
    best: bool = False
    curve: Sparkline | None = None
    blocks: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A run as a row."""

    number: int
    experiment: str
    name: str
    attempt: int
    status: str
    sign: str
    when: str
    moment: str
    duration: str
    params: tuple[Cell, ...]
    metrics: tuple[Cell, ...]
    tags: tuple[str, ...]
    note: str
    error: str
    children: str
    is_child: bool
    stale: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The table: its columns, its rows, and what is the same in all of them."""

    params: tuple[str, ...]
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    same: tuple[str, ...]
    left_params: int
    left_metrics: int
    several: bool
    named: bool


def grid(table: RunTable, most: int) -> Grid:
    """Return the first ``most`` runs of a table as rows and columns."""
    runs = table.runs[:most]
    params = [{p.key: facts.param_value(p) for p in view.params} for view in runs]
    metrics = [{m.key: m for m in view.metrics} for view in runs]
    shown = [{key: words.number(m.value, m.kind) for key, m in of_run.items()} for of_run in metrics]
    param_keys, same_params = _split(
        params, [[p.key for p in sorted(v.params, key=facts.place)] for v in runs]
    )
    chosen = {p.key for view in runs for p in view.params if p.source != "default"}
    param_keys, same_params = ([key for key in keys if key in chosen] for keys in (param_keys, same_params))
    metric_keys, same_metrics = _split(shown, [[m.key for m in v.metrics] for v in runs])
    if not table.only_differences:
        metric_keys, same_metrics = [*metric_keys, *same_metrics], []
    some_params, some_metrics = param_keys[:MOST_PARAMS], metric_keys[:MOST_METRICS]
    cells = {key: _metric_column(key, metrics, runs) for key in some_metrics}
    lines = [
        _line(
            view,
            tuple(_param_cell(key, params[i]) for key in some_params),
            tuple(cells[key][i] for key in some_metrics),
        )
        for i, view in enumerate(runs)
    ]
    everywhere = [key for key in same_params if all(key in of_run for of_run in params if of_run)]
    same = [f"{words.line(key, 40)} {_first_value(key, params)}" for key in everywhere]
    return Grid(
        params=tuple(words.line(key, 32) for key in some_params),
        metrics=tuple(words.line(key, 32) for key in some_metrics),
        lines=tuple(lines),
        same=() if table.only_differences else tuple(same),
        left_params=len(param_keys) - len(some_params) + len(same_params) - len(everywhere),
        left_metrics=len(metric_keys) - len(some_metrics),
        several=table.experiment is None or len({view.experiment for view in runs}) > 1,
        named=any(line.name or line.attempt > 1 or line.children or line.is_child for line in lines),
    )


def _first_value(key: str, values: Sequence[dict[str, str]]) -> str:
    return words.line(next(of_run[key] for of_run in values if key in of_run), 40)


def _split(values: Sequence[dict[str, str]], orders: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return the keys whose values differ between the runs that have them, and those that do not.

    Of one run alone nothing differs, so all its keys are worth a column.
    """
    keys = list(dict.fromkeys(key for order in orders for key in order))
    if len(values) == 1:
        return keys, []
    differing = [key for key in keys if len({of_run[key] for of_run in values if key in of_run}) > 1]
    known = set(differing)
    return differing, [key for key in keys if key not in known]


def _param_cell(key: str, values: dict[str, str]) -> Cell:
    if key not in values:
        return Cell("–")
    return Cell(words.line(values[key], 28), title=words.line(f"{key} = {values[key]}", 200))


def _metric_column(
    key: str, metrics: Sequence[dict[str, LatestMetric]], runs: Sequence[RunView]
) -> list[Cell]:
    found = [of_run.get(key) for of_run in metrics]
    finite = [m.value for m in found if m is not None and m.value is not None and math.isfinite(m.value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    best = {name: _best(found, runs, name) for name in {view.experiment for view in runs}}
    return [
        _metric_cell(m, view, low, high, best[view.experiment]) for m, view in zip(found, runs, strict=True)
    ]


def _best(found: Sequence[LatestMetric | None], runs: Sequence[RunView], experiment: str) -> float | None:
    """Return the best value of a metric in one experiment, if there it has several and a direction."""
    own = [m for m, view in zip(found, runs, strict=True) if m is not None and view.experiment == experiment]
    finite = {m.value for m in own if m.value is not None and math.isfinite(m.value)}
    direction = next((m.direction for m in own if m.direction), None)
    if len(finite) < 2 or direction is None:
        return None
    return max(finite) if direction == "max" else min(finite)


def _metric_cell(
    metric: LatestMetric | None, view: RunView, low: float, high: float, best: float | None
) -> Cell:
    if metric is None:
        return Cell("–")
    points = view.series.get(metric.key, ())
    share = None
    if metric.value is not None and high > low and math.isfinite(metric.value):
        share = round(100 * (metric.value / 2 - low / 2) / (high / 2 - low / 2), 1)
    return Cell(
        value=words.number(metric.value, metric.kind),
        order=metric.value if metric.value is not None and math.isfinite(metric.value) else None,
        title=words.line(f"{metric.key} = {metric.value!r}" if metric.value is not None else metric.key, 200),
        share=share,
        best=best is not None and metric.value == best,
        curve=sparkline(points, words.line(metric.key, 40), 64, 18) if len(points) > 1 else None,
        blocks=blocks(points, 8) if len(points) > 1 else "",
    )


def _line(view: RunView, params: tuple[Cell, ...], metrics: tuple[Cell, ...]) -> Line:
    run = view.run
    return Line(
        number=run.number,
        experiment=words.line(view.experiment, 40),
        name=facts.own_name(view),
        attempt=run.attempt,
        status=run.status,
        sign=facts.status_sign(run.status),
        when=words.when(run.started_at),
        moment=words.moment(run.started_at),
        duration=words.duration(run.duration_s),
        params=params,
        metrics=metrics,
        tags=tuple(words.line(f"{t.key}: {t.value}" if t.value else t.key, 30) for t in view.tags[:4]),
        note=words.line(run.note or "", 80),
        error=facts.error(view),
        children=facts.children(view),
        is_child=run.parent_id is not None,
        stale="; ".join(words.line(one, 120) for one in view.stale[:4]),
    )


def summary(table: RunTable, shown: int) -> str:
    """Return ``12 runs of churn where metrics.auc > 0.8``, and how many of them are shown."""
    said = words.counted(table.total, "run")
    said += f" of {words.line(table.experiment, 60)}" if table.experiment else ""
    said += f" where {words.line(table.filter, 120)}" if table.filter else ""
    verb = "is" if shown == 1 else "are"
    return said if shown >= table.total else f"{said}, of which {shown:,} {verb} shown"


def html(table: RunTable) -> str:
    """Return the table as HTML of bounded size."""
    twin = text(table, most=20)
    return within(lambda most: _html(table, twin, most), _ROWS)


def _html(table: RunTable, twin: str, most: int) -> str:
    made = grid(table, most)
    return render(
        "table",
        ("table",),
        twin,
        grid=made,
        summary=summary(table, len(made.lines)),
        same=made.same[:_MOST_SAME],
        left_same=max(0, len(made.same) - _MOST_SAME),
        only_differences=table.only_differences,
        notes=any(line.note or line.tags for line in made.lines),
    )


# --- plain text -------------------------------------------------------------------------------


def text(table: RunTable, most: int = _TEXT_ROWS, *, wide: int | None = None) -> str:
    """Return the table as aligned lines; with ``wide``, columns that do not fit into it are left out."""
    made = grid(table, most)
    if not made.lines:
        return f"No runs{summary(table, 0)[len('0 runs') :]}." if table.total == 0 else summary(table, 0)
    metrics = list(range(len(made.metrics)))[:_TEXT_COLUMNS]
    params = list(range(len(made.params)))[:_TEXT_COLUMNS]
    lines = _lines(made, metrics, params)
    while wide and max(map(words.width, lines)) > wide and (params or metrics):
        (params or metrics).pop()
        lines = _lines(made, metrics, params)
    foot = [summary(table, len(made.lines))]
    left = (
        len(made.metrics) - len(metrics) + made.left_metrics,
        len(made.params) - len(params) + made.left_params,
    )
    if said := [
        words.counted(n, f"more {noun}") for n, noun in zip(left, ("metric", "param"), strict=True) if n
    ]:
        foot += wrapped("left out", " · ".join(said))
    more = [f"and {len(made.same) - _MOST_SAME:,} more"] if len(made.same) > _MOST_SAME else []
    foot += wrapped("same", " · ".join([*made.same[:_MOST_SAME], *more]))
    return "\n".join([lines[0], rule(lines[0], lines[1:]), *lines[1:], "", *foot])


def _lines(made: Grid, metrics: Sequence[int], params: Sequence[int]) -> list[str]:
    heads = ["#", "experiment", "name", "status", "started", "took"]
    heads += [made.metrics[i] for i in metrics] + [made.params[i] for i in params] + ["note"]
    rows = [_row(line, metrics, params, several=made.several) for line in made.lines]
    return columns(rows, right=[0, 5, *range(6, 6 + len(metrics))], heads=heads)


def _row(line: Line, metrics: Sequence[int], params: Sequence[int], *, several: bool) -> list[str]:
    name = " ".join(part for part in ("↳" if line.is_child else "", line.name) if part)
    attempt = f" (attempt {line.attempt})" if line.attempt > 1 else ""
    row = [f"{line.number}", line.experiment if several else "", f"{name}{attempt}".strip()]
    row += [f"{line.status}, stale" if line.stale else line.status, line.when, line.duration]
    row += [f"{'★ ' if cell.best else ''}{cell.value}" for cell in (line.metrics[i] for i in metrics)]
    row += [line.params[i].value for i in params]
    return [*row, words.line(line.note or line.error or line.children, 40)]
