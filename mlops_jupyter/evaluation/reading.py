"""Frames and columns of any library as arrays with plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError, near


def array_of(values: Any) -> NDArray[Any]:
    """Return values as an array of plain numbers, texts or objects.

    Series of pandas (their own types too) and polars, frames with columns of one type, lists.

    Examples
    --------
    >>> array_of(["a", "b"]).dtype.kind, array_of([1, 2]).dtype.kind
    ('U', 'i')
    """
    if isinstance(values, np.ndarray):
        found = values
    elif hasattr(values, "toarray"):  # a sparse matrix of labels
        found = values.toarray()
    elif hasattr(values, "to_numpy"):
        found = values.to_numpy()
    else:
        found = np.asarray(values)
    if found.dtype != object or not found.size or has_missing(found).any():
        return np.asarray(found)
    # object columns of one kind of value (pandas' Int64, strings) compare and sort as that kind
    kinds = {type(value) for value in found.ravel()}
    if kinds <= {str} or all(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        return np.array(found.tolist())
    if all(issubclass(kind, (int, float, np.number)) and kind is not bool for kind in kinds):
        return np.array(found.tolist())
    return np.asarray(found)


def has_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each value whether it is missing: None, NaN, NaT or pandas' NA.

    Examples
    --------
    >>> has_missing(np.array([1.0, np.nan])).tolist()
    [False, True]
    """
    if values.dtype.kind in "fc":
        return np.asarray(np.isnan(values))
    if values.dtype.kind in "mM":
        return np.asarray(np.isnat(values))
    if values.dtype != object:
        return np.zeros(values.shape, dtype=np.bool_)
    import pandas as pd

    return np.asarray(pd.isna(values))


def rows_of(X: Any) -> int:  # noqa: N803 the field's letter
    """Return the number of rows of a frame, an array, a sparse matrix or a list."""
    shape: tuple[int, ...] | None = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X)


def column_names(X: Any) -> tuple[str, ...]:  # noqa: N803
    """Return the names of the columns; ``x0``, ``x1``, … where there are none."""
    if X is None:
        return ()
    if getattr(X, "columns", None) is not None:
        return tuple(str(name) for name in X.columns)
    shape: tuple[int, ...] = getattr(X, "shape", ())
    return tuple(f"x{i}" for i in range(shape[1])) if len(shape) == 2 else ()


def side_of(what: str, given: Any, X: Any, n: int) -> NDArray[Any] | None:  # noqa: N803
    """Return (n,) values that were given as such or as the name of a column of X.

    Raises
    ------
    UsageError
        Where X has no such column, or the values are not one a row.
    """
    if given is None:
        return None
    if isinstance(given, str):
        names = column_names(X)
        if given not in names or not hasattr(X, "columns"):
            hint = near(given, names) or f"expected one of {', '.join(names[:8]) or 'none: X has no names'}"
            raise UsageError(f"{what} {given!r} is no column of X; {hint}")
        given = X[given]
    values = array_of(given)
    if values.shape != (n,):
        raise UsageError(f"{what} has the shape {values.shape}; expected one value for each of {n:,} rows")
    return values


def names_of_labels(values: NDArray[Any]) -> NDArray[Any]:
    """Return labels as they are, or as text where they are objects that do not sort."""
    flat = values.ravel()
    if flat.dtype.kind in "fiub":
        return flat.astype(np.float64)
    return flat.astype(str)
