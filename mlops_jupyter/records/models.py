"""The registry of models: versions with their evidence, aliases, approvals, gates, memory.

A record whose name is a table's has that table's columns as its fields. Documents (signatures,
gates, use cases) are records too, kept as JSON text in the column that the table record names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

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
