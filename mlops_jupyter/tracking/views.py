"""Runs with everything that belongs to them, read in a fixed number of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..records import (
    Artifact,
    Cell,
    DatasetVersion,
    DataUse,
    Environment,
    Finding,
    LatestMetric,
    Param,
    Run,
    RunDataset,
    RunView,
    Tag,
)
from ..store import Row, Store
from .series import read_series
from .worker import UNSAVED, worker


def view_runs(
    store: Store, run_ids: Sequence[str], *, series: bool = True, whole: bool = True
) -> list[RunView]:
    """Return runs in the order of their ids, without changes.

    Parameters
    ----------
    store
        Where they are.
    run_ids
        Which; those that do not exist are left out.
    series
        Whether to read the points of the metrics (at most 200 each).
    whole
        Whether to read cell and environment too, which a table does not show.
    """
    ids = list(run_ids)
    runs = {row["id"]: Run(**row) for row in rows_in(store, "runs", "id", ids)}
    experiments = _by_id(store, "experiments", {run.experiment_id for run in runs.values()})
    params = _grouped(store, "latest_params", Param, ids, order="seq, key")
    metrics = _grouped(store, "latest_metrics", LatestMetric, ids, order="key")
    points = read_series(store, metrics) if series else {}
    tags = _grouped(store, "tags", Tag, ids, order="key")
    artifacts = _grouped(store, "artifacts", Artifact, ids, order="path")
    findings = _grouped(store, "findings", Finding, ids, order="seq")
    data = _data(store, ids)
    cells = _grouped(store, "cells", Cell, ids, order="seq") if whole else {}
    environments = _by_id(store, "environments", {r.environment_id for r in runs.values()}) if whole else {}
    children = _children(store, ids)
    return [
        RunView(
            run=_settled(runs[run_id]),
            experiment=experiments[runs[run_id].experiment_id]["name"],
            params=tuple(params.get(run_id, ())),
            metrics=tuple(metrics.get(run_id, ())),
            series=points.get(run_id, {}),
            tags=tuple(tags.get(run_id, ())),
            artifacts=tuple(artifacts.get(run_id, ())),
            data=tuple(data.get(run_id, ())),
            cell=next(iter(cells.get(run_id, ())), None),
            environment=_environment(environments, runs[run_id].environment_id),
            findings=tuple(findings.get(run_id, ())),
            children=children.get(run_id, 0),
            pending=worker.pending(run_id),
        )
        for run_id in ids
        if run_id in runs
    ]


def _settled(run: Run) -> Run:
    """Return a run without the remark that something is unsaved, if this process is saving it."""
    if run.incomplete and UNSAVED in run.incomplete and worker.pending(run.id):
        kept = [part for part in run.incomplete.split("; ") if not part.startswith(UNSAVED)]
        return replace(run, incomplete="; ".join(kept) or None)
    return run


def rows_in(store: Store, table: str, column: str, ids: Sequence[str], **options: Any) -> list[Row]:
    """Return the rows whose column is one of the ids, however many these are."""
    rows: list[Row] = []
    for start in range(0, len(ids), 500):
        rows += store.rows(table, {column: list(ids[start : start + 500])}, **options)
    return rows


def _grouped(
    store: Store, table: str, record: type[Any], ids: Sequence[str], *, order: str
) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows_in(store, table, "run_id", ids, order=order):
        groups[row["run_id"]].append(record(**row))
    return groups


def _by_id(store: Store, table: str, ids: set[str] | set[str | None]) -> dict[str, Row]:
    wanted = [one for one in ids if one is not None]
    return {row["id"]: row for row in rows_in(store, table, "id", wanted)}


def _environment(known: dict[str, Row], environment_id: str | None) -> Environment | None:
    return Environment(**known[environment_id]) if environment_id in known else None


def _data(store: Store, ids: Sequence[str]) -> dict[str, list[DataUse]]:
    uses = [RunDataset(**row) for row in rows_in(store, "run_datasets", "run_id", ids, order="role, name")]
    versions = _by_id(store, "dataset_versions", {use.version_id for use in uses})
    groups: dict[str, list[DataUse]] = defaultdict(list)
    for use in uses:
        groups[use.run_id].append(DataUse(use, DatasetVersion(**versions[use.version_id])))
    return groups


def _children(store: Store, ids: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for row in rows_in(store, "runs", "parent_id", ids, columns=["parent_id"]):
        counts[row["parent_id"]] += 1
    return counts
