from __future__ import annotations

import dataclasses
import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_jupyter.data.diff import diff
from mlops_jupyter.errors import NotFoundError, UnsupportedError, UsageError
from mlops_jupyter.records import ColumnProfile, Profile

NONE = Profile(0, ())
RNG = np.random.default_rng(0)
N = 2000
SHOP = pd.DataFrame(
    {
        "amount": RNG.normal(10, 2, N),
        "order_id": np.arange(N) + 5000,
        "shop": RNG.choice(["Aachen", "Bonn", "Köln"], N),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 30, N), unit="D"),
        "paid": RNG.random(N) < 0.9,
    }
)


def compare(before, after, **settings):
    """Compare without profiles, which have tests of their own."""
    return diff(before, after, **{"before_profile": NONE, "after_profile": NONE, **settings})


def edited(frame=SHOP):
    """Return the shop with 3 cells changed, 2 rows removed and 1 added."""
    after = frame.copy()
    after.loc[[7, 8], "amount"] += 1
    after.loc[8, "shop"] = "Ulm"
    after = after.drop(index=[0, 100])
    extra = frame.tail(1).assign(order_id=99_999)
    return pd.concat([after, extra], ignore_index=True)


# --- rows and cells -----------------------------------------------------------------------------


def test_rows_and_cells_are_counted_by_a_key_that_is_found():
    found = compare(SHOP, edited())
    assert (found.key, found.is_key_found) == (("order_id",), True)
    assert (found.rows_added, found.rows_removed, found.rows_changed, found.rows_same) == (1, 2, 2, 1996)
    assert {c.name: c.n_cells for c in found.columns} == {
        "amount": 2, "order_id": 0, "shop": 1, "day": 0, "paid": 0,
    }  # fmt: skip
    assert found.summary == "1 row added, 2 removed, 2 changed (3 cells in amount, shop)"
    assert (found.added_keys, found.removed_keys) == (("99999",), ("5000", "5100"))


def test_examples_name_key_and_values():
    changes = {(c.key, c.column): (c.before, c.after) for c in compare(SHOP, edited()).examples}
    assert set(changes) == {("5007", "amount"), ("5008", "amount"), ("5008", "shop")}
    assert changes["5008", "shop"] == (SHOP["shop"][8], "Ulm")
    before, after = changes["5007", "amount"]
    assert float(after) - float(before) == pytest.approx(1)


def test_examples_are_few_and_of_every_changed_column():
    after = SHOP.assign(amount=SHOP["amount"] * 2, shop=SHOP["shop"].where(SHOP.index < N - 1, "Ulm"))
    found = compare(SHOP, after)
    assert len(found.examples) == 20
    assert {one.column for one in found.examples} == {"amount", "shop"}
    assert found.columns[0].n_cells == N


LIBRARIES = {
    "pandas": lambda frame: frame,
    "nullable": lambda frame: frame.convert_dtypes(),
    "objects": lambda frame: frame.assign(shop=frame["shop"].astype(object)),
    "category": lambda frame: frame.assign(shop=frame["shop"].astype("category")),
    "small": lambda frame: frame.astype({"order_id": "int32"}),
    "polars": pl.from_pandas,
    "arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}


@pytest.mark.parametrize("after", LIBRARIES)
@pytest.mark.parametrize("before", ["pandas", "polars", "arrow"])
def test_any_pair_of_libraries_gives_the_same_answer(before, after):
    found = compare(LIBRARIES[before](SHOP), LIBRARIES[after](edited()))
    counts = (found.rows_added, found.rows_removed, found.rows_changed, found.rows_same)
    assert (found.key, counts) == (("order_id",), (1, 2, 2, 1996))
    assert {one.name for one in found.columns if one.n_cells} == {"amount", "shop"}


def test_the_same_content_is_known_from_the_fingerprint():
    found = compare(SHOP, pl.from_pandas(SHOP))
    assert (found.summary, found.rows_same, found.rows_changed) == ("the same content", N, 0)
    assert {one.state for one in found.columns} == {"same"}


def test_missing_equals_missing_and_negative_zero_is_another_value():
    before = pd.DataFrame({"id": range(4), "x": [np.nan, 1.0, 0.0, np.nan]})
    after = pd.DataFrame({"id": range(4), "x": [np.nan, np.nan, -0.0, 2.0]})
    assert [one.key for one in compare(before, after).examples] == ["1", "2", "3"]
    shown = {one.key: (one.before, one.after) for one in compare(before, after).examples}
    assert (shown["1"], shown["3"]) == (("1.0", "missing"), ("missing", "2.0"))
    assert [one.key for one in compare(before, after, tolerance=1e-12).examples] == ["1", "3"]


def test_a_tolerance_is_in_units_of_the_column():
    before = pd.DataFrame({"id": range(4), "x": [1.0, 1.0, np.inf, -np.inf], "n": [1, 2, 3, 4]})
    after = pd.DataFrame({"id": range(4), "x": [1.0 + 1e-9, 1.1, np.inf, np.inf], "n": [1, 2, 3, 5]})
    counts = [[c.n_cells for c in compare(before, after, tolerance=t).columns] for t in (0, 1e-6, 1)]
    assert counts == [[0, 3, 1], [0, 2, 1], [0, 1, 0]]
    with pytest.raises(UsageError, match="-1 is no distance"):
        compare(before, after, tolerance=-1)
    with pytest.raises(UsageError, match="'a' is no distance"):
        compare(before, after, tolerance="a")


cells = st.one_of(st.none(), st.integers(-2, 2))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 30), st.tuples(cells, st.sampled_from("abc")), max_size=20),
    st.dictionaries(st.integers(0, 30), st.tuples(cells, st.sampled_from("abc")), max_size=20),
)
def test_the_answer_is_that_of_looking_at_every_cell(before, after):
    frames = [
        pd.DataFrame(
            {
                "id": pd.array(list(rows), "Int64"),
                "n": pd.array([n for n, _ in rows.values()], "Int64"),
                "s": pd.array([s for _, s in rows.values()], "str"),
            }
        )
        for rows in (before, after)
    ]
    found = compare(*frames, key=["id"])
    both = before.keys() & after.keys()
    assert found.rows_added == len(after.keys() - both)
    assert found.rows_removed == len(before.keys() - both)
    assert found.rows_changed == sum(before[k] != after[k] for k in both)
    assert found.rows_same == sum(before[k] == after[k] for k in both)
    assert found.columns[1].n_cells == sum(before[k][0] != after[k][0] for k in both)


