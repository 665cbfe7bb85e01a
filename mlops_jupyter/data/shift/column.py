"""The tests that one column gets: its shape, what lies outside the earlier values, what is missing.

=============  ================================================================================
numbers, spans  shape by KS; outside: beyond the 0.05 % and 99.95 % points of before; infinite
booleans        shape by TV
category, text  shape by TV over values; unseen values; empty texts; text: length and pattern too
times           where both cover the same time, as numbers; always the hour of the day
all             missing
=============  ================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from . import words
from .distances import Distance, kolmogorov, shares_at, variation
from .proportions import bound_of_change, differ, more

if TYPE_CHECKING:
    from ...records import ColumnProfile, Distribution, ValueCounts

_TAIL: Final = 0.0005
_DAY_S: Final = 86_400.0
_SAME_PERIOD: Final = 0.9
OTHER: Final = "\0other"
"""Stands for all values that are not told apart; no text of a cell is this."""


@dataclass(frozen=True, slots=True)
class Test:
    """One question put to a column, and the answer."""

    measure: str
    distance: Distance
    words: str
    n_before: int
    n_after: int


def tests(before: ColumnProfile, after: ColumnProfile) -> Iterator[Test]:
    """Yield the tests that two profiles of a column allow; none where there are no rows."""
    if not before.n_rows or not after.n_rows:
        return
    yield from _absent(before, after)
    if before.kind == after.kind == "time":
        yield from _times(before, after)
    elif "boolean" in (before.kind, after.kind) and (pair := _truths(before, after)) is not None:
        yield from _shape(before, after, *pair)
        yield from _unseen(before, after, *pair)
    elif before.numbers is not None and after.numbers is not None:
        yield from _numbers(before.numbers, after.numbers, are_spans=before.kind == "span")
    elif before.values is not None and after.values is not None:
        yield from _values(before, after, before.values, after.values)
        yield from _texts(before, after)


def comparable(before: ColumnProfile, after: ColumnProfile) -> bool:
    """Tell whether the values of two columns can be set against each other at all."""
    return _family(before) == _family(after) or "empty" in (before.kind, after.kind)


def _family(column: ColumnProfile) -> str:
    families = {"boolean": "number", "category": "text"}
    return families.get(column.kind, column.kind)


# --- missing ----------------------------------------------------------------------------------


def _absent(before: ColumnProfile, after: ColumnProfile) -> Iterator[Test]:
    counts = {
        "missing": (before.n_missing, after.n_missing),
        "empty": (before.n_empty, after.n_empty),
        "+∞": (before.n_positive_infinite, after.n_positive_infinite),
        "-∞": (before.n_negative_infinite, after.n_negative_infinite),
    }
    for word, (k, j) in counts.items():
        if word == "missing" or k or j:
            n, m = before.n_rows, after.n_rows
            found = Distance(abs(j / m - k / n), bound_of_change(k, n, j, m), differ(k, n, j, m))
            yield Test("missing", found, words.share(word, k / n, j / m), n, m)


# --- numbers ----------------------------------------------------------------------------------


def _numbers(old: Distribution, new: Distribution, *, are_spans: bool) -> Iterator[Test]:
    if not old.n or not new.n:
        return
    say = words.spans if are_spans else words.numbers
    yield Test("KS", kolmogorov(old, new), say(old, new), old.n, new.n)
    yield _beyond(old, new)


def _beyond(old: Distribution, new: Distribution) -> Test:
    """Count the later rows outside the earlier 0.05 % and 99.95 % points.

    With few earlier rows these are the extremes. Beyond them no earlier row lies by construction, so
    one is counted: that makes the test exact (``proportions.more``).
    """
    low, n_low = _lower_point(old)
    high, n_high = _upper_point(old)
    below = _count_below(new, low, strictly=n_low == 0)
    above = _count_above(new, high)
    k, hits = n_low + n_high, below + above
    n, m = old.n, new.n
    p_value = more(max(n_low, 1) + n_high, n, hits, m)
    bound = bound_of_change(k, n, hits, m) if hits * n > k * m else 0.0
    found = Distance(max(0.0, hits / m - k / n), bound, p_value)
    return Test("outside", found, words.beyond(hits / m, k / n, low, high), n, m)


def _lower_point(one: Distribution) -> tuple[float, int]:
    """Return a low point and how many values are at most it; with none, it is the minimum."""
    fits = [(x, k) for x, k in zip(one.grid, one.counts, strict=True) if 0 < k <= _TAIL * one.n]
    return fits[-1] if fits else (one.minimum, 0)


def _upper_point(one: Distribution) -> tuple[float, int]:
    """Return a high point and how many values are above it; with none, it is the maximum."""
    pairs = zip(one.grid, one.counts, strict=True)
    return next(((x, one.n - k) for x, k in pairs if one.n - k <= _TAIL * one.n), (one.maximum, 0))


def _count_below(one: Distribution, point: float, *, strictly: bool) -> int:
    """Return how many values are certainly at most a point, or certainly below it."""
    import numpy as np

    if not strictly:
        return round(float(shares_at(one, np.array([point]))[0][0]) * one.n)
    place = int(np.searchsorted(np.asarray(one.grid), point, side="left"))
    certain = one.counts[place - 1] if place else 0
    return max(certain, int(one.minimum < point))


def _count_above(one: Distribution, point: float) -> int:
    """Return how many values are certainly above a point."""
    import numpy as np

    certain = one.n - round(float(shares_at(one, np.array([point]))[1][0]) * one.n)
    return max(certain, int(one.maximum > point))


# --- counts per value -------------------------------------------------------------------------


def _truths(
    before: ColumnProfile, after: ColumnProfile
) -> tuple[Mapping[str, int], Mapping[str, int]] | None:
    """Return how often both columns are false and true; None where one holds other numbers."""
    sides = []
    for column in (before, after):
        one = column.numbers
        if one is None or (one.n and (one.minimum < 0 or one.maximum > 1)):
            return None
        n_true = round(one.mean * one.n)
        sides.append({"false": one.n - n_true, "true": n_true})
    return sides[0], sides[1]


def _shape(
    before: ColumnProfile, after: ColumnProfile, old: Mapping[str, int], new: Mapping[str, int]
) -> Iterator[Test]:
    if (found := variation(old, new)) is not None:
        named = before.personal is None and after.personal is None
        said = words.moved(old, new, named=named)
        yield Test("TV", found, said, sum(old.values()), sum(new.values()))


def _unseen(
    before: ColumnProfile, after: ColumnProfile, old: Mapping[str, int], new: Mapping[str, int]
) -> Iterator[Test]:
    """Yield the test of values that never stood before, where all that did are known.

    Some are expected: as many in a hundred rows as rows before held a value that stands only once
    (Good, 1953). So new ids in a column of ids are no surprise, a fourth colour among three is.
    """
    n, m = sum(old.values()), sum(new.values())
    unseen = {value: count for value, count in new.items() if count and not old.get(value)}
    hits, single = sum(unseen.values()), sum(count == 1 for count in old.values())
    if n and hits:
        bound = bound_of_change(single, n, hits, m) if hits * n > single * m else 0.0
        found = Distance(max(0.0, hits / m - single / n), bound, more(single, n, hits, m))
        named = before.personal is None and after.personal is None
        yield Test("outside", found, words.unseen(unseen, m, named=named), n, m)


def _values(
    before: ColumnProfile, after: ColumnProfile, old: ValueCounts, new: ValueCounts
) -> Iterator[Test]:
    first, second = _mapping(old.top), _mapping(new.top)
    yield from _shape(before, after, *told_apart(first, old.n_other, second, new.n_other))
    if old.n_other == 0:
        yield from _unseen(before, after, first, second)


def _mapping(pairs: tuple[tuple[str, int], ...]) -> dict[str, int]:
    """Return counts per value; values that were masked alike add up."""
    counts: dict[str, int] = {}
    for value, count in pairs:
        counts[value] = counts.get(value, 0) + count
    return counts


def told_apart(
    old: dict[str, int], old_other: int, new: dict[str, int], new_other: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Return both counts with the same values told apart, all others together.

    A list of the most frequent values was chosen by its own counts, so those at its end stand there by luck
    and are rarer elsewhere. Told apart are therefore values so frequent in both together that each list
    would have them; where one has not, its count is taken as large as it can be without a difference.

    Examples
    --------
    >>> told_apart({"a": 50, "b": 20}, 0, {"a": 40, "c": 1}, 0) == (
    ...     {"a": 50, "b": 20, "c": 0}, {"a": 40, "b": 0, "c": 1})
    True
    >>> told_apart({"a": 50, "b": 5}, 15, {"a": 45, "c": 4}, 20) == (
    ...     {"a": 50, OTHER: 20}, {"a": 45, OTHER: 24})
    True
    """
    n, m = sum(old.values()) + old_other, sum(new.values()) + new_other
    if not n or not m:
        return {}, {}
    last_old, last_new = (
        min(side.values(), default=0) if other else 0 for side, other in ((old, old_other), (new, new_other))
    )
    least = max(_most_unlisted(last_old, m / n), _most_unlisted(last_new, n / m))
    first, second = {}, {}
    for value in {**old, **new}:
        k = old[value] if value in old else min(last_old, round(new[value] * n / m))
        j = new[value] if value in new else min(last_new, round(old[value] * m / n))
        if k + j > least:
            first[value], second[value] = k, j
    for told, size in ((first, n), (second, m)):
        if (rest := size - sum(told.values())) > 0:
            told[OTHER] = rest
    return first, second


