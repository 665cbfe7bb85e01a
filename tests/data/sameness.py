"""Whether data that came back are what was kept, in everything that a user can see."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import scipy.sparse as sp

from mlops_jupyter.data import fingerprint, keep, restore
from mlops_jupyter.data.keeping.plain import to_text


def there_and_back(data, **words):
    """Keep and restore, the manifest by way of its JSON text, as a registry does."""
    kept = keep(data)
    manifest = json.loads(json.dumps(kept.manifest, allow_nan=False))
    assert kept.size_bytes == sum(map(len, kept.pieces))
    return restore(manifest, iter(kept.pieces), **words)


def assert_same(found, data):
    """Same type, same fingerprint, and the library's own idea of equal, as strict as it gets."""
    assert type(found) is type(data)
    assert fingerprint(found, rows=False).version.id == fingerprint(data, rows=False).version.id
    if isinstance(data, (pd.DataFrame, pd.Series, pd.Index)):
        _same_pandas(found, data)
    elif isinstance(data, pl.DataFrame):
        assert found.schema == data.schema
        for name, kind in data.schema.items():
            if kind == pl.Object:
                assert to_text(found[name].to_list()) == to_text(data[name].to_list())
            else:
                pl.testing.assert_series_equal(found[name], data[name], check_exact=True)
    elif isinstance(data, pl.Series):
        assert (found.name, found.dtype) == (data.name, data.dtype)
        if data.dtype == pl.Object:
            assert to_text(found.to_list()) == to_text(data.to_list())
            return
        pl.testing.assert_series_equal(found, data, check_exact=True)
    elif isinstance(data, (pa.Table, pa.RecordBatch)):
        assert found.schema.equals(data.schema, check_metadata=True)
        assert str(found.schema) == str(data.schema)
        _same_arrow(pa.table(found), pa.table(data))
    elif isinstance(data, (pa.Array, pa.ChunkedArray)):
        assert str(found.type) == str(data.type)
        assert found.type.equals(data.type, check_metadata=True)
        _same_arrow(pa.table([found], names=["x"]), pa.table([data], names=["x"]))
    elif sp.issparse(data):
        assert (found.format, found.shape, found.dtype) == (data.format, data.shape, data.dtype)
    else:
        _same_numpy(found, data)


def _same_arrow(found, data):
    found.validate(full=True)
    for left, right in zip(found.columns, data.columns, strict=True):
        if pa.types.is_floating(left.type):
            left, right = left.to_numpy(), right.to_numpy()
            np.testing.assert_array_equal(left, right)
        else:
            assert to_text(left.to_pylist()) == to_text(right.to_pylist())


def _same_numpy(found, data):
    assert (found.dtype, found.shape) == (data.dtype, data.shape)
    assert found.flags.writeable
    if data.dtype.kind == "O":
        assert to_text(found.tolist()) == to_text(data.tolist())
    else:
        np.testing.assert_array_equal(found, data)


def _same_pandas(found, data):
    if isinstance(data, pd.DataFrame):
        # pandas cannot compare cells such as (None, Decimal("NaN")): these are compared below.
        places = [place for place, kind in enumerate(data.dtypes) if kind != "object"]
        strict = {"check_column_type": "exact", "check_index_type": "exact", "check_exact": True}
        pd.testing.assert_frame_equal(found.iloc[:, places], data.iloc[:, places], **strict)
        assert list(map(str, found.dtypes)) == list(map(str, data.dtypes))
        assert found.columns.equals(data.columns)
        assert to_text(list(found.columns)) == to_text(list(data.columns))
        columns = [(found.iloc[:, place], data.iloc[:, place]) for place in range(data.shape[1])]
    elif isinstance(data, pd.Series):
        assert to_text(found.name) == to_text(data.name)
        if data.dtype != object:
            pd.testing.assert_series_equal(found, data, check_exact=True, check_index_type="exact")
        columns = [(found, data)]
    else:
        pd.testing.assert_index_equal(found, data, exact=True)
        columns = []
    for left, right in columns:
        _same_column(left, right)
    if not isinstance(data, pd.Index):
        assert to_text(found.attrs) == to_text(data.attrs)
        assert found.flags.allows_duplicate_labels == data.flags.allows_duplicate_labels
        _same_index(found.index, data.index)


def _same_index(found, data):
    assert type(found) is type(data)
    assert to_text(list(found.names)) == to_text(list(data.names))
    if isinstance(data, pd.RangeIndex):
        assert (found.start, found.stop, found.step) == (data.start, data.stop, data.step)
    elif isinstance(data, pd.MultiIndex):
        for left, right in zip(found.levels, data.levels, strict=True):
            pd.testing.assert_index_equal(left, right, exact=True)
    else:
        assert found.dtype == data.dtype


def _same_column(found, data):
    assert found.dtype == data.dtype
    assert type(found.array) is type(data.array)
    if data.dtype == object:
        assert to_text(found.tolist()) == to_text(data.tolist())
    if isinstance(data.dtype, pd.CategoricalDtype):
        assert to_text(found.cat.categories.tolist()) == to_text(data.cat.categories.tolist())
        assert found.cat.ordered == data.cat.ordered
    if isinstance(data.dtype, pd.SparseDtype):
        assert found.array.sp_index.equals(data.array.sp_index)
        assert found.array.kind == data.array.kind
    if isinstance(data.dtype, pd.StringDtype):
        assert (found.dtype.storage, str(found.dtype.na_value)) == (
            data.dtype.storage,
            str(data.dtype.na_value),
        )
    if isinstance(data.dtype, np.dtype) and data.dtype.kind == "f":
        assert np.array_equal(np.signbit(found), np.signbit(data))
