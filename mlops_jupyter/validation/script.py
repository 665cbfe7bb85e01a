"""A contract as a pandera schema: Python text that runs by itself, for those who leave us or never came."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from ..records import ContractDoc, Rule
from .answers import tolerance

_DTYPES: Final = {"boolean": "bool"}


def to_pandera_script(doc: ContractDoc) -> str:
    """Return a contract as Python text that defines ``schema``, a pandera schema for pandas.

    Rules that pandera has no word for (age, another table, distribution, rules in Python) are named in
    comments, and so is what may break a rule: a check of pandera lets no row pass.

    Examples
    --------
    >>> text = to_pandera_script(ContractDoc("people", (Rule("age range", "range", ("age",), {"min": 0}),)))
    >>> 'pa.Check.ge(0, name="age range")' in text
    True
    """
    by_column: dict[str, list[Rule]] = {}
    for rule in doc.rules:
        if len(rule.columns) == 1 and rule.kind != "columns":
            by_column.setdefault(rule.columns[0], []).append(rule)
    listed = {name for rule in doc.rules if rule.kind == "columns" for name in rule.columns}
    names = [*by_column, *sorted(listed - set(by_column))]
    lines = [
        _head(doc),
        "",
        "import pandas as pd",
        "import pandera.pandas as pa",
        "",
        "schema = pa.DataFrameSchema(",
        "    {",
    ]
    for name in names:
        lines += [f"        {line}" for line in _column(name, by_column.get(name, []))]
    lines += ["    },"]
    lines += [f"    {line}" for line in _of_table(doc)]
    lines += [f"    name={doc.dataset!r},", "    strict=False,", ")", ""]
    return "\n".join(lines)


def _head(doc: ContractDoc) -> str:
    said = f"The contract of {doc.dataset} as a pandera schema: schema.validate(frame, lazy=True)."
    return f"# {_comment(said)}"


def _column(name: str, rules: Sequence[Rule]) -> Iterator[str]:
    words = _words(rules)
    checks = [line for rule in rules for line in _checks(rule)]
    yield f"{name!r}: pa.Column("
    yield f"    {_dtype(rules)},"
    if checks:
        yield "    checks=["
        yield from (f"        {line}" for line in checks)
        yield "    ],"
    yield from (f"    {word}," for word in words)
    yield "),"


def _words(rules: Sequence[Rule]) -> Iterator[str]:
    required = next((rule for rule in rules if rule.kind == "required"), None)
    yield f"nullable={required is None or tolerance(required) > 0}"
    if any(rule.kind == "unique" and not tolerance(rule) for rule in rules):
        yield "unique=True"


def _dtype(rules: Sequence[Rule]) -> str:
    wanted = next((rule.limits["type"] for rule in rules if rule.kind == "type"), None)
    return repr(_DTYPES.get(wanted)) if isinstance(wanted, str) else "None"


def _checks(rule: Rule) -> Iterator[str]:
    if rule.reason:
        yield f"# {_comment(rule.reason)}"
    if rule.kind == "required" and tolerance(rule):
        share = f"column.isna().mean() <= {tolerance(rule):g}"
        yield f"pa.Check(lambda column: {share}, name={_quoted(rule.name)}, ignore_na=False),"
    if rule.kind in ("type", "required", "unique"):
        return
    if allowed := tolerance(rule):
        yield f"# the contract lets a share of {allowed:g} break it"
    make = _CHECKS.get(rule.kind)
    if make is None:
        yield f"# {_comment(rule.name)}: pandera has no word for it"
        return
    warning = ", raise_warning=True" if rule.severity == "warning" else ""
    yield f"{make(rule.limits, f'name={_quoted(rule.name)}{warning}')},"


def _range(limits: dict[str, Any], more: str) -> str:
    low, high = limits.get("min"), limits.get("max")
    if "now" in (low, high) or isinstance(low, str) or isinstance(high, str):
        return _times(low, high, more)
    if low is not None and high is not None:
        return f"pa.Check.in_range({low!r}, {high!r}, {more})"
    return f"pa.Check.ge({low!r}, {more})" if low is not None else f"pa.Check.le({high!r}, {more})"


def _times(low: str | None, high: str | None, more: str) -> str:
    ends = [(">=", low), ("<=", high)]
    parts = [f'(pd.to_datetime(column, utc=True) {sign} pd.Timestamp({end!r}).tz_localize("UTC"))'
             if end != "now" else f"(pd.to_datetime(column, utc=True) {sign} pd.Timestamp.now('UTC'))"
             for sign, end in ends if end is not None]  # fmt: skip
    return f"pa.Check(lambda column: {' & '.join(parts)}, {more})"


def _length(limits: dict[str, Any], more: str) -> str:
    return f"pa.Check.str_length({limits.get('min', 0)!r}, {limits.get('max')!r}, {more})"


def _constant(limits: dict[str, Any], more: str) -> str:
    if "value" in limits:
        return f"pa.Check.eq({limits['value']!r}, {more})"
    sign = ">" if limits["varies"] else "<="
    return f"pa.Check(lambda column: column.nunique() {sign} 1, {more})"


def _ordered(limits: dict[str, Any], more: str) -> str:
    word = "decreasing" if limits.get("direction") == "descending" else "increasing"
    return f"pa.Check(lambda column: column.is_monotonic_{word}, {more})"


_CHECKS: Final[dict[str, Callable[[dict[str, Any], str], str]]] = {
    "range": _range,
    "set": lambda limits, more: f"pa.Check.isin({limits['values']!r}, {more})",
    "pattern": lambda limits, more: f"pa.Check.str_matches({'^(?:' + limits['pattern'] + ')$'!r}, {more})",
    "length": _length,
    "constant": _constant,
    "ordered": _ordered,
}


def _of_table(doc: ContractDoc) -> Iterator[str]:
    rules = [rule for rule in doc.rules if len(rule.columns) != 1 or rule.kind == "columns"]
    checks = [line for rule in rules for line in _table_check(rule)]
    if checks:
        yield "checks=["
        yield from (f"    {line}" for line in checks)
        yield "],"


def _table_check(rule: Rule) -> Iterator[str]:
    if rule.kind == "columns":
        return
    if rule.reason:
        yield f"# {_comment(rule.reason)}"
    if rule.kind != "duplicates" and (allowed := tolerance(rule)):
        yield f"# the contract lets a share of {allowed:g} break it"
    body = _body(rule)
    if body is None:
        yield f"# {_comment(rule.name)}: pandera has no word for it"
        return
    warning = ", raise_warning=True" if rule.severity == "warning" else ""
    yield f"pa.Check(lambda frame: {body}, name={_quoted(rule.name)}{warning}),"


def _body(rule: Rule) -> str | None:
    names, limits = list(rule.columns), rule.limits
    if rule.kind == "rows":
        most = f" <= {limits['max']}" if "max" in limits else ""
        return f"{limits.get('min', 0)} <= len(frame){most}"
    if rule.kind == "duplicates":
        return f"frame.duplicated().mean() <= {limits['max']!r}" if "max" in limits else "~frame.duplicated()"
    if rule.kind == "unique":
        return f"~frame.duplicated({names!r}, keep=False) | frame[{names!r}].isna().any(axis=1)"
    if rule.kind == "compare":
        a, b = (f"frame[{name!r}]" for name in names)
        return f"({a} {limits['operator']} {b}) | {a}.isna() | {b}.isna()"
    if rule.kind == "depends":
        return f"frame.groupby({names[:-1]!r}, observed=True)[{names[-1]!r}].transform('nunique') <= 1"
    return None


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=True)


def _comment(text: str) -> str:
    """Return text that stays within one comment line."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text)
