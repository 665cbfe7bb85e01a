"""What stands behind an evaluation as rows: slices, groups, reasons, thresholds, folds, the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..records import (
    CrossValidation,
    Curve,
    CurveLine,
    Estimate,
    Explanation,
    FairnessReport,
    Gap,
    GroupResult,
    Importance,
    Ledger,
    SliceReport,
    ThresholdChoice,
)
from . import interval, words
from .facts import SEVERITY_SIGNS
from .interval import Forest
from .plot import Plot, plot

RATES = {
    "selection_rate": "selected", "tpr": "found (TPR)", "fpr": "false alarms (FPR)", "ppv": "right (PPV)",
    "error": "error", "base_rate": "base rate", "calibration": "calibration",
    "mean_prediction": "mean predicted", "mean_error": "mean error", "mae": "MAE",
}  # fmt: skip
_LISTED = {"selection_rate": 0, "tpr": 1, "fpr": 2, "mean_error": 0, "mae": 1, "mean_prediction": 2}
MOST_RATES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A slice, group or feature: words, a picture, a figure, and how it stands."""

    name: str
    under: str
    figure: str
    picture: Forest | None
    verdict: str
    tone: str
    title: str = ""


# --- slices -----------------------------------------------------------------------------------


def slices(report: SliceReport) -> list[Row]:
    """Return slices as rows on one axis, with a line where the rest of the rows stands."""
    on = interval.axis([end for one in report.slices for end in (one.estimate, one.rest)])
    found = []
    for one in report.slices:
        tone = {True: "error", False: "ok"}.get(one.is_worse, "") if one.is_worse is not None else ""
        kind = "worse" if one.is_worse else "model"
        asked = "" if one.is_found else "asked for · "
        size = f"{asked}{words.counted(one.n, 'row')}, {words.percent(one.share)}"
        p_value = one.adjusted_p_value
        found.append(
            Row(
                words.line(one.text, 90),
                size,
                interval.value(one.estimate),
                interval.forest([(kind, one.estimate)], on, one.text, one.rest.value),
                words.line(one.verdict, 80),
                tone,
                words.line(
                    f"{interval.said(one.estimate)}, in the rest {interval.said(one.rest)}; "
                    f"{words.number(one.lift, digits=3)} times the mean {report.error}"
                    + (f"; p = {words.number(p_value, digits=2)}" if p_value is not None else ""),
                    240,
                ),
            )
        )
    return found


# --- groups -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people as a row: a dot and its interval for each rate."""

    name: str
    n: str
    is_too_small: bool
    cells: tuple[tuple[str, Forest | None, str], ...]


def rates(report: FairnessReport) -> list[str]:
    """Return the rates that are shown, the most telling first."""
    keys = list(dict.fromkeys(key for group in report.groups for key, _ in group.rates))
    return sorted(keys, key=lambda key: _LISTED.get(key, 9))[:MOST_RATES]


def rate_name(key: str) -> str:
    """Return what people call a rate."""
    return RATES.get(key, words.line(key, 24))


def groups(report: FairnessReport) -> list[Group]:
    """Return groups as rows; each rate has one axis for all of them."""
    keys = rates(report)
    values = [dict(group.rates) for group in report.groups]
    axes = {key: interval.axis([one.get(key) for one in values], width=92) for key in keys}
    return [
        _group(group, [(key, rated.get(key), axes[key]) for key in keys])
        for group, rated in zip(report.groups, values, strict=True)
    ]


def _group(group: GroupResult, rated: Sequence[tuple[str, Estimate | None, interval.Axis | None]]) -> Group:
    cells = tuple(
        (interval.value(one), interval.forest([("model", one)], on, f"{group.text}, {rate_name(key)}"),
         interval.said(one))
        for key, one, on in rated
    )  # fmt: skip
    return Group(words.line(group.text, 60), words.counted(group.n, "row"), group.is_too_small, cells)


def gaps(report: FairnessReport) -> list[Row]:
    """Return gaps between groups as rows: those beyond their limit first, those without a limit last."""
    rank = {True: 0, None: 1, False: 2}
    ordered = sorted(report.gaps, key=lambda one: (one.limit is None, rank.get(one.is_bad, 1)))
    return [_gap(one) for one in ordered]


def n_limited(report: FairnessReport) -> int:
    """Return how many gaps have a limit to be held against."""
    return sum(one.limit is not None for one in report.gaps)


def _gap(one: Gap) -> Row:
    tone, verdict = "", ""
    if one.limit is not None:
        limit = words.number(one.limit)
        by_state = {True: ("error", f"✕ beyond {limit}"), False: ("ok", f"✓ within {limit}")}
        unsure = ("warning", f"cannot say: the interval holds {limit}")
        tone, verdict = by_state.get(one.is_bad, unsure) if one.is_bad is not None else unsure
    between = f"{words.line(one.worst, 50)} against {words.line(one.best, 50)}" if one.worst else ""
    return Row(
        words.line(one.name or one.key, 60),
        between,
        interval.said(one.estimate),
        None,
        verdict,
        tone,
        words.line(one.verdict or one.key, 240),
    )


# --- reasons ----------------------------------------------------------------------------------


def importances(report: Explanation) -> list[Row]:
    """Return what the model uses as bars from nothing, with the interval of each."""
    on = interval.axis([one.estimate for one in report.importances], [0.0])
    shap = {one.feature: one for one in report.shap}
    return [_importance(one, on, shap.get(one.feature)) for one in report.importances]


