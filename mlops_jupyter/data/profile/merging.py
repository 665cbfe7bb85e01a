"""Two profiles as one, as if their rows had been counted together."""

from __future__ import annotations

from dataclasses import replace

from ...records import ColumnProfile, Profile


def merge_profiles(a: Profile, b: Profile) -> Profile:
    """Return the profile of the rows of both, columns matched by name; rows of ``a`` come first.

    Counts, missing, extremes and moments add up exactly; so do counts at the grid where the grids
    are equal (see :func:`profile_part`) or complete, and values where all of them are known.
    Elsewhere ``rank_error`` says by which share a count may be off. Duplicate rows and
    associations cannot be merged and are absent; a column that only one of them has is missing in the
    rows of the other.

    Examples
    --------
    >>> import numpy as np
    >>> from mlops_jupyter.data.profile import profile
    >>> both = merge_profiles(profile(np.array([1, 2])), profile(np.array([2, 3])))
    >>> both.n_rows, both.columns[0].values.n_distinct, both.columns[0].numbers.mean
    (4, 3, 2.0)
    """
    if not a.columns and not a.n_rows:
        return b
    if not b.columns and not b.n_rows:
        return a
    from .joining import joined

    others = {column.name: column for column in b.columns}
    known = {column.name for column in a.columns}
    pairs = [(one, others.get(one.name) or _absent(one, b.n_rows)) for one in a.columns]
    pairs += [(_absent(one, a.n_rows), one) for one in b.columns if one.name not in known]
    a_sketches, b_sketches = dict(a.distinct_sketch), dict(b.distinct_sketch)
    columns: list[ColumnProfile] = []
    sketches: list[tuple[int, tuple[int, ...]]] = []
    for position, (one, other) in enumerate(pairs):
        column, sketch = joined(one, other, a_sketches, b_sketches)
        columns.append(replace(column, position=position))
        if sketch is not None:
            sketches.append((position, sketch))
    sampled = a.sampled_rows is not None or b.sampled_rows is not None
    rows = (a.sampled_rows or a.n_rows) + (b.sampled_rows or b.n_rows)
    return Profile(
        a.n_rows + b.n_rows,
        tuple(columns),
        sampled_rows=rows if sampled else None,
        target=a.target if a.target == b.target else None,
        distinct_sketch=tuple(sketches),
    )


def _absent(column: ColumnProfile, n_rows: int) -> ColumnProfile:
    reason = f"the column is absent in {n_rows:,} rows" if n_rows else column.reason
    return ColumnProfile(column.name, column.position, "null", "empty", n_rows, n_rows, reason=reason)
