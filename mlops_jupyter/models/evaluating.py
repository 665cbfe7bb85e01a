"""Evaluating in the registry: which model, on which rows, looked at how often; the report is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from .. import config
from ..datasets.progress import step
from ..datasets.subject import Given
from ..interrupts import uninterrupted
from ..records import (
    Costs,
    CrossValidation,
    DataFinding,
    Evaluation,
    EvaluationReport,
    Run,
    to_plain,
)
from ..store import Store, as_row, events, open_store
from ..tracking.refs import find_run
from . import inputs, trained_on
from . import ledger as ledgers
from .inputs import Asked, Rows
from .reference import Registry

MADE: Final = "evaluation.made"
_ORDER: Final = {"error": 0, "warning": 1, "info": 2}


def evaluate(
    model: Any,
    X: Any,  # noqa: N803 the field's letter
    y: Any = None,
    *,
    baseline: Any = None,
    run: Any = None,
    slices: Sequence[str] | None = None,
    fairness: Sequence[str] | None = None,
    costs: Costs | Mapping[str, Any] | str | None = None,
    groups: Any = None,
    times: Any = None,
    weights: Any = None,
    registry: Registry = None,
    **options: Any,
) -> EvaluationReport:
    """Evaluate a model on rows that it was not trained on, and keep the report in the registry.

    Parameters
    ----------
    model
        A fitted model; ``churn:4``, ``churn@champion``; or a run (``12``) that kept one.
    X
        The features, rows × columns; a saved dataset (``churn-test:2``) or a file. Columns that the model
        does not take may still serve for slices, fairness, groups and times.
    y
        The truth, one value a row; or the name of its column in ``X``. None for clusters.
    baseline
        A model to compare with on the same rows, named like ``model``.
    run
        The run that the evaluation belongs to; None for the active one, else the one that made the model.
    slices, fairness
        Columns of ``X``.
    costs
        What each outcome costs: ``Costs``, or by ``fp``, ``fn``, ``tp``, ``tn`` and ``unit``.
    groups, times, weights
        One value a row, or the name of a column of ``X``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    options
        All else that :func:`mlops_jupyter.evaluation.evaluate` takes.

    Raises
    ------
    NotFoundError
        If there is no such model, data or column; names the nearest.
    UsageError
        If the model cannot be scored on these data.
    """
    from .. import evaluation

    store = open_store(registry)
    asked = inputs.model_of(store, model)
    against = None if baseline is None else inputs.model_of(store, baseline)
    beside = {"groups": groups, "times": times, "weights": weights}
    rows = inputs.rows_of(store, asked.model, X, y, list(beside.values()))
    scored, other, columns = inputs.together(asked, against, rows, slices)
    given = {name: inputs.side(rows, one, name) for name, one in beside.items()}
    given |= {"sensitive": inputs.sensitive(rows, fairness), "costs": inputs.costs_of(costs)}
    with step(f"evaluating {asked.label} on {rows.label}"):
        report = evaluation.evaluate(
            scored, columns, rows.y, baseline=other, slices=slices, **given, **_unwrapped(options)
        )
    named = replace(
        report,
        model=asked.label,
        data=rows.label,
        target=rows.target,
        baseline="" if against is None else against.label,
    )
    return _kept(store, named, asked, rows, _run_of(store, run, asked))


def cross_validate(
    model: Any,
    X: Any,  # noqa: N803
    y: Any,
    *,
    groups: Any = None,
    times: Any = None,
    registry: Registry = None,
    **options: Any,
) -> CrossValidation:
    """Cross-validate a model by the right unit: groups stay together, the past predicts the future.

    Parameters
    ----------
    model
        A model, fitted or not; ``churn:4``; a run. Each fold fits it anew.
    X, y
        As for :func:`evaluate`.
    groups, times
        One value a row, or the name of a column of ``X``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    options
        All else that :func:`mlops_jupyter.evaluation.cross_validate` takes.
    """
    from .. import evaluation

    store = open_store(registry)
    asked = inputs.model_of(store, model, is_fitted=False)
    rows = inputs.rows_of(store, asked.model, X, y, [groups, times])
    beside = {"groups": inputs.side(rows, groups, "groups"), "times": inputs.side(rows, times, "times")}
    with step(f"cross-validating {asked.label} on {rows.label}"):
        return evaluation.cross_validate(asked.model, rows.X, rows.y, **beside, **options)


def _unwrapped(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options whose values may have come with the name of a variable."""
    return {key: one.value if isinstance(one, Given) else one for key, one in options.items()}


