"""Sparse matrices and arrays of scipy on the shelf: the arrays that they are made of, as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import IntegrityError
from . import numpy_arrays
from .arrow_arrays import Spec
from .shelf import Shelf, Shelved

_ARRAYS = {"csr": ("data", "indices", "indptr"), "csc": ("data", "indices", "indptr"),
           "bsr": ("data", "indices", "indptr"), "dia": ("data", "offsets")}  # fmt: skip
_BY_COORDINATES = ("coo", "lil", "dok")


def save(matrix: Any, shelf: Shelf) -> Spec:
    """Put a sparse matrix or array on the shelf; formats without arrays (lil, dok) by way of coo."""
    names = _ARRAYS.get(matrix.format)
    whole = matrix if names or matrix.format == "coo" else matrix.tocoo()
    arrays = [getattr(whole, name) for name in names] if names else [whole.data, *_coordinates(whole)]
    return {
        "as": "scipy.sparse",
        "class": type(matrix).__name__,
        "shape": [int(size) for size in matrix.shape],
        "arrays": [numpy_arrays.save(np.asarray(array), shelf) for array in arrays],
    }


def _coordinates(matrix: Any) -> list[Any]:
    return list(matrix.coords) if hasattr(matrix, "coords") else [matrix.row, matrix.col]


def load(spec: Spec, shelf: Shelved, _places: list[int] | None = None) -> Any:
    """Return the matrix that :func:`save` put there."""
    import scipy.sparse as sp

    name = spec["class"]
    form, _, kind = name.partition("_")
    if form not in (*_ARRAYS, *_BY_COORDINATES) or kind not in ("array", "matrix"):
        raise IntegrityError(f"a kept matrix is of the unknown class {name!r}")
    arrays = [numpy_arrays.load(array, shelf) for array in spec["arrays"]]
    shape = tuple(spec["shape"])
    if form in _ARRAYS:
        return getattr(sp, name)(tuple(arrays), shape=shape)
    coordinates = getattr(sp, f"coo_{kind}")((arrays[0], tuple(arrays[1:])), shape=shape)
    return coordinates if form == "coo" else coordinates.asformat(form)
