"""Gates of a model: each with what was asked, what is recorded, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..records import Approval, Event, GateDoc, GateReport, GateResult, GatesView
from . import words
from .layout import columns, folded
from .rendering import render, within

LIGHTS = {
    "passed": ("ok", "✓", "passed"),
    "failed": ("error", "✕", "failed"),
    "unknown": ("warning", "○", "not known"),
    "overridden": ("warning", "⚠", "overridden"),
}
STATES = {
    "requested": ("running", "approval requested"),
    "approved": ("ok", "✓ approved"),
    "rejected": ("error", "✕ rejected"),
    "withdrawn": ("", "withdrawn"),
}
_ROWS = (100, 30, 8)


@dataclass(frozen=True, slots=True)
class Light:
    """A gate with its colour, sign and word, and its evidence."""

    kind: str
    tone: str
    sign: str
    state: str
    asked: str
    found: str
    evidence: str
    next_step: str
    why: str
    only_warns: bool


def light(result: GateResult) -> Light:
    """Return a gate as a row; one that only warns is not red."""
    tone, sign, state = LIGHTS.get(result.state, ("", "○", words.line(result.state, 20)))
    only_warns = result.gate.severity == "warning"
    if only_warns and tone == "error":
        tone, sign = "warning", "⚠"
    return Light(
        words.line(result.gate.kind.replace("_", " "), 40), tone, sign, state,
        words.line(result.asked, 200), words.line(result.found, 240), words.line(result.evidence, 200),
        words.line(result.next_step, 240), words.line(result.gate.why, 200), only_warns,
    )  # fmt: skip


_ORDER = {"failed": 0, "unknown": 1, "overridden": 2, "passed": 3}


def ordered(report: GateReport) -> list[Light]:
    """Return the gates, those that hold a move back first; a next step is said once."""
    ranked = sorted(report.results, key=_urgency)
    found, told = [], set()
    for one in map(light, ranked):
        found.append(replace(one, next_step="") if one.next_step in told else one)
        told.add(one.next_step)
    return found


def _urgency(one: GateResult) -> tuple[bool, bool, int]:
    return one.state == "passed", one.gate.severity != "error", _ORDER.get(one.state, 1)


def pill(report: GateReport) -> tuple[str, str]:
    """Return colour and words of the answer."""
    if report.override is not None:
        return "warning", "⚠ overridden"
    if report.passed:
        return "ok", "✓ all gates pass"
    failed = any(one.state == "failed" and one.gate.severity == "error" for one in report.results)
    return ("error", "✕ held back") if failed else ("warning", "○ cannot be said yet")


def sentence(report: GateReport) -> str:
    """Return whether the version may move, and what holds it back."""
    if report.summary:
        return words.sentence(words.line(report.summary, 300))
    held = [one.gate.kind.replace("_", " ") for one in report.results if one.state not in ("passed",)]
    if report.passed or not held:
        return f"All {words.counted(len(report.results), 'gate')} pass."
    return words.sentence(
        f"{words.counted(len(held), 'gate')} of {len(report.results)} held back: {', '.join(held[:4])}"
    )


def approval(found: Approval | None, *, needed: bool) -> tuple[str, str, str] | None:
    """Return colour, words and detail of the approval; None where none is needed or was asked for."""
    if found is None:
        return ("", "no approval yet", "%request-approval asks for one") if needed else None
    tone, state = STATES.get(found.state, ("", words.line(found.state, 20)))
    who, when = (
        (found.decided_by, found.decided_at) if found.decided_by else (found.requested_by, found.requested_at)
    )
    said = [f"by {words.line(who, 40)}", words.when(when) if when else ""]
    said += [words.line(found.reason or found.request_note or "", 240)]
    return tone, state, " · ".join(part for part in said if part)


def _approval_of(report: GateReport) -> tuple[str, str, str] | None:
    """Return the approval as in ``approval``; one of other evidence allows no move, and says so."""
    found = approval(report.approval, needed=report.needs_approval)
    given = report.approval
    is_other = given is not None and given.state == "approved" and given.evidence_hash != report.evidence_hash
    # Once it is the champion, what is asked of it is another thing than what was approved.
    stands = report.champion == report.ref
    if found is None or report.evidence_hash is None or stands or not is_other:
        return found
    return "warning", "⚠ approved, but the evidence changed since", found[2]


def override(event: Event | None) -> str:
    """Return who moved a version past its gates, and why, from the event that keeps it."""
    if event is None:
        return ""
    reason = detail(event).get("reason") or detail(event).get("override_reason") or ""
    said = f"Gates overridden by {words.line(event.user_name, 40)}, {words.when(event.created_at)}"
    return words.sentence(f"{said}: {words.line(str(reason), 300)}" if reason else said)


def detail(event: Event) -> dict[str, object]:
    """Return the facts of an event, none where its text cannot be read."""
    import json

    try:
        found = json.loads(event.detail)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def html(report: GateReport) -> str:
    """Return the gates with their evidence as HTML."""
    twin = text(report, most=40)
    return within(
        lambda most: render(
            "gates", ("card", "table", "data", "models"), twin,
            ref=words.line(report.ref, 80), alias=words.line(report.alias, 40), pill=pill(report),
            sentence=sentence(report), lights=folded(ordered(report)[:most], 30, most),
            left=max(0, len(report.results) - most),
            approval=_approval_of(report),
            override=override(report.override), champion=words.line(report.champion or "", 60),
            when=words.when(report.created_at) if report.created_at else "",
        ),
        _ROWS,
    )  # fmt: skip


def text(report: GateReport, most: int = 100) -> str:
    """Return the gates as aligned lines, with what to do next under those that hold back."""
    ref, alias = words.line(report.ref, 80), words.line(report.alias, 40)
    lines = [f"{ref} → {alias}: {pill(report)[1]}", f"  {sentence(report)}"]
    lines += [f"  ⚠ {override(report.override)}"] if report.override else []
    lines += lights_text(report, most)
    found = _approval_of(report)
    return "\n".join([*lines, *([f"  {found[1]} · {found[2]}"] if found else [])])


def lights_text(report: GateReport, most: int) -> list[str]:
    """Return the gates alone as aligned lines."""
    shown = ordered(report)[:most]
    rows = columns([[f"{one.sign} {one.kind}", one.asked, one.found, one.evidence] for one in shown])
    lines = []
    for one, row in zip(shown, rows, strict=True):
        lines += [f"  {row}"] + ([f"      → {one.next_step}"] if one.next_step and one.tone != "ok" else [])
    left = len(report.results) - len(shown)
    return lines + ([f"  and {left:,} more gates"] if left > 0 else [])


# --- the document -----------------------------------------------------------------------------


def doc_sentence(view: GatesView) -> str:
    """Return what a move of this model needs."""
    doc = view.doc
    said = f"a move to {' or '.join(words.line(one, 30) for one in doc.protected[:4]) or 'no alias'} needs "
    said += words.counted(len(doc.gates), "gate")
    said += " and an approval" if doc.needs_approval else ", and no approval"
    said += " by somebody other than who asks" if doc.needs_approval and doc.four_eyes else ""
    return words.sentence(said + ("" if view.seq else "; these are the defaults"))


def _doc_rows(doc: GateDoc) -> list[tuple[str, str, str, str]]:
    rows = []
    for gate in doc.gates:
        limits = ", ".join(
            f"{words.line(key, 30)} {words.line(str(value), 60)}" for key, value in gate.limits
        )
        tone = "warning" if gate.severity == "warning" else ""
        rows.append((words.line(gate.kind.replace("_", " "), 40), limits, tone, words.line(gate.why, 200)))
    return rows


def _doc_foot(view: GatesView) -> str:
    said = [
        f"edition {view.seq}" if view.seq else "",
        words.line(view.user_name or "", 40),
        words.when(view.created_at) if view.created_at else "",
        f"approvers: {', '.join(words.line(one, 30) for one in view.doc.approvers[:8])}"
        if view.doc.approvers
        else "",
        words.line(view.path or "", 160),
    ]
    return " · ".join(part for part in said if part)


def doc_html(view: GatesView) -> str:
    """Return the gates of a model as HTML."""
    rows, yaml = _doc_rows(view.doc), view.text.splitlines()
    return within(
        lambda most: render(
            "gates_doc",
            ("table", "code", "data"),
            doc_text(view, 40),
            title=words.line(view.doc.model, 60),
            sentence=doc_sentence(view),
            rows=rows[:most],
            left=max(0, len(rows) - most),
            foot=_doc_foot(view),
            yaml=[words.line(one, 200) if not one.strip() else one[:200] for one in yaml[: most * 3]],
        ),
        _ROWS,
    )


def doc_text(view: GatesView, most: int = 100) -> str:
    """Return the gates of a model as aligned lines."""
    rows = _doc_rows(view.doc)
    lines = [f"{words.line(view.doc.model, 60)}: {doc_sentence(view)}"]
    cells = [[kind, limits, "warns only" if tone else "", why] for kind, limits, tone, why in rows[:most]]
    lines += [f"  {row}" for row in columns(cells)]
    lines += [f"  and {len(rows) - most:,} more"] if len(rows) > most else []
    return "\n".join([*lines, *([f"  {_doc_foot(view)}"] if _doc_foot(view) else [])])
