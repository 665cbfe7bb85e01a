"""What changed between two versions of a dataset, from their identities alone.

Columns are matched by name. That a column of the same length holds other values is seen from its
hash; which rows were added or removed only from row hashes, where both sides kept them and the
columns are the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..records import DataChange, DatasetVersion
from .rows import difference

if TYPE_CHECKING:
    from .rows import Rows

_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of two versions, set against each other."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    retyped: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[str, ...]
    moved: bool

    @property
    def same_schema(self) -> bool:
        return not (self.added or self.removed or self.retyped or self.moved)


def changes(
    use_name: str,
    role: str,
    before: DatasetVersion | None,
    after: DatasetVersion | None,
    *,
    before_rows: Rows | None = None,
    after_rows: Rows | None = None,
) -> DataChange:
    """Compare a dataset with the one of the same name and role in another run.

    Parameters
    ----------
    use_name, role : as what the runs used it.
    before, after : the versions; None where a run did not use it.
    before_rows, after_rows : row hashes (uint64, one per row), where kept.

    Raises
    ------
    UsageError
        When both versions are None.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.data import fingerprint
    >>> a = fingerprint(pd.DataFrame({"x": [1, 2], "y": [3, 4]})).version
    >>> b = fingerprint(pd.DataFrame({"x": [1, 2], "y": [3, 5]})).version
    >>> changes("X", "train", a, b).summary
    '1 column changed: y'
    """
    if before is None or after is None:
        return _one_sided(use_name, role, before, after)
    if before.id == after.id:
        return DataChange(role, use_name, "unchanged", "unchanged", rows_added=0, rows_removed=0)
    columns = _compare_columns(before, after)
    rows = None
    if before_rows is not None and after_rows is not None and columns.same_schema:
        rows = difference(before_rows, after_rows)
    return DataChange(
        role,
        use_name,
        "changed",
        _sentence(before, after, columns, rows),
        rows_added=rows[0] if rows else None,
        rows_removed=rows[1] if rows else None,
        columns_added=columns.added,
        columns_removed=columns.removed,
        columns_changed=columns.changed,
        columns_retyped=columns.retyped,
    )


def _one_sided(
    name: str, role: str, before: DatasetVersion | None, after: DatasetVersion | None
) -> DataChange:
    if before is not None:
        return DataChange(role, name, "gone", "no longer used")
    if after is None:
        raise UsageError(f"no version of {name!r} to compare; give the one before, the one after, or both")
    return DataChange(role, name, "new", "new")


def _compare_columns(before: DatasetVersion, after: DatasetVersion) -> _Columns:
    old, new = _by_name(before), _by_name(after)
    both = [name for name in new if name in old]
    added = tuple(name for name in new if name not in old)
    removed = tuple(name for name in old if name not in new)
    retyped = tuple(name for name in both if old[name]["type"] != new[name]["type"])
    changed: tuple[str, ...] = ()
    if before.n_rows == after.n_rows:
        changed = tuple(
            name for name in both if name not in retyped and old[name]["hash"] != new[name]["hash"]
        )
    moved = both != [name for name in old if name in new]
    return _Columns(added, removed, retyped, changed, _renamed(old, new, added, removed), moved)


def _by_name(version: DatasetVersion) -> dict[str, Mapping[str, str]]:
    return {column["name"]: column for column in json.loads(version.columns_json)}


def _renamed(
    old: Mapping[str, Mapping[str, str]],
    new: Mapping[str, Mapping[str, str]],
    added: Sequence[str],
    removed: Sequence[str],
) -> tuple[str, ...]:
    """Return ``a → b`` for columns that only have another name; all must, or none is named so."""
    pairs = list(zip(removed, added, strict=False))
    same = len(added) == len(removed) and all(old[a]["hash"] == new[b]["hash"] for a, b in pairs)
    return tuple(f"{a} → {b}" for a, b in pairs) if same else ()


def _sentence(
    before: DatasetVersion, after: DatasetVersion, columns: _Columns, rows: tuple[int, int] | None
) -> str:
    parts = _row_parts(before, after, columns, rows) + _schema_parts(columns)
    if parts:
        return ", ".join(parts)
    if columns.moved:
        return "same columns in another order"
    return "other index" if before.index_hash != after.index_hash else "other column names"


def _row_parts(
    before: DatasetVersion, after: DatasetVersion, columns: _Columns, rows: tuple[int, int] | None
) -> list[str]:
    more = after.n_rows - before.n_rows
    if rows is None:
        grown = [f"{counted(abs(more), 'row')} {'more' if more > 0 else 'fewer'}"] if more else []
        return grown + _changed_part(columns.changed)
    added, removed = rows
    if more == 0:
        return _replaced_part(added, after, columns)
    parts = [counted(added, "row") + " added"] if added else []
    if removed:
        parts.append(f"{removed:,} removed" if added else f"{counted(removed, 'row')} removed")
    return parts


def _replaced_part(replaced: int, after: DatasetVersion, columns: _Columns) -> list[str]:
    if replaced == 0:
        return ["same rows in another order"] if columns.changed else []
    where = ""
    if after.n_columns > 1 and columns.changed:
        where = f", {counted(len(columns.changed), 'column')}: {listed(columns.changed)}"
    return [f"{replaced:,} of {counted(after.n_rows, 'row')} changed{where}"]


def _changed_part(changed: Sequence[str]) -> list[str]:
    if not changed:
        return []
    if changed == ("values",):
        return ["values changed"]
    return [f"{counted(len(changed), 'column')} changed: {listed(changed)}"]


def _schema_parts(columns: _Columns) -> list[str]:
    if columns.renamed:
        return [f"{counted(len(columns.renamed), 'column')} renamed: {listed(columns.renamed)}"]
    words = ((columns.added, "added"), (columns.removed, "removed"), (columns.retyped, "of another type"))
    return [f"{counted(len(names), 'column')} {word}: {listed(names)}" for names, word in words if names]


def counted(number: int, word: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def listed(names: Sequence[str]) -> str:
    """Return the first three names, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b"]), listed(list("abcde"))
    ('a, b', 'a, b, c and 2 more')
    """
    shown = ", ".join(names[:_NAMES_SHOWN])
    rest = len(names) - _NAMES_SHOWN
    return f"{shown} and {rest:,} more" if rest > 0 else shown
