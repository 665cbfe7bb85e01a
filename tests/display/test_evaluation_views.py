"""What an evaluation says: digits that noise leaves, colours with a meaning, pictures that are true."""

from __future__ import annotations

import math
import re
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import evaluation_samples as samples
from checks import check

from mlops_jupyter import display
from mlops_jupyter.display import evaluation_text, evidence, interval, plot, scores
from mlops_jupyter.records import Costs, Curve, CurveLine, Estimate, GroupResult, SliceReport


def said(record):
    """Return the words that a page shows, its twin left out."""
    html = re.sub(r"<pre class=.mlops-twin.>.*?</pre>", "", display.html(record), flags=re.DOTALL)
    return " ".join(check(html).text.split())


# --- numbers with intervals -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        (Estimate(0.871, 0.853, 0.889), "0.871 ± 0.018"),
        (Estimate(0.871, 0.8639, 0.8781), "0.871 ± 0.007"),
        (Estimate(12345.6, 12100.0, 12590.0), "12,346 ± 245"),
        (Estimate(0.98, 0.91, 0.99), "0.98 (0.91 to 0.99)"),
        (Estimate(-0.5, -0.6, -0.4), "−0.50 ± 0.10"),
        (Estimate(0.5), "0.5"),
        (Estimate(None, note="one class"), "–"),
        (Estimate(1.0, 1.0, 1.0), "1 ± 0"),
        (Estimate(float("nan"), 0.1, 0.2), "NaN (0.10 to 0.20)"),
        (Estimate(1e300, -1e308, 1e308), "1e300 ± 1e308"),
        (Estimate(0.5, -math.inf, math.inf), "0.5"),
    ],
)
def test_a_number_shows_the_digits_that_its_interval_leaves(estimate, shown):
    assert interval.said(estimate) == shown


@pytest.mark.parametrize("half", [0.0001, 0.0123, 0.2, 3.1, 42.0, 910.0])
def test_what_is_printed_is_the_interval_to_a_fifth_of_itself(half):
    shown = interval.reach(Estimate(100.0, 100.0 - half, 100.0 + half))
    assert float(shown.removeprefix("± ").replace(",", "")) == pytest.approx(half, rel=0.2)


def test_intervals_stand_where_their_numbers_are():
    on = interval.axis([Estimate(0.5, 0.0, 1.0)])
    drawn = interval.forest([("model", Estimate(0.5, 0.25, 0.75))], on, "auc", at=1.0)
    (mark,) = drawn.marks
    middle = drawn.width / 2
    assert mark.x == middle
    assert middle - mark.start == mark.end - middle == (drawn.width - 8) / 4
    assert drawn.at == drawn.width - 4


def test_a_dummy_that_is_far_does_not_squeeze_what_is_compared():
    row = scores.score(samples.metrics()[0])
    model, baseline, dummy = row.picture.marks
    assert (model.beyond, baseline.beyond, dummy.beyond) == (0, 0, -1)
    assert model.end - model.start > 40
    assert "dummy 0.500" in row.picture.label


def test_nothing_is_drawn_of_a_number_that_is_none():
    assert interval.forest([("model", Estimate(None))], interval.axis([Estimate(None)]), "x") is None


# --- the verdict ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "tone", "words"),
    [(True, "ok", "▲ better than the baseline"), (False, "error", "▼ worse than the baseline"),
     (None, "", "≈ no better than the baseline")],
)  # fmt: skip
def test_the_verdict_has_words_and_a_colour(better, tone, words):
    first = samples.metric("roc_auc", "AUC", 0.87, 0.01, 0.86, 0.5, better=better, primary=True)
    report = replace(samples.report(), metrics=(first,), findings=())
    assert scores.pill(report) == (tone, words)
    assert words in said(report)
    assert words in display.text(report, ascii=False)


def test_without_a_baseline_the_dummy_is_what_counts():
    first = replace(samples.metrics()[0], baseline=None, over_baseline=None)
    page = said(replace(samples.report(), metrics=(first,), explanation=None))
    assert "better than the dummy" in page
    assert "Against the baseline" not in page


