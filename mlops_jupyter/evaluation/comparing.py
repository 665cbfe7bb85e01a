"""Every metric with its interval, beside a dummy and a baseline on the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..records import Difference, Estimate, MetricResult
from . import delong
from .intervals import FEW_UNITS, bca, reach_of, wilson
from .metrics import Floats, Measure, Metric, measure
from .resampling import Units, replicates, units_of
from .scored import Scored

OTHERS: Final = ("dummy", "baseline")
_ROUNDING: Final = 1e-12
Progress = Callable[[float], Any]


@dataclass(frozen=True, slots=True)
class _Judged:
    """One model: its metrics of all rows, of bootstrap samples and of samples without a part."""

    scored: Scored
    measure: Measure
    values: Floats
    drawn: Floats
    left_out: Floats
    area: delong.Area | None

    def place(self, key: str) -> int | None:
        """Return the column of a metric, None where the model has no such (no probabilities)."""
        keys = [metric.key for metric in self.measure.metrics]
        return keys.index(key) if key in keys else None


@dataclass(frozen=True, slots=True)
class _Plan:
    """How intervals are made: what is drawn as a whole, and their confidence."""

    units: Units
    is_plain: bool
    confidence: float

    @property
    def n_units(self) -> int:
        """How many independent draws a sample has."""
        return max(2, self.units.n // self.units.block)

    @property
    def few_units(self) -> int | None:
        """How many units a closed interval rests on, where they are not rows."""
        return None if self.units.kind == "row" else self.n_units


def compare(
    models: Mapping[str, Scored],
    *,
    metrics: Sequence[str] | None = None,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    random_state: int = 0,
    on_progress: Progress | None = None,
    **about: Any,
) -> tuple[MetricResult, ...]:
    """Return each metric of ``models["model"]``, and the differences to ``dummy`` and ``baseline``.

    All models are judged on the same bootstrap samples, so that what they share cancels out.

    Parameters
    ----------
    models
        ``model``, and where there are any ``dummy`` and ``baseline``: answers on the same rows.
    n_bootstrap
        Samples, at least 20 for an interval; 0 for none but the closed ones.
    confidence
        Of the intervals, between 0 and 1.

    Examples
    --------
    >>> from mlops_jupyter.evaluation.scored import score_predictions
    >>> scored = score_predictions([0, 1] * 20, [0, 1, 0, 0] * 10)
    >>> compare({"model": scored}, metrics=["accuracy"])[0].estimate.method
    'wilson'
    """
    own = models["model"]
    plan = _Plan(units_of(own, season=int(about.get("seasonal_period", 1))), own.weights is None, confidence)
    measures = {"model": measure(own, metrics, **about)}
    for name in OTHERS:
        if name in models:
            measures[name] = measure(models[name], **about)
    judged = _judged(models, measures, plan, n_bootstrap, random_state, on_progress)
    return tuple(
        _result(place, metric, judged, plan) for place, metric in enumerate(measures["model"].metrics)
    )


def _judged(
    models: Mapping[str, Scored],
    measures: Mapping[str, Measure],
    plan: _Plan,
    n_bootstrap: int,
    random_state: int,
    on_progress: Progress | None,
) -> dict[str, _Judged]:
    each = list(measures.values())
    ends = np.cumsum([len(one.metrics) for one in each])[:-1]
    of = [one.drawn(models["model"].weights) for one in each]
    drawn = left_out = np.empty((0, sum(len(one.metrics) for one in each)))
    if n_bootstrap:
        drawn, left_out = replicates(
            lambda w: np.concatenate([one(w) for one in of]),
            plan.units,
            models["model"].weights,
            n_bootstrap,
            random_state,
            on_progress,
        )
    return {
        name: _Judged(models[name], one, one.values(models[name].weights), some, without, _area(models[name]))
        for (name, one), some, without in zip(
            measures.items(), np.split(drawn, ends, 1), np.split(left_out, ends, 1), strict=True
        )
    }


def _area(scored: Scored) -> delong.Area | None:
    score = scored.positive_scores
    if score is None or scored.weights is not None or not np.isfinite(score).all():
        return None
    return delong.area(scored.is_positive, score)


def _result(place: int, metric: Metric, judged: Mapping[str, _Judged], plan: _Plan) -> MetricResult:
    found: dict[str, Any] = {}
    for name in OTHERS:
        there = judged[name].place(metric.key) if name in judged else None
        if there is None:
            continue
        found[name] = _estimate(metric, there, judged[name], plan)
        if metric.is_signed:
            continue
        found[f"over_{name}"] = _difference(metric, (place, there), (judged["model"], judged[name]), plan)
    return MetricResult(
        key=metric.key,
        name=metric.name,
        estimate=_estimate(metric, place, judged["model"], plan),
        is_higher_better=metric.is_higher_better,
        is_primary=place == 0,
        **found,
    )


def _estimate(metric: Metric, place: int, one: _Judged, plan: _Plan) -> Estimate:
    value, n, sure = float(one.values[place]), one.scored.n_rows, plan.confidence
    if not math.isfinite(value):
        return Estimate(None, confidence=sure, n=n, note="cannot be computed on these rows")
    if plan.units.n < 2:
        return Estimate(value, confidence=sure, n=n, note=f"no interval: all rows are one {plan.units.kind}")
    note = ""
    if plan.units.kind != "row" and plan.units.n < FEW_UNITS:
        note = f"a rough interval: only {plan.units.n} {plan.units.kind}s"
    if metric.key == "roc_auc" and one.area is not None and plan.units.kind != "time":
        return _area_estimate(one, plan, note)
    if metric.is_rate and plan.is_plain and plan.units.kind == "row":
        rows = _rows_of(metric.key, one.scored)
        if not rows:
            return Estimate(value, confidence=sure, n=0, note="no interval: no row of that kind")
        return Estimate(value, *wilson(value, rows, sure), sure, "wilson", rows, note)
    found = bca(value, one.drawn[:, place], one.left_out[:, place], sure, plan.n_units)
    if found is None:
        why = "no interval: too few samples in which it can be computed" if len(one.drawn) else ""
        return Estimate(value, confidence=sure, n=n, note=why or "no interval: nothing was drawn")
    if _is_pointlike(*found[:2]):
        return Estimate(value, confidence=sure, n=n, note="no interval: every sample gives the same value")
    return Estimate(value, *found[:2], sure, found[2], n, note)


def _area_estimate(one: _Judged, plan: _Plan, note: str) -> Estimate:
    area, n = one.area, one.scored.n_rows
    assert area is not None  # the caller looked
    if area.value in (0.0, 1.0):
        # no variance is left to see: as many right of the rarer class as there are
        fewest = min(area.n_positive, area.n_negative)
        ends = wilson(area.value, fewest, plan.confidence)
        said = "every pair is in order" if area.value else "every pair is the wrong way round"
        return Estimate(area.value, *ends, plan.confidence, "wilson", n, said)
    spread = math.sqrt(delong.variance(area.influence, one.scored.is_positive, plan.units.codes))
    ends = delong.interval(area.value, spread, plan.confidence, plan.few_units)
    return Estimate(area.value, *ends, plan.confidence, "delong", n, note)


def _difference(
    metric: Metric, places: tuple[int, int], pair: tuple[_Judged, _Judged], plan: _Plan
) -> Difference:
    (here, there), (own, other) = places, pair
    value = float(own.values[here] - other.values[there])
    if plan.units.n < 2:
        return difference(
            value, math.nan, math.nan, is_higher_better=metric.is_higher_better, confidence=plan.confidence
        )
    ends = _area_difference(own, other, plan) if metric.key == "roc_auc" else None
    if ends is None:
        drawn = own.drawn[:, here] - other.drawn[:, there]
        left_out = own.left_out[:, here] - other.left_out[:, there]
        ends = bca(value, drawn, left_out, plan.confidence, plan.n_units)
    is_test = metric.key == "accuracy" and plan.units.kind == "row" and plan.is_plain
    return difference(
        value,
        *(ends or (math.nan, math.nan, "")),
        is_higher_better=metric.is_higher_better,
        p_value=mcnemar(own.scored, other.scored) if is_test else None,
        confidence=plan.confidence,
    )


def _area_difference(own: _Judged, other: _Judged, plan: _Plan) -> tuple[float, float, str] | None:
    """Return DeLong's interval of a difference; None where it cannot be had, or is of no width."""
    if own.area is None or other.area is None or plan.units.kind == "time":
        return None
    influence = own.area.influence - other.area.influence
    spread = math.sqrt(delong.variance(influence, own.scored.is_positive, plan.units.codes))
    value, half = own.area.value - other.area.value, reach_of(plan.confidence, plan.few_units) * spread
    if value and not other.area.influence.any():
        # beside a guess that orders nothing, all the noise is the model's own
        alone = _area_estimate(own, plan, "")
        if alone.low is not None and alone.high is not None:
            return alone.low - other.area.value, alone.high - other.area.value, alone.method
    if value and _is_pointlike(value - half, value + half):
        return None
    return max(-1.0, value - half), min(1.0, value + half), "delong"


