"""A table as a model takes it: rows taken, columns shuffled or set, its own kind kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnsupportedError


def kind_of(X: Any) -> str:  # noqa: N803 the field's letter
    """Return ``pandas``, ``polars``, ``sparse`` or ``numpy``.

    Raises
    ------
    UnsupportedError
        When the data have no columns.
    """
    home = type(X).__module__.partition(".")[0]
    if home in ("pandas", "polars") and getattr(X, "ndim", len(getattr(X, "shape", ()))) == 2:
        return home
    if home == "scipy" and hasattr(X, "tocsc"):
        return "sparse"
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return "numpy"
    raise UnsupportedError(
        f"an explanation needs a table (pandas, polars, numpy with two axes, scipy sparse), "
        f"and this is {type(X).__name__}{getattr(X, 'shape', '')}: leave explain out"
    )


def names_of(X: Any, features: Sequence[str] = ()) -> tuple[str, ...]:  # noqa: N803
    """Return the names of the columns, ``x0``, ``x1``, … where they have none.

    Examples
    --------
    >>> names_of(np.zeros((3, 2)))
    ('x0', 'x1')
    """
    if kind_of(X) in ("pandas", "polars"):
        return tuple(str(name) for name in X.columns)
    n = X.shape[1]
    return tuple(map(str, features)) if len(features) == n else tuple(f"x{i}" for i in range(n))


def take(X: Any, rows: NDArray[np.intp]) -> Any:  # noqa: N803
    """Return some rows, in the order asked for.

    Examples
    --------
    >>> take(np.arange(6).reshape(3, 2), np.array([2, 0])).tolist()
    [[4, 5], [0, 1]]
    """
    kind = kind_of(X)
    if kind == "pandas":
        return X.iloc[rows].reset_index(drop=True)
    return X.tocsr()[rows] if kind == "sparse" else X[rows]


def column(X: Any, place: int) -> Any:  # noqa: N803
    """Return a column as a pandas series."""
    import pandas as pd

    kind = kind_of(X)
    if kind == "pandas":
        return X.iloc[:, place].reset_index(drop=True)
    if kind == "polars":
        return X.to_series(place).to_pandas()
    values = X.tocsc()[:, [place]].toarray()[:, 0] if kind == "sparse" else X[:, place]
    return pd.Series(values).infer_objects()


def with_rows(X: Any, source: Any, places: Sequence[int], rows: NDArray[np.intp]) -> Any:  # noqa: N803
    """Return the table with some columns replaced by those of a source, at the rows asked for.

    Examples
    --------
    >>> table = np.arange(6).reshape(3, 2)
    >>> with_rows(table, table, [1], np.array([2, 1, 0])).tolist()
    [[0, 5], [2, 3], [4, 1]]
    """
    kind = kind_of(X)
    if kind == "pandas":
        changed = X.copy(deep=False)
        for place in places:
            changed.isetitem(place, source.iloc[:, place].take(rows).set_axis(X.index))
        return changed
    if kind == "polars":
        return X.with_columns(source.to_series(place).gather(rows) for place in places)
    if kind == "sparse":
        from scipy.sparse import hstack

        columns, other = X.tocsc(), source.tocsc()[:, list(places)].tocsr()[rows].tocsc()
        parts = [columns[:, [i]] for i in range(X.shape[1])]
        for k, place in enumerate(places):
            parts[place] = other[:, [k]]
        return hstack(parts, format="csr")
    changed = X.copy()
    changed[:, list(places)] = source[rows][:, list(places)]
    return changed
