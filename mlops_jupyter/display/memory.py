"""What is remembered of a model: reigns and events, what held at a moment, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import AuditReport, Event, ModelHistory, Reign, VersionView
from . import gates, interval, version, words
from .layout import columns
from .reigns import seconds, timeline
from .rendering import render, within

_ROWS = (100, 40, 12, 4)
_CONTENT = "mj1:"  # how the hash of a content begins
_QUIET = {"hash", "id", "path", "report", "document"}


def sentence(history: ModelHistory) -> str:
    """Return what held at the moment that was asked for, or who reigns now and since when."""
    name = words.line(history.model, 60)
    if history.at:
        at = words.line(history.at, 40) if len(history.at) <= 10 else words.when(history.at)
        if not history.then:
            return f"At {at} no alias of {name} pointed to a version."
        said = ", ".join(
            f"{words.line(alias, 30)} was {version.ref(view)}" for alias, view in history.then[:4]
        )
        return words.sentence(f"at {at} {said}")
    reign = next((one for one in reversed(history.reigns) if one.alias == "champion" and not one.until), None)
    events = words.counted(history.total or len(history.events), "event")
    if reign is None:
        return f"{name} has no champion; {events} remembered."
    return f"Version {reign.number} is champion since {words.when(reign.since)}; {events} remembered."


def event(one: Event) -> tuple[str, str, str, str, str]:
    """Return when, who, what, about what, and the facts, of an event."""
    said = [
        f"{words.line(key, 24).replace('_', ' ')} {_fact(value)}"
        for key, value in gates.detail(one).items()
        if not _is_quiet(key) and value not in (None, "", [], {})
    ]
    what = words.line(one.kind, 40).replace(".", " ").replace("_", " ")
    return (
        words.when(one.created_at), words.line(one.user_name, 40), what, words.line(one.subject, 60),
        words.line(" · ".join(said[:6]), 240),
    )  # fmt: skip


def _is_quiet(key: str) -> bool:
    """Tell whether a fact of an event says nothing to people: an id, a hash, a whole document."""
    return key in _QUIET or key.endswith(("_id", "_hash"))


def _fact(value: object) -> str:
    """Return a fact of an event as words; what is nested one level deep is listed."""
    if isinstance(value, dict):
        parts = [f"{words.line(str(key), 24)} {_fact(some)}" for key, some in list(value.items())[:4]]
        return words.line(", ".join(parts), 120)
    if isinstance(value, list):
        return words.line(", ".join(str(some) for some in value[:4]), 80)
    if isinstance(value, float):
        return words.number(value)
    said = str(value)
    if "T" in said and seconds(said) is not None:
        return words.when(said)
    return words.line(said, 12 if said.startswith(_CONTENT) else 80)


def reign(one: Reign) -> tuple[str, str, str, str]:
    """Return which version, from when until when, by whom, and why."""
    until = words.when(one.until) if one.until else "now"
    who = [f"moved by {words.line(one.moved_by, 40)}" if one.moved_by else ""]
    unseen = "nobody approved it" if one.alias == "champion" else ""
    who += [f"approved by {words.line(one.approved_by, 40)}" if one.approved_by else unseen]
    forced = f"gates overridden: {words.line(one.override_reason, 160)}" if one.override_reason else ""
    why = forced or words.line(one.reason or "", 160)
    return (
        f"@{words.line(one.alias, 30)} version {one.number}", f"{words.when(one.since)} to {until}",
        ", ".join(part for part in who if part), why,
    )  # fmt: skip


def then(alias: str, view: VersionView) -> tuple[str, list[tuple[str, list[str]]]]:
    """Return what is known of a version that an alias pointed to, in the order people ask."""
    metric = view.evaluation.primary if view.evaluation and view.evaluation.metrics else None
    how = {
        name: said
        for name, said in version.rows(view)
        if name in ("Model", "Run", "Data", "Code", "Made with", "By")
    }
    rows: list[tuple[str, list[str]]] = [
        (name, how[name]) for name in ("Model", "Run", "Data", "Code", "Made with") if name in how
    ]
    if metric:
        rows.insert(1, ("How good", [f"{words.line(metric.name, 30)} {interval.said(metric.estimate)}"]))
    approved = [found for one in view.approvals if (found := gates.approval(one, needed=False))]
    rows += [("By", how["By"])] if "By" in how else []
    rows += [("Approval", [f"{state} {said}" for _, state, said in approved[:3]])] if approved else []
    return f"@{words.line(alias, 30)} → {version.ref(view)}", rows


def _used(history: ModelHistory) -> list[str]:
    return [words.line(one, 120) for one in history.used_where[:12]]


def html(history: ModelHistory) -> str:
    """Return the memory of a model as HTML of bounded size."""
    twin = text(history, 30)
    until = max((one.created_at for one in history.events), default=None)
    return within(
        lambda most: render(
            "memory", ("rows", "table", "code", "data", "models"), twin, name=words.line(history.model, 60),
            sentence=sentence(history), picture=timeline(history.reigns, until, history.at),
            then=[then(alias, view) for alias, view in history.then[:4]], used=_used(history),
            reigns=[reign(one) for one in reversed(history.reigns[-most:])],
            events=[event(one) for one in history.events[:most]],
            left=max(0, (history.total or len(history.events)) - len(history.events[:most])),
        ),
        _ROWS,
    )  # fmt: skip


def text(history: ModelHistory, most: int = 100) -> str:
    """Return the memory of a model as aligned lines."""
    lines = [f"{words.line(history.model, 60)}: {sentence(history)}"]
    for alias, view in history.then[:4]:
        title, rows = then(alias, view)
        lines += [f"  {title}", *_indented([[name.lower(), " · ".join(said)] for name, said in rows])]
    lines += [f"  used: {' · '.join(_used(history))}"] if history.used_where else []
    lines += _indented([list(reign(one)) for one in reversed(history.reigns[-most:])], "  ")
    lines += ["  events"] if history.events else []
    lines += _indented([list(event(one)) for one in history.events[:most]])
    left = (history.total or len(history.events)) - len(history.events[:most])
    return "\n".join(lines + ([f"    and {left:,} more events"] if left > 0 else []))


def _indented(cells: Sequence[Sequence[str]], by: str = "    ") -> list[str]:
    return [f"{by}{row}" for row in columns(cells)]


# --- the chain --------------------------------------------------------------------------------


def audit_sentence(report: AuditReport) -> str:
    """Return whether anything was altered."""
    if not report.is_whole:
        return f"The memory was altered: {words.counted(len(report.problems), 'problem')} found."
    if not report.n_events:
        return "The memory is empty."
    events = words.counted(report.n_events, "event")
    said = f"the memory is whole: {events}, each with the hash of the one before"
    return words.sentence(said + ("; the anchor is among them" if report.anchor else ""))


def _audit_rows(report: AuditReport) -> list[tuple[str, list[str]]]:
    found = [
        ("First", [words.moment(report.first_at) if report.first_at else ""]),
        ("Last", [words.moment(report.last_at) if report.last_at else ""]),
        ("Head", [words.line(report.head_hash, 64)]),
        ("Anchor", [words.line(report.anchor or "", 64)]),
    ]
    return [(name, said) for name, said in found if any(said)]


def audit_html(report: AuditReport) -> str:
    """Return whether the chain is whole as HTML."""
    problems = [("error", "✕", words.line(one, 300)) for one in report.problems]
    return within(
        lambda most: render(
            "audit",
            ("rows", "card", "table", "data", "models"),
            audit_text(report, 40),
            is_whole=report.is_whole,
            sentence=audit_sentence(report),
            problems=problems[:most],
            left=max(0, len(problems) - most),
            rows=_audit_rows(report),
        ),
        _ROWS,
    )


def audit_text(report: AuditReport, most: int = 200) -> str:
    """Return whether the chain is whole as lines."""
    lines = [f"{'✓' if report.is_whole else '✕'} {audit_sentence(report)}"]
    lines += [f"  ✕ {words.line(one, 300)}" for one in report.problems[:most]]
    left = len(report.problems) - most
    lines += [f"  and {left:,} more"] if left > 0 else []
    return "\n".join(lines + _indented([[name.lower(), *said] for name, said in _audit_rows(report)], "  "))
