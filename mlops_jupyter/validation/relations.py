"""Rules across columns, from a sample of rows: one at most the other, one decided by another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any, Final

import numpy as np

from ..records import ColumnProfile, Profile, Rule, quantile
from .answers import number
from .chances import FALSE_ALARMS, VERSIONS_FOR_ERRORS, Severity, share_limit
from .facts import by_name
from .frames import Rows, family, rows_of
from .kinds import default_name
from .whole import minority

_MOST_ROWS: Final = 50_000
_MOST_COLUMNS: Final = 30
_MOST_RULES: Final = 12
_FEW_ROWS: Final = 100
_BY_CHANCE: Final = 0.9
_BY_CHANCE_NAMED: Final = 0.98
_GO_TOGETHER: Final = 0.5
_TOUCH: Final = 0.001
_ROWS_A_LEVEL: Final = 5


def relations(frame: Any, seen: Sequence[Profile]) -> Iterator[Rule]:
    """Yield ``a <= b`` and ``a -> b`` that hold in every row, and would not by accident.

    At most 50,000 evenly spaced rows and 30 columns of a kind are looked at. What one version (or two)
    suggests is a warning: whether it is a law or a season, only other times can tell.

    Parameters
    ----------
    frame : rows of the newest version.
    seen : profiles of all versions; an order that the quantiles of one of them refute is none.
    """
    rows = _some(rows_of(frame))
    if len(rows) < _FEW_ROWS:
        return
    severity: Severity = "error" if len(seen) >= VERSIONS_FOR_ERRORS else "warning"
    refuted = _Refuted([by_name(one) for one in seen])
    for rule in (*_compared(rows, refuted), *_dependent(rows)):
        yield replace(rule, severity=severity)


class _Refuted:
    """Which orders the profiles refute: where a <= b in every row, it holds for their quantiles too."""

    def __init__(self, seen: Sequence[Mapping[str, ColumnProfile]]) -> None:
        self._seen = seen

    def __call__(self, first: str, second: str) -> bool:
        return any(self._by(one.get(first), one.get(second)) for one in self._seen)

    @staticmethod
    def _by(first: ColumnProfile | None, second: ColumnProfile | None) -> bool:
        if first is None or second is None or not (first.numbers and second.numbers):
            return False
        if first.n_missing or second.n_missing or not (first.numbers.n and second.numbers.n):
            return False
        slack = 2 * (first.numbers.rank_error + second.numbers.rank_error) + _TOUCH
        levels = [place / 20 for place in range(1, 20)]
        return any(
            quantile(first.numbers, max(0.0, level - slack))
            > quantile(second.numbers, min(1.0, level + slack))
            for level in levels
        )


def _some(rows: Rows) -> Rows:
    if len(rows) <= _MOST_ROWS:
        return rows
    places = np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64)
    frame = rows.frame.iloc[places].reset_index(drop=True) if rows.engine == "pandas" else rows.frame[places]
    return Rows(frame, rows.engine, rows.names)


def _compared(rows: Rows, refuted: _Refuted) -> Iterator[Rule]:
    found: list[tuple[float, Rule]] = []
    for names in _comparable(rows):
        values = {name: _floats(rows, name) for name in names}
        for first, second in combinations(names, 2):
            found += _pair(first, second, values[first], values[second])
    found.sort(key=lambda one: one[0])
    yield from [rule for _, rule in found if not refuted(*rule.columns)][:_MOST_RULES]


def _comparable(rows: Rows) -> Iterator[list[str]]:
    """Yield columns that engines can set against each other: numbers, and times of one zone."""
    groups: dict[str, list[str]] = {}
    for name in rows.names:
        kind = rows.kind_of(name)
        if kind in ("number", "time"):
            groups.setdefault(kind if kind == "number" else family(rows.type_of(name)), []).append(name)
    yield from (names[:_MOST_COLUMNS] for names in groups.values())


def _pair(first: str, second: str, a: Any, b: Any) -> Iterator[tuple[float, Rule]]:
    both = ~(np.isnan(a) | np.isnan(b))
    x, y = a[both], b[both]
    n = len(x)
    if n < _FEW_ROWS:
        return
    if (x == y).all():
        if len(np.unique(x)) > 1:
            yield 0.0, _compare(first, "==", second, n, x, y)
        return
    for left, right, l_name, r_name in ((x, y, first, second), (y, x, second, first)):
        if (left <= right).all() and (by_chance := _law(left, right, l_name, r_name)) is not None:
            yield by_chance, _compare(l_name, "<=", r_name, n, left, right)


def _law(left: Any, right: Any, l_name: str, r_name: str) -> float | None:
    """Return how many rows paired at random keep an order that seems to be a law; None for an accident.

    Strangers must break it clearly often, and the two must go together, by rank. Where the names share a
    word (``wind_speed``, ``wind_gust``) they measure one thing, and less often is enough.
    """
    shuffled = np.random.default_rng(0).permutation(right)
    by_chance = float((left <= shuffled).mean())
    is_named = bool(_words(l_name) & _words(r_name))
    if by_chance >= (_BY_CHANCE_NAMED if is_named else _BY_CHANCE):
        return None
    from scipy.stats import rankdata

    ranks = np.corrcoef(rankdata(left), rankdata(right))[0, 1]
    touch = float((left == right).mean())
    return by_chance if ranks >= _GO_TOGETHER or touch >= _TOUCH else None


def _words(name: str) -> set[str]:
    """Return the words of a column's name, in small letters: of ``windSpeed_2`` wind and speed."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}", name)}


