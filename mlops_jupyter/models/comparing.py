"""Two versions beside each other: what differs, and whether the later one is better beyond noise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import hypot

from ..display.interval import decimals, fixed, reach, said
from ..errors import UsageError
from ..records import (
    Difference,
    Estimate,
    EvaluationReport,
    Field,
    MetricResult,
    VersionChange,
    VersionComparison,
    VersionData,
    VersionView,
)
from ..store import Store, open_existing
from . import reference, views
from .reference import Registry

_UNPAIRED = "unpaired"
_MOST_COLUMNS = 8


def compare(before: str, after: str, *, registry: Registry = None) -> VersionComparison:
    """Compare two versions: parameters, data, metrics, signature, libraries.

    Metrics compare where both versions were evaluated on one content. The interval of the difference
    is that of the pairs of rows where one was the baseline of the other's evaluation; else it is made
    of the two intervals as if the rows were others, which is wider, and is said.

    Parameters
    ----------
    before, after
        The versions: ``churn:3``, ``churn@champion``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If both are one version.
    """
    store = open_existing(registry)
    sides = []
    for ref in (before, after):
        model, version = reference.find_version(store, ref)
        sides.append(views.version_view(store, model, version))
    old, new = sides
    if old.version.id == new.version.id:
        raise UsageError(f"{before} and {after} are both {_label(old)}; compare takes two versions")
    reports = _on_one_content(store, old, new)
    changes = [*_model(old, new), *_params(old, new), *_data(old, new)]
    changes += _metrics(old, new, reports)
    changes += [*_signature(old, new), *_libraries(old, new)]
    return VersionComparison(
        before=old,
        after=new,
        changes=tuple(changes),
        same_rows=reports is not None,
        verdict=_verdict(old, new, reports),
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
        return Difference(None, None, None, None, "one of them has no value", _UNPAIRED)
    apart = new.value - old.value
    if old.low is None or old.high is None or new.low is None or new.high is None:
        return Difference(apart, None, None, None, "without an interval nothing can be said", _UNPAIRED)
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
    return Difference(value, low, high, is_better, words, _UNPAIRED)


# --- metrics ------------------------------------------------------------------------------------


def _on_one_content(
    store: Store, old: VersionView, new: VersionView
) -> tuple[EvaluationReport, EvaluationReport] | None:
    """Return the newest evaluations of both on one content, the last evaluated content first."""
    for later in new.evaluations:
        earlier = next((one for one in old.evaluations if one.version_id == later.version_id), None)
        if later.version_id is None or earlier is None:
            continue
        reports = views.report_of(store, earlier), views.report_of(store, later)
        if reports[0] is not None and reports[1] is not None:
            return reports[0], reports[1]
    return None


def _metrics(
    old: VersionView, new: VersionView, reports: tuple[EvaluationReport, EvaluationReport] | None
) -> Iterator[VersionChange]:
    if reports is None:
        yield from _apart(old.evaluation, new.evaluation)
        return
    before = {metric.key: metric for metric in reports[0].metrics}
    for metric in sorted(reports[1].metrics, key=lambda one: not one.is_primary):
        if metric.key in before:
            found = _found(old, new, reports, before[metric.key], metric)
            yield VersionChange(
                "metrics",
                metric.name,
                said(before[metric.key].estimate),
                said(metric.estimate),
                found.verdict,
                found.is_better,
            )


def _found(
    old: VersionView,
    new: VersionView,
    reports: tuple[EvaluationReport, EvaluationReport],
    before: MetricResult,
    after: MetricResult,
) -> Difference:
    """Return the paired difference where one was the baseline of the other, else the unpaired one."""
    if after.over_baseline is not None and reports[1].baseline == _label(old):
        return after.over_baseline
    back = before.over_baseline
    if back is not None and reports[0].baseline == _label(new) and back.value is not None:
        if back.low is None or back.high is None:
            return difference(before, after)
        turned = _judged(-back.value, -back.high, -back.low, is_higher_better=after.is_higher_better)
        return Difference(
            turned.value,
            turned.low,
            turned.high,
            turned.is_better,
            turned.verdict,
            back.method,
            back.p_value,
            back.confidence,
        )
    return difference(before, after)


def _apart(before: EvaluationReport | None, after: EvaluationReport | None) -> Iterator[VersionChange]:
    """Yield metrics that were measured on different rows, so that nothing is said of them."""
    sides = [{one.key: one for one in report.metrics} if report else {} for report in (before, after)]
    for key in dict.fromkeys(key for side in sides for key in side):
        one = sides[0].get(key) or sides[1][key]
        was, now = (said(side[key].estimate) if key in side else "" for side in sides)
        yield VersionChange("metrics", one.name, was, now, "on other rows" if was and now else "")


def _verdict(
    old: VersionView, new: VersionView, reports: tuple[EvaluationReport, EvaluationReport] | None
) -> str:
    lacking = [_label(view) for view in (old, new) if not view.evaluations]
    if lacking:
        return f"{' and '.join(lacking)} {'was' if len(lacking) == 1 else 'were'} not evaluated"
    if reports is None:
        return (
            f"{_label(old)} and {_label(new)} were not evaluated on the same rows; "
            f"evaluate {_label(new)} with {_label(old)} as its baseline"
        )
    primary = reports[1].primary
    before = next((one for one in reports[0].metrics if one.key == primary.key), None)
    if before is None:
        return f"no {primary.name} was measured for {_label(old)}"
    found = _found(old, new, reports, before, primary)
    pairs = "" if found.method != _UNPAIRED else "; with the other as its baseline the interval is narrower"
    return (
        f"{_label(new)} has {primary.name} {said(primary.estimate)}, {_label(old)} {said(before.estimate)}: "
        f"{found.verdict}{pairs if found.is_better is None else ''}"
    )


# --- everything else ----------------------------------------------------------------------------


def _model(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    for name, before, after in (
        ("class", old.version.class_name, new.version.class_name),
        ("format", old.version.format, new.version.format),
        ("commit", (old.git_commit or "")[:12], (new.git_commit or "")[:12]),
    ):
        if before != after:
            yield VersionChange("model", name, before, after)
    if old.version.object_hash == new.version.object_hash:
        yield VersionChange("model", "file", "the same", "the same", "both are one file")


def _params(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    before, after = (_all_params(view) for view in (old, new))
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield VersionChange("params", key, before.get(key, ""), after.get(key, ""))


def _all_params(view: VersionView) -> dict[str, str]:
    """Return all parameters, the defaults too: a default of one may be chosen in the other."""
    kept = json.loads(view.version.params)["all"] if view.version.params else {}
    return {key: str(value) for key, value in kept.items()}


def _data(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    sides = [{(one.role, one.name): one for one in view.data if one.role != "output"} for view in (old, new)]
    for role, name in dict.fromkeys(key for side in sides for key in side):
        before, after = (side.get((role, name)) for side in sides)
        if before and after and before.version_id == after.version_id:
            continue
        yield VersionChange("data", f"{role} {name}", _content(before), _content(after))


def _content(one: VersionData | None) -> str:
    return "" if one is None else f"{one.ref or one.version_id[:16]}, {one.n_rows:,} × {one.n_columns:,}"


def _signature(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    sides = [{field.name: field for field in view.signature.inputs} for view in (old, new)]
    names = [name for name in dict.fromkeys([*sides[0], *sides[1]]) if _differs(sides, name)]
    for name in names[:_MOST_COLUMNS]:
        before, after = (_column(side.get(name)) for side in sides)
        yield VersionChange("signature", name, before, after)
    if len(names) > _MOST_COLUMNS:
        yield VersionChange("signature", f"and {len(names) - _MOST_COLUMNS:,} more columns", "", "")
    was, now = (", ".join(view.signature.classes) for view in (old, new))
    if was != now:
        yield VersionChange("signature", "classes", was, now)


def _differs(sides: Sequence[dict[str, Field]], name: str) -> bool:
    before, after = (side.get(name) for side in sides)
    if before is None or after is None:
        return True
    return (before.kind, before.dtype, before.categories) != (after.kind, after.dtype, after.categories)


def _column(field: Field | None) -> str:
    return (
        ""
        if field is None
        else f"{field.dtype or field.kind}" + (", may be missing" if field.is_nullable else "")
    )


def _libraries(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    sides = [json.loads(view.version.libraries) if view.version.libraries else {} for view in (old, new)]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        if sides[0].get(name) != sides[1].get(name):
            yield VersionChange("libraries", name, sides[0].get(name, ""), sides[1].get(name, ""))


def _label(view: VersionView) -> str:
    return f"{view.name}:{view.version.number}"
