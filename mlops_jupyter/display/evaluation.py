"""An evaluation: the verdict, the figures with their intervals, the curves, and what stands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..records import CrossValidation, DataFinding, EvaluationReport
from . import evidence, interval, plot, scores, words
from .facts import SEVERITY_SIGNS
from .layout import columns, folded
from .rendering import render, within

_ROWS = (60, 24, 12, 6, 3)
_RANK = {"error": 0, "warning": 1, "info": 2}
PARTS = ("card", "table", "code", "data", "plot", "evaluation")


def sentence(report: EvaluationReport) -> str:
    """Return the verdict in one sentence."""
    return words.stopped(words.line(report.summary, 400) or "Nothing could be measured")


def title(report: EvaluationReport) -> str:
    """Return which model was scored."""
    return words.line(report.model, 60) or "model"


def _about(report: EvaluationReport) -> list[str]:
    said = [
        f"on {words.line(report.data, 60)}" if report.data else "",
        words.counted(report.n_rows, "row"),
        words.line(report.problem, 20),
        f"target {words.line(report.target, 40)}" if report.target else "",
        f"positive is {words.line(report.positive, 30)}" if report.positive else "",
    ]
    return [part for part in said if part]


def _foot(report: EvaluationReport) -> list[str]:
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
    """Return severity, sign and message of the pitfalls, the worst first."""
    ranked = sorted(report.findings, key=lambda one: _RANK.get(one.severity, 3))
    return [_finding(one) for one in ranked]


def _finding(one: DataFinding) -> tuple[str, str, str]:
    return one.severity, SEVERITY_SIGNS.get(one.severity, "ℹ"), words.line(one.message, 400)


def html(report: EvaluationReport) -> str:
    """Return the evaluation as HTML of bounded size."""
    twin = text(report, most=20)
    return within(lambda most: _html(report, twin, most), _ROWS)


def _html(report: EvaluationReport, twin: str, most: int) -> str:
    return render(
        "evaluation", PARTS, twin,
        title=title(report), about=_about(report), foot=_foot(report), pill=scores.pill(report),
        tone=scores.tone(report), sentence=sentence(report),
        when=words.when(report.created_at) if report.created_at else "",
        found=folded(findings(report), 6, most), outsiders=words.line(report.outsiders, 1200),
        **scored(report, most), **_charts(report, most), **_behind(report, most),
    )  # fmt: skip


def scored(report: EvaluationReport, most: int) -> dict[str, Any]:
    """Return what the table of metrics needs; a model's version shows it too."""
    rows = [scores.score(one) for one in scores.ordered(report)]
    return {
        "metrics": folded(rows[:most], 9, most),
        "left_metrics": max(0, len(rows) - most),
        "has_baseline": any(row.baseline for row in rows),
        "has_dummy": any(row.dummy for row in rows),
    }


def _charts(report: EvaluationReport, most: int) -> dict[str, Any]:
    drawn = [plot.plot(one) for one in report.curves[: min(most, 9)] if not one.matrix]
    heats = [plot.matrix(one) for one in report.curves[:20] if one.matrix][:2]
    return {"plots": [one for one in drawn if one], "heats": [one for one in heats if one]}


