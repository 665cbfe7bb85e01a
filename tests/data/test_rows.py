from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from mlops_jupyter.data import fingerprint, overlap
from mlops_jupyter.data.rows import difference, distinct, from_bytes, to_bytes

FRAME = pd.DataFrame(
    {
        "n": [1, 2, 3, 1],
        "x": [0.5, np.nan, -1.0, 0.5],
        "s": ["a", None, "a longer text, over eight bytes", "a"],
        "c": pd.Categorical(["u", "v", "u", "u"]),
        "t": pd.to_datetime(["2024-01-01", None, "2024-01-02", "2024-01-01"]),
    }
)


def rows(data):
    return fingerprint(data, rows=True).row_hashes


def test_equal_rows_have_equal_hashes_and_others_not():
    hashes = rows(FRAME)
    assert hashes.dtype == np.uint64
    assert hashes[0] == hashes[3]
    assert len(set(hashes.tolist())) == 3


def test_names_index_widths_and_categories_do_not_count():
    other = FRAME.astype({"n": "int32", "x": "float32", "c": "str"}).set_axis(list("vwxyz"), axis=1)[::-1]
    assert rows(other).tolist()[::-1] == rows(FRAME).tolist()
    assert (
        rows(pl.from_pandas(FRAME)).tolist()
        == rows(pa.Table.from_pandas(FRAME)).tolist()
        == rows(FRAME).tolist()
    )


def test_the_order_of_columns_and_the_kind_of_number_count():
    assert rows(FRAME[["x", "n", "s", "c", "t"]]).tolist() != rows(FRAME).tolist()
    assert not set(rows(FRAME[["n"]]).tolist()) & set(rows(FRAME[["n"]].astype("float64")).tolist())


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 63, 64, 65, 200])
def test_texts_of_every_length_are_told_apart(length):
    text = "x" * length
    others = [text + "x", text + "\0", "\0" + text, text[:-1] + "y", text[1:] + "y"]
    hashes = rows(pd.Series([text, *others]))
    assert hashes[0] not in hashes[1:]
    assert rows(pd.Series(["before", text, "after"]))[1] == hashes[0]


def test_many_different_rows_have_as_many_hashes():
    numbers = np.arange(200_000)
    assert distinct(rows(pd.DataFrame({"a": numbers // 1000, "b": numbers % 1000}))) == 200_000
    assert distinct(rows(pa.array(numbers).cast("string"))) == 200_000


NESTED = [[], [0], [1], [0, 0], [0, 1], [1, 0], [1, 1, 0], [1, 0, 1], [None], [0, None], [None, 0], None]


def test_nested_rows_are_told_apart():
    lists = pa.array(NESTED, pa.list_(pa.int64()))
    deeper = pa.array([[[1], [2]], [[1, 2]], [[2], [1]], [[], [1, 2]], [[1, 2], []]])
    structs = pa.array([{"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": None, "b": 1}, None])
    for array in (lists, deeper, structs):
        hashes = rows(array)
        assert len(set(hashes.tolist())) == len(array)
        assert rows(array[1:]).tolist() == hashes[1:].tolist()


def test_rows_of_sparse_matrices():
    dense = np.array([[0, 1, 2], [1, 0, 2], [0, 2, 1], [0, 0, 0], [0, 1, 2]])
    hashes = rows(sp.csr_array(dense)).tolist()
    assert len(set(hashes)) == 4
    assert rows(sp.csc_array(dense[::-1])).tolist()[::-1] == hashes


def test_overlap_counts_rows_of_the_first():
    assert overlap(rows(FRAME), rows(FRAME[:1])) == 2
    assert overlap(rows(FRAME[:1]), rows(FRAME)) == 1
    assert overlap(rows(FRAME), rows(FRAME[:0])) == 0


def test_differences_count_repeated_rows():
    assert difference(rows(FRAME), rows(FRAME[:3])) == (0, 1)
    assert difference(rows(FRAME[:3]), rows(pd.concat([FRAME, FRAME]))) == (5, 0)


def test_distinct_rows_are_counted():
    assert distinct(rows(FRAME)) == 3
    assert distinct(rows(FRAME[:0])) == 0


def test_hashes_are_kept_up_to_a_size(monkeypatch):
    from mlops_jupyter.data import rows as room

    monkeypatch.setattr(room, "MAX_ROWS", 3)
    assert fingerprint(FRAME).row_hashes is None
    assert fingerprint(FRAME[:3]).row_hashes is not None
    assert fingerprint(FRAME, rows=True).row_hashes is not None
    assert fingerprint(FRAME[:3], rows=False).row_hashes is None


def test_hashes_survive_storage():
    assert from_bytes(to_bytes(rows(FRAME))).tolist() == rows(FRAME).tolist()
