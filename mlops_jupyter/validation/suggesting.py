"""Rules that the profiles of one column suggest, each with what it rests on."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, Final

from ..data.shift import shift
from ..records import ColumnProfile, Distribution, Rule, quantile
from .answers import number, percent
from .chances import (
    FALSE_ALARMS,
    LEAST_OVERLAP,
    VERSIONS_FOR_ERRORS,
    Severity,
    outward,
    overlap,
    reach,
    rounded_up,
    share_limit,
    usual_share,
)
from .distributions import DEFAULT_MAX, counts_of
from .frames import family
from .kinds import default_name

FEW_ROWS: Final = 30
"""With fewer rows the next one lies beyond all others too often (2 in n + 1) for an error."""
MOST_SHARE: Final = 0.99
"""A limit beyond this says nothing."""
_VALUE_KINDS: Final = ("range", "set", "length", "pattern", "distribution")
_LEVELS: Final = 100
_FEW_LEVELS: Final = 12
_LONG: Final = 64
_NOT_ASKED: Final = ("time", "period", "interval")
"""Types whose values a contract has no words for."""
_UNSEEN_MASS: Final = 0.001
_SURE_COUNT: Final = 5
_SURE_SHARE: Final = 0.01
_VERSIONS_COMPARED: Final = 8
_STABLE: Final = 0.2
_STABLE_MAX: Final = 0.3
_ROWS_FOR_SHAPE: Final = 100
_ROWS_FOR_KEYS: Final = 50
_SHAPES: Final = 4
_SHAPE_CHARACTERS: Final = 64
_ASCII: Final = r"[ -~\s]*"
_CLASS: Final = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]", "w": r"[^\x00-\x7F]"}
_TYPES: Final = {"int": "integer", "uint": "integer", "float": "number", "bool": "boolean", "string": "text"}

Seen = Sequence[ColumnProfile]


def rules_of(seen: Seen) -> Iterator[Rule]:
    """Yield the rules for a column, from its profile in one or several versions (the newest last)."""
    rules = [_as_sure_as_rows(rule) for rule in _rules(seen)]
    yield from rules
    tells_apart = {"distribution", "constant", "unique", "set"} & {rule.kind for rule in rules}
    n_least = min(column.n_rows - column.n_missing for column in seen)
    if tells_apart or not rules or n_least < FEW_ROWS:
        return
    if all(column.values and column.values.n_distinct > 1 for column in seen):
        yield _rule("constant", seen, {"varies": True}, "several values", false_alarm_rate=None)


def _as_sure_as_rows(rule: Rule) -> Rule:
    """Return a rule about values as a warning, without a rate, where few rows suggest it."""
    if rule.kind not in _VALUE_KINDS or rule.support is None or rule.support >= FEW_ROWS:
        return rule
    return replace(rule, severity="warning", false_alarm_rate=None)


def _rules(seen: Seen) -> Iterator[Rule]:
    if all(column.n_missing == column.n_rows for column in seen):
        return
    yield _type(seen)
    is_key = _is_key(seen)
    yield from _required(seen, is_key=is_key)
    if is_key:
        yield _unique(seen)
    yield from _values(seen, is_key=is_key)


def _rule(kind: Any, seen: Seen, limits: dict[str, Any], reason: str, **more: Any) -> Rule:
    names = (seen[-1].name,)
    support = sum(column.n_rows - column.n_missing for column in seen)
    return Rule(
        default_name(kind, names), kind, names, limits,
        reason=" ".join(reason.split()), **{"support": support, "false_alarm_rate": FALSE_ALARMS, **more},
    )  # fmt: skip


def _type(seen: Seen) -> Rule:
    words = sorted({_word(column.type) for column in seen if column.type != "null"})
    if set(words) == {"integer", "number"}:
        words = ["number"]
    limits = {"type": words[0] if len(words) == 1 else words}
    said = list(dict.fromkeys(column.type for column in seen if column.type != "null"))
    where = "" if len(seen) == 1 else f" in {len(seen)} versions"
    return _rule("type", seen, limits, f"{', '.join(said)}{where}", support=None, false_alarm_rate=None)


def _word(kind: str) -> str:
    base = family(kind)
    plain = base.partition("[")[0]
    if plain == "category":
        return "text" if "[string" in kind else "category"
    return _TYPES.get(plain, base)


def _is_key(seen: Seen) -> bool:
    def one(column: ColumnProfile) -> bool:
        values = column.values
        return (
            column.n_rows >= _ROWS_FOR_KEYS
            and column.n_missing == 0
            and family(column.type) in ("int", "uint", "string")
            and values is not None
            and values.is_exact
            and values.n_distinct == column.n_rows
        )

    return all(one(column) for column in seen)


def _unique(seen: Seen) -> Rule:
    return _rule("unique", seen, {}, "every value stood once", false_alarm_rate=None)


def _required(seen: Seen, *, is_key: bool) -> Iterator[Rule]:
    counts = [(column.n_missing, column.n_rows) for column in seen]
    missing, total = (sum(part) for part in zip(*counts, strict=True))
    limit, severity = (0.0, "error") if is_key else usual_share(counts)
    if limit >= MOST_SHARE:
        return
    word = f"{missing:,} of {total:,} rows were missing" if missing else "never missing"
    yield _rule(
        "required", seen, {"missing": limit or 0}, word,
        severity=severity, support=total, false_alarm_rate=None if is_key else FALSE_ALARMS,
    )  # fmt: skip


def _values(seen: Seen, *, is_key: bool) -> Iterator[Rule]:
    kinds = {column.kind for column in seen} - {"empty"}
    if any(family(column.type).partition("[")[0] in _NOT_ASKED for column in seen):
        return
    if kinds <= {"number", "span"}:
        yield from _numbers(seen, is_key=is_key)
    elif kinds <= {"time"}:
        yield from _times(seen)
    elif kinds <= {"text", "category", "boolean"}:
        yield from _texts(seen, is_key=is_key)


# --- numbers and times ------------------------------------------------------------------------


def _numbers(seen: Seen, *, is_key: bool) -> Iterator[Rule]:
    found = [column.numbers for column in seen if column.numbers is not None and column.numbers.n]
    if not found:
        return
    low, high = min(one.minimum for one in found), max(one.maximum for one in found)
    if low == high:
        if seen[-1].kind == "number":
            yield _rule("constant", seen, {"value": _whole(low)}, "one value alone", severity="warning",
                        false_alarm_rate=None)  # fmt: skip
        return
    if all(one.minimum == one.maximum for one in found):
        yield _one_each(seen)
        return
    whole = all(family(column.type) in ("int", "uint") for column in seen)
    if not is_key:  # numbers of rows go on and on
        ends = outward(*reach(found), whole=whole)
        limits: dict[str, Any] = dict(zip(("min", "max"), map(_whole, ends), strict=True))
        if any(column.n_positive_infinite or column.n_negative_infinite for column in seen):
            counts = [
                (column.n_positive_infinite + column.n_negative_infinite, column.n_rows - column.n_missing)
                for column in seen
            ]
            limits["outside"] = share_limit(counts)
        moves = overlap(found) < LEAST_OVERLAP
        said = f"from {number(_short(low))} to {number(_short(high))}" + (", moving on" if moves else "")
        yield _rule("range", seen, limits, said, severity="warning" if moves else "error")
        yield from _shape(seen, found)


def _one_each(seen: Seen) -> Rule:
    """Return that each version holds one value, whichever: the month, say, that it was delivered for."""
    return _rule(
        "constant", seen, {"varies": False}, "another value in each version, and one alone",
        severity=_severity(seen), false_alarm_rate=None,
    )  # fmt: skip


def _severity(seen: Seen) -> Severity:
    return "error" if len(seen) >= VERSIONS_FOR_ERRORS else "warning"


def _times(seen: Seen) -> Iterator[Rule]:
    found = [column.numbers for column in seen if column.numbers is not None and column.numbers.n]
    if not found:
        return
    low, high = min(one.minimum for one in found), max(one.maximum for one in found)
    limits: dict[str, Any] = {"min": _date(reach(found)[0])}
    if high <= datetime.now(UTC).timestamp():
        limits["max"] = "now"
    yield _rule("range", seen, limits, f"from {_date(low)} to {_date(high)}")
    hours = [dict(counts_of(column)) for column in seen]
    if any(len(one) > 1 for one in hours):
        yield from _shares(seen, hours)


def _date(epoch_s: float) -> str:
    try:
        return datetime.fromtimestamp(math.floor(epoch_s / 86_400) * 86_400, UTC).date().isoformat()
    except (ValueError, OverflowError):
        return "0001-01-01"


def _shape(seen: Seen, found: Sequence[Distribution]) -> Iterator[Rule]:
    """Yield what the contract holds of the spread: shares of a few values, else nine quantiles."""
    if sum(one.n for one in found) < _ROWS_FOR_SHAPE:
        return
    values = [column.values for column in seen]
    if all(
        one is not None and one.is_exact and one.n_distinct <= _FEW_LEVELS and not one.n_other
        for one in values
    ):
        yield from _shares(seen, [counts_of(column) for column in seen])
        return
    newest = max(found, key=lambda one: one.n)
    yield from _tenths_rule(seen, newest, "tenths of the values up to here")


def _tenths_rule(seen: Seen, found: Distribution, said: str) -> Iterator[Rule]:
    points = _tenths(found)
    if len(set(points)) < 3:
        return
    most, severity = _most(seen)
    if most < MOST_SHARE:
        limits = {"max": most, "quantiles": points}
        yield _rule("distribution", seen, limits, said, severity=severity, support=found.n)


def _tenths(found: Distribution) -> list[float | int]:
    """Return nine values that cut the column into tenths; of whole numbers they are whole."""
    points = [quantile(found, place / 10) for place in range(1, 10)]
    if all(point.is_integer() for point in found.grid):
        return [math.ceil(point) for point in points]
    return [_short(point) for point in points]


def _shares(seen: Seen, counts: Sequence[dict[str, int]]) -> Iterator[Rule]:
    newest = max(counts, key=lambda one: sum(one.values()))
    n = sum(newest.values())
    if n < _ROWS_FOR_SHAPE or len(newest) < 2:
        return
    often = Counter({value: count for value, count in newest.items() if value != "…"})
    most_said = len(often) if seen[-1].time is not None else _FEW_LEVELS
    shares = {value: float(f"{count / n:.3g}") for value, count in often.most_common(most_said)}
    most, severity = _most(seen)
    word = "shares of the hours" if seen[-1].time is not None else "shares of the values"
    if most < MOST_SHARE:
        yield _rule("distribution", seen, {"max": most, "shares": shares}, word, severity=severity, support=n)


def _most(seen: Seen) -> tuple[float, Severity]:
    """Return how far the spread of a later version may be from before, and how severe more than that is.

    Where each of three versions is near each other, what is three times as far is an error. Else (few
    versions, or a spread that goes with the season) what is half as far again is for people to look at.
    """
    effects = [
        found.effect
        for before, after in combinations(seen[-_VERSIONS_COMPARED:], 2)
        if (found := shift(before, after)).measure in ("KS", "TV")
    ]
    far = max(effects, default=0.0)
    if _severity(seen) == "error" and far <= _STABLE:
        return max(_STABLE_MAX, rounded_up(3 * far)), "error"
    return max(DEFAULT_MAX, rounded_up(1.5 * far)), "warning"


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else value


def _short(value: float) -> float | int:
    """Return a number with as many digits as people need; whole ones stay as they are."""
    whole = _whole(value)
    return whole if isinstance(whole, int) else float(f"{value:.6g}")


# --- texts ------------------------------------------------------------------------------------


def _texts(seen: Seen, *, is_key: bool) -> Iterator[Rule]:
    counts = [counts_of(column) for column in seen]
    is_open = any(map(_is_open, seen))
    personal = any(column.personal for column in seen)
    together = sum((Counter(one) for one in counts), Counter[str]())
    if len(together) > 1 and all(len(one) == 1 for one in counts) and not is_open:
        yield _one_each(seen)
        return
    if not (is_open or personal or is_key) and _is_closed(together):
        yield _levels(seen, together)
        yield from _shares(seen, counts)
        return
    yield from _looks(seen)


def _is_open(column: ColumnProfile) -> bool:
    """Tell whether the profile does not hold every value as it is: too many, too long, or no plain ones."""
    values = column.values
    is_cut = column.text is not None and column.text.length.n > 0 and column.text.length.maximum > _LONG
    is_plain = not column.type.startswith("category[") or _inner(column) is not None
    return values is None or bool(values.n_other) or not values.is_exact or is_cut or not is_plain


def _is_closed(counts: Counter[str]) -> bool:
    """Tell whether unseen values are rare: as rare as the values that stand once (Good, 1953)."""
    singles = sum(1 for count in counts.values() if count == 1)
    return 0 < len(counts) <= _LEVELS and singles / counts.total() < _UNSEEN_MASS


def _levels(seen: Seen, counts: Counter[str]) -> Rule:
    values = [_as_value(value, seen[-1]) for value, _ in counts.most_common()]
    rarest = min(counts.values())
    limits: dict[str, Any] = {"values": values}
    rate = float(f"{math.exp(-rarest):.1g}")
    if rarest < min(_SURE_SHARE * counts.total(), 100 * _SURE_COUNT):
        singles = sum(1 for count in counts.values() if count == 1)
        limits["other"] = share_limit([(singles, counts.total())])
        rate = FALSE_ALARMS
    said = f"{len(values)} value{'' if len(values) == 1 else 's'}, the rarest in {rarest:,} rows"
    said = said.removesuffix("s") if rarest == 1 else said
    severity: Severity = "error" if _is_settled(seen, counts) else "warning"
    return _rule("set", seen, limits, said, severity=severity, false_alarm_rate=max(rate, 1e-9))


def _is_settled(seen: Seen, counts: Counter[str]) -> bool:
    """Tell whether other times will bring no other values, as far as the versions can tell.

    With three versions: no value stands in one of them alone. With fewer: there are several values, none
    rarer than 1 in 100.
    """
    of_versions = Counter(value for column in seen for value in counts_of(column))
    if len(seen) >= VERSIONS_FOR_ERRORS:
        return min(of_versions.values()) > 1
    return len(counts) > 1 and min(counts.values()) >= _SURE_SHARE * counts.total()


def _as_value(value: str, column: ColumnProfile) -> Any:
    inner = _inner(column)
    if inner == "boolean":
        return value == "True"
    return {"integer": int, "number": float}.get(inner or "", str)(value)


def _inner(column: ColumnProfile) -> str | None:
    """Return the word for the type of a column, or of its levels; None where it is none of plain values."""
    return _TYPES.get(family(column.type.removeprefix("category[").partition(",")[0].removesuffix("]")))


def _looks(seen: Seen) -> Iterator[Rule]:
    texts = [column.text for column in seen if column.text is not None]
    if not texts:
        return
    lengths = [text.length for text in texts]
    low, high = reach(lengths, with_season=False)
    least, most = min(one.minimum for one in lengths), max(one.maximum for one in lengths)
    whole = outward(max(0.0, low), high, whole=True)
    limits = (
        {"min": int(least), "max": int(most)}
        if least == most
        else {"min": int(whole[0]), "max": int(whole[1])}
    )
    said = (
        f"{number(least)} to {number(most)} characters"
        if least != most
        else f"always {number(least)} characters"
    )
    pattern = _pattern(seen)
    if pattern is None or "+" in pattern[0] or pattern[0] == _ASCII:  # shapes without a repeat say the length
        yield _rule("length", seen, limits, said)
    if pattern is not None:
        yield _rule("pattern", seen, {"pattern": pattern[0]}, pattern[1])
    longest = max(lengths, key=lambda one: one.n)
    if longest.n >= _ROWS_FOR_SHAPE:
        yield from _tenths_rule(seen, longest, "tenths of the lengths")


def _pattern(seen: Seen) -> tuple[str, str] | None:
    """Return a pattern that all texts match, and why: their shapes, else that they are plain ASCII."""
    shapes: Counter[str] = Counter()
    others = total = 0
    longest = 0.0
    for column in seen:
        if column.text is not None:
            shapes.update(dict(column.text.patterns))
            found = dict(column.text.characters)
            others += found.get("other", 0) + found.get("control", 0)
            total += column.text.length.n
            longest = max(longest, column.text.length.maximum)
    known = [
        value for column in seen if column.values and not column.personal for value, _ in column.values.top
    ]
    is_whole = shapes.total() == total and longest <= _SHAPE_CHARACTERS
    if is_whole and len(shapes) <= _SHAPES and min(shapes.values()) >= _SURE_COUNT and "" not in shapes:
        pattern = "|".join(_regex(shape) for shape, _ in shapes.most_common())
        if all(re.fullmatch(pattern, value) for value in known):
            return pattern, f"shapes {', '.join(shape for shape, _ in shapes.most_common())}"
    if not others and total >= FEW_ROWS:
        return _ASCII, f"{percent(1.0)} plain ASCII"
    return None


def _regex(shape: str) -> str:
    """Return the pattern of a shape, in which a repeated character is written once with ``+``."""
    parts = []
    for character, again in re.findall(r"(?s)(.)(\+?)", shape):
        parts.append(_CLASS.get(character, re.escape(character)) + again)
    return "".join(parts)
