"""Which names a statement may read from before it: not those that it binds itself before every use."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def loose(statements: Iterable[ast.stmt], bound: frozenset[str] = frozenset()) -> Iterator[str]:
    r"""Yield the names that statements, one after the other, may use before they bind them.

    Examples
    --------
    >>> part = ast.parse("for k in sizes:\n    half = k / 2\n    print(half, other)")
    >>> sorted(set(loose(part.body)))
    ['other', 'print', 'sizes']
    """
    for node in statements:
        yield from _loose(node, bound)
        bound = (bound | frozenset(sure([node]))) - _deleted(node)


def sure(statements: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements bind for sure if they come to their end."""
    for node in statements:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            case ast.Assign():
                yield from (name for target in node.targets for name in names_of(target))
            case ast.AugAssign() | ast.AnnAssign() if node.value is not None:
                yield from names_of(node.target)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    yield from names_of(item.optional_vars)
                if not any(_may_swallow(item.context_expr) for item in node.items):
                    yield from sure(node.body)


def names_of(target: ast.expr | None) -> Iterator[str]:
    """Yield the names that an assignment to this binds."""
    match target:
        case ast.Name():
            yield target.id
        case ast.Tuple() | ast.List():
            yield from (name for part in target.elts for name in names_of(part))
        case ast.Starred():
            yield from names_of(target.value)


def _loose(node: ast.AST, bound: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.Name() if isinstance(node.ctx, ast.Load):
            yield from {node.id} - bound
        case ast.AugAssign():
            yield from set(names_of(node.target)) - bound
            yield from _inside(node, bound)
        case ast.For() | ast.AsyncFor():
            yield from _loose(node.target, bound)
            yield from _loose(node.iter, bound)
            yield from loose(node.body, bound | frozenset(names_of(node.target)))
            yield from loose(node.orelse, bound)
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                yield from _inside(item, bound)
                bound |= frozenset(names_of(item.optional_vars))
            yield from loose(node.body, bound)
        case ast.ExceptHandler():
            if node.type is not None:
                yield from _loose(node.type, bound)
            yield from loose(node.body, bound | {node.name} if node.name else bound)
        case ast.If() | ast.While():
            yield from _loose(node.test, bound)
            yield from loose(node.body, bound)
            yield from loose(node.orelse, bound)
        case ast.Try() | ast.TryStar():
            for part in (node.body, node.orelse, node.finalbody):
                yield from loose(part, bound)
            for handler in node.handlers:
                yield from _loose(handler, bound)
        case _:
            yield from _inside(node, bound)


def _inside(node: ast.AST, bound: frozenset[str]) -> Iterator[str]:
    for part in ast.iter_child_nodes(node):
        yield from _loose(part, bound)


def _deleted(node: ast.stmt) -> frozenset[str]:
    return frozenset(
        name
        for part in ast.walk(node)
        if isinstance(part, ast.Delete)
        for target in part.targets
        for name in names_of(target)
    )


def _may_swallow(context: ast.expr) -> bool:
    """Return whether a context may pass over an error inside it, so that its body is left half-way."""
    call = context.func if isinstance(context, ast.Call) else context
    if isinstance(call, ast.Name):
        return call.id != "open"
    return any(word in ast.unparse(call) for word in ("suppress", "raises", "ignor"))