def _importance(one: Importance, on: interval.Axis | None, shap: Importance | None) -> Row:
    together = f"with {', '.join(words.line(name, 30) for name in one.together[:4])}" if one.together else ""
    beside = f"SHAP {words.percent(shap.share)}" if shap else ""
    return Row(
        words.line(one.feature, 50),
        " · ".join(part for part in (together, beside) if part),
        interval.said(one.estimate),
        interval.forest([("bar", one.estimate)], on, one.feature, 0.0),
        words.percent(one.share),
        "",
    )


# --- thresholds -------------------------------------------------------------------------------


def money(value: Estimate | float | None, unit: str) -> str:
    """Return an amount with its unit.

    Examples
    --------
    >>> money(1904.0, "€"), money(None, "€")
    ('1,904 €', '–')
    """
    shown = interval.said(value) if isinstance(value, Estimate) else words.number(value)
    return f"{shown} {words.line(unit, 12)}" if unit and shown != "–" else shown


def costs(choice: ThresholdChoice) -> str:
    """Return what each outcome costs, those that cost nothing left out."""
    named = (
        ("a false alarm", choice.costs.false_positive), ("a miss", choice.costs.false_negative),
        ("a hit", choice.costs.true_positive), ("a right no", choice.costs.true_negative),
    )  # fmt: skip
    said = [
        f"{name} {'costs' if cost > 0 else 'earns'} {money(abs(cost), choice.costs.unit)}"
        for name, cost in named
        if cost
    ]
    return ", ".join(said)


def threshold_tiles(choice: ThresholdChoice) -> list[tuple[str, str, str]]:
    """Return name, figure and what stands under it of a choice of threshold."""
    unit = choice.costs.unit
    tiles = [
        ("best threshold", words.number(choice.threshold, digits=3),
         f"instead of {words.number(choice.default_threshold, digits=3)}"),
        ("cost per 1,000 rows", *_figure(choice.cost, unit)),
        ("saved per 1,000 rows", *_figure(choice.saving, unit)),
    ]  # fmt: skip
    for name, saved in (
        ("saved against nobody", choice.against_nobody),
        ("saved against everybody", choice.against_everybody),
    ):
        tiles += [(name, *_figure(saved, unit))] if saved else []
    return tiles


def _figure(estimate: Estimate, unit: str) -> tuple[str, str]:
    shown = interval.value(estimate)
    return f"{shown} {words.line(unit, 12)}" if unit and shown != "–" else shown, interval.reach(estimate)


def threshold_plot(choice: ThresholdChoice) -> Plot | None:
    """Return the cost by threshold, with the chosen one and the usual one as lines that stand."""
    if choice.curve is None or not choice.curve.y:
        return None
    finite = [y for y in (*choice.curve.y, *choice.curve.low, *choice.curve.high) if y == y]
    ends = (min(finite, default=0.0), max(finite, default=1.0))
    chosen = CurveLine(f"chosen {words.number(choice.threshold, digits=3)}", (choice.threshold,) * 2, ends)
    usual = CurveLine(
        f"usual {words.number(choice.default_threshold, digits=3)}", (choice.default_threshold,) * 2, ends
    )
    unit = f", {choice.costs.unit}" if choice.costs.unit else ""
    lines = (replace(choice.curve, name=""), chosen, usual)
    curve = Curve("cost", f"Cost per 1,000 rows{unit}", "Threshold", "", lines)
    return plot(curve)


# --- folds and the ledger ---------------------------------------------------------------------


def folds(found: CrossValidation) -> Forest | None:
    """Return the folds as dots under the mean with its interval."""
    rows = [("model", found.estimate), *(("fold", Estimate(fold.value)) for fold in found.folds[:20])]
    return interval.forest(rows, interval.axis([one for _, one in rows]), found.metric_key)


def folds_sentence(found: CrossValidation, metric: str = "") -> str:
    """Return what a cross-validation says, and by which unit it was made.

    Parameters
    ----------
    found
        The folds.
    metric
        What people call the metric, where that is known.
    """
    units = {"row": "rows", "group": "whole groups", "time": "later times"}
    held = units.get(found.unit, words.line(found.unit, 30))
    said = f"{words.line(metric or found.metric_key, 40)} is {interval.said(found.estimate)} over "
    return f"{said}{words.counted(len(found.folds), 'fold')} that hold out {held}."


def ledger_sentence(ledger: Ledger) -> str:
    """Return how often the rows were used to choose, and what that does to the claim."""
    if ledger.verdict:
        return words.stopped(words.line(ledger.verdict, 300))
    times = words.counted(ledger.n_uses, "time")
    return f"These rows were scored {times} before, with {words.counted(ledger.n_models, 'model')} in all."


def ledger_tone(ledger: Ledger) -> str:
    """Return the colour: a hold-out that chose among several models is worth a warning."""
    return "warning" if ledger.n_models > 1 else "info"


def ledger_sign(ledger: Ledger) -> str:
    """Return the sign of that colour."""
    return SEVERITY_SIGNS[ledger_tone(ledger)]


def ledger_rows(ledger: Ledger, most: int) -> list[list[str]]:
    """Return the uses of a hold-out as cells, the newest first as they come."""
    return [
        [
            words.when(use.used_at),
            words.line(use.model or "", 40),
            words.line(use.kind, 24),
            f"run #{use.run_number}" if use.run_number is not None else "",
            f"{words.line(use.metric or '', 30)} {words.number(use.value)}" if use.value is not None else "",
            words.line(use.user_name or "", 30),
        ]
        for use in ledger.uses[:most]
    ]
