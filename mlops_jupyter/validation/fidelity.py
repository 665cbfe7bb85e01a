"""Four figures of how far data can be trusted, each from 0 to 1 and with its formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..records import Rule, RuleResult, Score
from .answers import Outcome, number, percent
from .facts import Facts
from .kinds import seconds
from .whole import ages

VALUES: Final = ("type", "range", "set", "pattern", "length", "constant")
TOGETHER: Final = ("unique", "compare", "depends", "foreign", "duplicates", "ordered")

Asked = tuple[Rule, RuleResult, Outcome]


@dataclass(frozen=True, slots=True)
class _Passing:
    share: float | None
    is_exact: bool
    n_rules: int


def scores(asked: Sequence[Asked], facts: Facts) -> tuple[Score, ...]:
    """Return accuracy, completeness, consistency and timeliness; None where no rule asks for it.

    Accuracy and consistency count rules of severity error: a warning is a question, no verdict.
    """
    return (
        _of_rows("accuracy", VALUES, "value", asked, facts),
        _completeness(asked, facts),
        _of_rows("consistency", TOGETHER, "cross-column, key and duplicate", asked, facts),
        _timeliness(asked, facts),
    )


def _of_rows(name: str, kinds: Sequence[str], word: str, asked: Sequence[Asked], facts: Facts) -> Score:
    found = _passing([one for one in asked if _belongs(one[0], kinds) and one[0].severity == "error"], facts)
    if found.share is None:
        return Score(name, None, f"no {word} rule of severity error was asked")  # type: ignore[arg-type]
    about = "rows that keep" if found.is_exact else "at least, rows that keep"
    proper = "; not compared with the truth" if name == "accuracy" else ""
    rules = f"{found.n_rules} {word} rules of severity error"
    return Score(name, found.share, f"{about} all {rules} / rows{proper}")  # type: ignore[arg-type]


def _belongs(rule: Rule, kinds: Sequence[str]) -> bool:
    if rule.kind == "python":
        return (len(rule.columns) == 1) is (kinds is VALUES)
    return rule.kind in kinds


def _passing(asked: Sequence[Asked], facts: Facts) -> _Passing:
    """Return which share of rows breaks none of the rules; tolerated rows break a rule too."""
    # From a profile it is known that rows are out of order, and not which.
    known = [
        one for one in asked if one[1].state != "unknown" and not (one[0].kind == "ordered" and one[2].whole)
    ]
    n = facts.n_rows
    if not known or not n:
        return _Passing(None, is_exact=True, n_rules=len(known))
    if any(outcome.whole for _, _, outcome in known):
        return _Passing(0.0, is_exact=True, n_rules=len(known))
    if any(outcome.n_failed is not None for _, _, outcome in known):
        lost = sum(result.n_failed or 0 for _, result, _ in known)
        return _Passing(max(0.0, 1 - lost / n), is_exact=len(known) == 1, n_rules=len(known))
    good = np.ones(n, bool)
    for _, _, outcome in known:
        good[outcome.failing] = False
    return _Passing(float(good.mean()), is_exact=True, n_rules=len(known))


def _completeness(asked: Sequence[Asked], facts: Facts) -> Score:
    required = {rule.columns[0] for rule, _, _ in asked if rule.kind == "required"}
    wanted = next((rule.limits.get("min") for rule, _, _ in asked if rule.kind == "rows"), None)
    if not (required or wanted):
        return Score("completeness", None, "no rule says what must be there")
    missing = sum(_missing(name, facts) for name in required)
    cells = facts.n_rows * len(required)
    filled = 1 - missing / cells if cells else 1.0
    there = min(1.0, facts.n_rows / wanted) if wanted else 1.0
    said = f"1 - {missing:,} missing of {cells:,} cells in {len(required)} required columns"
    if wanted:
        said = f"({said}) × min(1, {facts.n_rows:,} rows / {wanted:,} expected)"
    return Score("completeness", filled * there, said)


def _missing(name: str, facts: Facts) -> int:
    if name not in facts.names:
        return facts.n_rows
    return int(facts.rows.missing(name).sum()) if facts.rows is not None else facts.column(name).n_missing


def _timeliness(asked: Sequence[Asked], facts: Facts) -> Score:
    found = [
        (rule, *ages(rule, facts))
        for rule, result, _ in asked
        if rule.kind == "fresh" and _is_dated(rule, result)
    ]
    parts = [part for rule, age, late in found if age is not None for part in _fresh(rule, age, late)]
    if not parts:
        return Score("timeliness", None, "no rule says how young the data must be")
    value = min(value for value, _ in parts)
    return Score("timeliness", value, next(said for one, said in parts if one == value))


def _is_dated(rule: Rule, result: RuleResult) -> bool:
    return bool(rule.columns) and result.state != "unknown"


def _fresh(rule: Rule, age: float, late: float | None) -> list[tuple[float, str]]:
    parts: list[tuple[float, str]] = []
    if (agreed := rule.limits.get("max_age")) is not None:
        over = max(0.0, age - seconds(agreed)) / seconds(agreed)
        said = f"1 - max(0, age {number(round(age / 3600, 1))} h - agreed {agreed}) / {agreed}, at least 0"
        parts.append((max(0.0, 1 - over), said))
    if late is not None:
        parts.append((1 - late, f"1 - {percent(late)} of rows older than {rule.limits['late_after']}"))
    return parts
