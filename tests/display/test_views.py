"""What the views say, that they are small and whole, and that their twins say the same."""

from __future__ import annotations

import json
import math
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import gallery
import samples
from checks import check

from mlops_jupyter import display
from mlops_jupyter.display import curves, diff, words
from mlops_jupyter.display.rendering import style
from mlops_jupyter.records import ComparedRow, Comparison, Param, QueryResult, RunTable, Tag, ValueChange

LIMIT = 100_000


def shown():
    return [
        (name, record)
        for name, records in gallery.views()
        for record in records
        if not isinstance(record, str)
    ]


@pytest.mark.parametrize(("name", "record"), shown(), ids=[name for name, _ in shown()])
def test_each_view_is_whole_and_small_and_has_its_twin(name, record):
    bundle = display.bundle(record)
    html = bundle["text/html"]
    page = check(html)
    assert page.text.strip()
    assert len(html.encode()) < LIMIT
    assert not re.search(r"https?://|<script|\bsrc=|<link", html)
    assert display.text(record, ascii=False) == bundle["text/plain"]
    assert bundle["text/plain"].strip()
    (json_type,) = [key for key in bundle if key.startswith("application/vnd.mlops-jupyter.")]
    assert len(json.dumps(bundle[json_type], allow_nan=False)) < LIMIT


@pytest.mark.slow
def test_the_gallery_is_written(tmp_path):
    pages = gallery.write(tmp_path)
    assert {page.stem for page in pages} == {name for name, _ in gallery.views()}
    assert all(page.stat().st_size > 1000 for page in pages)


def test_the_style_does_not_leak_and_has_colours_of_the_theme_alone():
    sheet = style(
        "rows",
        "card",
        "table",
        "comparison",
        "code",
        "full",
        "answer",
        "data",
        "plot",
        "evaluation",
        "models",
        "paper",
    )
    rules = re.sub(r"@(?:media|container)[^{]*\{(.*?\})\}", r"\1", sheet)
    for selector in re.findall(r"([^{}]+)\{[^{}]*\}", rules):
        for one in re.sub(r"\([^)]*\)", "", selector).split(","):
            assert ".mlops" in one, one
    named = re.findall(r"#[0-9a-f]{3,6}\b", sheet)
    in_fallbacks = re.findall(r"--[a-z]\d?: ?(#[0-9a-f]{3,6})", sheet)
    assert set(named) <= set(in_fallbacks)
    assert len(style("rows", "card")) < 6000


# --- the card ---------------------------------------------------------------------------------


def test_the_card_says_what_changed():
    page = check(display.html(samples.usual())).text
    flat = " ".join(page.split())
    for said in (
        "churn #12", "attempt 3", "vs #11", "✓ finished", "3.4 s", "depth 8 (was 6)", "0.871", "▲ +0.012",
        "best 0.881 (#9)", "★ best", "X_train 80,000 × 24 · unchanged",
        "412 rows added, 1 column changed: dep_time",
        "RandomForestClassifier 1.2 MB", "roc.png", "scikit-learn 1.6.1 → 1.7.0", "shap 0.48.0 (new)",
        "code changed since #11", "412 rows of X_test also stand in X_train", "git a1b2c3d on main, edited",
    ):  # fmt: skip
        assert said in flat, said
    assert "0.8710000001" not in flat


def test_better_and_worse_follow_the_direction_of_the_metric():
    html = display.html(samples.usual())
    assert 'mlops-better">▼ −0.0202' in html
    assert 'mlops-worse">▼ −0.0118' in display.html(samples.stepped())


def test_the_twin_says_what_the_card_says():
    text = display.text(samples.usual(), ascii=False)
    assert text.splitlines()[0].startswith("churn #12 · attempt 3 · vs #11 · finished · 3.4 s")
    assert re.search(r"depth +8 \(was 6\)", text)
    assert re.search(r"auc +0\.871 +▲ \+0\.012 +best 0\.881 \(#9\)", text)
    assert re.search(r"X_train +80,000 × 24 +unchanged", text)
    assert "⚠ 412 rows of X_test also stand in X_train" in text


def test_a_failed_run_says_why_in_one_line():
    text = display.text(samples.failed(), ascii=False)
    assert "ValueError: Input X contains NaN. RandomForestClassifier" in text
    assert "⚠ incomplete: the model could not be saved: disk full" in text
    assert "✕ failed" in check(display.html(samples.failed())).text


def test_a_search_counts_its_candidates():
    assert "24 candidates, best 0.8791" in check(display.html(samples.search())).text


