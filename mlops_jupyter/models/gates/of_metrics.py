"""Gates that are held against figures of an evaluation: levels, comparisons, slices, groups."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from ...display import interval
from ...errors import near
from ...records import Difference, Estimate, Gate, GateResult, MetricResult, ModelVersion
from ...records.models import GateState
from ...tracking.direction import direction_of
from .. import comparing
from .evidence import Evidence, Held, result, worst

_EVALUATE = "evaluate {ref} X_test y_test"


class _Part(NamedTuple):
    """One condition of a gate."""

    state: GateState
    asked: str
    found: str
    next_step: str = ""


def metric(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether a metric on the hold-out has a level, or is no worse than another's beyond noise."""
    words = dict(gate.limits)
    held = known.held
    name = words.get("key", "the first metric")
    if held is None:
        return _not_evaluated(gate, known, f"{name}{_limits(gate)}")
    found = _metric(held, words.get("key"))
    if isinstance(found, str):
        step = f"{_step(known)} --metrics {name}"
        return result(gate, "unknown", f"{name}{_limits(gate)}", found, evidence=held.text, next_step=step)
    if wrong := _wrong_side(words, found.name, is_higher_better=found.is_higher_better):
        asked, step = f"{found.name}{_limits(gate)}", "edit the gate"
        return result(gate, "unknown", asked, wrong, evidence=held.text, next_step=step)
    parts = list(_parts(gate, found, held, known))
    return result(
        gate,
        worst(*(part.state for part in parts)),
        "; ".join(dict.fromkeys(part.asked for part in parts)),
        "; ".join(dict.fromkeys(part.found for part in parts)),
        evidence=held.text,
        next_step=next((part.next_step for part in parts if part.state != "passed" and part.next_step), ""),
    )


def worst_slice(gate: Gate, known: Evidence) -> GateResult:
    """Ask for a level of the metric in every part of the rows: those asked for, and worse ones found."""
    words = dict(gate.limits)
    held = known.held
    name = words.get("key", "the metric")
    asked = f"{name} in the worst slice{_limits(gate)}"
    if held is None:
        return _not_evaluated(gate, known, asked)
    report = held.report.slices
    if report is None:
        found, step = "no slices were looked for", f"{_step(known)} --slices COLUMN"
        return result(gate, "unknown", asked, found, evidence=held.text, next_step=step)
    measured = find_metric(held, report.metric_key)
    name = measured.name if measured is not None else report.metric_key
    if words.get("key", report.metric_key) not in (report.metric_key, name):
        found, step = f"slices were measured by {report.metric_key}", f"name {report.metric_key} in the gate"
        return result(gate, "unknown", asked, found, evidence=held.text, next_step=step)
    asked = f"{name} in the worst slice{_limits(gate)}"
    is_higher_better = _is_higher_better(measured, report.metric_key)
    if wrong := _wrong_side(words, name, is_higher_better=is_higher_better):
        return result(gate, "unknown", asked, wrong, evidence=held.text, next_step="edit the gate")
    # A part that was found and is not surely worse is one of many that were tried: no evidence.
    judged = [
        one
        for one in report.slices
        if one.estimate.value is not None and one.n >= report.min_rows and (not one.is_found or one.is_worse)
    ]
    if not judged:
        found = f"no part is worse than the rest ({report.n_tested:,} were tried)"
        return result(gate, "passed", asked, found, evidence=held.text)
    sign = 1 if is_higher_better else -1
    low = min(judged, key=lambda one: sign * (one.estimate.value or 0.0))
    found = f"{interval.said(low.estimate)} where {low.text} ({low.n:,} rows)"
    state, step = _level(words, low.estimate), f"look at the rows where {low.text}"
    return result(gate, state, asked, found, evidence=held.text, next_step=step)


