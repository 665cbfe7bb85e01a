"""A contract as YAML that people read and edit: one rule a line, its reason as a comment above it.

    dataset: flights
    columns:
      dep_delay:
        # from -43 to 1,301 [27,004 rows; false alarms 0.001]
        range: {min: -300, max: 9000}

Rules of one column stand under the column, all others under ``table``. What is a comment here comes back from
:func:`from_yaml` as the reason and evidence of its rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..records import ContractDoc, Rule
from .kinds import KINDS, OPERATORS, TABLE_KINDS, default_name
from .nodes import above, entry, item, scalar

_HEAD = """\
# What data under this name must be like. One rule a line; a comment above a rule says why it is there,
# and in brackets what that rests on. "severity: warning" in a rule lets data pass that break it.
"""


def to_yaml(doc: ContractDoc) -> str:
    r"""Return a contract as YAML text, with reasons as comments.

    Examples
    --------
    >>> rule = Rule("age range", "range", ("age",), {"min": 0, "max": 120}, reason="from 2", support=500)
    >>> print(to_yaml(ContractDoc("people", (rule,))).partition("\n\n")[2])
    columns:
      age:
        # from 2 [500 rows]
        range: {min: 0, max: 120}
    <BLANKLINE>
    """
    parts = ["\n".join(_head(doc))]
    if of_table := [rule for rule in doc.rules if is_of_table(rule)]:
        parts.append("table:\n" + "\n".join(_section(of_table, 2)))
    by_column: dict[str, list[Rule]] = {}
    for rule in doc.rules:
        if not is_of_table(rule):
            by_column.setdefault(rule.columns[0], []).append(rule)
    if by_column:
        parts.append("columns:\n" + "\n\n".join("\n".join(_column(*one)) for one in by_column.items()))
    return "\n\n".join(parts) + "\n"


def rule_to_yaml(rule: Rule) -> str:
    """Return one rule as the line or lines it is in a contract, without its reason.

    Examples
    --------
    >>> rule_to_yaml(Rule("age range", "range", ("age",), {"min": 0}, "warning"))
    'range: {min: 0, severity: warning}'
    """
    return "\n".join(entry(rule.kind, value_of(rule), 0))


def is_of_table(rule: Rule) -> bool:
    """Tell whether a rule stands under ``table``, not under one column."""
    return rule.kind in TABLE_KINDS or len(rule.columns) != 1


def value_of(rule: Rule) -> Any:
    """Return what stands after the kind: the limits, in short where nothing else is to be said."""
    beside: dict[str, Any] = {}
    if rule.name != default_name(rule.kind, rule.columns):
        beside["name"] = rule.name
    if is_of_table(rule) and rule.columns:
        if not beside and rule.severity == "error" and (short := _columns_in_short(rule)) is not None:
            return short
        beside["columns"] = list(rule.columns)
    after = {} if rule.severity == "error" else {"severity": rule.severity}
    if beside or after:
        return {**beside, **rule.limits, **after}
    return KINDS[rule.kind].in_short(rule.limits)


def _columns_in_short(rule: Rule) -> Any:
    """Return a rule of several columns as people say it: ``a <= b``, ``a, b -> c``, ``[a, b]``."""
    names = rule.columns
    if rule.kind in ("columns", "unique"):
        return list(names) if not rule.limits else None
    plain = all(name.strip() == name and name and not set(name) & set(",<>=!") for name in names)
    if not plain or any(" -" in name or "- " in name for name in names):
        return None
    if rule.kind == "compare" and list(rule.limits) == ["operator"] and rule.limits["operator"] in OPERATORS:
        return f"{names[0]} {rule.limits['operator']} {names[1]}"
    if rule.kind == "depends" and not rule.limits:
        return f"{', '.join(names[:-1])} -> {names[-1]}"
    return None


def evidence(rule: Rule) -> str:
    """Return the reason of a rule and, in brackets, what it rests on; on one line.

    Examples
    --------
    >>> evidence(Rule("x", "range", ("a",), {}, reason="from 1 to 9", support=1500, false_alarm_rate=0.001))
    'from 1 to 9 [1,500 rows; false alarms 0.001]'
    """
    known = [] if rule.support is None else [f"{rule.support:,} rows"]
    if rule.false_alarm_rate is not None:
        known.append(f"false alarms {rule.false_alarm_rate:g}")
    if rule.example is not None:
        known.append(f"e.g. {' '.join(rule.example.split())}")
    brackets = f"[{'; '.join(known)}]" if known else ""
    return " ".join(f"{rule.reason} {brackets}".split())


def _head(doc: ContractDoc) -> Iterator[str]:
    yield _HEAD + "\n".join(entry("dataset", doc.dataset, 0))
    for word in ("description", "owner"):
        if getattr(doc, word):
            yield from entry(word, getattr(doc, word), 0)
    for word in ("learned_from", "sensitive"):
        if getattr(doc, word):
            yield from entry(word, list(getattr(doc, word)), 0)
    yield f"format: {doc.format}"


def _column(name: str, rules: Sequence[Rule]) -> Iterator[str]:
    yield f"  {scalar(name)}:"
    yield from _section(rules, 4)


def _section(rules: Sequence[Rule], indent: int) -> Iterator[str]:
    by_kind: dict[str, list[Rule]] = {}
    for rule in rules:
        by_kind.setdefault(rule.kind, []).append(rule)
    pad = " " * indent
    for kind, some in by_kind.items():
        if len(some) == 1:
            yield from _said(some[0], pad)
            yield from entry(kind, value_of(some[0]), indent)
            continue
        yield f"{pad}{kind}:"
        for place, rule in enumerate(_unnumbered(some)):
            yield from _said(some[place], pad + "  ")
            yield from item(_in_list(rule), indent + 2)


def _unnumbered(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Yield rules of one kind without the number that reading them gives to the second of a name."""
    seen: dict[str, int] = {}
    for rule in rules:
        base = default_name(rule.kind, rule.columns)
        seen[base] = seen.get(base, 0) + 1
        yield replace(rule, name=base) if rule.name == f"{base} {seen[base]}" else rule


def _in_list(rule: Rule) -> Any:
    """Return what stands for one of several rules: words, or text; a list would be taken for several."""
    value = value_of(rule)
    if isinstance(value, dict | str):
        return value
    return {"columns": list(rule.columns), **rule.limits} if is_of_table(rule) else dict(rule.limits)


def _said(rule: Rule, pad: str) -> Iterator[str]:
    return above(evidence(rule), pad)