def test_many_params_are_folded_with_a_count():
    html = display.html(samples.search())
    assert "and 38 more" in html
    enormous = display.html(samples.enormous())
    assert "and 992 more" in enormous
    assert "that are not listed here" in enormous


def test_a_first_run_has_nothing_to_compare_with():
    page = check(display.html(samples.first())).text
    assert "was" not in page
    assert "best" not in page


def test_what_is_still_being_saved_is_said():
    page = check(display.html(samples.stepped())).text
    assert "saving model…" in page


def test_a_running_card_shows_its_progress():
    html = display.live_html(samples.running(), display.Progress(12.3, 0.42, "epoch 17 of 40"))
    assert "epoch 17 of 40 · step 39 · 42 % · 12.3 s" in check(html).text
    assert "width:42.0%" in html
    assert "mlops-bar" not in re.sub(
        r"<style>.*?</style>", "", display.live_html(samples.running(), display.Progress(3.4))
    )


# --- everything of a run ----------------------------------------------------------------------


def test_everything_of_a_run_is_there():
    bundle = display.full(samples.usual(), {"figures/roc.png": gallery.picture(), "figures/x.svg": b"<svg/>"})
    page = check(bundle["text/html"])
    assert any(tag == "img" for tag, _ in page.tags)
    for said in (
        "fitting 300 trees",
        "Python 3.11.7",
        "pandas 2.3.0",
        "roc_auc_score",
        "x.svg: not a PNG, JPEG or GIF",
    ):
        assert said in page.text
    assert "model.fit(X_train, y_train)" in page.text
    assert "fitting 300 trees" in bundle["text/plain"]


def test_a_picture_that_is_too_large_is_named():
    bundle = display.full(samples.first(), {"figures/big.png": b"\x89PNG\r\n\x1a\n" + bytes(5_000_000)})
    assert "big.png: 5.0 MB, too large to show" in check(bundle["text/html"]).text


# --- tables -----------------------------------------------------------------------------------


def test_the_table_marks_the_best_by_direction():
    html = display.html(samples.table())
    page = " ".join(check(html).text.split())
    assert page.count("★ 0.8799") == 2  # in the table and in its twin
    assert page.count("★ 0.2703") == 2
    assert "the same: criterion gini · random_state 0" in page


def test_only_differences_leaves_out_what_is_the_same():
    page = check(display.html(samples.table(only_differences=True))).text
    assert "depth" in page
    assert "criterion" not in page


@pytest.mark.slow
def test_ten_thousand_runs_are_small_and_quick():
    table = samples.table(10_000)
    began = time.process_time()
    bundle = display.bundle(table)
    spent = time.process_time() - began
    assert len(bundle["text/html"].encode()) < LIMIT
    assert len(json.dumps(bundle["application/vnd.mlops-jupyter.run-table+json"])) < LIMIT
    assert "30,000 runs of churn, of which" in bundle["text/plain"]
    assert spent < 20  # only that it does not grow with the number of runs


def test_an_empty_table_says_so():
    assert display.text(RunTable((), 0, experiment="churn")) == "No runs of churn."
    assert "0 runs of churn" in check(display.html(RunTable((), 0, experiment="churn"))).text


def test_a_value_that_is_not_finite_is_never_the_best():
    runs = (samples._row(1, "finished"), samples.stepped())
    bad = replace(runs[1], metrics=(samples.metric("auc", math.inf, 1, kind="+inf", direction="max"),))
    assert "★ ∞" not in display.html(RunTable((runs[0], bad), 2))


@pytest.mark.slow
def test_a_query_of_all_types():
    result = QueryResult(
        ("a", "<b>"), ((1, "x"), (None, b"\x00" * 3), (math.nan, 2**70), (1.5, "é" * 500)), True
    )
    page = check(display.html(result)).text
    assert "NULL" in page
    assert "3 bytes" in page
    assert "4 rows, and there are more" in page
    assert len(display.html(QueryResult(("a",) * 300, (("x" * 9000,) * 300,) * 1000)).encode()) < LIMIT
    assert "0 rows" in display.text(QueryResult(("a", "b"), ()))


# --- comparison -------------------------------------------------------------------------------


def test_a_comparison_shows_all_kinds_of_difference():
    page = " ".join(check(display.html(samples.comparison())).text.split())
    for said in (
        "★ 0.871",
        "▲ +0.012",
        "3 the same in all",
        "val_auc",
        "#11",
        "depth = 8",
        "shap 0.48.0 (new)",
    ):
        assert said in page, said
    text = display.text(samples.comparison(), ascii=False)
    assert "-depth = 6" in text
    assert "+depth = 8" in text
    assert re.search(r"auc +0\.859 +★ 0\.871 +▲ \+0\.012", text)


