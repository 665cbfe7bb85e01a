"""Are slices right, and are they small: ours beside ipyflow's, each executed in a clean namespace.

Run it as ``python tests/benchmarks/bench_corpus.py [--peer-python PATH]``. The histories of
``tests/corpus/slices/`` are made to break slicers, and each has a smallest slice that is known; the messy
ones are made from tidy notebooks on real data by a seed. A slice is right when its cells, executed with
the files that were there before, give a value of the same structure as the session's. ipyflow's slices
are its cell slices of the same histories, in its own interpreter, executed with all files; its statement
slices stand beside. All rows say what went wrong, or is too much: less is better.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "corpus"))

from common import Row, peer, run_script
from forks import Recorded, Workshop
from histories import History, corpus
from judging import enlarged, replayed
from mess import messes

from mlops_jupyter import slicing
from mlops_jupyter.records import SliceCell

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
MESSY = 60
PEER = "import runpy, sys; sys.argv[:] = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"


@dataclass
class Count:
    """How many of some histories were right, and how small."""

    all: int = 0
    right: int = 0
    minimal: int = 0
    enlarged: int = 0
    kept: int = 0
    executed: int = 0
    theirs: dict[str, int] = field(default_factory=dict)

    def lacking(self, part: str) -> float:
        """Return how many are not so, in percent."""
        return 100 * (1 - getattr(self, part) / max(self.all, 1))

    def theirs_lacking(self, part: str) -> float | None:
        """Return how many of the peer's are not so, in percent; None where the peer was not there."""
        return 100 * (1 - self.theirs[part] / max(self.all, 1)) if self.theirs else None

    def kept_share(self) -> float:
        """Return how much of the histories was kept, in percent."""
        return 100 * self.kept / max(self.executed, 1)


def measure(peer_python: str | None) -> list[Row]:
    """Return the rows."""
    made, messy = corpus(), messes(MESSY)
    theirs = _theirs(peer_python, [*made, *messy])
    note = theirs.pop("missing", "")
    with Workshop() as workshop:
        broken = _counted(workshop, made, theirs)
        mess = _counted(workshop, messy, theirs)
    return [
        _row(f"made to break, {broken.all}: wrong", broken, "right", 0, note),
        _row("the same, by statements", broken, "right", 0, note, "statements"),
        _row("made to break: wrong, or more than needed", broken, "minimal", 5, note),
        _row(f"messy, {mess.all}: wrong at first", mess, "right", 2, note),
        _row("the same, by statements", mess, "right", 2, note, "statements"),
        Row("messy: wrong after enlarging", mess.lacking("enlarged"), None, "%", bar=0),
        Row("messy: kept of the history", mess.kept_share(), None, "%", bar=50),
    ]


def _row(what: str, count: Count, part: str, bar: float, note: str, theirs: str = "") -> Row:
    peers = count.theirs_lacking(theirs or part)
    name = f"ipyflow {theirs or 'cells'}" if peers is not None else ""
    return Row(what, count.lacking(part), peers, "%", bar=bar, peer_name=name, note=note)


def _counted(workshop: Workshop, histories: Sequence[History], theirs: dict[str, Any]) -> Count:
    count = Count(theirs=dict.fromkeys(("right", "minimal", "statements"), 0) if theirs else {})
    for history in histories:
        recorded = workshop.record(history)
        if recorded.hash is None:  # the mess went so far that nothing came of it
            continue
        found = slicing.slice_of(recorded.executions, [history.target], effects=recorded.effects)
        is_right = replayed(workshop, history, found)[0] == recorded.hash
        count.all += 1
        count.right += is_right
        count.minimal += is_right and len(found.kept) <= len(history.needed)
        count.enlarged += is_right or enlarged(workshop, history, recorded, found) is not None
        count.kept += len(found.kept)
        count.executed += len(history.steps)
        if theirs:
            _count_theirs(workshop, history, recorded, theirs[history.name], count)
    return count


def _count_theirs(
    workshop: Workshop, history: History, recorded: Recorded, answer: dict[str, Any], count: Count
) -> None:
    kept = set(answer["cells"] or ())
    cells = [
        SliceCell(one.seq, one.source, True, execution_count=one.execution_count, outcome=one.outcome)
        for one in recorded.executions
        if one.seq in kept
    ]
    is_right = bool(cells) and workshop.replay(cells, history.files, history.target)[0] == recorded.hash
    count.theirs["right"] += is_right
    count.theirs["minimal"] += is_right and len(kept) <= len(history.needed)
    if answer["statements"]:
        whole = [SliceCell(1, answer["statements"], True)]
        value, _ = workshop.replay(whole, history.files, history.target)
        count.theirs["statements"] += value == recorded.hash


def _theirs(peer_python: str | None, histories: Iterable[History]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.json"
        path.write_text(json.dumps([{"name": one.name, **one.plain()} for one in histories]))
        return peer(peer_python, PEER, str(CORPUS / "peer_ipyflow.py"), str(path), timeout=1700)


if __name__ == "__main__":
    run_script(measure)