def difference(
    value: float,
    low: float,
    high: float,
    method: str = "",
    *,
    is_higher_better: bool,
    p_value: float | None = None,
    confidence: float = 0.95,
) -> Difference:
    """Return a difference with its verdict in words; within noise where the interval holds 0.

    Examples
    --------
    >>> difference(0.012, 0.003, 0.021, is_higher_better=True).verdict
    'better by 0.012 ± 0.009'
    """
    if not math.isfinite(value):
        return Difference(None, None, None, None, "cannot be compared", method, p_value, confidence)
    if not (math.isfinite(low) and math.isfinite(high)) or (value and _is_pointlike(low, high)):
        return Difference(
            value, None, None, None, f"{value:+.3g}, noise not known", method, p_value, confidence
        )
    half = (high - low) / 2
    digits = _digits(half or abs(value))
    if value == low == high == 0:
        return Difference(0.0, 0.0, 0.0, None, "no difference at all", method, p_value, confidence)
    if low <= 0 <= high:
        words = f"no difference beyond noise ({value:+.{digits}f} ± {half:.{digits}f})"
        return Difference(value, low, high, None, words, method, p_value, confidence)
    is_better = (value > 0) == is_higher_better
    word = "better" if is_better else "worse"
    words = f"{word} by {abs(value):.{digits}f} ± {half:.{digits}f}"
    return Difference(value, low, high, is_better, words, method, p_value, confidence)


def _is_pointlike(low: float, high: float) -> bool:
    """Say whether an interval has no width but that of rounding: samples that agree prove nothing."""
    return high - low <= _ROUNDING * max(abs(low), abs(high))


def _digits(size: float) -> int:
    """Return the decimals that show the first digit of a half width, and a second where that is 1 or 2."""
    if size <= 0 or size >= 10:
        return 3 if size <= 0 else 0
    place = math.floor(math.log10(size))
    return max(0, int(size < 3 * 10**place) - place)


def mcnemar(own: Scored, other: Scored) -> float | None:
    """Return the exact p-value of McNemar's test (1947), that two models err equally often.

    None where they are right and wrong on the same rows.
    """
    from scipy.stats import binomtest

    right, others = own.predicted == own.y, other.predicted == other.y
    only_own, only_other = int((right & ~others).sum()), int((~right & others).sum())
    if not only_own + only_other:
        return None
    return float(binomtest(only_own, only_own + only_other).pvalue)


def _rows_of(key: str, scored: Scored) -> int:
    """Return how many rows a rate is a share of."""
    if key == "precision":
        return int((scored.predicted == scored.positive).sum())
    return int(scored.is_positive.sum()) if key == "recall" else scored.n_rows
