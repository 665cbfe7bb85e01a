"""Keeping: the exact bytes of any data, in pieces that versions share.

Table of contents
-----------------
``keeping``       keep and restore: any data as pieces and a manifest, and back as it was
``form``          what is not content and still has to come back: library, dtypes, kind of index
``converting``    a table of one library as one of another
``deletions``     a version that is another one without some rows
``files``         files kept as they are, larger than memory too
``shelf``         where the arrays stand meanwhile: Parquet per length, Arrow streams for the rest
``paged``         a Parquet file in pieces that end where its pages end
``cutting``       any bytes cut where their content says
``plain`` ``zones``   Python values and time zones as JSON, without pickle
``object_values``     columns of Python objects
``arrow_arrays``      Arrow arrays of every type
``arrow_tables`` ``pandas_frames`` ``pandas_arrays`` ``polars_frames`` ``numpy_arrays`` ``scipy_matrices``
                  one file per kind of data: ``save`` it on the shelf, ``load`` it from there

How to add a library: a file with ``save(obj, shelf)`` and ``load(spec, shelf, places)``, named in
``keeping.py``; what ``save`` returns is JSON and bears ``as``: the library, a dot, and the class.
"""

from __future__ import annotations

from .deletions import apply_deletions, keep_deletions
from .files import KeptFile, keep_file, restore_file
from .form import form
from .keeping import KeptFrame, keep, restore

__all__ = [
    "KeptFile",
    "KeptFrame",
    "apply_deletions",
    "form",
    "keep",
    "keep_deletions",
    "keep_file",
    "restore",
    "restore_file",
]
