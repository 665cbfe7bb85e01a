"""``get_ipython()`` and ``In[3]`` in code that runs without IPython."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from .blocks import Block, put, source_of

STAND_IN = '''\
def get_ipython():
    """Return None: no IPython runs this."""
    return None
'''


def without_ipython(block: Block, inputs: Mapping[int, str]) -> None:
    """Put plain Python for what a statement asks of IPython.

    Parameters
    ----------
    inputs
        The cells by their number, for ``In[3]``.
    """
    while block.node is not None and (change := next(_changes(block, inputs), None)) is not None:
        put(block, [change])


def asks_ipython(block: Block) -> bool:
    """Return whether a statement still asks for IPython itself."""
    return block.node is not None and any(_is_shell(node) for node in ast.walk(block.node))


def _changes(block: Block, inputs: Mapping[int, str]) -> Iterator[tuple[ast.AST, str]]:
    assert block.node is not None
    for node in ast.walk(block.node):
        match node:
            case ast.Attribute(value=shell, attr="user_ns" | "user_global_ns") if _is_shell(shell):
                yield node, "globals()"
            case ast.Call(func=ast.Attribute(value=shell, attr="push"), args=[given]) if _is_shell(shell):
                yield node, f"globals().update({source_of(block.text, given)})"
            case ast.Call(func=ast.Attribute(value=shell, attr="ev" | "ex" as how), args=[given]) if (
                _is_shell(shell)
            ):
                name = "eval" if how == "ev" else "exec"
                yield node, f"{name}({source_of(block.text, given)}, globals())"
            case ast.Subscript(value=ast.Name(id="In" | "_ih"), slice=ast.Constant(value=int(number))):
                if number in inputs:
                    yield node, repr(inputs[number])


def _is_shell(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_ipython"
