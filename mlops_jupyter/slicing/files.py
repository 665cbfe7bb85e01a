"""Input files that the code names as texts, as parameters."""

from __future__ import annotations

import ast
import builtins
import keyword
import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import PurePath

from ..records import Parameter
from .blocks import Block, bound_names, put, used_names
from .commandline import flag_of
from .parameters import OPEN


def named_files(blocks: list[Block], paths: Collection[str], flags: set[str]) -> list[Parameter]:
    """Put a name for each text that is the path of an input file; return the names as parameters.

    Parameters
    ----------
    paths
        Files that the code reads from outside.
    flags
        Options that are taken; those of the files are added.
    """
    taken = {name for b in blocks if b.node is not None for name in used_names(b.node) | bound_names(b.node)}
    if taken & OPEN:
        return []
    found: dict[str, Parameter] = {}
    for block in blocks:
        changes: list[tuple[ast.AST, str]] = []
        for node, text in _texts(block.node) if block.node is not None else ():
            if posixpath.normpath(text) not in paths:
                continue
            if text not in found:
                name = _name(text, taken)
                if name is None or flag_of(name) in flags:
                    continue
                found[text] = Parameter(name, text, "path", "a file that is read")
                taken.add(name)
                flags.add(flag_of(name))
            changes.append((node, found[text].name))
        put(block, changes)
    return list(found.values())


def _texts(node: ast.AST) -> Iterator[tuple[ast.Constant, str]]:
    """Yield the texts of code that a name may stand for: not those of patterns and f-strings."""
    if isinstance(node, (ast.JoinedStr, ast.pattern)):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node, node.value
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def _name(path: str, taken: Collection[str]) -> str | None:
    """Return a free name for a file, ``flights_csv``; None where there is none."""
    name = re.sub(r"\W+", "_", PurePath(path).name).strip("_").lower()
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        name = f"file_{name}"
    is_free = name.isidentifier() and name.isascii() and name not in taken and not hasattr(builtins, name)
    return name if is_free else None
