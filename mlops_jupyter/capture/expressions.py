"""What kind of value an expression makes, as far as the syntax tree says."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from .scope import dotted, free

Making = Literal["literal", "derived", "computed", "loop", "other"]

# Functions whose result is as much an input as what they are given.
_TRANSPARENT = frozenset(
    {
        "abs",
        "bool",
        "dict",
        "float",
        "int",
        "len",
        "list",
        "max",
        "min",
        "round",
        "sorted",
        "str",
        "sum",
        "tuple",
    }
)
Span = tuple[int, int, int, int]

_CLOCKS = frozenset(
    {"monotonic", "monotonic_ns", "now", "perf_counter", "perf_counter_ns", "process_time", "time", "time_ns"}
)
_OPERATIONS = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue,
    ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Subscript, ast.Slice, ast.Attribute, ast.Starred,
    ast.Name, ast.Constant, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.keyword,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """What an assigned expression is made of.

    Attributes
    ----------
    making
        ``literal``: constants alone. ``derived``: constants and names, without a call that could
        compute anything. ``computed``: all else that is assigned. ``loop``: bound by a loop.
        ``other``: imports, definitions, ``with`` and ``except``.
    depends
        The names it reads.
    call
        The dotted name of the function whose result it is, where it is just that.
    is_clock
        Whether it is a reading of a clock, which is neither an input nor a result.
    entries
        For a dict display with constant keys: key and value.
    span
        Where the expression stands: first line, last line, first column, last column (in bytes).
    is_foldable
        Whether Python can compute it without running it, or it is one conversion of such: ``2 ** 10``
        and ``float("inf")``, but not ``float("nan") * 1``.
    """

    making: Making
    depends: frozenset[str] = frozenset()
    call: str | None = None
    is_clock: bool = False
    entries: tuple[tuple[str, Value], ...] = ()
    span: Span | None = None
    is_foldable: bool = True


OTHER = Value("other")
LOOP = Value("loop")


def value_of(node: ast.expr) -> Value:
    """Return what kind of value an expression makes.

    Examples
    --------
    >>> value_of(ast.parse("2 ** 10", mode="eval").body).making
    'literal'
    >>> value_of(ast.parse("1 - train_size", mode="eval").body).making
    'derived'
    >>> value_of(ast.parse("round(roc_auc_score(y, p), 3)", mode="eval").body).call
    'roc_auc_score'
    """
    depends = frozenset(free(node).now)
    if not _is_plain(node):
        call = principal_call(node)
        return Value("computed", depends, call, _is_clock(call), _entries(node), span_of(node))
    used = frozenset(name for name in depends if name not in _TRANSPARENT)
    making: Making = "derived" if used else "literal"
    return Value(making, used, entries=_entries(node), span=span_of(node), is_foldable=_is_foldable(node))


def span_of(node: ast.expr) -> Span:
    """Return first line, last line, first column, last column (in bytes) of an expression."""
    return node.lineno, node.end_lineno or 0, node.col_offset, node.end_col_offset or 0


def holds(outer: Span | None, inner: Span | None) -> bool:
    """Return whether one expression stands inside another, or is it.

    Examples
    --------
    >>> holds((1, 1, 6, 40), (1, 1, 12, 30)), holds((2, 2, 0, 9), (1, 1, 0, 9))
    (True, False)
    """
    if outer is None or inner is None:
        return False
    return (outer[0], outer[2]) <= (inner[0], inner[2]) and (inner[1], inner[3]) <= (outer[1], outer[3])


def principal_call(node: ast.AST) -> str | None:
    """Return the dotted name of the call whose result the expression shows, rounded or converted."""
    while True:
        if isinstance(node, (ast.Await, ast.Subscript, ast.NamedExpr)):
            node = node.value
        elif isinstance(node, ast.UnaryOp):
            node = node.operand
        elif isinstance(node, ast.Call) and _is_transparent(node) and node.args:
            node = node.args[0]
        else:
            return dotted(node.func) if isinstance(node, ast.Call) else None


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        if not _is_transparent(node):
            return False
        return all(_is_plain(child) for child in [*node.args, *node.keywords])
    return isinstance(node, _OPERATIONS) and all(_is_plain(child) for child in ast.iter_child_nodes(node))


def _is_foldable(node: ast.expr) -> bool:
    while isinstance(node, ast.UnaryOp):
        node = node.operand
    parts = node.args if isinstance(node, ast.Call) else [node]
    return not any(isinstance(inner, ast.Call) for part in parts for inner in ast.walk(part))


def _is_transparent(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id in _TRANSPARENT


def _is_clock(call: str | None) -> bool:
    return call is not None and call.rpartition(".")[2] in _CLOCKS


def _entries(node: ast.AST) -> tuple[tuple[str, Value], ...]:
    if isinstance(node, ast.Dict):
        return tuple(
            (key.value, value_of(value))
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        )
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "dict"
        and not node.args
    ):
        return tuple((word.arg, value_of(word.value)) for word in node.keywords if word.arg)
    return ()
