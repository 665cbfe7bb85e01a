"""The registry of models: versions with their evidence, aliases, approvals, gates, memory.

A record whose name is a table's has that table's columns as its fields. Documents (signatures,
gates, use cases) are records too, kept as JSON text in the column that the table record names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .evaluation import Estimate, Evaluation, EvaluationReport
from .runs import Finding
from .validation import Validation

ApprovalState = Literal["requested", "approved", "rejected", "withdrawn"]
GateState = Literal["passed", "failed", "unknown", "overridden"]


# --- tables -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model: a name over its versions."""

    id: str
    name: str
    created_at: str
    user_name: str | None = None
    description: str | None = None
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version. ``object_hash`` is the model's file, ``format`` the handler that wrote it.

    ``signature`` is a :class:`Signature` as JSON text; ``example_hash`` the object with the input
    example and its predictions (JSON); ``libraries`` the versions the model was trained with (JSON).
    ``unsafe_reason`` says who asked for a format that can run code when opened, and why.
    ``data_version_id`` is the content it was fitted on, where that was given and not found in its run.
    """

    id: str
    model_id: str
    number: int
    created_at: str
    object_hash: str
    size_bytes: int
    format: str
    class_name: str
    signature: str
    user_name: str | None = None
    run_id: str | None = None
    artifact_path: str | None = None
    example_hash: str | None = None
    environment_id: str | None = None
    libraries: str | None = None
    params: str | None = None
    note: str | None = None
    owner: str | None = None
    licence: str | None = None
    intended_use: str | None = None
    limits: str | None = None
    unsafe_reason: str | None = None
    archived_at: str | None = None
    archive_reason: str | None = None
    data_version_id: str | None = None


@dataclass(frozen=True, slots=True)
class ModelAlias:
    """The version that a name such as ``champion`` points to now; events hold what it was before."""

    model_id: str
    alias: str
    number: int
    set_at: str
    user_name: str | None = None
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A request to move a version to an alias, and the answer; it rests on the gates' ``evidence_hash``."""

    id: str
    model_version_id: str
    alias: str
    state: ApprovalState
    requested_at: str
    requested_by: str
    request_note: str | None = None
    decided_at: str | None = None
    decided_by: str | None = None
    reason: str | None = None
    evidence_hash: str | None = None


