"""The walk from a result backwards through what executions did, to those that made it.

``needed ← (needed - makes) ∪ needs`` at every execution that gives something needed. Draws of a generator
form a chain back to the cell that seeds it; where nothing seeds, the recorded state stands for the chain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..records import Effects, Execution, SliceCell
from .absence import absences
from .parts import kinds_of, part_of
from .resources import Step, hits, named, steps_of

Caution = Literal["effects", "touched", "calls"]
"""What counts as giving: observed effects; any use of a needed name; a call with it as an argument."""

_TARGET = 0
ASKED = "is asked for itself"


@dataclass(slots=True)
class Walked:
    """Where a walk came to: why each kept execution is kept, and what nothing gave."""

    steps: list[Step]
    reasons: dict[int, str] = field(default_factory=dict)
    parts: dict[int, Step] = field(default_factory=dict)
    unseeded: dict[int, tuple[str, ...]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def kept(self) -> frozenset[int]:
        """The sequence numbers of the kept executions."""
        return frozenset(self.reasons)

    def kept_steps(self) -> list[Step]:
        """Return the kept executions, in their order; cut down where a part is enough."""
        return [
            self.parts.get(seq, step) for step in self.steps if (seq := step.execution.seq) in self.reasons
        ]


def backward(
    executions: Sequence[Execution],
    targets: Collection[str],
    *,
    at: int | None = None,
    keep: Collection[int] = (),
    effects: Mapping[int, Effects] | None = None,
) -> tuple[SliceCell, ...]:
    """Return all executions up to ``at``, each kept or left out, with the reason.

    Parameters
    ----------
    executions
        Of one session, in the order in which they ran.
    targets
        Names of the namespace whose values are to be made again.
    at
        The ``seq`` after which the targets are looked at, by default the last.
    keep
        The ``seq`` of executions that are kept in any case, with all that they need.
    effects
        Parsed effects by ``seq``; those that are missing are read from the executions.

    Examples
    --------
    >>> from mlops_jupyter.records import Execution
    >>> first = Execution("s", 1, "a = 1", "2026-01-01", "finished", '{"bound": ["a"]}')
    >>> other = Execution("s", 2, "b = 2", "2026-01-01", "finished", '{"bound": ["b"]}')
    >>> [cell.is_kept for cell in backward([first, other], ["a"])]
    [True, False]
    """
    return cells_of(walk(executions, targets, at=at, keep=keep, effects=effects))


def walk(
    executions: Sequence[Execution],
    targets: Collection[str],
    *,
    at: int | None = None,
    keep: Collection[int] = (),
    effects: Mapping[int, Effects] | None = None,
    caution: Caution = "effects",
    parts: Collection[int] = (),
) -> Walked:
    """Walk backwards from the targets; see :func:`backward`.

    ``caution`` keeps more. Of ``keep``, those are kept whole that are not among ``parts``.
    """
    upto = [execution for execution in executions if at is None or execution.seq <= at]
    steps = steps_of(upto, effects)
    asked = dict.fromkeys(keep, ASKED)
    walked = _walk(steps, targets, asked, caution, parts)
    while more := absences(steps, walked.kept):
        asked |= more
        walked = _walk(steps, targets, asked, caution, parts)
    return walked


def _walk(
    steps: list[Step],
    targets: Iterable[str],
    asked: Mapping[int, str],
    caution: Caution,
    parts: Collection[int],
) -> Walked:
    """Walk once; ``asked`` are those that are kept in any case, with the reason."""
    walked = Walked(steps)
    needed: dict[str, int] = dict.fromkeys(targets, _TARGET)
    loose = _loose_draws(steps)
    by_seq = {step.execution.seq: step.execution for step in steps}
    for step in reversed(steps):
        seq = step.execution.seq
        given = _given(step, needed, caution, loose.get(seq, frozenset()))
        if not given and seq not in asked:
            continue
        why = _reason(step, given, needed, by_seq) if given else asked[seq]
        if given and (seq not in asked or seq in parts) and (part := part_of(step, given)) is not None:
            walked.parts[seq] = part
            why = f"only its {kinds_of(part)}: {why}"
        walked.reasons[seq] = why
        kept = walked.parts.get(seq, step)
        drawn = loose.get(seq, frozenset()) & kept.draws
        _move(kept, needed, drawn)
        if drawn:
            walked.unseeded[seq] = tuple(sorted(drawn))
    walked.missing = needed
    return walked


def _loose_draws(steps: list[Step]) -> dict[int, frozenset[str]]:
    """Return which generators a step draws from before anything has seeded them."""
    seeded: set[str] = set()
    loose = {}
    for step in steps:
        drawn = frozenset(name for name in step.draws if name not in seeded)
        if drawn:
            loose[step.execution.seq] = drawn
        seeded.update(name.removeprefix("@") for name in step.makes if name.startswith("@"))
    return loose


def _given(step: Step, needed: Mapping[str, int], caution: Caution, loose: frozenset[str]) -> list[str]:
    """Return what of the needed an execution gives, the names first."""
    alters = step.alters - {"@" + name for name in loose}
    given = hits(step.makes, needed) + hits(alters, needed)
    if not given and caution != "effects":
        uses = {name for name in step.needs if not name.startswith("@")} & needed.keys()
        if caution == "touched" or (uses and "(" in step.execution.source):
            given = sorted(uses)
    if step.shown != "nothing":
        numbered = f"_{step.execution.execution_count}"
        given.extend(name for name in (numbered, "_", "__", "___", "Out", "_oh") if name in needed)
    return sorted(given, key=lambda name: (name.startswith("@"), name))


def _move(step: Step, needed: dict[str, int], loose: frozenset[str]) -> None:
    """Change what is needed after an execution to what is needed before it."""
    seq = step.execution.seq
    for name in step.makes:
        needed.pop(name, None)
    if step.shown != "nothing":
        needed.pop(f"_{step.execution.execution_count}", None)
        for name in ("_", "__", "___"):
            if (asker := needed.get(name)) is not None:
                if step.shown == "value":
                    del needed[name]
                if name != "_":
                    needed.setdefault(name[1:], asker)
    for name in step.needs:
        needed.setdefault(name, seq)
    for name in step.draws - loose:
        if "@" + name not in step.makes:
            needed.setdefault("@" + name, seq)


# --- sentences ---------------------------------------------------------------------------------


def reference(execution: Execution) -> str:
    """Return how people call an execution: ``[7]`` as the notebook numbers it, else its place."""
    return f"[{execution.execution_count}]" if execution.execution_count else f"#{execution.seq}"


def _reason(step: Step, given: list[str], needed: Mapping[str, int], by_seq: Mapping[int, Execution]) -> str:
    name = given[0]
    asker = needed.get(name, _TARGET)
    who = "which was asked for" if asker == _TARGET else f"which {reference(by_seq[asker])} needs"
    more = f" (and {len(given) - 1} more)" if len(given) > 1 else ""
    return f"{_verb(step, name)} {named(name)}{more}, {who}"


def _verb(step: Step, name: str) -> str:
    if name.lstrip("@") in step.effects.deleted:
        return "deletes"
    if name in step.makes:
        return "sets" if name.startswith("@") and not name.startswith("@file:") else "makes"
    if name in step.alters or name.startswith("@"):
        return "draws from" if name.lstrip("@") in step.draws else "changes"
    return "shows" if step.shown != "nothing" and name.startswith(("_", "Out")) else "may change"


def cells_of(walked: Walked) -> tuple[SliceCell, ...]:
    """Return the executions of a walk as the cells of a slice."""
    cells = []
    later: dict[str, Execution] = {}
    for whole in reversed(walked.steps):
        step = walked.parts.get(whole.execution.seq, whole)
        is_kept = step.execution.seq in walked.reasons
        execution, effects = step.execution, step.effects
        why = walked.reasons[execution.seq] if is_kept else _left_out(step, later)
        cells.append(
            SliceCell(
                seq=execution.seq,
                source=execution.source,
                is_kept=is_kept,
                why=why,
                execution_count=execution.execution_count,
                cell_id=execution.cell_id,
                outcome=execution.outcome,
                python=effects.python,
                doubts=effects.doubts if is_kept else (),
            )
        )
        if is_kept:
            later.update((name, execution) for name in step.makes if not name.startswith("@"))
    return tuple(reversed(cells))


def _left_out(step: Step, later: Mapping[str, Execution]) -> str:
    """Return the sentence of an execution that is not needed."""
    if step.effects.is_display:
        return "only shows something"
    remade = sorted(name for name in (step.makes | step.alters) & later.keys())
    if remade:
        return f"`{remade[0]}` is made anew by {reference(later[remade[0]])}"
    if step.execution.outcome != "finished":
        return f"{step.execution.outcome}, and left nothing that is needed"
    if not (step.makes or step.alters):
        return "changes nothing"
    return "makes nothing that is needed"
