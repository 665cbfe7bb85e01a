"""Equal data have equal ids, in whatever library and layout."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from decimal import Decimal

import hypothesis.extra.numpy as hnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from blake3 import blake3
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from xxhash import xxh3_128_digest

from mlops_jupyter.data import fingerprint

quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)


def identity(data):
    return fingerprint(data, rows=False).version.id


def rows(data):
    return fingerprint(data, rows=True).row_hashes.tolist()


def through_parquet(data):
    buffer = io.BytesIO()
    if isinstance(data, pd.DataFrame):
        data.to_parquet(buffer)
        return pd.read_parquet(io.BytesIO(buffer.getvalue()))
    pq.write_table(data, buffer)
    return pq.read_table(io.BytesIO(buffer.getvalue()))


# --- any frame in any library ------------------------------------------------------------------


def january(year):
    return dt.datetime.fromisoformat(f"{year}-01-01")


VALUES = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.uint16(): st.integers(0, 65535),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    pa.binary(): st.binary(max_size=5),
    pa.timestamp("us"): st.datetimes(january(1700), january(2200)),
    pa.timestamp("us", "Europe/Berlin"): st.datetimes(january(1900), january(2100)).map(
        lambda moment: moment.replace(tzinfo=dt.UTC)
    ),
    pa.duration("us"): st.timedeltas(dt.timedelta(-999), dt.timedelta(999)),
    pa.date32(): st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1)),
    pa.decimal128(12, 3): st.decimals(-(10**8), 10**8, places=3),
    pa.list_(pa.int64()): st.lists(st.integers(-5, 5), max_size=3),
    pa.struct([("a", pa.int32()), ("b", pa.string())]): st.fixed_dictionaries(
        {"a": st.integers(-5, 5), "b": st.sampled_from(["x", "", "ü"])}
    ),
    pa.dictionary(pa.int32(), pa.string()): st.sampled_from(["a", "b", "c"]),
}


@st.composite
def tables(draw, types=tuple(VALUES), missing=True, max_rows=12):
    length = draw(st.integers(0, max_rows))
    chosen = draw(st.lists(st.sampled_from(types), min_size=1, max_size=5))
    columns = {}
    for place, kind in enumerate(chosen):
        value = st.none() | VALUES[kind] if missing else VALUES[kind]
        content = draw(st.lists(value, min_size=length, max_size=length))
        columns[f"c{place}"] = pa.array(content, kind)
    return pa.table(columns)


def rechunked(table, size):
    if table.num_rows == 0:
        return table
    return pa.concat_tables([table.slice(start, size) for start in range(0, table.num_rows, size)])


@quick
@given(tables(), st.integers(1, 5))
def test_arrow_chunks_offsets_and_widths_do_not_count(table, size):
    wide = pa.schema(
        [
            field.with_type(pa.large_string() if pa.types.is_string(field.type) else field.type)
            for field in table.schema
        ]
    )
    padded = pa.concat_tables([table, table]).combine_chunks().slice(table.num_rows)
    expected = identity(table)
    assert identity(rechunked(table, size)) == expected
    assert identity(table.cast(wide)) == expected
    assert identity(padded) == expected
    assert rows(rechunked(table, size)) == rows(table)


@quick
@given(tables())
def test_polars_and_arrow_backed_pandas_equal_arrow(table):
    backed = table.to_pandas(types_mapper=pd.ArrowDtype)
    assert identity(backed) == identity(table)
    assert rows(backed) == rows(table)
    frame = pl.from_arrow(table)
    assert identity(frame) == identity(table)
    assert identity(frame.rechunk()) == identity(pl.concat([frame[:2], frame[2:]], rechunk=False))


@quick
@given(tables())
def test_parquet_keeps_the_identity(table):
    assert identity(through_parquet(table)) == identity(table)


# What numpy-backed pandas holds without loss; dates, bytes and categories it knows only by a value.
LOSSY = (pa.types.is_nested, pa.types.is_integer, pa.types.is_boolean, pa.types.is_decimal)
PLAIN = tuple(kind for kind in VALUES if not any(test(kind) for test in LOSSY))


@quick
@given(tables(PLAIN))
def test_plain_pandas_equals_arrow_and_survives_parquet(table):
    without_values = [column.type for column in table.columns if column.null_count == len(column)]
    assume(
        not any(
            pa.types.is_date(t) or pa.types.is_binary(t) or pa.types.is_dictionary(t) for t in without_values
        )
    )
    frame = table.to_pandas()
    assert identity(frame) == identity(table)
    assert identity(through_parquet(frame)) == identity(frame)


NULLABLE = {"int64": "Int64", "int8": "Int8", "float64": "Float64", "bool": "boolean", "str": "string"}
BACKED = {
    "int64": "int64[pyarrow]",
    "int8": "int8[pyarrow]",
    "float64": "double[pyarrow]",
    "bool": "bool[pyarrow]",
}
DTYPES = ({**NULLABLE, "object": object}, {**BACKED, "str": "string[pyarrow]", "object": object})


@quick
@given(tables((pa.int64(), pa.int8(), pa.float64(), pa.bool_(), pa.string()), missing=False))
@pytest.mark.slow
def test_all_dtypes_of_pandas_agree(table):
    frame = table.to_pandas()
    expected = identity(frame)
    for names in DTYPES:
        assert identity(frame.astype({name: names[str(frame[name].dtype)] for name in frame})) == expected
    for storage in ("python", "pyarrow"):
        texts = {name: pd.StringDtype(storage) for name in frame if frame[name].dtype == "str"}
        assert identity(frame.astype(texts)) == expected
    objects = {name: object for name in frame if frame[name].dtype in ("str", "bool")}
    assert identity(frame.astype(objects)) == expected or frame.empty
    assert identity(pl.from_pandas(frame, nan_to_null=False)) == expected


# --- layout in pandas and numpy ----------------------------------------------------------------

FRAME = pd.DataFrame(
    {
        "a": np.arange(200),
        "b": np.arange(200) / 3,
        "c": pd.Categorical(["x", "y"] * 100),
        "d": pd.date_range("2024-01-01", periods=200, tz="Europe/Berlin"),
        "e": [f"text {n % 7}" for n in range(200)],
        "f": [{"n": n} for n in range(200)],
    }
)


@quick
@given(st.lists(st.integers(0, 200), max_size=4), st.booleans())
def test_slices_put_together_equal_the_whole(cuts, backwards):
    places = [0, *sorted(cuts), 200]
    pieces = [FRAME[start:stop] for start, stop in itertools.pairwise(places)]
    whole = pd.concat(pieces, ignore_index=True)
    again = whole[::-1][::-1] if backwards else whole.copy()
    assert identity(again) == identity(FRAME)


def test_blocks_attrs_and_flags_do_not_count():
    grown = FRAME[["a"]].copy()
    for name in FRAME.columns[1:]:
        grown[name] = FRAME[name]
    grown.attrs["note"] = "x"
    grown.columns.name = "columns"
    grown.flags.allows_duplicate_labels = False
    assert identity(grown) == identity(FRAME)


def test_an_index_that_only_counts_does_not_count():
    shuffled = FRAME.sample(frac=1, random_state=0).sort_index()
    assert not isinstance(shuffled.index, pd.RangeIndex)
    assert identity(shuffled) == identity(FRAME)
    assert fingerprint(FRAME).version.index_hash is None
    assert fingerprint(FRAME[5:]).version.index_hash is not None


@quick
@given(
    hnp.arrays(
        st.sampled_from(["<f8", ">f8", "<i4", ">i2", "?", "<f4", "<M8[us]"]),
        hnp.array_shapes(min_dims=1, max_dims=3),
    )
)
def test_strides_and_byte_order_do_not_count(array):
    expected = identity(array)
    padded = np.zeros(tuple(2 * n for n in array.shape), array.dtype)
    view = padded[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    for other in (
        np.asfortranarray(array),
        view,
        array[::-1].copy()[::-1],
        array.astype(array.dtype.newbyteorder()),
    ):
        assert identity(other) == expected


def test_an_array_equals_the_frame_and_the_series_of_it():
    array = np.arange(12.0).reshape(4, 3)
    assert (
        identity(array) == identity(pd.DataFrame(array)) == identity(pd.DataFrame(np.asfortranarray(array)))
    )
    ids = {
        identity(column)
        for column in (array[:, 0], pd.Series(array[:, 0]), pl.Series(array[:, 0]), pa.array(array[:, 0]))
    }
    assert len(ids) == 1


def test_seams_between_chunks_do_not_count():
    values = np.arange(3 * 65_536 + 7)
    text = pa.array(values).cast("string")
    table = pa.table(
        {"n": values, "t": text, "l": pa.array(np.arange(2 * len(values))).cast("int32")[: len(values)]}
    )
    expected = identity(table)
    assert identity(rechunked(table, 10_007)) == expected
    assert identity(rechunked(table, 65_536)) == expected
    assert identity(pl.from_arrow(table)) == expected
    assert rows(rechunked(table, 65_537)) == rows(table)


@quick
@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.int32]),
        st.tuples(st.integers(1, 6), st.integers(1, 6)),
        elements=st.integers(-2, 2),
    )
)
def test_sparse_formats_agree(dense):
    expected = identity(sp.csr_array(dense))
    for form in ("csc", "coo", "lil", "dok", "bsr", "dia"):
        assert identity(sp.csr_array(dense).asformat(form)) == expected
    doubled = sp.coo_array(dense // 2)
    entries = np.concatenate([doubled.data, (dense - dense // 2).ravel()])
    where = tuple(
        np.concatenate([a, b.ravel()]) for a, b in zip(doubled.coords, np.indices(dense.shape), strict=True)
    )
    assert identity(sp.coo_array((entries, where), shape=dense.shape)) == expected


# --- missing, and single cases -----------------------------------------------------------------


def test_every_bit_pattern_of_nan_and_every_missing_is_one():
    strange = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001], np.uint64).view(
        np.float64
    )
    ids = {identity(data) for data in (
        pd.Series(strange),
        pd.Series([None, None, None], dtype="Float64"),
        pa.array([None, float("nan"), None], "float64"),
        pl.Series([None, float("nan"), None], dtype=pl.Float64),
    )}  # fmt: skip
    assert len(ids) == 1


def test_what_stands_in_missing_slots_does_not_count():
    present = pa.py_buffer(bytes([0b101]))

    def array(hidden):
        return pa.Array.from_buffers(
            pa.int64(), 3, [present, pa.py_buffer(np.array([1, hidden, 3]).tobytes())]
        )

    assert identity(array(7)) == identity(array(-1)) == identity(pa.array([1, None, 3]))
    text = pa.Array.from_buffers(
        pa.string(),
        3,
        [present, pa.py_buffer(np.array([0, 1, 3, 4], np.int32).tobytes()), pa.py_buffer(b"aXYb")],
    )
    assert identity(text) == identity(pa.array(["a", None, "b"]))


def test_columns_of_objects_that_parquet_types_survive_it():
    frame = pd.DataFrame({
        "text": pd.Series(["a", None, float("nan")], dtype=object),
        "flag": pd.Series([True, None, False], dtype=object),
        "day": [dt.date(2024, 1, 1), None, dt.date(2024, 1, 2)],
        "hour": [dt.time(1, 2), None, dt.time(3)],
        "price": [Decimal("1.10"), None, Decimal("2.25")],
        "raw": [b"a", None, b""],
        "list": [[1, 2], None, []],
        "texts": [["a", None], ["b"], []],
        "pair": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}],
        "nested": [[[1], [2, 3]], [], [[]]],
    })  # fmt: skip
    assert identity(through_parquet(frame)) == identity(frame)
    assert identity(pa.Table.from_pandas(frame)) == identity(frame)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", dt.timezone(dt.timedelta(hours=1))])
def test_times_survive_parquet_and_polars(unit, zone):
    moments = pd.to_datetime(["2024-03-10 02:30", None, "2024-11-03 01:30"]).astype(f"datetime64[{unit}]")
    moments = moments if zone is None else moments.tz_localize("UTC").tz_convert(zone)
    frame = pd.DataFrame(
        {"t": moments, "d": pd.to_timedelta([1, None, 2], unit="s").astype(f"timedelta64[{unit}]")}
    )
    assert identity(through_parquet(frame)) == identity(frame)
    assert identity(pl.from_pandas(frame)) == identity(frame)


def test_categories_agree_whatever_the_order_of_their_dictionary():
    frame = pd.DataFrame({"c": pd.Categorical(["b", "a", None, "b"])})
    reordered = frame["c"].cat.reorder_categories(["b", "a"]).to_frame()
    arrow = pa.table({"c": pa.chunked_array([
        pa.array(["b"]).dictionary_encode(), pa.array(["a", None, "b"]).dictionary_encode()])})  # fmt: skip
    for other in (
        reordered,
        arrow,
        pl.from_pandas(frame),
        through_parquet(frame),
        pa.Table.from_pandas(frame),
    ):
        assert identity(other) == identity(frame)


def test_sparse_columns_equal_dense_ones():
    frame = pd.DataFrame({"x": [0.0, 0.0, 1.0, np.nan]})
    assert identity(frame.astype(pd.SparseDtype("float64", 0.0))) == identity(frame)


def test_the_definition_by_hand():
    """An int64 column ``x`` of 1, 2, hashed with nothing but the definition."""

    def sized(text):
        return len(text).to_bytes(8, "big") + text

    streams = xxh3_128_digest(b"") + xxh3_128_digest(np.array([1, 2], "<i8").tobytes())
    column = blake3(b"mj1 column" + sized(b"int64") + (2).to_bytes(8, "big") + streams).digest()
    root = b"mj1 data" + (2).to_bytes(8, "big") + (1).to_bytes(8, "big") + b"s" + sized(b"x") + column
    expected = blake3(root + (0).to_bytes(8, "big")).hexdigest()
    assert identity(pd.DataFrame({"x": [1, 2]})) == f"mj1:{expected}"
