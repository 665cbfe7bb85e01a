"""Grids: where the counts of a distribution are taken, so that they are exact and short to store.

A grid has up to 512 points: at even ranks, and towards both ends at ranks that halve down to the
smallest and the largest value, so that tails show. Every
point but those and the heavy values is rounded to the fewest bits that keep it within a sixteenth of
its neighbours: the count *at* the rounded point is exact all the same, and it stores in two bytes.
A value that holds more than one part in 512 has a point of its own and one right below it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

POINTS: Final = 512
"""Points of a grid that is stored."""

_TAIL: Final = 24

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def choose(values: Floats, counts: Counts, points: int = POINTS) -> Floats:
    """Return a grid of about ``points`` points for ascending distinct values and how often each stands.

    Examples
    --------
    >>> choose(np.array([1.0, 2.0, 9.0]), np.array([5, 1, 1])).tolist()
    [1.0, 2.0, 9.0]
    """
    if len(values) <= points:
        return values
    upto = np.cumsum(counts)
    ranks = _ranks(int(upto[-1]), points)
    chosen = np.unique(np.searchsorted(upto, ranks))
    heavy = counts[chosen] * POINTS > upto[-1]
    grid = values[chosen]
    rounded = np.where(heavy, grid, _short(grid))
    below = np.nextafter(grid[heavy], -np.inf)
    grid = np.unique(np.concatenate([rounded[1:-1], below, values[[0, -1]]]))
    inside: Floats = grid[(grid >= values[0]) & (grid <= values[-1])]
    return inside


def _ranks(n: int, points: int) -> Floats:
    halves = np.exp2(np.arange(0.0, np.log2(max(2.0, n / points)) if points >= 4 * _TAIL else 0.0))[:_TAIL]
    even = np.linspace(1, n, max(2, points - 2 * len(halves)))
    ranks: Floats = np.unique(np.concatenate([even, halves, n + 1 - halves]))
    return ranks


def _short(grid: Floats) -> Floats:
    """Return ascending points with as few bits as a sixteenth of the distance to their neighbours allows."""
    with np.errstate(all="ignore"):
        room = np.minimum(np.diff(grid, prepend=np.nan), np.diff(grid, append=np.nan)) / 16
        step = np.exp2(np.floor(np.log2(room)))
        rounded = np.floor(grid / step) * step
    return np.where(np.isfinite(rounded) & (step > 0), rounded, grid)


def count_at(grid: Floats, values: Floats, counts: Counts) -> Counts:
    """Return how many of some values are at most each point."""
    upto = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    found: Counts = upto[np.searchsorted(values, grid, side="right")]
    return found


def interpolated(
    at: Floats, grid: Floats, counts: Counts, low: float, high: float, n: int, *, complete: bool
) -> tuple[Counts, int]:
    """Return counts at other points than those of the grid, and by how many rows one may be off.

    ``low`` and ``high`` are the smallest and largest of the ``n`` values, which a given grid need not
    reach. On a complete grid nothing lies between the points, so all counts are exact.
    """
    right = np.searchsorted(grid, at, side="right")
    before = np.concatenate([np.zeros(1, np.int64), counts])[right]
    known = complete | np.isin(at, grid) | (at < low) | (at >= high)
    before = np.where(at >= high, n, before)
    if known.all():
        return before, 0
    ends, ranks = np.concatenate([[low], grid, [high]]), np.concatenate([[0], counts, [n]])
    ends, first = np.unique(ends[::-1], return_index=True)
    ranks = ranks[::-1][first]
    between = np.interp(at / 2, ends / 2, ranks)  # halves, because a difference may exceed a float
    after = np.concatenate([counts, [n]])[right]
    off = np.maximum(after - between, between - np.where(at > low, before, 0))
    return np.where(known, before, np.rint(between)).astype(np.int64), int(np.ceil(off[~known].max()))


def thinned(grid: Floats, counts: Counts, points: int = POINTS) -> tuple[Floats, Counts]:
    """Return a grid of about ``points`` of these points, at even ranks; heavy steps keep both sides."""
    if len(grid) <= points:
        return grid, counts
    steps = np.flatnonzero(np.diff(counts) * (points // 2) > counts[-1])
    ranks = _ranks(int(counts[-1]), max(2, points - 2 * len(steps)))
    even = np.minimum(np.searchsorted(counts, ranks), len(grid) - 1)
    keep = np.unique(np.concatenate([[0, len(grid) - 1], even, steps, steps + 1]))
    return grid[keep], counts[keep]


def repeats(ordered: NDArray[Any]) -> tuple[NDArray[Any], Counts]:
    """Return the distinct values of an ascending array, and how often each stands."""
    if not len(ordered):
        return ordered, np.zeros(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[starts], np.diff(starts, append=len(ordered)).astype(np.int64)