@dataclass(frozen=True, slots=True)
class ModelDoc:
    """One edition of a document about a model: ``kind`` is ``gates`` or ``usecase``; JSON text."""

    model_id: str
    kind: str
    seq: int
    document: str
    created_at: str
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class GateCheck:
    """Gates that were asked for a version: the whole report is the object ``object_hash``."""

    id: str
    model_version_id: str
    created_at: str
    alias: str
    is_passed: int
    object_hash: str
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class KpiValue:
    """One value of a business figure. ``value`` is None where nobody could say; ``time`` is when it held."""

    model_id: str
    key: str
    seq: int
    time: str
    value: float | None
    created_at: str
    number: int | None = None
    note: str | None = None
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the memory. ``hash`` covers every other field and ``previous_hash``: a chain.

    ``kind`` is a verb in the past (``model.registered``, ``alias.moved``, ``approval.approved``),
    ``subject`` what it is about (``churn``, ``churn:4``), ``detail`` its facts as JSON text.
    """

    seq: int
    id: str
    created_at: str
    user_name: str
    kind: str
    subject: str
    detail: str
    previous_hash: str
    hash: str


# --- documents --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a signature. ``kind`` is the profile's word; ``shape`` is for arrays (-1: any number)."""

    name: str
    kind: str
    dtype: str
    is_nullable: bool = False
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """What goes into a model and what comes out of it, from the data it was fitted on.

    ``container`` is ``frame``, ``array`` or ``texts``; ``method`` the call the outputs belong to.
    """

    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...] = ()
    container: str = "frame"
    method: str = "predict"
    target: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a move. ``kind`` names the check, ``limits`` its figures (see ``models/gates``)."""

    kind: str
    limits: tuple[tuple[str, Any], ...] = ()
    severity: Literal["error", "warning"] = "error"
    why: str = ""


@dataclass(frozen=True, slots=True)
class GateDoc:
    """The gates of a model: what a move to a protected alias needs."""

    model: str
    gates: tuple[Gate, ...] = ()
    protected: tuple[str, ...] = ("champion",)
    needs_approval: bool = True
    four_eyes: bool = False
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stakeholder:
    """Who is concerned: a name or a group, and how."""

    name: str
    concern: str = ""


@dataclass(frozen=True, slots=True)
class UseCaseDoc:
    """Why a model exists. Empty text is ``not said``.

    ``success_measure`` is the business figure, ``model_metric`` the metric that stands for it,
    ``relation`` how one maps to the other, ``acceptable`` the level from which it is good enough.
    """

    model: str
    pain_point: str = ""
    concerned: str = ""
    decision: str = ""
    success_measure: str = ""
    model_metric: str = ""
    relation: str = ""
    acceptable: str = ""
    acceptable_value: float | None = None
    owner: str = ""
    contact: str = ""
    stakeholders: tuple[Stakeholder, ...] = ()
    feedback: str = ""
    out_of_scope: str = ""


# --- views ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One row of the list of models."""

    name: str
    versions: int
    newest: int
    created_at: str
    aliases: tuple[tuple[str, int], ...] = ()
    metric: str | None = None
    value: Estimate | None = None
    owner: str | None = None
    waiting: int = 0
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ModelTable:
    """``%models``: the registered models. ``total`` counts those behind a limit too."""

    lines: tuple[ModelLine, ...]
    total: int
    waiting: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One row of the list of a model's versions."""

    number: int
    created_at: str
    class_name: str
    size_bytes: int
    aliases: tuple[str, ...] = ()
    metric: str | None = None
    value: Estimate | None = None
    gates: GateState | None = None
    approval: ApprovalState | None = None
    run_number: int | None = None
    user_name: str | None = None
    note: str | None = None
    archived_at: str | None = None


@dataclass(frozen=True, slots=True)
class ModelView:
    """``%models churn``: one model with its versions, newest first."""

    model: Model
    lines: tuple[VersionLine, ...]
    total: int
    aliases: tuple[ModelAlias, ...] = ()
    use_case: UseCaseDoc | None = None
    waiting: tuple[tuple[int, Approval], ...] = ()


@dataclass(frozen=True, slots=True)
class VersionData:
    """A content that a version's run used, by role; ``ref`` is its name and number where it was saved."""

    role: str
    name: str
    version_id: str
    n_rows: int
    n_columns: int
    ref: str | None = None
    source_uri: str | None = None


@dataclass(frozen=True, slots=True)
class InputExample:
    """Some rows that the model was shown and what it answered, as JSON-ready rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    predictions: tuple[Any, ...]
    method: str = "predict"


@dataclass(frozen=True, slots=True)
class VersionView:
    """``%models churn:4``: everything that is known of one version."""

    name: str
    version: ModelVersion
    signature: Signature
    aliases: tuple[str, ...] = ()
    run_number: int | None = None
    experiment: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    data: tuple[VersionData, ...] = ()
    example: InputExample | None = None
    evaluations: tuple[Evaluation, ...] = ()
    evaluation: EvaluationReport | None = None
    validations: tuple[Validation, ...] = ()
    findings: tuple[Finding, ...] = ()
    gates: GateReport | None = None
    approvals: tuple[Approval, ...] = ()
    overrides: tuple[Event, ...] = ()
    git_commit: str | None = None
    python: str | None = None
    packages: tuple[tuple[str, str], ...] = ()
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class VersionChange:
    """One thing that differs between two versions: ``part`` is ``params``, ``data``, ``metrics``, …."""

    part: str
    name: str
    before: str
    after: str
    note: str = ""
    is_better: bool | None = None


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """``%compare churn:3 churn:4``: what differs, and whether the later one is better beyond noise.

    ``same_rows`` says whether both were evaluated on one content, so that the metrics compare.
    """

    before: VersionView
    after: VersionView
    changes: tuple[VersionChange, ...]
    same_rows: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate with its evidence: what was asked, what is recorded, and where it stands."""

    gate: Gate
    state: GateState
    asked: str
    found: str
    evidence: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class GateReport:
    """``%gates churn:4``: every gate with its evidence. ``passed`` needs every error gate to pass."""

    ref: str
    alias: str
    passed: bool
    results: tuple[GateResult, ...]
    summary: str
    needs_approval: bool = True
    approval: Approval | None = None
    override: Event | None = None
    created_at: str = ""
    champion: str | None = None


