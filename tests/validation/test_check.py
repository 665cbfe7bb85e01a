"""Rules asked of rows: one verdict whichever library holds the data, with counts and names of rows."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlops_jupyter import validation
from mlops_jupyter.errors import UnsupportedError
from mlops_jupyter.records import ContractDoc, Rule

NOW = datetime(2013, 1, 10, tzinfo=UTC)
N = 200

CONTRACT = validation.from_yaml(
    """
dataset: trial
table:
  columns: [id, x, y, arm, code, t, z, ok, level]
  rows: {min: 100, max: 300}
  duplicates: 0
  compare: x <= y
  depends: arm -> level
  unique: [[id, arm]]
  foreign: {columns: [arm], table: arms, to: [name]}
columns:
  id: {unique: true, type: integer, required: true}
  x: {range: {min: -8, max: 8}, required: true, type: number, distribution: {quantiles: [-0.7, 0, 0.7]}}
  arm: {set: [left, right], length: {max: 5}, constant: false, distribution: {shares: {left: 0.5}}}
  code: {pattern: 'N\\d{3}', type: text}
  t: {range: {min: 2013-01-01, max: now}, ordered: true, fresh: 2d, type: time}
  z: {range: {min: 2012-12-31}, type: 'datetime[Europe/Berlin]'}
  ok: {set: [true, false], type: boolean}
