"""One of two datasets that are compared: its columns by name, and 64-bit words of their values.

Values are compared by the words of row hashes (``columns/base.py``): equal values have equal words,
whichever library holds them and however wide their numbers are, and missing equals missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import UnsupportedError
from ..columns import library_of, table_of
from ..columns.base import naming
from ..columns.numbers import NumberColumn
from ..fingerprint import display_names, fingerprint

if TYPE_CHECKING:
    from ...records import DatasetVersion
    from ..columns.base import Column, Table, Words


@dataclass(slots=True)
class Side:
    """A dataset with its version; ``columns`` by the names that people see, in order.

    ``index`` has the levels of a pandas index, or the count of the rows where it only counts.
    """

    obj: Any
    label: str
    table: Table
    version: DatasetVersion
    columns: dict[str, Column]
    hashes: dict[str, str]
    index: dict[str, Column]
    _words: dict[int, Words] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Rows of the dataset."""
        return self.table.n_rows

    def words(self, column: Column) -> Words:
        """Return one word per value of a column; computed once."""
        if id(column) not in self._words:
            self._words[id(column)] = np.concatenate([np.zeros(0, np.uint64), *_parts(column)])
        return self._words[id(column)]

    def first_words(self, column: Column) -> Words:
        """Return the words of the first 65,536 rows at most."""
        known = self._words.get(id(column))
        return next(_parts(column), np.zeros(0, np.uint64)) if known is None else known[:65_536]

    def texts(self, column: Column, positions: Sequence[int]) -> list[str]:
        """Return values of a column, or of the index, as text."""
        places = list(self.columns.values())
        place = next((i for i, one in enumerate(places) if one is column), None)
        if place is not None:
            return [as_text(value) for value in _values(self.obj, place, positions)]
        if not self.table.index:  # it only counts
            return [str(position) for position in positions]
        level = next(i for i, one in enumerate(self.index.values()) if one is column)
        found = self.obj.index.get_level_values(level).take(list(positions))
        return [as_text(value) for value in found]


def side_of(obj: Any, label: str, version: DatasetVersion | None) -> Side:
    """Return a dataset ready to be compared; its version is computed where it is not given.

    Raises
    ------
    UnsupportedError
        When the object is not data.
    """
    table = table_of(obj)
    if table is None:
        raise UnsupportedError(
            f"{label} is a {type(obj).__module__}.{type(obj).__qualname__}, not a table or array; only "
            "pandas, polars, Arrow, numpy and scipy.sparse objects can be compared"
        )
    version = version or fingerprint(obj, rows=False).version
    names = display_names([column.name for column in table.columns])
    hashes = {column["name"]: column["hash"] for column in json.loads(version.columns_json)}
    columns = dict(zip(names, table.columns, strict=True))
    return Side(obj, label, table, version, columns, hashes, _index(table))


def _index(table: Table) -> dict[str, Column]:
    if not table.kind.startswith("pandas."):
        return {}
    levels = list(table.index) or [NumberColumn(None, np.arange(table.n_rows))]
    return {"index" if level.name is None else str(level.name): level for level in levels}


def _parts(column: Column) -> Iterator[Words]:
    with naming(column.name, column.type):
        yield from column.words()


def rows_at(obj: Any, positions: Any) -> Any:
    """Return some rows of a dataset, as the same kind of object.

    Examples
    --------
    >>> rows_at(np.arange(5) * 10, [1, 3])
    array([10, 30])
    """
    library = library_of(obj)
    if library == "pandas":
        return obj.iloc[positions] if hasattr(obj, "iloc") else obj.take(positions)
    if library == "pyarrow":
        return obj.take(np.asarray(positions, np.int64))
    return obj.tocsr()[positions] if library == "scipy.sparse" else obj[positions]


def _values(obj: Any, place: int, positions: Sequence[int]) -> list[Any]:
    rows = rows_at(obj, list(positions))
    library = library_of(obj)
    if library == "pandas":
        return list(rows.iloc[:, place] if hasattr(rows, "columns") else rows)
    if library == "polars":
        return list(rows.to_series(place) if hasattr(rows, "columns") else rows)
    if library == "pyarrow":
        return list((rows.column(place) if hasattr(rows, "schema") else rows).to_pylist())
    if library == "scipy.sparse":
        return list(rows.toarray())
    return list(rows[:, place] if rows.ndim == 2 else rows)


def as_text(value: Any, longest: int = 80) -> str:
    """Return a value as people read it: in full where it is short, ``missing`` where it is.

    Examples
    --------
    >>> as_text(0.1), as_text(float("nan")), as_text("x" * 99)[-3:]
    ('0.1', 'missing', 'xx…')
    """
    if value is None or _is_missing(value):
        return "missing"
    text = " ".join(str(value).split()) if isinstance(value, np.ndarray) else str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _is_missing(value: Any) -> bool:
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating, np.datetime64, np.timedelta64)) and bool(value != value)
