"""The kinds of rules: which words each takes, what may stand for it in short, and where it belongs.

To add a kind: its word in ``RuleKind`` of the records, a :class:`Kind` here, and how it is asked in
``rows_pandas`` and ``rows_polars`` (per row), ``whole`` (per table) or ``counted`` (from the profile).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import UsageError, near
from ..records import Rule, RuleKind

OPERATORS: Final = ("<=", "<", ">=", ">", "==", "!=")
SEVERITIES: Final = ("error", "warning")
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d|w)")
_SECONDS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_TYPES: Final = (
    "integer", "number", "float", "boolean", "text", "time", "date", "category",
    "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex", "complex64", "complex128", "bool", "string", "bytes",
    "datetime", "duration", "decimal", "list", "struct", "map", "period", "interval", "null", "object",
)  # fmt: skip
"""Words of types that are known; a type of an extension may have another, which is not like one of them."""
_MOST_OF_A_PATTERN: Final = 1_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rule.

    ``words`` maps each word of its limits to what may stand there; ``short`` says what a single value
    in place of the words means; ``least`` and ``most`` are how many columns it takes; ``needs`` are the
    limits that it cannot do without (any one of them).
    """

    words: Mapping[str, Callable[[Any], str | None]]
    short: Callable[[Any], dict[str, Any] | None] = lambda _: None
    least: int = 1
    most: int | None = 1
    needs: tuple[str, ...] = ()
    in_short: Callable[[Mapping[str, Any]], Any] = field(default=dict)


def seconds(age: str) -> float:
    """Return a span of time such as ``36h`` in seconds; ``s``, ``min``, ``h``, ``d`` and ``w`` are known.

    Raises
    ------
    UsageError
        When it is not a number and a unit.

    Examples
    --------
    >>> seconds("36h"), seconds("1.5 d")
    (129600.0, 129600.0)
    """
    found = _AGE.fullmatch(str(age).strip())
    if not found:
        raise UsageError(f"{age!r} is no span of time; expected a number and s, min, h, d or w, as in 36h")
    return float(found[1]) * _SECONDS[found[2]]


def default_name(kind: str, columns: Sequence[str]) -> str:
    """Return what a rule is called that was given no name.

    Examples
    --------
    >>> default_name("range", ["age"]), default_name("rows", [])
    ('age range', 'rows')
    """
    of = columns if kind != "columns" else ()
    return f"{', '.join(of)} {kind}" if of else kind


def checked(rule: Rule) -> Rule:
    """Return a rule whose words and values are known, or say what is wrong with it.

    Raises
    ------
    UsageError
        When the kind, a word or a value is not understood; names the nearest word that is.

    Examples
    --------
    >>> checked(Rule("age range", "range", ("age",), {"min": 0})).limits
    {'min': 0}
    >>> checked(Rule("age range", "range", ("age",), {"mim": 0}))
    Traceback (most recent call last):
    ...
    mlops_jupyter.errors.UsageError: age range: 'mim' is no word of range; did you mean 'min'?
    """
    kind = known_kind(rule.kind)
    if rule.severity not in SEVERITIES:
        raise UsageError(f"{rule.name}: severity is error or warning, not {rule.severity!r}")
    for word, value in rule.limits.items():
        if word not in kind.words:
            hint = near(word, kind.words) or f"known are {', '.join(kind.words) or 'none'}"
            raise UsageError(f"{rule.name}: {word!r} is no word of {rule.kind}; {hint}")
        if wrong := kind.words[word](value):
            raise UsageError(f"{rule.name}: {word} is {wrong}, not {value!r}")
    if kind.needs and not any(word in rule.limits for word in kind.needs):
        raise UsageError(f"{rule.name}: {rule.kind} takes {' or '.join(kind.needs)}")
    if len(rule.columns) < kind.least or (kind.most is not None and len(rule.columns) > kind.most):
        raise UsageError(f"{rule.name}: {rule.kind} takes {_many(kind)}, not {len(rule.columns)}")
    _check_together(rule)
    if rule.kind == "type":
        _check_types(rule)
    return rule


def known_kind(word: str) -> Kind:
    """Return the kind of a name.

    Raises
    ------
    UsageError
        When there is no such kind; names the nearest.
    """
    if word not in KINDS:
        hint = near(word, KINDS) or f"known are {', '.join(KINDS)}"
        raise UsageError(f"{word!r} is no kind of rule; {hint}")
    return KINDS[word]


def _check_together(rule: Rule) -> None:
    low, high = rule.limits.get("min"), rule.limits.get("max")
    if low is None or high is None:
        return
    if isinstance(low, str) is not isinstance(high, str):
        raise UsageError(f"{rule.name}: min {low!r} and max {high!r} are not of one kind")
    if low > high:
        raise UsageError(f"{rule.name}: min {low!r} is more than max {high!r}")


def _check_types(rule: Rule) -> None:
    given = rule.limits["type"]
    for word in [given] if isinstance(given, str) else given:
        base = word.partition("[")[0].partition("<")[0]
        if base not in _TYPES and (hint := near(base, _TYPES, count=1, cutoff=0.6)):
            raise UsageError(f"{rule.name}: there is no type {word!r}; {hint}")


def _many(kind: Kind) -> str:
    if kind.most == kind.least:
        return f"{kind.least or 'no'} column{'' if kind.least == 1 else 's'}"
    return f"at least {kind.least} columns" if kind.most is None else "one column or none"


# --- what may stand at a word: each says what was expected, or nothing -------------------------


def _share(value: Any) -> str | None:
    return None if _is_number(value) and 0 <= value <= 1 else "a share from 0 to 1"


def _count(value: Any) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else "a whole number"


