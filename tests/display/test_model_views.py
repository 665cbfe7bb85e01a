"""What the views of models say: what holds a move back, who reigned when, what was not measured."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import evaluation_samples as scored
import model_samples as models
from checks import check

from mlops_jupyter import display
from mlops_jupyter.display import gates, memory, reigns, usecase, version
from mlops_jupyter.records import ApprovalView, Event, Gate, KpiValue, ModelHistory, Reign


def said(record):
    """Return the words that a page shows, its twin left out."""
    html = re.sub(r"<pre class=.mlops-twin.>.*?</pre>", "", display.html(record), flags=re.DOTALL)
    return " ".join(check(html).text.split())


# --- gates ------------------------------------------------------------------------------------


def test_what_holds_back_stands_first_with_its_next_step():
    for form in (said(models.gates()), display.text(models.gates(), ascii=False)):
        assert "✕ held back" in form
        assert form.index("worse than churn:3 by 0.007") < form.index("holds on churn-train:12")
        assert "→ train on the rows since March" in form


def test_a_gate_that_only_warns_is_never_red():
    tones = {one.kind: one.tone for one in gates.ordered(models.gates())}
    assert tones["metric"] == "error"
    assert tones["fairness ratio"] == "warning"
    assert tones["reproduced"] == "warning"


def test_gates_that_pass_have_no_next_step():
    page = said(models.gates(passed=True))
    assert "✓ all gates pass" in page
    assert "All 6 gates pass." in page
    assert "→ train" not in page


def test_an_override_is_seen_with_who_when_and_why():
    for record in (models.overridden(), models.bare_version()):
        for form in (said(record), display.text(record, ascii=False)):
            assert "Gates overridden by omar, 24 Nov 11:04: the old model fails on the new tariff" in form


@pytest.mark.parametrize("detail", ["", "[]", "{", "[" * 100_000, '"x"', "null"])
def test_an_event_whose_facts_cannot_be_read_is_shown(detail):
    event = Event(1, "e", models.NOW, "ines", "alias.moved", "churn:4", detail, "", "")
    assert memory.event(event)[2:] == ("alias moved", "churn:4", "")


def test_the_gates_of_a_model_say_what_a_move_needs():
    assert "a move to champion needs 6 gates and an approval by somebody" in said(models.gates_doc()).lower()
    empty = models.every()[12]
    assert "these are the defaults" in said(empty)


def test_the_limits_of_a_gate_of_any_type_are_words():
    doc = replace(models.GATES, gates=(Gate("x_y", (("a", None), ("b", [1, "<b>"]), ("c", 0.5))),))
    assert "a None, b [1, '<b>'], c 0.5" in said(replace(models.gates_doc(), doc=doc))


# --- approvals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("requested", "churn:4 waits to become champion, asked by ines."),
        ("approved", "omar approved churn:4 as champion."),
        ("rejected", "omar rejected churn:4 as champion."),
        ("withdrawn", "The request for churn:4 was withdrawn."),
    ],
)
def test_an_approval_says_who_decided_what(state, sentence):
    view = ApprovalView("churn:4", models.approval(state))
    assert sentence in said(view)
    assert display.text(view).startswith(sentence)


def test_an_approval_that_moved_says_in_place_of_what():
    assert "it is champion now in place of version 3." in said(models.approved())


def test_a_move_says_where_the_alias_pointed_before():
    assert "churn@champion is version 4 now, before it was version 3." in said(models.moved())
    assert "a new alias" in said(replace(models.moved(), previous=None))


# --- lists and versions -----------------------------------------------------------------------


def test_the_list_names_what_waits_and_what_reigns():
    page = said(models.table())
    assert "3 models; 1 request for approval waiting." in page
    assert "@champion → 3" in page
    assert "0.871 ± 0.007" in page


def test_versions_share_an_axis_only_where_they_share_a_metric():
    view = models.model()
    assert display.html(view).count("mlops-forest") > len(view.lines)
    mixed = (replace(view.lines[0], metric="f1"), *view.lines[1:])
    assert 'class="mlops-forest"' not in display.html(replace(view, lines=mixed))


def test_a_version_says_what_goes_in_what_comes_out_and_what_it_rests_on():
    for form in (said(models.version()), display.text(models.version(), ascii=False)):
        for one in (
            "tenure integer 0 to 72", "contract category of 3", "number 18.2 to 119 or missing",
            "image array any × 28 × 28", "churned category (no, yes)",
            "train: churn-train:12 72,931 × 19 from warehouse.sql",
            "max_depth=6", "scikit-learn 1.9.0", "fit saw 212 rows of the test data", "✓ contract held",
        ):  # fmt: skip
            assert one in form, one


def test_the_same_file_again_is_no_new_version():
    assert "the same file as before" in said(models.version(is_new=False))


def test_a_version_that_nobody_evaluated_says_how_to():
    assert "Not evaluated yet" in said(replace(models.version(), evaluation=None))


def test_a_file_that_can_run_code_warns():
    assert "Opening this file can run code; kept anyway: the model has our own class in it" in said(
        models.bare_version()
    )


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"a": 1}'])
def test_libraries_that_cannot_be_read_break_nothing(text):
    view = replace(models.version(), version=models.model_version(libraries=text))
    assert said(view)


def test_the_rows_of_an_example_stand_beside_the_answers():
    example = version._example(models.version())
    assert example["rows"] == [(["3", "monthly", "70.35"], "yes"), (["41", "two years", "None"], "no")]


def test_a_comparison_says_whether_the_rows_are_the_same():
    assert "both evaluated on the same rows" in said(models.comparison())
    assert "the metrics do not compare" in said(replace(models.comparison(), same_rows=False))
    assert version.comparison_tone(models.comparison()) == "ok"


# --- memory -----------------------------------------------------------------------------------


def test_a_reign_is_as_long_as_its_bar():
    made = reigns.timeline(models.reigns(), models.NOW)
    champion, challenger = made.lanes
    assert champion.alias == "champion"
    assert [bar.x for bar in champion.bars] == sorted(bar.x for bar in champion.bars)
    ends = [bar.x + bar.width for bar in champion.bars]
    assert ends[:2] == pytest.approx([bar.x for bar in champion.bars[1:]], abs=0.2)
    assert ends[-1] == pytest.approx(reigns.WIDTH, abs=0.2)
    assert [bar.is_forced for bar in champion.bars] == [False, False, True]
    assert champion.bars[2].tone == challenger.bars[0].tone


@pytest.mark.parametrize("since", ["", "soon", "2026-13-01", "x" * 1000])
def test_no_timeline_of_times_that_cannot_be_read(since):
    assert reigns.timeline([Reign("champion", 1, since)], None) is None


def test_one_moment_is_a_timeline():
    made = reigns.timeline([Reign("champion", 1, "2026-01-01")], None)
    assert made.lanes[0].bars[0].width == reigns.WIDTH


def test_a_history_at_a_moment_says_what_held_made_how_from_what_by_whom():
    for form in (said(models.history_then()), display.text(models.history_then(), ascii=False)):
        assert "At 2026-04-01 champion was churn:1." in form
        for one in (
            "churn #12",
            "churn-train:12",
            "9bfad3c1aa",
            "ines",
            "run #31 (monthly scores)",
            "AUC 0.871",
        ):
            assert one in form, one


def test_a_moment_before_everything_has_no_champion():
    history = ModelHistory("churn", (), (), "2020-01-01")
    assert "At 2020-01-01 no alias of churn pointed to a version." in said(history)


def test_events_that_are_not_shown_are_counted():
    assert "and 19 more events" in said(models.history())


def test_an_altered_memory_is_red_and_names_what():
    page = said(models.audit(is_whole=False))
    assert "✕ altered" in page
    assert "event 17 (approval.approved, churn:2) does not fit its hash" in page
    assert "✓ whole" in said(models.audit())


# --- use cases and cards ----------------------------------------------------------------------


def test_a_use_case_says_what_is_lacking_and_how_the_figure_moved():
    for form in (said(models.usecase()), display.text(models.usecase(), ascii=False)):
        assert "Not said yet: how feedback comes back." in form
        assert "rank correlation 0.8 (0.1 to 1.0), n = 6" in form
        assert "not said" in form


def test_a_figure_that_nobody_could_say_leaves_a_gap():
    first = usecase.kpis(models.usecase())[0]
    assert first.last == "127"
    assert len(first.curve.lines) == 2
    view = replace(models.usecase(), kpis=(KpiValue("m", "k", 0, "never", None, "x"),))
    assert usecase.kpis(view)[0].last == "–"


def test_a_card_says_what_was_not_measured():
    page, text = said(models.card()), display.text(models.card())
    for form in (page, text):
        assert form.count("not measured") == 3
        assert "Energy, Carbon" in form
    assert "7 of 11 fields recorded" in page


def test_the_card_of_a_file_opens_offline_and_is_small():
    for audience in ("everyone", "outsiders"):
        page = display.card_page(models.card(audience))
        assert page.startswith("<!doctype html>")
        assert not re.search(r"https?://|<script|\bsrc=|<link|url\(", page)
        assert len(page.encode()) < 200_000


def test_the_card_for_everyone_has_the_evaluation_and_the_gates_once():
    page = re.sub(r"<pre class=.mlops-twin.>.*?</pre>", "", display.card_page(models.card()), flags=re.DOTALL)
    assert page.count("<b>Average precision</b>") == 1
    assert page.count("worse than churn:3 by 0.007") == 1
    assert "ROC" in page


def test_the_card_for_outsiders_is_short_and_has_no_jargon_of_ours():
    page = said(models.card("outsiders"))
    assert len(page.split()) < 150
    for one in (
        "What it decides",
        "How well",
        "For whom it is worse",
        "Since when",
        "Whom to ask",
        "churn-team@example.org",
    ):
        assert one in page
    assert "skops" not in page


def test_markdown_has_a_head_that_is_yaml_and_a_table():
    import yaml

    made = display.card_markdown(models.card())
    _, head, body = made.split("---\n", 2)
    facts = yaml.safe_load(head)
    assert facts["license"] == "CC-BY-4.0"
    assert facts["metrics"][0] == "roc_auc"
    assert "| AUC | 0.871 ± 0.007 | 0.859 | 0.500 |" in body
    assert body.count("*not measured*") == 4


@pytest.mark.slow
@pytest.mark.parametrize("record", [*models.large(), scored.many()], ids=lambda one: type(one).__name__)
def test_records_with_hundreds_of_everything_are_small_in_every_form(record):
    import json

    bundle = display.bundle(record)
    check(bundle["text/html"])
    assert len(bundle["text/html"].encode()) < 100_000
    (json_type,) = [key for key in bundle if key.startswith("application/")]
    assert len(json.dumps(bundle[json_type], allow_nan=False)) < 100_000


@pytest.mark.slow
def test_the_page_of_a_large_card_stays_below_its_limit():
    card = models.large()[9]
    assert len(display.card_page(card).encode()) < 200_000
