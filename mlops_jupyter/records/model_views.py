"""The registry of models as people see it: what the tables and documents of ``models`` say together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .deploy import Export
from .evaluation import Estimate, Evaluation, EvaluationReport
from .lineage import Reproduction
from .models import (
    Approval,
    ApprovalState,
    Event,
    Gate,
    GateDoc,
    GateState,
    KpiValue,
    Model,
    ModelAlias,
    ModelVersion,
    Signature,
    UseCaseDoc,
)
from .runs import Finding
from .validation import Validation


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
    """``%models churn:4``: everything that is known of one version.

    ``reproduced`` is the last time that its run was made again, ``exports`` are newest first.
    """

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
    reproduced: Reproduction | None = None
    exports: tuple[Export, ...] = ()


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
    evidence_hash: str | None = None


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
