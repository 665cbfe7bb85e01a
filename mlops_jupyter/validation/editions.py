"""Two editions of a contract beside each other."""

from __future__ import annotations

import difflib
import math
from typing import Any, Final

from ..records import ContractDiff, ContractDoc, Rule, RuleChange
from .writing import rule_to_yaml, to_yaml

_ROUNDING: Final = 1e-6


def diff_contracts(before: ContractDoc, after: ContractDoc) -> ContractDiff:
    """Compare two contracts rule by rule, by name; reasons and evidence do not count.

    The order of a set's values does not count either, nor numbers that differ by less than one in a million.

    Returns
    -------
    ContractDiff
        Rules that were added, removed or changed, as YAML; and a unified diff of the texts.

    Examples
    --------
    >>> from mlops_jupyter.records import Rule
    >>> a = ContractDoc("people", (Rule("age range", "range", ("age",), {"min": 0}),))
    >>> b = ContractDoc("people", (Rule("age range", "range", ("age",), {"min": 18}),))
    >>> diff_contracts(a, b).rules
    (RuleChange(name='age range', before='range: {min: 0}', after='range: {min: 18}'),)
    """
    old = {rule.name: rule for rule in before.rules}
    new = {rule.name: rule for rule in after.rules}
    names = [*new, *(name for name in old if name not in new)]
    changes = [
        RuleChange(name, _said(old.get(name)), _said(new.get(name)))
        for name in names
        if not _same(old.get(name), new.get(name))
    ]
    text = difflib.unified_diff(
        to_yaml(before).splitlines(), to_yaml(after).splitlines(), "before", "after", lineterm="", n=2
    )
    return ContractDiff(before.dataset, after.dataset, tuple(changes), "\n".join(text))


def _said(rule: Rule | None) -> str | None:
    return None if rule is None else rule_to_yaml(rule)


def _same(before: Rule | None, after: Rule | None) -> bool:
    if before is None or after is None:
        return False
    return (before.kind, before.severity) == (after.kind, after.severity) and _alike(
        _plain(before), _plain(after)
    )


def _plain(rule: Rule) -> dict[str, Any]:
    """Return what a rule says, with what has no order in one order."""
    limits = {word: rule.limits[word] for word in sorted(rule.limits)}
    for word in ("values", "type", "optional"):
        if isinstance(limits.get(word), list):
            limits[word] = sorted(limits[word], key=lambda one: (str(type(one)), str(one)))
    has_order = rule.kind in ("compare", "depends", "foreign") or limits.get("ordered")
    return {"columns": list(rule.columns if has_order else sorted(rule.columns)), **limits}


def _alike(before: Any, after: Any) -> bool:
    """Tell whether two values are equal, where numbers may differ as by rounding."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_alike(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_alike, before, after))
    if _is_number(before) and _is_number(after):
        return math.isclose(before, after, rel_tol=_ROUNDING)
    return type(before) is type(after) and bool(before == after)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
