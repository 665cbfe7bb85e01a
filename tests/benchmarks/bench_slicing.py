"""How fast a session of 300 cells is sliced, beside ipyflow.

Run it as ``python tests/benchmarks/bench_slicing.py [--peer-python PATH]``. The session loads a table, adds
columns in place, draws, defines functions, and looks at things; the slice is that of its last result. Ours
reads the effects from their JSON, as they stand in the registry, the first time; ipyflow, which has its
graph in memory, is asked with its ``code()`` in a cell, less what an empty cell takes.
"""

from __future__ import annotations

from typing import Any

from common import Row, interleaved, peer, run_script

CELLS = 300

SESSION = f"""
def cells():
    yield "import numpy as np\\nimport pandas as pd"
    yield "rng = np.random.default_rng(0)\\nframe = pd.DataFrame({{'x0': rng.normal(size=1000)}})"
    yield "def scaled(values):\\n    return (values - values.mean()) / values.std()"
    for number in range(1, {CELLS} - 3):
        kind, before = number % 5, number * 7 % number if number > 1 else 0
        if kind == 0:
            yield f"frame['x{{number}}'] = scaled(frame['x0']) * {{number}}"
        elif kind == 1:
            yield f"v{{number}} = float(frame['x0'].sum()) + {{number}}"
        elif kind == 2:
            yield f"v{{number}} = v{{number - 1}} * 2"
        elif kind == 3:
            yield f"print(v{{number - 1}})\\nframe.shape"
        else:
            yield f"w = [v{{number - 3}}, v{{number - 2}}]\\nw.append({{number}})"
    yield "result = sum(w) + frame['x5'].mean()"
"""

PEER = (
    SESSION
    + """
import io, json, sys, time
from importlib.metadata import version
printed, sys.stdout = sys.stdout, io.StringIO()
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext ipyflow", store_history=True)
for cell in cells():
    shell.run_cell(cell, store_history=True)
shell.run_cell("from ipyflow import code", store_history=True)
def took(cell):
    begun = time.perf_counter()
    assert shell.run_cell(cell, store_history=True).success
    return time.perf_counter() - begun
took("found = code(result)")
empty = sorted(took("found = 1") for _ in range(9))[4]
asked = sorted(took("found = code(result)") for _ in range(9))[4]
sys.stdout = printed
print(json.dumps({"median_s": asked - empty, "version": version("ipyflow-core")}))
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return a row per step from a session to a script."""
    from mlops_jupyter import slicing
    from mlops_jupyter.slicing import resources

    executions, effects = recorded()
    found = slicing.slice_of(executions, ["result"], effects=effects)

    def first_time() -> Any:
        resources.forget_parsed()
        return slicing.slice_of(executions, ["result"])

    times = interleaved(
        {
            "from JSON": first_time,
            "again": lambda: slicing.slice_of(executions, ["result"], effects=effects),
            "levels": lambda: list(slicing.levels(executions, ["result"], effects=effects)),
            "script": lambda: slicing.write_script(found),
        },
        repeats=15,
    )
    theirs = peer(peer_python, PEER)
    name = f"ipyflow-core {theirs['version']}" if "version" in theirs else ""
    size = f"{CELLS} cells, {len(found.kept)} kept"
    return [
        Row(
            "a slice, effects read from JSON",
            times["from JSON"].median_s,
            theirs.get("median_s"),
            bar=0.05,
            peer_name=name,
            note=theirs.get("missing", size),
        ),
        Row("a slice, effects at hand", times["again"].median_s, bar=0.05, note=size),
        Row("all larger slices", times["levels"].median_s, note="for a slice that is not enough"),
        Row("the script of it", times["script"].median_s, note=size),
    ]


def recorded() -> tuple[tuple[Any, ...], dict[int, Any]]:
    """Run the session under the effect log; return its executions and their effects."""
    import contextlib
    import io

    from mlops_jupyter.effects import EffectLog

    session: dict[str, Any] = {}
    exec(SESSION, session)  # the very text that the peer runs
    names: dict[str, Any] = {"__name__": "__main__"}
    log = EffectLog(names)
    log.install()
    try:
        for count, cell in enumerate(session["cells"](), 1):
            log.before(cell, execution_count=count)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell, f"cell {count}", "exec"), names)
            log.after("finished")
    finally:
        log.uninstall()
    entries = tuple(log.entries)
    return entries, {entry.seq: log.effects_of(entry.seq) for entry in entries}


if __name__ == "__main__":
    run_script(measure)
