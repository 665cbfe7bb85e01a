"""Bands around curves that are made of counts: the counts are drawn again, not the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_POINTS: Final = 200
N_SAMPLES: Final = 400
_SAMPLES_AT_ONCE = 50


def resampled(
    cells: NDArray[np.intp],
    n_cells: int,
    *,
    weights: Floats | None = None,
    units: NDArray[Any] | None = None,
    n_samples: int = N_SAMPLES,
    random_state: int = 0,
) -> Floats:
    """Return the counts in cells of bootstrap samples of the rows, samples × cells.

    Without units the rows of a sample fall into cells by one multinomial draw, which is the bootstrap
    of rows exactly, at a cost that does not grow with them. With units whole units are drawn.

    Parameters
    ----------
    cells : the cell of each row, from 0 to ``n_cells`` - 1.
    weights : per row; a cell's rows are taken to weigh the same.
    units : per row, what is drawn as a whole (a customer, a day).

    References
    ----------
    Efron (1979), bootstrap; of clusters: Davison & Hinkley (1997), section 3.8.

    Examples
    --------
    >>> counts = resampled(np.array([0, 0, 1]), 2)
    >>> counts.shape, bool((counts.sum(axis=1) == 3).all())
    ((400, 2), True)
    """
    rng = np.random.default_rng(random_state)
    rows = np.bincount(cells, minlength=n_cells)
    if units is None:
        drawn = rng.multinomial(len(cells), rows / len(cells), size=n_samples).astype(np.float64)
        if weights is not None:
            drawn *= np.bincount(cells, weights, n_cells) / np.maximum(rows, 1)
        return drawn
    return _of_units(rng, cells, n_cells, weights, units, n_samples)


def _of_units(
    rng: np.random.Generator,
    cells: NDArray[np.intp],
    n_cells: int,
    weights: Floats | None,
    units: NDArray[Any],
    n_samples: int,
) -> Floats:
    import pandas as pd
    from scipy.sparse import coo_matrix

    places, names = pd.factorize(units, use_na_sentinel=False)
    n_units = len(names)
    one = np.ones(len(cells)) if weights is None else weights
    in_cells = coo_matrix((one, (cells, places)), shape=(n_cells, n_units)).tocsr()
    parts = []
    for start in range(0, n_samples, _SAMPLES_AT_ONCE):
        size = min(_SAMPLES_AT_ONCE, n_samples - start)
        times = np.stack(
            [np.bincount(rng.integers(0, n_units, n_units), minlength=n_units) for _ in range(size)], axis=1
        )
        parts.append((in_cells @ times.astype(np.float64)).T)
    return np.concatenate(parts)


def band(
    samples: Floats, line: Callable[[Floats], tuple[Floats, Floats]], at: Floats, confidence: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return how low and how high the lines of bootstrap samples run at given places.

    Parameters
    ----------
    samples : samples × cells, as :func:`resampled` draws them.
    line : gives the x (rising) and y of one sample's line.
    at : the places on the x axis.
    confidence : of the interval at each place alone, 0 to 1.
    """
    at_places = np.stack([np.interp(at, *line(counts)) for counts in samples])
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(at_places, (tail, 1 - tail), axis=0)
    return tuple(low.tolist()), tuple(high.tolist())


def kept(x: Floats, y: Floats, most: int = MOST_POINTS) -> NDArray[np.intp]:
    """Return the places of at most ``most`` points that stand evenly along a line, its ends among them.

    Examples
    --------
    >>> kept(np.arange(5.0), np.zeros(5), most=3).tolist()
    [0, 2, 4]
    """
    if len(x) <= most:
        return np.arange(len(x))
    steps = np.abs(np.diff(x)) / _span(x) + np.abs(np.diff(y)) / _span(y)
    way = np.concatenate(([0.0], np.cumsum(steps)))
    chosen = np.searchsorted(way, np.linspace(0, way[-1], most))
    chosen[-1] = len(x) - 1
    return np.unique(np.minimum(chosen, len(x) - 1))


def _span(values: Floats) -> float:
    return float(values.max() - values.min()) or 1.0
