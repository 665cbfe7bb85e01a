"""Profiles of frames in memory, of plans read in batches, and of parts counted at another's grid."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from ...errors import UnsupportedError
from ...records import DatasetVersion, Profile
from ..columns import is_a, table_of
from ..rows import distinct, row_hashes, wanted

BATCH_ROWS: Final = 1 << 16
"""Rows of a batch where data are read piece by piece: its arrays stay in the caches of the processor."""


def profile(obj: Any, *, target: str | None = None, version: DatasetVersion | None = None) -> Profile:
    """Count a dataset: per column missing, distinct, distribution, frequent values, shapes of text.

    Equal data give equal profiles, whichever library holds them. No column makes it fail: one that
    cannot be read has a row that says why. A pandas index is not part of it.

    Parameters
    ----------
    obj : a pandas, polars, Arrow, numpy or scipy.sparse object; a polars LazyFrame is read in batches.
    target : name of the column that others are compared with; gives ``associations`` (0 to 1).
    version : the identity of the same data; gives ``version_id`` and the hash of every column.

    Raises
    ------
    UnsupportedError
        When the object is not data.
    NotFoundError
        When there is no column of the target's name.

    Examples
    --------
    >>> import pandas as pd
    >>> found = profile(pd.DataFrame({"age": [31, 62, None], "plan": ["a", "a", "b"]}))
    >>> [(c.name, c.kind, c.n_missing, c.values.n_distinct) for c in found.columns]
    [('age', 'number', 1, 2), ('plan', 'category', 0, 2)]
    """
    from .associations import associations
    from .reading import slices
    from .state import profile_of_pieces

    if is_a(obj, {"polars": ("LazyFrame",)}):
        batches = obj.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)
        return of_batches(chain([obj.limit(0).collect()], batches), target)
    counted = profile_of_pieces(list(slices(obj)))
    found = replace(counted, n_duplicate_rows=_duplicates(obj))
    found = associations(found, obj, target) if target is not None else found
    return found if version is None else _of_version(found, version)


def profile_part(obj: Any, like: Profile) -> Profile:
    """Count a part of a dataset at the grid of another profile, so that parts add up exactly.

    Parameters
    ----------
    obj : some rows, as for :func:`profile`.
    like : the profile whose grids are used, by column name; columns that it has not get their own.

    Examples
    --------
    >>> import numpy as np
    >>> whole = profile(np.arange(1000.0))
    >>> parts = [profile_part(np.arange(0, 400.0), whole), profile_part(np.arange(400, 1000.0), whole)]
    >>> from mlops_jupyter.data.profile import merge_profiles
    >>> merge_profiles(*parts).columns[0].numbers.counts == whole.columns[0].numbers.counts
    True
    """
    from .reading import slices
    from .state import profile_of_pieces

    return profile_of_pieces(list(slices(obj)), like)


def of_batches(batches: Iterable[Any], target: str | None = None) -> Profile:
    """Count batches of one table, each an object with ``shape`` or an Arrow table; at least one comes."""
    from .associations import associations
    from .reading import RowSample
    from .state import TableState

    state, sample = TableState(), RowSample()
    for batch in batches:
        state.add(batch)
        if target is not None:
            sample.add(batch)
    found = state.profile()
    return found if target is None else associations(found, sample.table(), target)


def _duplicates(obj: Any) -> int | None:
    """Return how many rows stand before as well; None where rows are too many or have no hashes."""
    from .reading import rows_of

    n_rows = rows_of(obj)
    width = obj.shape[1] if len(getattr(obj, "shape", ())) > 1 else 1
    if not width or not wanted(asked="auto", n_rows=n_rows, n_columns=width):
        return None
    try:
        table = table_of(obj)
        hashes = row_hashes(table.columns, n_rows) if table else None
    except UnsupportedError:
        return None
    return None if hashes is None else n_rows - distinct(hashes)


def _of_version(found: Profile, version: DatasetVersion) -> Profile:
    described = json.loads(version.columns_json)
    hashes = {place: one.get("hash") for place, one in enumerate(described)}
    columns = tuple(replace(column, hash=hashes.get(column.position)) for column in found.columns)
    return replace(found, columns=columns, version_id=version.id)