@dataclass(frozen=True, slots=True)
class GatesView:
    """The gates of a model as a document, ready to be shown; ``seq`` is its edition, 0 for the defaults."""

    doc: GateDoc
    seq: int = 0
    created_at: str | None = None
    user_name: str | None = None
    text: str = ""
    path: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A request or a decision, ready to be shown."""

    ref: str
    approval: Approval
    report: GateReport | None = None
    is_moved: bool = False
    moved_from: int | None = None


@dataclass(frozen=True, slots=True)
class ApprovalTable:
    """Requests that wait, and the newest decisions."""

    lines: tuple[ApprovalView, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class AliasMoved:
    """An alias points to another version; ``previous`` is None for a new one."""

    model: str
    alias: str
    number: int
    previous: int | None
    report: GateReport | None = None
    approval: Approval | None = None
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reign:
    """From when until when an alias pointed to a version, and who approved it."""

    alias: str
    number: int
    since: str
    until: str | None = None
    moved_by: str | None = None
    approved_by: str | None = None
    reason: str | None = None
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelHistory:
    """``%history churn``: the events and the reigns; ``at`` a moment: what held then.

    ``then`` holds the versions that aliases pointed to at ``at``.
    """

    model: str
    events: tuple[Event, ...]
    reigns: tuple[Reign, ...]
    at: str | None = None
    then: tuple[tuple[str, VersionView], ...] = ()
    used_where: tuple[str, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class AuditReport:
    """``mlops audit verify``: whether the chain of events is whole, and what is wrong with it."""

    n_events: int
    is_whole: bool
    problems: tuple[str, ...] = ()
    head_hash: str = ""
    first_at: str | None = None
    last_at: str | None = None
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class KpiRelation:
    """How a business figure moved with a model metric: rank correlation with its interval."""

    key: str
    metric: str
    estimate: Estimate
    n: int
    verdict: str


@dataclass(frozen=True, slots=True)
class UseCaseView:
    """A use case with its KPI values over time and their measured relation to the model's metric."""

    doc: UseCaseDoc
    seq: int = 0
    created_at: str | None = None
    user_name: str | None = None
    kpis: tuple[KpiValue, ...] = ()
    relations: tuple[KpiRelation, ...] = ()
    missing: tuple[str, ...] = ()
    path: str | None = None


@dataclass(frozen=True, slots=True)
class CardField:
    """One line of a model card; ``value`` None is ``not measured``, ``source`` where it is recorded."""

    name: str
    value: str | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class CardSection:
    """One part of a model card."""

    key: str
    title: str
    fields: tuple[CardField, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """``%card churn:4``: filled from recorded facts only. ``view`` and ``use_case`` are what it rests on."""

    ref: str
    title: str
    audience: Literal["everyone", "outsiders"]
    sections: tuple[CardSection, ...]
    view: VersionView
    use_case: UseCaseDoc | None = None
    reigns: tuple[Reign, ...] = ()
    created_at: str = ""
    n_measured: int = 0
    n_fields: int = 0
