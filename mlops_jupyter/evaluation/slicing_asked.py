"""Slices that people ask for: every part of a column, tested together for being worse or better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .slicing_bins import Parts, cut
from .slicing_chances import Draws, cluster_tail
from .slicing_search import Found, slice_score

Floats = NDArray[np.float64]


def asked_slices(
    frame: Any, columns: Sequence[str], losses: Floats, units: NDArray[np.intp] | None, least: int
) -> tuple[list[Parts], list[Found]]:
    """Return the columns cut, and each part with the chance of such a loss, corrected for all of them.

    ``p_value`` is that of being worse, ``p_better`` of being better; both are 1 for parts of fewer than
    ``least`` rows, which are not tested.

    Raises
    ------
    UsageError
        When a column cannot be cut.
    """
    parts = []
    for name in columns:
        one = cut(frame[name], name)
        if one is None:
            raise UsageError(f"column {name!r} cannot be cut; expected categories, numbers or times")
        parts.append(one)
    higher, lower = Draws(losses), Draws(losses.max() - losses)
    found = [
        _judged(column, part, one, losses, units, least, (higher, lower))
        for column, one in enumerate(parts)
        for part in range(len(one.conditions))
    ]
    tested = [place for place, one in enumerate(found) if one.n >= least]
    worse = holm([found[place].p_value for place in tested])
    better = holm([found[place].p_better for place in tested])
    for place, chance, other in zip(tested, worse, better, strict=True):
        found[place] = replace(found[place], p_value=chance, p_better=other)
    return parts, found


def holm(chances: Sequence[float]) -> list[float]:
    """Return p-values adjusted for all of them (Holm, 1979): 5 % of them together are wrong at 0.05.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(chances, kind="stable")
    steps = np.asarray(chances, np.float64)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return adjusted.tolist()


def _judged(
    column: int,
    part: int,
    parts: Parts,
    losses: Floats,
    units: NDArray[np.intp] | None,
    least: int,
    draws: tuple[Draws, Draws],
) -> Found:
    rows = parts.rows(part)
    n, overall = int(rows.sum()), float(losses.mean())
    mean = float(losses[rows].mean())
    score = float(slice_score(mean, n, overall, len(losses), least)) if overall > 0 else 0.0
    found = Found(((column, part),), n, mean, score, 1.0)
    if n < least or n == len(losses):
        return found
    higher, lower = draws
    worse = higher.tail(float(losses[rows].sum()), n)
    better = lower.tail(float((losses.max() - losses[rows]).sum()), n)
    if units is not None:
        worse = max(worse, cluster_tail(losses, rows, units))
        better = max(better, cluster_tail(-losses, rows, units))
    return replace(found, p_value=worse, p_better=better)