def _most_unlisted(last: int, ratio: float) -> float:
    """Return how often a value may stand in both where the list that ends at ``last`` leaves it out."""
    return last + last * ratio + 4 * math.sqrt(last * ratio) + 4 if last else 0.0


def _texts(before: ColumnProfile, after: ColumnProfile) -> Iterator[Test]:
    """Yield the tests of length and of patterns, where both are texts."""
    old, new = before.text, after.text
    if old is None or new is None or not old.length.n or not new.length.n:
        return
    n, m = old.length.n, new.length.n
    yield Test("KS", kolmogorov(old.length, new.length), words.lengths(old.length, new.length), n, m)
    patterns = [_mapping(side.patterns) for side in (old, new)]
    rest = [max(0, size - sum(side.values())) for size, side in zip((n, m), patterns, strict=True)]
    told = told_apart(patterns[0], rest[0], patterns[1], rest[1])
    if all(patterns) and (found := variation(*told)) is not None:
        yield Test("TV", found, "pattern: " + words.moved(*told, named=True), n, m)


# --- times ------------------------------------------------------------------------------------


def _times(before: ColumnProfile, after: ColumnProfile) -> Iterator[Test]:
    """Yield the tests of times: a later period is no shift, the same period with other times is."""
    old, new = before.numbers, after.numbers
    if old is None or new is None or not old.n or not new.n:
        return
    period = words.periods(old, new)
    if _overlap(old, new) >= _SAME_PERIOD:
        yield Test("KS", kolmogorov(old, new), period, old.n, new.n)
    if before.time is None or after.time is None:
        return
    whole_days = all(one.maximum - one.minimum >= _DAY_S for one in (old, new))
    hours = [
        {f"{hour}:00": k for hour, k in enumerate(side.time.hours)} for side in (before, after) if side.time
    ]
    if whole_days and (found := variation(*hours)) is not None:
        said = f"{period}; by hour {words.moved(*hours, named=True)}"
        yield Test("TV", found, said, old.n, new.n)


def _overlap(old: Distribution, new: Distribution) -> float:
    """Return which share of the time that either covers both cover."""
    whole = max(old.maximum, new.maximum) - min(old.minimum, new.minimum)
    both = min(old.maximum, new.maximum) - max(old.minimum, new.minimum)
    return both / whole if whole > 0 else 1.0
