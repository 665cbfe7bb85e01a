"""Suggested rules: hold for what they were learned from, catch faults, and rarely break on clean data."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mlops_jupyter import validation
from mlops_jupyter.data.profile import profile
from mlops_jupyter.errors import UsageError
from mlops_jupyter.records import ColumnDoc, DataDoc

sys.path.insert(0, str(Path(__file__).parent))

from accuracy import in_time, measured
from injected import tables


def learned(frame, *before, **more):
    seen = [profile(one) for one in (*before, frame)]
    labels = [f"d:{number}" for number in range(1, len(seen) + 1)]
    return validation.infer(seen, dataset="d", labels=labels, frame=frame, **more)


def rules(doc):
    return {rule.name: rule for rule in doc.rules}


@pytest.fixture(scope="module")
def planes():
    return tables(["planes"])["planes"]


@pytest.mark.parametrize("library", [lambda frame: frame, pl.from_pandas])
def test_what_was_learned_from_keeps_every_rule(planes, library):
    doc = learned(planes)
    report = validation.check(library(planes), validation.from_yaml(validation.to_yaml(doc)))
    assert [(one.rule.name, one.state, one.message) for one in report.results if one.state != "passed"] == []


def test_rules_say_what_they_rest_on(planes):
    found = rules(learned(planes))
    assert found["tailnum unique"].limits == {}
    assert found["engine set"].limits["values"][0] == "Turbo-fan"
    assert found["seats range"].reason == "from 2 to 450"
    assert found["seats range"].support == len(planes)
    assert found["year required"].reason == "70 of 3,322 rows were missing"
    assert 0.02 < found["year required"].limits["missing"] < 0.06


def test_relations_between_columns():
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 100, 500)
    frame = pd.DataFrame(
        {"start": start, "end": start + rng.exponential(5, 500), "noise": rng.normal(50, 20, 500)}
    )
    frame["shop"] = rng.integers(0, 9, 500)
    frame["town"] = frame["shop"] % 3
    found = rules(learned(frame))
    assert found["start, end compare"].limits["operator"] == "<="
    assert "shop, town depends" in found
    assert not [name for name in found if "noise" in name and "compare" in name]
    assert "town, shop depends" not in found


def drawn(mean, n=2000, seed=0):
    return pd.DataFrame({"a": np.random.default_rng(seed).normal(mean, 1, n)})


def test_history_widens_limits_and_makes_the_spread_an_error():
    alone, both = rules(learned(drawn(0.5))), rules(learned(drawn(3), drawn(0)))
    assert both["a range"].limits["min"] < alone["a range"].limits["min"]
    assert alone["a distribution"].severity == "warning"
    three = rules(learned(*(drawn(0, seed=seed) for seed in range(3))))
    assert three["a distribution"].severity == "error"
    seasons = rules(learned(*(drawn(mean) for mean in (0, 0.5, 1))))
    assert seasons["a distribution"].severity == "warning"
    assert seasons["a distribution"].limits["max"] > alone["a distribution"].limits["max"]
    assert "fresh" in both
    assert "fresh" not in alone


def test_an_order_by_accident_is_no_rule():
    rng = np.random.default_rng(0)
    season = rng.uniform(0, 60, 600)
    frame = pd.DataFrame({"dewp": season - rng.uniform(0, 20, 600), "temp": season})
    frame["humid"] = 85 + season / 8 + rng.uniform(-20, 8, 600)  # happens to be above
    frame["humid"] = frame[["humid", "dewp"]].max(axis=1) + 1
    found = rules(learned(frame))
    assert found["dewp, temp compare"].severity == "warning"  # one version is one season
    assert not [name for name in found if "humid" in name and "compare" in name]
    thrice = rules(learned(frame, frame.iloc[:400], frame.iloc[200:]))
    assert thrice["dewp, temp compare"].severity == "error"


def test_an_order_that_another_version_refutes_is_no_rule():
    frame = pd.DataFrame({"start_a": np.arange(500.0)}).assign(stop_a=lambda f: f.start_a + 5)
    other = frame.assign(stop_a=frame.start_a - 5)
    assert "start_a, stop_a compare" in rules(learned(frame))
    assert "start_a, stop_a compare" not in rules(learned(frame, other))


def test_what_may_be_of_a_season_is_a_warning_until_versions_agree():
    rng = np.random.default_rng(0)

    def month(number, missing):
        frame = pd.DataFrame({"month": number, "gust": rng.normal(20, 3, 2000), "place": "abcd"[number]})
        frame["gust"] = frame["gust"].mask(rng.random(2000) < missing)
        frame["town"] = rng.choice(["x", "y", "z"], 2000, p=[0.6, 0.399, 0.001])
        return frame

    months = [month(1, 0.3), month(2, 0.35), month(3, 0.25)]
    six = rules(learned(*months, *months))
    alone, three = rules(learned(months[0])), rules(learned(*months))
    assert (alone["gust required"].severity, six["gust required"].severity) == ("warning", "error")
    assert alone["town set"].severity == "warning"
    assert three["month constant"].limits == {"varies": False}
    assert three["place constant"].limits == {"varies": False}
    assert "month range" not in three
    assert "place set" not in three


def test_few_rows_make_no_errors_about_values():
    frame = pd.DataFrame({"id": [1, 2, 3], "age": [30, 41, 29], "city": ["Bern", "Basel", "Genf"]})
    doc = learned(frame)
    values = [rule for rule in doc.rules if rule.kind in ("range", "set", "length", "pattern")]
    assert values
    assert {(rule.severity, rule.false_alarm_rate) for rule in values} == {("warning", None)}
    assert not {"rows", "duplicates"} & set(rules(doc))


def test_edges_are_kept_and_open_ends_go_on():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"hour": rng.integers(0, 24, 2000), "temp": rng.normal(35, 9, 2000)})
    found = rules(learned(frame))
    assert found["hour range"].limits["max"] <= 27
    assert found["temp range"].limits["max"] > frame["temp"].max() + np.ptp(frame["temp"])


def test_people_s_words_count():
    doc = DataDoc("d", "what", "ada", key=("a", "b"), columns=(ColumnDoc("b", sensitivity="secret"),))
    frame = pd.DataFrame({"a": [1, 1, 2, 2] * 30, "b": [1, 2, 1, 2] * 30})
    found = learned(frame, doc=doc)
    assert (found.description, found.owner, found.sensitive) == ("what", "ada", ("b",))
    assert "a, b unique" in rules(found)


def test_personal_values_stay_out_of_the_text():
    mails = [f"person{number % 3}@example.org" for number in range(300)]
    doc = learned(pd.DataFrame({"mail": mails}))
    assert doc.sensitive == ("mail",)
    assert "person" not in validation.to_yaml(doc)


def test_labels_are_asked_for():
    with pytest.raises(UsageError, match="label"):
        validation.infer([], dataset="d", labels=[])


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame({"a": [None, None]}),
                                   pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [[1], {}]})])  # fmt: skip
def test_awkward_frames_give_a_contract_that_they_keep(frame):
    doc = validation.from_yaml(validation.to_yaml(learned(frame)))
    assert validation.check(frame, doc).passed


@pytest.mark.slow
def test_faults_of_a_small_table_are_caught():
    found = measured(("wine",), n_clean=4, seed=1)
    assert found.share_caught >= 0.85
    assert found.false_breaks == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twelve_kinds_of_faults_on_real_tables():
    found = measured(("wine", "cancer", "weather", "planes", "flights"), n_clean=20, seed=0)
    assert len(found.injected) == 12
    assert found.share_caught >= 0.95, found.missed
    assert len(found.false_breaks) <= found.n_clean / 20, found.false_breaks


N = 120


def both(*values):
    return list(values) * (N // 2)


AWKWARD = {
    "large": pd.DataFrame({"a": np.r_[1e300, -1e300, np.arange(N - 2.0)]}),
    "small": pd.DataFrame({"a": 1 + 1e-9 * np.arange(N), "b": 5e-324 * np.arange(N)}),
    "below zero": pd.DataFrame({"a": -(np.arange(N) ** 2), "b": np.r_[np.inf, np.nan, -np.arange(N - 2.0)]}),
    "times": pd.DataFrame(
        {
            "old": np.array(both("0001-01-01", "9999-12-31"), "datetime64[s]"),
            "date": pd.date_range("1960-01-01", periods=N).date,
            "zone": pd.date_range("2030-01-01", periods=N, freq="h", tz="Asia/Kolkata"),
            "clock": [pd.Timestamp("2013-01-01 03:04").time()] * N,
            "month": pd.period_range("2013", periods=N, freq="M"),
            "span": pd.timedelta_range("1s", periods=N, freq="s"),
        }
    ),
    "names": pd.DataFrame([[1, "x"]] * N).set_axis(["a: b\n", "- #x [3 rows]"], axis=1),
    "words": pd.DataFrame({"a": both("1e3", "true"), "b": both("\u2028", "\x85"), "c": both("no", "'\"")}),
    "texts": pd.DataFrame({"a": ["y" * 5000] * N, "b": [f"x\n{i}" for i in range(N)]}),
    "levels": pd.DataFrame({"a": pd.Categorical(both(1, 2)), "b": pd.Categorical(both(1.5, 2.0))}),
    "may be missing": pd.DataFrame(
        {"a": pd.array(both(True, None), "boolean"), "b": pd.array(both(1, None), "Int64")}
    ),
    "growing": pd.DataFrame({"a": np.arange(N)}),
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("n_versions", [1, 3])
def test_what_is_inferred_is_read_back_equal_and_kept(name, n_versions):
    frame = AWKWARD[name]
    doc = learned(frame, *(frame.iloc[: N // (2 + part)] for part in range(n_versions - 1)))
    back = validation.from_yaml(validation.to_yaml(doc))
    assert rules(back) == rules(doc)
    failed = [one for one in validation.check(frame, back).results if one.state == "failed"]
    assert [(one.rule.name, one.message) for one in failed] == []


def test_a_column_that_moves_on_has_no_hard_range():
    weeks = [pd.DataFrame({"day": np.repeat(np.arange(7) + 7 * week, 20)}) for week in range(3)]
    found = rules(learned(*weeks))["day range"]
    assert found.severity == "warning"
    assert "moving on" in found.reason


@pytest.mark.slow
def test_later_months_break_no_error_of_what_three_months_taught():
    assert in_time("weather", "month", 3).errors == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_clean_deliveries_in_time_break_few_errors():
    found = [
        in_time(name, by, k) for name in ("weather", "flights") for by in ("month", "week") for k in (3, 6)
    ]
    assert sum(len(one.errors) for one in found) <= sum(one.n_later for one in found) / 20