# --- keys ---------------------------------------------------------------------------------------


def test_several_columns_name_a_row_together():
    one = pd.DataFrame(
        [(day, shop) for day in range(30) for shop in ("a", "b", "c")], columns=["day", "shop"]
    )
    one = one.assign(region="north", sales=RNG.integers(0, 9, 90))
    other = one.assign(sales=one["sales"].where(one.index != 4, -1)).sample(frac=1, random_state=0)
    found = compare(one, other.reset_index(drop=True))
    assert (found.key, found.rows_changed, found.is_reordered) == (("day", "shop"), 1, True)
    assert found.examples[0].key == "day=1, shop=b"
    assert found.summary == "1 row changed (1 cell in sales), rows in another order"


def test_the_index_is_a_key_also_against_one_that_only_counts():
    kept = SHOP.drop(columns="order_id")
    found = compare(kept, kept[kept["paid"]])
    assert (found.key, found.rows_removed, found.rows_changed) == (("index",), int((~kept["paid"]).sum()), 0)


def test_indexes_of_other_kinds_are_no_key():
    kept = pd.DataFrame({"x": RNG.random(50)})
    found = compare(kept.set_index(kept.index.astype(str)), kept[5:])
    assert (found.key, found.rows_removed, found.rows_same) == ((), 5, 45)


def test_floats_are_no_key():
    floats = pd.DataFrame(RNG.random((50, 3)), columns=list("xyz"))
    found = compare(floats, floats.assign(x=floats["x"] * 2))
    assert (found.key, found.rows_changed) == (("(position)",), 50)
    assert found.notes == ("no key was found: rows were matched by their position",)


def test_without_a_key_rows_count_as_a_whole():
    floats = np.round(RNG.random((500, 3)), 3)
    found = compare(floats, np.delete(floats, [3, 4, 5], axis=0))
    assert (found.key, found.rows_added, found.rows_removed, found.rows_changed) == ((), 0, 3, 0)
    assert found.summary == "3 rows removed"
    assert compare(floats, floats[::-1]).summary == "the same rows in another order"


def test_repeated_rows_without_a_key_count_as_often_as_they_stand():
    before, after = pd.DataFrame({"x": [1.5, 1.5, 2.5]}), pd.DataFrame({"x": [2.5, 3.5, 1.5, 3.5]})
    found = compare(before, after)
    assert (found.rows_added, found.rows_removed, found.rows_same) == (2, 1, 2)


def test_a_given_key_that_is_not_unique_names_its_repeats():
    twice = pd.concat([SHOP, SHOP[:2], SHOP[:1]])
    with pytest.raises(UsageError, match=r"key order_id does not .* in new: 5000 \(3×\), 5001 \(2×\); add"):
        compare(SHOP, twice, key=["order_id"], after_name="new")


def test_a_given_key_that_does_not_exist_names_near_ones():
    with pytest.raises(NotFoundError, match="no column 'orderid' in before; did you mean 'order_id'"):
        compare(SHOP, edited(), key=["orderid"])


