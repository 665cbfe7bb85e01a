"""FAULTS E1-E5 for the identity of data: every awkward frame has one, or is refused by column and type."""

from __future__ import annotations

import datetime as dt
import enum
import fractions
import io
import json
import re
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlops_jupyter.data import changes, fingerprint
from mlops_jupyter.errors import UnsupportedError


def objects(*values):
    return pd.DataFrame({"x": pd.Series(list(values), dtype=object)})


def works(frame):
    """Whatever the frame: an id that a copy has too, a row hash per row, and a comparison with itself."""
    found = fingerprint(frame, rows=True)
    version = found.version
    again = fingerprint(frame.copy(), rows=True)
    assert again.version.id == version.id
    assert again.row_hashes.tolist() == found.row_hashes.tolist()
    assert (version.n_rows, version.n_columns) == frame.shape
    assert len(found.row_hashes) == len(frame)
    names = [column["name"] for column in json.loads(version.columns_json)]
    assert len(names) == len(set(names)) == frame.shape[1]
    assert changes("x", "input", version, again.version).state == "unchanged"
    return {column["name"]: column["type"] for column in json.loads(version.columns_json)}


E1 = {
    "repeated": pd.DataFrame([[1, 2, 3]], columns=["a", "a", "a (2)"]),
    "levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", None)])),
    "integers": pd.DataFrame([[1, 2]]),
    "mixed": pd.DataFrame(
        [[1, 2, 3, 4, 5, 6]], columns=[0, None, np.nan, ("x", 1), "0", pd.Timestamp("2024")]
    ),
    "bytes and floats": pd.DataFrame([[1, 2]], columns=[b"a", 1.5]),
    "categories": pd.DataFrame([[1, 2]], columns=pd.CategoricalIndex(["a", "b"])),
}


@pytest.mark.parametrize("case", E1)
def test_E01_names_of_every_kind(case):
    works(E1[case])


def test_E01_repeated_names_are_shown_once_each():
    assert list(works(E1["repeated"])) == ["a", "a (2)", "a (2) (2)"]


TYPES = (
    "int8",
    "str",
    "boolean",
    "datetime64[ns, UTC]",
    "period[M]",
    "interval",
    "Sparse[int]",
    "complex",
    object,
)
E2 = {
    "nothing": pd.DataFrame(),
    "no columns": pd.DataFrame(index=range(4)),
    "no rows": pd.DataFrame({str(kind): pd.Series([], dtype=kind) for kind in TYPES}),
    "no rows and levels": pd.DataFrame({"c": pd.Categorical([])}),
    "one row": pd.DataFrame({"a": [1]}),
    "all missing": pd.DataFrame({
        "a": [None, None],
        "b": [np.nan, np.nan],
        "c": pd.Series([None, None], dtype="str"),
        "d": pd.array([None, None], dtype="Int64"),
        "e": pd.Categorical([None, None]),
        "f": [pd.NaT, pd.NaT],
    }),
    "constant": pd.DataFrame({"a": [7] * 5}),
}  # fmt: skip


@pytest.mark.parametrize("case", E2)
def test_E02_empty_missing_and_constant(case):
    works(E2[case])


def test_E03_extreme_numbers():
    frame = pd.DataFrame({
        "inf": [np.inf, -np.inf, np.nan],
        "large": [1e308, -1e308, 0],
        "subnormal": [5e-324, -0.0, 1e300],
        "uint64": np.array([2**64 - 1, 0, 1], np.uint64),
        "2**70": [2**70, -(2**70), 1],
        "huge": pd.Series([10**5000, 1, 2], dtype=object),
    })  # fmt: skip
    types = works(frame)
    assert (types["uint64"], types["2**70"]) == ("uint64", "object")


