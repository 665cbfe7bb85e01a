"""Findings: each kind is found where it is and nowhere else, and the most urgent stands first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.data import findings, profile
from mlops_jupyter.records import ColumnDoc, DataDoc

N = 400
RNG = np.random.default_rng(5)
CLEAN = pd.DataFrame(
    {
        "height": RNG.normal(170, 10, N),
        "count": RNG.poisson(3, N),
        "plan": RNG.choice(["basic", "gold", "silver"], N),
        "flag": RNG.random(N) < 0.4,
        "at": pd.date_range("2024-01-01", periods=N, freq="h"),
        "note": [f"the ticket {RNG.integers(90)} came from {RNG.choice(['Ada', 'Alan'])}" for _ in range(N)],
    }
)


def codes(frame, **options):
    return {(one.code, one.column) for one in findings(profile(frame, **options))}


def with_column(values):
    return CLEAN.assign(x=values)


def test_clean_data_have_no_finding():
    assert codes(CLEAN) == set()


DAYS = pd.date_range("2024-01-01", periods=N, freq="D").to_series(index=CLEAN.index)
CASES = {
    "constant": ["same"] * N,
    "all-missing": [None] * N,
    "mostly-missing": [1.5, 2.5, 3.5] + [None] * (N - 3),
    "infinite": np.append(RNG.normal(size=N - 1), np.inf),
    "identifier": RNG.permutation(N) + 10_000,
    "high-cardinality": [f"code-{place * 2 // 3}" for place in range(N)],
    "outliers": np.append(RNG.normal(size=N - 2), [900, 1000]),
    "placeholder": np.where(np.arange(N) % 10 == 0, -999, RNG.integers(1, 60, N)),
    "spelling": ["Berlin", "berlin ", "Paris", "Rome"] * (N // 4),
    "whitespace": ["Berlin", " Oslo", "Paris", "Rome"] * (N // 4),
    "mixed-types": pd.Series([1, "1", 2.5, None] * (N // 4), dtype=object),
    "future": DAYS.where(DAYS.index < N - 1, pd.Timestamp("2999-01-01")),
    "gap": DAYS.where(DAYS.index < N // 2, DAYS + pd.Timedelta(days=60)),
    "not-profiled": np.zeros(N, np.longdouble),
    "personal": [f"a{place}@example.org" for place in range(N)],
}


@pytest.mark.parametrize("code", CASES)
def test_what_is_odd_is_found(code):
    found = codes(with_column(CASES[code]))
    assert (code, "x") in found
    assert {column for _, column in found} == {"x"}


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("placeholder", ["N/A", "a", "b", "c"] * (N // 4)),
        ("placeholder", np.where(np.arange(N) % 10 == 0, 9999, RNG.integers(1, 60, N))),
        ("placeholder", pd.Series([pd.Timestamp("1900-01-01")] * 9 + list(DAYS[9:]), index=CLEAN.index)),
        ("mixed-types", [str(place) for place in range(N - 9)] + ["unclear"] * 9),
        ("skewed", RNG.pareto(1.1, N)),
    ],
)
def test_further_forms(code, values):
    assert (code, "x") in codes(with_column(values))


@pytest.mark.parametrize(
    "values", [np.arange(1, N + 1) % 1001, RNG.integers(-5, 5, N), RNG.integers(990, 1010, N)]
)
def test_numbers_that_only_look_like_stand_ins(values):
    assert "placeholder" not in {code for code, _ in codes(with_column(values))}


def test_repeated_rows_and_empty_tables():
    assert ("duplicate-rows", None) in codes(pd.concat([CLEAN, CLEAN[:40]]))
    assert codes(pd.DataFrame()) == {("empty", None)}
    assert codes(CLEAN[:0]) == {("empty", None)}


def test_findings_about_the_target():
    frame = CLEAN.assign(sold=RNG.random(N) < 0.5, rare=(np.arange(N) % 100) == 0)
    leaky = frame.assign(refund=np.where(frame["sold"], "yes", "no"))
    found = findings(profile(leaky, target="sold"))
    assert (found[0].code, found[0].column) == ("leakage", "refund")
    assert found[0].severity == "error"
    assert codes(frame, target="sold") == set()
    assert codes(frame, target="rare") == {("imbalance", "rare")}
    assert ("target-missing", "y") in codes(frame.assign(y=[None, 1.0] * (N // 2)), target="y")


def test_a_document_that_says_personal_is_believed():
    found = profile(with_column(CASES["personal"]))
    doc = DataDoc("d", columns=(ColumnDoc("x", sensitivity="personal"),))
    assert [one.code for one in findings(found, doc=doc)] == []
    assert [one.code for one in findings(found)] == ["personal"]


def test_numbers_stand_as_cards_write_them_and_years_without_separators():
    frame = pd.DataFrame(
        {
            "year": 2013,
            "distance": [*np.tile(np.arange(500, 1500, 10), 20), 4983, 4050],
            "built": [*np.tile(np.arange(1990, 2010), 100), 1957, 1956],
        }
    )
    said = [one.message for one in findings(profile(frame))]
    assert "year is always 2013" in said
    assert any("distance: 2 values lie far above the rest, up to 4,983; half" in one for one in said), said
    assert any("built: 2 values lie far below the rest, down to 1956; half of all" in one for one in said), (
        said
    )


def test_a_value_out_of_all_proportion_is_more_urgent_than_a_mostly_empty_or_constant_column():
    wind = [*np.tile(np.arange(5.0, 15.0, 0.5), 50), 1048.36]
    frame = pd.DataFrame({"gust": [None] * 900 + [1.0] * 101, "year": 2013, "wind": wind})
    found = [one for one in findings(profile(frame)) if one.code != "duplicate-rows"]
    assert [(one.code, one.column) for one in found] == [
        ("outliers", "wind"), ("mostly-missing", "gust"), ("constant", "year"),
    ]  # fmt: skip
    assert found[0].message.startswith("wind: 1 value lies far above the rest, up to 1,048;")
    assert [one.severity for one in found] == ["warning", "warning", "info"]


def test_the_usual_far_end_of_a_column_is_no_warning():
    wind = [*np.tile(np.arange(5.0, 15.0, 0.5), 50), 42.0]
    (found,) = findings(profile(pd.DataFrame({"wind": wind, "x": np.arange(1001) / 7})))
    assert (found.code, found.severity) == ("outliers", "info")
