"""Numbers, times and spans, batch by batch: moments, counts at a grid, and the values that repeat.

Counts at the grid are exact while the grid grows: a point beyond all values seen so far has a known
count. Only a point added *between* others, where a later batch is dense and earlier ones were not,
is off by at most the rows that stood between; ``rank_error`` says so.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...records import Distribution, ValueCounts
from .distinct import Distinct, number_hashes
from .grids import POINTS, Counts, Floats, choose, count_at, interpolated, repeats, thinned
from .moments import Moments, moments

MOST_VALUES: Final = 65_536
"""Distinct values that are counted one by one over several batches; then the most frequent go on."""

TOP: Final = 20
_FOLLOWED: Final = 1_000


class NumberState:
    """What is known of the finite values of a column.

    Parameters
    ----------
    grid : points to count at, from another profile; None chooses and extends one.
    scale : how many seconds (or ones) a unit of the values is.
    """

    def __init__(self, grid: Floats | None = None, *, scale: float = 1.0) -> None:
        self.is_given = grid is not None
        self.grid: Floats = np.zeros(0) if grid is None else grid
        self.counts: Counts = np.zeros(len(self.grid), np.int64)
        self.scale = scale
        self.moments = Moments()
        self.minimum, self.maximum = np.inf, -np.inf
        self.n_zero = self.n_negative = self.rows_off = 0
        self.values: NDArray[Any] | None = None
        self.times: Counts = np.zeros(0, np.int64)
        self.is_exact = True
        self.distinct = Distinct()

    def add(self, ordered: NDArray[Any]) -> None:
        """Count ascending values, in the unit and type that they have."""
        if not len(ordered):
            return
        native, times = repeats(ordered)
        values = native.astype(np.float64) * self.scale if self.scale != 1 else native.astype(np.float64)
        self.distinct.add(number_hashes(native if self.scale == 1 else values))
        self._follow(native, times)
        self._count(values, times)
        self.moments += moments(values, times)
        self.minimum, self.maximum = min(self.minimum, values[0]), max(self.maximum, values[-1])
        zero, end = np.searchsorted(values, 0.0, "left"), np.searchsorted(values, 0.0, "right")
        self.n_zero += int(times[zero:end].sum())
        self.n_negative += int(times[:zero].sum())

    def _follow(self, values: NDArray[Any], times: Counts) -> None:
        if self.values is None:
            self.values, self.times = values, times
            return
        self._prune_where_many()
        if self.is_exact:
            both = np.concatenate([self.values, values])
            found, places = np.unique(both, return_inverse=True)
            total = np.zeros(len(found), np.int64)
            np.add.at(total, places, np.concatenate([self.times, times]))
            self.values, self.times = found, total
            self._prune_where_many()
        else:
            places = np.minimum(np.searchsorted(values, self.values), len(values) - 1)
            self.times = self.times + np.where(values[places] == self.values, times[places], 0)

    def _prune_where_many(self) -> None:
        if self.values is not None and self.is_exact and len(self.values) > MOST_VALUES:
            often = np.sort(np.argsort(-self.times, kind="stable")[:_FOLLOWED])
            self.values, self.times = self.values[often], self.times[often]
            self.is_exact = False

    def _count(self, values: Floats, times: Counts) -> None:
        if self.is_given:
            self.counts = self.counts + count_at(self.grid, values, times)
        elif not self.moments.n:
            self.grid = choose(values, times)
            self.counts = count_at(self.grid, values, times)
        else:
            self._extend(values, times)
            self._refine(values, times)
            if len(self.grid) > 2 * POINTS:
                self.grid, self.counts = thinned(self.grid, self.counts)

    def _extend(self, values: Floats, times: Counts) -> None:
        """Count at the grid, with new points outside it, where the counts so far are known."""
        seen, total = self.moments.n, self.moments.n + int(times.sum())
        grid, counts = [self.grid], [self.counts]
        for outside in (values < self.grid[0], values > self.grid[-1]):
            if outside.any():
                share = int(POINTS * times[outside].sum() / total)
                grid.append(choose(values[outside], times[outside], max(2, share)))
                known = seen if values[outside][0] > self.grid[-1] else 0
                counts.append(np.full(len(grid[-1]), known, np.int64))
        points = np.concatenate(grid)
        order = np.argsort(points, kind="stable")
        self.grid = points[order]
        self.counts = np.concatenate(counts)[order] + count_at(self.grid, values, times)

    def _refine(self, values: Floats, times: Counts) -> None:
        """Add points between two that hold many rows, where this batch says how they lie."""
        total, fresh = int(self.counts[-1]), count_at(self.grid, values, times)
        heavy = np.flatnonzero((np.diff(self.counts) * POINTS > 4 * total) & (np.diff(fresh) > 0))
        for place in heavy[::-1].tolist():
            left, right = self.grid[place : place + 2]
            inside = slice(*np.searchsorted(values, [left, right], side="right").tolist())
            new = choose(values[inside], times[inside], 8)
            new = new[(new > left) & (new < right)]
            old = self.counts - fresh
            before = int(old[place + 1] - old[place])
            share = (new / 2 - left / 2) / (right / 2 - left / 2)
            counts = np.rint(old[place] + before * share).astype(np.int64) + count_at(new, values, times)
            self.grid = np.insert(self.grid, place + 1, new)
            self.counts = np.insert(self.counts, place + 1, counts)
            fresh = np.insert(fresh, place + 1, count_at(new, values, times))
            self.rows_off = max(self.rows_off, before if len(new) else 0)

    def distribution(self) -> Distribution | None:
        """Return what is stored of the values, None where there are none."""
        if not self.moments.n:
            return None
        grid, counts, complete, off = self._final()
        # From all values at once, so that batches of another size give the very same numbers.
        found = moments(self._exact_values(), self.times) if self.is_exact else self.moments
        return Distribution(
            found.n,
            float(self.minimum),
            float(self.maximum),
            min(max(found.mean, float(self.minimum)), float(self.maximum)),
            found.m2,
            found.m3,
            found.m4,
            tuple(grid.tolist()),
            tuple(counts.tolist()),
            rank_error=off / found.n,
            n_zero=self.n_zero,
            n_negative=self.n_negative,
            is_complete=complete,
        )

    def _final(self) -> tuple[Floats, Counts, bool, int]:
        if not self.is_exact or self.values is None:
            return (*((self.grid, self.counts) if self.is_given else self._thin()), False, self.rows_off)
        values = self._exact_values()
        if self.is_given:
            return self.grid, self.counts, bool(np.isin(values, self.grid).all()), 0
        values, first = np.unique(values, return_index=True)
        times = np.add.reduceat(self.times, first)
        grid = choose(values, times)
        complete = len(values) <= POINTS and len(values) == len(self.values)
        return grid, count_at(grid, values, times), complete, 0

    def _exact_values(self) -> Floats:
        values = np.zeros(0) if self.values is None else self.values.astype(np.float64)
        return values * self.scale if self.scale != 1 else values

    def widest_gap(self) -> float | None:
        """Return the widest distance of two neighbouring values, None where not all are known."""
        if not self.is_exact or self.values is None:
            return None
        return float(np.diff(self._exact_values()).max()) if len(self.values) > 1 else 0.0

    def _thin(self) -> tuple[Floats, Counts]:
        return thinned(self.grid, self.counts)

    def value_counts(self, *, as_text: Any, most: int = TOP) -> ValueCounts:
        """Return the values that stand more than once, the most frequent first, and how many differ."""
        values = np.zeros(0) if self.values is None else self.values
        n_distinct = len(values) if self.is_exact else self.distinct.estimate()
        small = len(values) <= most and self.is_exact
        often = np.flatnonzero(self.times > (0 if small else 1))
        often = often[np.argsort(-self.times[often], kind="stable")][:most]
        top = tuple((as_text(values[place]), int(self.times[place])) for place in often.tolist())
        n_single = int((self.times == 1).sum()) if self.is_exact else None
        return ValueCounts(
            top,
            self.moments.n - sum(count for _, count in top),
            n_distinct,
            self.is_exact or self.distinct.is_exact,
            n_single,
        )


def merged(a: Distribution | None, b: Distribution | None) -> Distribution | None:
    """Return the distribution of the values of both; on one grid the counts just add up."""
    if a is None or b is None:
        return b if a is None else a
    grid, counts, complete, off = _merged_grid(a, b)
    found = _moments(a) + _moments(b)
    return Distribution(
        found.n,
        min(a.minimum, b.minimum),
        max(a.maximum, b.maximum),
        found.mean,
        found.m2,
        found.m3,
        found.m4,
        tuple(grid.tolist()),
        tuple(counts.tolist()),
        rank_error=min(1.0, (a.rank_error * a.n + b.rank_error * b.n + off) / found.n),
        n_zero=a.n_zero + b.n_zero,
        n_negative=a.n_negative + b.n_negative,
        is_complete=complete,
    )


def _merged_grid(a: Distribution, b: Distribution) -> tuple[Floats, Counts, bool, int]:
    complete = a.is_complete and b.is_complete
    if a.grid == b.grid:
        return np.array(a.grid), np.array(a.counts) + np.array(b.counts), complete, 0
    grid = np.union1d(a.grid, b.grid)
    found = [
        interpolated(
            grid,
            np.array(one.grid),
            np.array(one.counts, np.int64),
            one.minimum,
            one.maximum,
            one.n,
            complete=one.is_complete,
        )
        for one in (a, b)
    ]
    counts = found[0][0] + found[1][0]
    kept, kept_counts = thinned(grid, counts)
    return kept, kept_counts, complete and len(kept) == len(grid), found[0][1] + found[1][1]


def _moments(found: Distribution) -> Moments:
    return Moments(found.n, found.mean, found.m2, found.m3, found.m4)