def test_a_pitfall_that_voids_the_claim_leaves_no_green():
    assert scores.pill(samples.report()) == ("warning", "▲ better than the baseline, with a pitfall")


def test_no_better_than_a_dummy_is_a_warning():
    first = replace(samples.metrics()[0], baseline=None, over_baseline=None)
    noise = replace(first, over_dummy=samples.difference(0.001, 0.01, None))
    assert scores.tone(replace(samples.report(), metrics=(noise,))) == "warning"


def test_the_metric_that_decides_stands_first_and_is_marked():
    metrics = tuple(replace(one, is_primary=one.key == "f1") for one in samples.metrics())
    text = display.text(replace(samples.report(), metrics=metrics), ascii=False)
    assert text.index("★ F1") < text.index("    AUC")


def test_the_sentence_and_the_worst_pitfall_stand_on_top_in_both_forms():
    report = samples.report()
    for form in (said(report), display.text(report, ascii=False)):
        places = [
            form.index(one) for one in (report.summary, "212 of 24,310", "20 % of rows", "Average precision")
        ]
        assert places == sorted(places)


def test_the_twin_says_what_the_card_says():
    page, text = said(samples.report()), " ".join(display.text(samples.report(), ascii=False).split())
    for one in (
        "These rows chose among 6 models", "contract = monthly and tenure in [0, 6)", "beyond 0.8",
        "sex = female", "monthly_charges", "4,213 €", "hold out whole groups", "finds 55 in time",
    ):  # fmt: skip
        assert one in page, one
        assert one in text, one


def test_an_evaluation_of_little_says_why():
    page = said(samples.bare())
    assert "fewer than 50 rows" in page
    assert "no true groups were given" in page
    assert "better than" not in page


def test_an_evaluation_without_metrics_is_shown():
    assert "Nothing could be measured." in said(replace(samples.bare(), metrics=(), summary=""))


# --- curves -----------------------------------------------------------------------------------


def test_a_curve_of_shares_keeps_the_whole_square():
    made = plot.plot(Curve("roc", "ROC", lines=(CurveLine("model", (0.2, 0.4), (0.5, 0.6)),)))
    assert (made.low, made.high, made.ends) == ("0", "1", ("0", "1"))
    assert made.lines[0].lines == ("44,75 88,60",)


def test_a_band_goes_there_and_back():
    made = plot.plot(
        Curve("gain", "", lines=(CurveLine("", (0.0, 1.0), (0.5, 0.5), (0.0, 0.0), (1.0, 1.0)),))
    )
    assert made.lines[0].band == "M0 0L220 0L220 150L0 150z"


def test_residuals_have_their_zero_in_the_middle():
    made = plot.plot(Curve("residuals", "", lines=(CurveLine("rows", (3.0, 1.0, 2.0), (5.0, -1.0, 0.0)),)))
    assert made.reference == "M0 75H220"
    assert made.lines[0].dots == "M220 0h0M0 90h0M110 75h0"
    assert made.lines[0].lines == ()


@pytest.mark.parametrize("bad", [(), (math.nan, math.nan), (math.inf, -math.inf)])
def test_no_curve_of_nothing(bad):
    assert plot.plot(Curve("roc", "ROC", lines=(CurveLine("model", bad, bad),))) is None


def test_points_that_are_not_finite_leave_a_gap():
    made = plot.plot(
        Curve("gain", "", lines=(CurveLine("", (0.0, 0.1, 0.2, 0.3, 0.4), (0.0, 0.1, math.nan, 0.3, 0.4)),))
    )
    assert len(made.lines[0].lines) == 2


def test_categories_are_named_under_the_axis():
    made = plot.plot(samples.explanation().dependences[1])
    assert made.ends == ("monthly", "one year", "two years")


def test_the_shade_of_a_cell_is_its_part_of_the_truth():
    made = plot.matrix(samples.curves()[-1])
    assert [[cell.shade for cell in cells] for _, cells in made.rows] == [[8, 1], [4, 5]]
    assert made.rows[0][1][1].title == "no taken for yes: 1,339, 6.9 %"


