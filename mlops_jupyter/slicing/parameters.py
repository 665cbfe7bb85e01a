"""Literals that a script takes as parameters: assigned once, never changed, wanted by other code."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from ..errors import UsageError, near
from ..records import Parameter
from .blocks import Block, bound_names, used_names
from .commandline import flag_of

_TEXT_LENGTH = 200
OPEN = {"globals", "locals", "vars", "exec", "eval", "runpy"}
Kind = Literal["int", "float", "str", "bool", "path"]


def lifted(
    blocks: list[Block],
    *,
    values: Mapping[str, Any],
    paths: Collection[str],
    fixed: Collection[str],
    flags: set[str],
) -> tuple[list[Parameter], list[Block]]:
    """Take out the assignments that may become parameters; return them and the blocks that are left.

    Parameters
    ----------
    values
        What parameters are to be instead of what the notebook had.
    paths
        Files that the code reads: a text that names one is a path.
    fixed
        Names that stay where they are: results, and what a failing cell sets.
    flags
        Options that are taken; those of the parameters are added.

    Raises
    ------
    UsageError
        Where ``values`` names no parameter.
    """
    candidates: dict[str, list[int]] = {}
    is_open = any(block.node is not None and used_names(block.node) & OPEN for block in blocks)
    for index, block in enumerate(() if is_open else blocks):
        name = _assigned(block.node)
        if name and not name.startswith("_") and name not in fixed:
            candidates.setdefault(name, []).append(index)
    chosen = {}
    for name, places in candidates.items():
        if flag_of(name) not in flags and _is_settled(blocks, name, places):
            chosen[name] = places
            flags.add(flag_of(name))
    if values and is_open:
        raise UsageError(
            f"the code has no parameter {next(iter(values))!r}: it may set any name by globals() or exec()"
        )
    if unknown := [name for name in values if name not in chosen]:
        hint = near(unknown[0], chosen) or f"there are {', '.join(chosen) or 'none'}"
        raise UsageError(f"the code has no parameter {unknown[0]!r}: {hint}")
    parameters = [_parameter(name, blocks[places[-1]], values, paths) for name, places in chosen.items()]
    taken = {place for places in chosen.values() for place in places}
    return parameters, [block for index, block in enumerate(blocks) if index not in taken]


def written(parameters: Iterable[Parameter]) -> str:
    """Return the lines that set parameters."""
    lines = []
    for parameter in parameters:
        value = f"Path({str(parameter.value)!r})" if _is_path_object(parameter) else repr(parameter.value)
        lines.append(f"{parameter.name} = {value}" + (f"  # {parameter.help}" if parameter.help else ""))
    return "\n".join(lines)


def _is_path_object(parameter: Parameter) -> bool:
    return parameter.kind == "path" and not isinstance(parameter.value, str)


def _assigned(node: ast.stmt | None) -> str | None:
    """Return the name that a statement gives a literal to."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _literal(value) is not None:
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if (
            _literal(value) is not None
        ):
            return name
    return None


def _literal(node: ast.expr) -> tuple[Any, Kind] | None:
    match node:
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Constant(value=str(text))], keywords=[]):
            from pathlib import PurePath

            return PurePath(text), "path"
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    kinds: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "str"}
    kind = kinds.get(type(value))
    if kind is None or (kind == "str" and (len(value) > _TEXT_LENGTH or "\n" in value)):
        return None
    return value, kind


def _is_settled(blocks: list[Block], name: str, places: list[int]) -> bool:
    """Return whether a name has one value all along, and nobody looks at it before it has."""
    nodes = [block.node for block in blocks]
    if len({ast.dump(_value(nodes[place])) for place in places}) > 1:
        return False
    for index, node in enumerate(nodes):
        if node is None or index in places:
            continue
        bound = bound_names(node)
        if (
            name in bound
            or ("*" in bound and index > places[0])
            or (index < places[0] and name in used_names(node))
        ):
            return False
    return any(
        node is not None and index not in places and name in used_names(node)
        for index, node in enumerate(nodes)
    )


def _value(node: ast.stmt | None) -> ast.expr:
    assert isinstance(node, (ast.Assign, ast.AnnAssign))
    assert node.value is not None
    return node.value


def _parameter(name: str, block: Block, values: Mapping[str, Any], paths: Collection[str]) -> Parameter:
    found = _literal(_value(block.node))
    assert found is not None
    value, kind = found
    if kind == "str" and value in paths:
        kind = "path"
    comment = re.search(r"#\s*(.+)$", block.text) if kind != "str" else None
    return Parameter(
        name, _given(name, values, value, kind), kind, comment.group(1).strip() if comment else ""
    )


def _given(name: str, values: Mapping[str, Any], value: Any, kind: Kind) -> Any:
    if name not in values:
        return value
    given = values[name]
    makers: dict[Kind, Any] = {"int": int, "float": float, "str": str, "path": type(value), "bool": bool}
    try:
        return makers[kind](given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the parameter {name!r} is {kind}, found {given!r}: {error}") from error
