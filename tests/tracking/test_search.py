"""Tables, DataFrames, comparisons and changes."""

from __future__ import annotations

import math

import pytest

from mlops_jupyter import tracking
from mlops_jupyter.errors import NotFoundError, UsageError


def track(experiment="churn", *, source="depth = 8", cell_key="k", params=(), metrics=(), tags=None, **more):
    with tracking.start_run(
        experiment, kind="cell", cell_key=cell_key, cell={"source": source}, tags=tags, **more
    ) as run:
        run.log_params(dict(params))
        run.log_metrics(dict(metrics))
    return run


def test_runs_are_found_by_the_filter_language(registry):
    track(params={"depth": 6}, metrics={"auc": 0.7}, tags={"team": "x"})
    track(params={"depth": 8}, metrics={"auc": 0.9}, tags={"team": "x"})
    track(params={"depth": 8}, metrics={"auc": 0.8})
    table = tracking.find_runs("churn", "metrics.auc > 0.75 and params.depth = '8'", order="metrics.auc")
    assert [view.run.number for view in table.runs] == [3, 2]
    assert (table.total, table.experiment) == (2, "churn")
    assert tracking.find_runs(filter="tags.team = 'x'", limit=1).total == 2


def test_an_unknown_experiment_lists_near_names(registry):
    track()
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        tracking.find_runs("chrun")


def test_only_differences_leaves_out_what_agrees(registry):
    track(params={"depth": 6, "seed": 0}, metrics={"auc": 0.7, "n": 5})
    track(params={"depth": 8, "seed": 0}, metrics={"auc": 0.9, "n": 5})
    for view in tracking.find_runs(only_differences=True).runs:
        assert [param.key for param in view.params] == ["depth"]
        assert [metric.key for metric in view.metrics] == ["auc"]


def test_a_frame_has_typed_columns(registry):
    track(
        params={"depth": 6, "rate": 0.5, "deep": True, "kind": "a"}, metrics={"auc": 0.7}, tags={"team": "x"}
    )
    track(params={"depth": 8, "rate": 1, "deep": False}, metrics={"auc": float("inf"), "loss": float("nan")})
    frame = tracking.search_runs(order="number")
    assert frame["params.depth"].tolist() == [6, 8]
    assert frame["params.depth"].dtype == "int64"
    assert frame["params.rate"].dtype == "float64"
    assert frame["params.deep"].dtype == "bool"
    assert frame["params.kind"][0] == "a"
    assert frame["params.kind"].isna().tolist() == [False, True]
    assert frame["metrics.auc"].tolist() == [0.7, math.inf]
    assert math.isnan(frame["metrics.loss"][1])
    assert frame["tags.team"][0] == "x"
    assert frame["tags.team"].isna().tolist() == [False, True]
    assert frame["experiment"].tolist() == ["churn", "churn"]
    assert str(frame["started_at"].dtype).startswith("datetime64")
    assert frame["started_at"].dt.tz is not None
    assert tracking.search_runs(filter="params.depth = '7'").empty


def test_changes_against_the_last_attempt_and_the_best(registry):
    track(params={"depth": 6, "old": 1}, metrics={"auc": 0.8, "loss": 0.5})
    track(cell_key="other", metrics={"auc": 0.95, "loss": 0.1})
    run = track(source="depth = 9", params={"depth": 9, "new": 1}, metrics={"auc": 0.9, "loss": 0.6, "n": 3})
    changes = tracking.get_run(run.number).changes
    assert (changes.previous_number, changes.code_changed) == (1, True)
    assert {c.key: (c.before, c.after) for c in changes.params} == {
        "depth": ("6", "9"),
        "old": ("1", None),
        "new": (None, "1"),
    }
    auc, loss, n = changes.metrics
    assert (auc.before, auc.better, auc.best, auc.best_number, auc.is_best) == (0.8, True, 0.95, 2, False)
    assert auc.delta == pytest.approx(0.1)
    assert (loss.before, loss.better, loss.best, loss.best_number) == (0.5, False, 0.1, 2)
    assert (n.before, n.better, n.best) == (None, None, None)


def test_the_best_run_knows_that_it_is_the_best(registry):
    track(metrics={"auc": 0.8})
    run = track(metrics={"auc": 0.9})
    track("elsewhere", metrics={"auc": 0.99})
    (auc,) = tracking.get_run(run.number).changes.metrics
    assert (auc.is_best, auc.best, auc.best_number) == (True, 0.8, 1)


def test_values_that_are_not_finite_are_never_the_best(registry):
    track(metrics={"auc": float("inf")})
    run = track(metrics={"auc": 0.5})
    assert tracking.get_run(run.number).changes.metrics[0].best is None


