"""The points of metrics for a small curve: at most 200 a metric, its ends and extremes kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ..records import LatestMetric
from ..store import Row, Store

MOST = 200
_READ_WHOLE = 5_000

Series = tuple[tuple[float, float | None], ...]


def read_series(store: Store, metrics: Mapping[str, Sequence[LatestMetric]]) -> dict[str, dict[str, Series]]:
    """Return pairs of step (or position) and value by run and metric, where there is more than one."""
    found: dict[str, dict[str, Series]] = defaultdict(dict)
    for run_id, of_run in metrics.items():
        small = [metric.key for metric in of_run if 1 < metric.count <= _READ_WHOLE]
        rows = _rows(store, {"run_id": run_id, "key": small}) if small else []
        points: dict[str, list[tuple[float, float | None]]] = defaultdict(list)
        for row in rows:
            of_key = points[row["key"]]
            of_key.append((_position(row, len(of_key)), row["value"]))
        for key, all_points in points.items():
            found[run_id][key] = downsample(all_points)
        for metric in of_run:
            if metric.count > _READ_WHOLE:
                found[run_id][metric.key] = _sampled(store, metric)
    return found


def downsample(points: Sequence[tuple[float, float | None]], most: int = MOST) -> Series:
    """Return at most ``most`` points: the first, the last, and of each stretch the lowest and highest.

    Examples
    --------
    >>> curve = downsample([(i, float(i == 500)) for i in range(1000)], 10)
    >>> len(curve) <= 10, (500, 1.0) in curve, curve[0], curve[-1]
    (True, True, (0, 0.0), (999, 0.0))
    """
    if len(points) <= most:
        return tuple(points)
    inner = range(1, len(points) - 1)
    stretches = (most - 2) // 2
    bounds = [1 + len(inner) * i // stretches for i in range(stretches + 1)]
    kept: set[int] = {0, len(points) - 1}
    for start, stop in pairwise(bounds):
        finite = [i for i in range(start, stop) if points[i][1] is not None]
        if not finite:
            kept.add(start)
            continue
        kept.add(min(finite, key=lambda i: points[i][1] or 0.0))
        kept.add(max(finite, key=lambda i: points[i][1] or 0.0))
    return tuple(points[i] for i in sorted(kept))


def _sampled(store: Store, metric: LatestMetric) -> Series:
    """Return points of a long metric at even distances of time, found by the primary key."""
    where = {"run_id": metric.run_id, "key": metric.key}
    first = _rows(store, where, limit=1)[0]["seq"]
    rows: dict[int, Row] = {}
    for i in range(MOST - 1):
        bound = first + (metric.seq - first) * i // (MOST - 1)
        for row in _rows(store, {**where, "seq >=": bound}, limit=1):
            rows[row["seq"]] = row
    for row in _rows(store, {**where, "seq": metric.seq}, limit=1):
        rows[row["seq"]] = row
    return tuple(
        (_position(row, position), row["value"]) for position, (_, row) in enumerate(sorted(rows.items()))
    )


def _rows(store: Store, where: Mapping[str, object], *, limit: int | None = None) -> list[Row]:
    return store.rows(
        "metrics", where, order="key, seq", limit=limit, columns=["key", "seq", "step", "value"]
    )


def _position(row: Row, position: int) -> float:
    return position if row["step"] is None else row["step"]
