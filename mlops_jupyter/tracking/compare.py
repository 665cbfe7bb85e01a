"""Runs beside each other: values, code, data, environment."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence

from ..errors import UsageError
from ..records import ComparedRow, Comparison, LatestMetric, Run, RunView
from ..store import Store, open_existing
from .changes import changed_data, changed_environment, is_better
from .refs import RunRef, find_run
from .views import view_runs


def compare_runs(*refs: RunRef, registry: str | os.PathLike[str] | None = None) -> Comparison:
    """Compare two or more runs.

    Parameters
    ----------
    refs
        Numbers, ids or ``"experiment/12"``, in the order in which they are to be shown. Code, data
        and environment are compared between the first and the last.
    registry
        A folder or URL; the registry that applies where None.

    Raises
    ------
    UsageError
        If there are fewer than two.
    NotFoundError
        If there is no such run.
    """
    store = open_existing(registry)
    store.reap()
    if len(refs) < 2:
        raise UsageError("compare takes two or more runs, as in: compare 11 12")
    views = view_runs(store, [find_run(store, ref).id for ref in refs])
    first, last = views[0], views[-1]
    return Comparison(
        runs=tuple(views),
        params=_params(views),
        metrics=_metrics(views),
        code_diff=_code_diff(first, last),
        data=changed_data(store, first.data, last.data),
        environment=changed_environment(first.environment, last.environment),
        git_diff=_git_diff(store, first.run, last.run),
    )


def _params(views: Sequence[RunView]) -> tuple[ComparedRow, ...]:
    sides = [{param.key: param for param in view.params} for view in views]
    rows = []
    for key in dict.fromkeys(key for side in sides for key in side):
        found = [side.get(key) for side in sides]
        whole = {None if param is None else (param.value, param.object_hash) for param in found}
        rows.append(
            ComparedRow(key, tuple(param.value if param else None for param in found), len(whole) > 1)
        )
    return tuple(rows)


def _metrics(views: Sequence[RunView]) -> tuple[ComparedRow, ...]:
    sides = [{metric.key: metric for metric in view.metrics} for view in views]
    rows = []
    for key in dict.fromkeys(key for side in sides for key in side):
        found = [side.get(key) for side in sides]
        states = {None if metric is None else (metric.kind, metric.value) for metric in found}
        values = tuple(None if metric is None else _shown(metric) for metric in found)
        rows.append(ComparedRow(key, values, len(states) > 1, _best(found)))
    return tuple(rows)


def _shown(metric: LatestMetric) -> float:
    return metric.value if metric.value is not None else float(metric.kind)


def _best(metrics: Sequence[LatestMetric | None]) -> int | None:
    """Return which run is better than all others; None for a tie or an unknown direction."""
    direction = next((metric.direction for metric in metrics if metric and metric.direction), None)
    values = [(metric.value, i) for i, metric in enumerate(metrics) if metric and metric.value is not None]
    if direction is None or len(values) < 2:
        return None
    best, where = values[0]
    for value, i in values[1:]:
        if is_better(value, best, direction):
            best, where = value, i
    return where if sum(value == best for value, _ in values) == 1 else None


def _code_diff(first: RunView, last: RunView) -> str:
    if first.cell is None or last.cell is None:
        return ""
    before, after = (cell.source.splitlines() for cell in (first.cell, last.cell))
    names = f"#{first.run.number}", f"#{last.run.number}"
    return "\n".join(difflib.unified_diff(list(before), list(after), *names, lineterm=""))


def _git_diff(store: Store, first: Run, last: Run) -> str:
    """Return which commits the runs stood on, and what each had changed without committing."""
    if (first.git_commit, first.git_branch, first.git_diff) == (
        last.git_commit,
        last.git_branch,
        last.git_diff,
    ):
        return ""
    lines = [
        f"{word}: {before or 'none'} → {after or 'none'}"
        for word, before, after in (
            ("commit", first.git_commit, last.git_commit),
            ("branch", first.git_branch, last.git_branch),
        )
        if before != after
    ]
    if first.git_diff != last.git_diff:
        for run in (first, last):
            if run.git_diff and store.objects.exists(run.git_diff):
                text = store.objects.get(run.git_diff).decode("utf-8", "replace")
                lines += [f"not committed in #{run.number}:", text]
            else:
                lines.append(f"not committed in #{run.number}: nothing")
    return "\n".join(lines)
