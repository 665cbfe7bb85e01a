"""A rule of a contract as people say it: ``wind_speed is between 0 and 81``. Everywhere the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..records import ContractDoc, Rule
from . import words

_OPERATORS: Final = {"<=": "≤", "<": "<", ">=": "≥", ">": ">", "==": "=", "!=": "≠"}
_TYPES: Final = {
    "integer": "a whole number", "number": "a number", "boolean": "true or false", "category": "a category",
    "text": "text", "datetime": "a time", "timestamp": "a time", "date": "a date", "time": "a time of day",
    "duration": "a span of time",
}  # fmt: skip
_ZONED: Final = ("datetime", "timestamp")
_MOST_VALUES, _MOST_COLUMNS = 6, 6
_HARDLY: Final = 0.02
WARNS: Final = "⚠ warns, and does not break the contract"


def rule_words(rule: Rule, like: str = "") -> str:
    """Return a rule as a sentence without its full stop.

    Parameters
    ----------
    rule
        The rule; what its limits hold may be of any type.
    like
        What a distribution was learned from, as ``weather:1``.

    Examples
    --------
    >>> rule_words(Rule("", "range", ("wind_speed",), {"min": 0, "max": 81}))
    'wind_speed is between 0 and 81'
    >>> rule_words(Rule("", "compare", ("dewp", "temp"), {"operator": "<=", "other": 0.0063}))
    'dewp ≤ temp (up to 0.6 % of rows may not)'
    >>> rule_words(Rule("", "required", ("temp",), {"missing": 0.0063}))
    'temp is never missing (at most 0.6 %)'
    """
    said = phrase(rule, like)
    verb = _VERBS.get(rule.kind)
    if not rule.columns:
        return f"the data is {said}" if verb == "is" else said
    if verb is None:
        return said
    return f"{names(rule.columns)} {'are' if verb == 'is' and len(rule.columns) > 1 else verb} {said}"


def phrase(rule: Rule, like: str = "") -> str:
    """Return what a rule asks, where its column is already named: ``between 0 and 81``.

    Examples
    --------
    >>> phrase(Rule("", "set", ("origin",), {"values": ["EWR", "JFK", "LGA"]}))
    'one of EWR, JFK, LGA'
    >>> phrase(Rule("", "distribution", ("temp",), {"max": 0.1, "quantiles": [1, 2, 3]}), "weather:1")
    'distribution like weather:1 (KS at most 0.1)'
    """
    if rule.kind == "distribution":
        return _distribution(rule, like)
    say = _PHRASES.get(rule.kind)
    return say(rule) if say else rule.kind


def learned(doc: ContractDoc) -> str:
    """Return what the distributions of a contract were learned from, as :func:`phrase` takes it."""
    some = doc.learned_from
    return f"the {len(some)} versions seen" if len(some) > 1 else some[0] if some else ""


def names(columns: Sequence[str]) -> str:
    """Return the names of columns, the first six of many."""
    most = _MOST_COLUMNS + (len(columns) == _MOST_COLUMNS + 1)
    shown = ", ".join(words.line(name, 40) for name in columns[:most])
    left = len(columns) - most
    return f"{shown} and {left:,} more" if left > 0 else shown


def is_usual_name(rule: Rule) -> bool:
    """Return whether nobody gave a rule a name of its own: then its words name it better."""
    usual = f"{', '.join(rule.columns)} {rule.kind}" if rule.columns else rule.kind
    rest = next((rule.name[len(one) :] for one in (usual, rule.kind) if rule.name.startswith(one)), None)
    return not rule.name or (rest is not None and (not rest.strip() or rest.strip().isdigit()))


# --- what each kind asks ----------------------------------------------------------------------


def _between(rule: Rule, noun: str = "") -> str:
    low, high = rule.limits.get("min"), rule.limits.get("max")
    as_years = all(isinstance(one, (int, float)) and 1900 <= one <= 2100 for one in (low, high))
    least, most = (_plain(one) if as_years else _value(one) for one in (low, high))
    if low is not None and high is not None:
        return f"exactly {least}{noun}" if low == high else f"between {least} and {most}{noun}"
    return f"at least {least}{noun}" if high is None else f"at most {most}{noun}"


def _range(rule: Rule) -> str:
    return _between(rule) + _may_not(rule, "outside")


def _length(rule: Rule) -> str:
    return _between(rule, " characters long") + _may_not(rule, "outside")


def _rows(rule: Rule) -> str:
    return _between(rule, " rows")


def _duplicates(rule: Rule) -> str:
    return "no row stands twice" + _at_most(rule.limits.get("max"))


def _columns(rule: Rule) -> str:
    extra = " and no others" if rule.limits.get("extra") == "refused" else ""
    order = ", in this order" if rule.limits.get("ordered") else ""
    return f"has the columns {names(rule.columns)}{extra}{order}"


def _type(rule: Rule) -> str:
    asked = rule.limits.get("type")
    listed = asked if isinstance(asked, (list, tuple)) else [asked]
    return " or ".join(_one_type(str(one)) for one in listed[:_MOST_VALUES])


def _one_type(asked: str) -> str:
    """Return ``a time in UTC`` for ``datetime[UTC]``."""
    base, _, more = asked.removesuffix("]").partition("[")
    if asked in _TYPES:
        return _TYPES[asked]
    return f"{_TYPES[base]} in {words.line(more, 24)}" if base in _ZONED and more else words.line(asked, 40)


def missing(rule: Rule) -> str:
    """Return how much may be missing, under a head that says so: ``never (at most 0.6 %)``.

    Examples
    --------
    >>> missing(Rule("", "required", ("temp",), {"missing": 0.25}))
    'at most 25 %'
    """
    share = rule.limits.get("missing")
    if isinstance(share, (int, float)) and share >= _HARDLY:
        return f"at most {_share(share)}"
    return f"never{_at_most(share)}"


def _required(rule: Rule) -> str:
    blank = " or blank" if rule.limits.get("blank") else ""
    said = missing(rule)
    if said.startswith("never"):
        return f"never missing{blank}{said.removeprefix('never')}"
    return f"missing{blank} in {said}"


def short(rule: Rule) -> str:
    """Return what a rule asks under a head that names its kind: ``KS ≤ 0.1``."""
    if rule.kind == "distribution":
        return spread(rule).replace("at most", "≤")
    return missing(rule) if rule.kind == "required" else phrase(rule)


def spread(rule: Rule) -> str:
    """Return how far a distribution may move: ``KS at most 0.1``."""
    measure = "TV" if "shares" in rule.limits else "KS"
    return f"{measure} at most {_value(rule.limits.get('max', 0.1))}"


def _set(rule: Rule) -> str:
    values = rule.limits.get("values")
    listed = list(values) if isinstance(values, (list, tuple)) else [values]
    shown = ", ".join(words.line(_plain(one), 24) for one in listed[:_MOST_VALUES])
    left = len(listed) - _MOST_VALUES
    one_of = "always" if len(listed) == 1 else "one of"
    return f"{one_of} {shown}{f' and {left:,} more' if left > 0 else ''}{_may_not(rule, 'other')}"


def _pattern(rule: Rule) -> str:
    return f"of the form {words.line(str(rule.limits.get('pattern', '')), 60)}{_may_not(rule, 'other')}"


def _unique(rule: Rule) -> str:
    together = "together " if len(rule.columns) > 1 else ""
    return f"{together}different in every row{_may_not(rule, 'repeated')}"


def _compare(rule: Rule) -> str:
    operator = str(rule.limits.get("operator", "and"))
    sides = [words.line(name, 40) for name in rule.columns[:2]]
    return f" {_OPERATORS.get(operator, operator)} ".join(sides) + _may_not(rule, "other")


def _depends(rule: Rule) -> str:
    *given, found = rule.columns or ("",)
    return f"{names(given)} always {'go' if len(given) > 1 else 'goes'} with one {words.line(found, 40)}" + (
        _may_not(rule, "other")
    )


def _foreign(rule: Rule) -> str:
    to = rule.limits.get("to")
    at = f" ({names([str(one) for one in to])})" if isinstance(to, (list, tuple)) and to else ""
    return f"in {words.line(str(rule.limits.get('table', '')), 60)}{at}{_may_not(rule, 'other')}"


def _fresh(rule: Rule) -> str:
    limits, said = rule.limits, []
    if "max_age" in limits:
        said.append(f"at most {words.line(str(limits['max_age']), 20)} old")
    if "late_after" in limits:
        late = words.line(str(limits["late_after"]), 20)
        said.append(f"older than {late} in at most {_share(limits.get('late', 0))} of rows")
    if limits.get("changed"):
        said.append("other than in the version before")
    return " and ".join(said) or "fresh"


def _ordered(rule: Rule) -> str:
    return f"in {words.line(str(rule.limits.get('direction', 'ascending')), 20)} order"


def _distribution(rule: Rule, like: str) -> str:
    return f"distribution {f'like {words.line(like, 40)}' if like else 'as learned'} ({spread(rule)})"


def _constant(rule: Rule) -> str:
    return (
        "not always the same" if rule.limits.get("varies") else f"always {_plain(rule.limits.get('value'))}"
    )


def _python(rule: Rule) -> str:
    return f"accepted by {words.line(str(rule.limits.get('function', '')), 60)}{_may_not(rule, 'other')}"


_PHRASES: Final[Mapping[str, Callable[[Rule], str]]] = {
    "range": _range, "length": _length, "rows": _rows, "duplicates": _duplicates, "columns": _columns,
    "type": _type, "required": _required, "set": _set, "pattern": _pattern, "unique": _unique,
    "compare": _compare, "depends": _depends, "foreign": _foreign, "fresh": _fresh, "ordered": _ordered,
    "constant": _constant, "python": _python,
}  # fmt: skip
_VERBS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("range", "length", "type", "required", "set", "pattern", "unique", "foreign", "fresh", "ordered",
         "constant", "python"), "is",
    ),
    "distribution": "has a",
}  # fmt: skip


# --- values and shares ------------------------------------------------------------------------


def _may_not(rule: Rule, word: str) -> str:
    """Return how many rows may break a rule of rows."""
    share = rule.limits.get(word)
    return f" (up to {_share(share)} of rows may not)" if _is_share(share) else ""


def _at_most(share: Any) -> str:
    return f" (at most {_share(share)})" if _is_share(share) else ""


def _is_share(share: Any) -> bool:
    return isinstance(share, (int, float)) and not isinstance(share, bool) and share > 0


def _share(share: Any) -> str:
    is_share = isinstance(share, (int, float)) and 0 <= share <= 1
    return words.percent(share) if is_share else words.line(str(share), 20)


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return words.line(str(value), 40)
    return words.number(float(value), digits=6) if abs(value) < 1e300 else words.line(str(value), 40)


def _plain(value: Any) -> str:
    """Return a value that names something, as a year or a code: without separators."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)) and abs(value) < 10**15 and value == int(value):
        return str(int(value)).replace("-", "−")
    return _value(value)
