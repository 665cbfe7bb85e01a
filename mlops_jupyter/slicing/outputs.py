"""IPython's shown values: which cell made ``_``, ``__``, ``_7`` and ``Out[7]``."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Literal, NamedTuple

from ..records import Effects, Execution

Shown = Literal["nothing", "perhaps", "value"]
"""Whether a cell showed a value, so that ``_`` became it: a call may have given None."""

OUTPUT = re.compile(r"(_{1,3}|_\d+|Out|_oh)\Z")
"""The names of shown values."""
_NUMBERED = re.compile(r"_(\d+)$")


class Outputs(NamedTuple):
    """What an execution showed; ``asked`` are the shown values that it names, None where nobody knows."""

    shown: Shown = "nothing"
    asked: frozenset[str] | None = None


NO_OUTPUTS = Outputs()


@lru_cache(maxsize=1024)
def parsed(python: str) -> ast.Module | None:
    """Return the syntax tree of Python, None where it has none."""
    try:
        return ast.parse(python)
    except (SyntaxError, ValueError, RecursionError):
        return None


def outputs_of(execution: Execution, effects: Effects, *, is_seen: bool) -> Outputs:
    """Return what an execution showed, and which shown values it asks for.

    Parameters
    ----------
    is_seen
        Whether the effects tell what was shown, by ``_`` among the bound names; else the code does.
    """
    python = effects.python if effects.python is not None else execution.source
    tree = parsed(python)
    asked = _asked(tree) if tree is not None and any(map(OUTPUT.match, effects.reads)) else None
    if is_seen:
        return Outputs("value" if "_" in effects.bound else "nothing", asked)
    if execution.outcome != "finished" or tree is None:
        return Outputs("nothing", asked)
    return Outputs(last_shown(tree, python), asked)


def last_shown(tree: ast.Module, python: str) -> Shown:
    """Return whether code ends in an expression whose value a notebook shows."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or python.rstrip().endswith(";"):
        return "nothing"
    value = last.value
    if isinstance(value, ast.Constant) and value.value is None:
        return "nothing"
    return "perhaps" if isinstance(value, (ast.Call, ast.Await, ast.IfExp, ast.BoolOp)) else "value"


def _asked(tree: ast.Module) -> frozenset[str] | None:
    """Return the shown values that code names, None where they cannot be read from it."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and OUTPUT.match(node.id)}
    numbers = [number for node in ast.walk(tree) if (number := _key_of_out(node)) is not None]
    mentions = sum(isinstance(node, ast.Name) and node.id in ("Out", "_oh") for node in ast.walk(tree))
    found |= {f"_{number}" for number in numbers}
    if mentions == len(numbers):
        found -= {"Out", "_oh"}
    return frozenset(found) or None


def output_number(node: ast.AST) -> int | None:
    """Return 7 for ``Out[7]`` and for ``_7``, None for anything else.

    Examples
    --------
    >>> output_number(ast.parse("Out[7]", mode="eval").body)
    7
    """
    if isinstance(node, ast.Name) and (found := _NUMBERED.match(node.id)):
        return int(found.group(1))
    return _key_of_out(node)


def _key_of_out(node: ast.AST) -> int | None:
    match node:
        case ast.Subscript(value=ast.Name(id="Out" | "_oh"), slice=ast.Constant(value=int(number))):
            return number
    return None
