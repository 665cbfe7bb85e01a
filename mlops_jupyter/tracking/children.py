"""Child runs in bulk: the candidates of a search, the folds of a cross-validation."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import config
from ..records import LatestMetric, Metric, MetricSource, Param, Run
from ..store import as_row, values
from .direction import direction_of
from .params import check_key, new_params

if TYPE_CHECKING:
    from .recording import Recorder


@dataclass(frozen=True, slots=True)
class Child:
    """A child run that is already over: its name, its params and its metrics."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)


def write_children(
    parent: Recorder, children: Sequence[Child], *, source: MetricSource = "search"
) -> list[str]:
    """Write finished child runs with params and metrics in one transaction; return their ids."""
    from .recording import number_of

    store = parent.store
    params: list[Param] = []
    points: list[tuple[Metric, LatestMetric]] = []
    runs: list[Run] = []
    now, seq = config.now(), time.time_ns()
    with store.atomic():
        base = store.rows("runs", {"id": parent.id})[0]
        for child in children:
            run = _child(parent, base, child, store.next_number("runs"), now)
            runs.append(run)
            params += new_params(store, run.id, child.params, "estimator", {})[0]
            for key, given in child.metrics.items():
                name, _ = check_key("metric", key, ())
                value, kind = number_of(name, given)
                points.append(
                    (
                        Metric(run.id, name, seq, value, kind, seq / 1e9),
                        LatestMetric(
                            run.id, name, seq, value, kind, None, 1, value, value, direction_of(name), source
                        ),
                    )
                )
        store.insert("runs", *map(as_row, runs))
        store.insert("params", *map(as_row, params))
        store.insert("metrics", *(as_row(point) for point, _ in points))
        store.insert("latest_metrics", *(as_row(latest) for _, latest in points))
    return [run.id for run in runs]


def _child(parent: Recorder, base: Mapping[str, Any], child: Child, number: int, now: str) -> Run:
    return Run(
        id=config.new_id(),
        number=number,
        experiment_id=base["experiment_id"],
        name=values.clean(child.name),
        status="finished",
        session_id=base["session_id"],
        started_at=now,
        last_seen_at=now,
        kind="candidate",
        parent_id=parent.id,
        ended_at=now,
        user_name=base["user_name"],
        notebook=base["notebook"],
    )
