"""Data: what a dataset is, independent of the library that holds it. Frames in, records out.

Table of contents
-----------------
``fingerprint``  the canonical identity ``mj1`` of a frame, array or matrix
``types``        logical types: one word per kind of column
``columns/``     one small file per library: from its objects to columns of canonical bytes
``rows``         one hash per row: which rows stand in both of two datasets
``keeping/``     the exact bytes of data in pieces that versions share, and back
``profile/``     counts that merge: what is in the columns of data of any size, and what is odd in it
``shift/``       whether a distribution changed between two profiles, and whether it matters
``diff/``        two datasets beside each other: columns, rows by key, cells, distributions
``changes``      what changed between two versions, as a sentence
``sources``      which file, URL or query data were read from; ``places`` ``queries``: their names, hashes
"""

from __future__ import annotations

import json
from typing import Any

from ..records import DatasetVersion
from .changes import changes
from .columns import is_a, library_of
from .diff import diff
from .fingerprint import Fingerprint, fingerprint
from .keeping import (
    KeptFile,
    KeptFrame,
    apply_deletions,
    form,
    keep,
    keep_deletions,
    keep_file,
    restore,
    restore_file,
)
from .profile import (
    findings,
    merge_profiles,
    profile,
    profile_file,
    profile_from_bytes,
    profile_part,
    profile_to_bytes,
)
from .rows import overlap
from .shift import shift, shifts

__all__ = [
    "Fingerprint",
    "KeptFile",
    "KeptFrame",
    "apply_deletions",
    "changes",
    "describe_shape",
    "diff",
    "findings",
    "fingerprint",
    "form",
    "is_dataset",
    "keep",
    "keep_deletions",
    "keep_file",
    "merge_profiles",
    "overlap",
    "profile",
    "profile_file",
    "profile_from_bytes",
    "profile_part",
    "profile_to_bytes",
    "restore",
    "restore_file",
    "shift",
    "shifts",
]
_NOT_BY_ITSELF = {"pandas": ("Index",), "polars": ("LazyFrame",)}
"""Labels of something else, and a plan without data."""


def is_dataset(obj: Any) -> bool:
    """Tell whether an object is a table, series, array or matrix of at least two values.

    Looks only at libraries that are already imported, so asking costs nothing.

    Examples
    --------
    >>> import numpy as np
    >>> is_dataset(np.arange(3)), is_dataset(np.float64(1)), is_dataset([1, 2])
    (True, False, False)
    """
    library = library_of(obj)
    if library == "numpy":
        return bool(obj.ndim >= 1 and obj.size >= 2)
    return library is not None and not is_a(obj, _NOT_BY_ITSELF)


def describe_shape(version: DatasetVersion) -> str:
    """Return rows and columns as people write them.

    Examples
    --------
    >>> describe_shape(DatasetVersion("mj1:0", "k", 80000, 24, 0, "", "[]", ""))
    '80,000 × 24'
    """
    kind = json.loads(version.columns_json)[:1]
    inner = kind[0]["type"].partition(", ")[2] if kind and kind[0]["type"].startswith("tensor[") else ""
    sizes = (
        [version.n_rows, *map(int, inner.rstrip("]").split(", "))]
        if inner
        else [version.n_rows, version.n_columns]
    )
    return " × ".join(f"{size:,}" for size in sizes)
