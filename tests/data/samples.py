"""Small data of every type, for the frozen vectors and the tests of equality."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
MOMENT = dt.datetime.fromisoformat("2024-02-29T12:30:15.123456")

ARROW = {
    **{name: pa.array([1, None, 100], name) for name in INTEGERS},
    **{f"{name} without missing": pa.array([0, 1, 100], name) for name in INTEGERS},
    "float16": pa.array(np.array([1.5, -0.0, np.nan], np.float16)),
    "float32": pa.array([1.5, -0.0, None], "float32"),
    "float64": pa.array([1.5, 0.0, None, float("inf"), 5e-324], "float64"),
    "bool": pa.array([True, False, None, True, False, True, False, True, True], "bool"),
    "string": pa.array(["a", "", None, "größer", "日本", "\U0001f600"], "string"),
    "bytes": pa.array([b"a", b"", None, b"\x00\xff"], "binary"),
    "date": pa.array([dt.date(2024, 2, 29), None, dt.date(1, 1, 1)], "date32"),
    "time": pa.array([dt.time(1, 2, 3, 4), None], pa.time64("us")),
    **{f"datetime {unit}": pa.array([MOMENT, None], pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
       for unit in ("s", "ms", "us", "ns")},
    "datetime with zone": pa.array([MOMENT, None], pa.timestamp("us", "Europe/Berlin")),
    "duration": pa.array([dt.timedelta(days=1, seconds=2), None], pa.duration("us")),
    "decimal": pa.array([Decimal("1.10"), None, Decimal("-2.25")], pa.decimal128(9, 2)),
    "decimal256": pa.array([Decimal("1.10"), None], pa.decimal256(60, 2)),
    "category": pa.array(["b", "a", None, "b"]).dictionary_encode(),
    "null": pa.nulls(3),
    "list": pa.array([[1, 2], [], None, [3]], pa.list_(pa.int64())),
    "list of fixed size": pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
    "list of lists of text": pa.array([[["a"], None], [], None], pa.list_(pa.list_(pa.string()))),
    "struct": pa.array([{"a": 1, "b": "x"}, None], pa.struct([("a", pa.int64()), ("b", pa.string())])),
    "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
}  # fmt: skip

OTHERS = {
    "complex": np.array([1 + 2j, complex(np.nan, 0)]),
    "array of two dimensions": np.arange(6.0).reshape(3, 2),
    "array of three dimensions": np.arange(12, dtype=np.int32).reshape(2, 3, 2),
    "structured array": np.array([(1, 2.5, "a")], dtype=[("x", "i4"), ("y", "f8"), ("z", "U3")]),
    "sparse": sp.csr_array(np.array([[0, 1.5], [0, 0], [2, 0]])),
    "objects": pd.Series([1, "1", 1.0, True, None, np.nan, (1, 2), {"a": {1, 2}}, b"1", 2**80], dtype=object),
    "period": pd.Series(pd.PeriodIndex(["2024-01", None], freq="M")),
    "interval": pd.Series(pd.arrays.IntervalArray.from_tuples([(0, 1), None, (1, 2)])),
    "ordered category": pd.Series(pd.Categorical(["b", None], ["c", "b", "a"], ordered=True)),
    "unused levels": pd.Series(pd.Categorical(["b", None], ["c", "b", "a"])),
    "named index": pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="key")),
    "index of levels": pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    "names of all kinds": pd.DataFrame([[1, 2, 3, 4]], columns=["a", 1, None, ("x", 2)]),
    "repeated names": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "no rows": pl.DataFrame({"a": pl.Series([], dtype=pl.Int64), "b": pl.Series([], dtype=pl.String)}),
    "no columns": pd.DataFrame(index=range(3)),
    "enum": pl.Series("e", ["x", "y"], dtype=pl.Enum(["y", "x", "z"])),
    "two chunks": pa.array(np.arange(65_537)),
}

SAMPLES = {**ARROW, **OTHERS}
