"""YAML to a contract: safely, with the line of what is wrong, and comments as the reasons of their rules.

Only plain YAML is read: no tags, no anchors (a few lines of them can unfold to gigabytes), at most 16
megabytes (5,000 columns take two). Words that YAML 1.1 takes for something else (``no``, ``2013-01-01``,
``1:30``) stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..errors import UsageError, near
from ..records import ContractDoc, Rule
from .kinds import KINDS, OPERATORS, checked, default_name

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

MOST_BYTES: Final = 16_000_000
_FORMAT = 1
_WORDS = ("dataset", "description", "owner", "learned_from", "sensitive", "format", "table", "columns")
_RULES_EXPECTED = "rules such as `range: {min: 0}`, one a line"
_EXPECTED = {
    "the contract": "`dataset: NAME` and more such lines",
    "columns": "a column's name and its rules",
}
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
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise UsageError(f"a contract of {size:,} bytes is not read; at most {MOST_BYTES:,}")
    root = _composed(text)
    head = {key: node for key, node in _pairs(root, "the contract") if key not in ("table", "columns")}
    for key, node in head.items():
        if key not in _WORDS:
            raise _wrong(node, f"{key!r} is no part of a contract; {_near(key, _WORDS)}")
    plain = {key: _plain(node) for key, node in head.items()}
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
        description=_word(plain, "description"),
        owner=_word(plain, "owner"),
        learned_from=_names(plain, "learned_from"),
        sensitive=_names(plain, "sensitive"),
    )


class _Reader:
    """Rules and the comments that belong to them."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def rules(self, root: MappingNode) -> Iterator[tuple[Node, Rule]]:
        for key, node in _pairs(root, "the contract"):
            if key == "table":
                yield from self._section(node, None)
            elif key == "columns":
                for column, of_column in _pairs(node, "columns"):
                    yield from self._section(of_column, column)

    def _section(self, node: Node, column: str | None) -> Iterator[tuple[Node, Rule]]:
        for kind, key, value in _entries(node, "table" if column is None else f"column {column!r}"):
            if kind not in KINDS:
                where = "the table" if column is None else f"column {column!r}"
                raise _wrong(key, f"{kind!r} is no rule of {where}; {_near(kind, list(KINDS))}")
            several = _is_list_of_rules(value, kind, column)
            for item in value.value if several else [value]:
                yield item, self._rule(kind, column, item, item if several else key)

    def _rule(self, kind: str, column: str | None, node: Node, anchor: Node) -> Rule:
        try:
            rule = _rule(kind, column, _plain(node))
            return checked(replace(rule, **_evidence(self._comment(anchor, node))))
        except UsageError as error:
            raise _wrong(node, str(error)) from None

    def _comment(self, anchor: Node, node: Node) -> str:
        """Return the comment lines right above a rule, or the comment behind it."""
        above: list[str] = []
        at = anchor.start_mark.line - 1
        while at >= 0 and self._lines[at].lstrip().startswith("#"):
            above.insert(0, self._lines[at].strip().lstrip("#").strip())
            at -= 1
        end = node.end_mark
        rest = self._lines[end.line][end.column :].strip() if end.line < len(self._lines) else ""
        behind = rest.lstrip("#").strip() if rest.startswith("#") and node.start_mark.line == end.line else ""
        return " ".join(part for part in (*above, behind) if part)


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
                raise _wrong(node, f"two rules are called {rule.name!r}; a name is given once")
            count += 1
            name = f"{rule.name} {count}"
        taken.add(name)
        yield replace(rule, name=name)


# --- YAML -------------------------------------------------------------------------------------