def _point(value: Any) -> str | None:
    return None if _is_number(value) or (isinstance(value, str) and value) else "a number or a time"


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "a text"


def _texts(value: Any) -> str | None:
    good = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
    return None if good else "a list of names"


def _types(value: Any) -> str | None:
    return None if _text(value) is None or _texts(value) is None else "a type or a list of types"


def _scalar(value: Any) -> str | None:
    return None if isinstance(value, str | int | float | bool) else "one value"


def _scalars(value: Any) -> str | None:
    good = isinstance(value, list) and value and all(_scalar(one) is None for one in value)
    return None if good else "a list of values"


def _bool(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _regex(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > _MOST_OF_A_PATTERN:
        return f"a regular expression of at most {_MOST_OF_A_PATTERN} characters"
    try:
        re.compile(value)
    except re.error as error:
        return f"a regular expression ({error})"
    return None


def _age(value: Any) -> str | None:
    return None if isinstance(value, str) and _AGE.fullmatch(value.strip()) else "a span of time such as 36h"


def _quantiles(value: Any) -> str | None:
    good = isinstance(value, list) and len(value) >= 3 and all(map(_is_number, value))
    return None if good and sorted(value) == value else "an ascending list of at least 3 numbers"


def _shares(value: Any) -> str | None:
    good = isinstance(value, dict) and value and all(_share(one) is None for one in value.values())
    return None if good else "a share from 0 to 1 per value"


def _mapping(value: Any) -> str | None:
    return None if isinstance(value, dict) else "a mapping of arguments"


def _one_of(*words: str) -> Callable[[Any], str | None]:
    return lambda value: None if value in words else " or ".join(words)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


# --- what may stand in short ------------------------------------------------------------------


def _as(word: str, test: Callable[[Any], str | None]) -> Callable[[Any], dict[str, Any] | None]:
    return lambda value: {word: value} if test(value) is None else None


def _if_true(limits: dict[str, Any]) -> Callable[[Any], dict[str, Any] | None]:
    return lambda value: dict(limits) if value is True else None


def _required(value: Any) -> dict[str, Any] | None:
    return {"missing": 0} if value is True else _as("missing", _share)(value)


def _constant(value: Any) -> dict[str, Any] | None:
    if value is False:
        return {"varies": True}
    return {"value": value} if value is not True and _scalar(value) is None else None


def _alone(word: str) -> Callable[[Mapping[str, Any]], Any]:
    """Return how limits of one word are written: as its value."""
    return lambda limits: limits[word] if list(limits) == [word] else dict(limits)


def _true_alone(limits: Mapping[str, Any]) -> Any:
    return dict(limits) or True


def _required_in_short(limits: Mapping[str, Any]) -> Any:
    if list(limits) != ["missing"]:
        return dict(limits)
    return True if type(limits["missing"]) is int and limits["missing"] == 0 else limits["missing"]


def _constant_in_short(limits: Mapping[str, Any]) -> Any:
    if limits == {"varies": True}:
        return False
    plain = list(limits) == ["value"] and not isinstance(limits["value"], bool)
    return limits["value"] if plain else dict(limits)


KINDS: Final[dict[RuleKind, Kind]] = {
    "columns": Kind(
        {"extra": _one_of("allowed", "refused"), "ordered": _bool, "optional": _texts}, least=1, most=None
    ),
    "rows": Kind({"min": _count, "max": _count}, least=0, most=0, needs=("min", "max")),
    "duplicates": Kind({"max": _share}, _as("max", _share), least=0, most=0, in_short=_alone("max")),
    "type": Kind({"type": _types}, _as("type", _types), needs=("type",), in_short=_alone("type")),
    "required": Kind({"missing": _share, "blank": _bool}, _required, in_short=_required_in_short),
    "range": Kind({"min": _point, "max": _point, "outside": _share}, needs=("min", "max")),
    "set": Kind(
        {"values": _scalars, "other": _share}, _as("values", _scalars),
        needs=("values",), in_short=_alone("values"),
    ),
    "pattern": Kind(
        {"pattern": _regex, "other": _share}, _as("pattern", _text),
        needs=("pattern",), in_short=_alone("pattern"),
    ),
    "length": Kind({"min": _count, "max": _count, "outside": _share}, needs=("min", "max")),
    "unique": Kind({"repeated": _share}, _if_true({}), most=None, in_short=_true_alone),
    "compare": Kind(
        {"operator": _one_of(*OPERATORS), "other": _share}, least=2, most=2, needs=("operator",)
    ),
    "depends": Kind({"other": _share}, least=2, most=None),
    "foreign": Kind({"table": _text, "to": _texts, "other": _share}, most=None, needs=("table",)),
    "fresh": Kind(
        {"max_age": _age, "late_after": _age, "late": _share, "changed": _bool}, _as("max_age", _age),
        least=0, needs=("max_age", "late_after", "changed"), in_short=_alone("max_age"),
    ),
    "ordered": Kind(
        {"direction": _one_of("ascending", "descending")}, _if_true({}), in_short=_true_alone
    ),
    "distribution": Kind(
        {"max": _share, "quantiles": _quantiles, "shares": _shares},
        _as("max", _share), in_short=_alone("max"),
    ),
    "constant": Kind(
        {"value": _scalar, "varies": _bool}, _constant, needs=("value", "varies"), in_short=_constant_in_short
    ),
    "python": Kind(
        {"function": _text, "arguments": _mapping, "other": _share}, _as("function", _text),
        least=0, most=None, needs=("function",), in_short=_alone("function"),
    ),
}  # fmt: skip
"""Every kind, in the order in which a contract names them."""

TABLE_KINDS: Final = ("columns", "rows", "duplicates", "compare", "depends")
"""Kinds that say something of the table, whatever their number of columns."""
