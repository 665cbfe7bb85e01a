from __future__ import annotations

import dataclasses
import functools
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent))
from by_hand import categories, distribution, numbers

from mlops_jupyter.data import merge_profiles, profile
from mlops_jupyter.data.shift import shift, shifts
from mlops_jupyter.data.shift.column import told_apart
from mlops_jupyter.data.shift.distances import kolmogorov, variation
from mlops_jupyter.data.shift.proportions import bound_of_change, differ, tail
from mlops_jupyter.records import ColumnProfile, Profile, TimeSummary

WEIGHTS = np.arange(1, 9) / 36
THREE = ([0.5, 0.3, 0.2], [0.3, 0.3, 0.4])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def frame(rng, n):
    draws = [numbers(rng.normal(size=n), name=f"normal {k}") for k in range(5)]
    draws += [numbers(rng.lognormal(size=n), name=f"log {k}") for k in range(5)]
    draws += [numbers(rng.poisson(3, n), name=f"poisson {k}") for k in range(5)]
    draws += [categories(rng.choice(8, n, p=WEIGHTS), name=f"category {k}") for k in range(5)]
    return Profile(n, tuple(draws))


# --- the pieces, beside scipy's own -------------------------------------------------------------


@pytest.mark.parametrize("counts", [(0, 10, 3, 12), (5, 100, 9, 40), (300, 1000, 260, 1000), (0, 7, 0, 9)])
def test_shares_are_tested_as_scipy_does(counts):
    k, n, j, m = counts
    expected = stats.hypergeom.sf(j - 1, n + m, k + j, m)
    assert tail(j, m, k + j, n + m) == pytest.approx(expected, rel=1e-9)
    both = 2 * min(expected, stats.hypergeom.cdf(j, n + m, k + j, m))
    assert differ(k, n, j, m) == pytest.approx(min(1, both), rel=1e-9)


def test_a_tail_of_a_billion_rows_is_exact_enough():
    assert tail(700, 10**9, 1000, 2 * 10**9) == pytest.approx(stats.binom.sf(699, 1000, 0.5), rel=1e-3)


def test_the_distance_is_that_of_the_rows_where_all_are_on_the_grid(rng):
    a, b = rng.normal(size=300), rng.normal(0.3, size=200)
    found = kolmogorov(distribution(a), distribution(b))
    expected = stats.ks_2samp(a, b, method="exact")
    assert found.effect == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue, rel=0.25)


def test_the_distance_on_a_grid_is_never_more_than_that_of_the_rows(rng):
    a, b = rng.normal(size=50_000), rng.normal(0.1, 1.2, size=40_000)
    exact = stats.ks_2samp(a, b, method="asymp").statistic
    found = kolmogorov(distribution(a), distribution(b)).effect
    assert exact - 2 / 1024 <= found <= exact


def test_values_between_grid_points_are_not_invented():
    few = distribution(np.repeat([0.0, 10.0], 500))
    many = distribution(np.repeat(np.linspace(0, 10, 11), [500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 500]))
    assert kolmogorov(few, many).effect == 0


def test_a_rank_error_is_taken_from_the_distance(rng):
    a, b = distribution(rng.normal(size=100_000)), distribution(rng.normal(0.03, size=100_000))
    sketch = dataclasses.replace(b, rank_error=0.01)
    assert kolmogorov(a, b).p_value < 1e-3
    assert kolmogorov(a, sketch).p_value > 0.01


def test_the_distance_of_values_does_not_grow_with_their_number(rng):
    plugged, corrected = [], []
    for _ in range(20):
        a, b = (np.bincount(rng.integers(0, 100, 500), minlength=100) for _ in range(2))
        plugged.append(np.abs(a - b).sum() / 1000)
        corrected.append(variation(*({str(k): int(v) for k, v in enumerate(side)} for side in (a, b))).effect)
    assert np.mean(plugged) > 0.1
    assert np.mean(corrected) < 0.02


