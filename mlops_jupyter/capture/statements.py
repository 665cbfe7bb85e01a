"""The statements of a cell in the order in which they run: names read, names bound."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .expressions import LOOP, OTHER, Value, value_of
from .scope import free, imported_names, target_names

_CONDITIONAL = (ast.BoolOp, ast.IfExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

Lines = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Store:
    """One binding of a name at the cell's top level.

    ``sure`` says that the statement runs whenever the cell gets to its end; ``statement`` is the
    index of the top-level statement it stands in.
    """

    name: str
    value: Value
    sure: bool
    statement: int


class Reader:
    """Walks the statements in the order in which they run."""

    def __init__(self, ignored: Sequence[Lines]) -> None:
        self.ignored = ignored
        self.reads: set[str] = set()
        self.later: set[str] = set()
        self.stores: dict[str, list[Store]] = {}
        self.deleted: set[str] = set()
        self.statement = 0

    def read(self, tree: ast.Module) -> None:
        defined: set[str] = set()
        for self.statement, node in enumerate(tree.body):
            self._statement(node, defined, sure=True)

    def _block(self, body: Iterable[ast.stmt], defined: set[str], *, sure: bool) -> set[str]:
        inner = set(defined)
        for node in body:
            self._statement(node, inner, sure=sure)
        return inner

    def _statement(self, node: ast.stmt, defined: set[str], *, sure: bool) -> None:
        match node:
            case ast.Assign():
                self._expressions([node.value, *node.targets], defined, sure=sure)
                for target in node.targets:
                    self._assign(target, node.value, defined, sure=sure)
            case ast.AnnAssign(value=ast.expr() as value):
                self._expressions([value, node.target], defined, sure=sure)
                self._assign(node.target, value, defined, sure=sure)
            case ast.AugAssign():
                self._augmented(node, defined, sure=sure)
            case ast.For() | ast.AsyncFor():
                self._loop(node, defined, sure=sure)
            case ast.While():
                self._expressions([node.test], defined, sure=sure)
                self._block(node.body, defined, sure=False)
                self._block(node.orelse, defined, sure=False)
            case ast.If():
                self._expressions([node.test], defined, sure=sure)
                branches = [self._block(part, defined, sure=False) for part in (node.body, node.orelse)]
                defined |= branches[0] & branches[1]
            case ast.With() | ast.AsyncWith():
                self._with(node, defined, sure=sure)
            case ast.Try() | ast.TryStar():
                self._try(node, defined, sure=sure)
            case ast.Match():
                self._expressions([node.subject], defined, sure=sure)
                for case in node.cases:
                    self._block(case.body, defined, sure=False)
            case ast.Import() | ast.ImportFrom():
                self._store_all(imported_names(node), OTHER, defined, node, sure=sure)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._expressions([node], defined, sure=sure)
                self._store(node.name, OTHER, defined, node, sure=sure)
            case ast.Delete():
                names = {target.id for target in node.targets if isinstance(target, ast.Name)}
                self._expressions(node.targets, defined, sure=sure)
                self.deleted |= names
                defined -= names
            case _:
                self._expressions([node], defined, sure=sure)

    def _augmented(self, node: ast.AugAssign, defined: set[str], *, sure: bool) -> None:
        self._expressions([node.value, node.target], defined, sure=sure)
        if not isinstance(node.target, ast.Name):
            return
        name = node.target.id
        if name not in defined and not self._is_ignored(node):
            self.reads.add(name)
        value = value_of(node.value)
        repeated = not sure or value.making == "computed"
        both = Value("computed" if repeated else "derived", value.depends | {name}, value.call)
        self._store(name, both, defined, node, sure=sure)

    def _loop(self, node: ast.For | ast.AsyncFor, defined: set[str], *, sure: bool) -> None:
        self._expressions([node.iter, node.target], defined, sure=sure)
        inner = set(defined)
        self._store_all(target_names(node.target), LOOP, inner, node, sure=False)
        self._block(node.body, inner, sure=False)
        self._block(node.orelse, defined, sure=False)

    def _with(self, node: ast.With | ast.AsyncWith, defined: set[str], *, sure: bool) -> None:
        for item in node.items:
            self._expressions([item.context_expr], defined, sure=sure)
            if item.optional_vars is not None:
                self._store_all(target_names(item.optional_vars), OTHER, defined, node, sure=sure)
        for inner in node.body:
            self._statement(inner, defined, sure=sure)

    def _try(self, node: ast.Try | ast.TryStar, defined: set[str], *, sure: bool) -> None:
        done = self._block(node.body, defined, sure=False)
        self._block(node.orelse, done, sure=False)
        for handler in node.handlers:
            if handler.type is not None:
                self._expressions([handler.type], defined, sure=sure)
            self._block(handler.body, defined | ({handler.name} if handler.name else set()), sure=False)
        for inner in node.finalbody:
            self._statement(inner, defined, sure=sure)

    def _expressions(self, nodes: Iterable[ast.AST], defined: set[str], *, sure: bool) -> None:
        parts = list(nodes)
        found = free(*parts)
        if not any(self._is_ignored(part) for part in parts):
            self.reads |= found.now - defined
            self.later |= found.later
        for walrus, always in _walruses(parts):
            if isinstance(walrus.target, ast.Name):
                self._store(walrus.target.id, value_of(walrus.value), defined, walrus, sure=sure and always)

    def _assign(self, target: ast.expr, value: ast.expr, defined: set[str], *, sure: bool) -> None:
        for name, part in _pairs(target, value):
            self._store(name, part, defined, target, sure=sure)

    def _store_all(
        self, names: Iterable[str], value: Value, defined: set[str], node: ast.AST, *, sure: bool
    ) -> None:
        for name in names:
            self._store(name, value, defined, node, sure=sure)

    def _store(self, name: str, value: Value, defined: set[str], node: ast.AST, *, sure: bool) -> None:
        defined.add(name)
        found = self.stores.setdefault(name, [])
        if not self._is_ignored(node):
            found.append(Store(name, value, sure, self.statement))

    def _is_ignored(self, node: ast.AST) -> bool:
        line = getattr(node, "lineno", None)
        return line is not None and any(first <= line <= last for first, last in self.ignored)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, Value]]:
    """Yield each name that an assignment binds, with what it is bound to."""
    if isinstance(target, ast.Name):
        yield target.id, value_of(value)
        return
    if not isinstance(target, (ast.Tuple, ast.List)):
        return
    given = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    stars = [isinstance(part, ast.Starred) for part in target.elts]
    if (
        given
        and not any(isinstance(part, ast.Starred) for part in given)
        and len(given) >= len(stars) - any(stars)
    ):
        before = stars.index(True) if any(stars) else len(stars)
        after = len(stars) - before - 1
        yield from _unpacked(target.elts[:before], given[:before])
        if any(stars):
            yield from ((name, OTHER) for name in target_names(target.elts[before]))
            yield from _unpacked(target.elts[before + 1 :], given[len(given) - after :])
        return
    whole = value_of(value)
    yield from ((name, whole) for name in target_names(target))


def _unpacked(targets: Iterable[ast.expr], values: Iterable[ast.expr]) -> Iterator[tuple[str, Value]]:
    for target, value in zip(targets, values, strict=False):
        yield from _pairs(target, value)


def _walruses(nodes: Iterable[ast.AST], *, always: bool = True) -> Iterator[tuple[ast.NamedExpr, bool]]:
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.NamedExpr):
            yield node, always
        inner = always and not isinstance(node, _CONDITIONAL)
        yield from _walruses(ast.iter_child_nodes(node), always=inner)
