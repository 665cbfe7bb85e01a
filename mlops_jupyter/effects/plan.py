"""What a cell may do, read from its bytecode: names, chains of attributes, what it surely binds.

Bytecode rather than the syntax tree, because the compiler has settled there which names are the notebook's
and which belong to a function or comprehension.
"""

from __future__ import annotations

import ast
import dis
import re
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from .magics import Magics, magics_of

COMPILE_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
FILENAME = "<effects>"

_LOADS = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_BETWEEN = frozenset({"PRECALL", "CACHE", "PUSH_NULL", "EXTENDED_ARG", "NOP"})
_CALLS = frozenset({"CALL", "CALL_KW", "CALL_FUNCTION_EX"})
_QUIET = frozenset(
    {
        *("RESUME", "NOP", "CACHE", "EXTENDED_ARG", "POP_TOP", "RETURN_VALUE", "RETURN_CONST", "PUSH_NULL"),
        *("LOAD_CONST", "LOAD_NAME", "LOAD_ATTR", "STORE_NAME", "IMPORT_NAME", "IMPORT_FROM", "COPY", "SWAP"),
        *("BINARY_OP", "BINARY_SUBSCR", "BINARY_SLICE", "BUILD_SLICE", "COMPARE_OP", "IS_OP", "UNARY_NOT"),
        *("UNARY_NEGATIVE", "UNARY_INVERT", "BUILD_TUPLE", "BUILD_LIST", "BUILD_MAP", "BUILD_SET"),
        *("BUILD_CONST_KEY_MAP", "BUILD_STRING", "FORMAT_VALUE", "FORMAT_SIMPLE", "MAKE_FUNCTION"),
        *("LOAD_CLOSURE", "LOAD_SMALL_INT", "SET_FUNCTION_ATTRIBUTE", "LIST_EXTEND", "CONTAINS_OP"),
    }
)
"""Operations that change no object of a library (an in-place ``BINARY_OP`` is told by its argument)."""
_FORMATTING = frozenset({"FORMAT_VALUE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC"})
_STORING = frozenset({"STORE_SUBSCR", "STORE_SLICE", "DELETE_SUBSCR"})
_PUTTING = frozenset(
    {"put", "place", "putmask", "copyto", "itemset", "put_along_axis", "fill_diagonal", "at", "iat"}
)
"""Functions and methods that change little of an array, which a sample need not meet."""
_IN_PLACE = frozenset(
    {
        *(
            "append",
            "extend",
            "insert",
            "remove",
            "pop",
            "popitem",
            "clear",
            "sort",
            "reverse",
            "add",
            "discard",
        ),
        *(
            "update",
            "setdefault",
            "appendleft",
            "extendleft",
            "popleft",
            "rotate",
            "fill",
            "partial_fit",
            *_PUTTING,
        ),
    }
)
_MAKING = frozenset({"MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE", "EXTENDED_ARG", "CACHE", "NOP"})
_BUILDING = _MAKING | {
    *(
        "LOAD_CONST",
        "LOAD_SMALL_INT",
        "LOAD_NAME",
        "BUILD_MAP",
        "BUILD_LIST",
        "BUILD_TUPLE",
        "BUILD_SET",
        "COPY",
    ),
    *("BUILD_CONST_KEY_MAP", "LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE", "LIST_APPEND", "LOAD_CLOSURE"),
}
"""Operations that keep a function without calling it."""
_DECORATING = frozenset(
    {
        *("LOAD_NAME", "LOAD_ATTR", "LOAD_METHOD", "LOAD_CONST", "PUSH_NULL", "PRECALL", "CALL", "KW_NAMES"),
        *("CACHE", "CALL_KW", "BUILD_TUPLE", "EXTENDED_ARG", "LOAD_SMALL_INT"),
    }
)
_OPEN_NAMES = frozenset({"globals", "locals", "eval", "exec", "__builtins__"})
_OPEN_CHAINS = frozenset({"user_ns", "user_global_ns", "ev", "ex", "run_cell", "run_code", "safe_execfile"})
_WORD = re.compile(r"[A-Za-z_]\w*")


class Chain(NamedTuple):
    """``a.b.c`` as it is loaded; ``is_bare`` where it is called without arguments; and the line."""

    parts: tuple[str, ...]
    line: int | None
    is_bare: bool = False
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """What the code of a cell or function says.

    ``deferred`` are the functions that it defines under a name, which run when called. ``is_quiet``
    where it can change no object of a library; ``is_storing`` where it puts something into one.
    """

    loads: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    chains: tuple[Chain, ...] = ()
    words: frozenset[str] = frozenset()
    is_open: bool = False
    is_quiet: bool = True
    is_storing: bool = False
    deferred: tuple[Deferred, ...] = ()


