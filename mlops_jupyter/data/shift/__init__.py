"""Shift: whether a distribution changed between two profiles, by how much, and whether it matters.

Every column gets up to three kinds of tests, all in closed form and from the profiles alone: its
*shape* (KS of numbers, TV of values), rows *outside* the earlier values, and *missing* rows. A test
says three things: the effect (a distance or a share, 0 to 1), the lower 99 % bound of it, and a
p-value. The p-value decides whether there is a shift, by Benjamini and Hochberg at 1 % over all tests
that were made; the bound decides whether it is material. So large data do not turn every trifle red, and
small data do not turn chance red.

The p-values hold for rows that are independent of each other. Rows in time (weather, prices) are not; there
a difference between two periods is real and may still be of the usual size.

Table of contents
-----------------
``shift`` ``shifts``  this file: from tests to levels
``column``            which tests a column gets
``distances``         KS and TV with bounds; ``proportions``: shares, exact
``words``             the same for people
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from ...records import Shift
from .column import Test, comparable, tests

if TYPE_CHECKING:
    from ...records import ColumnProfile, Profile

__all__ = ["MATERIAL", "shift", "shifts"]

MATERIAL: Final[Mapping[str, float]] = MappingProxyType(
    {"KS": 0.05, "TV": 0.05, "outside": 0.01, "missing": 0.01}
)
"""How large an effect must certainly be to matter, per measure."""
_FALSE_DISCOVERIES: Final = 0.01
_FEW_ROWS: Final = 5


def shift(before: ColumnProfile, after: ColumnProfile, *, material: Mapping[str, float] = MATERIAL) -> Shift:
    """Compare one column of two profiles.

    Parameters
    ----------
    before, after : profiles of the column; counted into one grid or not.
    material : per measure (``KS``, ``TV``, ``outside``, ``missing``) the size (0 to 1) that matters;
        what is not named keeps its default of :data:`MATERIAL`.

    Returns
    -------
    Shift
        The most severe test. ``level`` is ``same`` (not significant), ``some`` (significant, but the lower
        99 % bound is at most ``material``), ``material``, or ``unknown`` where nothing can be
        said: no or too few rows, or columns of different kinds.

    Notes
    -----
    Two-sample Kolmogorov-Smirnov and Pearson tests, hypergeometric tests of what is outside or
    missing; Benjamini and Hochberg (1995) at 1 % over the column's tests.

    Examples
    --------
    >>> from mlops_jupyter.records import ColumnProfile
    >>> a = ColumnProfile("age", 0, "float64", "empty", 1000, n_missing=0)
    >>> b = ColumnProfile("age", 0, "float64", "empty", 1000, n_missing=200)
    >>> found = shift(a, b)
    >>> found.measure, found.level, found.words
    ('missing', 'material', 'missing 0 % → 20.0 %')
    """
    made = list(tests(before, after))
    return _answer(before, after, made, _significant([test.distance.p_value for test in made]), material)


def shifts(
    before: Profile,
    after: Profile,
    *,
    material: Mapping[str, float] = MATERIAL,
    by_column: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> list[tuple[str, Shift]]:
    """Compare all columns that two profiles both have, by name, in the order of ``after``.

    Unlike :func:`shift` for each, the tests of all columns are judged together: of the columns that are
    said to differ at most 1 in 100 are expected not to (Benjamini and Hochberg, 1995).

    Parameters
    ----------
    before, after : the profiles.
    material : as in :func:`shift`, for all columns.
    by_column : the same for single columns, by name.

    Examples
    --------
    >>> from mlops_jupyter.records import Profile
    >>> shifts(Profile(0, ()), Profile(0, ()))
    []
    """
    earlier = {column.name: column for column in before.columns}
    pairs = [(earlier[column.name], column) for column in after.columns if column.name in earlier]
    made = [list(tests(old, new)) for old, new in pairs]
    significant = iter(_significant([test.distance.p_value for found in made for test in found]))
    answers = []
    for (old, new), found in zip(pairs, made, strict=True):
        sizes = {**material, **by_column.get(new.name, {})}
        flags = [next(significant) for _ in found]
        answers.append((new.name, _answer(old, new, found, flags, sizes)))
    return answers


def _significant(p_values: Sequence[float]) -> list[bool]:
    """Return which hypotheses fall, at a false discovery rate of 1 %.

    Notes
    -----
    Benjamini and Hochberg (1995): the k smallest p fall, k the largest with p₍ₖ₎ ≤ 0.01·k/m.

    Examples
    --------
    >>> _significant([0.5, 0.001, 0.006, 0.02])
    [False, True, False, False]
    """
    ordered = sorted(p_values)
    falls = [p for k, p in enumerate(ordered, 1) if p <= _FALSE_DISCOVERIES * k / len(ordered)]
    limit = falls[-1] if falls else -1.0
    return [p <= limit for p in p_values]


def _answer(
    before: ColumnProfile,
    after: ColumnProfile,
    made: Sequence[Test],
    significant: Sequence[bool],
    material: Mapping[str, float],
) -> Shift:
    sizes = {**MATERIAL, **material}
    levels = [_level(test, flag, sizes) for test, flag in zip(made, significant, strict=True)]
    if not any(significant) and (reason := _unknown(before, after)):
        return Shift("none", 0.0, 0.0, None, "unknown", reason, before.n_rows, after.n_rows)
    level, test = max(
        zip(levels, made, strict=True), key=lambda pair: _severity(pair[0], pair[1], sizes[pair[1].measure])
    )
    effect, bound, p_value = test.distance
    return Shift(test.measure, effect, bound, p_value, level, test.words, test.n_before, test.n_after)


def _severity(level: str, test: Test, size: float) -> tuple[int, bool, float]:
    """Return what ranks the tests of a column: the level, then the shape first, which has a direction."""
    rank = ("same", "some", "material").index(level)
    return (rank, test.measure in ("KS", "TV"), test.distance.effect / max(size, 1e-9))


def _level(test: Test, significant: bool, sizes: Mapping[str, float]) -> Literal["same", "some", "material"]:  # noqa: FBT001
    if not significant:
        return "same"
    return "material" if test.distance.bound > sizes[test.measure] else "some"


def _unknown(before: ColumnProfile, after: ColumnProfile) -> str | None:
    """Return why nothing can be said, where that is so."""
    fewest = min(before.n_rows, after.n_rows)
    if fewest == 0:
        return "no rows " + ("before" if not before.n_rows else "after")
    if not comparable(before, after):
        return f"{before.kind} → {after.kind}: not comparable"
    if fewest < _FEW_ROWS:
        return f"too few rows to tell ({fewest})"
    return None
