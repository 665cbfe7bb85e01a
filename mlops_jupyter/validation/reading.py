"""YAML to a contract: safely, with the line of what is wrong, and comments as the reasons of their rules.

Only plain YAML is read: no tags, no anchors (a few lines of them can unfold to gigabytes), at most 16
megabytes (5,000 columns take two). Words that YAML 1.1 takes for something else (``no``, ``2013-01-01``,
``1:30``) stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..errors import UsageError
from ..records import ContractDoc, Rule
from . import nodes
from .kinds import KINDS, OPERATORS, checked, default_name

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

MOST_BYTES: Final = 16_000_000
_FORMAT = 1
_WORDS = ("dataset", "description", "owner", "learned_from", "sensitive", "format", "table", "columns")
_RULES_EXPECTED = "rules such as `range: {min: 0}`, one a line"
_EXPECTED = "`dataset: NAME` and more such lines"
_COLUMNS_EXPECTED = "a column's name and its rules"
_COMPARED = re.compile(r"(.+?)\s*(<=|>=|==|!=|<|>)\s*(.+)")
_EVIDENCE = re.compile(
    r"\s*\[(?:(?P<rows>\d[\d,]*) rows)?(?:(?:; |(?<=\[))false alarms (?P<rate>[0-9.e+-]+))?"
    r"(?:(?:; |(?<=\[))e\.g\. (?P<example>.*))?\]$"
)


def from_yaml(text: str) -> ContractDoc:
    r"""Read a contract from YAML text.

    Raises
    ------
    UsageError
        When it is too large, no YAML, or says something that a contract cannot say; names the line
        and the nearest words that are known.

    Examples
    --------
    >>> doc = from_yaml("dataset: people\ncolumns:\n  age:\n    range: {min: 0}  # nobody is younger\n")
    >>> doc.rules[0].name, doc.rules[0].limits, doc.rules[0].reason
    ('age range', {'min': 0}, 'nobody is younger')
    """
    root = nodes.composed(text, what="a contract", start="dataset: NAME", most_bytes=MOST_BYTES)
    head = {
        key: node
        for key, node in nodes.pairs(root, "the contract", _EXPECTED)
        if key not in ("table", "columns")
    }
    for key, node in head.items():
        if key not in _WORDS:
            raise nodes.wrong(node, f"{key!r} is no part of a contract; {nodes.hint(key, _WORDS)}")
    plain = {key: nodes.plain(node) for key, node in head.items()}
    if not isinstance(plain.get("dataset"), str) or not plain["dataset"]:
        raise UsageError("line 1: a contract names its dataset, as in dataset: churn-train")
    if plain.get("format", _FORMAT) != _FORMAT:
        raise UsageError(
            f"format {plain['format']!r} is not known here, only {_FORMAT}; a newer version made it?"
        )
    rules = _Reader(text).rules(root)
    return ContractDoc(
        plain["dataset"],
        tuple(_named_once(rules)),
        description=nodes.word(plain, "description"),
        owner=nodes.word(plain, "owner"),
        learned_from=nodes.names(plain, "learned_from"),
        sensitive=nodes.names(plain, "sensitive"),
    )


class _Reader:
    """Rules and the comments that belong to them."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def rules(self, root: MappingNode) -> Iterator[tuple[Node, Rule]]:
        for key, node in nodes.pairs(root, "the contract", _EXPECTED):
            if key == "table":
                yield from self._section(node, None)
            elif key == "columns":
                for column, of_column in nodes.pairs(node, "columns", _COLUMNS_EXPECTED):
                    yield from self._section(of_column, column)

    def _section(self, node: Node, column: str | None) -> Iterator[tuple[Node, Rule]]:
        section = "table" if column is None else f"column {column!r}"
        for kind, key, value in nodes.entries(node, section, _RULES_EXPECTED):
            if kind not in KINDS:
                where = "the table" if column is None else f"column {column!r}"
                raise nodes.wrong(key, f"{kind!r} is no rule of {where}; {nodes.hint(kind, list(KINDS))}")
            several = _is_list_of_rules(value, kind, column)
            for item in value.value if several else [value]:
                yield item, self._rule(kind, column, item, item if several else key)

    def _rule(self, kind: str, column: str | None, node: Node, anchor: Node) -> Rule:
        try:
            rule = _rule(kind, column, nodes.plain(node))
            return checked(replace(rule, **_evidence(nodes.comment(self._lines, anchor, node))))
        except UsageError as error:
            raise nodes.wrong(node, str(error)) from None


