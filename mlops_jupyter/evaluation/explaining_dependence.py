"""Partial dependence: what a model says on average where one feature has another value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Curve, CurveLine
from .curves_bands import Floats
from .explaining_tables import column, take, with_rows

Respond = Callable[[Any], dict[str, Floats]]
"""Gives what a model says for each row of a table, by the name of the line (a class, say)."""

N_POINTS: Final = 20
_MOST_LEVELS: Final = 12
_MIDDLE = (0.1, 0.9)


def dependence(
    table: Any, place: int, name: str, respond: Respond, *, y_label: str = "predicted"
) -> Curve | None:
    """Return the mean response by values of one feature, None where it has one value only.

    Numbers: up to twenty values at even quantiles. Others: the twelve most frequent values. The band of a
    single line is where the middle 80 % of the rows stand, ``counts`` how many rows are nearest to a value.

    Parameters
    ----------
    table : the rows that are averaged over.
    place : which column.
    respond : see :data:`Respond`.

    References
    ----------
    Friedman (2001), "Greedy function approximation", equation 53.

    Examples
    --------
    >>> table = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]])
    >>> curve = dependence(table, 0, "x", lambda X: {"mean": X.sum(axis=1)})
    >>> curve.lines[0].x, curve.lines[0].y
    ((0.0, 1.0, 2.0), (3.0, 4.0, 5.0))
    """
    values = column(table, place)
    rows, labels = _grid(values)
    if len(rows) < 2:
        return None
    n = table.shape[0]
    every = take(table, np.tile(np.arange(n), len(rows)))
    responses = respond(with_rows(every, table, [place], np.repeat(rows, n)))
    x = np.arange(len(rows)) * 1.0 if labels else values.iloc[rows].to_numpy(np.float64)
    counts = _counts(values, rows, by_value=bool(labels))
    lines = tuple(
        _line(
            line,
            np.asarray(x, np.float64),
            response.reshape(len(rows), n),
            counts,
            with_band=len(responses) == 1,
        )
        for line, response in responses.items()
    )
    note = "the band holds 80 % of the rows" if len(lines) == 1 else ""
    return Curve("dependence", name, name, y_label, lines, x_labels=labels, note=note)


def _line(name: str, x: Floats, of_rows: Floats, counts: tuple[int, ...], *, with_band: bool) -> CurveLine:
    low, high = np.quantile(of_rows, _MIDDLE, axis=1) if with_band else (np.empty(0), np.empty(0))
    means = of_rows.mean(axis=1)
    return CurveLine(
        name, tuple(x.tolist()), tuple(means.tolist()), tuple(low.tolist()), tuple(high.tolist()), counts
    )


def _grid(values: Any) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return rows that hold the values of the axis, and their names where they are categories."""
    import pandas as pd
    from pandas.api import types

    is_number = types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype)
    if is_number:
        present = np.flatnonzero(values.notna())
        order = present[np.argsort(values.to_numpy(np.float64, na_value=np.nan)[present], kind="stable")]
        if not len(order):
            return order, ()
        wanted = np.unique(np.linspace(0, len(order) - 1, min(len(order), 10 * N_POINTS)).astype(np.intp))
        distinct = order[wanted][~values.iloc[order[wanted]].duplicated().to_numpy()]
        evenly = np.linspace(0, len(distinct) - 1, min(len(distinct), N_POINTS)).round().astype(np.intp)
        return distinct[evenly], ()
    try:
        codes, levels = pd.factorize(values, use_na_sentinel=False)
    except TypeError:  # lists, dicts: no value can be compared with another
        return np.empty(0, np.intp), ()
    often = np.argsort(-np.bincount(codes), kind="stable")[:_MOST_LEVELS]
    shown = sorted(often.tolist(), key=lambda code: str(levels[code]))
    first = np.array([np.flatnonzero(codes == code)[0] for code in shown], np.intp)
    return first, tuple("missing" if pd.isna(levels[code]) else str(levels[code]) for code in shown)


def _counts(values: Any, rows: NDArray[np.intp], *, by_value: bool) -> tuple[int, ...]:
    if by_value:
        known = [values.iloc[row] for row in rows]
        return tuple(
            int((values.isna() if one is None or one != one else values == one).sum()) for one in known
        )
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    axis = numbers[rows]
    nearest = np.searchsorted((axis[:-1] + axis[1:]) / 2, numbers[~np.isnan(numbers)])
    return tuple(np.bincount(nearest, minlength=len(rows)).tolist())
