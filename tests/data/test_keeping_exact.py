"""What is kept comes back as it was: every dtype, index, name and missing value of every library."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import hypothesis.extra.numpy as hnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_jupyter.data import keep, restore
from mlops_jupyter.errors import IntegrityError, NotFoundError, UnsupportedError

quick = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
HERE = Path(__file__).parent


def _module(path):
    spec = importlib.util.spec_from_file_location(f"keeping_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sameness = _module(HERE / "sameness.py")
SAMPLES = _module(HERE / "samples.py").SAMPLES
tables = _module(HERE / "test_fingerprint_equal.py").tables
AWKWARD = _module(HERE.parent / "faults" / "test_E_frames.py")


def returns(data):
    """Keep it, restore it, and be strict."""
    sameness.assert_same(sameness.there_and_back(data), data)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_of_every_type(name):
    returns(SAMPLES[name])


ZOO = {
    **{f"E1 {name}": frame for name, frame in AWKWARD.E1.items()},
    **{f"E2 {name}": frame for name, frame in AWKWARD.E2.items()},
    **{f"E4 {name}": pd.DataFrame({"x": values}) for name, values in AWKWARD.E4.items()},
    **{f"E5 {name}": frame for name, frame in AWKWARD.E5.items()},
}


@pytest.mark.parametrize("case", ZOO)
def test_awkward_frames(case):
    returns(ZOO[case])


# --- pandas -----------------------------------------------------------------------------------

NINE = pd.DataFrame({"a": range(9)})
DAYS = pd.date_range("2024-01-01", periods=9, freq="D", tz="Europe/Berlin", name="day")
INDEXES = {
    "steps": pd.RangeIndex(10, 100, 10),
    "backwards": pd.RangeIndex(8, -1, -1, name="n"),
    "numbers that count": pd.Index(np.arange(9)),
    "small numbers": pd.Index(np.arange(9), dtype="uint8", name=("a", 1)),
    "text": pd.Index(list("abcdefghi"), name=None),
    "objects": pd.Index([1, "a", None, 2.5, True, b"x", (1, 2), "b", 3], dtype=object),
    "text as objects": pd.Index(list("abcdefghi"), dtype=object),
    "days with frequency": DAYS,
    "days without": pd.DatetimeIndex([*DAYS[:8], pd.NaT]),
    "spans": pd.timedelta_range("1h", periods=9, freq="h"),
    "periods": pd.period_range("2024-01", periods=9, freq="M", name="month"),
    "intervals": pd.interval_range(0, 9),
    "categories": pd.CategoricalIndex(list("abcabcabc"), ["c", "b", "a", "z"], ordered=True),
    "nullable": pd.Index([1, None, *range(7)], dtype="Int16"),
    "levels": pd.MultiIndex.from_product([["x", "y", "z"], [1, 2, 3]], names=["letter", None]),
    "unused levels": pd.MultiIndex.from_product([["x", "y"], range(9)], names=["u", 7])[::2],
    "repeated": pd.Index(["a"] * 9),
    "missing level": pd.MultiIndex.from_arrays([[None, "a"] * 4 + ["b"], DAYS]),
}


@pytest.mark.parametrize("name", INDEXES)
def test_indexes(name):
    returns(NINE.set_axis(INDEXES[name], axis=0))
    returns(INDEXES[name])


NAMES = {
    "levels": pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["x", "y"]),
    "counted": pd.RangeIndex(0, 6, 2),
    "days": pd.date_range("2024", periods=3, name="day"),
    "missing": pd.Index(["a", None, np.nan], dtype=object),
    "repeated": pd.Index(["a", "a", "b"], name="names"),
    "floats": pd.Index([1.5, float("inf"), -0.0]),
    "intervals": pd.interval_range(0, 3),
    "surrogates": pd.Index(["\ud800", "ü", ""], dtype=object),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_columns(name):
    returns(pd.DataFrame(np.eye(3), columns=NAMES[name]))


def _column(values, dtype=None):
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


def _backed(values):
    return _column(pd.arrays.ArrowExtensionArray(values))


COLUMNS = {
    "text in Python objects": _column(["a", None, float("nan"), "b"], object),
    "text and NaN in objects": _column(["a", float("nan"), float("nan")], object),
    "text and NA in objects": _column(["a", pd.NA], object),
    "text and None in objects": _column(["a", None], object),
    "integers and None in objects": _column([1, None], object),
    "floats and None in objects": _column([1.5, float("nan"), None], object),
    "numpy scalars in objects": _column([np.float64(1), np.int64(2)], object),
    "vectors": _column([np.arange(3.0), None, np.array([]), np.array([-0.0, np.nan])], object),
    "vectors of booleans": _column([np.array([True]), np.array([], bool)], object),
    "vectors of two dtypes": _column([np.arange(3), np.arange(2, dtype="i2")], object),
    "vectors and matrices": _column([np.arange(3), np.eye(2)], object),
    "nothing but None": _column([None, None], object),
    "str": _column(["a", None, "ü"], "str"),
    "str without pyarrow": _column(["a", None], pd.StringDtype("python", na_value=np.nan)),
    "string of python": _column(["a", None], pd.StringDtype("python")),
    "string of pyarrow": _column(["a", None], pd.StringDtype("pyarrow")),
    "Float64 with NaN and NA": pd.DataFrame({
        "x": pd.arrays.FloatingArray(np.array([1.0, np.nan, 2.0]), np.array([False, False, True]))}),
    "big-endian": _column(np.array([1, 2], ">i4")),
    "big-endian floats": _column(np.array([1.5, -0.0, np.nan], ">f8")),
    "float16": _column(np.array([1.5, np.nan, 65504], "f2")),
    "minus zero and NaN": _column([-0.0, 0.0, np.nan, np.inf]),
    "complex64": _column(np.array([1 + 2j, complex(0.0, -0.0)], "c8")),
    "every unit": pd.DataFrame({unit: pd.to_datetime(["2024-01-01", None]).astype(f"M8[{unit}]")
                                for unit in ("s", "ms", "us", "ns")}),
    "far seconds": _column(np.array(["-20000-01-01", "20000-01-01"], "M8[s]")),
    "zones": pd.DataFrame({
        "berlin": pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30", None]).tz_localize("UTC")
        .tz_convert("Europe/Berlin"),
        "utc": pd.to_datetime(["2024", "2025", None], utc=True),
        "zoneinfo utc": pd.to_datetime(["2024", "2025", None]).tz_localize(ZoneInfo("UTC")),
        "offset": pd.to_datetime(["2024", "2025", None]).tz_localize(dt.timezone(dt.timedelta(minutes=330))),
        "seconds": pd.to_datetime(["2024", "2025", None]).tz_localize("Asia/Tokyo").as_unit("s")}),
    "periods of weeks": _column(pd.PeriodIndex(["2024-01-01", None], freq="W-SUN")),
    "periods of many": _column(pd.PeriodIndex(["2024-01-01", "2024-01-08"], freq="2D")),
    "intervals of times": _column(pd.arrays.IntervalArray.from_breaks(DAYS[:3], closed="both")),
    "sparse blocks": _column(pd.arrays.SparseArray([0.0, 0.0, 1.5, np.nan], fill_value=0.0, kind="block")),
    "sparse with NaN": _column(pd.arrays.SparseArray([np.nan, 1.0])),
    "sparse booleans": _column(pd.arrays.SparseArray([True, False, False], fill_value=False)),
    "category of text as objects": _column(pd.Categorical(["b", None], pd.Index(["b", "a"], dtype=object))),
    "category of days": _column(pd.Categorical.from_codes([1, -1, 0], DAYS[:3], ordered=True)),
    "category of many levels": _column(pd.Categorical([f"level {n:09}" for n in range(900)])),
    "arrow dictionary": _backed(pa.array(["b", "a", None]).dictionary_encode()),
    "arrow of small text": _backed(pa.array(["b", None], pa.string())),
    "arrow of structs": _backed(pa.array([{"a": [1, None]}, None])),
    "decimals": _column([Decimal("1.10"), None, Decimal("NaN")], object),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_pandas(name):
    returns(COLUMNS[name])
    returns(COLUMNS[name].iloc[:, 0])
    returns(COLUMNS[name].iloc[:0])


def test_attrs_and_flags():
    frame = NINE.copy()
    frame.attrs = {"source": "sensor", 1: (2, {3}), "when": pd.Timestamp("2024", tz="UTC")}
    frame.flags.allows_duplicate_labels = False
    returns(frame)
    frame.attrs["how"] = len
    with pytest.raises(UnsupportedError, match=r"attrs .*builtin_function_or_method"):
        keep(frame)


@pytest.mark.parametrize("library", ["pytz", "dateutil"])
def test_time_zones_of_other_libraries(library):
    if library == "pytz":
        zone = pytest.importorskip("pytz").timezone("America/New_York")
    else:
        zone = pytest.importorskip("dateutil.tz").gettz("America/New_York")
    frame = pd.DataFrame({"t": pd.to_datetime(["2024-03-10", None]).tz_localize(zone)})
    returns(frame)
    assert type(sameness.there_and_back(frame)["t"].dt.tz).__module__ == type(frame["t"].dt.tz).__module__


# --- the other libraries ----------------------------------------------------------------------

META = pa.schema(
    [
        pa.field("a", pa.int64(), nullable=False, metadata={"unit": "m"}),
        pa.field("b", pa.list_(pa.field("thing", pa.int8(), nullable=False))),
        pa.field("c", pa.struct([pa.field("x", pa.string(), nullable=False, metadata={"k": "v"})])),
    ],
    metadata={"owner": "Ö"},
)
CODES = pa.array([1, None, 0], pa.int8())
LEVELS = pa.dictionary(pa.int8(), pa.string())
ARROW = {
    "metadata": pa.table({"a": [1, 2], "b": [[1], None], "c": [{"x": "y"}, {"x": "z"}]}, schema=META),
    "batch": pa.record_batch({"a": [1, 2], "b": [[1], None], "c": [{"x": "y"}, {"x": "z"}]}, schema=META),
    "repeated names": pa.table([[1], [2]], names=["a", "a"]),
    "no columns": pa.table({"a": [1, 2, 3]}).select([]),
    "no rows": pa.table({"a": pa.array([], pa.int8()), "b": pa.array([], LEVELS)}),
    "seconds": pa.table({"t": pa.array([0, -(10**10), None], pa.timestamp("s", "UTC"))}),
    "days in milliseconds": pa.chunked_array([pa.array([0, 86_400_000, None], pa.date64())]),
    "seconds of the day": pa.array([1, None], pa.time32("s")),
    "dictionary in a list": pa.array([["a"], None], pa.list_(LEVELS)),
    "dictionaries that differ": pa.chunked_array(
        [pa.array(["a"]).dictionary_encode(), pa.array(["b"]).dictionary_encode()]
    ),
    "ordered dictionary": pa.DictionaryArray.from_arrays(CODES, ["z", "y", "x"], ordered=True),
    "views": pa.array(["a", None], pa.string_view()),
    "large lists": pa.array([[1.5, None], None, []], pa.large_list(pa.float64())),
    "fixed bytes": pa.array([b"ab", None], pa.binary(2)),
    "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    "null in struct": pa.array([{"a": None}], pa.struct([("a", pa.null())])),
    "slice": pa.array([[1], [2, 3], None, [4]], pa.list_(pa.int8())).slice(1, 2),
    "small decimal": pa.array([Decimal("1.10"), None], pa.decimal128(3, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", ARROW)
def test_arrow(name):
    returns(ARROW[name])


MOMENT = dt.datetime.fromisoformat("2024-01-01")
POLARS = {
    "categories": pl.DataFrame({"c": pl.Series(["b", None, "a"], dtype=pl.Categorical)}),
    "enum": pl.DataFrame({"e": pl.Series(["x", None], dtype=pl.Enum(["y", "x", "z"]))}),
    "nested": pl.DataFrame({"l": pl.Series([["b"], None], dtype=pl.List(pl.Categorical)),
                            "a": pl.Series([[1, 2], None], dtype=pl.Array(pl.Int8, 2)),
                            "s": [{"x": 1, "y": ["a"]}, None]}),
    "times": pl.DataFrame({"d": [dt.date(2024, 1, 1), None], "t": [dt.time(1), None],
                           "s": [dt.timedelta(1), None],
                           "z": pl.Series([MOMENT, None]).dt.replace_time_zone("Europe/Berlin")}),
    "NaN and null": pl.DataFrame({"f": [1.0, float("nan"), None]}),
    "objects": pl.DataFrame({"a": [1, 2], "o": pl.Series([{1, 2}, None], dtype=pl.Object), "b": ["x", None]}),
    "series of objects": pl.Series("o", [{1}, None], dtype=pl.Object),
    "decimals": pl.DataFrame({"d": pl.Series([Decimal("1.10"), None])}),
    "empty": pl.DataFrame(),
    "nothing known": pl.Series("n", [None, None]),
    "series": pl.Series("", [1, None], dtype=pl.UInt16),
}  # fmt: skip


@pytest.mark.parametrize("name", POLARS)
def test_polars(name):
    returns(POLARS[name])


@quick
@given(
    hnp.arrays(
        hnp.scalar_dtypes() | hnp.unicode_string_dtypes() | hnp.byte_string_dtypes(),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
    )
)
def test_arrays_of_every_dtype_and_shape(array):
    if array.dtype.char in "gG":
        return
    found = sameness.there_and_back(array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tobytes() == array.tobytes() or np.array_equal(found, array, equal_nan=True)


FIELDS = np.dtype([("a", "i4"), ("b", "f8", 2), ("c", [("d", ">i2"), ("e", "U2")])], align=True)
NUMPY = {
    "column-major": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "wide": np.arange(1200, dtype="i2").reshape(2, 600),
    "structured": np.array([[(1, [2.5, 3], (4, "x"))]], FIELDS),
    "objects": np.array([[1, "a"], [None, (1, 2)]], dtype=object),
    "string dtype": np.array(["a", "b" * 40], np.dtypes.StringDType()),
    "days": np.array(["2024-01-01", "NaT"], "M8[D]"),
    "steps of 25 s": np.array([1, 2], "m8[25s]"),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMPY)
def test_numpy(name):
    found = sameness.there_and_back(NUMPY[name])
    sameness._same_numpy(found, NUMPY[name])
    assert found.flags.f_contiguous == NUMPY[name].flags.f_contiguous


def test_masked_and_record_arrays():
    masked = np.ma.MaskedArray([1.5, 2.5, 3.5], mask=[0, 1, 0], fill_value=-1.0)
    found = sameness.there_and_back(masked)
    assert found.fill_value == -1.0
    assert found.tolist() == [1.5, None, 3.5]
    records = np.rec.array([(1, "a")], dtype=[("x", "i4"), ("y", "U1")])
    assert sameness.there_and_back(records).y[0] == "a"


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"])
def test_sparse_matrices(form, kind):
    dense = np.array([[0, 1.5, 0, 0], [0, 0, 0, 2], [3, 0, 0, 0], [0, 0, 0, 4]])
    matrix = getattr(sp, f"{form}_{kind}")(dense)
    returns(matrix)
    found = sameness.there_and_back(matrix)
    np.testing.assert_array_equal(found.toarray(), dense)


# --- any frame --------------------------------------------------------------------------------

_plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
    | st.uuids()
)
_cells = st.recursive(
    _plain | st.decimals() | st.fractions() | st.complex_numbers() | st.times() | st.timedeltas()
    | st.datetimes(timezones=st.none() | st.timezones()),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    | st.frozensets(_plain, max_size=3),
    max_leaves=6,
)  # fmt: skip


@quick
@given(
    st.lists(_cells, max_size=6),
    st.lists(st.text(max_size=3) | st.integers() | st.none(), min_size=1, max_size=3),
)
def test_objects_of_any_kind_under_any_names(values, names):
    columns = [pd.Series(values, dtype=object) for _ in names]
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    frame.columns = pd.Index(names, dtype=object)
    returns(frame)


def every_library(table):
    """The same content as Arrow, polars, Arrow-backed pandas and plain pandas."""
    return table, pl.from_arrow(table), table.to_pandas(types_mapper=pd.ArrowDtype), table.to_pandas()


@quick
@given(tables())
def test_tables_of_all_types_in_every_library(table):
    for data in every_library(table):
        returns(data)


@pytest.mark.slow
@settings(quick, max_examples=2000)
@given(tables(max_rows=30))
def test_two_thousand_tables(table):
    for data in every_library(table):
        returns(data)


# --- from one library to another, and some columns ----------------------------------------------

PLAIN = pd.DataFrame({
    "n": [1, 2, 3], "f": [1.5, np.nan, -0.0], "s": ["a", None, "b"], "b": [True, False, True],
    "c": pd.Categorical(["x", None, "y"]), "t": pd.to_datetime(["2024", None, "2025"], utc=True),
    "N": pd.array([1, None, 3], dtype="Int64"),
})  # fmt: skip


@pytest.mark.parametrize("target", ["pandas", "polars", "arrow"])
@pytest.mark.parametrize("source", ["pandas", "polars", "arrow"])
def test_equal_content_in_every_library(source, target):
    data = {"pandas": PLAIN, "polars": pl.from_pandas(PLAIN), "arrow": pa.Table.from_pandas(PLAIN)}[source]
    found = sameness.there_and_back(data, as_=target)
    assert type(found).__module__.startswith({"arrow": "pyarrow"}.get(target, target))
    assert sameness.fingerprint(found).version.id == sameness.fingerprint(PLAIN).version.id


def test_polars_has_no_index_so_it_becomes_columns_unless_it_only_numbers_rows():
    def names(frame):
        return sameness.there_and_back(frame, as_="polars").columns

    plain = list(PLAIN.columns)
    assert names(PLAIN.set_index("n")) == plain
    assert names(PLAIN[PLAIN["n"] != 2]) == names(PLAIN.set_axis([7, 1, 3])) == plain
    assert names(PLAIN.set_axis(["x", "y", "z"])) == ["index", *plain]
    assert names(PLAIN.set_axis(pd.MultiIndex.from_product([["x"], [1, 2, 3]]))) == [
        "level_0",
        "level_1",
        *plain,
    ]


def test_another_library_that_cannot_hold_it_says_so():
    with pytest.raises(UnsupportedError, match=r"cannot be returned as polars.*leave as_ out"):
        sameness.there_and_back(pd.DataFrame({"x": [1 + 2j]}), as_="polars")


@pytest.mark.parametrize(
    "data", [PLAIN, pl.from_pandas(PLAIN), pa.Table.from_pandas(PLAIN)], ids=["pandas", "polars", "arrow"]
)
def test_some_columns_in_the_order_asked_for(data):
    found = sameness.there_and_back(data, columns=["t", "n"])
    expected = data.select(["t", "n"]) if hasattr(data, "select") else data[["t", "n"]]
    sameness.assert_same(found, expected)


def test_a_column_that_does_not_exist():
    with pytest.raises(NotFoundError, match="no column 'price'"):
        sameness.there_and_back(PLAIN, columns=["price"])


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", AWKWARD.REFUSED)
def test_what_needs_pickle_is_refused_by_the_name_of_the_column(case):
    frame, _ = AWKWARD.REFUSED[case]
    with pytest.raises(UnsupportedError, match=r"column 'x' \(.+\) cannot be kept"):
        keep(frame)


def test_other_objects_and_plans_are_refused():
    for obj in ([1, 2], pl.LazyFrame({"a": [1]}), "text"):
        with pytest.raises(UnsupportedError, match="cannot be kept as data"):
            keep(obj)


def test_missing_pieces_and_unknown_manifests_are_said():
    kept = keep(PLAIN)
    with pytest.raises(IntegrityError, match="1 pieces are missing"):
        restore(kept.manifest, kept.pieces[:-1])
    with pytest.raises(IntegrityError, match="format 9"):
        restore({**kept.manifest, "format": 9}, kept.pieces)
    text = json.dumps(keep(pd.DataFrame({"x": pd.Series([(1,), 2], dtype=object)})).manifest)
    assert "pickle" not in text
