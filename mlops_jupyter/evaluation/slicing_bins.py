"""Columns as few parts with words: bins of numbers and times, the levels of categories, missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Condition

N_BINS: Final = 10
MAX_LEVELS: Final = 30
_ROWS_FOR_EDGES: Final = 100_000


@dataclass(frozen=True)
class Parts:
    """A column cut into parts: ``codes`` says in which part a row is.

    A code equal to ``len(conditions)`` is a row in no part (a rare level).
    """

    column: str
    codes: NDArray[np.int16]
    conditions: tuple[Condition, ...]
    is_binned: bool = False

    def rows(self, part: int) -> NDArray[np.bool_]:
        """Return which rows are in a part."""
        return np.asarray(self.codes == part)


def frame_of(X: Any, names: Sequence[str] = ()) -> Any:  # noqa: N803 the field's letter
    """Return data as a pandas frame whose columns have names that are text.

    Examples
    --------
    >>> frame_of(np.zeros((2, 2)), ["a", "b"]).columns.tolist()
    ['a', 'b']
    """
    import pandas as pd

    if isinstance(X, pd.Series):
        X = X.to_frame(X.name if X.name is not None else "value")  # noqa: N806
    elif not isinstance(X, pd.DataFrame):
        if hasattr(X, "to_frame") and not hasattr(X, "columns"):
            X = X.to_frame()  # noqa: N806
        if hasattr(X, "to_pandas"):
            X = X.to_pandas()  # noqa: N806
        else:
            dense = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
            dense = dense.reshape(len(dense), -1)
            labels = list(names) if len(names) == dense.shape[1] else [f"x{i}" for i in range(dense.shape[1])]
            X = pd.DataFrame(dense, columns=labels)  # noqa: N806
    return X.set_axis([str(name) for name in X.columns], axis=1)


def cut(
    values: Any, name: str, *, least: int = 1, n_bins: int = N_BINS, max_levels: int = MAX_LEVELS
) -> Parts | None:
    """Cut a column into parts; None where no part holds ``least`` rows or values cannot be compared.

    Numbers and times with more than ``n_bins`` values are cut at their quantiles, rounded to as few
    digits as keep the bins apart. Other columns have a part for each of the ``max_levels`` most
    frequent values of at least ``least`` rows. Missing values are a part.

    Parameters
    ----------
    values : pandas series, one value per row.

    Examples
    --------
    >>> import pandas as pd
    >>> cut(pd.Series(range(100)), "age", n_bins=4).conditions[1].text
    'age in [24, 49)'
    >>> [one.text for one in cut(pd.Series(["m", "f", None]), "sex").conditions]
    ['sex = f', 'sex = m', 'sex is missing']
    """
    from pandas.api import types

    if types.is_datetime64_any_dtype(values.dtype):
        return _cut_numbers(_seconds(values), name, least, n_bins, is_time=True)
    if (
        types.is_numeric_dtype(values.dtype)
        and not types.is_bool_dtype(values.dtype)
        and not types.is_complex_dtype(values.dtype)
    ):
        numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
        sample = numbers[:: max(1, len(numbers) // _ROWS_FOR_EDGES)]
        if len(np.unique(sample[~np.isnan(sample)])) > n_bins:
            return _cut_numbers(numbers, name, least, n_bins)
    return _cut_levels(values, name, least, max_levels)


def cut_all(frame: Any, names: Sequence[str], *, least: int) -> list[Parts]:
    """Cut columns, leaving out those that have fewer than two parts to compare."""
    every = (cut(frame[name], name, least=least) for name in names)
    return [one for one in every if one is not None and (len(one.conditions) > 1 or _has_rest(one))]


def _has_rest(parts: Parts) -> bool:
    return bool((parts.codes == len(parts.conditions)).any())


def _seconds(values: Any) -> NDArray[np.float64]:
    plain = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values
    seconds = plain.to_numpy("datetime64[ns]").astype(np.int64) / 1e9
    return np.asarray(np.where(plain.isna(), np.nan, seconds))


def _cut_numbers(
    numbers: NDArray[np.float64], name: str, least: int, n_bins: int, *, is_time: bool = False
) -> Parts | None:
    missing = np.isnan(numbers)
    present = numbers[~missing]
    if not len(present):
        return None
    edges = _edges(present, n_bins, is_time=is_time)
    codes = np.searchsorted(edges, numbers, side="right").astype(np.int16)
    ends = [None, *edges.tolist(), None]
    words = _as_times(edges) if is_time else [f"{edge:.15g}" for edge in edges]
    texts = [None, *words, None]
    conditions = [
        Condition(name, _interval(name, *texts[k : k + 2]), low=ends[k], high=ends[k + 1])
        for k in range(len(edges) + 1)
    ]
    codes[missing] = len(conditions)
    conditions.append(Condition(name, f"{name} is missing", is_missing=True))
    return _keep(name, codes, conditions, least, is_binned=True)


def _edges(present: NDArray[np.float64], n_bins: int, *, is_time: bool) -> NDArray[np.float64]:
    sample = np.sort(present[:: max(1, len(present) // _ROWS_FOR_EDGES)])
    shares = np.arange(1, n_bins) / n_bins
    # A value that was seen, not one between two: infinities would give NaN.
    exact = np.unique(np.quantile(sample, shares, method="inverted_cdf"))
    exact = exact[(exact > present.min()) & np.isfinite(exact)]
    if is_time:
        return np.asarray(exact, np.float64)
    for digits in range(2, 16):
        rounded = np.array([float(f"{edge:.{digits}g}") for edge in exact])
        close = np.searchsorted(sample, rounded) / len(sample)
        wanted = np.searchsorted(sample, exact) / len(sample)
        if len(np.unique(rounded)) == len(exact) and np.all(np.abs(close - wanted) <= 0.1 / n_bins):
            return rounded
    return np.asarray(exact, np.float64)


def _as_times(edges: NDArray[np.float64]) -> list[str]:
    moments = (edges * 1e9).astype("datetime64[ns]").astype("datetime64[s]")
    days = moments.astype("datetime64[D]")
    return [str(day) for day in days] if len(np.unique(days)) == len(edges) else [str(one) for one in moments]


def _interval(name: str, low: str | None, high: str | None) -> str:
    if low is None:
        return f"{name} < {high}" if high is not None else f"{name} is present"
    return f"{name} ≥ {low}" if high is None else f"{name} in [{low}, {high})"


def _cut_levels(values: Any, name: str, least: int, max_levels: int) -> Parts | None:
    import pandas as pd

    try:
        found, levels = pd.factorize(values, use_na_sentinel=True)
    except TypeError:  # lists, dicts: no value can be compared with another
        return None
    counts = np.bincount(found[found >= 0], minlength=len(levels))
    often = sorted(np.flatnonzero(counts >= max(least, 1)), key=lambda k: (-counts[k], str(levels[k])))
    kept = sorted(often[:max_levels], key=lambda k: _order(levels[k]))
    place = np.full(len(levels) + 1, len(kept) + 1, np.int16)
    place[kept] = np.arange(len(kept))
    place[-1] = len(kept)  # factorize says -1 for missing
    texts = [_word(levels[k]) for k in kept]
    conditions = [Condition(name, f"{name} = {text}", values=(text,)) for text in texts]
    conditions.append(Condition(name, f"{name} is missing", is_missing=True))
    return _keep(name, place[found], conditions, least)


def _order(level: Any) -> tuple[bool, float, str]:
    is_number = isinstance(level, int | float | np.number)
    return (not is_number, float(level) if is_number else 0.0, str(level))


def _word(level: Any) -> str:
    return f"{level:.15g}" if isinstance(level, float | np.floating) else str(level)


def _keep(
    name: str, codes: NDArray[np.int16], conditions: list[Condition], least: int, *, is_binned: bool = False
) -> Parts | None:
    """Drop parts of fewer than ``least`` rows, and renumber."""
    counts = np.bincount(codes, minlength=len(conditions) + 1)
    kept = np.flatnonzero(counts[: len(conditions)] >= max(least, 1))
    if not len(kept):
        return None
    place = np.full(len(counts), len(kept), np.int16)
    place[kept] = np.arange(len(kept))
    return Parts(name, place[codes], tuple(conditions[k] for k in kept), is_binned=is_binned)
