"""From objects of any library to columns: one small file per library.

Table of contents
-----------------
``base``               Column, Table and the chunks that all share
``numbers`` ``texts``  bytes of numbers, times, text
``arrow``              every Arrow type
``category``           codes and levels
``objects`` ``walk``   Python objects, without pickle
``digest``             from streams to a column's digest
``*_columns``          adapters: numpy, pandas, polars, pyarrow, scipy
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .base import Table

ADAPTERS: Final[dict[str, tuple[str, ...]]] = {
    "pandas": ("DataFrame", "Series", "Index"),
    "polars": ("DataFrame", "Series", "LazyFrame"),
    "pyarrow": ("Table", "RecordBatch", "Array", "ChunkedArray"),
    "scipy.sparse": ("spmatrix", "sparray"),
    "numpy": ("ndarray",),
}
"""Per library, the classes that are data. A subclass counts; a library not imported costs nothing."""


def library_of(obj: Any) -> str | None:
    """Return the library whose data this is, or None; imports nothing."""
    return next((library for library, names in ADAPTERS.items() if is_a(obj, {library: names})), None)


def is_a(obj: Any, classes: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether an object is of a class, given by names per library; imports nothing."""
    for library, names in classes.items():
        module = sys.modules.get(library)
        kinds = tuple(kind for name in names if isinstance(kind := getattr(module, name, None), type))
        if kinds and issubclass(type(obj), kinds):  # isinstance would run the code of a lazy proxy
            return True
    return False


def table_of(obj: Any) -> Table | None:
    """Return the columns of an object, or None where it is not data."""
    library = library_of(obj)
    if library is None:
        return None
    adapter = import_module(f".{library.partition('.')[0]}_columns", __package__)
    found: Table = adapter.table(obj)
    return found
