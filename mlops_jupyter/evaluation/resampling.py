"""Drawing rows again: alone, by whole groups, or by blocks of time. Always as weights of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .scored import Scored

Floats = NDArray[np.float64]

MOST_LEFT_OUT: Final = 200
"""At most so many parts are left out in turn for the acceleration of BCa."""

_AT_ONCE: Final = 25


@dataclass(frozen=True)
class Units:
    """What is drawn as a whole: ``row``, ``group`` (also a query) or ``time``.

    ``codes`` is the unit of each row from 0 to ``n`` - 1, None where each row is one; in time they are
    in order, and ``block`` of them in a row are drawn together.
    """

    kind: str
    n: int
    n_rows: int
    codes: NDArray[np.intp] | None = None
    block: int = 1


def units_of(scored: Scored, *, season: int = 1) -> Units:
    """Return what the rows of an evaluation are drawn by.

    Blocks in time are ``1.75 n^(1/3)`` moments long, at least a season: the order that minimises the
    error of the variance (Künsch, 1989; Bühlmann & Künsch, 1999).

    Examples
    --------
    >>> from mlops_jupyter.evaluation.scored import score_predictions
    >>> units = units_of(score_predictions([0, 1, 1], [0, 1, 1], groups=["a", "b", "b"]))
    >>> units.kind, units.n, units.codes.tolist()
    ('group', 2, [0, 1, 1])
    """
    n = scored.n_rows
    values = scored.groups if scored.groups is not None else scored.times
    if values is None and scored.problem != "forecasting":
        return Units("row", n, n)
    if values is None:  # a forecast without times is in order of time
        codes, n_units = np.arange(n), n
    else:
        codes, n_units = _codes(values)
    if scored.groups is not None:
        return Units("group", n_units, n, codes)
    block = min(max(int(np.ceil(1.75 * n_units ** (1 / 3))), season), max(n_units // 2, 1))
    return Units("time", n_units, n, codes, block)


def draws(units: Units, n_samples: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield the weight of each row in bootstrap samples.

    Rows and groups are drawn with replacement (Efron, 1979; clusters: Davison & Hinkley, 1997, 3.8);
    moments in circular blocks (Politis & Romano, 1992).

    Examples
    --------
    >>> [float(w.sum()) for w in draws(Units("row", 5, 5), 2, np.random.default_rng(0))]
    [5.0, 5.0]
    """
    kind = np.int32 if units.n < 2**31 else np.int64
    for _ in range(n_samples):
        if units.kind == "time":
            counts = _blocks(units, rng)
        else:
            counts = np.bincount(rng.integers(0, units.n, units.n, dtype=kind), minlength=units.n)
        yield _of_rows(units, counts.astype(np.float64))


def left_out(units: Units, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield weights without one part of the units at a time: the grouped jackknife.

    Every unit is left out once, alone where there are at most 200 units; in time, neighbours together.
    """
    n_parts = min(units.n if units.kind != "time" else units.n // units.block, MOST_LEFT_OUT)
    part = np.arange(units.n) * n_parts // units.n
    if units.kind != "time":
        part = rng.permutation(part)
    for one in range(n_parts):
        yield _of_rows(units, (part != one).astype(np.float64))


def replicates(
    of: Callable[[Floats], Floats],
    units: Units,
    own: Floats | None,
    n_samples: int,
    random_state: int = 0,
    on_progress: Callable[[float], Any] | None = None,
) -> tuple[Floats, Floats]:
    """Return the statistics of bootstrap samples and of samples without one part.

    Parameters
    ----------
    of : the statistics of the rows for given weights.
    own : the rows' own weights, which the drawn ones multiply.
    n_samples : bootstrap samples.

    Returns
    -------
    (n_samples, k) and (at most 200, k) arrays; NaN where a sample has no value (one class only).
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    rng = np.random.default_rng(random_state)
    found, without = [], []
    # products this small are slower on several threads, ten times so on a busy machine
    with threadpool_limits(1, user_api="blas"), np.errstate(divide="ignore", invalid="ignore"):
        for done, weights in enumerate(draws(units, n_samples, rng), 1):
            found.append(of(weights if own is None else weights * own))
            if on_progress is not None and done % _AT_ONCE == 0:
                on_progress(done / n_samples)
        if units.n > 1:
            without = [of(w if own is None else w * own) for w in left_out(units, rng)]
    return np.array(found), np.array(without, np.float64).reshape(len(without), len(found[0]))


def _codes(values: Any) -> tuple[NDArray[np.intp], int]:
    import pandas as pd

    codes, names = pd.factorize(np.asarray(values), use_na_sentinel=False, sort=_can_sort(values))
    return np.asarray(codes, np.intp), len(names)


def _can_sort(values: Any) -> bool:
    kinds = {type(value) for value in values.tolist()} if values.dtype == object else set()
    return len(kinds) < 2


def _blocks(units: Units, rng: np.random.Generator) -> NDArray[Any]:
    n, length = units.n, units.block
    starts = rng.integers(0, n, -(-n // length))
    ends = starts + length
    ends[-1] -= len(starts) * length - n  # the last block is cut, so that n are drawn
    steps = np.bincount(starts, minlength=2 * n + 1) - np.bincount(ends, minlength=2 * n + 1)
    counts = np.cumsum(steps)
    return np.asarray(counts[:n] + counts[n : 2 * n])


def _of_rows(units: Units, counts: Floats) -> Floats:
    return counts if units.codes is None else counts[units.codes]
