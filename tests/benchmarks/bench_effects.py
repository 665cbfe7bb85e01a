"""What the effect log adds to cells: none inside the user's loops, little with a gigabyte alive.

Run it as ``python tests/benchmarks/bench_effects.py``, with ipyflow in the peers' interpreter for the two
cells of plain Python. What is added to a cell is what the log does before and after it, as the median; how
much slower a cell itself becomes is the ratio of its best times with and without the log, taking turns.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

from common import Row, peer, run_script

ADDED_S, TRIVIAL_S, SHARE = 0.050, 0.002, 0.05
LOOP = "total = 0\nfor i in range(2_000_000):\n    total += i"
CALLS = "def f(x):\n    return x + 1\nfor i in range(300_000):\n    f(i)"
OPENS = "for _ in range(10_000):\n    open(path).close()"
LIBRARIES = (
    "import numpy as np, pandas as pd\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "rng = np.random.default_rng(0)"
)
GIGABYTE = (
    "frame = pd.DataFrame({f'c{i}': rng.random(1_000_000) for i in range(60)})\n"
    "array = rng.random(60_000_000)\n"
    "records = [{'id': i, 'tags': ['a', 'b']} for i in range(20_000)]\n"
    "forest = RandomForestClassifier(100, random_state=0).fit(frame.iloc[:2_000], frame.c0[:2_000] > 0.5)"
)
CELLS = {
    "a cell of the frame: frame.describe()": "frame.describe()",
    "a cell of the array: array.mean()": "array.mean()",
    "a cell that changes the array": "array[0] += 1",
    "a cell that adds a column": "frame['new'] = frame.c1 * 2",
    "a cell that predicts by 100 trees": "forest.predict(frame.iloc[:1_000, :60])",
    "a cell of 20,000 records": "sum(len(each['tags']) for each in records)",
}
PEER = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
cells = json.loads(sys.argv[1])
def run(source):
    begun = time.perf_counter()
    shell.run_cell(source, silent=False, store_history=True)
    return time.perf_counter() - begun
plain = [min(run(cell) for _ in range(5)) for cell in cells]
shell.run_line_magic("load_ext", "ipyflow")
run("1")
followed = [min(run(cell) for _ in range(5)) for cell in cells]
print()
print(json.dumps({"ratios": [b / a for a, b in zip(plain, followed)]}))
"""


def measure(peer_python: str | None) -> list[Row]:
    """Return the rows."""
    import json

    theirs = peer(peer_python, PEER, json.dumps([LOOP, CALLS])).get("ratios", [None, None])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = folder
        bench = Bench(Path(folder))
        rows = [
            Row("trivial cell, added", bench.added("x = 1", 200), bar=TRIVIAL_S),
            bench.ratio("a loop of 2 million additions, times as long", LOOP, theirs[0]),
            bench.ratio("300,000 calls of a function, times as long", CALLS, theirs[1]),
            bench.ratio("10,000 files opened, times as long", OPENS, None),
        ]
        bench.run(LIBRARIES)
        bench.run(GIGABYTE)
        rows.append(Row("trivial cell, 1 GB alive, added", bench.added("x = 1", 100), bar=TRIVIAL_S))
        rows.append(
            Row(
                "the first cell that names it, added",
                bench.first("frame.size, array.size, len(records)"),
                bar=0.2,
            )
        )
        rows += [Row(f"{what}, added", bench.added(cell, 7), bar=ADDED_S) for what, cell in CELLS.items()]
        for index in range(300):
            bench.names[f"name_{index}"] = [index]
        rows.append(Row("the same with 300 names more", bench.added("array.mean()", 7), bar=ADDED_S))
    return rows


class Bench:
    """A shell whose cells run with the log and without it."""

    def __init__(self, folder: Path) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        from mlops_jupyter.effects import EffectLog

        self._shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
        self.names = self._shell.user_ns
        (folder / "x.txt").write_text("x")
        self.names["path"] = str(folder / "x.txt")
        self._log = EffectLog(self.names, folder=folder, transform=self._shell.transform_cell)
        self._log.install()

    def run(self, source: str) -> tuple[float, float]:
        """Run a cell that is followed; returns its seconds, and those of the log before and after it."""
        begun = perf_counter()
        self._log.before(source, python=self._shell.transform_cell(source))
        before_s = perf_counter() - begun
        cell_s = self.plain(source)
        begun = perf_counter()
        self._log.after("finished")
        return cell_s, before_s + perf_counter() - begun

    def plain(self, source: str) -> float:
        """Run a cell; returns its seconds."""
        begun = perf_counter()
        with redirect_stdout(StringIO()):
            result = self._shell.run_cell(source, store_history=False)
        seconds = perf_counter() - begun
        result.raise_error()
        return seconds

    def added(self, source: str, repeats: int) -> float:
        """Return what the log does before and after a cell, once the cell has run before."""
        self.run(source)
        return statistics.median(self.run(source)[1] for _ in range(repeats))

    def first(self, source: str) -> float:
        """Return what the log does before and after the first cell that names something."""
        return self.run(source)[1]

    def ratio(self, what: str, source: str, theirs: float | None) -> Row:
        """Return how many times as long a cell takes, ours beside the peer's."""
        self._log.uninstall()
        pairs = []
        for _ in range(15):
            plain_s = self.plain(source)
            self._log.install()
            pairs.append((plain_s, self.run(source)[0]))
            self._log.uninstall()
        self._log.install()
        plain, followed = (min(each) for each in zip(*pairs, strict=True))
        return Row(what, followed / plain, theirs, unit="x", bar=1 + SHARE, peer_name="ipyflow")


if __name__ == "__main__":
    run_script(measure)