class Deferred(NamedTuple):
    """A function that is defined under a name and runs when that is used; ``by`` are its decorators."""

    name: str
    code: Code
    by: tuple[str, ...] = ()


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
        with _no_warnings():
            code = compile(part, FILENAME, "exec", flags=COMPILE_FLAGS, dont_inherit=True)
        yield Step(code_of(code), frozenset(_sure([node])))


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Keep the warnings of the compiler from being shown twice: the user gets them when the cell runs.

    Not with ``warnings.catch_warnings``, after which Python forgets which it has shown.
    """
    shown = warnings.showwarning

    def show(message: Any, category: Any, filename: str, *rest: Any, **named: Any) -> None:
        if filename != FILENAME:
            shown(message, category, filename, *rest, **named)

    warnings.showwarning = show
    try:
        yield
    finally:
        if warnings.showwarning is show:
            warnings.showwarning = shown


@lru_cache(maxsize=4_096)
def code_of(code: CodeType) -> Code:
    r"""Return what a code object says, with the lambdas, comprehensions and classes inside it.

    Examples
    --------
    >>> found = code_of(compile("def f(): return g(z)\nh = [q for q in p]", "", "exec"))
    >>> sorted(found.loads), [each.name for each in found.deferred]
    (['p'], ['f'])
    """
    loads: set[str] = set()
    stores: set[str] = set()
    deletes: set[str] = set()
    words: set[str] = set()
    is_quiet = True
    parts: list[Code] = []
    deferred: list[Deferred] = []
    instructions = list(dis.get_instructions(code))
    for index, each in enumerate(instructions):
        name = each.opname
        if name in _LOADS:
            loads.add(each.argval)
        elif name in ("STORE_NAME", "STORE_GLOBAL"):
            stores.add(each.argval)
        elif name in ("DELETE_NAME", "DELETE_GLOBAL"):
            deletes.add(each.argval)
        if name not in _QUIET or _is_storing(each):
            is_quiet = False
        if isinstance(each.argval, str):
            words.add(each.argval)
        elif name in _FORMATTING:
            words.add("format")
        if isinstance(each.argval, CodeType):
            inner = code_of(each.argval)
            given = each.argval.co_name if _is_class(each.argval) else _given_name(instructions, index)
            if given is None:
                parts.append(inner)
            elif _is_class(each.argval):
                parts.append(_now(inner))
                deferred += (method._replace(name=given) for method in inner.deferred)
            else:
                deferred.append(Deferred(given, inner, _decorators(instructions, index)))
    own = Code(
        frozenset(loads),
        frozenset(stores) if code.co_name == "<module>" else _globals_stored(instructions),
        frozenset(deletes) if code.co_name == "<module>" else _globals_deleted(instructions),
        tuple(_chains(instructions)),
        frozenset(words),
        is_open=_is_open(loads, instructions),
        is_quiet=is_quiet,
        is_storing=any(map(_is_storing, instructions)) or not _PUTTING.isdisjoint(words),
        deferred=tuple(deferred),
    )
    return joined([own, *parts])


def joined(parts: list[Code]) -> Code:
    """Return several codes as one."""
    if len(parts) == 1:
        return parts[0]
    return Code(
        frozenset().union(*(part.loads for part in parts)),
        frozenset().union(*(part.stores for part in parts)),
        frozenset().union(*(part.deletes for part in parts)),
        tuple(chain for part in parts for chain in part.chains),
        frozenset().union(*(part.words for part in parts)),
        is_open=any(part.is_open for part in parts),
        is_quiet=all(part.is_quiet for part in parts),
        is_storing=any(part.is_storing for part in parts),
        deferred=tuple(each for part in parts for each in part.deferred),
    )


def whole(code: Code) -> Code:
    """Return a code with everything that it defines, as if it called it all."""
    return joined([_now(code), *(whole(each.code) for each in code.deferred)])


def folded(
    code: Code, earlier: Collection[Deferred] = (), is_own: Callable[[str], bool] = lambda _: False
) -> Code:
    """Return the code of a statement with the functions that the cell defines and that it may call.

    These are functions whose names it loads, all where it may load any name, and those decorated by
    something of the user's (``is_own``), which may call them at once. ``earlier`` were defined before.
    """
    if code.is_open:
        return joined([whole(code), *(whole(each.code) for each in earlier)])
    made = {each.name for each in (*earlier, *code.deferred)}
    waiting, parts, loads = [*earlier, *code.deferred], [_now(code)], set(code.loads)
    while called := [each for each in waiting if each.name in loads or _is_called(each, code, made, is_own)]:
        waiting = [each for each in waiting if each not in called]
        for each in called:
            part = whole(each.code)
            loads |= part.loads
            parts.append(part)
    return joined(parts)


def _is_called(each: Deferred, code: Code, made: Collection[str], is_own: Callable[[str], bool]) -> bool:
    return each in code.deferred and any(name in made or is_own(name) for name in each.by)


def _now(code: Code) -> Code:
    return replace(code, deferred=())


def _given_name(instructions: list[dis.Instruction], index: int) -> str | None:
    """Return the name under which a function is kept that is made from the code at an index.

    None where it may be called at once: where it is handed to something that is no decorator.
    """
    is_decorated = bool(_decorators(instructions, index))
    for each in instructions[index + 1 :]:
        if each.opname in ("STORE_NAME", "STORE_GLOBAL"):
            return str(each.argval)
        if each.opname not in _BUILDING and not (is_decorated and each.opname in ("CALL", "PRECALL")):
            return None
    return None


def _decorators(instructions: list[dis.Instruction], index: int) -> tuple[str, ...]:
    """Return the names that stand in the decorators of a function made from the code at an index."""
    code = instructions[index].argval
    if code.co_name == "<lambda>":
        return ()
    start = index
    while start > 0 and instructions[start - 1].opname in _DECORATING:
        start -= 1
    names = tuple(str(each.argval) for each in instructions[start:index] if each.opname in _LOADS)
    follows = next((each for each in instructions[index + 1 :] if each.opname not in _MAKING), None)
    return names if follows is not None and follows.opname in ("CALL", "PRECALL") else ()


def _is_class(code: CodeType) -> bool:
    return "__module__" in code.co_names and "__qualname__" in code.co_names


def _is_storing(each: dis.Instruction) -> bool:
    return each.opname in _STORING or (each.opname == "BINARY_OP" and each.argrepr.endswith("="))


def _globals_stored(instructions: list[dis.Instruction]) -> frozenset[str]:
    return frozenset(each.argval for each in instructions if each.opname == "STORE_GLOBAL")


def _globals_deleted(instructions: list[dis.Instruction]) -> frozenset[str]:
    return frozenset(each.argval for each in instructions if each.opname == "DELETE_GLOBAL")


def _is_open(loads: set[str], instructions: list[dis.Instruction]) -> bool:
    if loads & _OPEN_NAMES:
        return True
    return any(
        (each.opname in _ATTRIBUTES and each.argval in _OPEN_CHAINS)
        or (each.opname == "IMPORT_NAME" and each.argval == "__main__")
        for each in instructions
    )


def _chains(instructions: list[dis.Instruction]) -> Iterator[Chain]:
    parts: list[str] = []
    line: int | None = None
    for each in instructions:
        if each.opname in _LOADS:
            if parts:
                yield Chain(tuple(parts), line)
            parts = [each.argval]
            line = each.positions.lineno if each.positions else None
        elif each.opname in _ATTRIBUTES and parts:
            parts.append(each.argval)
        elif each.opname in ("STORE_ATTR", "DELETE_ATTR") and parts:
            yield Chain((*parts, each.argval), line, is_stored=True)
            parts = []
        elif each.opname in ("STORE_SUBSCR", "DELETE_SUBSCR") and parts:
            yield Chain(tuple(parts), line, is_stored=True)
            parts = []
        elif each.opname in _CALLS and parts:
            yield Chain(tuple(parts), line, is_bare=each.argval == 0)
            parts = []
        elif each.opname not in _BETWEEN and parts:
            yield Chain(tuple(parts), line)
            parts = []


# --- what only the tree tells -----------------------------------------------------------------


def _sure(statements: list[ast.stmt]) -> Iterator[str]:
    for node in statements:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
            case ast.Assign():
                yield from (name for target in node.targets for name in _names(target))
            case ast.AugAssign() | ast.AnnAssign() if node.value is not None:
                yield from _names(node.target)
            case ast.With() | ast.AsyncWith():
                yield from (
                    name for item in node.items if item.optional_vars for name in _names(item.optional_vars)
                )
                yield from _sure(node.body)


def _names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name():
            yield target.id
        case ast.Tuple() | ast.List():
            yield from (name for part in target.elts for name in _names(part))
        case ast.Starred():
            yield from _names(target.value)


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