def test_a_lower_bound_is_above_the_truth_at_most_once_in_a_hundred(rng):
    wrong = {"KS": 0, "TV": 0, "share": 0}
    truth = 2 * stats.norm.cdf(0.25) - 1  # two normals half a deviation apart
    for _ in range(200):
        a, b = (distribution(rng.normal(mean, size=400), points=400) for mean in (0, 0.5))
        wrong["KS"] += kolmogorov(a, b).bound > truth
        counts = [
            dict(enumerate(rng.multinomial(400, p).tolist())) for p in ([0.5, 0.3, 0.2], [0.3, 0.3, 0.4])
        ]
        wrong["TV"] += variation(*counts).bound > 0.2
        wrong["share"] += bound_of_change(rng.binomial(400, 0.02), 400, rng.binomial(300, 0.1), 300) > 0.08
    assert max(wrong.values()) <= 6  # 2 expected; more than 6 has a chance of 0.4 %


# --- false alarms and power ---------------------------------------------------------------------


@pytest.mark.parametrize(("n_before", "n_after"), [(5_000, 200), (300, 300), (20_000, 10)])
def test_frames_without_a_change_are_left_alone(rng, n_before, n_after):
    before = frame(rng, n_before)
    alarms = sum(
        any(found.level in ("some", "material") for _, found in shifts(before, frame(rng, n_after)))
        for _ in range(12)
    )
    assert alarms <= 1  # 0.12 expected


def normal(rng, n):
    return rng.normal(size=n)


def lognormal(rng, n):
    return rng.lognormal(size=n)


