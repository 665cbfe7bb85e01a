"""How a rule fared while it is being judged: from rows that break it to a result that people read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Rule, RuleResult
from .frames import Rows

SHOWN: Final = 20
_MOST_OF_A_VALUE: Final = 80
_MOST_OF_A_NAME: Final = 40
_LOOKED_AT: Final = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows that break a rule, by position; ``error`` where it could not be asked.

    ``whole`` says that the rule is broken as a whole, not by single rows; ``message`` overrides the
    sentence that is made of the figures. ``n_failed`` stands in where rows are counted, not seen.
    """

    failing: NDArray[np.int64]
    error: str | None = None
    whole: bool = False
    message: str = ""
    n_checked: int | None = None
    n_failed: int | None = None


NONE: Final = np.array([], np.int64)
NOTHING: Final = Outcome(NONE)


def broken(message: str) -> Outcome:
    """Return that a rule is broken as a whole."""
    return Outcome(NONE, whole=True, message=message)


def unknown(reason: str) -> Outcome:
    """Return that a rule could not be asked."""
    return Outcome(NONE, error=reason)


@dataclass(frozen=True, slots=True)
class Naming:
    """How rows are named to people: by key columns, and which values must not be shown."""

    rows: Rows
    key: tuple[str, ...]
    sensitive: frozenset[str]

    def row(self, place: int) -> str:
        """Return the name of a row: its key, or its position where the key may not be shown."""
        if not self.key:
            return f"row {place}"
        return ", ".join(f"{name}={_shown(self.rows.values_at(name, [place])[0])}" for name in self.key)

    def values(self, columns: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
        """Return what stands in rows; nothing where a column is sensitive."""
        if not columns or any(name in self.sensitive for name in columns):
            return ()
        found = [self.rows.values_at(name, places) for name in columns]
        if len(columns) == 1:
            return tuple(_shown(value) for value in found[0])
        return tuple(
            ", ".join(f"{name}={_shown(value)}" for name, value in zip(columns, row, strict=True))
            for row in zip(*found, strict=True)
        )


def naming(rows: Rows, rules: Sequence[Rule], sensitive: Collection[str]) -> Naming:
    """Choose how rows are named: by the shortest key of the contract that may be shown; never by prose."""
    hidden = frozenset(sensitive)
    keys = [
        rule.columns
        for rule in rules
        if rule.kind == "unique"
        and set(rule.columns) <= set(rows.names)
        and not hidden & set(rule.columns)
        and not any(_is_prose(rows, name) for name in rule.columns)
    ]
    return Naming(rows, min(keys, key=len, default=()), hidden)


def _is_prose(rows: Rows, name: str) -> bool:
    """Tell whether a column holds sentences: they name no row, and may hold what nobody looked for."""
    if rows.kind_of(name) != "text" or not len(rows):
        return False
    places = np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED_AT)).astype(int)
    texts = [str(value) for value in rows.values_at(name, [int(place) for place in places])]
    return sum(len(text) > _MOST_OF_A_NAME or text.count(" ") > 1 for text in texts) > len(texts) / 10


def result(rule: Rule, outcome: Outcome, n_checked: int, names: Naming | None = None) -> RuleResult:
    """Judge a rule: passed where no more rows break it than it lets pass."""
    if outcome.error is not None:
        return RuleResult(rule, "unknown", outcome.error)
    checked = outcome.n_checked if outcome.n_checked is not None else n_checked
    if outcome.whole:
        return RuleResult(rule, "failed", outcome.message or "does not hold", None, checked)
    n_failed = len(outcome.failing) if outcome.n_failed is None else outcome.n_failed
    if within(n_failed, checked, tolerance(rule)):
        return RuleResult(rule, "passed", outcome.message, n_failed, checked)
    places = [int(place) for place in outcome.failing[:SHOWN]]
    return RuleResult(
        rule,
        "failed",
        outcome.message or sentence(rule, n_failed, checked),
        n_failed,
        checked,
        tuple(names.row(place) for place in places) if names else (),
        names.values(rule.columns, places) if names and rule.kind != "required" else (),
    )


def tolerance(rule: Rule) -> float:
    """Return which share of rows may break a rule."""
    words = ("missing", "outside", "other", "repeated") if rule.kind != "duplicates" else ("max",)
    return float(next((rule.limits[word] for word in words if word in rule.limits), 0.0))


def within(n_failed: int, n_checked: int, share: float) -> bool:
    """Tell whether at most a share of rows fails; counts that only rounding tells apart are equal."""
    return n_failed <= share * n_checked + 1e-9 * max(1, n_checked)


def sentence(rule: Rule, n_failed: int, n_checked: int) -> str:
    """Return what is wrong, as in ``12 of 27,004 rows are outside 0 to 120``.

    Examples
    --------
    >>> sentence(Rule("r", "range", ("age",), {"min": 0, "max": 120}), 1, 500)
    '1 of 500 rows is outside 0 to 120'
    """
    one = n_failed == 1
    allowed = tolerance(rule)
    said = f"{n_failed:,} of {n_checked:,} rows {_verb(rule, one=one)}"
    return said + (f"; {percent(allowed)} may" if allowed else "")


def _verb(rule: Rule, *, one: bool) -> str:
    be, have, do = ("is", "has", "does") if one else ("are", "have", "do")
    limits = rule.limits
    said = {
        "required": lambda: f"{have} no value",
        "range": lambda: f"{be} {_span(limits)}",
        "length": lambda: f"{have} a length {_span(limits)}",
        "set": lambda: f"{be} not {_listed(limits['values'])}",
        "pattern": lambda: f"{do} not match {limits['pattern']}",
        "unique": lambda: f"{'repeats' if one else 'repeat'} another",
        "compare": lambda: f"{do} not have {rule.columns[0]} {limits['operator']} {rule.columns[1]}",
        "depends": lambda: (
            f"{have} another {rule.columns[-1]} than rows of the same {', '.join(rule.columns[:-1])}"
        ),
        "foreign": lambda: f"{be} not in {limits['table']}",
        "duplicates": lambda: f"{be} the same as another row",
        "ordered": lambda: f"{'stands' if one else 'stand'} out of order",
        "python": lambda: f"{do} not pass {limits['function']}",
        "constant": lambda: f"{be} not {_shown(limits.get('value'))}",
    }
    return said[rule.kind]()


def _span(limits: dict[str, Any]) -> str:
    low, high = limits.get("min"), limits.get("max")
    if low is not None and high is not None:
        return f"outside {number(low)} to {number(high)}"
    return f"below {number(low)}" if low is not None else f"above {number(high)}"


def _listed(values: Sequence[Any]) -> str:
    if len(values) > 4:
        return f"one of {len(values):,} known values"
    return " or ".join(str(value) for value in values)


def number(value: Any) -> str:
    """Return a number with thousands marked, at most four digits after the point; else the text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:.4g}" if abs(value) < 1 or abs(value) >= 1e6 else f"{value:,.4f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """Return a share in percent with two digits that count.

    Examples
    --------
    >>> percent(0.0123), percent(0.5), percent(0.00004)
    ('1.2 %', '50 %', '0.004 %')
    """
    return f"{float(f'{share * 100:.{2 if share < 0.995 else 4}g}'):.10g} %"


def _shown(value: Any) -> str:
    text = number(
        value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value
    )
    return text if len(text) <= _MOST_OF_A_VALUE else text[: _MOST_OF_A_VALUE - 1] + "…"