def _run_of(store: Store, run: Any, asked: Asked) -> Run | None:
    """Return the run that an evaluation belongs to: as asked, the active one, the one that made the model."""
    from .. import tracking

    if run is not None:
        return find_run(store, run)
    active = tracking.active_run()
    if active is not None and active.store.url == store.url:
        return find_run(store, active.id)
    return asked.run


def _kept(
    store: Store, report: EvaluationReport, asked: Asked, rows: Rows, run: Run | None
) -> EvaluationReport:
    """Return the report with what the registry knows beside it, after it was written."""
    version = rows.fingerprint.version if rows.fingerprint is not None else None
    ledger = None
    if version is not None:
        ledger = ledgers.ledger(
            store,
            version.id,
            model_hash=asked.object_hash,
            run_id=asked.run.id if asked.run is not None else None,
            estimate=report.primary.estimate,
        )
    whole = replace(
        report,
        findings=_findings(store, report, asked, rows, ledger),
        ledger=ledger,
        id=config.new_id(),
        created_at=config.now(),
        user_name=config.user_name(),
        run_number=run.number if run is not None else None,
        version_id=version.id if version is not None else None,
        model_hash=asked.object_hash,
    )
    if not store.why_read_only:
        _write(store, whole, rows, run)
    return whole


def _findings(
    store: Store, report: EvaluationReport, asked: Asked, rows: Rows, ledger: Any
) -> tuple[DataFinding, ...]:
    """Return the pitfalls with those that only the registry can see, worst first."""
    known = {one.code for one in report.findings}
    further = [
        one
        for one in trained_on.overlaps(store, asked.run, rows.fingerprint, rows.label, asked.object_hash)
        if one.code not in known
    ]
    if ledger is not None and (reused := ledgers.finding(ledger)) is not None:
        further.append(reused)
    if asked.why_unknown:
        further.append(
            DataFinding(
                "model_not_kept",
                "info",
                f"this report cannot be found by a registered version: {asked.why_unknown}",
            )
        )
    together = [*report.findings, *further]
    return tuple(sorted(together, key=lambda one: (_ORDER[one.severity], -one.weight)))


def _write(store: Store, report: EvaluationReport, rows: Rows, run: Run | None) -> None:
    """Keep the report, its line, and the event that tells of it."""
    body = json.dumps(to_plain(report), ensure_ascii=False, allow_nan=False).encode()
    primary = report.primary
    row = Evaluation(
        id=str(report.id),
        created_at=str(report.created_at),
        problem=report.problem,
        n_rows=report.n_rows,
        primary_key=primary.key,
        object_hash=store.objects.put(body),
        primary_value=primary.estimate.value,
        primary_low=primary.estimate.low,
        primary_high=primary.estimate.high,
        model_hash=report.model_hash,
        run_id=run.id if run is not None else None,
        version_id=report.version_id,
        data_name=report.data or None,
        user_name=report.user_name,
    )
    version = trained_on.with_rows(store, rows.fingerprint) if rows.fingerprint is not None else None
    with uninterrupted(), store.atomic():
        if version is not None and not store.rows("dataset_versions", {"id": version.id}, columns=["id"]):
            store.insert("dataset_versions", as_row(version))
        store.insert("evaluations", as_row(row))
        events.append(
            store,
            kind=MADE,
            subject=_subject(store, report),
            detail={
                "evaluation_id": row.id,
                "report": row.object_hash,
                "model_hash": row.model_hash,
                "data": report.data,
                "version_id": row.version_id,
                "metric": row.primary_key,
                "value": row.primary_value,
                "low": row.primary_low,
                "high": row.primary_high,
            },
        )


def _subject(store: Store, report: EvaluationReport) -> str:
    """Return the newest version that the model is registered as, else that it is none."""
    if report.model_hash is None:
        return "a model that is not registered"
    return inputs.registered(store, report.model_hash) or "a model that is not registered"
