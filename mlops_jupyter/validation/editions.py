"""Two editions of a contract beside each other."""

from __future__ import annotations

import difflib

from ..records import ContractDiff, ContractDoc, RuleChange
from .writing import rule_to_yaml, to_yaml


def diff_contracts(before: ContractDoc, after: ContractDoc) -> ContractDiff:
    """Compare two contracts rule by rule, by name; reasons and evidence do not count.

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
    old = {rule.name: rule_to_yaml(rule) for rule in before.rules}
    new = {rule.name: rule_to_yaml(rule) for rule in after.rules}
    names = [*new, *(name for name in old if name not in new)]
    changes = [
        RuleChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    ]
    text = difflib.unified_diff(
        to_yaml(before).splitlines(), to_yaml(after).splitlines(), "before", "after", lineterm="", n=2
    )
    return ContractDiff(before.dataset, after.dataset, tuple(changes), "\n".join(text))
