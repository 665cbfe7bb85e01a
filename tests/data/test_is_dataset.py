from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from mlops_jupyter.data import describe_shape, fingerprint, is_dataset
from mlops_jupyter.errors import UnsupportedError

DATA = {
    "pandas.DataFrame": pd.DataFrame({"a": [1, 2]}),
    "pandas.Series": pd.Series([1, 2]),
    "polars.DataFrame": pl.DataFrame({"a": [1, 2]}),
    "polars.Series": pl.Series([1, 2]),
    "pyarrow.Table": pa.table({"a": [1, 2]}),
    "pyarrow.RecordBatch": pa.record_batch({"a": [1, 2]}),
    "pyarrow.Array": pa.array([1, 2]),
    "pyarrow.ChunkedArray": pa.chunked_array([[1, 2]]),
    "scipy.sparse": sp.csr_array((3, 3)),
    "numpy.ndarray": np.arange(4).reshape(2, 2),
}
NOT_DATA = [None, 1, "text", [1, 2], {"a": [1]}, np.float64(1), np.array(1), np.array([1]), pd.Index([1, 2]),
            pd.DataFrame, pl.LazyFrame({"a": [1]}), np.random.default_rng(0)]  # fmt: skip


@pytest.mark.parametrize("kind", DATA)
def test_data_is_known_with_its_kind(kind):
    assert is_dataset(DATA[kind])
    assert fingerprint(DATA[kind]).version.kind == kind


@pytest.mark.parametrize("value", NOT_DATA, ids=lambda value: type(value).__name__)
def test_other_things_are_not(value):
    assert not is_dataset(value)


@pytest.mark.slow
def test_asking_imports_nothing():
    code = (
        "import sys; from mlops_jupyter import data; from mlops_jupyter.data import sources\n"
        "assert not data.is_dataset([1, 2])\n"
        "heavy = {'numpy', 'pandas', 'polars', 'pyarrow', 'scipy', 'blake3', 'xxhash'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_no_data_is_refused_by_name():
    with pytest.raises(UnsupportedError, match=r"builtins\.list is not a table"):
        fingerprint([1, 2])
    with pytest.raises(UnsupportedError, match=r"\.collect\(\)"):
        fingerprint(pl.LazyFrame({"a": [1]}))


def test_the_shape_as_people_write_it():
    assert describe_shape(fingerprint(np.zeros((1200, 3))).version) == "1,200 × 3"
    assert describe_shape(fingerprint(np.zeros((5, 28, 28))).version) == "5 × 28 × 28"
