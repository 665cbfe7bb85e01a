"""Metric points, and the newest of each metric beside them. The hot path of the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..records import Direction, Metric, MetricSource

if TYPE_CHECKING:
    from .waist import Store


@dataclass(frozen=True, slots=True)
class MetricAbout:
    """What is known about a metric besides its points; None where nothing is."""

    direction: Direction | None = None
    source: MetricSource | None = None
    function: str | None = None
    data: str | None = None


@dataclass(slots=True)
class _Summary:
    newest: Metric
    values: list[float] = field(default_factory=list)
    count: int = 0


_POINT = ("run_id", "key", "seq", "value", "kind", "time_s", "step")
_point = attrgetter(*_POINT)
_NOTHING = MetricAbout()


def append(store: Store, points: Sequence[Metric], about: Mapping[str, MetricAbout]) -> None:
    """Add points and merge them into ``latest_metrics``; see :meth:`Store.append_metrics`."""
    if not points:
        return
    merge = _merge_statement(store.mark)
    insert = f"INSERT INTO metrics ({', '.join(_POINT)}) VALUES ({', '.join([store.mark] * len(_POINT))})"
    with store.writing():
        store.executemany(insert, [_point(point) for point in points])
        # In the order of the key, so that two writers in PostgreSQL cannot wait for each other.
        store.executemany(merge, list(_latest(points, about)))


def _latest(points: Sequence[Metric], about: Mapping[str, MetricAbout]) -> Iterator[tuple[Any, ...]]:
    summaries: dict[tuple[str, str], _Summary] = {}
    for point in points:
        summary = summaries.get((point.run_id, point.key))
        if summary is None:
            summary = summaries[point.run_id, point.key] = _Summary(point)
        elif point.seq >= summary.newest.seq:
            summary.newest = point
        summary.count += 1
        if point.value is not None:
            summary.values.append(point.value)
    for (run_id, key), summary in sorted(summaries.items(), key=lambda item: item[0]):
        newest, known = summary.newest, about.get(key, _NOTHING)
        yield (
            run_id,
            key,
            newest.seq,
            newest.value,
            newest.kind,
            newest.step,
            summary.count,
            min(summary.values, default=None),
            max(summary.values, default=None),
            known.direction,
            known.source or "logged",
            known.function,
            known.data,
            int(known.source is not None),
        )


_LATEST = (
    "run_id", "key", "seq", "value", "kind", "step", "count",
    "min_value", "max_value", "direction", "source", "function", "data",
)  # fmt: skip


def _merge_statement(mark: str) -> str:
    """Return the statement that adds a summary, or merges it into the one that stands there.

    CASE instead of ``min(a, b)`` or ``LEAST(a, b)``: the one is SQLite's, the other PostgreSQL's,
    and they differ where one side is NULL.
    """
    settings = [
        *(_newer(column) for column in ("value", "kind", "step")),
        _newer("seq"),
        "count = latest_metrics.count + excluded.count",
        _further("min_value", "<"),
        _further("max_value", ">"),
        *(f"{c} = COALESCE(excluded.{c}, latest_metrics.{c})" for c in ("direction", "function", "data")),
        f"source = CASE WHEN {mark} = 1 THEN excluded.source ELSE latest_metrics.source END",
    ]
    return (
        f"INSERT INTO latest_metrics ({', '.join(_LATEST)}) VALUES ({', '.join([mark] * len(_LATEST))}) "
        f"ON CONFLICT (run_id, key) DO UPDATE SET {', '.join(settings)}"
    )


def _newer(column: str) -> str:
    return (
        f"{column} = CASE WHEN excluded.seq >= latest_metrics.seq "
        f"THEN excluded.{column} ELSE latest_metrics.{column} END"
    )


def _further(column: str, sign: str) -> str:
    old, new = f"latest_metrics.{column}", f"excluded.{column}"
    return (
        f"{column} = CASE WHEN {new} IS NULL THEN {old} "
        f"WHEN {old} IS NULL OR {new} {sign} {old} THEN {new} ELSE {old} END"
    )
