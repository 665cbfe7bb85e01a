"""Rows of the registry put together into what people look at: one version with all its evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from ..errors import MlopsError
from ..records import (
    Approval,
    Environment,
    Evaluation,
    EvaluationReport,
    Event,
    Export,
    ExportReport,
    Finding,
    GateReport,
    InputExample,
    Model,
    ModelVersion,
    Reproduction,
    Run,
    Signature,
    Validation,
    VersionData,
    VersionView,
    from_plain,
)
from ..store import Store, events, lineage
from ..tracking.refs import experiment_of
from . import reference
from .gates import last_check

_R = TypeVar("_R")

_VALUE_SHOWN = 200


def model_of(store: Store, version: ModelVersion) -> Model:
    """Return the model that a version belongs to."""
    return Model(**store.rows("models", {"id": version.model_id})[0])


def version_by_id(store: Store, version_id: str) -> ModelVersion:
    """Return a version by its id, which must stand in the registry."""
    return ModelVersion(**store.rows("model_versions", {"id": version_id})[0])


def version_view(store: Store, model: Model, version: ModelVersion, *, is_new: bool = True) -> VersionView:
    """Return one version with its signature, example, run, data, evaluations, gates and approvals."""
    run = _run(store, version)
    data = data_of(store, version)
    evaluations = evaluations_of(store, version)
    environment = environment_of(store, version)
    aliases = reference.aliases_of(store, model)
    return VersionView(
        name=model.name,
        version=version,
        signature=from_plain(Signature, json.loads(version.signature)),
        aliases=tuple(alias for alias, number in aliases.items() if number == version.number),
        run_number=run.number if run is not None else None,
        experiment=experiment_of(store, run) if run is not None else None,
        params=_params(version),
        data=data,
        example=example_of(store, version),
        evaluations=evaluations,
        evaluation=report_of(store, evaluations[0]) if evaluations else None,
        validations=_validations(store, [one.version_id for one in data]),
        findings=_findings(store, version),
        gates=_gates(store, version),
        approvals=approvals_of(store, version),
        overrides=_overrides(store, reference.label(model, version)),
        git_commit=run.git_commit if run is not None else None,
        python=environment.python if environment is not None else None,
        packages=tuple(json.loads(environment.packages).items()) if environment is not None else (),
        is_new=is_new,
        reproduced=reproduced_of(store, version),
        exports=exports_of(store, version),
    )


def evaluations_of(store: Store, version: ModelVersion) -> tuple[Evaluation, ...]:
    """Return the evaluations of a version's file, newest first; those from before it was registered too."""
    rows = store.rows("evaluations", {"model_hash": version.object_hash}, order="created_at desc, id desc")
    return tuple(Evaluation(**row) for row in rows)


def report_of(store: Store, evaluation: Evaluation) -> EvaluationReport | None:
    """Return the whole report of an evaluation; None where its object is lost, of which the doctor tells."""
    return _document(store, EvaluationReport, evaluation.object_hash)


def example_of(store: Store, version: ModelVersion) -> InputExample | None:
    """Return the rows that a version was shown and its answers, where these were kept."""
    return _document(store, InputExample, version.example_hash) if version.example_hash else None


def reproduced_of(store: Store, version: ModelVersion) -> Reproduction | None:
    """Return the last time that a version's run was made again, None where it never was."""
    rows = store.rows("latest_reproductions", {"run_id": version.run_id}) if version.run_id else []
    return Reproduction(**rows[0]) if rows else None


def exports_of(store: Store, version: ModelVersion) -> tuple[Export, ...]:
    """Return the exports of a version, proved or not, the newest first."""
    rows = store.rows("exports", {"model_version_id": version.id}, order="created_at desc, id desc")
    return tuple(Export(**row) for row in rows)


def export_report_of(store: Store, export: Export) -> ExportReport | None:
    """Return the whole report of an export; None where its object is lost, of which the doctor tells."""
    return _document(store, ExportReport, export.object_hash)


def approvals_of(store: Store, version: ModelVersion) -> tuple[Approval, ...]:
    """Return the requests about a version and their answers, the newest first."""
    rows = store.rows("approvals", {"model_version_id": version.id}, order="requested_at desc, id desc")
    return tuple(Approval(**row) for row in rows)


def data_of(store: Store, version: ModelVersion) -> tuple[VersionData, ...]:
    """Return the contents that a version's run used, by role, and the one it was fitted on if given."""
    found = (
        store.rows("run_datasets", {"run_id": version.run_id}, order="role, name") if version.run_id else []
    )
    uses = [(row["role"], row["name"], row["version_id"], row["source_uri"]) for row in found]
    if version.data_version_id and version.data_version_id not in {use[2] for use in uses}:
        uses.append(("train", "X", version.data_version_id, None))
    ids = sorted({use[2] for use in uses})
    known = {row["id"]: row for row in store.rows("dataset_versions", {"id": ids})}
    labels = lineage.labels_of(store, ids)
    return tuple(
        VersionData(
            role,
            name,
            version_id,
            int(known[version_id]["n_rows"]),
            int(known[version_id]["n_columns"]),
            next(iter(labels.get(version_id, ())), None),
            source,
        )
        for role, name, version_id, source in uses
    )


def _run(store: Store, version: ModelVersion) -> Run | None:
    rows = store.rows("runs", {"id": version.run_id}) if version.run_id else []
    return Run(**rows[0]) if rows else None


def environment_of(store: Store, version: ModelVersion) -> Environment | None:
    """Return where it was trained: written when it was registered, or by its run later."""
    wanted = version.environment_id
    if wanted is None and version.run_id:
        rows = store.rows("runs", {"id": version.run_id}, columns=["environment_id"])
        wanted = rows[0]["environment_id"] if rows else None
    rows = store.rows("environments", {"id": wanted}) if wanted else []
    return Environment(**rows[0]) if rows else None


def _params(version: ModelVersion) -> tuple[tuple[str, str], ...]:
    chosen = json.loads(version.params)["chosen"] if version.params else {}
    return tuple((key, str(value)[:_VALUE_SHOWN]) for key, value in chosen.items())


def _validations(store: Store, version_ids: Sequence[str]) -> tuple[Validation, ...]:
    rows = store.rows(
        "validations", {"version_id": sorted(set(version_ids))}, order="created_at desc, id desc"
    )
    return tuple(Validation(**row) for row in rows)


def _findings(store: Store, version: ModelVersion) -> tuple[Finding, ...]:
    rows = store.rows("findings", {"run_id": version.run_id}, order="seq") if version.run_id else []
    return tuple(Finding(**row) for row in rows)


def _gates(store: Store, version: ModelVersion) -> GateReport | None:
    try:
        return last_check(store, version)
    except MlopsError:  # its object is lost, of which the doctor tells
        return None


def _overrides(store: Store, label: str) -> tuple[Event, ...]:
    """Return the moves of a version that went against its gates: they are shown for ever."""
    return tuple(
        event for event in events.read(store, label) if json.loads(event.detail).get("override_reason")
    )


def _document(store: Store, kind: type[_R], object_hash: str) -> _R | None:
    try:
        plain: Any = json.loads(store.objects.get(object_hash))
        return from_plain(kind, plain)
    except (MlopsError, ValueError):
        return None
