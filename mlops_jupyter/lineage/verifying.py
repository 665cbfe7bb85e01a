"""A slice proved in a clean process: enlarged until its result is equal, made smaller while it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import config, effects, slicing
from ..records import CodeSlice, Effects, Execution, FileUse, LocalModule, SliceCell, Verdict, from_plain
from ..store.objects import hash_of_file
from .running import Ran, bit_settings, run_cells
from .scratch import Content

OnRun = Callable[[int, str], object]
"""Told of each run in a clean process: its number from 1, and what it tries."""

_GOOD = ("identical", "equal")
_RANKS: tuple[Verdict, ...] = ("identical", "equal", "differs", "failed")


def verify(
    executions: Sequence[Execution],
    code_slice: CodeSlice,
    values: Mapping[str, Any] | None = None,
    *,
    folder: str | Path,
    hashes: Mapping[str, str] | None = None,
    files: Mapping[str, Content] | None = None,
    environment: Mapping[str, str] | None = None,
    shrink_s: float = 20.0,
    timeout_s: float = 3600.0,
    on_run: OnRun | None = None,
    python: str | Path = sys.executable,
) -> CodeSlice:
    """Run a slice in a clean process, compare what it makes, and return the slice with the verdict.

    Where the result is another one, more and more of the history is kept, up to all of it; where only a
    larger slice gives the result, and where cells are kept because of a doubt, cells are left out again
    as long as the result stays the same.

    Parameters
    ----------
    executions
        Of the session of the slice.
    code_slice
        What is to be proved.
    values
        The values of its targets. What has the same structure is identical; numbers within a relative
        1e-9 are equal.
    folder
        The working directory of the session. Nothing is written there.
    hashes
        Hashes of the targets' structures, in place of values that are not at hand any more.
    files
        Path → the bytes of a file or a module as it was, or where they are; any other is taken from its
        place if it still is what the cell read.
    environment
        Settings that change bits, as recorded; those of this process where None.
    shrink_s
        Seconds for leaving cells out again; 0 for not at all.
    timeout_s
        Seconds after which one run is ended.
    on_run
        Told of each run.
    python
        The interpreter.

    Raises
    ------
    ValueError
        If neither values nor hashes are given for a target.

    Examples
    --------
    >>> proved = verify(log.entries, found, {"model": model}, folder=".")  # doctest: +SKIP
    >>> proved.verdict  # doctest: +SKIP
    'identical'
    """
    known = dict(hashes or {}) | {name: effects.structure_hash(each) for name, each in (values or {}).items()}
    if lost := [name for name in code_slice.targets if name not in known]:
        raise ValueError(f"nothing to compare {lost[0]!r} with: give its value or its hash")
    proof = _Proof(
        executions=tuple(each for each in executions if each.seq <= code_slice.cells[-1].seq),
        asked=code_slice,
        values=values or {},
        hashes=known,
        given=files or {},
        options={
            "folder": folder,
            "environment": bit_settings() if environment is None else environment,
            "timeout_s": timeout_s,
            "python": python,
        },
        on_run=on_run,
    )
    return proof.proved(shrink_s)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What came of running some of the executions; ``words`` say what is different."""

    tried: CodeSlice
    verdict: Verdict
    words: str
    ran: Ran
    missing: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.verdict in _GOOD


