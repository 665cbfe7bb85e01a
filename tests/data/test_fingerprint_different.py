"""Different data have different ids: the fifteen confusions of common hashes, and more."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from mlops_jupyter.data import fingerprint

COUNT = pd.Series([1, 0, 1], dtype="int64")
MOMENTS = pd.Series(pd.to_datetime(["2024-01-01", "2024-06-01"]))


def objects(*values):
    return pd.Series(list(values), dtype=object)


FIFTEEN = {
    "column names": (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
    "int8 and int64": (COUNT.astype("int8"), COUNT),
    "uint64 and int64": (COUNT.astype("uint64"), COUNT),
    "bool and int8": (COUNT.astype("bool"), COUNT.astype("int8")),
    "int64 and datetime": (COUNT, COUNT.astype("datetime64[ns]")),
    "time zones": (
        MOMENTS.dt.tz_localize("UTC"),
        MOMENTS.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
    ),
    "float64 and int64 of the same bits": (
        pd.Series([1.5, 2.5]),
        pd.Series(np.array([1.5, 2.5]).view("int64")),
    ),
    "category and text": (pd.Series(["a", "b"], dtype="category"), pd.Series(["a", "b"])),
    "category and objects": (pd.Series([1, 2], dtype="category"), objects(1, 2)),
    "None and NaN among objects": (objects(1, None), objects(1, float("nan"))),
    "1 and '1'": (objects(1, 2), objects("1", 2)),
    "order of rows": (pd.Series([1, 2, 3]), pd.Series([3, 2, 1])),
    "lists": (objects([1, 2], [3]), objects([1], [2, 3])),
    "dicts": (objects({"a": 1}), objects({"a": 2})),
    "pieces of text": (pd.Series(["ab", "c"]), pd.Series(["a", "bc"])),
}

MORE = {
    "1 and True": (objects(1, "x"), objects(True, "x")),
    "1 and 1.0": (objects(1, "x"), objects(1.0, "x")),
    "'1' and b'1'": (objects(1, "1"), objects(1, b"1")),
    "list and tuple": (objects(1, [2]), objects(1, (2,))),
    "nan and NaT": (objects(1, pd.NaT), objects(1, float("nan"))),
    "names 1 and '1'": (pd.DataFrame({1: [1]}), pd.DataFrame({"1": [1]})),
    "order of columns": (pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"b": [1], "a": [1]})),
    "float32 and float64": (pd.Series([1.0], dtype="float32"), pd.Series([1.0])),
    "minus zero": (pd.Series([-0.0]), pd.Series([0.0])),
    "missing and zero": (pd.Series([1, None], dtype="Int64"), pd.Series([1, 0], dtype="Int64")),
    "missing and empty text": (pd.Series(["a", None]), pd.Series(["a", ""])),
    "missing and empty list": (pa.array([[1], None]), pa.array([[1], []])),
    "missing struct and struct of missing": (pa.array([{"a": 1}, None]), pa.array([{"a": 1}, {"a": None}])),
    "text and bytes": (pa.array(["a"]), pa.array([b"a"])),
    "datetime and duration": (COUNT.astype("datetime64[ns]"), COUNT.astype("timedelta64[ns]")),
    "units": (MOMENTS.astype("datetime64[us]"), MOMENTS.astype("datetime64[ns]")),
    "zone and none": (MOMENTS, MOMENTS.dt.tz_localize("UTC")),
    "date and datetime": (objects(dt.date(2024, 1, 1)), pd.Series([pd.Timestamp("2024-01-01")])),
    "scale": (objects(Decimal("1.1")), objects(Decimal("1.10"))),
    "unused level": (pd.Series(pd.Categorical(["a"])), pd.Series(pd.Categorical(["a"], ["a", "b"]))),
    "ordered": (pd.Series(pd.Categorical(["a"])), pd.Series(pd.Categorical(["a"], ordered=True))),
    "order of levels": (
        pd.Series(pd.Categorical(["a"], ["a", "b"], ordered=True)),
        pd.Series(pd.Categorical(["a"], ["b", "a"], ordered=True)),
    ),
    "closed": (
        pd.Series(pd.arrays.IntervalArray.from_tuples([(0, 1)], closed="left")),
        pd.Series(pd.arrays.IntervalArray.from_tuples([(0, 1)])),
    ),
    "frequency": (
        pd.Series(pd.PeriodIndex(["2024"], freq="Y")),
        pd.Series(pd.PeriodIndex(["2024"], freq="M")),
    ),
    "index": (pd.Series([1, 2]), pd.Series([1, 2], index=[1, 0])),
    "name of the index": (
        pd.Series([1], index=pd.Index(["a"])),
        pd.Series([1], index=pd.Index(["a"], name="k")),
    ),
    "index and column": (
        pd.DataFrame({"a": [1], "k": ["x"]}),
        pd.DataFrame({"a": [1], "k": ["x"]}).set_index("k"),
    ),
    "number of rows without columns": (pd.DataFrame(index=range(2)), pd.DataFrame(index=range(3))),
    "shape": (np.zeros((2, 3, 2)), np.zeros((2, 2, 3))),
    "shape of sparse": (sp.csr_array((2, 3)), sp.csr_array((2, 4))),
    "place in sparse": (sp.csr_array(np.array([[1, 0], [0, 0]])), sp.csr_array(np.array([[0, 0], [1, 0]]))),
    "field names": (pa.array([{"a": 1}]), pa.array([{"b": 1}])),
    "list and list of fixed size": (pa.array([[1]]), pa.array([[1]], pa.list_(pa.int64(), 1))),
    "enum and categorical": (pl.Series(["a"], dtype=pl.Enum(["a"])), pl.Series(["a"], dtype=pl.Categorical)),
}


@pytest.mark.parametrize("case", [*FIFTEEN, *MORE])
def test_not_confused(case):
    one, other = ({**FIFTEEN, **MORE})[case]
    assert fingerprint(one).version.id != fingerprint(other).version.id


def test_there_are_fifteen():
    assert len(FIFTEEN) == 15


@pytest.mark.parametrize(
    "case",
    ["1 and True", "1 and 1.0", "missing and zero", "missing and empty text", "dicts", "pieces of text"],
)
def test_rows_are_not_confused(case):
    one, other = ({**FIFTEEN, **MORE})[case]
    assert (
        fingerprint(one, rows=True).row_hashes.tolist() != fingerprint(other, rows=True).row_hashes.tolist()
    )


def test_one_changed_cell_anywhere_changes_one_column():
    frame = pd.DataFrame({"a": np.arange(140_000), "b": np.arange(140_000) / 7})
    version = fingerprint(frame).version
    for place in (0, 65_535, 65_536, 139_999):
        other = frame.copy()
        other.loc[place, "b"] = -1.0
        changed = fingerprint(other).version
        assert changed.id != version.id
        assert changed.schema_hash == version.schema_hash