def test_many_classes_are_shades_alone_and_counted():
    made = plot.matrix(samples.many().curves[0])
    assert not made.is_small
    assert len(made.rows) + made.left == 30
    assert plot.matrix(Curve("confusion", "")) is None
    assert plot.matrix(Curve("confusion", "", labels=("a",), matrix=((0.0,),))).rows[0][1][0].share == "0 %"


# --- what stands behind -----------------------------------------------------------------------


def test_slices_are_red_only_where_they_are_worse_beyond_noise():
    rows = evidence.slices(samples.slices())
    assert [row.tone for row in rows] == ["error", "error", "", ""]
    assert [row.picture.marks[0].kind for row in rows] == ["worse", "worse", "model", "model"]
    assert "1.94 times the mean 0/1 error" in rows[0].title


def test_a_gap_that_nobody_can_be_sure_of_is_no_green():
    rows = evidence.gaps(samples.fairness())
    assert [row.tone for row in rows] == ["error", "warning", "ok"]
    assert rows[1].verdict == "cannot say: the interval holds 0.1"
    unlimited = replace(samples.fairness().gaps[0], limit=None)
    last = evidence.gaps(replace(samples.fairness(), gaps=(unlimited, *samples.fairness().gaps)))[-1]
    assert (last.tone, last.verdict) == ("", "")


def test_a_group_that_is_too_small_says_so_in_place_of_numbers():
    small = GroupResult((("sex", "x"),), "sex = x", 12, (("tpr", Estimate(1.0)),), True)
    fair = replace(samples.fairness(), groups=(small,))
    page = said(replace(samples.report(), fairness=fair))
    assert "too small to say (under 50 rows)" in page


def test_costs_are_said_with_their_unit_and_only_where_there_are_any():
    choice = replace(samples.threshold(), costs=Costs(true_positive=-20, false_positive=5, unit="€"))
    assert evidence.costs(choice) == "a false alarm costs 5 €, a hit earns 20 €"
    drawn = evidence.threshold_plot(choice)
    assert [line.name for line in drawn.lines] == ["", "chosen 0.183", "usual 0.5"]
    chosen = drawn.lines[1].lines[0].split()
    assert len({point.split(",")[0] for point in chosen}) == 1


def test_a_ledger_with_several_models_warns_and_names_who_looked():
    page = said(samples.report())
    assert "Corrected for that: 0.871 ± 0.010" in page
    assert "churn:4" in page
    assert evidence.ledger_tone(replace(samples.ledger(), n_models=1)) == "info"


def test_a_cross_validation_names_its_unit():
    assert "roc_auc is 0.868 ± 0.017 over 5 folds that hold out whole groups." in said(samples.folds())


@pytest.mark.slow
def test_an_evaluation_of_hundreds_of_everything_is_small_and_counts_what_it_leaves_out():
    report = samples.many()
    html = display.html(report)
    assert len(html.encode()) < 100_000
    page = said(report)
    shown = page.count("asked for ·") + len(re.findall(r"1,204 rows, 5.0 %|2,890 rows, 12 %", page))
    left = int(re.search(r"and ([\d,]+) slices that are not listed", page)[1])
    assert shown + left == 300
    assert re.search(r"and ([\d,]+) groups that are not listed", page)


def test_a_report_of_empty_parts_is_shown():
    empty = replace(
        samples.report(), slices=SliceReport("roc_auc", "0/1 error", 0.1, 9, 0, ()), curves=(),
        fairness=replace(samples.fairness(), groups=(), gaps=()),
        explanation=replace(samples.explanation(), importances=(), dependences=(), shap=()),
        cross_validation=replace(samples.folds(), folds=()),
        threshold=replace(samples.threshold(), curve=None),
    )  # fmt: skip
    assert "0 slices tested" in said(empty)
    assert display.text(empty)
    assert evaluation_text.findings(empty)


def test_what_stands_in_a_summary_is_a_sentence():
    report = replace(samples.report(), summary="auc is fine")
    assert re.search(r'class="mlops-say[^"]*">auc is fine\.<', unescape(display.html(report)))
