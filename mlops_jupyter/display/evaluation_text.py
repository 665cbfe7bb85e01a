"""An evaluation in words: the verdict, what stands beside it, and all of it as aligned lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ..records import DataFinding, EvaluationReport
from . import evidence, interval, scores, words
from .facts import SEVERITY_SIGNS
from .layout import columns

_RANK = {"error": 0, "warning": 1, "info": 2}


def sentence(report: EvaluationReport) -> str:
    """Return the verdict in one sentence."""
    return words.stopped(words.line(report.summary, 400) or "Nothing could be measured")


def title(report: EvaluationReport) -> str:
    """Return which model was scored."""
    return words.line(report.model, 60) or "model"


def about(report: EvaluationReport) -> list[str]:
    """Return what was scored: data, rows, problem, target."""
    said = [
        f"on {words.line(report.data, 60)}" if report.data else "",
        words.counted(report.n_rows, "row"),
        words.line(report.problem, 20),
        f"target {words.line(report.target, 40)}" if report.target else "",
        f"positive is {words.line(report.positive, 30)}" if report.positive else "",
    ]
    return [part for part in said if part]


def foot(report: EvaluationReport) -> list[str]:
    """Return how it was measured: beside what, with which intervals, by whom, how long."""
    said = [
        f"baseline: {words.line(report.baseline, 60)}" if report.baseline else "",
        f"dummy: {words.line(report.dummy, 60)}" if report.dummy else "",
        f"intervals: {words.percent(report.primary.estimate.confidence)}" if report.metrics else "",
        f"{report.n_bootstrap:,} bootstraps" if report.n_bootstrap else "",
        f"unit: {words.line(report.unit, 30)}" if report.unit not in ("", "row") else "",
        f"run #{report.run_number}" if report.run_number is not None else "",
        words.line(report.user_name or "", 30),
        words.duration(report.seconds) if report.seconds else "",
    ]
    return [part for part in said if part]


def findings(report: EvaluationReport) -> list[tuple[str, str, str]]:
    """Return severity, sign and message of the pitfalls, the worst first; the ledger has its own place."""
    shown = [one for one in report.findings if report.ledger is None or one.message != report.ledger.verdict]
    ranked = sorted(shown, key=lambda one: _RANK.get(one.severity, 3))
    return [_finding(one) for one in ranked]


def _finding(one: DataFinding) -> tuple[str, str, str]:
    return one.severity, SEVERITY_SIGNS.get(one.severity, "ℹ"), words.line(one.message, 400)


def metric_name(report: EvaluationReport, key: str) -> str:
    """Return what people call a metric of the report."""
    return words.line(next((one.name for one in report.metrics if one.key == key), "") or key, 40)


# --- as lines ---------------------------------------------------------------------------------


def text(report: EvaluationReport, most: int = 100) -> str:
    """Return the evaluation as aligned lines."""
    pill = scores.pill(report)
    lines = [" · ".join([title(report), *about(report), *([pill[1]] if pill else [])])]
    lines += [f"  {sentence(report)}"]
    lines += [f"  {sign} {said}" for _, sign, said in findings(report)[:most]]
    if report.ledger:
        lines += [f"  {evidence.ledger_sign(report.ledger)} {evidence.ledger_sentence(report.ledger)}"]
        honest = report.ledger.estimate
        lines += [f"      corrected for that: {interval.said(honest)}"] if honest else []
    lines += _metric_lines(report, most)
    lines += _behind_lines(report, most)
    lines += [f"  {row}" for row in _plain_words(report)]
    return "\n".join([*lines, *([f"  {' · '.join(foot(report))}"] if foot(report) else [])])


def _metric_lines(report: EvaluationReport, most: int) -> list[str]:
    heads = ["metric", "model", "baseline", "", "dummy", "", ""]
    cells = scores.cells(scores.ordered(report)[:most])
    rows = columns(cells, heads=heads) if cells else []
    left = len(report.metrics) - len(cells)
    return [f"  {row}" for row in rows] + ([f"  and {left:,} more metrics"] if left > 0 else [])


def _plain_words(report: EvaluationReport) -> list[str]:
    said = words.line(report.outsiders, 1200)
    return ["in plain words", *(f"  {row}" for row in textwrap.wrap(said, 100))] if said else []


def _behind_lines(report: EvaluationReport, most: int) -> list[str]:
    lines: list[str] = []
    if report.threshold:
        tiles = evidence.threshold_tiles(report.threshold)
        said = " · ".join(" ".join(part for part in tile if part) for tile in tiles)
        lines += [f"  threshold  {said}", f"    {evidence.costs(report.threshold)}"]
    if report.slices:
        rows = evidence.slices(report.slices)
        lines += _section("slices", report.slices.summary, rows, most)
    if report.fairness:
        lines += _section("fairness", report.fairness.summary, evidence.gaps(report.fairness), 8)
        lines += _group_lines(report, most)
    if report.explanation:
        rows = evidence.importances(report.explanation)
        lines += _section("what it uses", report.explanation.summary, rows, most)
    if report.cross_validation:
        name = metric_name(report, report.cross_validation.metric_key)
        lines += [f"  folds  {evidence.folds_sentence(report.cross_validation, name)}"]
    return lines


def _section(name: str, summary: str, rows: Sequence[evidence.Row], most: int) -> list[str]:
    cells = [[f"  {row.name}", row.figure, row.verdict, row.under] for row in rows[:most]]
    left = len(rows) - len(cells)
    head = f"  {name}  {words.line(summary, 300)}".rstrip()
    more = [f"    and {left:,} more"] if left > 0 else []
    return [head, *(f"  {row}" for row in columns(cells)), *more]


def _group_lines(report: EvaluationReport, most: int) -> list[str]:
    fair = report.fairness
    if fair is None:
        return []
    heads = ["  group", "", *(evidence.rate_name(key) for key in evidence.rates(fair))]
    cells = [
        [f"  {one.name}", one.n, *(["too small to say"] if one.is_too_small else [c[2] for c in one.cells])]
        for one in evidence.groups(fair)[:most]
    ]
    left = len(fair.groups) - len(cells)
    rows = columns(cells, heads=heads) if cells else []
    return [f"  {row}" for row in rows] + ([f"    and {left:,} more groups"] if left > 0 else [])
