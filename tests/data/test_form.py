"""The form of data: what is equal in content and still not the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from mlops_jupyter.data import fingerprint, form

FRAME = pd.DataFrame({"n": [1, 2, 3], "f": [0.5, 1.5, 2.5], "s": ["x", "y", None]})


def _with_attrs():
    frame = FRAME.copy()
    frame.attrs = {"unit": "kg"}
    return frame


SAME_CONTENT = {
    "polars": pl.from_pandas(FRAME),
    "arrow": pa.Table.from_pandas(FRAME, preserve_index=False),
    "strings of another kind": FRAME.astype({"s": "string"}),
    "objects": FRAME.astype({"s": object}),
    "an index that is written out": FRAME.set_axis(pd.Index([0, 1, 2])),
    "a name of the columns": FRAME.rename_axis(columns="c"),
    "sparse": FRAME.assign(f=pd.arrays.SparseArray(FRAME.f)),
    "attributes": _with_attrs(),
}


@pytest.mark.parametrize("name", SAME_CONTENT)
def test_equal_content_in_another_form_is_told_apart(name):
    other = SAME_CONTENT[name]
    assert fingerprint(other).version.id == fingerprint(FRAME).version.id
    assert form(other) != form(FRAME)
    assert form(other) == form(other[:3])


def test_missing_values_of_objects_have_a_form():
    none, nan = (pd.Series([missing, "b"], dtype=object) for missing in (None, np.nan))
    assert form(none) != form(nan)


def test_a_form_is_stable():
    assert form(FRAME) == form(FRAME.copy()) == form(FRAME.iloc[::-1].reset_index(drop=True))


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "dia"])
def test_sparse_matrices_have_the_form_of_their_class(kind):
    matrix = sparse.eye(3).asformat(kind)
    assert form(matrix) == form(2 * matrix)
    assert form(matrix) != form(matrix.toarray())
