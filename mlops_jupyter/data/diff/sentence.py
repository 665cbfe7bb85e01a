"""The sentence on top of a comparison: rows, cells, columns, distributions, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..changes import counted, listed

if TYPE_CHECKING:
    from ...records import DataDiff


def sentence(diff: DataDiff) -> str:
    """Return what a person says who has looked at the whole comparison.

    Examples
    --------
    >>> from mlops_jupyter.records import DataDiff, DatasetVersion
    >>> a, b = (DatasetVersion(f"mj1:{n}", "k", n, 1, 0, "", "[]", "") for n in (3, 5))
    >>> sentence(DataDiff("a", "b", a, b, "", rows_added=2, rows_removed=0, rows_changed=0, rows_same=3))
    '2 rows added'
    """
    if diff.before_version.id == diff.after_version.id:
        return "the same content"
    parts = [*_rows(diff), *_schema(diff), *_shifted(diff)]
    if diff.is_reordered:
        parts.append("rows in another order" if parts else "the same rows in another order")
    if parts:
        return ", ".join(parts)
    return diff.notes[0] if diff.notes else "equal values"


def _rows(diff: DataDiff) -> list[str]:
    if diff.rows_added is None or diff.rows_removed is None:
        return [f"{diff.before_version.n_rows:,} rows → {diff.after_version.n_rows:,}, not comparable"]
    parts = [f"{counted(diff.rows_added, 'row')} added"] if diff.rows_added else []
    if diff.rows_removed:
        removed = f"{diff.rows_removed:,}" if parts else counted(diff.rows_removed, "row")
        parts.append(f"{removed} removed")
    if diff.rows_changed:
        changed = f"{diff.rows_changed:,}" if parts else counted(diff.rows_changed, "row")
        columns = [column for column in diff.columns if column.n_cells]
        cells = sum(column.n_cells or 0 for column in columns)
        names = listed([column.name for column in sorted(columns, key=lambda one: -(one.n_cells or 0))])
        parts.append(f"{changed} changed" + (f" ({counted(cells, 'cell')} in {names})" if cells else ""))
    return parts


def _schema(diff: DataDiff) -> list[str]:
    states = (("added", "added"), ("removed", "removed"), ("retyped", "of another type"))
    named = ((word, [one.name for one in diff.columns if one.state == state]) for state, word in states)
    return [f"{counted(len(names), 'column')} {word}: {listed(names)}" for word, names in named if names]


def _shifted(diff: DataDiff) -> list[str]:
    shifted = [one for one in diff.columns if one.shift is not None and one.shift.level == "material"]
    if not shifted:
        return []
    ordered = sorted(shifted, key=lambda one: -(one.shift.effect if one.shift else 0.0))
    first = ordered[0]
    assert first.shift is not None
    said = f"{first.name} ({first.shift.words})" if first.shift.words else first.name
    names = [said, *(one.name for one in ordered[1:])]
    where = f"{counted(len(names), 'column')}: " if len(names) > 1 else ""
    return [f"distribution shifted in {where}{listed(names)}"]
