"""Every slice of one or two columns, counted at once; and the few that are worse than chance allows.

The search is exact: each part of each column, and each pair of parts of two columns, is counted by
``np.bincount`` on crossed codes. A slice is reported where its loss is so high that, over all slices
that were tested, a model without any worse slice shows one in at most ``alpha`` of cases (Bonferroni on
exact tails), and where that holds once more on the rows that no slice before it has. Of two conditions
that are no worse than one of them, the one is reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .slicing_bins import Parts
from .slicing_chances import Draws, cluster_tail, draw_scores

MOST_SLICES: Final = 10
_WORTH_AT_LEAST: Final = 0.5
_NEAR: Final = 0.7

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """A slice: the parts of columns that it is made of, its rows' number and mean loss, and its chance.

    ``members`` are (column, part) pairs; ``p_value`` is corrected for all slices tested with it.
    """

    members: tuple[tuple[int, int], ...]
    n: int
    mean: float
    score: float
    p_value: float
    p_better: float = 1.0

    def rows(self, parts: Sequence[Parts]) -> NDArray[np.bool_]:
        """Return which rows are in the slice."""
        first, *others = (parts[column].rows(part) for column, part in self.members)
        for other in others:
            first = first & other
        return first


def slice_score(mean: Floats | float, n: Floats | float, overall: float, n_rows: int, least: int) -> Floats:
    """Return SliceLine's score: how much worse, less a price for being small.

    Parameters
    ----------
    mean, n : mean loss and number of rows of each slice.
    overall : mean loss of all rows, above 0.
    least : the fewest rows a slice may have; the weight makes such a slice worth 0 at 1.5 times the loss.

    References
    ----------
    S. Sagadeeva and M. Boehm, 2021, "SliceLine: Fast, Linear-Algebra-based Slice Finding for ML Model
    Debugging", SIGMOD, equation 1. Their weight of 0.95 never prefers a slice of 1 % with twice the error.

    Examples
    --------
    >>> float(slice_score(0.2, 1000, 0.1, 100_000, 1000).round(3))
    0.497
    """
    ratio = _WORTH_AT_LEAST / max(n_rows / least - 1, 1e-9)
    weight = 1 / (1 + ratio)
    with np.errstate(divide="ignore", invalid="ignore"):
        lifts = np.asarray(mean, np.float64) / overall - 1
        return np.asarray(weight * lifts - (1 - weight) * (n_rows / np.asarray(n, np.float64) - 1))


class Search:
    """All slices of one or two columns, and how many rows and how much loss each has.

    Parameters
    ----------
    parts : the columns, cut.
    losses : one per row.
    groups : number of each row's group from 0, where rows of a group belong together.
    least : the fewest rows of a slice.
    depth : 1 or 2 conditions.
    paired : which columns are paired, by default all; pairs left out count as tested, because what
        was left out may have been chosen by the losses.
    """

    def __init__(
        self,
        parts: Sequence[Parts],
        losses: Floats,
        *,
        groups: NDArray[np.intp] | None = None,
        least: int = 50,
        depth: int = 2,
        paired: Collection[int] | None = None,
    ) -> None:
        self.parts, self.losses, self.groups, self.least = parts, losses, groups, least
        pairs = list(combinations(range(len(parts)), 2)) if depth > 1 else []
        self._pairs = [pair for pair in pairs if paired is None or set(pair) <= set(paired)]
        self._widths = [len(one.conditions) + 1 for one in parts]
        self.counts, self.sums = self._count(None)
        self._is_tested = self._tested()
        left_out = set(pairs) - set(self._pairs)
        self.n_tested = int(self._is_tested.sum()) + sum(
            (self._widths[one] - 1) * (self._widths[other] - 1) for one, other in left_out
        )
        self._draws = Draws(losses)
        self._starts = np.concatenate([[0], np.cumsum(self._widths)]).astype(int).tolist()
        self._chances: dict[int, float] = {}
        self._inside: dict[int, Draws] = {}

    def worst(self, alpha: float, most: int = MOST_SLICES) -> list[Found]:
        """Return the slices that are worse than chance allows, best score first."""
        from scipy.stats import norm

        overall = float(self.losses.mean())
        if not self.n_tested or overall <= 0:
            return []
        # Exact tails only where a normal one is near the limit.
        near = _NEAR * float(norm.isf(alpha / self.n_tested))
        means = self.sums / np.maximum(self.counts, 1)
        scores = slice_score(means, np.maximum(self.counts, 1), overall, len(self.losses), self.least)
        open_ = self._is_tested & (scores > 0) & (draw_scores(self.sums, self.counts, self.losses) >= near)
        chosen: list[Found] = []
        free = np.ones(len(self.losses), np.bool_)
        counts, sums = self.counts.copy(), self.sums.copy()
        while len(chosen) < most:
            best = self._next(open_, scores, free, counts, sums, alpha, near)
            if best is None:
                break
            found = self._found(best, float(means[best]), float(scores[best]))
            chosen.append(found)
            open_[best] = False
            taken = np.flatnonzero(found.rows(self.parts) & free)
            free[taken] = False
            less, lower = self._count(taken)
            counts, sums = counts - less, sums - lower
        return chosen

    def spreads(self) -> Floats:
        """Return for each column by how many standard deviations its worst part is off chance."""
        end = self._starts[-1]
        scores = draw_scores(self.sums[:end], self.counts[:end], self.losses)
        return np.array([part[:-1].max(initial=0.0) for part in np.split(scores, self._starts[1:-1])])

    def _next(
        self,
        open_: NDArray[np.bool_],
        scores: Floats,
        free: NDArray[np.bool_],
        counts: Floats,
        sums: Floats,
        alpha: float,
        near: float,
    ) -> int | None:
        """Return the best slice that is worse than chance both as it is and on the free rows."""
        rest = self.losses if free.all() else self.losses[free]
        if len(rest) <= self.least or rest.mean() <= 0:
            return None
        stands = open_ & (counts >= self.least) & (2 * counts >= self.counts)
        stands &= draw_scores(sums, counts, rest) >= near
        rest_draws = self._draws if free.all() else Draws(rest)
        for place in sorted(np.flatnonzero(stands).tolist(), key=lambda k: -scores[k]):
            if self._chance(place) > alpha or self._is_like_a_parent(place, alpha):
                open_[place] = False
            elif rest_draws.tail(float(sums[place]), int(counts[place])) * self.n_tested <= alpha:
                return place
        return None

    def _is_like_a_parent(self, place: int, alpha: float) -> bool:
        """Tell whether one condition alone is worse already, and the other adds no more than chance would."""
        members = self.members(place)
        if len(members) == 1:
            return False
        for column, part in members:
            parent = self._starts[column] + part
            if self._chance(parent) > alpha:
                continue
            if parent not in self._inside:
                self._inside[parent] = Draws(self.losses[self.parts[column].rows(part)])
            chance = self._inside[parent].tail(float(self.sums[place]), int(self.counts[place]))
            if chance * self._n_children(column) > alpha:
                return True
        return False

    def _n_children(self, column: int) -> int:
        return sum(self._widths) - len(self._widths) - (self._widths[column] - 1)

    def _chance(self, place: int) -> float:
        """Return the p-value of a slice, times the number of slices tested."""
        if place not in self._chances:
            chance = self._draws.tail(float(self.sums[place]), int(self.counts[place]))
            if self.groups is not None:
                rows = Found(self.members(place), 0, 0.0, 0.0, 1.0).rows(self.parts)
                chance = max(chance, cluster_tail(self.losses, rows, self.groups))
            self._chances[place] = min(1.0, chance * self.n_tested)
        return self._chances[place]

    def _found(self, place: int, mean: float, score: float) -> Found:
        return Found(self.members(place), int(self.counts[place]), mean, score, self._chance(place))

    def members(self, place: int) -> tuple[tuple[int, int], ...]:
        """Return the (column, part) of each condition of the slice at a place of ``counts``."""
        for column, width in enumerate(self._widths):
            if place < width:
                return ((column, place),)
            place -= width
        for first, second in self._pairs:
            size = self._widths[first] * self._widths[second]
            if place < size:
                return (
                    (first, place // self._widths[second]),
                    (second, place % self._widths[second]),
                )
            place -= size
        raise IndexError(place)

    def _count(self, rows: NDArray[np.intp] | None) -> tuple[Floats, Floats]:
        """Return rows and losses of every slice, among all rows or some."""
        losses = self.losses if rows is None else self.losses[rows]
        codes = [one.codes if rows is None else one.codes[rows] for one in self.parts]
        is_binary = bool(((losses == 0) | (losses == 1)).all())
        counts = np.concatenate([*self._crossed(codes, None), []])
        if not is_binary:
            return counts, np.concatenate([*self._crossed(codes, losses), []])
        wrong = np.flatnonzero(losses)
        return counts, np.concatenate([*self._crossed([one[wrong] for one in codes], None), []])

    def _crossed(self, codes: Sequence[NDArray[np.int16]], weights: Floats | None) -> Iterator[Floats]:
        for code, width in zip(codes, self._widths, strict=True):
            yield np.bincount(code, weights, minlength=width).astype(np.float64)
        crossed = np.empty(len(codes[0]) if codes else 0, np.int64)
        for one, other in self._pairs:
            np.multiply(codes[one], self._widths[other], out=crossed, dtype=np.int64)
            crossed += codes[other]
            size = self._widths[one] * self._widths[other]
            yield np.bincount(crossed, weights, minlength=size).astype(np.float64)

    def _tested(self) -> NDArray[np.bool_]:
        """Return which slices are tests: large enough, no rare rest, not the same rows as one condition."""
        tested: list[NDArray[np.bool_]] = []
        singles: list[Floats] = []
        at = 0
        for width in self._widths:
            counts = self.counts[at : at + width]
            singles.append(counts)
            tested.append((counts >= self.least) & (np.arange(width) < width - 1))
            at += width
        for first, second in self._pairs:
            rows, columns = self._widths[first], self._widths[second]
            counts = self.counts[at : at + rows * columns].reshape(rows, columns)
            is_part = np.zeros_like(counts, np.bool_)
            is_part[:-1, :-1] = True
            is_new = (counts < singles[first][:, None]) & (counts < singles[second][None, :])
            tested.append((is_part & is_new & (counts >= self.least)).ravel())
            at += rows * columns
        return np.concatenate(tested) if tested else np.zeros(0, np.bool_)
