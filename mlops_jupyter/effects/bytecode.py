"""What code may do, read from its bytecode: names, chains of attributes, the functions that it defines.

Bytecode rather than the syntax tree, because the compiler has settled there which names are the notebook's
and which belong to a function or comprehension.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

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
PUTTING = frozenset(
    {
        *("put", "place", "putmask", "copyto", "itemset", "put_along_axis", "fill_diagonal"),
        *("at", "iat"),
    }
)
"""Functions and methods that change little of an array, which a sample need not meet."""
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
        is_storing=any(map(_is_storing, instructions)) or not PUTTING.isdisjoint(words),
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
