"""Which values of a column differ between two datasets whose rows were matched.

Columns of other types are compared where their values can be: numbers with numbers, times with
times of another unit, anything with a column in which all is missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..columns.base import MISSING_WORD
from ..columns.numbers import number_words

if TYPE_CHECKING:
    from ..columns.base import Column, Words
    from .matching import Match
    from .side import Side

_NUMBERS: Final = ("int", "float", "bool")
_TIMED: Final = re.compile(r"(datetime|duration)\[(ms|us|ns)(, .+)?\]")
_NANOSECONDS: Final = {"ms": 1_000_000, "us": 1_000, "ns": 1}


def changed(
    before: Side, after: Side, old: Column, new: Column, match: Match, tolerance: float
) -> NDArray[np.bool_] | None:
    """Return which of the matched rows differ in a column, or None where types forbid to compare."""
    pair = comparable(before, old, after, new)
    if pair is None:
        return None
    left, right = (pair[0], pair[1]) if match.is_identity else (pair[0][match.before], pair[1][match.after])
    differ: NDArray[np.bool_] = left != right
    if tolerance > 0 and old.family in _NUMBERS and new.family in _NUMBERS and differ.any():
        places = np.flatnonzero(differ)
        floats = "float" in (old.family, new.family)
        a, b = (
            as_floats(words[places], "float64" if floats and old.family != new.family else column.type)
            for words, column in ((left, old), (right, new))
        )
        differ[places[np.abs(a - b) <= tolerance]] = False
    return differ


def comparable(before: Side, old: Column, after: Side, new: Column) -> tuple[Words, Words] | None:
    """Return the words of two columns such that equal values have equal words, or None."""
    left, right = before.words(old), after.words(new)
    if "null" in (old.type, new.type):
        return _nulls(left, old.type), _nulls(right, new.type)
    if old.family == new.family:
        return left, right
    if old.family in _NUMBERS and new.family in _NUMBERS:
        return number_words(as_floats(left, old.type)), number_words(as_floats(right, new.type))
    first, second = _TIMED.fullmatch(old.type), _TIMED.fullmatch(new.type)
    if first and second and first[1] == second[1] and bool(first[3]) == bool(second[3]):
        return _in_nanoseconds(left, first[2]), _in_nanoseconds(right, second[2])
    return None


def _nulls(words: Words, kind: str) -> Words:
    return np.full(len(words), MISSING_WORD) if kind == "null" else words


def as_floats(words: Words, kind: str) -> NDArray[np.float64]:
    """Return the numbers that words stand for, missing as NaN.

    Examples
    --------
    >>> as_floats(np.array([1, 2**64 - 1, MISSING_WORD], np.uint64), "int64")
    array([ 1., -1., nan])
    """
    if kind.startswith("float"):
        values: NDArray[Any] = words.view(np.float64)
    else:
        values = (words if kind.startswith("uint") else words.view(np.int64)).astype(np.float64)
    return np.where(words == MISSING_WORD, np.nan, values)


def _in_nanoseconds(words: Words, unit: str) -> Words:
    """Return counts of a unit as nanoseconds; modulo 2⁶⁴, which keeps equal equal."""
    scaled = words * np.uint64(_NANOSECONDS[unit])
    return np.where(words == MISSING_WORD, MISSING_WORD, scaled)