@dataclass(slots=True)
class _Proof:
    """One verification: what is known, and how often it ran."""

    executions: tuple[Execution, ...]
    asked: CodeSlice
    values: Mapping[str, Any]
    hashes: Mapping[str, str]
    given: Mapping[str, Content]
    options: dict[str, Any]
    on_run: OnRun | None
    runs: int = 0
    effects: dict[int, Effects] = field(init=False)

    def __post_init__(self) -> None:
        import json

        self.effects = {each.seq: from_plain(Effects, json.loads(each.effects)) for each in self.executions}

    def proved(self, shrink_s: float) -> CodeSlice:
        """Return the slice as it is proved, with the verdict."""
        first = self._attempt(self.asked, "the slice")
        best, spare = first, frozenset(cell.seq for cell in self.asked.kept if cell.doubts)
        tried = _kept(first)
        if not first.is_good:
            best, tried = self._enlarged(first)
            spare = _kept(best) - tried
        if not best.is_good:
            return self._unproved(first, best)
        asked_for = self.asked.cells[-1].seq if self._is_of_a_run() else 0
        if spare - {asked_for} and shrink_s > 0:
            best = self._shrunk(best, sorted(spare - {asked_for}, reverse=True), time.monotonic() + shrink_s)
        return _stamped(best.tried, best.verdict, self.asked.doubts)

    def _is_of_a_run(self) -> bool:
        return bool(self.asked.cells) and self.asked.cells[-1].is_kept and self.asked.run_number is not None

    # --- larger, smaller ----------------------------------------------------------------------

    def _enlarged(self, failed: _Attempt) -> tuple[_Attempt, frozenset[int]]:
        """Return the first larger slice that gives the result, else that of all; and what was too small."""
        small = _kept(failed)
        for larger in self._levels(small):
            failed = self._attempt(self._with(larger), f"{len(larger)} cells")
            if failed.is_good:
                break
            small = larger
        return failed, small

    def _levels(self, kept: frozenset[int]) -> Iterator[frozenset[int]]:
        """Yield larger and larger sets, first with all that the kept ones need as far as was seen."""
        known: dict[str, Any] = {"effects": self.effects, "keep": kept, "at": self.executions[-1].seq}
        seen = frozenset(
            cell.seq
            for cell in slicing.backward(self.executions, self.asked.targets, **known)
            if cell.is_kept
        )
        if seen != kept:
            yield seen
        yield from slicing.levels(self.executions, self.asked.targets, **known)

    def _shrunk(self, good: _Attempt, spare: Sequence[int], until: float) -> _Attempt:
        """Return a smaller slice with the same result: halves are left out, then quarters, then cells."""
        size = max(1, len(spare) // 2)
        left = list(spare)
        while left:
            for begin in range(0, len(left), size):
                if time.monotonic() > until:
                    return good
                part = left[begin : begin + size]
                smaller = self._attempt(self._with(_kept(good) - set(part)), f"{len(part)} cells fewer")
                if _RANKS.index(smaller.verdict) <= _RANKS.index(good.verdict):
                    good = smaller
            if size == 1:
                return good
            left = [seq for seq in left if seq in _kept(good)]
            size = max(1, size // 2)
        return good

    def _with(self, kept: Collection[int]) -> CodeSlice:
        return slicing.with_kept(self.executions, self.asked, kept, effects=self.effects)

    # --- one run ------------------------------------------------------------------------------

    def _attempt(self, tried: CodeSlice, what: str) -> _Attempt:
        self.runs += 1
        if self.on_run is not None:
            self.on_run(self.runs, what)
        files, modules, missing = self._inputs(tried)
        ran = run_cells(
            tried.kept,
            files=files,
            modules=modules,
            outputs=sorted({use.path for cell in tried.kept for use in self.effects[cell.seq].files_written}),
            random_states=slicing.random_states(tried),
            targets=self.asked.targets,
            with_values=bool(self.values),
            **self.options,
        )
        verdict, words = self._judged(ran)
        return _Attempt(tried, verdict, words, ran, missing)

    def _judged(self, ran: Ran) -> tuple[Verdict, str]:
        if ran.error is not None:
            return "failed", ran.error
        worst: tuple[Verdict, str] = ("identical", "")
        for name in self.asked.targets:
            found = self._compared(name, ran)
            if _RANKS.index(found[0]) > _RANKS.index(worst[0]):
                worst = found
        return worst

    def _compared(self, name: str, ran: Ran) -> tuple[Verdict, str]:
        if name not in ran.hashes:
            return "failed", f"no cell made `{name}`"
        if ran.hashes[name] == self.hashes[name]:
            return "identical", ""
        if name in self.values and name in ran.values:
            verdict, words = effects.same(self.values[name], ran.values[name])
            return ("differs" if verdict == "identical" else verdict), f"`{name}`: {words}"
        return "differs", f"`{name}` has another value"

    def _inputs(self, tried: CodeSlice) -> tuple[dict[str, Content], dict[str, Content], tuple[str, ...]]:
        files: dict[str, Content] = {}
        modules: dict[str, Content] = {}
        missing = []
        uses: tuple[FileUse | LocalModule, ...] = (*tried.files, *tried.modules)
        for use in uses:
            content = self._content(use)
            if content is None:
                if use.content_hash is not None:
                    missing.append(f"{use.path} is no longer what the cells read, and no copy was kept")
            elif isinstance(use, LocalModule):
                modules[use.path] = content
            else:
                files[use.path] = content
        return files, modules, tuple(missing)

    def _content(self, use: FileUse | LocalModule) -> Content | None:
        if use.path in self.given:
            return self.given[use.path]
        place = Path(self.options["folder"]) / use.path
        return place if _is_still(place, use) else None

    # --- not proved ---------------------------------------------------------------------------

    def _unproved(self, first: _Attempt, whole: _Attempt) -> CodeSlice:
        """Return the slice that was asked for, with what is known of why it is not proved."""
        said = [f"not proved: {first.words}"]
        if _kept(whole) != _kept(first):
            again = self._attempt(whole.tried, "all cells once more")
            said.append(f"all {len(_kept(whole))} cells do not give it either: {whole.words}")
            if again.ran.hashes != whole.ran.hashes:
                said.append("two runs of all cells differ from each other: something is left to chance")
        said += [*whole.missing, *self._chances(whole.tried)]
        return _stamped(first.tried, first.verdict, (*self.asked.doubts, *said))

    def _chances(self, tried: CodeSlice) -> Iterable[str]:
        """Yield what cannot be repeated in these cells."""
        for drawing in tried.unrepeatable:
            where = "" if drawing.line is None else f", line {drawing.line}"
            yield f"cannot be repeated: {drawing.what}{where}"
        for cell in tried.kept:
            if cell.outcome == "interrupted":
                yield f"cannot be repeated: cell {_reference(cell)} was interrupted"
        if "PYTHONHASHSEED" not in self.options["environment"]:
            yield "the order of sets cannot be repeated: PYTHONHASHSEED was not set"


def _kept(attempt: _Attempt) -> frozenset[int]:
    return frozenset(cell.seq for cell in attempt.tried.kept)


def _reference(cell: SliceCell) -> str:
    return f"[{cell.execution_count}]" if cell.execution_count else f"#{cell.seq}"


def _stamped(found: CodeSlice, verdict: Verdict, doubts: Iterable[str]) -> CodeSlice:
    said = tuple(dict.fromkeys((*found.doubts, *doubts)))
    return replace(found, verdict=verdict, verified_at=config.now(), doubts=said)


def _is_still(place: Path, use: FileUse | LocalModule) -> bool:
    """Return whether a file is what it was when it was read."""
    try:
        if use.content_hash is not None:
            return hash_of_file(place) == use.content_hash
        status = place.stat()
    except OSError:
        return False
    return (
        isinstance(use, FileUse) and status.st_size == use.size_bytes and status.st_mtime == use.modified_at
    )
