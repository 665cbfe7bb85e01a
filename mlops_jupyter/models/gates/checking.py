"""Every gate of a version with its evidence, and whether an alias may move to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ... import config
from ...errors import GatesFailed, UsageError
from ...records import (
    Approval,
    Gate,
    GateCheck,
    GateReport,
    GateResult,
    GatesView,
    Model,
    ModelVersion,
    from_plain,
    to_plain,
)
from ...store import Store, as_row, open_existing
from .. import reference
from ..reference import Registry
from . import of_facts, of_metrics
from .editions import view
from .evidence import Evidence, result

ALIAS: Final = "champion"

_ASK: Final[Mapping[str, Callable[[Gate, Evidence], GateResult]]] = {
    "contract": of_facts.contract,
    "metric": of_metrics.metric,
    "worst_slice": of_metrics.worst_slice,
    "fairness_ratio": of_metrics.fairness_ratio,
    "findings": of_facts.findings,
    "evaluation": of_facts.evaluation,
    "signature": of_facts.signature,
    "owner": of_facts.owner,
    "use_case": of_facts.use_case,
    "reproduced": of_facts.reproduced,
}


def check(ref: str, *, alias: str = ALIAS, registry: Registry = None) -> GateReport:
    """Ask every gate of a version, and keep the answer.

    Parameters
    ----------
    ref
        The version: ``churn:4``, ``churn@challenger``; a name alone is its newest.
    alias
        The alias that it would move to.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    GateReport
        Each gate with what was asked, what is recorded and where. ``passed`` needs every gate of
        severity ``error`` to pass; what is not recorded is ``unknown`` and does not.

    Raises
    ------
    NotFoundError
        If there is no such version.
    """
    store = open_existing(registry)
    word = reference.check_alias(alias)
    model, version = reference.find_version(store, ref)
    report, _ = ask(store, model, version, word)
    return report


def ask(store: Store, model: Model, version: ModelVersion, alias: str) -> tuple[GateReport, str]:
    """Return the report of a version with its approval, and the hash of the evidence alone.

    The evidence is kept as an object; the same evidence again is the same object, and no new check.
    """
    gates = view(store, model)
    bare = _report(store, model, version, alias, gates)
    text = json.dumps(to_plain(bare) | {"file": version.object_hash}, ensure_ascii=False, sort_keys=True)
    checked_at, evidence_hash = _kept(store, version, bare, text.encode())
    approval = newest_approval(store, version, alias)
    report = replace(bare, created_at=checked_at, approval=approval, evidence_hash=evidence_hash)
    return report, evidence_hash


def _kept(store: Store, version: ModelVersion, report: GateReport, body: bytes) -> tuple[str, str]:
    """Keep a report, and return since when its evidence is as it is, and the hash of that."""
    if store.why_read_only:  # who may only look still sees where the gates stand
        return config.now(), hashlib.sha256(body).hexdigest()
    evidence_hash = store.objects.put(body)
    where = {"model_version_id": version.id, "alias": report.alias}
    last = store.rows("gate_checks", where, order="created_at desc, id desc", limit=1)
    if last and last[0]["object_hash"] == evidence_hash:
        return str(last[0]["created_at"]), evidence_hash
    row = GateCheck(
        id=config.new_id(),
        model_version_id=version.id,
        created_at=config.now(),
        alias=report.alias,
        is_passed=int(report.passed),
        object_hash=evidence_hash,
        user_name=config.user_name(),
    )
    store.insert("gate_checks", as_row(row))
    return row.created_at, evidence_hash


def last_check(store: Store, version: ModelVersion, *, until: str | None = None) -> GateReport | None:
    """Return the newest report that was kept of a version, or the newest at a time; asks nothing anew."""
    where = {"model_version_id": version.id} | ({} if until is None else {"created_at <=": until})
    rows = store.rows("gate_checks", where, order="created_at desc, id desc", limit=1)
    if not rows:
        return None
    row = GateCheck(**rows[0])
    kept = from_plain(GateReport, json.loads(store.objects.get(row.object_hash)))
    approval = newest_approval(store, version, row.alias)
    return replace(kept, created_at=row.created_at, approval=approval, evidence_hash=row.object_hash)


def allow_move(
    store: Store, version: ModelVersion, alias: str, override_reason: str | None = None
) -> GateReport | None:
    """Return the report that lets an alias move to a version; None for an alias that nothing protects.

    Call it inside the :meth:`~Store.atomic` block of the move, so that nothing changes in between.

    Raises
    ------
    GatesFailed
        If a gate does not pass, or no approval rests on the present evidence; says which and what to do.
    UsageError
        If the reason for an override is empty, or its author is no approver.
    """
    model = Model(**store.rows("models", {"id": version.model_id})[0])
    with store.atomic():
        store.lock(f"model {model.name}")
        gates = view(store, model)
        if alias not in gates.doc.protected:
            return None
        report, evidence_hash = ask(store, model, version, alias)
    if override_reason is not None:
        return _overridden(report, gates, override_reason)
    if not report.passed:
        raise GatesFailed(refusal(report), report)
    if not gates.doc.needs_approval:
        return replace(report, approval=None)
    _ensure_approved(report, evidence_hash)
    return report


def refusal(report: GateReport) -> str:
    """Return in one line which gates stand in the way, and the next step of the first."""
    lacking = [one for one in report.results if is_lacking(one)]
    said = "; ".join(f"{one.asked}: {one.found}" for one in lacking)
    step = f"; next: {lacking[0].next_step}" if lacking[0].next_step else ""
    return f"{report.ref} may not become @{report.alias}: {said}{step}"


def is_lacking(result: GateResult) -> bool:
    """Return whether a gate that must pass does not."""
    return result.gate.severity == "error" and result.state not in ("passed", "overridden")


def newest_approval(store: Store, version: ModelVersion, alias: str) -> Approval | None:
    """Return the newest request for a version and an alias, whatever became of it."""
    where = {"model_version_id": version.id, "alias": alias}
    rows = store.rows("approvals", where, order="requested_at desc, id desc", limit=1)
    return Approval(**rows[0]) if rows else None


def _report(store: Store, model: Model, version: ModelVersion, alias: str, gates: GatesView) -> GateReport:
    known = Evidence(store, model, version, config.now())
    results = tuple(_ASK.get(gate.kind, _not_known)(gate, known) for gate in gates.doc.gates)
    lacking = [one for one in results if is_lacking(one)]
    champion = known.at_alias(alias)
    return GateReport(
        ref=known.label,
        alias=alias,
        passed=not lacking,
        results=results,
        summary=_summary(results, lacking),
        needs_approval=gates.doc.needs_approval and alias in gates.doc.protected,
        champion=None if champion is None else reference.label(model, champion),
    )


def _not_known(gate: Gate, known: Evidence) -> GateResult:
    """Answer for a gate that a newer version of this package wrote."""
    found = f"this version does not know the gate {gate.kind!r}"
    step = "upgrade the package, or edit the gates"
    return result(gate, "unknown", f"{gate.kind} of {known.label}", found, next_step=step)


def _summary(results: tuple[GateResult, ...], lacking: list[GateResult]) -> str:
    warned = sum(one.state != "passed" for one in results) - len(lacking)
    beside = f"; {warned} more warn" if warned else ""
    if not results:
        return "no gates: nothing is asked of a version"
    if not lacking:
        return f"all {len(results) - warned} gates that must pass do{beside}"
    failed = sum(one.state == "failed" for one in lacking)
    counts = [f"{failed} failed"] if failed else []
    counts += [f"{len(lacking) - failed} cannot be said yet"] if len(lacking) > failed else []
    return f"{' and '.join(counts)} of {len(results)} gates{beside}"


def _overridden(report: GateReport, gates: GatesView, reason: str) -> GateReport:
    user = config.user_name()
    if not reason.strip():
        raise UsageError("an override needs a reason; it stays on the version for ever")
    if gates.doc.approvers and user not in gates.doc.approvers:
        allowed = ", ".join(gates.doc.approvers)
        raise UsageError(f"{user} may not override the gates of {gates.doc.model}; {allowed} may")
    results = tuple(replace(one, state="overridden") if is_lacking(one) else one for one in report.results)
    failed = sum(one.state == "overridden" for one in results)
    said = "approval overridden" if not failed else "1 gate overridden"
    said = said if failed < 2 else f"{failed} gates overridden"
    # A request that still waits, or was rejected, is no approval of this move.
    return replace(report, results=results, summary=f"{said} by {user}: {reason.strip()}", approval=None)


def _ensure_approved(report: GateReport, evidence_hash: str) -> None:
    found = report.approval
    start = f"{report.ref} may not become @{report.alias}: "
    ask_for = f"request-approval {report.ref} --alias {report.alias}"
    if found is None or found.state == "withdrawn":
        raise GatesFailed(f"{start}all gates pass, and nobody approved it; next: {ask_for}", report)
    if found.state == "requested":
        waits = f"the request of {found.requested_by} of {found.requested_at[:10]} waits"
        raise GatesFailed(f"{start}{waits}; next: approve {report.ref} --reason …", report)
    if found.state == "rejected":
        raise GatesFailed(f"{start}{found.decided_by} rejected it: {found.reason}; next: {ask_for}", report)
    if found.evidence_hash != evidence_hash:
        old = f"{found.decided_by} approved it on {str(found.decided_at)[:10]}"
        raise GatesFailed(f"{start}the evidence changed since {old}; next: {ask_for}", report)
