"""Are slices right, and are they small: ours beside ipyflow's, each executed in a clean namespace.

Run it as ``python tests/benchmarks/bench_corpus.py [--peer-python PATH]``. The 100 histories of
``tests/corpus/slices/`` are made to break slicers, and each has a smallest slice that is known; the messy
ones are made from tidy notebooks on real data by a seed. A slice is right when its cells, executed with
the files that were there before, give a value of the same structure as the session's. ipyflow's slices
are its cell slices of the same histories, in its own interpreter; its statement slices stand beside.
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
from forks import Workshop
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

    def share(self, part: str) -> float:
        """Return a part of all in percent."""
        return 100 * getattr(self, part) / max(self.all, 1)

    def left_out(self) -> float:
        """Return how much of the histories was left out, in percent."""
        return 100 * (1 - self.kept / max(self.executed, 1))

    def their_share(self, part: str) -> float | None:
        """Return a part of all in percent, None where the peer was not there."""
        return 100 * self.theirs.get(part, 0) / max(self.all, 1) if self.theirs else None


def measure(peer_python: str | None) -> list[Row]:
    """Return the rows."""
    made, messy = corpus(), messes(MESSY)
    theirs = _theirs(peer_python, [*made, *messy])
    note, name = theirs.pop("missing", ""), "" if "missing" in theirs else "ipyflow cells"
    with Workshop() as workshop:
        broken = _counted(workshop, made, theirs)
        mess = _counted(workshop, messy, theirs)
    if not theirs:
        name = ""

    def row(what: str, ours: float, peers: float | None, bar: float | None, said: str = name) -> Row:
        return Row(what, ours, peers, "%", bar=bar, peer_name=said if peers is not None else "", note=note)

    statements = "ipyflow statements"
    return [
        row(
            f"made to break: right, of {broken.all}", broken.share("right"), broken.their_share("right"), 100
        ),
        row("the same, right", broken.share("right"), broken.their_share("statements"), None, statements),
        row("made to break: smallest", broken.share("minimal"), broken.their_share("minimal"), 95),
        row(f"messy: right at first, of {mess.all}", mess.share("right"), mess.their_share("right"), 98),
        row(
            "the same, right at first", mess.share("right"), mess.their_share("statements"), None, statements
        ),
        row("messy: right after enlarging", mess.share("enlarged"), None, 100),
        row("messy: left out of the history", mess.left_out(), None, 50),
    ]


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
            _count_theirs(workshop, history, recorded.hash, theirs[history.name], count)
    return count


def _count_theirs(
    workshop: Workshop, history: History, value: str, answer: dict[str, Any], count: Count
) -> None:
    kept = answer["cells"] or ()
    cells = [_cell(number, history.steps[number - 1]) for number in kept if number <= len(history.steps)]
    is_right = bool(cells) and workshop.replay(cells, history.files, history.target)[0] == value
    count.theirs["right"] += is_right
    count.theirs["minimal"] += is_right and len(kept) <= len(history.needed)
    if answer["statements"]:
        whole = [SliceCell(1, answer["statements"], True)]
        count.theirs["statements"] += workshop.replay(whole, history.files, history.target)[0] == value


def _cell(number: int, step: Any) -> SliceCell:
    outcome = "failed" if step.fails else "finished"
    return SliceCell(number, step.source, True, execution_count=number, outcome=outcome)


def _theirs(peer_python: str | None, histories: Iterable[History]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.json"
        path.write_text(json.dumps([{"name": one.name, **one.plain()} for one in histories]))
        return peer(peer_python, PEER, str(CORPUS / "peer_ipyflow.py"), str(path), timeout=1700)


if __name__ == "__main__":
    run_script(measure)
