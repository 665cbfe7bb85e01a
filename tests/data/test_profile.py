"""Profiles: the same for every library, exact, mergeable, small."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.stats

from mlops_jupyter.data import (
    fingerprint,
    merge_profiles,
    profile,
    profile_from_bytes,
    profile_part,
    profile_to_bytes,
)
from mlops_jupyter.errors import IntegrityError, NotFoundError, UnsupportedError
from mlops_jupyter.records import Distribution, histogram, quantile


def frame(n=4_000, seed=0):
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(
        {
            "height": rng.normal(170, 10, n),
            "count": rng.poisson(3, n),
            "plan": rng.choice(["basic", "gold", "größer"], n),
            "flag": rng.random(n) < 0.3,
            "at": pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s"),
            "note": [f"Ticket {i} from {'ABC'[i % 3]}" for i in range(n)],
        }
    )
    made.loc[:9, "height"] = np.nan
    return made


def columns(found):
    return {column.name: column for column in found.columns}


def apart_from_rounding(a, b):
    """Whether two distributions are the same counts, and moments that agree to float precision."""
    exact = replace(a, mean=b.mean, m2=b.m2, m3=b.m3, m4=b.m4)
    scale = b.n * max(abs(b.minimum), abs(b.maximum), 1)
    return exact == b and np.allclose(a.mean, b.mean) and np.allclose(a.m2, b.m2, atol=scale * 1e-9)


def test_libraries_give_one_profile():
    made = frame()
    expected = profile(made)
    assert profile(pl.from_pandas(made)) == expected
    assert profile(pa.Table.from_pandas(made)) == expected
    assert profile(made.convert_dtypes(dtype_backend="pyarrow")) == expected
    assert profile(pa.Table.from_pandas(made).to_batches(max_chunksize=100)[0]).n_rows == 100


def test_numbers_are_those_of_numpy_and_scipy():
    made = frame()
    found = columns(profile(made))["height"]
    values = made["height"].dropna().to_numpy()
    d = found.numbers
    assert (found.n_rows, found.n_missing, d.n) == (4000, 10, 3990)
    assert (d.minimum, d.maximum) == (values.min(), values.max())
    assert d.mean == pytest.approx(values.mean(), rel=1e-12)
    assert d.m2 / d.n == pytest.approx(values.var(), rel=1e-12)
    assert (d.m3 / d.n) / (d.m2 / d.n) ** 1.5 == pytest.approx(scipy.stats.skew(values), abs=1e-9)
    assert (d.m4 / d.n) / (d.m2 / d.n) ** 2 == pytest.approx(scipy.stats.kurtosis(values, fisher=False))
    assert all(c == (values <= g).sum() for g, c in zip(d.grid, d.counts, strict=True))
    assert max(np.diff(d.counts)) <= 3 * len(values) / len(d.grid)
    for q in (0.01, 0.25, 0.5, 0.99):
        low, high = np.quantile(values, [max(0, q - 0.003), min(1, q + 0.003)])
        assert low <= quantile(d, q) <= high


def test_whole_numbers_have_a_complete_grid_and_frequent_values():
    made = frame()
    found = columns(profile(made))["count"]
    expected = made["count"].value_counts()
    assert found.numbers.is_complete
    assert dict(found.values.top) == {str(k): v for k, v in expected.items()}
    assert (found.values.n_distinct, found.values.is_exact) == (len(expected), True)
    assert quantile(found.numbers, 0.5) == made["count"].median()


def test_a_heavy_value_among_many_keeps_both_its_sides():
    values = np.concatenate([np.random.default_rng(1).normal(size=5000), np.zeros(2000)])
    d = profile(values).columns[0].numbers
    place = d.grid.index(0.0)
    assert d.counts[place] - d.counts[place - 1] == 2000
    assert (d.n_zero, d.n_negative) == (2000, (values < 0).sum())


def test_texts_categories_and_times():
    found = columns(profile(frame()))
    plan, note, at, flag = (found[name] for name in ("plan", "note", "at", "flag"))
    assert (plan.kind, note.kind, at.kind, flag.kind) == ("category", "text", "time", "boolean")
    assert plan.values.n_distinct == 3
    assert plan.values.n_other == 0
    assert dict(plan.text.patterns).keys() == {"a+", "a+w+a+"}
    assert note.text.n_words == 4 * 4000
    assert dict(note.text.patterns) == {"Aa+ 9+ a+ A": 3990, "Aa+ 9 a+ A": 10}
    assert note.text.length.maximum == len("Ticket 3999 from A")
    assert dict(note.text.characters)["capital"] == 8000
    assert sum(note.text.tokens) == 16_000
    assert sum(at.time.hours) == sum(at.time.weekdays) == 4000
    assert at.time.is_sorted is False
    assert [value for value, _ in flag.values.top] == ["False", "True"]


def test_hours_are_those_of_the_columns_zone():
    times = pd.date_range("2024-07-01 00:30", periods=3, freq="D", tz="Europe/Berlin")
    found = profile(pd.Series(times)).columns[0]
    assert found.time.hours[0] == 3
    assert found.time.weekdays[:3] == (1, 1, 1)
    assert (found.time.zone, found.time.is_sorted, found.time.widest_gap_s) == ("Europe/Berlin", True, 86_400)


def test_parts_counted_at_one_grid_add_up_exactly():
    made = frame()
    whole = profile(made)
    parts = [profile_part(made[place : place + 500], whole) for place in range(0, 4000, 500)]
    left = parts[0]
    for part in parts[1:]:
        left = merge_profiles(left, part)
    right = parts[-1]
    for part in reversed(parts[:-1]):
        right = merge_profiles(part, right)
    for name, expected in columns(whole).items():
        for merged in (columns(left)[name], columns(right)[name]):
            assert (merged.kind, merged.type, merged.n_missing) == (
                expected.kind,
                expected.type,
                expected.n_missing,
            )
            if expected.numbers is not None:
                assert apart_from_rounding(merged.numbers, expected.numbers)
            if expected.text is not None:
                assert merged.text.patterns == expected.text.patterns
    assert columns(left)["plan"].values == columns(whole)["plan"].values


def test_parts_with_grids_of_their_own_stay_within_the_error_they_state():
    made = frame(20_000)
    values = np.sort(made["height"].dropna().to_numpy())
    merged = profile(made[:2500])
    for place in range(2500, 20_000, 2500):
        merged = merge_profiles(merged, profile(made[place : place + 2500]))
    d = columns(merged)["height"].numbers
    off = np.abs(np.searchsorted(values, d.grid, side="right") - np.array(d.counts)).max() / d.n
    assert d.n == len(values)
    assert off <= d.rank_error
    assert off <= 0.003
    assert columns(merged)["count"].numbers.is_complete


def test_distinct_counts_merge_within_their_error():
    a, b = (profile(pd.DataFrame({"x": np.arange(n, n + 50_000)})) for n in (0, 25_000))
    merged = merge_profiles(a, b).columns[0].values
    assert merged.n_distinct == pytest.approx(75_000, rel=0.2)
    assert not merged.is_exact
    text = [profile(pd.DataFrame({"x": [f"v{i}" for i in range(n, n + 300)]})) for n in (0, 100)]
    assert merge_profiles(*text).columns[0].values.n_distinct == 400


def test_gaps_and_order_merge_where_parts_follow_each_other():
    days = pd.Series(pd.date_range("2024-01-01", periods=40), name="day")
    a, b = profile(days[:10].to_frame()), profile(days[20:].to_frame())
    together = merge_profiles(a, b).columns[0].time
    assert (together.is_sorted, together.widest_gap_s) == (True, 11 * 86_400)
    backwards = merge_profiles(b, a).columns[0].time
    assert (backwards.is_sorted, backwards.widest_gap_s) == (False, 11 * 86_400)
    assert merge_profiles(a, profile(days[5:].to_frame())).columns[0].time.widest_gap_s is None


def test_parts_of_different_types_and_columns():
    a = profile(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}))
    b = profile(pd.DataFrame({"x": [1.5, None], "z": [1, 2], "y": [1, 2]}))
    found = columns(merge_profiles(a, b))
    assert (found["x"].type, found["x"].numbers.n, found["x"].n_missing) == ("float64", 3, 1)
    assert (found["z"].n_rows, found["z"].n_missing) == (4, 2)
    assert found["z"].reason == "the column is absent in 2 rows"
    assert found["y"].reason == "not merged: string in one part, int64 in another"


def test_a_profile_is_small_and_comes_back_as_it_was():
    rng = np.random.default_rng(0)
    made = pd.DataFrame(rng.normal(size=(50_000, 20)))
    for data in (made, frame(), pd.DataFrame()):
        found = profile(data)
        assert profile_from_bytes(profile_to_bytes(found)) == found
    assert len(profile_to_bytes(profile(made))) <= 64_000


@pytest.mark.parametrize("damage", [b"", b"mjpf1", b"mjpf1garbage", b"PK\x03\x04"])
def test_damaged_profiles_are_refused(damage):
    with pytest.raises(IntegrityError, match="profile"):
        profile_from_bytes(damage)


def test_a_cut_off_profile_is_refused():
    content = profile_to_bytes(profile(frame()))
    for size in range(0, len(content) - 1, 997):
        with pytest.raises(IntegrityError):
            profile_from_bytes(content[:size])


def test_a_version_lends_its_id_and_hashes():
    made = frame(100)
    version = fingerprint(made).version
    found = profile(made, version=version)
    assert found.version_id == version.id
    assert [c.hash for c in found.columns] == [c["hash"] for c in json.loads(version.columns_json)]


def test_duplicate_rows():
    made = pd.DataFrame({"a": [1, 1, 2, 1], "b": ["x", "x", "x", "y"]})
    assert profile(made).n_duplicate_rows == 1


def test_associations_with_a_class_and_a_number():
    rng = np.random.default_rng(3)
    y = rng.normal(size=3000)
    made = pd.DataFrame(
        {
            "copy": np.exp(y),
            "noise": rng.normal(size=3000),
            "half": y + rng.normal(size=3000),
            "group": np.where(y > 0, "up", "down"),
            "letters": rng.choice(list("abcdef"), 3000),
            "y": y,
        }
    )
    by_number = {one.column: one for one in profile(made, target="y").associations}
    assert by_number["copy"].strength == pytest.approx(1)
    assert by_number["half"].strength == pytest.approx(scipy.stats.spearmanr(made["half"], y)[0], abs=1e-6)
    assert by_number["noise"].strength < 0.1
    assert by_number["letters"].strength < 0.1
    assert by_number["group"].strength > 0.8
    by_class = {one.column: one.strength for one in profile(made, target="group").associations}
    assert by_class["letters"] < 0.1 < 0.8 < by_class["y"]
    with pytest.raises(NotFoundError, match="did you mean 'group'"):
        profile(made, target="groop")


def test_what_is_no_data_is_refused():
    with pytest.raises(UnsupportedError, match=r"builtins\.dict is not a table"):
        profile({"a": 1})


def test_a_plan_is_read_in_batches():
    made = pl.from_pandas(frame())
    assert profile(made.lazy()) == replace(profile(made), n_duplicate_rows=None)
    empty = profile(made.lazy().filter(pl.col("height") > 1000))
    assert (empty.n_rows, len(empty.columns)) == (0, 6)


@pytest.mark.slow
def test_partitions_of_dask_are_profiled_and_merged():
    import dask.dataframe as dd

    made = frame()
    whole = profile(made)
    parts = dd.from_pandas(made, npartitions=8).to_delayed()
    import dask

    done = dask.compute(*[dask.delayed(profile_part)(part, whole) for part in parts], scheduler="threads")
    merged = done[0]
    for part in done[1:]:
        merged = merge_profiles(merged, part)
    for name, column in columns(merged).items():
        expected = columns(whole)[name].numbers
        assert expected is None or apart_from_rounding(column.numbers, expected)


def test_histograms_add_up():
    for column in profile(frame()).columns:
        if column.numbers:
            bars = histogram(column.numbers, 7)
            assert sum(count for _, _, count in bars) == column.numbers.n
            assert (bars[0][0], bars[-1][1]) == (column.numbers.minimum, column.numbers.maximum)
    extreme = profile(np.array([-1e308, 0, 1e308])).columns[0].numbers
    assert [count for _, _, count in histogram(extreme, 3)] == [1, 1, 1]
    one = Distribution(3, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0, (5.0,), (3,), is_complete=True)
    assert histogram(one) == ((5.0, 5.0, 3),)
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(one, 1.5)


def test_shapes_of_many_texts_count_all_rows():
    texts = [f"user{place}" for place in range(60_000)]
    text = profile(pd.DataFrame({"s": texts})).columns[0].text
    assert dict(text.patterns) == {"a+9+": pytest.approx(59_990, abs=3), "a+9": pytest.approx(10, abs=3)}
