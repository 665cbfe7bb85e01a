"""What changed against the last attempt of the same cell, and against the best run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

from ..records import (
    DataChange,
    DataUse,
    Environment,
    LatestMetric,
    MetricChange,
    Param,
    Run,
    RunChanges,
    RunView,
    ValueChange,
)
from ..store import Store
from .views import view_runs

_PAGES = (20, 200, 2_000, 20_000)


def changes_of(store: Store, view: RunView, *, previous_id: str | None = None) -> RunChanges | None:
    """Return what changed in a run, or None where there is nothing to compare it with.

    A run is compared with the last attempt of the same cell. Where there is none, because people
    copy a cell to try something else, it is compared with the run before it in the experiment: only
    what both have, and the code of another cell is not said to have changed.

    Parameters
    ----------
    store
        Where the runs are.
    view
        The run.
    previous_id
        The earlier attempt to compare with; found here where None.
    """
    attempt = previous_id or _previous_id(store, view.run)
    earlier = attempt or _run_before(store, view.run)
    found = view_runs(store, [earlier], series=False) if earlier else []
    previous = found[0] if found and found[0].run.deleted_at is None else None
    metrics = tuple(_metric_change(store, view.run, metric, previous) for metric in view.metrics)
    if previous is None:
        compared = any(change.best is not None for change in metrics)
        return RunChanges(None, None, metrics=metrics) if compared else None
    params = changed_params(previous.params, view.params)
    data = changed_data(store, previous.data, view.data)
    if attempt is None:
        params = tuple(change for change in params if change.before is not None and change.after is not None)
        data = tuple(change for change in data if change.state in ("changed", "unchanged"))
    return RunChanges(
        previous_id=previous.run.id,
        previous_number=previous.run.number,
        params=params,
        metrics=metrics,
        data=data,
        code_changed=_code_changed(previous, view) if attempt else None,
        environment=changed_environment(previous.environment, view.environment),
    )


def changed_params(before: Sequence[Param], after: Sequence[Param]) -> tuple[ValueChange, ...]:
    """Return the params that differ, are new or are gone.

    Defaults come, go and differ with the estimator that has them; what is new there is its class.
    """
    old, new = ({param.key: param for param in side} for side in (before, after))
    return tuple(
        ValueChange(key, old[key].value if key in old else None, new[key].value if key in new else None)
        for key in dict.fromkeys([*new, *old])
        if _whole(old.get(key)) != _whole(new.get(key)) and not _is_by_the_way(old.get(key), new.get(key))
    )


def _is_by_the_way(before: Param | None, after: Param | None) -> bool:
    """Return whether nobody chose the param on either side."""
    return all(side is None or side.source == "default" for side in (before, after))


def changed_data(store: Store, before: Sequence[DataUse], after: Sequence[DataUse]) -> tuple[DataChange, ...]:
    """Return how each dataset stands to the one of the same role and name before."""
    if not before and not after:
        return ()
    from .. import data

    old, new = ({(item.use.role, item.use.name): item.version for item in side} for side in (before, after))
    found = []
    for role, name in dict.fromkeys([*new, *old]):
        a, b = old.get((role, name)), new.get((role, name))
        differ = a is not None and b is not None and a.id != b.id
        rows = {
            "before_rows": _row_hashes(store, a.rows_object) if differ and a else None,
            "after_rows": _row_hashes(store, b.rows_object) if differ and b else None,
        }
        found.append(data.changes(name, role, a, b, **rows))
    return tuple(found)


def changed_environment(before: Environment | None, after: Environment | None) -> tuple[ValueChange, ...]:
    """Return Python, platform and the packages that differ."""
    if before is None or after is None or before.id == after.id:
        return ()
    old, new = (_facts(side) for side in (before, after))
    return tuple(
        ValueChange(key, old.get(key), new.get(key))
        for key in sorted({*old, *new}, key=str.lower)
        if old.get(key) != new.get(key)
    )


def is_better(value: float, than: float, direction: str) -> bool:
    """Return whether a value of a metric is better than another."""
    return value > than if direction == "max" else value < than


def _previous_id(store: Store, run: Run) -> str | None:
    if run.cell_key is None:
        return None
    where = {
        "cell_key": run.cell_key,
        "experiment_id": run.experiment_id,
        "deleted_at": None,
        "number <": run.number,
    }
    found = store.rows("runs", where, order="number desc", limit=1, columns=["id"])
    return found[0]["id"] if found else None


def _run_before(store: Store, run: Run) -> str | None:
    """Return the top-level run before this one in its experiment, unless that one failed."""
    where = {
        "experiment_id": run.experiment_id,
        "deleted_at": None,
        "parent_id": None,
        "status": "finished",
        "number <": run.number,
    }
    if run.parent_id is not None:
        return None
    found = store.rows("runs", where, order="number desc", limit=1, columns=["id"])
    return found[0]["id"] if found else None


def _metric_change(store: Store, run: Run, metric: LatestMetric, previous: RunView | None) -> MetricChange:
    value, direction = metric.value, metric.direction
    change = MetricChange(metric.key, value)
    before = next((m.value for m in previous.metrics if m.key == metric.key), None) if previous else None
    if before is not None and value is not None:
        better = is_better(value, before, direction) if direction and value != before else None
        change = replace(change, before=before, delta=value - before, better=better)
    elif before is not None:
        change = replace(change, before=before)
    if direction is None:
        return change
    best = _best_other(store, run, metric.key, direction)
    if best is None:
        return change
    is_best = value is not None and not is_better(best[0], value, direction) and best[0] != value
    return replace(change, best=best[0], best_number=best[1], is_best=is_best)


def _best_other(store: Store, run: Run, key: str, direction: str) -> tuple[float, int] | None:
    """Return value and number of the best other run of the experiment that is not deleted.

    The metric's index is walked from its best end, in growing pages, until a run of the experiment
    is met: usually among the first.
    """
    order = "value desc" if direction == "max" else "value"
    where, columns = {"key": key, "value !=": None}, ["run_id", "value"]
    offset = 0
    for page in chain(_PAGES, repeat(_PAGES[-1])):
        rows = store.rows("latest_metrics", where, order=order, limit=page, offset=offset, columns=columns)
        numbers = _numbers(store, run, [row["run_id"] for row in rows])
        for row in rows:
            if row["run_id"] in numbers:
                return row["value"], numbers[row["run_id"]]
        if len(rows) < page:
            break
        offset += page
    return None


def _numbers(store: Store, run: Run, run_ids: list[str]) -> dict[str, int]:
    """Return the numbers of those runs that this run may be measured against."""
    found: dict[str, int] = {}
    level = {} if run.parent_id is not None else {"parent_id": None}
    for start in range(0, len(run_ids), 500):
        where = {
            "id": run_ids[start : start + 500],
            "experiment_id": run.experiment_id,
            "deleted_at": None,
            **level,
        }
        found |= {row["id"]: row["number"] for row in store.rows("runs", where, columns=["id", "number"])}
    found.pop(run.id, None)
    return found


def _code_changed(previous: RunView, view: RunView) -> bool | None:
    if previous.cell is None or view.cell is None:
        return None
    return previous.cell.source != view.cell.source


def _whole(param: Param | None) -> tuple[str, str | None] | None:
    return None if param is None else (param.value, param.object_hash)


def _row_hashes(store: Store, object_hash: str | None) -> Any:
    if object_hash is None or not store.objects.exists(object_hash):
        return None
    import numpy as np

    return np.frombuffer(store.objects.get(object_hash), dtype="<u8")


def _facts(environment: Environment) -> dict[str, str]:
    packages: dict[str, str] = json.loads(environment.packages)
    return {"python": environment.python, "platform": environment.platform, **packages}
