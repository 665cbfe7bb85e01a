"""A contract asked of data: rows through pandera, the table as a whole here, and one report."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from .. import config
from ..errors import MlopsError, near
from ..records import ContractDoc, Profile, Rule, RuleResult, ValidationReport
from . import counted
from .answers import NOTHING, Naming, Outcome, broken, naming, result, unknown
from .asking import APPLIES, as_kind, limits_of
from .facts import Facts
from .fidelity import Asked, scores
from .frames import rows_of
from .functions import function_of
from .whole import WHOLE, ask

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_IGNORE_MISSING: Final = (
    "range",
    "set",
    "pattern",
    "length",
    "compare",
    "unique",
    "depends",
    "foreign",
    "constant",
)
_ORDER: Final = {
    ("failed", "error"): 0,
    ("failed", "warning"): 1,
    ("unknown", "error"): 2,
    ("unknown", "warning"): 3,
}


def check(
    data: Any,
    contract: ContractDoc,
    *,
    profile: Profile | None = None,
    reference: Profile | None = None,
    tables: Mapping[str, Any] = _NOTHING,
    now: datetime | None = None,
    sensitive: Collection[str] = (),
) -> ValidationReport:
    """Ask a contract of data.

    Parameters
    ----------
    data : a pandas, polars or Arrow table, a series or an array; never changed.
    contract : what the data must be like.
    profile : the profile of the data, where there is one; else made where a rule needs it, of its column.
    reference : the profile of the version that distributions are compared with.
    tables : other tables by name, for rules that look into them.
    now : the time that ages are counted to; the present where None.
    sensitive : columns whose values are not shown, beside those of the contract.

    Returns
    -------
    ValidationReport
        Failed rules first. ``passed`` is False when a rule of severity error failed.

    Raises
    ------
    UnsupportedError
        When the object is no table.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.records import Rule
    >>> rule = Rule("age range", "range", ("age",), {"min": 0, "max": 120})
    >>> report = check(pd.DataFrame({"age": [3, 430]}), ContractDoc("people", (rule,)))
    >>> report.passed, report.results[0].message, report.results[0].examples
    (False, '1 of 2 rows is outside 0 to 120', ('row 1',))
    """
    begun = time.perf_counter()
    facts = Facts(_moment(now), rows_of(data), profile, reference, tables)
    outcomes = _early(contract, facts)
    _ask_rows(contract.rules, facts, outcomes)
    for place, rule in enumerate(contract.rules):
        if place not in outcomes:
            outcomes[place] = ask(rule, facts)
    assert facts.rows is not None
    names = naming(facts.rows, contract.rules, {*sensitive, *contract.sensitive})
    return _report(contract, facts, outcomes, names, begun, "pandera")


def check_profile(
    profile: Profile,
    contract: ContractDoc,
    *,
    reference: Profile | None = None,
    now: datetime | None = None,
    sensitive: Collection[str] = (),  # noqa: ARG001 so that both are called alike
) -> ValidationReport:
    """Ask a contract of a profile: all that needs no rows; the rest is unknown, with the reason.

    Parameters
    ----------
    profile : of data that are larger than memory, say.
    contract, reference, now : as in :func:`check`.
    sensitive : accepted for likeness; a profile names no rows.

    Returns
    -------
    ValidationReport
        ``engine`` is ``profile``. Where the counts of the profile allow both answers, a rule is unknown.
    """
    begun = time.perf_counter()
    facts = Facts(_moment(now), None, profile, reference)
    outcomes = _early(contract, facts)
    for place, rule in enumerate(contract.rules):
        if place not in outcomes:
            outcomes[place] = counted.ask(rule, facts)
    return _report(contract, facts, outcomes, None, begun, "profile")


def _moment(now: datetime | None) -> datetime:
    return now or datetime.fromisoformat(config.now()).astimezone(UTC)


def _early(contract: ContractDoc, facts: Facts) -> dict[int, Outcome]:
    """Return the answers that are known before a value is looked at: absent columns, other types."""
    found: dict[int, Outcome] = {}
    named = {name for rule in contract.rules if rule.kind == "columns" for name in rule.columns}
    optional = {name for rule in contract.rules for name in rule.limits.get("optional", ())}
    wrong: set[str] = set()
    for place, rule in enumerate(contract.rules):
        if rule.kind == "columns":
            continue
        if absent := [name for name in rule.columns if name not in facts.names]:
            found[place] = _absent(absent[0], facts, expected=absent[0] in named | optional)
        elif rule.kind == "type":
            found[place] = ask(rule, facts)
            wrong |= set(rule.columns) if found[place].whole else set()
    for place, rule in enumerate(contract.rules):
        if place not in found and rule.kind != "columns" and (reason := _unaskable(rule, facts)):
            also = any(name in wrong for name in rule.columns)
            found[place] = unknown(f"{reason}; see its type") if also else broken(reason)
    return found


def _absent(name: str, facts: Facts, *, expected: bool) -> Outcome:
    hint = near(name, facts.names)
    said = f"there is no column {name!r}" + (f"; {hint}" if hint else "")
    return unknown(said) if expected else broken(said)


def _unaskable(rule: Rule, facts: Facts) -> str | None:
    """Return why a rule cannot be asked of its column, or None."""
    if rule.kind not in APPLIES or not rule.columns:
        return None
    kind = facts.kind_of(rule.columns[0])
    if kind in (*APPLIES[rule.kind], "null", "empty"):
        try:
            if rule.kind == "range":
                limits_of(rule, kind, facts.now)
        except MlopsError as error:
            return str(error)
        return None
    return f"{rule.kind} cannot be asked of {facts.type_of(rule.columns[0])}"


def _ask_rows(rules: Sequence[Rule], facts: Facts, outcomes: dict[int, Outcome]) -> None:
    assert facts.rows is not None
    wanted: list[tuple[int, Rule, Any]] = []
    for place, rule in enumerate(rules):
        if place in outcomes or not _is_per_row(rule):
            continue
        try:
            if rule.kind == "set":
                as_kind(rule.limits["values"], facts.kind_of(rule.columns[0]), facts.now)
            function = function_of(rule.limits["function"]) if rule.kind == "python" else None
        except MlopsError as error:
            outcomes[place] = unknown(str(error))
            continue
        if _has_values(rule, facts):
            wanted.append((place, rule, function))
        else:
            outcomes[place] = NOTHING
    if wanted:
        from . import rows_pandas, rows_polars

        run = rows_pandas.run if facts.rows.engine == "pandas" else rows_polars.run
        failed = run(facts.rows, wanted, facts.now)
        outcomes.update({place: failed.get(place, NOTHING) for place, _, _ in wanted})


def _is_per_row(rule: Rule) -> bool:
    """Tell whether a rule goes through pandera; where values are missing is known without."""
    if rule.kind == "required":
        return bool(rule.limits.get("blank"))
    return rule.kind not in WHOLE or (rule.kind == "unique" and len(rule.columns) == 1)


def _has_values(rule: Rule, facts: Facts) -> bool:
    """Tell whether there is anything to ask; a column without values has no type to compare."""
    if rule.kind not in _IGNORE_MISSING:
        return True
    return all(facts.type_of(name) != "null" for name in rule.columns) and facts.n_rows > 0


def _report(
    contract: ContractDoc,
    facts: Facts,
    outcomes: Mapping[int, Outcome],
    names: Naming | None,
    begun: float,
    engine: Literal["pandera", "profile"],
) -> ValidationReport:
    asked: list[Asked] = []
    for place, rule in enumerate(contract.rules):
        outcome = outcomes[place]
        asked.append((rule, result(rule, outcome, _n_checked(rule, facts), names), outcome))
    results = sorted((one for _, one, _ in asked), key=_urgency)
    return ValidationReport(
        data="data",
        contract=contract.dataset,
        n_rows=facts.n_rows,
        passed=not any(one.state == "failed" and one.rule.severity == "error" for one in results),
        results=tuple(results),
        scores=scores(asked, facts),
        version_id=facts.profile.version_id if facts.profile else None,
        created_at=config.now(),
        duration_s=time.perf_counter() - begun,
        engine=engine,
        sampled_rows=facts.profile.sampled_rows if facts.profile and facts.rows is None else None,
    )


def _urgency(one: RuleResult) -> tuple[int, float]:
    share = (one.n_failed or 0) / one.n_checked if one.n_checked else 0.0
    return _ORDER.get((one.state, one.rule.severity), 4), -share


def _n_checked(rule: Rule, facts: Facts) -> int:
    if rule.kind not in _IGNORE_MISSING or any(name not in facts.names for name in rule.columns):
        return facts.n_rows
    if facts.rows is None:
        return facts.n_rows - max(facts.column(name).n_missing for name in rule.columns)
    absent = facts.rows.missing(rule.columns[0])
    for name in rule.columns[1:]:
        absent = absent | facts.rows.missing(name)
    return facts.n_rows - int(absent.sum())
