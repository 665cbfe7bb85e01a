"""The slice of a result as a record, and the larger ones to fall back on when it is not enough."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..errors import NotFoundError, near
from ..records import CodeSlice, Drawing, Effects, Execution, FileUse, LocalModule
from .identity import code_hash
from .resources import named
from .walk import ASKED, Caution, Walked, cells_of, reference, walk

_AT = "@"


def slice_of(
    executions: Sequence[Execution],
    targets: Collection[str],
    *,
    label: str | None = None,
    at: int | None = None,
    keep: Collection[int] = (),
    effects: Mapping[int, Effects] | None = None,
    run_number: int | None = None,
) -> CodeSlice:
    """Return the cells that made something, with the files, modules and doubts that belong to them.

    Parameters
    ----------
    executions, targets, at, keep, effects
        As in :func:`backward`.
    label
        What was asked for: ``model``, ``#12``, ``churn:4``; by default the targets.
    run_number
        Of the run that the slice is of.

    Raises
    ------
    NotFoundError
        Where no execution made a target.

    Examples
    --------
    >>> from mlops_jupyter.records import Execution
    >>> cell = Execution("s", 1, "a = 1", "2026-01-01", "finished", '{"bound": ["a"]}')
    >>> [kept.source for kept in slice_of([cell], ["a"]).kept]
    ['a = 1']
    """
    walked = walk(executions, targets, at=at, keep=keep, effects=effects)
    lost = [name for name in targets if name in walked.missing]
    if lost and not walked.kept:
        raise NotFoundError(_not_made(lost[0], walked))
    return sliced(walked, targets, label=label, run_number=run_number)


def with_kept(
    executions: Sequence[Execution],
    code_slice: CodeSlice,
    kept: Collection[int],
    *,
    effects: Mapping[int, Effects] | None = None,
) -> CodeSlice:
    """Return a slice with just these executions kept, as a verification has found them to be enough.

    ``why`` says so of executions that the slice itself would not have kept.
    """
    at = code_slice.cells[-1].seq if code_slice.cells else None
    # A part is enough as long as nothing more than the slice had turned out to be needed.
    is_larger = not {cell.seq for cell in code_slice.kept}.issuperset(kept)
    parts = () if is_larger else _parts(executions, code_slice)
    walked = walk(executions, code_slice.targets, at=at, keep=kept, effects=effects, parts=parts)
    before = {cell.seq: cell.why for cell in code_slice.kept}
    found = {seq: why for seq, why in walked.reasons.items() if why != ASKED}
    walked.reasons = {seq: found.get(seq) or before.get(seq) or _BY_PROOF for seq in sorted(kept)}
    walked.parts = {seq: part for seq, part in walked.parts.items() if seq in walked.reasons}
    walked.unseeded = {seq: names for seq, names in walked.unseeded.items() if seq in walked.reasons}
    return sliced(walked, code_slice.targets, label=code_slice.label, run_number=code_slice.run_number)


def _parts(executions: Sequence[Execution], code_slice: CodeSlice) -> set[int]:
    sources = {execution.seq: execution.source for execution in executions}
    return {cell.seq for cell in code_slice.kept if cell.source != sources.get(cell.seq)}


_BY_PROOF = "without it the result is another one: found by running it"


def sliced(
    walked: Walked, targets: Collection[str], *, label: str | None = None, run_number: int | None = None
) -> CodeSlice:
    """Return a walk as a slice."""
    kept = walked.kept_steps()
    states, unstated = _random_states(walked)
    unrepeatable = [
        Drawing(f"{drawing.what}, cell {reference(step.execution)}", drawing.line)
        for step in kept
        for drawing in step.effects.unrepeatable
    ]
    doubts = [f"cell {reference(step.execution)}: {doubt}" for step in kept for doubt in step.effects.doubts]
    return CodeSlice(
        label=label if label is not None else ", ".join(targets),
        targets=tuple(targets),
        cells=cells_of(walked),
        doubts=tuple(dict.fromkeys([*_doubts(walked), *unstated, *doubts])),
        files=_inputs([step.effects for step in kept]),
        modules=_modules([step.effects for step in kept]),
        unrepeatable=tuple(unrepeatable),
        random_before=states,
        run_number=run_number,
        code_hash=code_hash(step.execution.source for step in kept),
    )


def random_states(code_slice: CodeSlice) -> dict[int, dict[str, str]]:
    """Return the recorded states of generators to put before cells: ``seq`` → generator → opaque text.

    Only where nothing seeds the generator: after a seed the kept draws give the same state by themselves.
    """
    states: dict[int, dict[str, str]] = {}
    for key, text in code_slice.random_before.items():
        name, _, seq = key.rpartition(_AT)
        states.setdefault(int(seq), {})[name] = text
    return states


def levels(
    executions: Sequence[Execution],
    targets: Collection[str],
    *,
    at: int | None = None,
    keep: Collection[int] = (),
    effects: Mapping[int, Effects] | None = None,
) -> Iterator[frozenset[int]]:
    """Yield larger and larger sets of ``seq`` to keep, each with all of the one before.

    First as if every call changed its arguments; then every execution that touches anything needed; in
    the end the whole history. A set that adds nothing is left out.
    """
    last = walk(executions, targets, at=at, keep=keep, effects=effects).kept
    cautions: tuple[Caution, ...] = ("calls", "touched")
    for caution in cautions:
        larger = last | walk(executions, targets, at=at, keep=last, effects=effects, caution=caution).kept
        if larger != last:
            yield larger
        last = larger
    whole = frozenset(e.seq for e in executions if at is None or e.seq <= at)
    if whole != last:
        yield whole


def _random_states(walked: Walked) -> tuple[dict[str, str], list[str]]:
    """Return the states to put, keyed ``generator@seq``, and a doubt for each that was not recorded."""
    states: dict[str, str] = {}
    doubts = []
    for step in walked.steps:
        for name in walked.unseeded.get(step.execution.seq, ()):
            text = step.effects.random_before.get(name)
            if text is not None:
                states[f"{name}{_AT}{step.execution.seq}"] = text
            else:
                doubts.append(
                    f"cell {reference(step.execution)}: draws from {name}, which nothing seeds, "
                    "and its state was not recorded"
                )
    return states, doubts


def _doubts(walked: Walked) -> Iterator[str]:
    by_seq = {step.execution.seq: step.execution for step in walked.steps}
    for name, asker in walked.missing.items():
        if name.startswith(("@", "_")):
            continue
        who = f"cell {reference(by_seq[asker])} reads it" if asker else "it was asked for"
        yield f"{named(name)} was there before the first recorded cell: {who}"
    for step in walked.steps:
        execution = step.execution
        if execution.seq in walked.kept and execution.outcome == "interrupted":
            yield f"cell {reference(execution)}: was interrupted, and how far it came cannot be repeated"


def _inputs(effects: Sequence[Effects]) -> tuple[FileUse, ...]:
    """Return the files that come from outside: read, and not written by a kept execution before."""
    written: set[str] = set()
    found: dict[str, FileUse] = {}
    for each in effects:
        for use in each.files_read:
            if use.path not in written:
                found.setdefault(use.path, use)
        written.update(use.path for use in each.files_written)
    return tuple(found.values())


def _modules(effects: Sequence[Effects]) -> tuple[LocalModule, ...]:
    found = {module.name: module for each in effects for module in each.modules}
    return tuple(found.values())


def _not_made(name: str, walked: Walked) -> str:
    made = {made for step in walked.steps for made in step.makes if not made.startswith(("@", "_"))}
    if not walked.steps:
        return f"no executed cell makes {name!r}: no cell has been recorded yet"
    hint = near(name, made) or f"made were {', '.join(sorted(made)[:10]) or 'no names'}"
    return f"no executed cell makes {name!r}: {hint}"