def _behind(report: EvaluationReport, most: int) -> dict[str, Any]:
    """Return thresholds, slices, groups, reasons, folds and the ledger, those that are there."""
    cut, why, fair = report.threshold, report.explanation, report.fairness
    cv, ledger = report.cross_validation, report.ledger
    return {
        "cut": cut
        and {
            "tiles": evidence.threshold_tiles(cut),
            "costs": evidence.costs(cut),
            "plot": evidence.threshold_plot(cut),
            "note": words.line(cut.note, 240),
        },
        "slices": report.slices
        and {
            "rows": folded(evidence.slices(report.slices)[:most], 8, most),
            "n": len(report.slices.slices),
            "summary": words.sentence(words.line(report.slices.summary, 300)),
            "note": words.line(report.slices.note, 240),
            "metric": _metric_name(report, report.slices.metric_key),
            "tested": words.counted(report.slices.n_tested, "slice"),
        },
        "fair": fair
        and {
            "gaps": folded(evidence.gaps(fair)[:most], min(8, evidence.n_limited(fair)), most),
            "n_gaps": len(fair.gaps),
            "groups": folded(evidence.groups(fair)[:most], 10, most),
            "rates": [evidence.rate_name(key) for key in evidence.rates(fair)],
            "n": len(fair.groups),
            "summary": words.sentence(words.line(fair.summary, 300)),
            "note": words.line(fair.note, 240),
            "columns": ", ".join(words.line(one, 30) for one in fair.columns[:6]),
            "least": fair.min_rows,
        },
        "why": why
        and {
            "rows": folded(evidence.importances(why)[:most], 8, most),
            "n": len(why.importances),
            "plots": [one for one in map(plot.plot, why.dependences[:3]) if one],
            "summary": words.line(why.summary, 300),
            "note": words.line(why.note, 240),
            "metric": _metric_name(report, why.metric_key),
            "has_shap": bool(why.shap),
        },
        "cv": cv
        and {
            "sentence": evidence.folds_sentence(cv, _metric_name(report, cv.metric_key)),
            "picture": evidence.folds(cv),
            "note": words.line(cv.note, 240),
            "splitter": words.line(cv.splitter, 60),
        },
        "ledger": ledger
        and {
            "sentence": evidence.ledger_sentence(ledger),
            "tone": evidence.ledger_tone(ledger),
            "honest": interval.said(ledger.estimate) if ledger.estimate else "",
            "rows": evidence.ledger_rows(ledger, 12),
            "n": len(ledger.uses),
        },
    }


def _metric_name(report: EvaluationReport, key: str) -> str:
    """Return what people call a metric of the report."""
    return words.line(next((one.name for one in report.metrics if one.key == key), "") or key, 40)


# --- text -------------------------------------------------------------------------------------


def text(report: EvaluationReport, most: int = 100) -> str:
    """Return the evaluation as aligned lines."""
    pill = scores.pill(report)
    lines = [" · ".join([title(report), *_about(report), *([pill[1]] if pill else [])])]
    lines += [f"  {sentence(report)}"]
    lines += [f"  {sign} {said}" for _, sign, said in findings(report)[:most]]
    if report.ledger:
        lines += [f"  {SEVERITY_SIGNS['info']} {evidence.ledger_sentence(report.ledger)}"]
    lines += _metric_lines(report, most)
    lines += _behind_lines(report, most)
    lines += [f"  {row}" for row in _plain_words(report)]
    return "\n".join([*lines, *([f"  {' · '.join(_foot(report))}"] if _foot(report) else [])])


def _metric_lines(report: EvaluationReport, most: int) -> list[str]:
    heads = ["metric", "model", "baseline", "", "dummy", "", ""]
    cells = scores.cells(scores.ordered(report)[:most])
    rows = columns(cells, heads=heads) if cells else []
    left = len(report.metrics) - len(cells)
    return [f"  {row}" for row in rows] + ([f"  and {left:,} more metrics"] if left > 0 else [])


def _plain_words(report: EvaluationReport) -> list[str]:
    import textwrap

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
        name = _metric_name(report, report.cross_validation.metric_key)
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


# --- a cross-validation alone -----------------------------------------------------------------


def folds_html(found: CrossValidation) -> str:
    """Return a cross-validation as HTML."""
    rows = [
        (words.line(fold.name, 60), f"{fold.n_train:,}", f"{fold.n_test:,}", words.number(fold.value))
        for fold in found.folds
    ]
    return within(
        lambda most: render(
            "cross_validation", ("table", "data", "evaluation"), folds_text(found, 20),
            sentence=evidence.folds_sentence(found), splitter=words.line(found.splitter, 60),
            picture=evidence.folds(found), rows=rows[:most], left=max(0, len(rows) - most),
            note=words.line(found.note, 300), metric=words.line(found.metric_key, 40),
        ),
        (200, 40, 10),
    )  # fmt: skip


def folds_text(found: CrossValidation, most: int = 100) -> str:
    """Return a cross-validation as aligned lines."""
    cells = [
        [words.line(fold.name, 60), f"{fold.n_train:,}", f"{fold.n_test:,}", words.number(fold.value)]
        for fold in found.folds[:most]
    ]
    heads = ["fold", "trained on", "held out", words.line(found.metric_key, 40)]
    rows = columns(cells, right=[1, 2, 3], heads=heads) if cells else []
    lines = [f"{evidence.folds_sentence(found)} {words.line(found.splitter, 60)}".rstrip(), *rows]
    left = len(found.folds) - len(cells)
    lines += [f"and {left:,} more folds"] if left > 0 else []
    return "\n".join([*lines, *([words.line(found.note, 300)] if found.note else [])])
