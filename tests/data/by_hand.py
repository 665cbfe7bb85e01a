"""Profiles made by hand from arrays, so that thousands of them are quick to make."""

from __future__ import annotations

import numpy as np

from mlops_jupyter.records import ColumnProfile, Distribution, ValueCounts


def distribution(values, *, points=1024):
    """Return the distribution of finite values, at up to 1,024 of them."""
    ordered = np.sort(np.asarray(values, np.float64))
    n = len(ordered)
    places = np.unique(np.linspace(0, n - 1, min(n, points)).round().astype(int))
    grid = np.unique(ordered[places])
    counts = np.searchsorted(ordered, grid, side="right")
    mean = float(ordered.mean())
    m2, m3, m4 = (float(((ordered - mean) ** power).sum()) for power in (2, 3, 4))
    return Distribution(
        n=n,
        minimum=float(ordered[0]),
        maximum=float(ordered[-1]),
        mean=mean,
        m2=m2,
        m3=m3,
        m4=m4,
        grid=tuple(grid.tolist()),
        counts=tuple(counts.tolist()),
        is_complete=len(np.unique(ordered)) == len(grid),
    )


def numbers(values, *, n_missing=0, points=1024, name="x"):
    """Return the profile of a column of numbers."""
    n_rows = len(values) + n_missing
    one = distribution(values, points=points) if len(values) else None
    kind = "number" if len(values) else "empty"
    return ColumnProfile(name, 0, "float64", kind, n_rows, n_missing, numbers=one)


def categories(values, *, top=1000, name="c", **more):
    """Return the profile of a column of categories."""
    names, counts = np.unique(np.asarray(values), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    pairs = tuple((str(names[i]), int(counts[i])) for i in order[:top])
    other = int(counts.sum()) - sum(count for _, count in pairs)
    values_ = ValueCounts(pairs, other, len(names))
    return ColumnProfile(name, 0, "string", "category", len(values), values=values_, **more)
