"""IPython's shown values: which cell made ``_``, ``__``, ``_7`` and ``Out[7]``."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Literal

from ..records import Effects, Execution

Shown = Literal["nothing", "perhaps", "value"]
"""Whether a cell showed a value, so that ``_`` became it: a call may have given None."""

_NUMBERED = re.compile(r"_(\d+)$")


@lru_cache(maxsize=1024)
def parsed(python: str) -> ast.Module | None:
    """Return the syntax tree of Python, None where it has none."""
    try:
        return ast.parse(python)
    except (SyntaxError, ValueError, RecursionError):
        return None


def shown_value(execution: Execution, effects: Effects) -> Shown:
    """Return whether an execution showed a value as its last expression."""
    python = effects.python if effects.python is not None else execution.source
    tree = parsed(python)
    if execution.outcome != "finished" or tree is None or not tree.body:
        return "nothing"
    return last_shown(tree, python)


def last_shown(tree: ast.Module, python: str) -> Shown:
    """Return whether code ends in an expression whose value a notebook shows."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or python.rstrip().endswith(";"):
        return "nothing"
    value = last.value
    if isinstance(value, ast.Constant) and value.value is None:
        return "nothing"
    return "perhaps" if isinstance(value, (ast.Call, ast.Await, ast.IfExp, ast.BoolOp)) else "value"


def asked_outputs(execution: Execution, effects: Effects) -> set[str]:
    """Return ``_7`` for each ``Out[7]``, and ``Out`` where the number cannot be read from the code."""
    if "Out" not in effects.reads:
        return set()
    tree = parsed(effects.python if effects.python is not None else execution.source)
    if tree is None:
        return set()
    numbers = {f"_{number}" for node in ast.walk(tree) if (number := output_number(node)) is not None}
    mentions = sum(isinstance(node, ast.Name) and node.id == "Out" for node in ast.walk(tree))
    return numbers if mentions == len(numbers) else {"Out", *numbers}


def output_number(node: ast.AST) -> int | None:
    """Return 7 for ``Out[7]`` and for ``_7``, None for anything else.

    Examples
    --------
    >>> output_number(ast.parse("Out[7]", mode="eval").body)
    7
    """
    if isinstance(node, ast.Name) and (found := _NUMBERED.match(node.id)):
        return int(found.group(1))
    is_asked = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Out"
    if is_asked and isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        number = node.slice.value
        return number if isinstance(number, int) and not isinstance(number, bool) else None
    return None