def test_keys_of_kinds_that_cannot_be_compared_are_refused():
    with pytest.raises(UsageError, match="'order_id' is int64 in before and string in after"):
        compare(SHOP, edited().astype({"order_id": str}), key=["order_id"])


def test_a_key_of_another_width_and_kind_of_number_is_the_same_key():
    found = compare(SHOP, edited().astype({"order_id": "float64"}), key=["order_id"])
    assert (found.rows_added, found.rows_removed, found.rows_changed) == (1, 2, 2)


# --- columns ------------------------------------------------------------------------------------


def test_columns_added_removed_retyped_and_renamed_are_told():
    after = SHOP.rename(columns={"paid": "is_paid"}).assign(new=1, amount=SHOP["amount"].astype("float32"))
    found = compare(SHOP, after.drop(columns="day"))
    states = {one.name: one.state for one in found.columns}
    assert states == {
        "amount": "retyped", "order_id": "same", "shop": "same", "is_paid": "added", "new": "added",
        "day": "removed", "paid": "removed",
    }  # fmt: skip
    assert "paid is now called is_paid" in found.notes
    assert "2 columns added: is_paid, new, 2 columns removed: day, paid" in found.summary


def test_integers_that_became_floats_are_compared_as_numbers():
    before = pd.DataFrame({"id": range(3), "n": [1, 2, 3]})
    found = compare(before, pd.DataFrame({"id": range(3), "n": [1.0, np.nan, 3.0]}))
    column = found.columns[1]
    assert (column.state, column.type_before, column.type_after, column.n_cells) == (
        "retyped",
        "int64",
        "float64",
        1,
    )


def test_times_of_another_unit_and_zone_are_compared_as_instants():
    moments = pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin", unit="us")
    before = pd.DataFrame({"id": range(3), "t": moments})
    after = pd.DataFrame({"id": range(3), "t": moments.tz_convert("UTC").as_unit("ns")})
    after.loc[1, "t"] += pd.Timedelta("1ns")
    assert compare(before, after).columns[1].n_cells == 1


def test_other_levels_of_a_category_are_noted_and_change_no_cell():
    before = pd.DataFrame({"id": range(3), "c": pd.Categorical(list("aba"))})
    after = before.assign(c=before["c"].cat.add_categories(["z"]))
    found = compare(before, after)
    assert (found.columns[1].state, found.columns[1].n_cells, found.notes) == (
        "same",
        0,
        ("c has other levels",),
    )
    assert found.summary == "c has other levels"


def test_columns_in_another_order_and_another_index_are_noted():
    assert compare(SHOP, SHOP[SHOP.columns[::-1]]).summary == "columns in another order"
    found = compare(SHOP, SHOP.set_index(SHOP.index + 1), key=["order_id"])
    assert found.summary == "another index"


# --- awkward data -------------------------------------------------------------------------------

