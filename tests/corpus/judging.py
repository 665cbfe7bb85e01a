"""A history is recorded, sliced, and the slice executed in a clean namespace.

As a script it prints what was missed, with numbers:

    python tests/corpus/judging.py [NUMBER or part of a name …]
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from forks import Recorded, Workshop
from histories import History, corpus

from mlops_jupyter import slicing
from mlops_jupyter.records import CodeSlice


@dataclass(frozen=True)
class Judged:
    """What came of the slice of a history: ``is_same`` where it gives the value that the session had.

    ``script_error`` is why the script of the slice does not give it; None where it does, or was not run.
    """

    history: History
    kept: tuple[int, ...]
    is_same: bool
    error: str | None = None
    doubts: tuple[str, ...] = ()
    script_error: str | None = None

    @property
    def is_minimal(self) -> bool:
        """Whether it gives the value with no more cells than needed."""
        return self.is_same and len(self.kept) <= len(self.history.needed)

    def __str__(self) -> str:
        needed, kept = set(self.history.needed), set(self.kept)
        words = [] if self.is_same else ["another value" if self.error is None else self.error]
        words += [f"lacks {sorted(needed - kept)}"] if needed - kept else []
        words += [f"too much {sorted(kept - needed)}"] if kept - needed else []
        words += [f"as a script: {self.script_error}"] if self.script_error else []
        return f"{self.history.name}: {'; '.join(words) or 'right'}"


def judged(workshop: Workshop, history: History) -> Judged:
    """Record a history, slice its target, execute the slice and compare."""
    recorded = workshop.record(history)
    failed = tuple(one.outcome != "finished" for one in recorded.executions)
    if failed != tuple(step.fails for step in history.steps):
        return Judged(history, (), is_same=False, error=f"the history ran otherwise: failed {failed}")
    found = slicing.slice_of(recorded.executions, [history.target], effects=recorded.effects)
    value, error = replayed(workshop, history, found)
    kept = tuple(cell.seq for cell in found.kept)
    is_same = value == recorded.hash is not None
    wrong = _wrong_with_script(workshop, history, found, recorded) if is_same else None
    return Judged(history, kept, is_same, error, found.doubts, wrong)


def _wrong_with_script(
    workshop: Workshop, history: History, found: CodeSlice, recorded: Recorded
) -> str | None:
    text = slicing.write_script(found).text
    value, error = workshop.run_script(text, _files_of(history, found), history.target)
    return None if value == recorded.hash else error or "another value"


def replayed(workshop: Workshop, history: History, found: CodeSlice) -> tuple[str | None, str | None]:
    """Execute a slice with the files that it says it reads from outside, and no others."""
    files = _files_of(history, found)
    return workshop.replay(found.kept, files, history.target, slicing.random_states(found))


def _files_of(history: History, found: CodeSlice) -> dict[str, str]:
    paths = {use.path for use in (*found.files, *found.modules)}
    return {path: text for path, text in history.files.items() if path in paths}


def judge_all(histories: Iterable[History]) -> Iterator[Judged]:
    """Judge histories one after the other."""
    with Workshop() as workshop:
        for history in histories:
            try:
                yield judged(workshop, history)
            except Exception as error:
                yield Judged(history, (), is_same=False, error=f"{type(error).__name__}: {error}")


def enlarged(workshop: Workshop, history: History, recorded: Recorded, found: CodeSlice) -> CodeSlice | None:
    """Return the first larger slice that gives the value; None where not even all cells do."""
    kept = [cell.seq for cell in found.kept]
    for larger in slicing.levels(recorded.executions, [history.target], keep=kept, effects=recorded.effects):
        tried = slicing.with_kept(recorded.executions, found, larger, effects=recorded.effects)
        if replayed(workshop, history, tried)[0] == recorded.hash:
            return tried
    return None


def main() -> None:
    """Print each history that was missed, and how many were not."""
    asked = sys.argv[1:]
    chosen = [one for one in corpus() if not asked or any(_is_meant(one.name, word) for word in asked)]
    same = minimal = scripts = 0
    for found in judge_all(chosen):
        same, minimal = same + found.is_same, minimal + found.is_minimal
        scripts += found.is_same and found.script_error is None
        if not found.is_minimal or found.script_error or asked:
            print(found, *found.doubts, sep="\n    ", flush=True)
    print(
        f"{same} of {len(chosen)} give the value, {minimal} with the fewest cells, {scripts} as a script too"
    )


def _is_meant(name: str, word: str) -> bool:
    return int(name.partition("-")[0]) == int(word) if word.isdigit() else word in name


if __name__ == "__main__":
    main()