def with_outliers(rng, n):
    values = rng.normal(size=n)
    values[: n // 100] += 10
    return values


@pytest.mark.parametrize(
    ("before", "after", "n", "measure", "level"),
    [
        (normal, lambda rng, n: rng.normal(0.1, size=n), 5_000, "KS", "some"),
        (normal, lambda rng, n: rng.normal(0.15, size=n), 3_000, "KS", "some"),
        (normal, lambda rng, n: rng.normal(0.5, size=n), 5_000, "KS", "material"),
        (normal, lambda rng, n: rng.normal(0, 1.2, size=n), 5_000, "KS", "some"),
        (normal, with_outliers, 5_000, "outside", "some"),
        (lognormal, lambda rng, n: 1.1 * lognormal(rng, n), 50_000, "KS", "some"),
    ],
    ids=["mean+0.1", "mean+0.15", "mean+0.5", "scale×1.2", "1% outliers", "log-normal×1.1"],
)  # fmt: skip
def test_a_shift_of_numbers_is_found(rng, before, after, n, measure, level):
    found = [shift(numbers(before(rng, 20_000)), numbers(after(rng, n))) for _ in range(3)]
    assert {(one.measure, one.level) for one in found} == {(measure, level)}
    assert all(one.p_value < 0.01 and 0 <= one.bound < one.effect for one in found)


def test_a_value_never_seen_is_found_in_few_rows(rng):
    before = categories(rng.choice(8, 20_000, p=WEIGHTS))
    after = categories([*rng.choice(8, 495, p=WEIGHTS), *["new"] * 5])
    found = shift(before, after)
    assert (found.measure, found.level) == ("outside", "some")
    assert found.effect == pytest.approx(0.01)
    assert "“new”" in found.words


def test_rows_that_move_between_values_are_found(rng):
    weights = WEIGHTS + np.array([0.02, 0, 0, 0, 0, 0, 0, -0.02])
    before, after = categories(rng.choice(8, 50_000, p=WEIGHTS)), categories(rng.choice(8, 50_000, p=weights))
    found = shift(before, after)
    assert (found.measure, found.level) == ("TV", "some")
    assert found.effect == pytest.approx(0.02, abs=0.007)


def test_what_is_missing_is_never_dropped(rng):
    found = shift(numbers(rng.normal(size=1000)), numbers(rng.normal(size=900), n_missing=100))
    assert (found.measure, found.level, found.words) == ("missing", "material", "missing 0 % → 10.0 %")


def test_infinite_values_are_never_dropped():
    before = numbers(np.arange(1000.0))
    after = dataclasses.replace(before, n_rows=1050, n_positive_infinite=50)
    found = shift(before, after)
    assert (found.level, found.words) == ("material", "+∞ 0 % → 4.76 %".replace("4.76", "4.8"))


# --- awkward columns ----------------------------------------------------------------------------

EMPTY = ColumnProfile("x", 0, "float64", "empty", 0)
MISSING = ColumnProfile("x", 0, "float64", "empty", 100, n_missing=100)


@pytest.mark.parametrize(
    ("before", "after", "level", "says"),
    [
        (EMPTY, numbers([1.0] * 9), "unknown", "no rows before"),
        (numbers([1.0] * 9), EMPTY, "unknown", "no rows after"),
        (MISSING, MISSING, "same", "missing 100 % as before"),
        (numbers([1.0] * 100), MISSING, "material", "missing 0 % → 100 %"),
        (MISSING, numbers([1.0] * 100), "material", "missing 100 % → 0 %"),
        (numbers([1.0] * 100), numbers([1.0] * 100), "same", "as before"),
        (numbers([1.0] * 100), numbers([2.0] * 100), "material", "median 1 → 2"),
        (numbers(np.arange(100)), numbers([5.0, 6.0]), "unknown", "too few rows to tell (2)"),
        (
            numbers(np.arange(9)),
            categories(list("abcabcabc")),
            "unknown",
            "number → category: not comparable",
        ),
        (numbers([1e70, -1e70, 5e-324] * 50), numbers([1e70, -1e70, 0] * 50), "material", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_awkward_columns_have_an_answer(before, after, level, says):
    found = shift(before, after)
    assert found.level == level
    assert says is None or found.words == says
    assert found.p_value is None or 0 <= found.p_value <= 1


def test_a_nullable_boolean_is_compared_with_numbers_0_and_1(rng):
    truths = dataclasses.replace(numbers(rng.random(2000) < 0.5), kind="boolean", type="bool")
    found = shift(truths, numbers((rng.random(2000) < 0.8).astype(int)))
    assert (found.measure, found.level) == ("TV", "material")


def test_values_that_one_side_does_not_list_count_among_the_others(rng):
    values = rng.integers(0, 3000, 20_000)
    before, after = categories(values[:10_000], top=50), categories(values[10_000:], top=50)
    assert shift(before, after).level == "same"


def test_personal_values_are_not_named():
    before = categories(["ann"] * 500 + ["bob"] * 500, personal="name")
    after = categories(["ann"] * 100 + ["eve"] * 900, personal="name")
    assert not any(name in shift(before, after).words for name in ("ann", "bob", "eve"))


def times(first_day, n_days, hour=None):
    minutes = np.arange(first_day * 1440, (first_day + n_days) * 1440, 5)
    if hour is not None:
        minutes = minutes + 60 * hour
    hours = np.bincount(minutes // 60 % 24, minlength=24)
    one = dataclasses.replace(numbers(minutes * 60.0), kind="time", type="datetime[us]")
    return dataclasses.replace(one, time=TimeSummary(tuple(hours.tolist()), (0,) * 7))


def test_a_later_month_is_no_shift():
    found = shift(times(0, 31), times(31, 28))
    assert found.level == "same"
    assert found.words.startswith("1970-01-01 to 1970-01-31 23:55 → 1970-02-01")


def test_other_hours_are_a_shift():
    office = times(0, 31)
    night = dataclasses.replace(times(31, 28), time=TimeSummary((336,) * 12 + (0,) * 12, (0,) * 7))
    found = shift(office, night)
    assert (found.measure, found.level) == ("TV", "material")


# --- many columns -------------------------------------------------------------------------------


def test_columns_are_matched_by_name_and_judged_together(rng):
    before, after = frame(rng, 4000), frame(rng, 4000)
    moved = dataclasses.replace(numbers(rng.normal(1, size=4000)), name="normal 0")
    after = dataclasses.replace(after, columns=(*after.columns[:0:-1], moved, numbers([1.0], name="new")))
    found = dict(shifts(before, after))
    assert list(found) == [column.name for column in after.columns if column.name != "new"]
    assert {name for name, one in found.items() if one.level != "same"} == {"normal 0"}


def test_the_material_size_is_settable_for_all_and_for_one(rng):
    before = Profile(
        5000, (numbers(rng.normal(size=5000), name="a"), numbers(rng.normal(size=5000), name="b"))
    )
    after = Profile(5000, tuple(numbers(rng.normal(0.5, size=5000), name=name) for name in "ab"))
    assert [one.level for _, one in shifts(before, after)] == ["material", "material"]
    assert [one.level for _, one in shifts(before, after, material={"KS": 0.5})] == ["some", "some"]
    found = shifts(before, after, by_column={"a": {"KS": 0.5, "outside": 0.5}})
    assert [one.level for _, one in found] == ["some", "material"]


def test_counts_are_told_apart_only_where_both_lists_have_them():
    old, new = {"a": 90, "b": 9}, {"a": 80, "c": 9}
    assert told_apart(old, 0, new, 0) == ({"a": 90, "b": 9, "c": 0}, {"a": 80, "b": 0, "c": 9})
    assert told_apart(old, 20, new, 30) == ({"a": 90, "\0other": 29}, {"a": 80, "\0other": 39})


@pytest.mark.parametrize("top", [20, 200, 5000])
def test_lists_of_the_most_frequent_values_are_no_shift(rng, top):
    weights = 1 / np.arange(1, 4001)
    draws = [rng.choice(4000, n, p=weights / weights.sum()) for n in (20_000, 1_000) * 10]
    pairs = zip(draws[::2], draws[1::2], strict=True)
    found = [shift(categories(a, top=top), categories(b, top=top)).level for a, b in pairs]
    assert found.count("same") >= 9


def test_new_ids_are_no_surprise():
    before, after = (
        categories([f"id {k}" for k in range(500)]),
        categories([f"id {k}" for k in range(500, 900)]),
    )
    assert shift(before, after).level == "same"


# --- real profiles ------------------------------------------------------------------------------


def shop(rng, n, *, mean=0.0, unseen=False):
    frame = pd.DataFrame(
        {
            "amount": rng.normal(mean, size=n),
            "items": rng.poisson(3 + mean, n),
            "shop": rng.choice(["Aachen", "Bonn", "Köln"], n, p=[0.5 - mean / 2, 0.3, 0.2 + mean / 2]),
            "paid": rng.random(n) < 0.8 - mean,
            "note": rng.choice([f"note {k}" for k in range(3000)], n),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**6, n), unit="s"),
        }
    )
    if unseen:
        frame.loc[: n // 20, "shop"] = "Ulm"
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("after", [{}, {"mean": 0.3}, {"mean": 0.03}, {"unseen": True}], ids=str)
def test_parts_that_are_merged_shift_as_the_whole_does(rng, after):
    before, frame = profile(shop(rng, 8000)), shop(rng, 8000, **after)
    whole = dict(shifts(before, profile(frame)))
    parts = [profile(frame[start : start + 1000]) for start in range(0, 8000, 1000)]
    merged = dict(shifts(before, functools.reduce(merge_profiles, parts)))
    assert {name: one.level for name, one in merged.items()} == {
        name: one.level for name, one in whole.items()
    }
    for name, one in whole.items():
        if one.measure == merged[name].measure == "KS":
            assert merged[name].effect == pytest.approx(one.effect, abs=0.003)
    assert any(one.level != "same" for one in whole.values()) == bool(after)