def test_a_word_that_changed_is_marked():
    assert diff.lines("@@ -1 +1 @@\n-depth = 6\n+depth = 8")[2].pieces == (("depth = ", False), ("8", True))


def test_lines_that_have_nothing_in_common_are_not_marked():
    assert diff.lines("-abc\n+x = foo(1)")[1].pieces == (("x = foo(1)", False),)


def test_a_line_that_begins_with_dashes_is_not_taken_for_a_head():
    assert [line.kind for line in diff.lines("@@ -1 +1 @@\n--- a\n+++ b")] == ["place", "removed", "added"]


def test_numbers_that_differ_are_shown_apart():
    row = ComparedRow("auc", (0.8712341, 0.8712344), True, 1)
    page = check(display.html(Comparison((samples.first(), samples.usual()), (), (row,), "", (), ()))).text
    assert "0.8712341" in page
    assert "0.8712344" in page


def test_a_comparison_of_huge_code_is_small():
    code = "".join(f"-{'x' * 300}{i}\n+{'y' * 300}{i}\n" for i in range(5000))
    html = display.html(replace(samples.comparison(), code_diff=code, git_diff=code))
    assert len(html.encode()) < LIMIT
    assert "more lines" in html


# --- curves -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "lines", "dots"),
    [
        ([(0, 1.0), (1, 2.0)], 1, ["low", "high", "last"]),
        ([(0, 1.0), (1, 1.0), (2, 1.0)], 1, ["last"]),
        ([(5, 1.0)], 0, ["dot", "last"]),
        ([(0, 1.0), (1, None), (2, 2.0)], 0, ["dot", "dot", "low", "high", "last"]),
        ([(0, math.nan), (1, math.inf), (2, 1.0), (3, 4.0)], 1, ["low", "high", "last"]),
        ([(0, -1.7e308), (1, 1.7e308)], 1, ["low", "high", "last"]),
    ],
)
def test_a_sparkline_of(points, lines, dots):
    made = curves.sparkline(points, "auc")
    assert len(made.lines) == lines
    assert [kind for kind, _, _ in made.dots] == dots
    for _, x, y in made.dots:
        assert 0 <= x <= made.width
        assert 0 <= y <= made.height


@pytest.mark.parametrize("points", [[], [(0, None)], [(0, math.nan), (1, math.inf)]])
def test_no_sparkline_of_nothing(points):
    assert curves.sparkline(points, "auc") is None
    assert curves.blocks(points) == ""


def test_a_constant_curve_is_in_the_middle():
    made = curves.sparkline([(0, 3.0), (1, 3.0)], "auc", 20, 10)
    assert made.lines == ("3,5 17,5",)


def test_thinning_keeps_ends_and_extremes():
    points = [(float(i), math.sin(i)) for i in range(10_000)]
    points[777] = (777.0, 9.0)
    kept = curves.thinned(points)
    assert len(kept) <= 62
    assert points[777] in kept
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.1 + 0.2, "0.3"), (1e15, "1e15"), (999_999.0, "999,999"), (-0.00005, "−5e−5"), (0.99996, "1"),
     (123456.789, "123,457"), (1e308, "1e308"), (5e-324, "4.941e−324"), (0.0, "0"), (-3.0, "−3"),
     (math.inf, "∞"), (math.nan, "NaN")],
)  # fmt: skip
def test_a_number_is_shown_as(value, shown):
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0.0 ms"), (0.0995, "0.10 s"), (59.96, "1 min"), (3599.6, "1 h"), (86_400, "1 d"),
     (90_061, "1 d 1 h"), (None, "")],
)  # fmt: skip
def test_a_duration_is_shown_as(seconds, shown):
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "1.0 MB"), (150_000, "150 kB")],
)
def test_a_size_is_shown_as(size, shown):
    assert words.size(size) == shown


def test_columns_of_wide_characters_are_aligned():
    assert words.width("深層") == 4
    text = display.text(
        replace(samples.first(), params=(samples.param("深層", "1", 1), samples.param("a", "2", 2)))
    )
    assert "  a     2" in text


def defaults(count, *, chosen=2):
    picked = [samples.param(f"chosen_{i}", "3", i, "int", "estimator") for i in range(chosen)]
    usual = [samples.param(f"usual_{i}", "0", 50 + i, "int", "default") for i in range(count)]
    return (*usual, *picked)


