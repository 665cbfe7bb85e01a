"""How strongly each column goes with the target, from 0 (not at all) to 1 (one tells the other).

Number with number: Spearman's rank correlation, its absolute value. Anything with a class: the
correlation ratio η of the ranks, or Cramér's V without its bias. Up to 20,000 evenly spaced rows are
compared, those where both are present.

References
----------
Spearman (1904); η: Pearson (1905), on ranks the square root of H / (n - 1) of Kruskal & Wallis (1952);
V: Cramér (1946, 21.9), corrected as in Bergsma (2013), equations 3 to 5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import NotFoundError, near
from ...records import Association, ColumnProfile, Profile
from ..columns import is_a
from ..columns.base import Column
from .reading import columns_of, rows_of

MOST_ROWS: Final = 20_000
MOST_LEVELS: Final = 100
"""A column of more different values is compared by their order, and a text column not at all."""

_FEW_ROWS = 10
_CLASSES = 20
"""A whole-numbered target of at most so many values is taken as classes."""


def associations(found: Profile, obj: Any, target: str) -> Profile:
    """Return the profile with the association of every column with the target, the strongest first.

    Raises
    ------
    NotFoundError
        When there is no column of that name.
    """
    names = [column.name for column in found.columns]
    if target not in names:
        known = near(target, names) or f"there are {', '.join(map(repr, names[:10]))}"
        raise NotFoundError(f"no column is called {target!r}; {known}")
    some = _some_rows(obj)
    readers = [read for _, read in columns_of(some)]
    place = names.index(target)
    goal = _codes(readers[place], found.columns[place], is_target=True)
    if goal is None:
        return replace(found, target=target)
    compared = [
        _compare(column, _codes(read, column), goal)
        for column, read in zip(found.columns, readers, strict=True)
        if column.name != target
    ]
    strongest = sorted((one for one in compared if one), key=lambda one: (-one.strength, one.column))
    return replace(found, target=target, associations=tuple(strongest))


Codes = tuple[NDArray[np.float64], bool]
"""One number per row (NaN: missing), and whether the numbers are only names of classes."""


def _some_rows(obj: Any) -> Any:
    n_rows = rows_of(obj)
    if n_rows <= MOST_ROWS:
        return obj
    places = np.linspace(0, n_rows - 1, MOST_ROWS).astype(np.int64)
    if is_a(obj, {"pyarrow": ("Table", "RecordBatch", "Array", "ChunkedArray")}):
        return obj.take(places)
    return obj.iloc[places] if hasattr(obj, "iloc") else obj[places]


def _codes(read: Any, column: ColumnProfile, *, is_target: bool = False) -> Codes | None:
    """Return a column as numbers, None where it cannot be compared."""
    if column.kind not in ("number", "boolean", "time", "span", "category", "text"):
        return None
    levels = column.values.n_distinct if column.values else 0
    if column.kind == "text" and levels > MOST_LEVELS:
        return None
    try:
        values = _row_numbers(read())
    except Exception:  # noqa: BLE001 such a column has its reason in the profile already
        return None
    whole = column.type.startswith(("int", "uint")) and levels <= _CLASSES
    return values, column.kind in ("category", "text", "boolean") or (is_target and whole)


def _row_numbers(column: Column) -> NDArray[np.float64]:
    """Return one number per row: the value, or for text the place among the different ones."""
    import pyarrow as pa

    from ..columns.arrow import ArrowColumn, numbers
    from ..columns.category import CategoryColumn
    from ..columns.numbers import NumberColumn, plain_values

    if isinstance(column, CategoryColumn):
        codes = np.asarray(column.codes, np.float64)
        return np.where(codes < 0, np.nan, codes)
    if isinstance(column, NumberColumn):
        values, present = plain_values(column.values)
    elif isinstance(column, ArrowColumn):
        array = pa.chunked_array(column.parts).combine_chunks() if column.parts else pa.nulls(0)
        if pa.types.is_decimal(array.type):
            array = array.cast("float64")
        if column.type == "string":
            coded = array.cast(pa.large_string()).dictionary_encode().indices
            return np.asarray(coded.cast("float64").fill_null(np.nan).to_numpy(zero_copy_only=False))
        values, present = numbers(array)
    else:
        values, present = np.array([float(value) for value in column.values]), None  # type: ignore[attr-defined]
    found = values.astype(np.float64)
    found = np.where(np.isfinite(found), found, np.nan)
    return found if present is None else np.where(present, found, np.nan)


def _compare(column: ColumnProfile, codes: Codes | None, goal: Codes) -> Association | None:
    if codes is None:
        return None
    both = ~(np.isnan(codes[0]) | np.isnan(goal[0]))
    n = int(both.sum())
    x, y = codes[0][both], goal[0][both]
    if n < _FEW_ROWS or (x == x[0]).all() or (y == y[0]).all():
        return None
    if codes[1] and goal[1]:
        strength, method = _cramers_v(x, y), "Cramér's V"
    elif codes[1] or goal[1]:
        classes, ranked = (x, y) if codes[1] else (y, x)
        strength, method = _eta(_ranks(ranked), classes), "η of ranks"
    else:
        strength, method = abs(float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])), "Spearman"
    return Association(column.name, round(min(1.0, max(0.0, strength)), 6), method, n)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks from 0; equal values share the middle of theirs."""
    _, places, times = np.unique(values, return_inverse=True, return_counts=True)
    found: NDArray[np.float64] = (np.cumsum(times) - (times + 1) / 2)[places]
    return found


def _eta(ranks: NDArray[np.float64], classes: NDArray[np.float64]) -> float:
    _, places, times = np.unique(classes, return_inverse=True, return_counts=True)
    means = np.bincount(places, weights=ranks) / times
    between = float(times @ (means - ranks.mean()) ** 2) / float(((ranks - ranks.mean()) ** 2).sum())
    # What as many classes would explain by chance is taken off, as the adjusted R² does.
    n, k = len(ranks), len(times)
    adjusted = 1 - (1 - between) * (n - 1) / (n - k) if n > k else 0.0
    return float(np.sqrt(max(0.0, adjusted)))


def _cramers_v(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    rows, columns = np.unique(x, return_inverse=True)[1], np.unique(y, return_inverse=True)[1]
    r, k, n = int(rows.max()) + 1, int(columns.max()) + 1, len(x)
    if r * k > 4 * n:
        return 0.0  # almost every cell is empty: nothing can be said
    table = np.bincount(rows * k + columns, minlength=r * k).reshape(r, k)
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / n
    phi2 = float((((table - expected) ** 2) / expected).sum()) / n
    phi2 = max(0.0, phi2 - (k - 1) * (r - 1) / (n - 1))
    width = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(phi2 / width)) if width > 0 else 0.0
