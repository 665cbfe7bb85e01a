"""Plain YAML as nodes that know their line, for documents that people write: contracts, gates.

No tags, no anchors (a few lines of them can unfold to gigabytes), and a limit of size. Words that YAML 1.1
takes for something else (``no``, ``2013-01-01``, ``1:30``) stay text. Errors begin with ``line N:``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ..errors import UsageError, near

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

WIDTH: Final = 96
_MOST_DIGITS: Final = 1000


def composed(text: str, *, what: str, start: str, most_bytes: int) -> MappingNode:
    """Return the mapping that a whole text is.

    Parameters
    ----------
    what
        What the text is, for errors: ``a contract``.
    start
        How one begins, for errors: ``dataset: NAME``.
    most_bytes
        What is not read if it is larger.

    Raises
    ------
    UsageError
        If it is too large, no YAML, or no mapping.
    """
    import yaml

    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise UsageError(f"{what} of {size:,} bytes is not read; at most {most_bytes:,}")
    try:
        loader = _loader()(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except UnicodeEncodeError:
        raise UsageError(f"{what} is text; half a character (a surrogate) is none") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageError(f"{line}this is no YAML: {problem}") from None
    except RecursionError:
        raise UsageError(f"this YAML is nested too deeply for {what}") from None
    if not isinstance(root, yaml.MappingNode):
        raise UsageError(f"line 1: {what} begins with {start}")
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


def pairs(node: Node, what: str, expected: str = "") -> Iterator[tuple[str, Node]]:
    """Yield key and value node of a mapping."""
    for key, _, value in entries(node, what, expected):
        yield key, value


def entries(node: Node, what: str, expected: str = "") -> Iterator[tuple[str, Node, Node]]:
    """Yield key, key node and value node of a mapping; each key once.

    ``what`` names the mapping and ``expected`` says what stands in it, for errors.
    """
    import yaml

    if isinstance(node, yaml.ScalarNode) and node.value == "" and node.tag.endswith(":null"):
        return
    if not isinstance(node, yaml.MappingNode):
        found = "a list" if isinstance(node, yaml.SequenceNode) else repr(node.value)[:60]
        raise wrong(node, f"{what} takes {expected or '`word: value` lines'}; found {found}")
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise wrong(key, f"a key of {what} is one word")
        if key.value in seen:
            raise wrong(key, f"{key.value!r} stands twice in {what}; write it once, with a list")
        seen.add(key.value)
        yield key.value, key, value


def plain(node: Node, what: str = "a rule") -> Any:
    """Return a node as plain Python values; keys become text."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return {key: plain(value, what) for key, value in pairs(node, what)}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item, what) for item in node.value]
    kind, value = node.tag.rpartition(":")[2], node.value
    if kind == "bool":
        return value in ("true", "True")
    if kind == "int":
        if len(value) > _MOST_DIGITS:
            raise wrong(node, f"a number of {len(value):,} digits is not read; at most {_MOST_DIGITS:,}")
        return int(value.replace("_", ""))
    if kind == "float":
        return float(value.replace("_", "").replace(".inf", "inf"))
    if kind == "null":
        return None
    if kind != "str":
        raise wrong(node, f"the tag {node.tag!r} is not read; only plain YAML is")
    return value


def comment(lines: Sequence[str], anchor: Node, node: Node) -> str:
    """Return the comment lines right above the anchor, or the comment behind a node."""
    above: list[str] = []
    at = anchor.start_mark.line - 1
    while at >= 0 and lines[at].lstrip().startswith("#"):
        above.insert(0, lines[at].strip().lstrip("#").strip())
        at -= 1
    end = node.end_mark
    rest = lines[end.line][end.column :].strip() if end.line < len(lines) else ""
    behind = rest.lstrip("#").strip() if rest.startswith("#") and node.start_mark.line == end.line else ""
    return " ".join(part for part in (*above, behind) if part)


def word(said: Mapping[str, Any], key: str) -> str:
    """Return a text that may be missing."""
    value = said.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{key} is a text, not {value!r}")
    return value


def names(said: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return a list of names that may be missing."""
    value = said.get(key) or []
    if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise UsageError(f"{key} is a list of names, not {value!r}")
    return tuple(value)


def hint(asked: str, known: Sequence[str]) -> str:
    """Return the known words nearest to one, else all of them."""
    return near(asked, known) or f"known are {', '.join(known)}"


def wrong(node: Node, problem: str) -> UsageError:
    """Return the error of a node, with its line."""
    return UsageError(f"line {node.start_mark.line + 1}: {problem}")


# --- and back -----------------------------------------------------------------------------------


def above(text: str, pad: str) -> Iterator[str]:
    """Yield the lines of a comment that stands above something."""
    import textwrap

    if text:
        yield from textwrap.wrap(
            text, WIDTH + 8, initial_indent=f"{pad}# ", subsequent_indent=f"{pad}# ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip


def entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """Yield the line or lines of ``key: value``."""
    yield from _lines(f"{' ' * indent}{scalar(key)}: ", value, indent + 2)


def item(value: Any, indent: int) -> Iterator[str]:
    """Yield the line or lines of one element of a list."""
    yield from _lines(f"{' ' * indent}- ", value, indent + 2)


def _lines(start: str, value: Any, indent: int) -> Iterator[str]:
    first, *rest = flow(value).split("\n")
    yield start + first
    yield from (" " * indent + line.strip(" ") for line in rest)


def scalar(text: str) -> str:
    """Return a text as YAML, on one line."""
    return flow(text, width=10**9)


def flow(value: Any, width: int = WIDTH) -> str:
    """Return a value as YAML within a line, quoted where any reader of YAML would take it for another."""
    import yaml

    written: str = yaml.dump(
        value, Dumper=_dumper(), default_flow_style=True, sort_keys=False, allow_unicode=True, width=width
    )
    return written.removesuffix("\n").removesuffix("\n...").rstrip("\n")


@cache
def _dumper() -> Any:
    """Return a dumper that quotes what our reader or one of YAML 1.1 takes for no text, and ends of lines."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 references are not read
            return True

    def text(dumper: Any, value: str) -> Any:
        style = "'" if is_plain_word(value) else None if value.isprintable() else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper
