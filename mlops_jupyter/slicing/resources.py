"""What an execution needs and what it gives, in the words of the walk: names, files, generators.

A resource is a string: a variable is its own name; everything hidden starts with ``@``, which no name of
Python does: ``@numpy.random``, ``@cwd``, ``@file:data/a.csv``, ``@folder:data``, ``@module:pandas``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from ..records import Effects, Execution, from_plain
from .outputs import Shown, asked_outputs, shown_value

GENERATORS = frozenset({"random", "numpy.random", "torch"})
_FILE, _FOLDER, _MODULE = "@file:", "@folder:", "@module:"
# Nothing that a cell does to these can be made again by keeping another cell.
_OUTSIDE = frozenset({"clock", "network", "entropy"})
# IPython's own: filled by every cell, there from the start.
_CACHES = frozenset({"In", "Out", "_dh", "_ih", "_oh", "_i", "_ii", "_iii"})
_ALWAYS = frozenset({"In", "_dh", "_ih", "get_ipython", "display", "exit", "quit", "open"})
_NUMBERED = re.compile(r"_+\d*$|_i+\d*$")


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Effects:
    return from_plain(Effects, json.loads(text))


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


def steps_of(
    executions: Sequence[Execution],
    known: Mapping[int, Effects] | None = None,
    uses: Mapping[int, Iterable[str]] | None = None,
) -> list[Step]:
    """Return the executions as steps, in their order; ``uses`` adds resources that a step needs."""
    all_effects = [effects_of(execution, known) for execution in executions]
    asks_outputs = any(_NUMBERED.match(name) or name == "Out" for e in all_effects for name in e.reads)
    more = uses or {}
    return [
        _step(execution, effects, more.get(execution.seq, ()), asks_outputs=asks_outputs)
        for execution, effects in zip(executions, all_effects, strict=True)
    ]


def _step(execution: Execution, effects: Effects, uses: Iterable[str], *, asks_outputs: bool) -> Step:
    hidden_reads, hidden_writes = set(effects.hidden_reads), set(effects.hidden_writes)
    draws = hidden_reads & GENERATORS
    makes = {*effects.bound, *effects.deleted} - _CACHES
    alters = {*effects.changed} - makes - _CACHES
    for name in hidden_writes - _OUTSIDE:
        # What is only written is as it left it; a setting or a folder is one of many under its name.
        is_whole = name not in hidden_reads and (name in GENERATORS or name.startswith("file:"))
        (makes if is_whole else alters).add("@" + name)
    needs = {*effects.reads, *("@" + name for name in hidden_reads - _OUTSIDE - GENERATORS), *uses} - _ALWAYS
    for name in hidden_reads | hidden_writes:
        if name.startswith("file:"):
            needs.update(_folders_of(name.removeprefix("file:")))
    for name in hidden_writes:
        if name.startswith("file:"):
            alters.add(_FOLDER + name.removeprefix("file:"))
    shown: Shown = "nothing"
    if asks_outputs:
        shown = shown_value(execution, effects)
        needs = (needs - {"Out", "_oh"}) | asked_outputs(execution, effects)
    return Step(
        execution,
        effects,
        frozenset(needs),
        frozenset(makes),
        frozenset(alters),
        frozenset(draws),
        shown,
    )


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
        "environ": "the environment variables",
        "cwd": "the working directory",
    }
    return words.get(kind, f"the random state of {kind}")
