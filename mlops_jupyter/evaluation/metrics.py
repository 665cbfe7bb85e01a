"""Which metrics each problem has, and one function that computes them all for any weights of the rows.

A bootstrap asks for the same metrics a thousand times with other weights. So what does not depend
on the weights (the order of the scores, the loss of each row) is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .scored import Scored

Floats = NDArray[np.float64]
_MANY_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: scikit-learn's word, what people read, and which way is better.

    ``is_rate`` is True where the metric is a share of rows, so that Wilson's interval holds;
    ``is_signed`` where neither way is better, but 0 is.
    """

    key: str
    name: str
    is_higher_better: bool = True
    is_rate: bool = False
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """The metrics of one Scored: ``of(weights)`` returns their values in the order of ``metrics``.

    ``rough`` is much faster for many rows, and off by little: see :meth:`drawn`.
    """

    metrics: tuple[Metric, ...]
    of: Callable[[Floats], Floats]
    n_rows: int
    rough: Callable[[Floats], Floats] | None = None

    def values(self, weights: Any = None) -> Floats:
        """Return the values with the rows' own weights (all 1 where there are none)."""
        return self.of(np.ones(self.n_rows) if weights is None else np.asarray(weights, np.float64))

    def drawn(self, own: Any = None) -> Callable[[Floats], Floats]:
        """Return the function for samples of the rows, whose own weights are ``own``.

        For many rows it is the rough one, moved so that it is exact for the rows themselves.
        """
        if self.rough is None:
            return self.of
        rough, whole = self.rough, np.ones(self.n_rows) if own is None else np.asarray(own, np.float64)
        off = self.of(whole) - rough(whole)
        return lambda weights: rough(weights) + off


def measure(scored: Scored, keys: Sequence[str] | None = None, **about: Any) -> Measure:
    """Return the metrics of a problem, or those asked for, the first of them the primary one.

    Raises
    ------
    UsageError
        For a metric that the problem does not have, or that needs scores where there are none.

    Examples
    --------
    >>> from mlops_jupyter.evaluation.scored import score_predictions
    >>> both = measure(score_predictions([1.5, 2.0], [1.5, 4.0]), ["mae", "rmse"])
    >>> both.values().round(3).tolist()
    [1.0, 1.414]
    """
    from . import metrics_classes, metrics_labels, metrics_numbers, metrics_parts

    makers: dict[str, Callable[..., tuple[tuple[Metric, ...], Callable[[Floats], Floats]]]] = {
        "binary": metrics_classes.of_two,
        "multiclass": metrics_classes.of_many,
        "multilabel": metrics_labels.of_labels,
        "regression": metrics_numbers.of_numbers,
        "forecasting": metrics_numbers.of_forecast,
        "ranking": metrics_labels.of_ranking,
        "clustering": metrics_parts.of_parts,
    }
    make = makers[scored.problem]
    all_metrics, of = make(scored, **about)
    chosen = _chosen(scored.problem, all_metrics, keys)
    places = [all_metrics.index(metric) for metric in chosen]
    rough = None
    if scored.problem in ("binary", "multiclass", "regression") and len(scored.predicted) > _MANY_ROWS:
        rough = _at(make(scored, is_rough=True, **about)[1], places)
    return Measure(chosen, _at(of, places), len(scored.predicted), rough)


def _at(of: Callable[[Floats], Floats], places: list[int]) -> Callable[[Floats], Floats]:
    return lambda weights: of(weights)[places]


def _chosen(problem: str, known: tuple[Metric, ...], keys: Sequence[str] | None) -> tuple[Metric, ...]:
    if not keys:
        return known
    by_key = {metric.key: metric for metric in known}
    lost = [key for key in keys if key not in by_key]
    if lost:
        raise UsageError(
            f"metric {lost[0]!r} cannot be computed for this {problem} model; choose from {', '.join(by_key)}"
        )
    return tuple(by_key[key] for key in dict.fromkeys(keys))


def ratio(above: Any, below: Any) -> Any:
    """Return ``above / below``, 0 where there is nothing to divide by (as scikit-learn's metrics do)."""
    below = np.asarray(below, np.float64)
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below != 0)
