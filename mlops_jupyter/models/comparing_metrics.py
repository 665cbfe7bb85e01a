"""The metrics of two versions on the same rows, and whether the later one is better beyond noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import hypot

from ..display.interval import decimals, fixed, reach, said
from ..records import Difference, Estimate, EvaluationReport, MetricResult, VersionChange, VersionView
from ..store import Store
from . import views

UNPAIRED = "unpaired"
_MOST_REPORTS = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """One metric of both versions on the same rows, and how far they are apart."""

    before: Estimate
    after: MetricResult
    found: Difference


def on_same_rows(store: Store, old: VersionView, new: VersionView) -> tuple[Pair, ...]:
    """Return the metrics of both on the same rows, the one that decides first; nothing where there are none.

    An evaluation in which one was the other's baseline goes first, since it looked at pairs of rows.
    """
    pairs = (
        _of_baseline(store, old, new)
        or _turned(_of_baseline(store, new, old))
        or _of_one_content(store, old, new)
    )
    return tuple(sorted(pairs, key=lambda pair: not pair.after.is_primary))


def _of_baseline(store: Store, old: VersionView, new: VersionView) -> list[Pair]:
    for evaluation in new.evaluations[:_MOST_REPORTS]:
        report = views.report_of(store, evaluation)
        if report is not None and report.baseline == label(old):
            return [
                Pair(one.baseline, one, one.over_baseline)
                for one in report.metrics
                if one.baseline is not None and one.over_baseline is not None
            ]
    return []


def _turned(pairs: Sequence[Pair]) -> list[Pair]:
    """Return what was found of two versions the other way round."""
    return [
        Pair(
            pair.after.estimate, replace(pair.after, estimate=pair.before), _negative(pair.found, pair.after)
        )
        for pair in pairs
    ]


def _negative(found: Difference, metric: MetricResult) -> Difference:
    if found.value is None or found.low is None or found.high is None:
        return found
    turned = _judged(-found.value, -found.high, -found.low, is_higher_better=metric.is_higher_better)
    return replace(turned, method=found.method, p_value=found.p_value, confidence=found.confidence)


def _of_one_content(store: Store, old: VersionView, new: VersionView) -> list[Pair]:
    for later in new.evaluations:
        earlier = next((one for one in old.evaluations if one.version_id == later.version_id), None)
        if later.version_id is None or earlier is None:
            continue
        was, now = views.report_of(store, earlier), views.report_of(store, later)
        if was is not None and now is not None:
            known = {metric.key: metric for metric in was.metrics}
            return [
                Pair(known[one.key].estimate, one, difference(known[one.key], one))
                for one in now.metrics
                if one.key in known
            ]
    return []


def changes_of(old: VersionView, new: VersionView, pairs: Sequence[Pair]) -> Iterator[VersionChange]:
    """Yield a line per metric, with the verdict where both were measured on the same rows."""
    if not pairs:
        yield from _apart(old.evaluation, new.evaluation)
    for pair in pairs:
        yield VersionChange(
            "metrics",
            pair.after.name,
            said(pair.before),
            said(pair.after.estimate),
            pair.found.verdict,
            pair.found.is_better,
        )


def _apart(before: EvaluationReport | None, after: EvaluationReport | None) -> Iterator[VersionChange]:
    """Yield metrics that were measured on different rows, so that nothing is said of them."""
    sides = [{one.key: one for one in report.metrics} if report else {} for report in (before, after)]
    for key in dict.fromkeys(key for side in sides for key in side):
        one = sides[0].get(key) or sides[1][key]
        was, now = (said(side[key].estimate) if key in side else "" for side in sides)
        yield VersionChange("metrics", one.name, was, now, "on other rows" if was and now else "")


def verdict(old: VersionView, new: VersionView, pairs: Sequence[Pair]) -> str:
    """Return one sentence: which is better beyond noise, or why that cannot be said."""
    lacking = [label(view) for view in (old, new) if not view.evaluations]
    if pairs:
        first = pairs[0]
        is_wide = first.found.method == UNPAIRED and first.found.is_better is None
        hint = "; with the other as its baseline the interval is narrower" if is_wide else ""
        return (
            f"{label(new)} has {first.after.name} {said(first.after.estimate)}, "
            f"{label(old)} {said(first.before)}: {first.found.verdict}{hint}"
        )
    if lacking:
        return f"{' and '.join(lacking)} {'was' if len(lacking) == 1 else 'were'} not evaluated"
    return (
        f"{label(old)} and {label(new)} were not evaluated on the same rows; "
        f"evaluate {label(new)} with {label(old)} as its baseline"
    )


def difference(before: MetricResult, after: MetricResult) -> Difference:
    """Return how much a metric of one version is above another's, from the two intervals alone.

    The estimates are taken as independent (the method of variance estimates recovery): the lower end
    is ``d - sqrt((after - after.low)² + (before.high - before)²)``, the upper end likewise. On one set
    of rows two models err on the same ones, so that the true interval is narrower.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a
    general approach. Statistics in Medicine 27(10), 1693-1702.

    Examples
    --------
    >>> auc = lambda value: MetricResult("roc_auc", "AUC", Estimate(value, value - 0.03, value + 0.03), True)
    >>> difference(auc(0.80), auc(0.82)).verdict
    'no difference beyond noise (0.02 ± 0.04)'
    >>> difference(auc(0.80), auc(0.90)).is_better
    True
    """
    old, new = before.estimate, after.estimate
    if old.value is None or new.value is None:
        return Difference(None, None, None, None, "one of them has no value", UNPAIRED)
    apart = new.value - old.value
    if old.low is None or old.high is None or new.low is None or new.high is None:
        return Difference(apart, None, None, None, "without an interval nothing can be said", UNPAIRED)
    low = apart - hypot(new.value - new.low, old.high - old.value)
    high = apart + hypot(new.high - new.value, old.value - old.low)
    return _judged(apart, low, high, is_higher_better=after.is_higher_better)


def _judged(value: float, low: float, high: float, *, is_higher_better: bool) -> Difference:
    is_better = None if low <= 0 <= high else (value > 0) == is_higher_better
    estimate = Estimate(value, low, high)
    if is_better is None:
        words = f"no difference beyond noise ({said(estimate)})"
    else:
        size = fixed(abs(value), decimals(estimate))
        wide = reach(estimate)
        words = f"{'better' if is_better else 'worse'} by {size}" + (
            f" {wide}" if wide.startswith("±") else f" (difference {wide})"
        )
    return Difference(value, low, high, is_better, words, UNPAIRED)


def label(view: VersionView) -> str:
    """Return ``churn:4``."""
    return f"{view.name}:{view.version.number}"