def test_the_best_is_found_behind_many_runs_of_other_experiments(registry):
    with tracking.start_run("sweep") as parent:
        parent.log_children([tracking.Child(f"c{i}", metrics={"auc": 1 + i}) for i in range(150)])
    track(metrics={"auc": 0.5})
    run = track(metrics={"auc": 0.4})
    assert tracking.get_run(run.number).changes.metrics[0].best == 0.5


def test_a_first_attempt_has_no_changes(registry):
    run = track(metrics={"auc": 0.5})
    assert tracking.get_run(run.number).changes is None


def test_comparison_of_values_and_code(registry):
    track(source="depth = 6\nfit()", params={"depth": 6, "seed": 0}, metrics={"auc": 0.8, "loss": 0.5})
    track(source="depth = 8\nfit()", params={"depth": 8, "seed": 0}, metrics={"auc": 0.9, "n": 1})
    comparison = tracking.compare_runs(1, "#2")
    assert {row.key: (row.values, row.differs) for row in comparison.params} == {
        "depth": (("6", "8"), True),
        "seed": (("0", "0"), False),
    }
    assert {row.key: (row.values, row.best) for row in comparison.metrics} == {
        "auc": ((0.8, 0.9), 1),
        "loss": ((0.5, None), None),
        "n": ((None, 1.0), None),
    }
    assert "-depth = 6\n+depth = 8" in comparison.code_diff
    assert comparison.code_diff.startswith("--- #1\n+++ #2")


def test_comparison_takes_two_runs_or_more(registry):
    track()
    with pytest.raises(UsageError, match="two or more"):
        tracking.compare_runs(1)


def test_status_counts_what_stands_there(registry):
    track(metrics={"auc": 1.0})
    run = tracking.start_run("open")
    found = tracking.status()
    assert (found.runs, found.running, found.experiments, found.active_run) == (2, 1, 2, run.number)
    assert found.registry == registry.url
    assert found.size_bytes > 0
    assert found.journal_mode


def test_a_long_curve_is_thinned_but_keeps_its_ends_and_extremes(registry):
    with tracking.start_run() as run:
        for step in range(3_000):
            run.log_metric(
                "loss", 9.0 if step == 1_234 else -9.0 if step == 2_345 else step / 3_000, step=step
            )
        for step in range(6_000):
            run.log_metric("long", step, step=step)
    series = tracking.get_run(1).series
    assert len(series["loss"]) <= 200
    assert len(series["long"]) <= 200
    assert series["loss"][0] == (0, 0.0)
    assert series["loss"][-1][0] == 2_999
    assert {(1_234, 9.0), (2_345, -9.0)} <= set(series["loss"])
    assert series["long"][0] == (0, 0.0)
    assert series["long"][-1] == (5_999, 5_999.0)


def test_a_copied_cell_is_compared_with_the_run_before_it(registry):
    track(cell_key="a", source="depth = 6", params={"depth": 6}, metrics={"auc": 0.7})
    run = track(cell_key="b", source="depth = 8", params={"depth": 8}, metrics={"auc": 0.9})
    changes = run.view().changes
    assert (changes.previous_number, changes.code_changed) == (1, None)
    assert [(c.key, c.before, c.after) for c in changes.params] == [("depth", "6", "8")]
    assert changes.metrics[0].delta == pytest.approx(0.2)


def test_arguments_of_a_wrong_kind_are_named(registry):
    track()
    for options, words in (
        ({"limit": None}, "limit is None; expected a whole number, 0 or more"),
        ({"offset": -1}, "offset is -1"),
        ({"experiment": ["churn"]}, r"the experiment \['churn'\] is list; expected one name"),
        ({"filter": 5}, "filter 5 is int"),
    ):
        with pytest.raises(UsageError, match=words):
            tracking.search_runs(**options)
    with pytest.raises(NotFoundError, match="no experiment 'qqqqqqqq'; there are 'churn'"):
        tracking.find_runs("qqqqqqqq")


def test_the_frame_begins_with_what_people_look_for(registry):
    track(params={"depth": 6}, metrics={"auc": 0.7}, tags={"team": "x"})
    first = ["number", "experiment", "name", "status", "started_at", "duration_s"]
    found = list(tracking.search_runs().columns)
    assert found[:9] == [*first, "metrics.auc", "params.depth", "tags.team"]
    assert {"id", "git_commit", "deleted_at"} < set(found[9:])
    assert list(tracking.search_runs(filter="metrics.auc > 1").columns)[:6] == first
