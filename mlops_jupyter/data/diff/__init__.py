"""Diff: two datasets beside each other, of any libraries: columns, rows by key, cells, distributions.

What is known to be equal from the fingerprints is not looked at: the same content is one comparison of two
ids, and a column whose hash is the same is skipped where rows stand where they stood. Cells are
compared as 64-bit words (``side``), so that pandas, polars, Arrow and numpy can be compared with each
other; two different texts have the same word once in 2⁶⁴.

Table of contents
-----------------
``diff``       this file
``side``       one of the two: columns, words, values as text
``keys``       the columns that name a row; ``matching``: which row is which
``comparing``  rows, cells and examples; ``cells``: which values differ
``drifting``   shift per column, from profiles of both
``sentence``   the sentence on top
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...errors import UsageError
from ...records import ColumnDiff, DataDiff
from .sentence import sentence

if TYPE_CHECKING:
    from ...records import DatasetVersion, Profile
    from .side import Side

__all__ = ["diff"]
_EXAMPLES: Final = 20


def diff(
    before: Any,
    after: Any,
    *,
    key: Sequence[str] | None = None,
    before_name: str = "before",
    after_name: str = "after",
    before_version: DatasetVersion | None = None,
    after_version: DatasetVersion | None = None,
    tolerance: float = 0.0,
    before_profile: Profile | None = None,
    after_profile: Profile | None = None,
    sensitive: Collection[str] = (),
) -> DataDiff:
    """Compare two datasets: schema, rows by key, the cells that changed, distributions.

    Parameters
    ----------
    before, after : pandas, polars, Arrow, numpy or scipy.sparse objects; not both need be of one library.
    key : the columns that name a row (index levels by name, an index without one is ``index``); None
        to find them.
    before_name, after_name : what the two are called in messages and in the answer.
    before_version, after_version : their versions, where known; else computed.
    tolerance : how far apart two numbers may be (in the column's unit, ≥ 0) and still count as equal.
        Missing equals missing; -0.0 and 0.0 differ unless a tolerance is given.
    before_profile, after_profile : their profiles, where known; else made from up to 50,000 rows of each.
    sensitive : columns whose values are not shown in examples. Those with personal data never are. Where
        one is part of the key, the number of the row (counted from 0) stands for the key.

    Returns
    -------
    DataDiff
        Cells and examples of rows that both have. Where there is no key, rows count as a whole: then
        a changed row is one removed and one added.

    Raises
    ------
    NotFoundError
        When a key column does not exist.
    UsageError
        When the key does not name one row each; says which keys are repeated.
    UnsupportedError
        When one of them is not data, or has a column without canonical bytes.

    Examples
    --------
    >>> import pandas as pd
    >>> a = pd.DataFrame({"id": [1, 2, 3], "price": [9.0, 8.0, 7.0]})
    >>> b = pd.DataFrame({"id": [1, 2, 4], "price": [9.0, 8.5, 7.0]})
    >>> found = diff(a, b)
    >>> found.summary
    '1 row added, 1 removed, 1 changed (1 cell in price)'
    >>> found.key, found.examples
    (('id',), (CellChange(key='2', column='price', before='8.0', after='8.5'),))
    """
    from .comparing import compared, without_values
    from .drifting import with_shifts
    from .side import side_of

    if not isinstance(tolerance, (int, float)) or not tolerance >= 0:
        raise UsageError(
            f"tolerance {tolerance!r} is no distance; give how far apart numbers may be, such as 1e-9"
        )
    if key is not None and isinstance(key, str):
        key = [key]
    old, new = side_of(before, before_name, before_version), side_of(after, after_name, after_version)
    if old.version.id == new.version.id:
        return _unchanged(old, new, key, sensitive)
    found, of_key = compared(old, new, key, tolerance, max_examples=_EXAMPLES, sensitive=sensitive)
    found, hidden = with_shifts(found, old, new, (before_profile, after_profile), sensitive)
    found = without_values(found, hidden | of_key, keys_are_rows=bool(of_key))
    return replace(found, summary=sentence(found))


def _unchanged(old: Side, new: Side, key: Sequence[str] | None, sensitive: Collection[str]) -> DataDiff:
    from .comparing import plain_type
    from .keys import given_key

    if key:
        given_key(old, new, key, sensitive)  # a key that is none is said also where nothing changed
    columns = tuple(
        ColumnDiff(name, "same", plain_type(column.type), plain_type(column.type), 0)
        for name, column in new.columns.items()
    )
    found = DataDiff(old.label, new.label, old.version, new.version, "", tuple(key or ()))
    found = replace(
        found, rows_added=0, rows_removed=0, rows_changed=0, rows_same=new.n_rows, columns=columns
    )
    return replace(found, summary=sentence(found))
