"""What a cell will do, read from its syntax tree before it runs. Nothing is executed.

Table of contents
-----------------
``analyse``   source → :class:`CellPlan`
``CellPlan``  names read and stored, statements, calls, the last expression, what is to be ignored
``Last``      the expression whose value the cell shows
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .expressions import Span, Value, principal_call, span_of, value_of
from .scope import dotted, root_name
from .statements import Lines, Reader, Store

# The name under which cells are compiled here, by which warnings of that are known.
FILENAME = "<cell being looked at>"

_IGNORE = re.compile(r"#\s*mlops:\s*ignore\b")
_FIXED = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit", "score", "predict", "predict_proba",
                    "transform", "decision_function", "head", "tail", "describe", "info", "copy", "mean",
                    "sum", "groupby", "merge", "astype", "plot"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Last:
    """The expression whose value the cell shows, and what that number would be called."""

    name: str
    value: Value


@dataclass(frozen=True)
class CellPlan:
    """What a cell will do, as far as its syntax tree says.

    Attributes
    ----------
    source
        The code as Python sees it; line numbers are those of tracebacks.
    reads
        Names taken from outside the cell, also by functions that it defines.
    stores
        Names bound at top level, each with its bindings in order.
    deleted
        Names that the cell deletes.
    changed
        Names whose object may be changed in place.
    statements
        First and last line of each top-level statement.
    ignored
        Line spans that ``# mlops: ignore`` excludes.
    left_out
        Names that only ignored statements bind.
    last
        What the cell shows, or None.
    """

    source: str
    tree: ast.Module = field(repr=False)
    reads: frozenset[str] = frozenset()
    stores: dict[str, tuple[Store, ...]] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    statements: tuple[Lines, ...] = ()
    ignored: tuple[Lines, ...] = ()
    left_out: frozenset[str] = frozenset()
    last: Last | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run."""
        return not self.statements

    @cached_property
    def key(self) -> str:
        """The identity of the code without comments and layout: 32 hexadecimal digits."""
        return hashlib.sha256(ast.unparse(self.tree).encode(errors="surrogatepass")).hexdigest()[:32]

    @cached_property
    def calls(self) -> dict[Span, ast.Call]:
        """Every call in the cell, by first line, last line, first column, last column (in bytes)."""
        return {span_of(node): node for node in ast.walk(self.tree) if isinstance(node, ast.Call)}

    def statement_at(self, line: int) -> int | None:
        """Return the index of the top-level statement on a line, or None."""
        return next((i for i, (first, last) in enumerate(self.statements) if first <= line <= last), None)

    def is_ignored(self, line: int | None) -> bool:
        """Return whether ``# mlops: ignore`` excludes what happens on a line."""
        return line is not None and any(first <= line <= last for first, last in self.ignored)


def analyse(source: str) -> CellPlan:
    r"""Read from a cell's source what it will do.

    Parameters
    ----------
    source
        Python; magics are already translated.

    Raises
    ------
    SyntaxError
        If Python cannot read it.

    Examples
    --------
    >>> plan = analyse("depth = 8\nauc = evaluate(model, X_test, depth)")
    >>> sorted(plan.reads), {name: stores[-1].value.making for name, stores in plan.stores.items()}
    (['X_test', 'evaluate', 'model'], {'depth': 'literal', 'auc': 'computed'})
    """
    tree = ast.parse(source, FILENAME)
    ignored = tuple(_ignored_spans(source, tree))
    reader = Reader(ignored)
    reader.read(tree)
    ignored_only = {name for name, stores in reader.stores.items() if not stores}
    stores = {name: tuple(found) for name, found in reader.stores.items() if found}
    sure = {name for name, found in stores.items() if any(store.sure for store in found)}
    return CellPlan(
        source=source,
        tree=tree,
        reads=frozenset(reader.reads | (reader.later - sure)),
        stores=stores,
        deleted=frozenset(reader.deleted),
        changed=frozenset(_changed(tree)),
        statements=tuple((_first_line(node), node.end_lineno or node.lineno) for node in tree.body),
        ignored=ignored,
        left_out=frozenset(ignored_only),
        last=_last(tree, ignored),
    )


def _changed(tree: ast.Module) -> Iterator[str]:
    """Yield the names whose object the code may change in place."""
    for node in ast.walk(tree):
        name: str | None = None
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            name = root_name(node)
        elif isinstance(node, ast.AugAssign):
            name = root_name(node.target)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_inplace = any(word.arg in ("inplace", "out") for word in node.keywords)
            if is_inplace or node.func.attr not in _FIXED:
                name = root_name(node.func)
        if name:
            yield name


def _last(tree: ast.Module, ignored: Sequence[Lines]) -> Last | None:
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return None
    node = tree.body[-1]
    if any(first <= node.lineno <= last for first, last in ignored):
        return None
    return Last(_name_of(node.value), value_of(node.value))


def _name_of(node: ast.expr) -> str:
    if call := principal_call(node):
        return call.rpartition(".")[2]
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ):
        return node.slice.value
    return (dotted(node) or "result").rpartition(".")[2]


def _ignored_spans(source: str, tree: ast.Module) -> Iterator[Lines]:
    if "mlops" not in source:
        return
    lines = [
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and _IGNORE.search(token.string)
    ]
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    for line in lines:
        holding = [node for node in statements if _first_line(node) <= line <= (node.end_lineno or 0)]
        if holding:
            innermost = min(holding, key=lambda node: (node.end_lineno or 0) - _first_line(node))
            yield _first_line(innermost), innermost.end_lineno or innermost.lineno


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
