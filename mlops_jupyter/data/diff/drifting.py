"""Shift per column between two datasets, from their profiles, made here of a sample where not given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ..shift import shifts
from .side import rows_at

if TYPE_CHECKING:
    from ...records import DataDiff, Profile, ValueCounts
    from .side import Side

_MOST_ROWS: Final = 50_000
"""Enough to be certain of a shift of 2 % of the rows; the bounds know how many there were."""


def with_shifts(
    found: DataDiff,
    old: Side,
    new: Side,
    profiles: tuple[Profile | None, Profile | None],
    sensitive: Collection[str],
) -> tuple[DataDiff, set[str]]:
    """Return a comparison with the shift of each column whose content differs, and what is not to be shown.

    Not to be shown are the values of the columns named as sensitive and of those with personal data.
    """
    wanted = {
        one.name
        for one in found.columns
        if one.state in ("same", "changed", "retyped") and old.hashes[one.name] != new.hashes[one.name]
    }
    if not wanted or not old.n_rows or not new.n_rows:
        return found, set(sensitive)
    labels: dict[str, str] = {}
    before, after = (
        _marked(given or _profile(side), sensitive, labels)
        for given, side in zip(profiles, (old, new), strict=True)
    )
    hidden = {column.name for one in (before, after) for column in one.columns if column.personal}
    shift_of = {name: one for name, one in shifts(before, after) if name in wanted}
    first, second = ({column.name: column for column in one.columns} for one in (before, after))
    columns = tuple(
        replace(one, shift=shift_of[one.name], before=first[one.name], after=second[one.name])
        if one.name in shift_of
        else one
        for one in found.columns
    )
    return replace(found, columns=columns), hidden | set(sensitive)


def _marked(one: Profile, sensitive: Collection[str], labels: dict[str, str]) -> Profile:
    """Return a profile in which sensitive columns count as personal, and numbers stand for their values."""
    columns = tuple(
        replace(column, personal=column.personal or "sensitive", values=_labelled(column.values, labels))
        if column.name in sensitive
        else column
        for column in one.columns
    )
    return replace(one, columns=columns)


def _labelled(values: ValueCounts | None, labels: dict[str, str]) -> ValueCounts | None:
    if values is None:
        return None
    top = tuple((labels.setdefault(value, f"value {len(labels) + 1}"), count) for value, count in values.top)
    return replace(values, top=top)


def _profile(side: Side) -> Profile:
    from ..profile import profile

    if side.n_rows <= _MOST_ROWS:
        return profile(side.obj)
    chosen = np.random.default_rng(0).choice(side.n_rows, _MOST_ROWS, replace=False, shuffle=False)
    return profile(rows_at(side.obj, np.sort(chosen)))