E4 = {
    "Int64": pd.array([1, None], dtype="Int64"),
    "boolean": pd.array([True, None], dtype="boolean"),
    "string": pd.array(["a", None], dtype="string"),
    "arrow": pd.array([[1], None], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    "sparse": pd.arrays.SparseArray([0, 0, 1]),
    "ordered": pd.Categorical(["a", "b"], ["b", "a"], ordered=True),
    "unused levels": pd.Categorical(["a", None], ["z", "a"]),
    "levels of numbers": pd.Categorical([1.5, 2.5]),
    "levels of mixed objects": pd.Categorical([1, "a"]),
    "levels of intervals": pd.cut([1, 2, 3], 3),
    "levels of times": pd.Categorical(pd.date_range("2024", periods=2, tz="UTC")),
    "period": pd.period_range("2024-01", periods=2, freq="M").array,
    "interval": pd.arrays.IntervalArray.from_tuples([(0, 1), None]),
    "interval of times": pd.interval_range(pd.Timestamp("2024", tz="UTC"), periods=2).array,
    "timedelta": pd.to_timedelta([1, None], unit="h").array,
    "summer time": pd.date_range("2024-10-27 00:00", periods=5, freq="h", tz="Europe/Berlin").array,
    "fixed offset": pd.to_datetime(["2024-01-01T00:00+05:30", None]).array,
    "complex": np.array([1 + 2j, complex(np.nan, 1)]),
    "bytes": pd.array([b"a", None], dtype=object),
    "Decimal": pd.array([Decimal("1.1"), None, Decimal("1E+3")], dtype=object),
    "Decimal NaN": pd.array([Decimal("NaN"), Decimal("Infinity")], dtype=object),
}


@pytest.mark.parametrize("kind", E4)
def test_E04_types_of_every_kind(kind):
    works(pd.DataFrame({"x": E4[kind]}))


def test_E04_the_hour_that_comes_twice_is_two_hours():
    twice = (
        pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30"])
        .tz_localize("UTC")
        .tz_convert("Europe/Berlin")
    )
    assert twice[0].replace(tzinfo=None) == twice[1].replace(tzinfo=None)
    hashes = fingerprint(pd.Series(twice), rows=True).row_hashes
    assert hashes[0] != hashes[1]


CYCLE: list = []
CYCLE.append(CYCLE)
DEEP: list = []
for _ in range(3000):
    DEEP = [DEEP]

E5 = {
    "lists": objects([1], [1, "a"], None),
    "even lists": objects([1], [2, 3], []),
    "dicts": objects({"a": 1}, {"b": 2}, {}),
    "nested dicts": objects({"a": {"b": [1]}}, {"a": {"b": []}}),
    "keys that are not text": objects({1: 2, None: 3, (1, 2): 4}),
    "arrays": objects(np.eye(2), np.arange(3), np.array(["a"]), np.array([1, "a"], dtype=object)),
    "even arrays": objects(np.arange(2), np.arange(3)),
    "mixed": objects(1, "1", 1.0, True, None, float("nan"), pd.NaT, pd.NA, b"1"),
    "unhashable": objects({1, 2}, [3], {"a": 4}, bytearray(b"x")),
    "sets": objects({3, 1, "a"}, frozenset([1])),
    "surrogates": objects("\ud800", "a"),
    "uuids and fractions": objects(uuid.UUID(int=1), fractions.Fraction(1, 3), range(3)),
    "numpy scalars": objects(np.int64(1), np.float32(2), np.bool_(True), np.datetime64("2024"), np.str_("a")),
    "times": objects(dt.timedelta(1), pd.Timedelta(1), dt.time(1, tzinfo=dt.UTC), pd.Timestamp("2024")),
    "mixed zones": objects(pd.Timestamp("2024", tz="UTC"), pd.Timestamp("2024", tz="Asia/Tokyo")),
    "periods and intervals": objects(pd.Period("2024"), pd.Interval(0, 1)),
    "huge in lists": objects([2**70], [1]),
}


@pytest.mark.parametrize("case", E5)
def test_E05_objects_in_cells(case):
    works(E5[case])


class Colour(enum.Enum):
    RED = 1


REFUSED = {
    "frames": (objects(pd.DataFrame({"a": [1]})), "pandas.DataFrame"),
    "functions": (objects(len), "builtin_function_or_method"),
    "instances": (objects(1, io.StringIO()), "_io.StringIO"),
    "enums": (objects(Colour.RED), "Colour"),
    "subclasses": (objects(type("Meters", (int,), {})(3)), "Meters"),
    "cycles": (objects(CYCLE), "nested deeper than 200"),
    "depth": (objects(DEEP, 1), "nested deeper than 200"),
    "inside a list": (objects([1, len]), "builtin_function_or_method"),
    "long doubles": (pd.DataFrame({"x": np.zeros(2, np.longdouble)}), "astype"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_E05_what_has_no_canonical_form_is_refused_by_name(case):
    frame, reason = REFUSED[case]
    with pytest.raises(
        UnsupportedError, match=rf"column 'x' \(.+\) cannot be fingerprinted: .*{re.escape(reason)}"
    ):
        fingerprint(frame)
