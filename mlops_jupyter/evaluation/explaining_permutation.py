"""Permutation importance: how much worse a model gets when a feature tells it nothing any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Estimate
from .curves_bands import Floats
from .explaining_tables import take, with_rows

Score = Callable[[Any, NDArray[np.intp]], Callable[[NDArray[np.bool_] | slice], float]]
"""Scores a table whose rows are those places of the sample: gives the metric of a part of its rows."""

N_BLOCKS: Final = 10
_LEAST_BLOCKS = 5
_MOST_CELLS_AT_ONCE: Final = 20_000_000


@dataclass(frozen=True)
class Drop:
    """How much a metric falls when some columns are shuffled: the mean of the repeats, and its interval."""

    places: tuple[int, ...]
    estimate: Estimate


def drops(
    table: Any,
    groups: Sequence[tuple[int, ...]],
    score: Score,
    blocks: NDArray[np.intp],
    *,
    sign: float,
    n_repeats: int,
    confidence: float = 0.95,
    random_state: int = 0,
) -> list[Drop]:
    """Return how much the metric falls for each group of columns that is shuffled, in their order.

    Parameters
    ----------
    table : the sample of the hold-out.
    groups : places of columns that are shuffled together.
    score : see :data:`Score`.
    blocks : the block of each row, from 0; a block is about a tenth of the rows and splits no unit.
    sign : 1 where a higher metric is better, else -1.

    Notes
    -----
    The interval is of other rows and other shuffles: the falls in ten blocks of rows, by Student's t
    (batch means; Law & Kelton, 2000, section 9.5.3).

    References
    ----------
    Breiman (2001), "Random forests", section 10; on any model: Fisher, Rudin & Dominici (2019), equation 3.
    """
    rng = np.random.default_rng(random_state)
    n = len(blocks)
    orders = np.stack([rng.permutation(n) for _ in range(n_repeats)])
    before = score(table, np.arange(n))
    whole = before(slice(None))
    parts = np.array([before(blocks == k) for k in range(int(blocks.max()) + 1)])
    at_once = max(1, min(n_repeats, _MOST_CELLS_AT_ONCE // max(1, n * table.shape[1])))
    tiles = [orders[start : start + at_once] for start in range(0, n_repeats, at_once)]
    stacked = {len(tile): take(table, np.tile(np.arange(n), len(tile))) for tile in tiles}
    found = []
    for places in groups:
        falls: list[float] = []
        of_blocks = []
        for tile in tiles:
            rows = np.tile(np.arange(n), len(tile))
            after = score(with_rows(stacked[len(tile)], table, places, tile.ravel()), rows)
            ends = np.arange(len(tile) + 1) * n
            falls += [sign * (whole - after(slice(*pair))) for pair in pairwise(ends.tolist())]
            of_blocks.append([sign * (part - after(blocks[rows] == k)) for k, part in enumerate(parts)])
        found.append(Drop(places, _estimate(falls, np.mean(of_blocks, axis=0), confidence, n)))
    return found


def _estimate(falls: list[float], of_blocks: Floats, confidence: float, n: int) -> Estimate:
    from scipy.special import stdtrit

    value = float(np.mean(falls))
    known = of_blocks[np.isfinite(of_blocks)]
    if len(known) < _LEAST_BLOCKS:
        note = "too few rows of each class for an interval"
        return Estimate(value if np.isfinite(value) else None, confidence=confidence, n=n, note=note)
    half = float(stdtrit(len(known) - 1, (1 + confidence) / 2) * known.std(ddof=1) / np.sqrt(len(known)))
    return Estimate(value, value - half, value + half, confidence, "t", n)


def blocks_of(
    n: int, *, units: Any = None, strata: NDArray[Any] | None = None, random_state: int = 0
) -> NDArray[np.intp]:
    """Return the block of each row: whole units together, or the classes spread evenly.

    Examples
    --------
    >>> np.bincount(blocks_of(100, strata=np.arange(100) % 2)).tolist()
    [10, 10, 10, 10, 10, 10, 10, 10, 10, 10]
    """
    import pandas as pd

    rng = np.random.default_rng(random_state)
    if units is not None:
        places, names = pd.factorize(np.asarray(units), use_na_sentinel=False)
        return np.asarray(rng.permutation(len(names)) % N_BLOCKS)[places]
    order = rng.permutation(n)
    if strata is not None:
        codes = pd.factorize(strata, use_na_sentinel=False)[0]
        order = order[np.argsort(codes[order], kind="stable")]
    block = np.empty(n, np.intp)
    block[order] = np.arange(n) % N_BLOCKS
    return block
