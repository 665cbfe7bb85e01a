"""Code put into a function or a ``try`` without changing what it does."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator

from .blocks import Block, bound_names, own_nodes, replaced, source_of


def indented(code: str) -> str:
    """Return code one level deeper; lines inside texts stay as they are."""
    inside = _lines_in_texts(code)
    lines = code.split("\n")
    return "\n".join(
        line if number in inside or not line.strip() else f"    {line}"
        for number, line in enumerate(lines, 1)
    )


def as_function(code: str, *, is_async: bool) -> str:
    """Return code as the function ``main``, whose names are those of the module."""
    code = with_global_names(code)
    names = sorted({name for node in ast.parse(code).body for name in bound_names(node)})
    lines = [f"{'async ' if is_async else ''}def main():", '    """Run the cells."""']
    lines += [f"    global {line.rstrip(',')}" for line in textwrap.wrap(", ".join(names), 90)]
    return "\n".join([*lines, indented(code) if code.strip() else "    pass"])


def with_global_names(code: str) -> str:
    """Return code whose ``exec``, ``eval``, ``locals``, ``vars``, ``dir`` mean the module's names anywhere.

    Examples
    --------
    >>> with_global_names("exec('a = 1')")
    "exec('a = 1', globals())"
    """
    while (change := next(_global_calls(code), None)) is not None:
        code = replaced(code, [change])
    return code


def _global_calls(code: str) -> Iterator[tuple[ast.AST, str]]:
    for node in (each for statement in ast.parse(code).body for each in own_nodes(statement)):
        match node:
            case ast.Call(func=ast.Name(id="exec" | "eval" as name), args=[given], keywords=[]):
                yield node, f"{name}({source_of(code, given)}, globals())"
            case ast.Call(func=ast.Name(id="locals" | "vars"), args=[], keywords=[]):
                yield node, "globals()"
            case ast.Call(func=ast.Name(id="dir"), args=[], keywords=[]):
                yield node, "sorted(globals())"


def has_await(blocks: Iterable[Block]) -> bool:
    """Return whether statements wait at the level of the notebook."""
    return any(block.node is not None and _waits(block.node) for block in blocks)


def _waits(node: ast.AST) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return False
    if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
        return True
    if isinstance(node, ast.comprehension) and node.is_async:
        return True
    return any(_waits(child) for child in ast.iter_child_nodes(node))


def _lines_in_texts(code: str) -> set[int]:
    """Return the lines that begin inside a text of several lines."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.JoinedStr, ast.Constant)) and node.end_lineno is not None:
            found.update(range(node.lineno + 1, node.end_lineno + 1))
    return found
