"""An evaluation: the verdict, the figures with their intervals, the curves, and what stands behind them."""

from __future__ import annotations

from typing import Any

from ..records import (
    CrossValidation,
    EvaluationReport,
    Explanation,
    FairnessReport,
    Ledger,
    SliceReport,
    ThresholdChoice,
)
from . import evidence, interval, plot, scores, words
from .evaluation_text import about, findings, foot, metric_name, sentence, text, title
from .layout import folded
from .rendering import render, within

_ROWS = (60, 24, 12, 6, 3)
PARTS = ("card", "table", "code", "data", "plot", "evaluation")


def html(report: EvaluationReport) -> str:
    """Return the evaluation as HTML of bounded size."""
    twin = text(report, most=20)
    return within(lambda most: _html(report, twin, most), _ROWS)


def _html(report: EvaluationReport, twin: str, most: int) -> str:
    return render(
        "evaluation", PARTS, twin,
        title=title(report), about=about(report), foot=foot(report), pill=scores.pill(report),
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
    lines = [one for one in report.curves if not one.matrix]
    heats = [one for one in report.curves if one.matrix]
    n_lines, n_heats = min(most, 9), 2
    return {
        "plots": [one for one in map(plot.plot, lines[:n_lines]) if one],
        "heats": [one for one in map(plot.matrix, heats[:n_heats]) if one],
        "left_curves": max(0, len(lines) - n_lines) + max(0, len(heats) - n_heats),
    }


# --- what stands behind -----------------------------------------------------------------------


def _behind(report: EvaluationReport, most: int) -> dict[str, Any]:
    """Return thresholds, slices, groups, reasons, folds and the ledger; None for what is not there."""
    cut, parts, fair = report.threshold, report.slices, report.fairness
    why, cv, ledger = report.explanation, report.cross_validation, report.ledger
    return {
        "cut": _cut(cut) if cut else None,
        "slices": _slices(parts, metric_name(report, parts.metric_key), most) if parts else None,
        "fair": _fair(fair, most) if fair else None,
        "why": _why(why, metric_name(report, why.metric_key), most) if why else None,
        "cv": _folds(cv, metric_name(report, cv.metric_key)) if cv else None,
        "ledger": _ledger(ledger) if ledger else None,
    }


def _cut(choice: ThresholdChoice) -> dict[str, Any]:
    return {
        "tiles": evidence.threshold_tiles(choice),
        "costs": evidence.costs(choice),
        "plot": evidence.threshold_plot(choice),
        "note": words.line(choice.note, 240),
    }


def _slices(report: SliceReport, metric: str, most: int) -> dict[str, Any]:
    return {
        "rows": folded(evidence.slices(report)[:most], 8, most),
        "n": len(report.slices),
        "summary": words.sentence(words.line(report.summary, 300)),
        "note": words.line(report.note, 240),
        "metric": metric,
        "tested": words.counted(report.n_tested, "slice"),
    }


def _fair(report: FairnessReport, most: int) -> dict[str, Any]:
    return {
        "gaps": folded(evidence.gaps(report)[:most], min(8, evidence.n_limited(report)), most),
        "n_gaps": len(report.gaps),
        "groups": folded(evidence.groups(report)[:most], 10, most),
        "n": len(report.groups),
        "rates": [evidence.rate_name(key) for key in evidence.rates(report)],
        "summary": words.sentence(words.line(report.summary, 300)),
        "note": words.line(report.note, 240),
        "columns": ", ".join(words.line(one, 30) for one in report.columns[:6]),
        "least": report.min_rows,
    }


def _why(found: Explanation, metric: str, most: int) -> dict[str, Any]:
    return {
        "rows": folded(evidence.importances(found)[:most], 8, most),
        "n": len(found.importances),
        "plots": [one for one in map(plot.plot, found.dependences[:3]) if one],
        "summary": words.line(found.summary, 300),
        "note": words.line(found.note, 240),
        "metric": metric,
    }


def _folds(found: CrossValidation, metric: str) -> dict[str, Any]:
    return {
        "sentence": evidence.folds_sentence(found, metric),
        "picture": evidence.folds(found),
        "note": words.line(found.note, 240),
        "splitter": words.line(found.splitter, 60),
    }


def _ledger(ledger: Ledger) -> dict[str, Any]:
    return {
        "sentence": evidence.ledger_sentence(ledger),
        "tone": evidence.ledger_tone(ledger),
        "sign": evidence.ledger_sign(ledger),
        "honest": interval.said(ledger.estimate) if ledger.estimate else "",
        "rows": evidence.ledger_rows(ledger, 12),
        "n": len(ledger.uses),
    }
