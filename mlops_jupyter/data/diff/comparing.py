"""Rows, cells and examples of two datasets, as a DataDiff without its sentence."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...records import CellChange, ColumnDiff, DataDiff
from ..rows import difference
from .cells import changed, comparable
from .keys import POSITION, found_key, given_key, key_texts, personal_among
from .matching import combined

if TYPE_CHECKING:
    from .keys import Key
    from .side import Side

Changes = dict[str, "NDArray[np.bool_] | None"]
"""Which of the matched rows differ, by column; None where types forbid to compare."""
_LEVELS: Final = re.compile(r"(category\[.*), \d+ levels [0-9a-f]+\]")
_HIDDEN: Final = "•••"
_AS_A_WHOLE: Final = "no key was found: rows were compared as a whole"


def compared(
    old: Side,
    new: Side,
    names: Sequence[str] | None,
    tolerance: float,
    *,
    max_examples: int,
    sensitive: Collection[str] = (),
) -> tuple[DataDiff, set[str]]:
    """Return the comparison by key, or as a whole where there is none; and key columns not to be shown.

    Where a part of the key is sensitive or personal, the number of the row stands for the key.
    """
    key = given_key(old, new, names, sensitive) if names else found_key(old, new)
    found = DataDiff(old.label, new.label, old.version, new.version, "")
    if key is None:
        return _as_a_whole(old, new, found), set()
    hidden = personal_among(old, key.names) | personal_among(new, key.names)
    hidden |= set(sensitive).intersection(key.names)
    if hidden:
        key = replace(key, before=(), after=())
    changes = {name: _changed(old, new, name, key, tolerance) for name in new.columns if name in old.columns}
    differ = _any(changes, key.match.n_rows)
    added, removed = key.match.added[:max_examples].tolist(), key.match.removed[:max_examples].tolist()
    found = replace(
        found,
        key=key.names,
        is_key_found=key.is_found,
        rows_added=len(key.match.added),
        rows_removed=len(key.match.removed),
        rows_changed=int(differ.sum()),
        rows_same=int((~differ).sum()),
        is_reordered=key.match.is_reordered,
        columns=_columns(old, new, changes),
        examples=_examples(old, new, key, changes, differ, max_examples),
        added_keys=tuple(key_texts(new, key.names, key.after, added)),
        removed_keys=tuple(key_texts(old, key.names, key.before, removed)),
        notes=_notes(old, new, key),
    )
    return found, hidden


def _changed(old: Side, new: Side, name: str, key: Key, tolerance: float) -> NDArray[np.bool_] | None:
    """Return which matched rows differ in a column; none where its hash says so."""
    if key.match.is_identity and old.hashes[name] == new.hashes[name]:
        return np.zeros(key.match.n_rows, np.bool_)
    return changed(old, new, old.columns[name], new.columns[name], key.match, tolerance)


def _any(changes: Changes, n_rows: int) -> NDArray[np.bool_]:
    found = np.zeros(n_rows, np.bool_)
    for differ in changes.values():
        if differ is not None:
            found |= differ
    return found


def _as_a_whole(old: Side, new: Side, found: DataDiff) -> DataDiff:
    """Compare rows by all their values: what is not found again was added or removed."""
    pairs = []
    changes: Changes = {}
    for name, column in new.columns.items():
        if (earlier := old.columns.get(name)) is None:
            continue
        changes[name] = None
        pair = comparable(old, earlier, new, column)
        if pair is not None:
            pairs.append(pair)
    found = replace(found, columns=_columns(old, new, changes), notes=(_AS_A_WHOLE, *_schema_notes(old, new)))
    if not pairs:
        return replace(found, notes=("no column of the same name and kind in both", *found.notes[1:]))
    before, after = (combined([pair[i] for pair in pairs]) for i in (0, 1))
    added, removed = difference(before, after)
    is_reordered = added == removed == 0 and not np.array_equal(before, after)
    same = len(after) - added
    return replace(
        found,
        rows_added=added,
        rows_removed=removed,
        rows_changed=0,
        rows_same=same,
        is_reordered=is_reordered,
    )


# --- columns ----------------------------------------------------------------------------------


def _columns(old: Side, new: Side, changes: Changes) -> tuple[ColumnDiff, ...]:
    columns = [_column(old, new, name, changes.get(name)) for name in new.columns]
    gone = [name for name in old.columns if name not in new.columns]
    return (*columns, *(ColumnDiff(name, "removed", plain_type(old.columns[name].type)) for name in gone))


def _column(old: Side, new: Side, name: str, differ: NDArray[np.bool_] | None) -> ColumnDiff:
    kind = plain_type(new.columns[name].type)
    if name not in old.columns:
        return ColumnDiff(name, "added", None, kind)
    before = plain_type(old.columns[name].type)
    n_cells = None if differ is None else int(differ.sum())
    if before != kind:
        return ColumnDiff(name, "retyped", before, kind, n_cells)
    is_same = n_cells == 0 if n_cells is not None else old.hashes[name] == new.hashes[name]
    return ColumnDiff(name, "same" if is_same else "changed", before, kind, n_cells)


def plain_type(kind: str) -> str:
    """Return a type without the levels of a category, which are data.

    Examples
    --------
    >>> plain_type("category[string, 3 levels 0a1b2c3d4e5f]"), plain_type("int64")
    ('category[string]', 'int64')
    """
    return _LEVELS.sub(r"\1]", kind)


# --- examples ---------------------------------------------------------------------------------


def _examples(
    old: Side, new: Side, key: Key, changes: Changes, differ: NDArray[np.bool_], at_most: int
) -> tuple[CellChange, ...]:
    """Return cells that changed, of every changed column some, row by row."""
    rows = _example_rows(changes, differ, at_most)
    before, after = key.match.before[rows].tolist(), key.match.after[rows].tolist()
    keys = key_texts(new, key.names, key.after, after)
    found: list[tuple[int, int, CellChange]] = []
    for name, column_differ in changes.items():
        if column_differ is None or not column_differ[rows].any():
            continue
        places = np.flatnonzero(column_differ[rows]).tolist()
        values = zip(
            old.texts(old.columns[name], [before[i] for i in places]),
            new.texts(new.columns[name], [after[i] for i in places]),
            strict=True,
        )
        cells = [CellChange(keys[i], name, *pair) for i, pair in zip(places, values, strict=True)]
        found += [(nth, i, cell) for nth, (i, cell) in enumerate(zip(places, cells, strict=True))]
    # The first of each column come before the second of any; what is left stands row by row.
    shown = sorted(found, key=lambda one: one[:2])[:at_most]
    return tuple(cell for _, _, cell in sorted(shown, key=lambda one: one[1]))


def _example_rows(changes: Changes, differ: NDArray[np.bool_], at_most: int) -> NDArray[np.int64]:
    """Return rows to show: of each changed column the first few, so that none hides the others."""
    columns = [one for one in changes.values() if one is not None and one.any()]
    each = max(1, at_most // max(1, len(columns)))
    first = [np.flatnonzero(one)[:each] for one in columns[:at_most]]
    rows = np.unique(np.concatenate([np.zeros(0, np.int64), *first]))
    more = np.setdiff1d(np.flatnonzero(differ)[: 2 * at_most], rows)[: max(0, at_most - len(rows))]
    return np.sort(np.concatenate([rows, more]))[:at_most]


def without_values(found: DataDiff, columns: set[str], *, keys_are_rows: bool = False) -> DataDiff:
    """Return a comparison in which the values of some columns, and keys of them, are not shown.

    Keys that are only numbers of rows stay.
    """
    if not columns:
        return found
    hide_key = not keys_are_rows and not columns.isdisjoint(found.key)
    examples = tuple(
        replace(
            one,
            key=_HIDDEN if hide_key else one.key,
            before=_HIDDEN if one.column in columns else one.before,
            after=_HIDDEN if one.column in columns else one.after,
        )
        for one in found.examples
    )
    keys: dict[str, Any] = {"added_keys": (), "removed_keys": ()} if hide_key else {}
    note = f"values are not shown of {', '.join(sorted(columns))}"
    return replace(found, examples=examples, notes=(*found.notes, note), **keys)


# --- notes ------------------------------------------------------------------------------------


def _notes(old: Side, new: Side, key: Key) -> tuple[str, ...]:
    first = ["no key was found: rows were matched by their position"] if key.names == (POSITION,) else []
    return (*first, *_schema_notes(old, new))


def _schema_notes(old: Side, new: Side) -> list[str]:
    notes = [f"{a} is now called {b}" for a, b in _renamed(old, new)]
    both = [name for name in new.columns if name in old.columns]
    if both != [name for name in old.columns if name in new.columns]:
        notes.append("columns in another order")
    if old.n_rows == new.n_rows and old.version.index_hash != new.version.index_hash:
        notes.append("another index")
    return notes + [f"{name} has other levels" for name in both if _levels_differ(old, new, name)]


def _renamed(old: Side, new: Side) -> list[tuple[str, str]]:
    """Return columns that only have another name."""
    gone = {old.hashes[name]: name for name in old.columns if name not in new.columns}
    fresh = [name for name in new.columns if name not in old.columns]
    return [(gone[new.hashes[name]], name) for name in fresh if new.hashes[name] in gone]


def _levels_differ(old: Side, new: Side, name: str) -> bool:
    before, after = old.columns[name].type, new.columns[name].type
    return before != after and plain_type(before) == plain_type(after)