def fairness_ratio(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether the smallest ratio of a rate between two groups has a level."""
    words = dict(gate.limits)
    held = known.held
    key = words.get("key", "demographic_parity_ratio")
    asked = f"{key}{_limits(gate)}"
    if held is None:
        return _not_evaluated(gate, known, asked)
    step = f"{_step(known)} --fairness COLUMN"
    if held.report.fairness is None:
        found = "no groups were compared"
        return result(gate, "unknown", asked, found, evidence=held.text, next_step=step)
    gaps = held.report.fairness.gaps
    same = [gap for gap in gaps if gap.key == key]
    if not same:
        keys = [gap.key for gap in gaps]
        found = f"not measured; {near(key, keys) or 'measured are ' + (', '.join(keys) or 'none')}"
        return result(gate, "unknown", asked, found, evidence=held.text, next_step=step)
    missing = [gap for gap in same if gap.estimate.value is None]
    if missing:
        found = missing[0].estimate.note or missing[0].verdict or "too few rows to say"
        step = "evaluate on more rows of each group"
        return result(gate, "unknown", asked, found, evidence=held.text, next_step=step)
    gap = min(same, key=lambda one: one.estimate.value or 0.0)
    found = f"{interval.said(gap.estimate)}: {gap.worst} beside {gap.best}"
    step = f"look at what {gap.worst} has in common, and choose the threshold with it in mind"
    return result(gate, _level(words, gap.estimate), asked, found, evidence=held.text, next_step=step)


def find_metric(held: Held, key: str | None) -> MetricResult | None:
    """Return the metric of a report by its key or name; the first one where None."""
    if not held.report.metrics:
        return None
    if key is None:
        return held.report.primary
    return next((one for one in held.report.metrics if key.lower() in (one.key, one.name.lower())), None)


# --- one condition ------------------------------------------------------------------------------


def _parts(gate: Gate, found: MetricResult, held: Held, known: Evidence) -> Iterator[_Part]:
    words = dict(gate.limits)
    if "min" in words or "max" in words:
        estimate, note = found.estimate, ""
        if words.get("sure") and found.is_primary and (ledger := held.report.ledger) and ledger.n_models > 1:
            estimate = ledger.estimate or estimate
            note = f", for the best of {ledger.n_models} models that were tried on these rows"
        asked = f"{found.name}{_limits(gate)}"
        yield _Part(_level(words, estimate), asked, f"{found.name} {interval.said(estimate)}{note}")
    for word in ("not_worse_than", "better_than"):
        if word in words:
            yield _compared(word, str(words[word]), words.get("margin"), found, held, known)


def _compared(
    word: str, other: str, margin: float | None, found: MetricResult, held: Held, known: Evidence
) -> _Part:
    said = "better than" if word == "better_than" else "not worse than"
    allowed = "" if margin is None else f" by more than {margin:g}"
    asked = f"{found.name} {said} {other}{allowed} beyond noise"
    if other == "dummy":
        difference, step = found.over_dummy, f"{_step(known)}, which compares with a dummy"
    else:
        version = known.at_alias(other)
        if version is None:
            return _Part("passed", asked, f"no version is @{other} yet")
        if version.id == known.version.id:
            return _Part("passed", asked, f"it is @{other} already")
        other = f"{known.model.name}:{version.number}"
        asked = f"{found.name} {said} {other}{allowed} beyond noise"
        step = f"{_step(known)} --baseline {other}"
        # A model that was in memory is called by its variable too: "clf (churn:3)".
        is_paired = held.report.baseline == other or held.report.baseline.endswith(f"({other})")
        difference = found.over_baseline if is_paired else None
        if difference is None:
            difference = _unpaired(found, known, version)
    if difference is None or difference.low is None or difference.high is None:
        return _Part("unknown", asked, f"not compared with {other}", step)
    text = f"{difference.verdict} than {other}" if difference.is_better is not None else difference.verdict
    return _Part(_judged(word, margin, difference, is_higher_better=found.is_higher_better), asked, text)


def _judged(word: str, margin: float | None, difference: Difference, *, is_higher_better: bool) -> GateState:
    if word == "better_than":
        return "passed" if difference.is_better else "failed"
    if margin is None:
        return "failed" if difference.is_better is False else "passed"
    worst_case = difference.low if is_higher_better else difference.high
    if worst_case is None:
        return "unknown"
    return "passed" if (worst_case if is_higher_better else -worst_case) >= -margin else "failed"


def _unpaired(found: MetricResult, known: Evidence, version: ModelVersion) -> Difference | None:
    """Compare with another version's own evaluation on the same rows."""
    report = known.on_same_rows(version)
    theirs = next((one for one in report.metrics if one.key == found.key), None) if report else None
    return None if theirs is None else comparing.difference(theirs, found)


def _level(words: dict[str, object], estimate: Estimate) -> GateState:
    """Return whether an estimate keeps ``min`` and ``max``; with ``sure`` its whole interval must."""
    low, high = estimate.value, estimate.value
    if words.get("sure"):
        low, high = estimate.low, estimate.high
    least, most = words.get("min"), words.get("max")
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "unknown"
    is_kept = (least is None or low >= least) and (most is None or high <= most)  # type: ignore[operator]
    return "passed" if is_kept else "failed"


def _is_higher_better(measured: MetricResult | None, key: str) -> bool:
    return measured.is_higher_better if measured is not None else direction_of(key) != "min"


def _wrong_side(words: dict[str, object], name: str, *, is_higher_better: bool) -> str:
    """Return what is wrong with a level that every bad model would keep; both together are a range."""
    if is_higher_better and "max" in words and "min" not in words:
        return f"more {name} is better; the gate says max, and min is meant"
    if not is_higher_better and "min" in words and "max" not in words:
        return f"less {name} is better; the gate says min, and max is meant"
    return ""


def _limits(gate: Gate) -> str:
    words = dict(gate.limits)
    said = [f"at least {words['min']:g}"] if "min" in words else []
    said += [f"at most {words['max']:g}"] if "max" in words else []
    for word in ("not_worse_than", "better_than"):
        said += [f"{word.replace('_', ' ')} {words[word]}"] if word in words and not said else []
    sure = ", with its whole interval" if words.get("sure") and said else ""
    return f" {' and '.join(said)}{sure}" if said else ""


def _metric(held: Held, key: str | None) -> MetricResult | str:
    found = find_metric(held, key)
    if found is not None:
        return found
    keys = [one.key for one in held.report.metrics]
    return f"{key} was not measured; {near(key or '', keys) or 'measured are ' + ', '.join(keys)}"


def _not_evaluated(gate: Gate, known: Evidence, asked: str) -> GateResult:
    return result(gate, "unknown", asked, known.why_not_held, next_step=_step(known))


def _step(known: Evidence) -> str:
    return _EVALUATE.format(ref=known.label)