def _rule(kind: str, column: str | None, value: Any) -> Rule:
    words = dict(value) if isinstance(value, dict) else _in_short(kind, value)
    columns = words.pop("columns", None) if column is None else None
    names = (column,) if column is not None else _listed(columns, kind)
    severity = words.pop("severity", "error")
    name = words.pop("name", None)
    if name is not None and not (isinstance(name, str) and name):
        raise UsageError(f"name is a text, not {name!r}")
    return Rule(name or default_name(kind, names), kind, names, words, severity)  # type: ignore[arg-type]


def _listed(columns: Any, kind: str) -> tuple[str, ...]:
    names = [columns] if isinstance(columns, str) else columns or []
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise UsageError(f"columns of {kind} are a list of names, not {columns!r}; write numbers as '1'")
    return tuple(names)


def _in_short(kind: str, value: Any) -> dict[str, Any]:
    """Return the words that a single value stands for."""
    if kind == "compare" and isinstance(value, str) and (found := _COMPARED.fullmatch(value.strip())):
        return {"columns": [found[1], found[3]], "operator": found[2]}
    if kind == "depends" and isinstance(value, str) and "->" in value:
        names, _, last = value.rpartition("->")
        return {"columns": [*(name.strip() for name in names.split(",")), last.strip()]}
    if kind in ("columns", "unique") and isinstance(value, list):
        return {"columns": value}
    words = KINDS[kind].short(value)  # type: ignore[index]
    if words is None:
        known = ", ".join([*KINDS[kind].words, "severity", "name"])  # type: ignore[index]
        hint = f"; the operators are {' '.join(OPERATORS)}" if kind == "compare" else ""
        raise UsageError(f"{kind}: {value!r} is not understood; its words are {known}{hint}")
    return words


def _evidence(comment: str) -> dict[str, Any]:
    """Return reason, support, false alarm rate and example of a comment."""
    found = _EVIDENCE.search(comment)
    if not found or not any(found.groups()):
        return {"reason": comment}
    try:
        rate = float(found["rate"]) if found["rate"] else None
    except ValueError:
        return {"reason": comment}
    return {
        "reason": comment[: found.start()].strip(),
        "support": int(found["rows"].replace(",", "")) if found["rows"] else None,
        "false_alarm_rate": rate,
        "example": found["example"],
    }


def _named_once(rules: Iterator[tuple[Node, Rule]]) -> Iterator[Rule]:
    """Give a second rule of the same name a number, unless somebody chose the name."""
    taken: set[str] = set()
    for node, rule in rules:
        name, count = rule.name, 1
        while name in taken:
            if rule.name != default_name(rule.kind, rule.columns):
                raise nodes.wrong(node, f"two rules are called {rule.name!r}; a name is given once")
            count += 1
            name = f"{rule.name} {count}"
        taken.add(name)
        yield replace(rule, name=name)


def _is_list_of_rules(node: Node, kind: str, column: str | None) -> bool:
    """Tell whether a list holds several rules of a kind, not one rule's values."""
    import yaml

    if not isinstance(node, yaml.SequenceNode) or not node.value:
        return False
    if all(isinstance(item, yaml.MappingNode) for item in node.value):
        return True
    if column is None and kind == "unique":
        return all(isinstance(item, yaml.SequenceNode) for item in node.value)
    return kind not in ("set", "type", "columns", "unique")
