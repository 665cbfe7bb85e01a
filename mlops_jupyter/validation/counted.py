"""Rules answered from a profile alone, without a row: exact counts where it has them, else bounds.

A count that the profile bounds on both sides is judged where both bounds give one verdict; else unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..errors import MlopsError
from ..records import Distribution, Rule
from . import whole
from .answers import NONE, NOTHING, Outcome, broken, tolerance, unknown, within
from .asking import limits_of
from .distributions import distribution, share_at
from .facts import Facts

_EPOCH_KINDS: Final = ("time", "date")


def ask(rule: Rule, facts: Facts) -> Outcome:
    """Ask one rule of the profile."""
    if rule.kind not in _COUNTED or (rule.kind == "unique" and len(rule.columns) > 1):
        return unknown(f"{rule.kind} needs the rows; only the profile was looked at")
    if (
        rule.columns
        and rule.kind not in ("columns", "type")
        and (reason := facts.column(rule.columns[0]).reason)
    ):
        return unknown(reason)
    try:
        return _COUNTED[rule.kind](rule, facts)
    except MlopsError as error:
        return unknown(str(error))


def _required(rule: Rule, facts: Facts) -> Outcome:
    column = facts.column(rule.columns[0])
    blank = column.n_empty if rule.limits.get("blank") else 0
    return Outcome(NONE, n_failed=column.n_missing + blank)


def _range(rule: Rule, facts: Facts) -> Outcome:
    column = facts.column(rule.columns[0])
    low, high = limits_of(rule, facts.kind_of(column.name), facts.now)
    if facts.kind_of(column.name) in _EPOCH_KINDS:
        low, high = (None if end is None else _epoch(end) for end in (low, high))
    beyond = (column.n_negative_infinite if low is not None else 0) + (
        column.n_positive_infinite if high is not None else 0
    )
    return _outside(rule, column.numbers, low, high, beyond, column.n_rows - column.n_missing)


def _length(rule: Rule, facts: Facts) -> Outcome:
    column = facts.column(rule.columns[0])
    if column.text is None:
        return NOTHING if column.n_missing == column.n_rows else unknown("the profile has no lengths")
    low, high = rule.limits.get("min"), rule.limits.get("max")
    return _outside(rule, column.text.length, low, high, 0, column.n_rows - column.n_missing)


def _outside(
    rule: Rule, found: Distribution | None, low: float | None, high: float | None, beyond: int, n_checked: int
) -> Outcome:
    if found is None or not found.n:
        return _judged(rule, beyond, beyond, n_checked)
    scale = n_checked - beyond if n_checked > beyond else found.n
    under = share_at(found, low, strictly=True) if low is not None else (0.0, 0.0)
    upto = share_at(found, high) if high is not None else (1.0, 1.0)
    least = beyond + round((under[0] + 1 - upto[1]) * scale)
    most = beyond + round((under[1] + 1 - upto[0]) * scale)
    return _judged(rule, least, most, n_checked)


def _set(rule: Rule, facts: Facts) -> Outcome:
    column = facts.column(rule.columns[0])
    n_checked = column.n_rows - column.n_missing
    if column.values is None:
        return NOTHING if not n_checked else unknown("the profile has no counts of values")
    if column.personal:
        return unknown("the profile keeps no personal values")
    known = {said(value) for value in rule.limits["values"] for said in (_text, str)}
    strange = sum(count for value, count in column.values.top if value not in known)
    return _judged(rule, strange, strange + column.values.n_other, n_checked)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def _unique(rule: Rule, facts: Facts) -> Outcome:
    column = facts.column(rule.columns[0])
    n = column.n_rows - column.n_missing
    if column.values is None:
        return unknown("the profile has no counts of values")
    if column.values.is_exact:
        again = n - column.values.n_distinct
        return _judged(rule, 2 * again if again == 1 else again + min(again, 1), 2 * again, n)
    if any(count > 1 for _, count in column.values.top):
        least = sum(count for _, count in column.values.top if count > 1)
        return _judged(rule, least, n, n)
    return unknown(
        f"about {column.values.n_distinct:,} of {n:,} values are different; the count is an estimate"
    )


def _judged(rule: Rule, least: int, most: int, n_checked: int) -> Outcome:
    allowed = tolerance(rule)
    if within(most, n_checked, allowed) or least == most:
        return Outcome(NONE, n_failed=most)
    if not within(least, n_checked, allowed):
        return Outcome(NONE, n_failed=least)
    return unknown(f"between {least:,} and {most:,} of {n_checked:,} rows break it; the profile cannot say")


def _duplicates(_: Rule, facts: Facts) -> Outcome:
    again = facts.profile.n_duplicate_rows if facts.profile else None
    return (
        unknown("the profile did not count duplicate rows")
        if again is None
        else Outcome(NONE, n_failed=again)
    )


def _ordered(rule: Rule, facts: Facts) -> Outcome:
    column = facts.column(rule.columns[0])
    if column.time is None or column.time.is_sorted is None or rule.limits.get("direction") == "descending":
        return unknown("order needs the rows; only the profile was looked at")
    return NOTHING if column.time.is_sorted else broken("the rows are out of order")


def _constant(rule: Rule, facts: Facts) -> Outcome:
    column = facts.column(rule.columns[0])
    if column.values is None or column.n_missing == column.n_rows:
        return (
            NOTHING if column.n_missing == column.n_rows else unknown("the profile has no counts of values")
        )
    if "value" in rule.limits:
        return _set(Rule(rule.name, "set", rule.columns, {"values": [rule.limits["value"]]}), facts)
    if (column.values.n_distinct > 1) is rule.limits["varies"]:
        return NOTHING
    return broken("every row has one and the same value" if rule.limits["varies"] else "holds several values")


def _epoch(moment: object) -> float:
    from datetime import datetime

    assert isinstance(moment, datetime)
    return (moment - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 both are UTC


_COUNTED: Final[dict[str, Callable[[Rule, Facts], Outcome]]] = {
    "columns": whole.columns,
    "type": whole.type_,
    "rows": whole.rows,
    "fresh": whole.fresh,
    "required": _required,
    "range": _range,
    "length": _length,
    "set": _set,
    "unique": _unique,
    "duplicates": _duplicates,
    "ordered": _ordered,
    "constant": _constant,
    "distribution": distribution,
}