"""
)
ARMS = pd.DataFrame({"name": ["left", "right"]})


def clean():
    rng = np.random.default_rng(0)
    times = pd.date_range("2013-01-01", periods=N, freq="h")
    arm = np.array(["left", "right"])[np.arange(N) % 2]
    frame = pd.DataFrame({"id": np.arange(N), "x": rng.normal(size=N), "arm": arm})
    frame["y"] = frame["x"] + 1
    frame["code"] = [f"N{k:03d}" for k in range(N)]
    return frame.assign(
        t=times,
        z=times.tz_localize("Europe/Berlin"),
        ok=rng.random(N) < 0.5,
        level=(arm == "left").astype(int),
    )


def broken():
    frame = clean()
    frame.loc[5, "x"] = np.nan
    frame.loc[7, ["x", "y"]] = 99.0
    frame.loc[20, "y"] = -50.0
    frame.loc[3, "arm"] = "middle"
    frame.loc[10, "code"] = "bad"
    frame.loc[11, "id"] = 12
    frame.loc[30, "t"] = pd.Timestamp("1999-01-01")
    frame.loc[31, "z"] = pd.Timestamp("1999-01-01", tz="Europe/Berlin")
    frame.loc[44, "level"] = 7
    return frame


LIBRARIES = {
    "pandas": lambda frame: frame,
    "arrow-backed": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_pandas,
    "plan": lambda frame: pl.from_pandas(frame).lazy(),
    "arrow": lambda frame: pa.Table.from_pandas(frame),
}


def asked(data, contract=CONTRACT, **more):
    return validation.check(data, contract, tables={"arms": ARMS}, now=NOW, **more)


@pytest.mark.parametrize("library", LIBRARIES)
def test_clean_data_pass_everything(library):
    report = asked(LIBRARIES[library](clean()))
    assert [(one.rule.name, one.message) for one in report.results if one.state != "passed"] == []
    assert report.passed
    assert [score.value for score in report.scores] == [1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_fault_is_counted_in_its_rule(library):
    report = asked(LIBRARIES[library](broken()))
    failed = {
        one.rule.name: (one.n_failed, one.examples[:1]) for one in report.results if one.state == "failed"
    }
    assert failed == {
        "x required": (1, ("id=5",)),
        "x range": (1, ("id=7",)),
        "x, y compare": (1, ("id=20",)),
        "arm set": (1, ("id=3",)),
        "arm length": (1, ("id=3",)),
        "arm foreign": (1, ("id=3",)),
        "code pattern": (1, ("id=10",)),
        "id unique": (2, ("id=12",)),
        "t range": (1, ("id=30",)),
        "t ordered": (1, ("id=30",)),
        "z range": (1, ("id=31",)),
        "arm, level depends": (1, ("id=44",)),
    }
    assert not report.passed
    assert report.results[0].state == "failed"


def test_rows_are_named_by_the_key_that_may_be_shown():
    frame = clean()
    frame.loc[7, "x"] = 99
    frame.loc[7, "y"] = 99
    named = asked(frame).results[0]
    assert (named.examples, named.values) == (("id=7",), ("99",))
    hidden = asked(frame, sensitive={"id", "x"}).results[0]
    assert (hidden.examples, hidden.values) == (("row 7",), ())


def test_the_frame_is_left_as_it_was():
    frame = clean().set_index("code")
    before = frame.copy(deep=True)
    asked(frame, ContractDoc("d", (Rule("r", "range", ("x",), {"min": 0}),)))
    pd.testing.assert_frame_equal(frame, before)


def verdict(column, kind, limits, **more):
    rule = Rule("r", kind, ("a",), limits)
    return validation.check(pd.DataFrame({"a": column}), ContractDoc("d", (rule,)), now=NOW, **more).results[
        0
    ]


@pytest.mark.parametrize(
    ("column", "kind", "limits", "state"),
    [
        ([1.0, None, 3.0], "type", {"type": "integer"}, "passed"),
        ([1.5, None, 3.0], "type", {"type": "integer"}, "failed"),
        (["1", "2"], "type", {"type": "number"}, "failed"),
        ([True, False], "type", {"type": "number"}, "failed"),
        ([None, None], "type", {"type": "number"}, "passed"),
        ([1, 2], "range", {"min": "2013-01-01"}, "failed"),
        (["x", "y"], "range", {"min": 0}, "failed"),
        ([1.0, float("inf")], "range", {"max": 5}, "failed"),
        ([1.0, 2.0, 9.0, 3.0], "range", {"max": 5, "outside": 0.25}, "passed"),
        ([1, 2], "set", {"values": ["1", "2"]}, "passed"),
        (["1", "2"], "set", {"values": [1, 2]}, "passed"),
        (["a", " "], "required", {"missing": 0, "blank": True}, "failed"),
        (["a", ""], "required", {"missing": 0.5, "blank": True}, "passed"),
        (["ab\nc"], "pattern", {"pattern": "ab"}, "failed"),
        ([1, 1, 1], "constant", {"varies": True}, "failed"),
        ([1, 1, 1], "constant", {"value": 1}, "passed"),
        ([3, 2, 1], "ordered", {"direction": "descending"}, "passed"),
        ([[1], [1]], "unique", {}, "failed"),
        ([], "range", {"min": 0}, "passed"),
    ],
)
def test_verdicts_at_the_edges(column, kind, limits, state):
    found = verdict(column, kind, limits)
    assert found.state == state, found.message


def test_an_absent_column_is_said_once_and_the_near_name_told():
    contract = ContractDoc(
        "d", (Rule("columns", "columns", ("age",)), Rule("age range", "range", ("age",), {"min": 0}))
    )
    found = validation.check(pd.DataFrame({"Age": [1]}), contract).results
    assert [(one.rule.name, one.state) for one in found] == [("columns", "failed"), ("age range", "unknown")]
    alone = validation.check(pd.DataFrame({"Age": [1]}), ContractDoc("d", contract.rules[1:])).results[0]
    assert alone.state == "failed"
    assert "'age'" in alone.message


def test_a_warning_lets_data_pass():
    contract = ContractDoc("d", (Rule("r", "range", ("a",), {"max": 1}, "warning"),))
    report = validation.check(pd.DataFrame({"a": [5]}), contract)
    assert (report.passed, report.results[0].state) == (True, "failed")


def test_age_is_counted_to_the_time_given():
    contract = ContractDoc(
        "d", (Rule("r", "fresh", ("t",), {"max_age": "2d", "late_after": "3d", "late": 0.1}),)
    )
    frame = pd.DataFrame({"t": pd.date_range("2013-01-01", periods=5, freq="D")})
    report = validation.check(frame, contract, now=NOW)
    assert "5 d old" in report.results[0].message
    assert "100 %" in report.results[0].message
    assert report.scores[3].value == 0.0
    soon = validation.check(frame, contract, now=datetime(2013, 1, 6, tzinfo=UTC))
    assert "newest" not in soon.results[0].message
    assert soon.scores[3].value == pytest.approx(0.6)


def test_awkward_names_are_text():
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "a", 7])
    contract = ContractDoc("d", (Rule("columns", "columns", ("a", "a (2)", "7"), {"ordered": True}),))
    assert validation.check(frame, contract).passed


def test_what_is_no_data_is_refused():
    with pytest.raises(UnsupportedError, match="dict"):
        validation.check({"a": 1}, CONTRACT)


def test_prose_names_no_row():
    frame = pd.DataFrame({"note": [f"please write to person{i}@corp.test, thanks" for i in range(60)]})
    frame["x"] = range(60)
    rules = (Rule("note unique", "unique", ("note",)), Rule("x range", "range", ("x",), {"max": 58}))
    report = validation.check(frame, ContractDoc("d", rules))
    assert report.results[0].examples == ("row 59",)


def test_accuracy_counts_errors_and_says_so():
    rules = (Rule("r", "range", ("a",), {"max": 1}, "warning"), Rule("s", "range", ("a",), {"max": 9}))
    score = validation.check(pd.DataFrame({"a": [5, 99]}), ContractDoc("d", rules)).scores[0]
    assert score.value == 0.5
    assert "severity error" in score.formula
