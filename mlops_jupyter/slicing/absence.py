"""Names that must not be there: a deletion matters where later code falls back on a name's absence."""

from __future__ import annotations

import re
from collections.abc import Collection

from .resources import Step

_NAMES = re.compile(r"[^\W\d]\w*")


def absences(steps: list[Step], kept: Collection[int]) -> dict[int, str]:
    """Return the executions whose deletions the kept ones count on, with a sentence each.

    A name that a kept execution made, another one deleted, and a later kept one names without having
    read it: a builtin of that name, ``except NameError``, or a look into ``globals()``.
    """
    found: dict[int, str] = {}
    for index, step in enumerate(steps):
        if not step.effects.deleted or step.execution.seq in kept:
            continue
        for name in step.effects.deleted:
            if _is_there(steps[:index], kept, name) and _is_missed(steps[index + 1 :], kept, name):
                found[step.execution.seq] = f"deletes `{name}`, whose absence a later cell counts on"
    return found


def _is_there(before: list[Step], kept: Collection[int], name: str) -> bool:
    for step in reversed(before):
        if step.execution.seq in kept and name in step.makes:
            return name not in step.effects.deleted
    return False


def _is_missed(after: list[Step], kept: Collection[int], name: str) -> bool:
    for step in after:
        if step.execution.seq not in kept:
            continue
        if name in _NAMES.findall(step.execution.source) and name not in step.effects.reads:
            return name not in step.effects.bound or not _binds_first(step, name)
        if name in step.makes:
            return False
    return False


def _binds_first(step: Step, name: str) -> bool:
    """Return whether a cell's first mention of a name is its assignment."""
    return re.search(rf"\b{name}\b\s*(?!=)", step.execution.source) is None or (
        re.search(rf"^\s*{name}\s*=(?!=)", step.execution.source, re.MULTILINE) is not None
    )
