"""Approvals: somebody asks that a version may move to an alias, and somebody answers with a reason.

An approval rests on the evidence that the gates had then (``evidence_hash``, an object): when the evidence
changes, it must be asked for again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from .. import config
from ..errors import GatesFailed, NotFoundError, UsageError
from ..interrupts import uninterrupted
from ..records import (
    AliasMoved,
    Approval,
    ApprovalTable,
    ApprovalView,
    GateDoc,
    GateReport,
    Model,
    ModelVersion,
)
from ..store import Store, as_row, events, open_existing
from . import aliases, gates, reference, wording
from .gates.checking import ALIAS, newest_approval
from .reference import Registry

REQUESTED: Final = "approval.requested"
APPROVED: Final = "approval.approved"
REJECTED: Final = "approval.rejected"
WITHDRAWN: Final = "approval.withdrawn"
_MOST_SHOWN: Final = 50


def request_approval(
    ref: str, alias: str = ALIAS, *, note: str | None = None, registry: Registry = None
) -> ApprovalView:
    """Ask that a version may move to an alias; its gates must pass.

    A request that waits with the same evidence is left as it is; one with other evidence gives way.

    Parameters
    ----------
    ref
        The version: ``churn:4``, ``churn@challenger``; a name alone is its newest.
    alias
        The alias that it shall move to.
    note
        What the approver should know.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such version.
    GatesFailed
        If a gate does not pass; names each with what was found.
    UsageError
        If the version is archived.
    """
    store = open_existing(registry)
    model, version, word = _asked(store, ref, alias)
    with uninterrupted(), store.atomic():
        store.lock(f"model {model.name}")
        report, evidence_hash = _passed(store, model, version, word)
        waiting = newest_approval(store, version, word)
        if waiting is not None and waiting.state == "requested":
            if waiting.evidence_hash == evidence_hash:
                return _view(model, version, waiting, report)
            reason = "the evidence changed, and it was asked for again"
            _decide(store, model, version, waiting, "withdrawn", reason)
        made = Approval(
            id=config.new_id(),
            model_version_id=version.id,
            alias=word,
            state="requested",
            requested_at=config.now(),
            requested_by=config.user_name(),
            request_note=_clean(note),
            evidence_hash=evidence_hash,
        )
        store.insert("approvals", as_row(made))
        _remember(store, REQUESTED, model, version, made, {"note": made.request_note})
    return _view(model, version, made, report)


def approve(
    ref: str, reason: str, *, alias: str = ALIAS, move: bool = True, registry: Registry = None
) -> ApprovalView:
    """Approve the request that waits for a version, and move the alias to it.

    Parameters
    ----------
    ref
        The version: ``churn:4``.
    reason
        Why; kept with the name of who approved.
    alias
        The alias that was asked for.
    move
        Whether the alias moves at once; else :func:`~mlops_jupyter.models.set_alias` moves it later.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If no request waits.
    UsageError
        If there is no reason, or this user may not approve: no approver, or the one who asked where
        the gates want four eyes.
    GatesFailed
        If a gate does not pass any more, or the evidence is other than at the request.
    """
    store = open_existing(registry)
    model, version, word = _asked(store, ref, alias)
    said = _reason(reason, f"approve {ref} --reason 'why it may'")
    moved: AliasMoved | None = None
    with uninterrupted(), store.atomic():
        store.lock(f"model {model.name}")
        waiting = _waiting(store, model, version, word)
        _ensure_may_decide(gates.view(store, model).doc, waiting, is_approval=True)
        report, evidence_hash = _passed(store, model, version, word)
        if evidence_hash != waiting.evidence_hash:
            label = reference.label(model, version)
            raise GatesFailed(
                f"the evidence of {label} changed since {waiting.requested_by} asked on "
                f"{waiting.requested_at[:10]}; next: request-approval {label} --alias {word}",
                report,
            )
        decided = _decide(store, model, version, waiting, "approved", said)
        report = replace(report, approval=decided)
        if move:
            moved = aliases.move(store, model, version, word, report=report, approval=decided)
    view = _view(model, version, decided, report)
    return view if moved is None else replace(view, is_moved=True, moved_from=moved.previous)


def reject(ref: str, reason: str, *, alias: str = ALIAS, registry: Registry = None) -> ApprovalView:
    """Reject the request that waits for a version.

    Raises
    ------
    NotFoundError
        If no request waits.
    UsageError
        If there is no reason, or this user is no approver.
    """
    said = _reason(reason, f"reject {ref} --reason 'what is missing'")
    return _answered(ref, alias, "rejected", said, registry)


def withdraw(
    ref: str, reason: str | None = None, *, alias: str = ALIAS, registry: Registry = None
) -> ApprovalView:
    """Take back one's own request.

    Raises
    ------
    NotFoundError
        If no request waits.
    UsageError
        If somebody else made it.
    """
    return _answered(ref, alias, "withdrawn", _clean(reason), registry)


def approvals(
    name: str | None = None,
    *,
    waiting: bool = False,
    limit: int = _MOST_SHOWN,
    registry: Registry = None,
) -> ApprovalTable:
    """Return the requests that wait, longest first, and the newest answers.

    Parameters
    ----------
    name
        One model's; None for all.
    waiting
        Whether only those that wait are wanted.
    limit
        At most so many that wait, and so many answers.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such model.
    """
    store = open_existing(registry)
    where: dict[str, Any] = {}
    if name is not None:
        model = reference.find_model(store, name)
        ids = store.rows("model_versions", {"model_id": model.id}, columns=["id"])
        where["model_version_id"] = [row["id"] for row in ids]
    open_ = store.rows("approvals", where | {"state": "requested"}, order="requested_at, id")
    rows = open_[:limit]
    if not waiting:
        order = "decided_at desc, id desc"
        rows += store.rows("approvals", where | {"state !=": "requested"}, order=order, limit=limit)
    return ApprovalTable(tuple(_lines(store, [Approval(**row) for row in rows])), len(open_))


# --- parts --------------------------------------------------------------------------------------


def _asked(store: Store, ref: str, alias: str) -> tuple[Model, ModelVersion, str]:
    word = reference.check_alias(alias)
    model, version = reference.find_version(store, ref)
    return model, version, word


def _passed(store: Store, model: Model, version: ModelVersion, alias: str) -> tuple[GateReport, str]:
    """Return the report of a version that may be asked for, and its evidence."""
    if version.archived_at is not None:
        raise UsageError(f"{reference.label(model, version)} is archived ({version.archive_reason})")
    report, evidence_hash = gates.ask(store, model, version, alias)
    if not report.passed:
        raise GatesFailed(gates.refusal(report), report)
    return report, evidence_hash


def _waiting(store: Store, model: Model, version: ModelVersion, alias: str) -> Approval:
    where = {"model_version_id": version.id, "alias": alias, "state": "requested"}
    rows = store.rows("approvals", where, order="requested_at desc, id desc", limit=1)
    if rows:
        return Approval(**rows[0])
    label = reference.label(model, version)
    last = newest_approval(store, version, alias)
    if last is None:
        said = f"nobody asked for {label} to become @{alias}"
    else:
        by = last.decided_by or last.requested_by
        said = f"no request of {label} for @{alias} waits; the last one was {last.state} by {by}"
    raise NotFoundError(f"{said}; next: request-approval {label} --alias {alias}")


def _ensure_may_decide(doc: GateDoc, waiting: Approval, *, is_approval: bool) -> None:
    user = config.user_name()
    if doc.approvers and user not in doc.approvers:
        raise UsageError(f"{user} is no approver of {doc.model}; {', '.join(doc.approvers)} may answer")
    if is_approval and doc.four_eyes and user == waiting.requested_by:
        raise UsageError(
            f"{user} asked for this, and the gates of {doc.model} want four eyes; somebody else approves it"
        )


def _answered(ref: str, alias: str, state: Any, reason: str | None, registry: Registry) -> ApprovalView:
    """Answer a request without a move."""
    store = open_existing(registry)
    model, version, word = _asked(store, ref, alias)
    with uninterrupted(), store.atomic():
        store.lock(f"model {model.name}")
        waiting = _waiting(store, model, version, word)
        if state == "rejected":
            _ensure_may_decide(gates.view(store, model).doc, waiting, is_approval=False)
        elif config.user_name() != waiting.requested_by:
            raise UsageError(f"{waiting.requested_by} asked for this and may withdraw it; reject answers it")
        decided = _decide(store, model, version, waiting, state, reason)
    return _view(model, version, decided, gates.last_check(store, version))


def _decide(
    store: Store, model: Model, version: ModelVersion, waiting: Approval, state: Any, reason: str | None
) -> Approval:
    """Write the answer to a request that still waits, and its event."""
    answer = {
        "state": state,
        "decided_at": config.now(),
        "decided_by": config.user_name(),
        "reason": reason,
    }
    if store.update("approvals", answer, {"id": waiting.id, "state": "requested"}) != 1:
        raise UsageError(f"the request for {reference.label(model, version)} was answered meanwhile")
    decided = replace(waiting, **answer)
    _remember(store, f"approval.{state}", model, version, decided, {"reason": reason})
    return decided


def _remember(
    store: Store, kind: str, model: Model, version: ModelVersion, approval: Approval, said: dict[str, Any]
) -> None:
    detail = {
        "approval_id": approval.id,
        "alias": approval.alias,
        "requested_by": approval.requested_by,
        "evidence_hash": approval.evidence_hash,
        **{key: value for key, value in said.items() if value is not None},
    }
    events.append(store, kind=kind, subject=reference.label(model, version), detail=detail)


def _lines(store: Store, found: list[Approval]) -> list[ApprovalView]:
    rows = store.rows("model_versions", {"id": sorted({one.model_version_id for one in found})})
    versions = {row["id"]: ModelVersion(**row) for row in rows}
    rows = store.rows("models", {"id": sorted({one.model_id for one in versions.values()})})
    models = {row["id"]: Model(**row) for row in rows}
    lines = []
    for one in found:
        version = versions[one.model_version_id]
        lines.append(_view(models[version.model_id], version, one, None))
    return lines


def _view(model: Model, version: ModelVersion, approval: Approval, report: GateReport | None) -> ApprovalView:
    return ApprovalView(reference.label(model, version), approval, report)


def _reason(reason: str, example: str) -> str:
    said = _clean(reason)
    if said is None:
        raise UsageError(f"an answer needs a reason, which is kept; as in: {example}")
    return said


def _clean(text: str | None) -> str | None:
    return wording.cleaned(reason=text).get("reason") or None
