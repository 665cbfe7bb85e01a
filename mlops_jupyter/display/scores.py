"""The metrics of an evaluation as rows: value and interval, beside the baseline and the dummy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..records import Difference, EvaluationReport, MetricResult
from . import interval, words
from .interval import Forest

SAID = {True: "ok", False: "error", None: ""}
_SIGNS = {True: "▲", False: "▼", None: "≈"}


@dataclass(frozen=True, slots=True)
class Beside:
    """Another model's value of a metric, and how the model compares with it."""

    value: str
    verdict: str
    tone: str
    sign: str
    title: str


@dataclass(frozen=True, slots=True)
class Score:
    """One metric as a row."""

    name: str
    value: str
    reach: str
    is_primary: bool
    direction: str
    picture: Forest | None
    baseline: Beside | None
    dummy: Beside | None
    note: str
    title: str

    @property
    def said(self) -> str:
        """Return value and interval in one."""
        return interval.joined(self.value, self.reach)


def score(metric: MetricResult) -> Score:
    """Return a metric as words and as intervals on one axis."""
    estimates = [metric.estimate, metric.baseline, metric.dummy]
    kinds = ("model", "baseline", "dummy")
    picture = interval.forest(list(zip(kinds, estimates, strict=True)), _axis(metric), metric.name)
    return Score(
        name=words.line(metric.name or metric.key, 40),
        value=interval.value(metric.estimate),
        reach=interval.reach(metric.estimate),
        is_primary=metric.is_primary,
        direction="higher is better" if metric.is_higher_better else "lower is better",
        picture=picture,
        baseline=_beside(metric, metric.over_baseline, is_first=metric.baseline is not None),
        dummy=_beside(metric, metric.over_dummy, is_first=metric.baseline is None, is_dummy=True),
        note=words.line(metric.estimate.note or metric.note, 160),
        title=_title(metric),
    )


def _axis(metric: MetricResult) -> interval.Axis | None:
    if metric.baseline is None:
        return interval.axis([metric.estimate, metric.dummy])
    return interval.beside([metric.estimate, metric.baseline], metric.dummy)


def _beside(
    metric: MetricResult, over: Difference | None, *, is_first: bool, is_dummy: bool = False
) -> Beside | None:
    estimate = metric.dummy if is_dummy else metric.baseline
    if estimate is None and over is None:
        return None
    better = over.is_better if over else None
    title = ""
    if over is not None:
        p_value = f", p = {words.number(over.p_value, digits=2)}" if over.p_value is not None else ""
        title = words.line(f"{over.method}{p_value}", 100)
    return Beside(
        interval.fixed(estimate.value, interval.decimals(metric.estimate)) if estimate else "–",
        words.line(over.verdict, 80) if over else "",
        SAID.get(better, "") if is_first or better is False else "",
        _SIGNS.get(better, "") if over else "",
        title,
    )


def _title(metric: MetricResult) -> str:
    one = metric.estimate
    method = f"{words.percent(one.confidence)} interval ({one.method})" if one.method else ""
    rows = words.counted(one.n, "row") if one.n is not None else ""
    return words.line(" · ".join(part for part in (metric.key, method, rows) if part), 160)


def ordered(report: EvaluationReport) -> list[MetricResult]:
    """Return the metrics, the one that decides first."""
    return sorted(report.metrics, key=lambda one: not one.is_primary)


def _deciding(report: EvaluationReport) -> tuple[Difference, str] | None:
    """Return what the verdict rests on: the difference from the baseline, or without one from the dummy."""
    first = report.primary if report.metrics else None
    if first is not None and first.over_baseline is not None:
        return first.over_baseline, "baseline"
    if first is not None and first.over_dummy is not None:
        return first.over_dummy, "dummy"
    return None


def _has_pitfall(report: EvaluationReport) -> bool:
    return any(one.severity == "error" for one in report.findings)


def tone(report: EvaluationReport) -> str:
    """Return the colour of the verdict; a pitfall that voids the claim leaves no green.

    No better than the baseline is no fault, and no better than a dummy is one.
    """
    found = _deciding(report)
    if found is None:
        return "warning" if _has_pitfall(report) else ""
    over, other = found
    if over.is_better is None:
        return "warning" if other == "dummy" or _has_pitfall(report) else ""
    return "warning" if over.is_better and _has_pitfall(report) else SAID.get(over.is_better, "")


def pill(report: EvaluationReport) -> tuple[str, str] | None:
    """Return the verdict in a few words, with its colour."""
    found = _deciding(report)
    if found is None:
        return None
    over, other = found
    verdict = {True: f"▲ better than the {other}", False: f"▼ worse than the {other}"}
    said = f"≈ no better than the {other}"
    if over.is_better is not None:
        said = verdict.get(over.is_better, said)
    return tone(report), said + (", with a pitfall" if over.is_better and _has_pitfall(report) else "")


def cells(metrics: Sequence[MetricResult]) -> list[list[str]]:
    """Return metrics as the cells of plain text."""
    found = []
    for one in map(score, metrics):
        besides = []
        for beside in (one.baseline, one.dummy):
            besides += [beside.value, f"{beside.sign} {beside.verdict}".strip()] if beside else ["", ""]
        found.append([("★ " if one.is_primary else "  ") + one.name, one.said, *besides, one.note])
    return found
