"""A contract asked of a profile gives the verdict that the rows give, or says that it cannot."""

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter import validation
from mlops_jupyter.data.profile import profile
from mlops_jupyter.records import ContractDoc, Rule

RNG = np.random.default_rng(0)
N = 3000
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(size=N), "whole": RNG.integers(0, 9, N), "key": np.arange(N),
        "arm": RNG.choice(["left", "right", "middle"], N, p=[0.5, 0.49, 0.01]),
        "text": ["a" * (k % 7 + 1) for k in range(N)], "t": pd.date_range("2013-01-01", periods=N, freq="h"),
        "ok": RNG.random(N) < 0.3, "gap": np.where(RNG.random(N) < 0.1, np.nan, 1.0),
    }
)  # fmt: skip
FRAME.loc[4, "x"] = np.inf

RULES = [
    ("x", "range", {"min": -9, "max": 9}),
    ("x", "range", {"min": -9, "max": 9, "outside": 0.01}),
    ("x", "range", {"min": -1}),
    ("whole", "range", {"min": 0, "max": 8}),
    ("whole", "range", {"max": 7}),
    ("whole", "type", {"type": "integer"}),
    ("x", "type", {"type": "integer"}),
    ("key", "unique", {}),
    ("whole", "unique", {}),
    ("arm", "set", {"values": ["left", "right"]}),
    ("arm", "set", {"values": ["left", "right"], "other": 0.05}),
    ("whole", "set", {"values": list(range(9))}),
    ("ok", "set", {"values": [True]}),
    ("text", "length", {"min": 1, "max": 7}),
    ("text", "length", {"max": 6}),
    ("gap", "required", {"missing": 0}),
    ("gap", "required", {"missing": 0.2}),
    ("gap", "constant", {"varies": True}),
    ("gap", "constant", {"value": 1}),
    ("t", "ordered", {}),
    ("t", "range", {"min": "2013-01-01"}),
    ("t", "range", {"min": "2013-01-02", "max": "now"}),
    ("t", "fresh", {"max_age": "1d"}),
    ("arm", "distribution", {"shares": {"left": 0.5, "right": 0.49}}),
    ("arm", "distribution", {"shares": {"left": 0.9, "right": 0.1}}),
    ("x", "distribution", {"quantiles": [-0.67, 0, 0.67]}),
    ("x", "distribution", {"quantiles": [0, 1, 2]}),
]


@pytest.mark.parametrize(("column", "kind", "limits"), RULES)
def test_the_verdict_is_that_of_the_rows(column, kind, limits):
    doc = ContractDoc("d", (Rule("r", kind, (column,), limits),))
    rows = validation.check(FRAME, doc).results[0]
    counted = validation.check_profile(profile(FRAME), doc).results[0]
    assert (counted.state, counted.rule) == (rows.state, rows.rule), (rows.message, counted.message)
    assert rows.state != "unknown"


def test_rules_about_the_table():
    rules = (
        Rule("columns", "columns", ("x", "y")),
        Rule("rows", "rows", (), {"max": 10}),
        Rule("duplicates", "duplicates", (), {"max": 0}),
        Rule("pair", "compare", ("x", "whole"), {"operator": "<="}),
        Rule("shape", "pattern", ("text",), {"pattern": "a+"}),
    )
    report = validation.check_profile(profile(FRAME), ContractDoc("d", rules))
    states = {one.rule.name: one.state for one in report.results}
    assert states == {
        "columns": "failed", "rows": "failed", "duplicates": "passed", "pair": "unknown", "shape": "unknown",
    }  # fmt: skip
    assert report.engine == "profile"
    assert not report.passed


def test_what_lies_between_the_counts_is_unknown():
    seen = profile(pd.DataFrame({"x": np.random.default_rng(1).normal(size=50_000)}))
    numbers = seen.columns[0].numbers
    place = len(numbers.grid) // 2
    below, upto = numbers.counts[place : place + 2]
    assert upto - below > 4, "the grid holds every value; nothing lies between"
    limits = {"min": sum(numbers.grid[place : place + 2]) / 2, "outside": (below + upto) / 2 / numbers.n}
    doc = ContractDoc("d", (Rule("r", "range", ("x",), limits),))
    found = validation.check_profile(seen, doc).results[0]
    assert found.state == "unknown"
    assert "between" in found.message


def test_a_reference_is_what_spread_is_compared_with():
    doc = ContractDoc("d", (Rule("r", "distribution", ("x",), {"max": 0.05}),))
    before = profile(FRAME)
    assert validation.check(FRAME, doc).results[0].state == "unknown"
    assert validation.check(FRAME, doc, reference=before).results[0].state == "passed"
    moved = validation.check(FRAME.assign(x=FRAME["x"] + 1), doc, reference=before).results[0]
    assert moved.state == "failed"
    assert "KS" in moved.message
