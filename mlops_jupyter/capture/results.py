"""Numbers that functions returned, and the names they were bound to: one metric, not two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..records import MetricSource
from .expressions import Span, holds
from .values import FoundMetric


@dataclass(frozen=True, slots=True)
class Result:
    """A number that a metric function returned.

    ``call_span`` is the call where it stands in the cell's own code, ``top_span`` the expression
    of the cell that was running, ``data`` the names of the data that it was computed on.
    """

    key: str
    value: Any
    function: str
    data: str | None = None
    top_span: Span | None = None
    call_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A metric ready to be logged; more than one value is a series by step."""

    key: str
    values: tuple[Any, ...]
    source: MetricSource
    function: str | None = None
    data: str | None = None


def merge(found: Iterable[FoundMetric], results: Sequence[Result]) -> Iterator[Series]:
    """Yield the cell's metrics; a function's number that was bound to a name bears that name."""
    left = list(results)
    for metric in found:
        made = _makers(metric, left)
        left = [result for result in left if result not in made]
        source: MetricSource = "shown" if metric.is_shown else "assigned"
        if not made:
            values = tuple(metric.value) if isinstance(metric.value, list) else (metric.value,)
            yield Series(metric.key, values, source)
            continue
        is_same = made[-1].value is metric.value or made[-1].value == metric.value
        values = tuple(result.value for result in made) if is_same else (metric.value,)
        yield Series(metric.key, values, source, made[-1].function, _together(made))
    yield from _unbound(left)


def _makers(metric: FoundMetric, results: Sequence[Result]) -> list[Result]:
    """Return the results that the metric's value comes from."""
    within = [result for result in results if holds(metric.span, result.call_span)]
    if len({result.call_span for result in within}) == 1:
        return within
    same = [result for result in results if result.value is metric.value]
    if same:
        return same[-1:]
    behind = [result for result in results if holds(metric.span, result.top_span) and result not in within]
    return [result for result in behind if result.value == metric.value][-1:]


def _unbound(results: Sequence[Result]) -> Iterator[Series]:
    """Yield what was bound to no name, under the function's name and, if need be, the data's."""
    for key in dict.fromkeys(result.key for result in results):
        same = [result for result in results if result.key == key]
        data = list(dict.fromkeys(result.data for result in same))
        for used in data:
            values = tuple(result.value for result in same if result.data == used)
            named = key if len(data) == 1 else f"{key}.{(used or 'other').partition(', ')[0]}"
            yield Series(named, values, "function", same[0].function, used)


def _together(results: Sequence[Result]) -> str | None:
    return ", ".join(dict.fromkeys(result.data for result in results if result.data)) or None


def series_of_folds(
    key: str, values: Iterable[float], function: str | None = None, data: str | None = None
) -> Iterator[Series]:
    """Yield the mean of a cross-validation under its name, the deviation, and the folds as a series.

    The deviation is the population's (the sum is divided by the number of folds), as numpy's ``std``.

    Examples
    --------
    >>> [(one.key, one.values) for one in series_of_folds("auc", [0.5, 1.0])]
    [('auc', (0.75,)), ('auc_std', (0.25,)), ('auc_by_fold', (0.5, 1.0))]
    """
    scores = tuple(values)
    if not scores:
        return
    mean = sum(scores) / len(scores)
    spread = (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5
    yield Series(key, (mean,), "function", function, data)
    yield Series(f"{key}_std", (spread,), "function", function, data)
    yield Series(f"{key}_by_fold", scores, "function", function, data)
