"""A contract as people read it: what is asked of the whole table, then one line per column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..records import ContractDoc, ContractView, Rule
from . import words
from .layout import columns, folded
from .rendering import render, within
from .rule import WARNS, is_usual_name, learned, rule_words, short

_STATES = {"accepted": "ok", "proposed": "neutral", "retired": ""}
_ROWS = (150, 60, 20, 6)
_MOST_LINES = 300
_SHOWN = 24
_HEADS = ("column", "type", "values", "missing", "distribution")


@dataclass(frozen=True, slots=True)
class Line:
    """A rule: what it asks, why, how many rows that rests on, how often it is expected to be wrong."""

    name: str
    kind: str
    severity: str
    asks: str
    short: str
    reason: str
    support: str
    alarms: str
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rules of one column: its type, its values, what may be missing, its distribution."""

    name: str
    type: str
    values: tuple[Line, ...]
    missing: tuple[Line, ...]
    distribution: tuple[Line, ...]
    alarms: str


def line(rule: Rule, like: str = "") -> Line:
    """Return a rule as short words; ``like`` is what a distribution was learned from."""
    return Line(
        name=words.line(rule.name, 60),
        kind=rule.kind,
        severity=rule.severity,
        asks=rule_words(rule, like),
        short=_named(rule, short(rule)),
        reason=words.line(rule.reason, 200),
        support="" if rule.support is None else f"{rule.support:,}",
        alarms="" if rule.false_alarm_rate is None else words.percent(rule.false_alarm_rate),
        example=words.line(rule.example or "", 80),
    )


def _named(rule: Rule, said: str) -> str:
    """Return words of a rule, with its name where somebody gave it one."""
    return said if is_usual_name(rule) else f"{words.line(rule.name, 40)}: {said}"


def grouped(doc: ContractDoc) -> tuple[list[Line], list[Group]]:
    """Return the rules of the whole table, and those of each column together."""
    whole: list[Line] = []
    by_column: dict[str, list[Rule]] = {}
    for rule in doc.rules:
        if len(rule.columns) == 1 and rule.kind != "columns":
            by_column.setdefault(rule.columns[0], []).append(rule)
        else:
            made = line(rule, learned(doc))
            whole.append(replace(made, short=_named(rule, made.asks)))
    return whole, [_group(name, rules) for name, rules in by_column.items()]


def _group(name: str, rules: Sequence[Rule]) -> Group:
    parts: dict[str, list[Line]] = {"type": [], "required": [], "distribution": [], "values": []}
    for rule in rules:
        parts[rule.kind if rule.kind in parts else "values"].append(line(rule))
    chance = _chance(rules)
    return Group(
        name=words.line(name, 48),
        type=" or ".join(one.short.removeprefix("a ") for one in parts["type"]),
        values=tuple(parts["values"]),
        missing=tuple(parts["required"]),
        distribution=tuple(parts["distribution"]),
        alarms="" if chance is None else words.percent(chance),
    )


def _chance(rules: Sequence[Rule]) -> float | None:
    """Return which share of clean versions is expected to break one of some rules, each on its own."""
    rates = [rule.false_alarm_rate for rule in rules if rule.false_alarm_rate is not None]
    return 1 - math.prod(1 - min(1.0, max(0.0, rate)) for rate in rates) if rates else None


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
    wrong = _chance([rule for rule in rules if rule.severity == "error"])
    if wrong is not None:
        share = words.percent(wrong)
        few = f"fewer than {share[2:]}" if share.startswith("<") else f"about {share}"
        said += f"; {few} of clean deliveries are expected to break one"
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
    whole, groups = grouped(view.doc)
    yaml = [one[:300] for one in view.text.split("\n")][: min(_MOST_LINES, 2 * most)] if view.text else []
    return render(
        "contract",
        ("rows", "table", "code", "data"),
        twin,
        title=_title(view),
        pill=(_STATES.get(state, ""), state) if state else None,
        dataset=words.line(view.doc.dataset, 60),
        sentence=sentence(view),
        whole=whole[:most],
        groups=folded(groups[: _SHOWN + most], _SHOWN, most),
        left=max(0, len(groups) - _SHOWN - most),
        spread=_like(view.doc) if any(one.distribution for one in groups) else "",
        has_missing=any(one.missing for one in groups),
        alarms=len({one.alarms for one in groups}) > 1,
        warns=any(rule.severity == "warning" for rule in view.doc.rules),
        rules=[line(rule, learned(view.doc)) for rule in view.doc.rules[: 2 * most]],
        left_rules=max(0, len(view.doc.rules) - 2 * most),
        about=_about(view),
        yaml=yaml,
    )


def _like(doc: ContractDoc) -> str:
    like = words.line(learned(doc), 40)
    return f"Distribution like {like}" if like else "Distribution"


def text(view: ContractView, most: int = 400) -> str:
    """Return a contract as aligned lines: the whole table, then one line per column."""
    state = f" · {view.contract.state}" if view.contract else ""
    whole, groups = grouped(view.doc)
    cells = [
        [one.name, one.type, *(_cell(lines) for lines in (one.values, one.missing, one.distribution))]
        for one in groups[:most]
    ]
    said = [f"{_title(view)}{state}", f"  {sentence(view)}"]
    said += [f"  {row}" for row in columns([[title.lower(), *parts] for title, parts in _about(view)])]
    said += ["", *(f"  {_cell([one])}" for one in whole[:most])] if whole else []
    said += ["", *(f"  {row}" for row in columns(cells, heads=_HEADS))] if cells else []
    left = len(groups) - len(cells)
    said += [f"  and {words.counted(left, 'more column')}"] if left else []
    warns = any(rule.severity == "warning" for rule in view.doc.rules)
    return "\n".join([*said, *([f"  {WARNS}"] if warns else [])])


def _cell(lines: Sequence[Line]) -> str:
    """Return what some rules ask, as short as a line of 100 characters needs it."""
    said = (f"{one.short}{' ⚠' if one.severity == 'warning' else ''}" for one in lines)
    return "; ".join(said).replace("at most ", "≤ ")