def _composed(text: str) -> MappingNode:
    import yaml

    try:
        loader = _loader()(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except UnicodeEncodeError:
        raise UsageError("a contract is text; half a character (a surrogate) is none") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageError(f"{line}this is no YAML: {problem}") from None
    except RecursionError:
        raise UsageError("this YAML is nested too deeply for a contract") from None
    if not isinstance(root, yaml.MappingNode):
        raise UsageError("line 1: a contract begins with dataset: NAME")
    return root


_NUMBER: Final = r"[-+]?(?:0|[1-9][0-9_]*)"
_REAL: Final = rf"(?:{_NUMBER}(?:\.[0-9]*)?|[-+]?\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf"
_PLAIN_WORDS: Final = (
    ("bool", r"true|false|True|False", "tfTF"),
    ("int", _NUMBER, "-+0123456789"),
    ("float", _REAL, "-+.0123456789"),
    ("null", r"null|~|", "n~"),
)
_ANY_PLAIN: Final = re.compile("|".join(f"(?:{pattern})" for _, pattern, _ in _PLAIN_WORDS))


def is_plain_word(text: str) -> bool:
    """Tell whether text without quotes would be read as something else: a number, true, null.

    Examples
    --------
    >>> is_plain_word("1e3"), is_plain_word("no"), is_plain_word("v1")
    (True, False, False)
    """
    return bool(_ANY_PLAIN.fullmatch(text))


def _loader() -> Any:
    """Return a loader of YAML 1.2's plain words: text, whole and other numbers, true, false, null.

    Only the parser is libyaml's, where there is one (ten times as fast). Nodes are made in Python, whose
    limit of recursion holds for them: deeply nested text is an error, and no crash.
    """
    import yaml
    from yaml.composer import Composer
    from yaml.resolver import BaseResolver

    parser = _parser()

    class Loader(Composer, parser, BaseResolver):  # type: ignore[misc,valid-type]
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 the library's way of naming them

        def __init__(self, text: str) -> None:
            parser.__init__(self, text)
            Composer.__init__(self)
            BaseResolver.__init__(self)

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark
                raise yaml.MarkedYAMLError(problem="references (*name) are not read", problem_mark=mark)
            return super().compose_node(parent, index)

    for tag, pattern, first in _PLAIN_WORDS:
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})$"), [*first])
    Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"$"), [""])
    return Loader


def _parser() -> Any:
    """Return the class that makes events of text: libyaml's, else that of PyYAML."""
    import yaml

    if yaml.__with_libyaml__:
        return yaml.CSafeLoader.__mro__[1]  # CParser, which the library does not export
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PythonParser(Reader, Scanner, Parser):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    return PythonParser


def _pairs(node: Node, what: str) -> Iterator[tuple[str, Node]]:
    for key, _, value in _entries(node, what):
        yield key, value


def _entries(node: Node, what: str) -> Iterator[tuple[str, Node, Node]]:
    """Yield key, key node and value node of a mapping; each key once."""
    import yaml

    if isinstance(node, yaml.ScalarNode) and node.value == "" and node.tag.endswith(":null"):
        return
    if not isinstance(node, yaml.MappingNode):
        found = "a list" if isinstance(node, yaml.SequenceNode) else repr(node.value)[:60]
        of_rules = what == "table" or what.startswith("column ")
        known = _RULES_EXPECTED if of_rules else _EXPECTED.get(what, "`word: value` lines")
        raise _wrong(node, f"{what} takes {known}; found {found}")
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _wrong(key, f"a key of {what} is one word")
        if key.value in seen:
            raise _wrong(key, f"{key.value!r} stands twice in {what}; write its rules as a list")
        seen.add(key.value)
        yield key.value, key, value


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


def _plain(node: Node) -> Any:
    """Return a node as plain Python values; keys become text."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return {key: _plain(value) for key, value in _pairs(node, "a rule")}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    kind, value = node.tag.rpartition(":")[2], node.value
    if kind == "bool":
        return value in ("true", "True")
    if kind == "int":
        return int(value.replace("_", ""))
    if kind == "float":
        return float(value.replace("_", ""))
    if kind == "null":
        return None
    if kind != "str":
        raise _wrong(node, f"the tag {node.tag!r} is not read; a contract is plain YAML")
    return value


def _word(plain: Mapping[str, Any], key: str) -> str:
    value = plain.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{key} is a text, not {value!r}")
    return value


def _names(plain: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = plain.get(key) or []
    if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise UsageError(f"{key} is a list of names, not {value!r}")
    return tuple(value)


def _near(word: str, known: Sequence[str]) -> str:
    return near(word, known) or f"known are {', '.join(known)}"


def _wrong(node: Node, problem: str) -> UsageError:
    return UsageError(f"line {node.start_mark.line + 1}: {problem}")
