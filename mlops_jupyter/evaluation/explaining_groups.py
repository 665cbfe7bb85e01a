"""Which features say the same: those that a model may use one for the other are shuffled together."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .curves_bands import Floats

ALIKE: Final = 0.8
"""From this strength of association on, features go together."""

_MOST_LEVELS: Final = 100
_MOST_ROWS: Final = 5_000
_FEW_ROWS = 20


def alike(columns: list[Any], *, least: float = ALIKE) -> list[tuple[int, ...]]:
    """Return the features in groups, each group's members alike on average; in the order of columns.

    Numbers with numbers by Spearman's |ρ|, categories with categories by Cramér's V without its bias,
    numbers with categories by η of the ranks; groups by average linkage at 1 - ``least``.

    Parameters
    ----------
    columns : pandas series of equal length, one per feature.
    least : association from which on two features go together, 0 to 1.

    References
    ----------
    Spearman (1904); Cramér (1946), corrected as in Bergsma (2013), equations 3 to 5; Strobl et al. (2008),
    for what shuffling one of two correlated features does to its importance.

    Examples
    --------
    >>> import pandas as pd
    >>> x = np.arange(100.0)
    >>> alike([pd.Series(x), pd.Series(x % 7), pd.Series(-(x**3))])
    [(0, 2), (1,)]
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(columns) < 2:
        return [(i,) for i in range(len(columns))]
    distance = 1 - association(columns)
    np.fill_diagonal(distance, 0.0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), 1 - least, "distance")
    groups: dict[int, list[int]] = {}
    for i, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(i)
    return sorted(map(tuple, groups.values()))


def association(columns: list[Any]) -> Floats:
    """Return how strongly each pair of features goes together, features × features, 0 to 1."""
    step = max(1, len(columns[0]) // _MOST_ROWS)
    some = [one.iloc[::step] for one in columns]
    is_number = np.array([_is_number(one) for one in some])
    found = np.eye(len(columns))
    numbers = np.flatnonzero(is_number).tolist()
    ranks = {i: _ranked(some[i]) for i in numbers}
    if len(numbers) > 1:
        found[np.ix_(numbers, numbers)] = _correlation(np.stack(list(ranks.values())))
    levels = {i: _levels(some[i]) for i in np.flatnonzero(~is_number).tolist()}
    for i, codes in levels.items():
        if codes is None:
            continue
        for j in range(len(columns)):
            other, rank = levels.get(j), ranks.get(j)
            if rank is not None:
                found[i, j] = found[j, i] = _eta(rank, codes)
            elif j < i and other is not None:
                found[i, j] = found[j, i] = _cramers_v(codes, other)
    return np.clip(np.nan_to_num(found), 0.0, 1.0)


def _is_number(values: Any) -> bool:
    from pandas.api import types

    return types.is_numeric_dtype(values.dtype) or types.is_datetime64_any_dtype(values.dtype)


def _ranked(values: Any) -> Floats:
    """Return ranks about their mean; missing values stand in the middle, where they pull neither way."""
    ranks = values.rank().to_numpy(dtype=np.float64, na_value=np.nan)
    return np.nan_to_num(ranks - np.nanmean(ranks)) if np.isfinite(ranks).any() else np.zeros(len(ranks))


def _correlation(ranks: Floats) -> Floats:
    size = np.sqrt((ranks**2).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(ranks @ ranks.T) / np.outer(size, size))


def _levels(values: Any) -> NDArray[np.intp] | None:
    """Return a category as numbers, missing being one; None where there are too many to compare."""
    import pandas as pd

    try:
        codes, levels = pd.factorize(values, use_na_sentinel=False)
    except TypeError:  # lists, dicts: no value can be compared with another
        return None
    return (
        codes if 1 < len(levels) <= min(_MOST_LEVELS, len(codes) // 2) and len(codes) >= _FEW_ROWS else None
    )


def _eta(ranks: Floats, codes: NDArray[np.intp]) -> float:
    """Return the root of the share of variance of the ranks between classes, adjusted for their number."""
    whole = float((ranks**2).sum())
    counts = np.bincount(codes)
    n, k = len(ranks), len(counts)
    if not whole or n <= k:
        return 0.0
    between = float((np.bincount(codes, ranks) ** 2 / counts).sum()) / whole
    return float(np.sqrt(max(0.0, 1 - (1 - between) * (n - 1) / (n - k))))


def _cramers_v(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    r, k, n = int(one.max()) + 1, int(other.max()) + 1, len(one)
    if r * k > 4 * n:
        return 0.0  # almost every cell is empty: nothing can be said
    table = np.bincount(one * k + other, minlength=r * k).reshape(r, k).astype(np.float64)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = max(0.0, float(((table - expected) ** 2 / expected).sum()) / n - (k - 1) * (r - 1) / (n - 1))
    width = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(phi2 / width)) if width > 0 else 0.0
