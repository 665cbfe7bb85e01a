"""Shift per column between two datasets, from their profiles, made here of a sample where not given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ..shift import shifts
from .side import rows_at

if TYPE_CHECKING:
    from ...records import DataDiff, Profile, Shift
    from .side import Side

_MOST_ROWS: Final = 50_000
"""Enough to be certain of a shift of 2 % of the rows; the bounds know how many there were."""


def shifts_of(
    old: Side, new: Side, found: DataDiff, before: Profile | None, after: Profile | None
) -> tuple[dict[str, Shift], set[str]]:
    """Return the shift of each column whose content differs, and the columns with personal data."""
    wanted = {
        one.name
        for one in found.columns
        if one.state in ("same", "changed", "retyped") and old.hashes[one.name] != new.hashes[one.name]
    }
    if not wanted or not old.n_rows or not new.n_rows:
        return {}, set()
    before, after = before or _profile(old), after or _profile(new)
    personal = {column.name for one in (before, after) for column in one.columns if column.personal}
    return {name: one for name, one in shifts(before, after) if name in wanted}, personal


def _profile(side: Side) -> Profile:
    from ..profile import profile

    if side.n_rows <= _MOST_ROWS:
        return profile(side.obj)
    chosen = np.random.default_rng(0).choice(side.n_rows, _MOST_ROWS, replace=False, shuffle=False)
    return profile(rows_at(side.obj, np.sort(chosen)))
