"""What an execution needs and what it gives, in the words of the walk: names, files, generators.

A resource is a string: a variable is its own name; everything hidden starts with ``@``, which no name of
Python does: ``@numpy.random``, ``@cwd``, ``@file:data/a.csv``, ``@folder:data``, ``@module:pandas``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from ..records import Effects, Execution, from_plain
from .outputs import NO_OUTPUTS, OUTPUT, Outputs, Shown, outputs_of

GENERATORS = frozenset({"random", "numpy.random", "torch"})
_FILE, _FOLDER, _MODULE = "@file:", "@folder:", "@module:"
# Nothing that a cell does to these can be made again by keeping another cell.
_OUTSIDE = frozenset({"clock", "network", "entropy"})
# IPython's own: filled by every cell, there from the start.
_CACHES = frozenset({"In", "Out", "_dh", "_ih", "_oh", "_i", "_ii", "_iii"})
_ALWAYS = frozenset({"In", "_dh", "_ih", "get_ipython", "display", "exit", "quit", "open"})


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Effects:
    return from_plain(Effects, json.loads(text))


def forget_parsed() -> None:
    """Forget the effects that were read from their JSON."""
    _parsed.cache_clear()


def effects_of(execution: Execution, known: Mapping[int, Effects] | None = None) -> Effects:
    """Return the effects of an execution, from ``known`` where they are there."""
    found = known.get(execution.seq) if known is not None else None
    return found if found is not None else _parsed(execution.effects)


@dataclass(frozen=True, slots=True)
class Step:
    """An execution as the walk sees it.

    ``makes`` says anew what a resource is: what came before no longer matters. ``alters`` changes one
    that was there: what came before matters too. ``draws`` are generators, whose draws form a chain.
    """

    execution: Execution
    effects: Effects
    needs: frozenset[str]
    makes: frozenset[str]
    alters: frozenset[str]
    draws: frozenset[str]
    shown: Shown = "nothing"


def steps_of(executions: Sequence[Execution], known: Mapping[int, Effects] | None = None) -> list[Step]:
    """Return the executions as steps, in their order."""
    found = [effects_of(execution, known) for execution in executions]
    asks_outputs = any(OUTPUT.match(name) for effects in found for name in effects.reads)
    is_seen = any("_" in effects.bound for effects in found)
    return [
        _step(
            execution,
            effects,
            outputs_of(execution, effects, is_seen=is_seen) if asks_outputs else NO_OUTPUTS,
        )
        for execution, effects in zip(executions, found, strict=True)
    ]


def _step(execution: Execution, effects: Effects, outputs: Outputs) -> Step:
    reads, writes = set(effects.hidden_reads), set(effects.hidden_writes)
    makes = {*effects.bound, *effects.deleted} - _CACHES
    alters = {*effects.changed} - makes - _CACHES
    for name in writes - _OUTSIDE:
        # What is only written is as it left it; a setting or a folder is one of many under its name.
        is_whole = name not in reads and (name in GENERATORS or name.startswith(("file:", "environ:")))
        (makes if is_whole else alters).add("@" + name)
    needs = {*effects.reads, *("@" + name for name in reads - _OUTSIDE - GENERATORS)} - _ALWAYS
    if outputs.asked is not None:
        needs = {name for name in needs if not OUTPUT.match(name)} | outputs.asked
    needs |= {_FILE + path for path in _imported_files(execution, effects)}
    for path in _paths(reads | writes):
        needs.update(_folders_of(path))
    alters.update(_FOLDER + path for path in _paths(writes))
    return Step(
        execution,
        effects,
        frozenset(needs),
        frozenset(makes),
        frozenset(alters),
        frozenset(reads & GENERATORS),
        outputs.shown,
    )


def _imported_files(execution: Execution, effects: Effects) -> list[str]:
    """Return the files of modules of the user's own that a cell imports: a cell may have written them."""
    if "import" not in execution.source and "reload" not in execution.source:
        return []
    return [module.path for module in effects.modules]


def _paths(names: Iterable[str]) -> list[str]:
    return [name.removeprefix("file:") for name in names if name.startswith("file:")]


def _folders_of(path: str) -> Iterable[str]:
    for folder in PurePath(path).parents:
        name = folder.as_posix()
        if name not in {".", "/", ""}:
            yield _FOLDER + name


def hits(given: Collection[str], needed: Mapping[str, object]) -> list[str]:
    """Return which needed resources are given: by name, a file below a needed folder, a part of a module."""
    found = [name for name in given if name in needed]
    for name in given:
        if name.startswith(_FILE):
            below = (_FILE + folder.removeprefix(_FOLDER) for folder in _folders_of(name.removeprefix(_FILE)))
            found.extend(folder for folder in below if folder in needed)
        elif name.startswith(_MODULE):
            found.extend(other for other in needed if _is_part(name, other) and other != name)
    return found


def _is_part(name: str, other: str) -> bool:
    return other.startswith(_MODULE) and (name.startswith(other + ".") or other.startswith(name + "."))


def named(resource: str) -> str:
    """Return a resource in the words of a sentence."""
    if not resource.startswith("@"):
        return f"`{resource}`"
    kind, _, name = resource[1:].partition(":")
    words = {
        "file": f"the file {name}",
        "folder": f"the folder {name}",
        "module": f"settings of {name}",
        "magic": f"the magic {name}",
        "environ": f"the environment variable {name}" if name else "the environment variables",
        "cwd": "the working directory",
    }
    return words.get(kind, f"the random state of {kind}")
