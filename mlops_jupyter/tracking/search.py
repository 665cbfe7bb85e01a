"""Finding runs: as records for a table, or as a DataFrame."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..records import LatestMetric, Run, RunTable, RunView
from ..store import Row, Store, open_existing
from .refs import find_experiment
from .views import rows_in, view_runs

if TYPE_CHECKING:
    import pandas as pd

_FIRST = ("number", "experiment", "name", "status", "started_at", "duration_s")
_TIMES = ("started_at", "ended_at", "last_seen_at", "deleted_at")


def find_runs(
    experiment: str | None = None,
    filter: str | None = None,
    *,
    order: str | Sequence[str] | None = None,
    limit: int = 50,
    offset: int = 0,
    only_differences: bool = False,
    include_deleted: bool = False,
    include_children: bool = True,
    registry: str | os.PathLike[str] | None = None,
) -> RunTable:
    """Return the runs that match, side by side.

    Parameters
    ----------
    experiment
        Only the runs of this experiment.
    filter
        Such as ``metrics.auc > 0.8 and params.depth = '8' and tags.team = 'x'``.
    order
        Such as ``metrics.auc desc, started_at``, or a list of these; newest first where None.
    limit, offset
        How many runs to return, after how many.
    only_differences
        Leave out the params and metrics in which all runs agree.
    include_deleted, include_children
        Whether deleted runs, and runs inside others, count.
    registry
        A folder or URL; the registry that applies where None.

    Raises
    ------
    UsageError
        If filter or order cannot be read.
    NotFoundError
        If there is no such experiment; lists near names.
    """
    store = open_existing(registry)
    run_ids, total = _search(
        store,
        filter,
        experiment=experiment,
        order=order,
        limit=limit,
        offset=offset,
        include_deleted=include_deleted,
        include_children=include_children,
    )
    views = view_runs(store, run_ids, whole=False)
    if only_differences:
        views = without_equals(views)
    return RunTable(tuple(views), total, filter, experiment, only_differences)


def search_runs(
    experiment: str | None = None,
    filter: str | None = None,
    *,
    order: str | Sequence[str] | None = None,
    limit: int = 1_000,
    offset: int = 0,
    include_deleted: bool = False,
    include_children: bool = True,
    registry: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Return the runs that match as a DataFrame, one row a run.

    The parameters are those of :func:`find_runs`.

    Returns
    -------
    pandas.DataFrame
        What people know a run by, a column for each ``metrics.x``, ``params.y`` and ``tags.z``, and
        the other fields of a run. Times are timestamps in UTC, metrics floats, params of the type
        that all their values have.

    Examples
    --------
    >>> import tempfile
    >>> search_runs(registry=tempfile.mkdtemp()).shape[0]
    0
    """
    import pandas as pd

    store = open_existing(registry)
    run_ids, _ = _search(
        store,
        filter,
        experiment=experiment,
        order=order,
        limit=limit,
        offset=offset,
        include_deleted=include_deleted,
        include_children=include_children,
    )
    rows = {row["id"]: row for row in rows_in(store, "runs", "id", run_ids)}
    names = {row["id"]: row["name"] for row in store.rows("experiments", columns=["id", "name"])}
    columns: dict[str, Any] = {
        name: [rows[run_id][name] for run_id in run_ids] for name in (f.name for f in fields(Run))
    }
    columns["experiment"] = [names[i] for i in columns["experiment_id"]]
    frame = pd.DataFrame(columns, index=range(len(run_ids)))
    for name in _TIMES:
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    added = {}
    for table, prefix, shape in (
        ("latest_metrics", "metrics", _metric_values),
        ("latest_params", "params", _typed_params),
        ("tags", "tags", _texts),
    ):
        for key, found in _by_key(rows_in(store, table, "run_id", run_ids)).items():
            added[f"{prefix}.{key}"] = shape([found.get(run_id) for run_id in run_ids])
    values = pd.DataFrame(added, index=frame.index)
    rest = [name for name in frame.columns if name not in _FIRST]
    return pd.concat([frame[list(_FIRST)], values, frame[rest]], axis=1)


def without_equals(views: Sequence[RunView]) -> list[RunView]:
    """Return runs without the params and metrics in which all of them agree."""
    if len(views) < 2:
        return list(views)
    params = _differing(views, lambda view: ((p.key, (p.value, p.object_hash)) for p in view.params))
    metrics = _differing(views, lambda view: ((m.key, (m.value, m.kind)) for m in view.metrics))
    return [
        replace(
            view,
            params=tuple(param for param in view.params if param.key in params),
            metrics=tuple(metric for metric in view.metrics if metric.key in metrics),
        )
        for view in views
    ]


def _search(
    store: Store,
    filter: str | None,
    *,
    experiment: str | None,
    **options: Any,
) -> tuple[list[str], int]:
    from ..store.search import search_runs as search

    for name in ("limit", "offset"):
        if not isinstance(options[name], int) or options[name] < 0:
            raise UsageError(f"{name} is {options[name]!r}; expected a whole number, 0 or more")
    store.reap()
    if experiment is not None:
        find_experiment(store, experiment)
    return search(store, filter, experiment=experiment, **options)


def _differing(views: Sequence[RunView], pairs: Callable[[RunView], Iterable[tuple[str, Any]]]) -> set[str]:
    sides = [dict(pairs(view)) for view in views]
    keys = {key for side in sides for key in side}
    return {key for key in keys if len({side.get(key) for side in sides}) > 1}


def _by_key(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        found[row["key"]][row["run_id"]] = row
    return dict(sorted(found.items()))


def _typed_params(rows: Sequence[Row | None]) -> Any:
    import pandas as pd

    kinds = {row["kind"] for row in rows if row is not None and row["kind"] != "none"}
    texts = [None if row is None or row["kind"] == "none" else row["value"] for row in rows]
    if kinds == {"bool"}:
        return _of_type([None if text is None else text == "True" for text in texts], "bool", "boolean")
    if kinds == {"int"} and all(text is None or abs(int(text)) < 2**63 for text in texts):
        return _of_type([None if text is None else int(text) for text in texts], "int64", "Int64")
    if kinds and kinds <= {"int", "float"}:
        return pd.array([float("nan") if text is None else float(text) for text in texts], dtype="float64")
    return pd.array(texts, dtype=object)


def _of_type(values: list[Any], plain: str, nullable: str) -> Any:
    import pandas as pd

    return pd.array(values, dtype=nullable if None in values else plain)  # type: ignore[call-overload]


def _metric_values(rows: Sequence[Row | None]) -> list[float]:
    return [float("nan") if row is None else _number(LatestMetric(**row)) for row in rows]


def _number(metric: LatestMetric) -> float:
    return metric.value if metric.value is not None else float(metric.kind)


def _texts(rows: Sequence[Row | None]) -> list[str | None]:
    return [None if row is None else row["value"] for row in rows]
