"""Requests and decisions about moves, and the move of an alias."""

from __future__ import annotations

from ..records import AliasMoved, ApprovalTable, ApprovalView
from . import gates, words
from .layout import columns, folded
from .rendering import render, within

_ROWS = (60, 20, 6)


def sentence(view: ApprovalView) -> str:
    """Return what was asked or decided, and what it changed."""
    one, ref = view.approval, words.line(view.ref, 60)
    alias, asked = words.line(one.alias, 30), words.line(one.requested_by, 40)
    who = words.line(one.decided_by or "", 40)
    if one.state == "requested":
        return f"{ref} waits to become {alias}, asked by {asked}."
    if one.state == "approved":
        said = f"{who} approved {ref} as {alias}"
        if view.is_moved:
            before = f" in place of version {view.moved_from}" if view.moved_from is not None else ""
            said += f"; it is {alias} now{before}"
        return words.stopped(said)
    if one.state == "rejected":
        return f"{who} rejected {ref} as {alias}."
    return f"The request for {ref} was withdrawn."


def rows(view: ApprovalView) -> list[tuple[str, list[str]]]:
    """Return who asked and decided, when and why, and the evidence it rests on."""
    one = view.approval
    found = (
        (
            "Asked",
            [
                words.line(one.requested_by, 40),
                words.when(one.requested_at),
                words.line(one.request_note or "", 240),
            ],
        ),
        (
            "Decided",
            [
                words.line(one.decided_by or "", 40),
                words.when(one.decided_at) if one.decided_at else "",
                words.line(one.reason or "", 300),
            ],
        ),
        ("Evidence", [words.line(one.evidence_hash or "", 12)]),
    )
    return [(name, [said for said in some if said]) for name, some in found if any(some)]


def html(view: ApprovalView) -> str:
    """Return a request or decision as HTML."""
    tone, state = gates.STATES.get(view.approval.state, ("", words.line(view.approval.state, 20)))
    report = view.report
    return render(
        "approval",
        ("rows", "card", "table", "code", "data", "models"),
        text(view),
        ref=words.line(view.ref, 60),
        alias=words.line(view.approval.alias, 30),
        tone=tone,
        state=state,
        sentence=sentence(view),
        rows=rows(view),
        gates=report
        and {
            "pill": gates.pill(report),
            "sentence": gates.sentence(report),
            "lights": folded(gates.ordered(report)[:40], 12, 40),
        },
        next_step=_next(view),
    )


def _next(view: ApprovalView) -> str:
    return f"%approve {words.line(view.ref, 60)} --reason …" if view.approval.state == "requested" else ""


def text(view: ApprovalView) -> str:
    """Return a request or decision as aligned lines."""
    lines = [sentence(view)]
    lines += [f"  {row}" for row in columns([[name.lower(), " · ".join(some)] for name, some in rows(view)])]
    if view.report:
        lines += [f"  {gates.pill(view.report)[1]}", *gates.lights_text(view.report, 40)]
    return "\n".join(lines + ([f"  next: {_next(view)}"] if _next(view) else []))


# --- the list ---------------------------------------------------------------------------------


def table_sentence(table: ApprovalTable) -> str:
    """Return how many requests wait."""
    if not table.lines:
        return "No request. %request-approval churn:4 asks for a move."
    return f"{words.counted(table.waiting, 'request waits', 'requests wait')} for an answer."


def _line(view: ApprovalView) -> tuple[str, str, str, str, str, str, str]:
    one = view.approval
    tone, state = gates.STATES.get(one.state, ("", words.line(one.state, 20)))
    asked = f"{words.line(one.requested_by, 40)}, {words.when(one.requested_at)}"
    decided = (
        f"{words.line(one.decided_by, 40)}, {words.when(one.decided_at or '')}" if one.decided_by else ""
    )
    reason = words.line(one.reason or one.request_note or "", 160)
    return words.line(view.ref, 60), words.line(one.alias, 30), tone, state, asked, decided, reason


def table_html(table: ApprovalTable) -> str:
    """Return requests and decisions as HTML of bounded size."""
    return within(
        lambda most: render(
            "approvals", ("table", "data"), table_text(table, 20), sentence=table_sentence(table),
            lines=[_line(one) for one in table.lines[:most]], left=max(0, len(table.lines) - most),
            tone="warning" if table.waiting else "",
        ),
        _ROWS,
    )  # fmt: skip


def table_text(table: ApprovalTable, most: int = 100) -> str:
    """Return requests and decisions as aligned lines."""
    cells = [
        [f"{ref} → {alias}", state, asked, decided, reason]
        for ref, alias, _, state, asked, decided, reason in map(_line, table.lines[:most])
    ]
    heads = ["version", "state", "asked", "decided", "reason"]
    rows = columns(cells, heads=heads) if cells else []
    left = len(table.lines) - len(cells)
    return "\n".join([table_sentence(table), *rows, *([f"and {left:,} more"] if left > 0 else [])])


# --- a move -----------------------------------------------------------------------------------


def moved_sentence(moved: AliasMoved) -> str:
    """Return which version an alias points to now, and which it pointed to before."""
    model, alias = words.line(moved.model, 60), words.line(moved.alias, 30)
    before = f", before it was version {moved.previous}" if moved.previous is not None else ", a new alias"
    return f"{model}@{alias} is version {moved.number} now{before}."


def moved_html(moved: AliasMoved) -> str:
    """Return the move of an alias as HTML."""
    report = moved.report
    return render(
        "moved", ("rows", "card", "table", "code", "data", "models"), moved_text(moved),
        ref=f"{words.line(moved.model, 60)}:{moved.number}", alias=words.line(moved.alias, 30),
        sentence=moved_sentence(moved), tone="warning" if moved.override_reason else "ok",
        override=words.line(moved.override_reason or "", 300),
        approval=gates.approval(moved.approval, needed=False),
        gates=report and {"pill": gates.pill(report), "lights": folded(gates.ordered(report)[:40], 12, 40)},
    )  # fmt: skip


def moved_text(moved: AliasMoved) -> str:
    """Return the move of an alias as lines."""
    lines = [moved_sentence(moved)]
    lines += (
        [f"  ⚠ gates overridden: {words.line(moved.override_reason, 300)}"] if moved.override_reason else []
    )
    found = gates.approval(moved.approval, needed=False)
    lines += [f"  {found[1]} {found[2]}"] if found else []
    return "\n".join(lines + (gates.lights_text(moved.report, 40) if moved.report else []))