def _compare(first: str, operator: str, second: str, n: int, x: Any, y: Any) -> Rule:
    names = (first, second)
    return Rule(
        default_name("compare", names), "compare", names,
        {"operator": operator, "other": share_limit([(0, n)])},
        reason="in every row", support=n, false_alarm_rate=FALSE_ALARMS,
        example=f"{number(float(x[0]))} {operator} {number(float(y[0]))}",
    )  # fmt: skip


def _floats(rows: Rows, name: str) -> Any:
    """Return a column of numbers or times as numbers to compare, NaN where there is no value."""
    column = rows.frame[name]
    if rows.engine == "polars":
        values = column.to_physical().cast(float).to_numpy()
    elif rows.kind_of(name) == "time":
        import pandas as pd

        values = pd.to_datetime(column, utc=True).dt.as_unit("us").astype("int64").to_numpy(float)
    else:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(rows.missing(name), np.nan, values)


def _dependent(rows: Rows) -> Iterator[Rule]:
    codes = _levels(rows)
    found: list[tuple[int, Rule]] = []
    for first, second in permutations(codes, 2):
        left, right = codes[first], codes[second]
        if left.max() <= right.max() and _decides(right, left):
            continue  # two names of one thing: the other way round says the same
        if _decides(left, right):
            found.append((int(left.max()), _depends(first, second, len(left))))
    found.sort(key=lambda one: one[0])
    yield from (rule for _, rule in found[:_MOST_RULES])


def _levels(rows: Rows) -> dict[str, Any]:
    """Return codes of columns with levels that stand several times each, and more than one of them."""
    codes: dict[str, Any] = {}
    for name in rows.names:
        if len(codes) >= _MOST_COLUMNS:
            break
        if rows.kind_of(name) not in ("text", "category", "number", "boolean") or rows.missing(name).any():
            continue
        if rows.type_of(name).startswith("float"):
            continue
        found = rows.codes([name])
        if 1 < found.max() + 1 <= len(rows) / _ROWS_A_LEVEL:
            codes[name] = found
    return codes


def _decides(left: Any, right: Any) -> bool:
    if left.max() < right.max():
        return False
    return not len(minority(left, left * (right.max() + 1) + right, np.zeros(len(left), bool)))


def _depends(first: str, second: str, n: int) -> Rule:
    names = (first, second)
    return Rule(
        default_name("depends", names), "depends", names, {"other": share_limit([(0, n)])},
        reason=f"one {second} for each {first}", support=n, false_alarm_rate=FALSE_ALARMS,
    )  # fmt: skip
