"""Histories of notebooks: what was executed, in order, what is asked for, and which executions make it.

A file of ``slices/`` is plain text. Its first lines say what the history is about and ``target: NAME``;
then come parts, each begun by a line ``===`` with words: ``=== file PATH`` is a file that is there before
the session, ``===`` an execution. ``keep`` marks those of the smallest slice, ``fails`` one that ends in
an error, ``id=a`` the cell, so that the same cell can be run again or edited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

SLICES = Path(__file__).parent / "slices"


@dataclass(frozen=True)
class Step:
    """One execution of a cell."""

    source: str
    is_needed: bool = False
    fails: bool = False
    cell_id: str | None = None


@dataclass(frozen=True)
class History:
    """What a session executed, and the name whose slice is asked for."""

    name: str
    target: str
    steps: tuple[Step, ...]
    about: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def needed(self) -> tuple[int, ...]:
        """The numbers, from 1, of the executions of the smallest slice."""
        return tuple(number for number, step in enumerate(self.steps, 1) if step.is_needed)

    def plain(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        steps = [{"source": step.source, "cell_id": step.cell_id} for step in self.steps]
        return {"target": self.target, "files": self.files, "steps": steps}


def load(path: Path) -> History:
    """Read a history."""
    head, *parts = re.split(r"(?m)^===", path.read_text(encoding="utf-8"))
    about, _, target = head.strip().rpartition("target:")
    files, steps = {}, []
    for part in parts:
        words, _, body = part.partition("\n")
        said = words.split()
        if said[:1] == ["file"]:
            files[said[1]] = body
        else:
            cell_id = next((word[3:] for word in said if word.startswith("id=")), None)
            steps.append(Step(body.rstrip("\n"), "keep" in said, "fails" in said, cell_id))
    return History(path.stem, target.strip(), tuple(steps), about.strip(), files)


def corpus() -> list[History]:
    """Return all histories made to break slicers, by number."""
    return [
        load(path) for path in sorted(SLICES.glob("*.txt"), key=lambda path: int(path.stem.split("-")[0]))
    ]
