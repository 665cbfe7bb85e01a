"""Which names a piece of code takes from outside itself: Python's scopes, read from the tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Free(ast.NodeVisitor):
    """Collects the names that code reads from outside.

    Attributes
    ----------
    now
        Names that are read when the code runs.
    later
        Names that the bodies of functions defined in it read when they are called.
    """

    def __init__(self) -> None:
        self.now: set[str] = set()
        self.later: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.now.add(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all(node.decorator_list)
        self._visit_function(node, node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        body = free(*node.body)
        own = set(stored(node.body))
        self.now |= body.now - own
        self.later |= body.later

    def visit_ListComp(self, node: Comprehension) -> None:
        inner = Free()
        inner.generic_visit(node)
        own = {name for generator in node.generators for name in target_names(generator.target)}
        self.now |= inner.now - own
        self.later |= inner.later - own

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self.visit_ListComp(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self.visit_ListComp(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self.visit_ListComp(node)

    def _visit_function(self, node: Function, body: Iterable[ast.AST]) -> None:
        spec = node.args
        self._visit_all([*spec.defaults, *(default for default in spec.kw_defaults if default)])
        parts = list(body)
        inner = free(*parts)
        own = _arguments(spec) | set(stored(parts))
        own -= {name for part in parts for name in _declared_global(part)}
        self.later |= (inner.now | inner.later) - own

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)


def free(*nodes: ast.AST) -> Free:
    """Return the names that the nodes read from outside themselves.

    Examples
    --------
    >>> found = free(ast.parse("y = [a * x for x in data]"))
    >>> sorted(found.now)
    ['a', 'data']
    """
    found = Free()
    for node in nodes:
        found.visit(node)
    return found


def stored(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that the nodes bind in their own scope."""
    for node in nodes:
        yield from _bound_here(node)
        if not isinstance(node, _OWN_SCOPE):
            yield from stored(ast.iter_child_nodes(node))


def _bound_here(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from imported_names(node)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def target_names(target: ast.AST) -> Iterator[str]:
    """Yield the names that an assignment's target binds."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def imported_names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield the names that an import binds."""
    for alias in node.names:
        yield alias.asname or alias.name.partition(".")[0]


def root_name(node: ast.AST) -> str | None:
    """Return the name at the root of ``name.attribute[index]``, or None.

    Examples
    --------
    >>> root_name(ast.parse("df.loc[0].x", mode="eval").body)
    'df'
    """
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def dotted(node: ast.AST) -> str | None:
    """Return ``a.b.c`` for such an expression; for a call's result only the last parts, or None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts)) or None


def _arguments(spec: ast.arguments) -> set[str]:
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    return {argument.arg for argument in every if argument}


def _declared_global(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Global):
        yield from node.names
    elif not isinstance(node, _OWN_SCOPE):
        for child in ast.iter_child_nodes(node):
            yield from _declared_global(child)
