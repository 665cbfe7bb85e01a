"""What a cell may do: the code of its statements in order, and what only the syntax tree tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from .bytecode import PUTTING, Code, code_of
from .cells import no_warnings_from
from .loose import loose, sure
from .magics import Magics, magics_of

COMPILE_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
FILENAME = "<effects>"
_IN_PLACE = (
    frozenset(
        {
            *("append", "extend", "insert", "remove", "pop", "popitem", "clear", "sort", "reverse"),
            *("add", "discard", "update", "setdefault", "appendleft", "extendleft", "popleft"),
            *("rotate", "fill", "partial_fit"),
        }
    )
    | PUTTING
)
_WORD = re.compile(r"[A-Za-z_]\w*")


class Step(NamedTuple):
    """One statement of a cell."""

    code: Code
    sure: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cell may do.

    Attributes
    ----------
    steps
        The code of its statements in order, with the names that each binds for sure.
    sure
        Names that are bound if it comes to its end.
    bare_calls
        Dotted names that it calls for their effect alone.
    mutated
        Roots of targets such as ``x[0] = …`` and ``x.a += …``, of ``x.append(…)`` and ``out=x``.
    texts
        Its strings.
    imports, imported_modules
        Packages that it imports, and the modules with their full names.
    outputs
        Numbers n of the ``Out[n]`` that it reads; None where it looks into ``Out`` or ``_`` otherwise.
    environ
        Variables of the environment that it reads; None where it looks at the environment otherwise.
    """

    steps: tuple[Step, ...] = ()
    sure: frozenset[str] = frozenset()
    bare_calls: tuple[str, ...] = ()
    mutated: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    imports: frozenset[str] = frozenset()
    imported_modules: frozenset[str] = frozenset()
    outputs: frozenset[int] | None = None
    environ: frozenset[str] | None = None
    magics: Magics = field(default_factory=Magics)
    python: str | None = None
    is_understood: bool = True


def plan_of(source: str, python: str | None, transform: Callable[[str], str] | None = None) -> Plan:
    r"""Return what a cell may do; ``python`` is the cell as IPython hands it to Python.

    Examples
    --------
    >>> plan = plan_of("y = a + len(b)\nx[0] = 1", None)
    >>> [sorted(step.code.loads) for step in plan.steps], sorted(plan.sure), sorted(plan.mutated)
    ([['a', 'b', 'len'], ['x']], ['y'], ['x'])
    """
    return _plan(source, python) if transform is None else _planned(source, python, transform)


@lru_cache(maxsize=512)
def _plan(source: str, python: str | None) -> Plan:
    return _planned(source, python, None)


def _planned(source: str, python: str | None, transform: Callable[[str], str] | None) -> Plan:
    magics = magics_of(source if python is None else python, transform)
    translated = magics.python
    try:
        tree = ast.parse(translated)
        steps = tuple(_steps(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        unknown = Step(Code(is_open=True, is_quiet=False), frozenset())
        return Plan((unknown,), magics=magics, is_understood=False)
    modules = set(_imported(tree))
    return Plan(
        steps=steps,
        sure=frozenset().union(*(step.sure for step in steps)),
        bare_calls=tuple(_bare_calls(tree.body)),
        mutated=frozenset(_mutated(tree)),
        texts=tuple(_texts(tree)),
        imports=frozenset(name.partition(".")[0] for name in modules),
        imported_modules=frozenset(modules),
        outputs=_literal_outputs(tree),
        environ=_literal_environ(tree),
        magics=magics,
        python=translated if translated.strip() != source.strip() else None,
    )


def _steps(tree: ast.Module) -> Iterator[Step]:
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    for node in tree.body:
        part = ast.Module([node] if node in future else [*future, node], [])
        with no_warnings_from(FILENAME):
            code = compile(part, FILENAME, "exec", flags=COMPILE_FLAGS, dont_inherit=True)
        own = code_of(code)
        unread = own.loads & _stored(node) - set(loose([node]))
        yield Step(replace(own, loads=own.loads - unread), frozenset(sure([node])))


def _stored(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds somewhere inside."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif isinstance(part, ast.ExceptHandler) and part.name:
            found.add(part.name)
    return found


# --- what only the tree tells -----------------------------------------------------------------


def _bare_calls(statements: list[ast.stmt]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = dotted(node.value.func)
            if name is not None:
                yield name
        elif isinstance(node, (ast.If, ast.For, ast.With, ast.Try, ast.While)):
            yield from _bare_calls(node.body)


def dotted(node: ast.expr) -> str | None:
    """Return ``a.b.c`` for such an expression, else None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join(reversed([*parts, node.id]))


def _mutated(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        match node:
            case ast.Assign():
                targets = node.targets
            case ast.AugAssign() | ast.AnnAssign():
                targets = [node.target]
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                    yield node.target.id
            case ast.Delete():
                targets = node.targets
            case ast.Call(func=ast.Attribute(attr=name, value=held)) if name in _IN_PLACE:
                targets = [ast.Attribute(held, name, ast.Load())]
            case ast.keyword(arg="out"):
                targets = [node.value]
                if isinstance(node.value, ast.Name):
                    yield node.value.id
        for target in targets:
            if not isinstance(target, ast.Name) and (root := _root(target)):
                yield root


def _root(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _literal_outputs(tree: ast.AST) -> frozenset[int] | None:
    found: list[int] = []
    n_used = 0
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id="Out" | "_oh"), slice=ast.Constant(value=int() as number)):
                found.append(number)
            case ast.Name(id="Out" | "_oh" | "_" | "__" | "___"):
                n_used += 1
    return frozenset(found) if n_used == len(found) else None


def _literal_environ(tree: ast.AST) -> frozenset[str] | None:
    found: list[str] = []
    n_used = 0
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str() as name)):
                found.append(name)
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ")),
                args=[ast.Constant(value=str() as name), *_],
            ):
                found.append(name)
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str() as name), *_]):
                found.append(name)
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")) or (
            isinstance(node, ast.Name) and node.id in ("environ", "getenv", "load_dotenv")
        ):
            n_used += 1
    return frozenset(found) if n_used == len(found) else None


def words(text: str) -> frozenset[str]:
    """Return what looks like names in a text."""
    return frozenset(_WORD.findall(text))
