"""A contract as people read it, and two editions of it beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..records import ContractDiff, ContractView, Rule
from . import diff, words
from .layout import columns, folded
from .rendering import render, within

_STATES = {"accepted": "ok", "proposed": "neutral", "retired": ""}
_ROWS = (150, 60, 20, 6)
_MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A rule: what it asks, why, how many rows that rests on, how often it is expected to be wrong."""

    name: str
    severity: str
    asks: str
    reason: str
    support: str
    alarms: str
    example: str


def line(rule: Rule) -> Line:
    """Return a rule as short words."""
    return Line(
        name=words.line(rule.name, 60),
        severity=rule.severity,
        asks=asks(rule),
        reason=words.line(rule.reason, 200),
        support="" if rule.support is None else f"{rule.support:,}",
        alarms="" if rule.false_alarm_rate is None else words.percent(rule.false_alarm_rate),
        example=words.line(rule.example or "", 80),
    )


def asks(rule: Rule) -> str:
    """Return what a rule asks of its columns.

    Examples
    --------
    >>> asks(Rule("price is sane", "range", ("price",), {"min": 0, "max": 99.5}))
    'range of price: min 0, max 99.5'
    """
    named = ", ".join(words.line(name, 40) for name in rule.columns[:6])
    left = f" and {len(rule.columns) - 6} more" if len(rule.columns) > 6 else ""
    limits = ", ".join(_limit(key, value) for key, value in list(rule.limits.items())[:6])
    return f"{rule.kind}{' of ' + named + left if named else ''}{': ' + limits if limits else ''}"


def _limit(key: str, value: Any) -> str:
    name = words.line(key.replace("_", " "), 30)
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if isinstance(value, (int, float)):
        return f"{name} {words.number(float(value))}" if abs(value) < 1e300 else f"{name} {value}"
    if isinstance(value, (list, tuple)):
        shown = ", ".join(words.line(str(one), 24) for one in value[:5])
        return f"{name} {shown}" + (f" and {len(value) - 5:,} more" if len(value) > 5 else "")
    said = f"{len(value)} entries" if isinstance(value, Mapping) else str(value)
    return f"{name} {words.line(said, 60)}"


def sentence(view: ContractView) -> str:
    """Return how many rules there are, what they were learned from and how often they cry wolf."""
    rules = view.doc.rules
    n_warnings = sum(rule.severity == "warning" for rule in rules)
    said = words.counted(len(rules), "rule")
    said += f", {n_warnings} of them {'a warning' if n_warnings == 1 else 'warnings'}" if n_warnings else ""
    if view.doc.learned_from:
        said += f", learned from {', '.join(words.line(one, 40) for one in view.doc.learned_from[:4])}"
        left = len(view.doc.learned_from) - 4
        said += f" and {left} more" if left > 0 else ""
    rates = [
        rule.false_alarm_rate
        for rule in rules
        if rule.severity == "error" and rule.false_alarm_rate is not None
    ]
    if rates:
        wrong = 1 - math.prod(1 - min(1.0, max(0.0, rate)) for rate in rates)
        said += f"; about {words.percent(wrong)} of clean deliveries are expected to break one"
    return words.sentence(said)


def _title(view: ContractView) -> str:
    return words.line(view.ref or view.path or view.doc.dataset, 80)


def _about(view: ContractView) -> list[tuple[str, list[str]]]:
    made, accepted = view.contract, ""
    if made and made.accepted_at:
        accepted = f"{words.when(made.accepted_at)}{' by ' + made.accepted_by if made.accepted_by else ''}"
    rows = [
        ("About", view.doc.description), ("Owner", view.doc.owner),
        ("Note", (made.note or "") if made else ""),
        ("Accepted", accepted), ("Sensitive", ", ".join(view.doc.sensitive[:20])), ("File", view.path or ""),
    ]  # fmt: skip
    return [(title, [words.line(value, 240)]) for title, value in rows if value]