AWKWARD = {
    "duplicate names": pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"]),
    "names of all kinds": pd.DataFrame([[1, 2, 3.5]], columns=pd.Index([0, None, ("a", 1)], dtype=object)),
    "several levels of names": pd.DataFrame(
        [[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])
    ),
    "no rows": SHOP[:0],
    "no columns": pd.DataFrame(index=range(3)),
    "nothing": pd.DataFrame(),
    "one row": SHOP[:1],
    "all missing": pd.DataFrame({"x": [None, None], "y": [np.nan, np.nan]}),
    "constant": pd.DataFrame({"x": [1.0] * 5}),
    "nested": pd.DataFrame({"x": [[1], [2, 3], None], "d": [{"a": 1}, {"a": 2}, None]}),
    "mixed": pd.DataFrame({"x": [1, "1", 1.0, None, True]}),
    "big numbers": pd.DataFrame({"x": [2**64 - 1, 0], "f": [1e308, 5e-324]}),
    "times": pd.DataFrame({"t": [dt.time(1), dt.time(2)], "s": pd.to_timedelta([1, 2], unit="s")}),
    "periods": pd.DataFrame({"p": pd.period_range("2024", periods=2), "i": pd.interval_range(0, 2)}),
    "several index levels": SHOP.set_index(["shop", "order_id"]),
    "array": RNG.random((4, 2)),
    "vector": np.arange(5),
    "images": RNG.integers(0, 255, (6, 4, 4)),
    "sparse": scipy.sparse.eye_array(5, format="csr"),
    "series": SHOP["shop"],
    "polars": pl.DataFrame({"x": [[1], [2]], "e": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"]))}),
    "polars series": pl.Series("x", [1, 2]),
    "arrow array": pa.chunked_array([["a", None], ["b"]]),
    "record batch": pa.record_batch({"x": [1, 2]}),
}


@pytest.mark.parametrize("after", AWKWARD)
def test_awkward_data_are_compared_with_all_others(after):
    for before in AWKWARD.values():
        found = compare(before, AWKWARD[after])
        assert found.summary
        assert sum(c.state != "removed" for c in found.columns) == len(
            json.loads(found.after_version.columns_json)
        )


@pytest.mark.parametrize("name", [name for name, data in AWKWARD.items() if "no" not in name])
def test_awkward_data_without_a_row_have_lost_one(name):
    data = AWKWARD[name]
    if not hasattr(data, "shape") or data.shape[0] < 2:
        return
    after = data.iloc[1:] if hasattr(data, "iloc") else data[1:]
    found = compare(data, after)
    assert found.rows_removed - found.rows_added == 1


def test_what_is_no_data_is_refused():
    with pytest.raises(UnsupportedError, match=r"new is a builtins\.list, not a table"):
        compare(SHOP, [1, 2], after_name="new")


# --- shifts and privacy -------------------------------------------------------------------------


def test_the_distribution_that_shifted_is_named():
    after = SHOP.assign(amount=SHOP["amount"] + 3)
    found = diff(SHOP, after)
    shifts = {one.name: one.shift for one in found.columns}
    assert (shifts["amount"].level, shifts["shop"]) == ("material", None)
    assert found.columns[0].before.numbers.maximum < found.columns[0].after.numbers.maximum
    assert found.summary.startswith(
        "2,000 rows changed (2,000 cells in amount), distribution shifted in amount (med"
    )


def test_shifts_of_large_data_are_seen_in_a_sample():
    before = pd.DataFrame({"x": RNG.normal(size=120_000)})
    found = diff(before, before + 0.5)
    assert found.columns[0].shift.level == "material"
    assert found.columns[0].shift.n_before == 50_000


def test_values_that_are_sensitive_are_not_shown():
    found = compare(SHOP, edited(), sensitive=["shop"])
    shown = {one.column: one.after for one in found.examples}
    assert (shown["shop"], found.notes) == ("•••", ("values are not shown of shop",))
    assert float(shown["amount"]) > 0
    hidden = compare(SHOP, edited(), sensitive=["order_id"])
    assert ({one.key for one in hidden.examples}, hidden.added_keys) == ({"row 6", "row 7"}, ("row 1,998",))


def test_values_of_sensitive_columns_are_in_no_shift_either():
    after = SHOP.assign(shop=SHOP["shop"].replace("Bonn", "Ulm"))
    column = next(c for c in diff(SHOP, after, sensitive=["shop"]).columns if c.name == "shop")
    assert (column.shift.level, column.after.personal) == ("material", "sensitive")
    assert not any(name in str(column) for name in ("Ulm", "Bonn", "Aachen", "Köln"))


def test_values_of_columns_with_personal_data_are_not_shown():
    people = Profile(N, (ColumnProfile("shop", 2, "string", "text", N, personal="name"),))
    found = compare(SHOP, edited(), before_profile=people)
    assert {one.after for one in found.examples if one.column == "shop"} == {"•••"}


def test_a_version_that_is_known_is_not_computed_again():
    found = compare(SHOP, edited())
    version = dataclasses.replace(found.before_version, created_at="then")
    assert compare(SHOP, edited(), before_version=version).before_version is version


MAILS = [f"ada{place}@example.org" for place in range(40)]


def test_keys_with_personal_data_are_not_shown_where_only_rows_are_gone():
    people = pd.DataFrame({"contact": MAILS, "n": range(40)})
    for after, key in ((people.iloc[:0], ["contact"]), (people.iloc[:30], ["contact"])):
        found = diff(people, after, key=key)
        rows = tuple(f"row {place}" for place in range(len(after), 40))[:20]
        assert (found.rows_removed, found.removed_keys) == (40 - len(after), rows)


def test_an_index_with_personal_data_is_not_shown():
    people = pd.DataFrame({"n": range(40)}, index=pd.Index(MAILS, name="who"))
    found = diff(people, people.iloc[:30])
    rows = tuple(f"row {place}" for place in range(30, 40))
    assert (found.key, found.removed_keys, "who" in found.notes[-1]) == (("who",), rows, True)


def test_a_message_about_repeated_keys_shows_no_personal_value():
    people = pd.DataFrame({"contact": [*MAILS, MAILS[0]], "code": [*range(40), 0]})
    with pytest.raises(UsageError, match=r"contact .*row 0 \(2×\)"):
        diff(people, people.assign(code=1), key=["contact"])
    with pytest.raises(UsageError, match=r"code .*row 0 \(2×\)"):
        diff(people, people.assign(x=1), key=["code"], sensitive=["code"])
