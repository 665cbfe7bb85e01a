"""The gates of a model as YAML that people read and edit: one gate a line, its reason as a comment.

    model: churn
    protected: [champion]
    gates:
      # the sales team can call 80 of 100
      - metric: {key: roc_auc, min: 0.8}
      - owner

What is a comment there comes back as the gate's ``why``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ...errors import UsageError
from ...records import Gate, GateDoc
from ...validation import nodes
from .kinds import KINDS, checked

if TYPE_CHECKING:
    from yaml.nodes import Node

MOST_BYTES: Final = 1_000_000
_MOST_GATES: Final = 200
_WORDS: Final = ("model", "protected", "approval", "four_eyes", "approvers", "gates")
_EXPECTED: Final = "`model: NAME` and more such lines"
_HEAD: Final = """\
# What a version needs before it may move to a protected alias. One gate a line; a comment above it says
# why. "severity: warning" in a gate shows it and lets the version pass.
"""


def from_yaml(text: str) -> GateDoc:
    r"""Read gates from YAML text.

    Raises
    ------
    UsageError
        When it is too large, no plain YAML, or says something that gates cannot say; names the line
        and the nearest words that are known.

    Examples
    --------
    >>> doc = from_yaml("model: churn\ngates:\n  # somebody must be asked\n  - owner\n")
    >>> doc.gates
    (Gate(kind='owner', limits=(), severity='error', why='somebody must be asked'),)
    """
    root = nodes.composed(text, what="a document of gates", start="model: NAME", most_bytes=MOST_BYTES)
    said = {key: (at, node) for key, at, node in nodes.entries(root, "a document of gates", _EXPECTED)}
    for key, (at, _) in said.items():
        if key not in _WORDS:
            raise nodes.wrong(at, f"{key!r} is no part of gates; {nodes.hint(key, _WORDS)}")
    plain = {key: nodes.plain(node, key) for key, (_, node) in said.items() if key != "gates"}
    name = plain.get("model")
    if not isinstance(name, str) or not name.strip():
        raise UsageError("line 1: gates name their model, as in model: churn")
    flags: dict[str, Any] = {}
    for word, field in (("approval", "needs_approval"), ("four_eyes", "four_eyes")):
        if word in plain:
            flags[field] = _flag(said[word][1], word, plain[word])
    if "protected" in plain:
        flags["protected"] = _aliases(said["protected"][1], plain)
    if "approvers" in plain:
        flags["approvers"] = _people(said["approvers"][1], plain)
    gates = tuple(_gates(said["gates"][1], text.splitlines())) if "gates" in said else ()
    return GateDoc(name.strip(), gates, **flags)


def to_yaml(doc: GateDoc) -> str:
    """Return gates as YAML text, with reasons as comments.

    Examples
    --------
    >>> gate = Gate("metric", (("key", "roc_auc"), ("min", 0.8)), why="agreed with sales")
    >>> print(to_yaml(GateDoc("churn", (gate, Gate("owner")))).partition("gates:")[2])
    <BLANKLINE>
      # agreed with sales
      - metric: {key: roc_auc, min: 0.8}
      - owner
    <BLANKLINE>
    """
    lines = [_HEAD.rstrip("\n"), *nodes.entry("model", doc.model, 0)]
    lines += nodes.entry("protected", list(doc.protected), 0)
    lines += nodes.entry("approval", doc.needs_approval, 0)
    lines += nodes.entry("four_eyes", doc.four_eyes, 0)
    if doc.approvers:
        lines += nodes.entry("approvers", list(doc.approvers), 0)
    lines.append("gates:" if doc.gates else "gates: []")
    for gate in doc.gates:
        lines += nodes.above(gate.why, "  ")
        lines += _line(gate)
    return "\n".join(lines) + "\n"


def gate_to_yaml(gate: Gate) -> str:
    """Return one gate as the line it is in a document, without its reason.

    Examples
    --------
    >>> gate_to_yaml(Gate("findings", (("max_severity", "warning"),)))
    'findings: warning'
    """
    words = _value(gate)
    return gate.kind if words is None else f"{gate.kind}: {nodes.flow(words, width=10**9)}"


def _line(gate: Gate) -> list[str]:
    words = _value(gate)
    if words is None:
        return [f"  - {gate.kind}"]
    first, *rest = nodes.entry(gate.kind, words, 4)
    return [f"  - {first.lstrip()}", *rest]


def _value(gate: Gate) -> Any:
    """Return what stands behind the kind; None where the kind says all."""
    words = dict(gate.limits) | ({} if gate.severity == "error" else {"severity": gate.severity})
    short = KINDS[gate.kind].short if gate.kind in KINDS else None
    return words[short] if short and list(words) == [short] else words or None


def _gates(node: Node, lines: list[str]) -> Iterator[Gate]:
    import yaml

    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
        return
    if not isinstance(node, yaml.SequenceNode):
        raise nodes.wrong(node, "gates are a list; write a line such as `- owner` for each")
    if len(node.value) > _MOST_GATES:
        raise nodes.wrong(node, f"{len(node.value):,} gates are not read; at most {_MOST_GATES}")
    for item in node.value:
        try:
            yield _gate(item, nodes.comment(lines, item, item))
        except UsageError as error:
            text = str(error)
            raise error if text.startswith("line ") else nodes.wrong(item, text) from None


def _gate(node: Node, why: str) -> Gate:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return checked(Gate(str(node.value), why=why))
    found = list(nodes.entries(node, "a gate", "`kind: {word: value}`"))
    if len(found) != 1:
        kinds = ", ".join(key for key, _, _ in found)
        raise UsageError(f"a gate has one kind, as in metric: {{min: 0.8}}; found {kinds or 'none'}")
    kind, _, value = found[0]
    words = _words(kind, nodes.plain(value, kind))
    severity = words.pop("severity", "error")
    return checked(Gate(kind, tuple(words.items()), severity, why))


def _words(kind: str, value: Any) -> dict[str, Any]:
    """Return the words of a gate; a single value stands for the word in short."""
    if isinstance(value, dict):
        return dict(value)
    if value is None or value is True or kind not in KINDS:
        return {}
    short = KINDS[kind].short
    if short is None:
        known = ", ".join([*KINDS[kind].words, "severity"])
        raise UsageError(f"{kind}: {value!r} is not understood; its words are {known}")
    return {short: value}


def _flag(node: Node, word: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise nodes.wrong(node, f"{word} is true or false, not {value!r}")
    return value


def _aliases(node: Node, plain: dict[str, Any]) -> tuple[str, ...]:
    from .. import reference

    try:
        return tuple(reference.check_alias(name) for name in nodes.names(plain, "protected"))
    except UsageError as error:
        raise nodes.wrong(node, str(error)) from None


def _people(node: Node, plain: dict[str, Any]) -> tuple[str, ...]:
    try:
        return nodes.names(plain, "approvers")
    except UsageError as error:
        raise nodes.wrong(node, str(error)) from None
