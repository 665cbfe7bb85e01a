"""The part of a cell that defines names, where nothing else of the cell is needed.

An abandoned cell that trained a model is often the one that imported what later cells use. Its imports,
functions and constants do nothing but bind their names, so they may stand alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from ..records import Effects
from .blocks import Block, blocks_of, bound_names
from .magics import translated
from .resources import GENERATORS, Step

_KINDS = {
    "Import": "imports",
    "ImportFrom": "imports",
    "FunctionDef": "functions",
    "AsyncFunctionDef": "functions",
}


def part_of(step: Step, given: Collection[str]) -> Step | None:
    """Return an execution cut down to the statements that define some names; None where that is not all.

    Parameters
    ----------
    given
        What is needed of it.
    """
    if any(name.startswith("@") or name not in step.effects.bound for name in given):
        return None
    if not all(_may_define(step.execution.source, name) for name in given):
        return None
    blocks = blocks_of(step.execution.seq, translated(step.execution.source).python)
    if blocks is None:
        return None
    wanted, own = set(given), set(step.effects.bound)
    while True:
        chosen = [block for block in blocks if block.node is not None and _is_wanted(block.node, wanted)]
        loads = {name for block in chosen if block.node is not None for name in _read_at_once(block.node)}
        if loads & own <= wanted:
            break
        wanted |= loads & own
    rest = [block for block in blocks if block.node is not None and block not in chosen]
    made = {name for block in chosen if block.node is not None for name in bound_names(block.node)}
    if not rest or not made.issuperset(wanted) or any(_touches(block, made) for block in rest):
        return None
    if _prepares(step.effects, chosen) or "*" in made:
        return None
    return _cut(step, chosen, made, loads)


def kinds_of(part: Step) -> str:
    """Return what a part is of, as words: ``imports and functions``."""
    blocks = blocks_of(0, part.execution.source) or []
    nodes = [block.node for block in blocks if block.node is not None]
    *most, last = dict.fromkeys(_KINDS.get(type(node).__name__, "constants") for node in nodes)
    return f"{', '.join(most)} and {last}" if most else last


def _may_define(source: str, name: str) -> bool:
    """Return whether it is worth parsing a cell for the definition of a name."""
    if name not in source:
        return False
    return (
        "import" in source
        or re.search(rf"^(async )?def {name}\b|^{name}\s*=", source, re.MULTILINE) is not None
    )


def _cut(step: Step, chosen: list[Block], made: set[str], loads: set[str]) -> Step:
    effects = step.effects
    imported = {name.partition(".")[0] for block in chosen for name in _imported(block.node)}
    modules = tuple(each for each in effects.modules if imported & _roots(effects))
    source = "\n".join(part for block in chosen for part in (block.lead, block.text) if part)
    hidden = {name for name in effects.hidden_reads if name.startswith("module:") or name == "environ"}
    cut = Effects(
        reads=tuple(name for name in effects.reads if name in loads),
        bound=tuple(name for name in effects.bound if name in made),
        hidden_reads=tuple(sorted(hidden)) if imported else (),
        modules=modules,
    )
    return Step(
        replace(step.execution, source=source, outcome="finished"),
        cut,
        needs=frozenset({*cut.reads, *("@" + name for name in cut.hidden_reads)}),
        makes=frozenset(cut.bound),
        alters=frozenset(),
        draws=frozenset(),
    )


def _is_wanted(node: ast.stmt, given: Collection[str]) -> bool:
    """Return whether a statement only binds a name, and is an import or binds a needed one."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name in given and not node.decorator_list
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name in given and _is_constant(value)
    return False


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
            return True
        case ast.Tuple(elts=items):
            return all(map(_is_constant, items))
    return False


def _touches(block: Block, made: Collection[str]) -> bool:
    """Return whether another statement binds one of the names too, or sets something on what it means."""
    node = block.node
    assert node is not None
    if bound_names(node) & set(made):
        return True
    for each in ast.walk(node):
        is_set = isinstance(each, (ast.Attribute, ast.Subscript)) and not isinstance(each.ctx, ast.Load)
        if is_set and _root(each) in made:
            return True
        if isinstance(each, ast.Name) and each.id in ("setattr", "delattr", "globals", "exec", "eval"):
            return True
    return False


def _prepares(effects: Effects, chosen: list[Block]) -> bool:
    """Return whether the cell set something up that its own imports may depend on."""
    imported = {name.partition(".")[0] for block in chosen for name in _imported(block.node)}
    for name in set(effects.hidden_writes) - GENERATORS:
        package = name.removeprefix("module:").partition(".")[0]
        if name in ("environ", "cwd", "module:sys") or package in imported or name.endswith(".py"):
            return bool(imported)
    return False


def _imported(node: ast.stmt | None) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module)):
            yield module


def _roots(effects: Effects) -> set[str]:
    return {each.name.partition(".")[0] for each in effects.modules}


def _read_at_once(node: ast.stmt) -> Iterator[str]:
    """Yield the names that defining a function reads: defaults and annotations."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for part in (node.args, node.returns):
            for each in ast.walk(part) if part is not None else ():
                if isinstance(each, ast.Name):
                    yield each.id


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