@pytest.mark.parametrize(
    ("chosen", "said"), [(2, "and 29 defaults"), (12, "and 4 more, 29 defaults"), (0, "and 29 defaults")]
)
def test_defaults_of_an_estimator_are_folded_behind_what_was_chosen(chosen, said):
    view = replace(samples.first(), params=defaults(29, chosen=chosen))
    page, twin = display.html(view), display.text(view)
    assert said in page
    assert said in twin
    seen = page.partition("<details>")[0]
    assert seen.count("chosen_") == 3 * min(chosen, 8)  # name, title, and the twin
    assert "usual_" not in seen
    assert "usual_28" in page
    assert "usual_" not in twin.partition(said)[0]


def test_a_default_that_was_changed_is_not_folded():
    changes = replace(samples.usual().changes, params=(ValueChange("usual_1", "5", "0"),))
    view = replace(samples.usual(), params=defaults(9), changes=changes)
    assert "usual_1" in display.html(view).partition("<details>")[0]
    assert "and 8 defaults" in display.text(view)


def test_a_table_leaves_out_what_nobody_chose():
    runs = tuple(
        replace(samples.first(), run=samples.run(n), params=(*defaults(3), samples.param("depth", str(n), 9)))
        for n in (1, 2)
    )
    for some in (runs, runs[:1]):
        table = RunTable(some, len(some))
        for said in (display.html(table), display.text(table)):
            assert "depth" in said
            assert "chosen_0" in said
            assert "usual_" not in said


def test_the_card_names_what_is_being_saved_and_not_what_nobody_waits_for():
    view = replace(samples.first(), pending=("git", "model forest", "environment"))
    for said in (display.html(view), display.text(view)):
        assert "saving forest" in said
        assert "environment…" not in said
        assert "… environment" not in said
        assert "model forest" not in said


def seen(number, experiment="churn", params=(), auc=None, **more):
    """Return a run as it stands in a table."""
    view = samples.table().runs[0]
    metric = next(metric for metric in view.metrics if metric.direction == "max")
    return replace(
        view,
        run=replace(view.run, number=number, name="", attempt=1),
        experiment=experiment,
        params=tuple(Param("r", key, i, value, "str", "logged") for i, (key, value) in enumerate(params)),
        metrics=() if auc is None else (replace(metric, key="auc", value=auc),),
        series={},
        **more,
    )


def test_a_param_that_only_some_runs_have_is_not_called_the_same():
    runs = (
        seen(3),
        seen(2, params=[("depth", "2"), ("seed", "0"), ("solver", "x")]),
        seen(1, params=[("depth", "4"), ("seed", "0")]),
    )
    text = display.text(RunTable(runs, 3, None, "churn"))
    assert "same     seed 0" in text
    assert "solver" not in text
    assert "left out 1 more param" in text


def test_the_best_is_the_best_of_its_experiment_and_the_experiment_is_named():
    runs = (
        seen(4, "iris", auc=0.99),
        seen(3, "churn", auc=0.7),
        seen(2, "churn", auc=0.8),
        seen(1, "iris", auc=0.98),
    )
    text = display.text(RunTable(runs, 4, None, None))
    assert [line.split()[-2:] for line in text.split("\n") if "★" in line] == [["★", "0.99"], ["★", "0.8"]]
    assert "churn" in display.text(RunTable(runs[1:2], 1, None, None)).split("\n")[2]


def test_a_table_fits_a_narrow_terminal_and_says_what_it_left_out():
    runs = tuple(
        seen(i, params=[(f"a_long_name_{k}", str(i + k)) for k in range(5)], auc=0.5 + i / 10)
        for i in range(3)
    )
    table = RunTable(runs, 3, None, "churn")
    narrow = display.text(table, wide=70).split("\n")
    assert max(map(len, narrow[:5])) <= 70
    assert "auc" in narrow[0]
    assert any("left out" in line and "more params" in line for line in narrow)
    assert "a_long_name_4" in display.text(table)


def test_the_plain_card_has_the_tags():
    assert "tags     team: x" in display.text(seen(1, tags=(Tag("r", "team", "x"),)))


def test_a_curve_of_signs_begins_with_the_first_point_and_ends_with_the_last():
    falling = [(i, 1 / (i + 1)) for i in range(500)]
    assert curves.blocks(falling)[0] == "█"
    assert curves.blocks(falling[::-1])[-1] == "█"
    assert len(curves.blocks(falling)) == 12
    assert curves.blocks(falling[:1]) == "▅"
