"""Cells that ran before anybody looked: their effects are taken from their text alone."""

from __future__ import annotations

import types
from collections.abc import Collection
from typing import Any

from ..records import Effects
from . import calls
from .bytecode import Code, code_of, folded, joined, whole
from .hidden import working_directory
from .modules import local_modules
from .paths import file_use, is_data, named_files
from .plan import Plan
from .state import State
from .walk import ATOMS

DOUBT = "it ran before it could be seen: what it did is taken from its text"
_WRITING = ("to_", "save", "dump", "write")
_GENERATORS = {"random": "random", "numpy.random": "numpy.random", "torch": "torch"}
_FIXED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def effects_of_text(plan: Plan, state: State, folder: str, known: Collection[str]) -> Effects:
    """Return what a cell did, as far as its text tells; ``known`` are names that cells before it bound."""
    code = joined([Code(), *(folded(step.code) for step in plan.steps)])
    reads, called = _read(plan, code, state, known)
    bound = (plan.sure | {name for step in plan.steps for name in step.code.stores}) & state.namespace.keys()
    changed = plan.mutated | {chain.parts[0] for chain in code.chains if len(chain.parts) > 1}
    reached = joined([code, called])
    drawn = sorted(_drawn(reached, state))
    used = [path for path in named_files(plan.texts, working_directory()) if is_data(path)]
    files = [
        use for path in used if (use := file_use(path, folder)) is not None and use.size_bytes is not None
    ]
    is_writing = any(word.startswith(_WRITING) for word in code.words)
    unrepeatable = tuple(calls.unrepeatable(len(code.chains), reached, state))
    return Effects(
        reads=tuple(sorted(reads)),
        bound=tuple(sorted(bound)),
        changed=tuple(sorted(name for name in changed & reads if _can_change(state.namespace.get(name)))),
        deleted=tuple(sorted(code.deletes - state.namespace.keys())),
        hidden_reads=(*drawn, *(f"file:{use.path}" for use in files)),
        hidden_writes=(*drawn, *(f"file:{use.path}" for use in files if is_writing)),
        files_read=tuple(files),
        files_written=tuple(files) if is_writing else (),
        modules=local_modules(plan.imported_modules),
        unrepeatable=unrepeatable,
        doubts=(DOUBT, *(f"the state of {name} before it is not known" for name in drawn)),
        python=plan.python,
    )


def _read(plan: Plan, code: Code, state: State, known: Collection[str]) -> tuple[set[str], Code]:
    """Return the names that were there before and that the cell reads, also by functions that it calls."""
    reads: set[str] = set(plan.magics.reads)
    bound: set[str] = set()
    for step in plan.steps:
        reads |= folded(step.code).loads - bound
        bound |= step.sure
    if code.is_open or plan.magics.is_open:
        reads |= set(known)
    called: list[Code] = [Code()]
    waiting = list(reads)
    while waiting:
        value = state.namespace.get(waiting.pop())
        if type(value) is types.FunctionType and value.__globals__ is state.namespace:
            inner = whole(code_of(value.__code__))
            if inner not in called:
                called.append(inner)
                waiting += inner.loads - reads
                reads |= inner.loads - bound
    return reads & (set(known) | state.names().keys()), joined(called)


def _drawn(code: Code, state: State) -> set[str]:
    """Return the generators that code may draw from."""
    found = set()
    for chain in code.chains:
        name = ".".join(calls.real_name(chain, state.namespace))
        found |= {generator for generator in _GENERATORS if name.startswith(f"{generator}.")}
    return found


def _can_change(value: Any) -> bool:
    return type(value) not in ATOMS and not issubclass(type(value), _FIXED)