def html(view: ContractView) -> str:
    """Return a contract as HTML of bounded size."""
    twin = text(view, most=40)
    return within(lambda most: _html(view, twin, most), _ROWS)


def _html(view: ContractView, twin: str, most: int) -> str:
    state = view.contract.state if view.contract else ""
    yaml = [one[:300] for one in view.text.split("\n")][: min(_MOST_LINES, 2 * most)] if view.text else []
    return render(
        "contract",
        ("rows", "table", "code", "data"),
        twin,
        title=_title(view),
        pill=(_STATES.get(state, ""), state) if state else None,
        dataset=words.line(view.doc.dataset, 60),
        sentence=sentence(view),
        rules=folded([line(rule) for rule in view.doc.rules[:most]], 14, most),
        left=max(0, len(view.doc.rules) - most),
        about=_about(view),
        yaml=yaml,
    )


def text(view: ContractView, most: int = 400) -> str:
    """Return a contract as aligned lines."""
    state = f" · {view.contract.state}" if view.contract else ""
    cells = [
        [f"{r.name}{' (warns)' if r.severity == 'warning' else ''}", r.asks, r.reason, r.alarms]
        for r in map(line, view.doc.rules[:most])
    ]
    rows = columns(cells, right=[3], heads=["rule", "asks", "because", "false alarms"]) if cells else []
    left = [f"  and {len(view.doc.rules) - most:,} more rules"] if len(view.doc.rules) > most else []
    said = [f"{_title(view)}{state}", f"  {sentence(view)}", *(f"  {row}" for row in rows), *left]
    return "\n".join(
        said + [f"  {row}" for row in columns([[title.lower(), *parts] for title, parts in _about(view)])]
    )


# --- two editions -----------------------------------------------------------------------------


def diff_sentence(found: ContractDiff) -> str:
    """Return how many rules are new, gone and different."""
    counts = (
        (sum(one.before is None for one in found.rules), "new"),
        (sum(one.after is None for one in found.rules), "gone"),
        (sum(one.before is not None and one.after is not None for one in found.rules), "changed"),
    )
    said = [f"{words.counted(count, 'rule')} {word}" for count, word in counts if count]
    return words.sentence(", ".join(said) or "the same rules")


def _changes(found: ContractDiff, most: int) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Return name, state and colour of each rule that differs, and its lines as (sign, text)."""
    shown = []
    for one in found.rules[:most]:
        state, tone = (
            ("new", "better")
            if one.before is None
            else ("gone", "error")
            if one.after is None
            else ("changed", "warning")
        )
        shown.append((words.line(one.name, 60), state, tone, _beside(one.before, one.after)))
    return shown


def _beside(before: str | None, after: str | None) -> list[tuple[str, str]]:
    old, new = (
        (one or "").rstrip("\n").split("\n")[:12] if one is not None else [] for one in (before, after)
    )
    gone = [("-", words.line(one, 160)) for one in old if one not in new]
    return gone + [("+", words.line(one, 160)) for one in new if one not in old]


def diff_html(found: ContractDiff) -> str:
    """Return two editions of a contract as HTML of bounded size."""
    twin = diff_text(found, most=30)
    return within(
        lambda most: render(
            "contract_diff",
            ("table", "code", "data"),
            twin,
            title=_editions(found),
            sentence=diff_sentence(found),
            changes=_changes(found, most),
            left=max(0, len(found.rules) - most),
            lines=diff.lines(found.text_diff, 2 * most),
        ),
        _ROWS,
    )


def _editions(found: ContractDiff) -> str:
    return f"{words.line(found.before, 60)} → {words.line(found.after, 60)}"


def diff_text(found: ContractDiff, most: int = 400) -> str:
    """Return two editions of a contract as lines."""
    lines = [_editions(found), f"  {diff_sentence(found)}"]
    for name, state, _, shown in _changes(found, most):
        lines += [f"  {name}: {state}", *(f"    {sign} {said}" for sign, said in shown)]
    return "\n".join(lines)
