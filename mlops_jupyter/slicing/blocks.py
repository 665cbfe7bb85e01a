"""The statements of a cell as pieces of text, comments and layout kept: moved, dropped or mended whole."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .outputs import parsed


@dataclass(slots=True)
class Block:
    """One statement of a cell: ``lead`` are the comments and empty lines above it.

    ``node`` is its syntax tree, with lines counted from the first of ``text``; None for the comments at
    the end of a cell. ``is_apart`` says that an empty line stood above it.
    """

    seq: int
    lead: str
    text: str
    node: ast.stmt | None
    is_apart: bool = False


def blocks_of(seq: int, python: str) -> list[Block] | None:
    """Return the statements of a cell, None where it is no Python."""
    tree = parsed(python)
    if tree is None:
        return None
    python = _one_a_line(python, tree)
    tree = parsed(python)
    assert tree is not None
    lines = python.split("\n")
    found: list[Block] = []
    end = 0
    for node in tree.body:
        first, last = _first_line(node), node.end_lineno or node.lineno
        text = "\n".join(lines[first - 1 : last])
        found.append(_block(seq, lines[end : first - 1], text, _alone(text)))
        end = last
    if any(line.strip() for line in lines[end:]):
        found.append(_block(seq, lines[end:], "", None))
    return found


def replaced(text: str, changes: Iterable[tuple[ast.AST, str]]) -> str:
    """Return a text with the source of some of its nodes replaced."""
    data = text.encode()
    starts = _line_starts(data)
    spans = sorted((*_span(node, starts), new) for node, new in changes)
    for start, end, new in reversed(spans):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()


def put(block: Block, changes: list[tuple[ast.AST, str]]) -> None:
    """Replace the source of some of a statement's nodes."""
    if not changes or block.node is None:
        return
    is_placed = all(ast.dump(node) == _dump_of(source_of(block.text, node)) for node, _ in changes)
    text = replaced(block.text, changes) if is_placed else ""
    if not text or parsed(text) is None:  # in an f-string, without places and other quotes before Python 3.12
        text = ast.unparse(_Putting(changes).visit(block.node))
    block.text, block.node = text, ast.parse(text).body[0]


class _Putting(ast.NodeTransformer):
    def __init__(self, changes: list[tuple[ast.AST, str]]) -> None:
        self._texts = {id(node): text for node, text in changes}

    def visit(self, node: ast.AST) -> ast.AST:
        text = self._texts.get(id(node))
        changed: ast.AST = super().visit(node) if text is None else ast.parse(text, mode="eval").body
        return changed


def _dump_of(source: str) -> str:
    try:
        return ast.dump(ast.parse(source, mode="eval").body)
    except SyntaxError:
        return ""


def source_of(text: str, node: ast.AST) -> str:
    """Return the source of a node of a text."""
    data = text.encode()
    start, end = _span(node, _line_starts(data))
    return data[start:end].decode()


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of the notebook's own scope: not those inside functions, classes, comprehensions."""
    waiting: list[ast.AST] = [node]
    while waiting:
        current = waiting.pop()
        yield current
        match current:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                waiting.extend(current.decorator_list)
                waiting.extend(_defaults(current.args))
            case ast.Lambda():
                waiting.extend(_defaults(current.args))
            case ast.ClassDef():
                waiting.extend([*current.decorator_list, *current.bases, *current.keywords])
            case ast.comprehension():
                waiting.extend([current.iter, *current.ifs])
            case _:
                waiting.extend(ast.iter_child_nodes(current))


def bound_names(node: ast.AST) -> set[str]:
    """Return the names of the notebook that a statement binds or deletes, also by ``global``."""
    bound = {name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names}
    for each in own_nodes(node):
        match each:
            case ast.Name() if not isinstance(each.ctx, ast.Load):
                bound.add(each.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.add(each.name)
            case ast.alias():
                bound.add(each.asname or each.name.partition(".")[0])
            case (
                ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name))
            ):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
    return bound


def used_names(node: ast.AST) -> set[str]:
    """Return all names that a statement mentions, also in its functions."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(each for each in arguments.kw_defaults if each is not None)]


def _block(seq: int, above: list[str], text: str, node: ast.stmt | None) -> Block:
    is_apart = bool(above) and not above[0].strip()
    return Block(seq, "\n".join(above).strip("\n"), text, node, is_apart)


def _alone(text: str) -> ast.stmt | None:
    tree = parsed(text)
    return tree.body[0] if tree is not None and tree.body else None


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _one_a_line(python: str, tree: ast.Module) -> str:
    """Put the statements of ``a = 1; b = 2`` on lines of their own."""
    data = python.encode()
    starts = _line_starts(data)
    for one, two in reversed([*itertools.zip_longest(tree.body, tree.body[1:])]):
        end = _span(one, starts)[1]
        if two is not None and two.lineno == one.end_lineno:
            data = data[:end] + b"\n" + data[_span(two, starts)[0] :]
        elif (rest := data[end:].partition(b"\n")[0]).lstrip().startswith(b";"):
            after = rest.lstrip().lstrip(b"; ")
            data = data[:end] + (b"  " + after if after else b"") + data[end + len(rest) :]
    return data.decode()


def _line_starts(data: bytes) -> list[int]:
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _span(node: ast.AST, starts: list[int]) -> tuple[int, int]:
    assert isinstance(node, (ast.stmt, ast.expr))
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return starts[node.lineno - 1] + node.col_offset, starts[end_line - 1] + end_column
