"""Begin, finish, resume and nest runs."""

from __future__ import annotations

import logging

import pytest

from mlops_jupyter import tracking
from mlops_jupyter.errors import NotFoundError, UsageError, ValueRefused


def test_a_run_is_begun_and_finished(registry):
    with tracking.start_run("churn", name="first", note="hello", tags={"team": "x"}) as run:
        assert tracking.active_run() is run
        assert tracking.get_run(run.number).run.status == "running"
    view = tracking.get_run(1)
    assert tracking.active_run() is None
    assert (view.run.number, view.experiment, view.run.name) == (1, "churn", "first")
    assert (view.run.status, view.run.note, view.run.attempt) == ("finished", "hello", 1)
    assert [(tag.key, tag.value) for tag in view.tags] == [("team", "x")]
    assert view.run.duration_s > 0
    assert view.run.ended_at >= view.run.started_at


def test_numbers_grow_through_the_whole_registry(registry):
    numbers = []
    for experiment in ("a", "b", "a"):
        with tracking.start_run(experiment) as run:
            numbers.append(run.number)
    assert numbers == [1, 2, 3]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no"), "failed"),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(0), "finished"),
        (SystemExit(2), "failed"),
    ],
)
def test_an_exception_ends_the_run_and_goes_on(registry, error, status):
    with pytest.raises(type(error)), tracking.start_run():
        raise error
    run = tracking.get_run(1).run
    assert (run.status, run.error_type) == (status, type(error).__name__)


def test_the_same_code_again_is_the_next_attempt(registry):
    runs = []
    for _ in range(3):
        with tracking.start_run("sweep") as run:
            runs.append(run)
    assert [run.attempt for run in runs] == [1, 2, 3]
    assert [run.previous_id for run in runs] == [None, runs[0].id, runs[1].id]


def test_a_cell_has_its_own_attempts_in_each_experiment(registry):
    def attempt(experiment, cell_key):
        with tracking.start_run(experiment, kind="cell", cell_key=cell_key, cell={"source": "x = 1"}) as run:
            return run.attempt

    assert [attempt("a", "k"), attempt("a", "k"), attempt("a", "other"), attempt("b", "k")] == [1, 2, 1, 1]


def test_a_deleted_attempt_is_counted_but_not_compared_with(registry):
    ids = []
    for _ in range(2):
        with tracking.start_run(kind="cell", cell_key="k") as run:
            ids.append(run.id)
    tracking.delete_run(2)
    with tracking.start_run(kind="cell", cell_key="k") as third:
        assert (third.attempt, third.previous_id) == (3, ids[0])


def test_a_second_run_finishes_the_first_and_says_so(registry, caplog):
    first = tracking.start_run("a", cell_key="x")
    with caplog.at_level(logging.WARNING, "mlops_jupyter"):
        second = tracking.start_run("a", cell_key="y")
    assert tracking.active_run() is second
    assert first.status == "finished"
    assert "run #1 was still open" in caplog.text


def test_running_the_same_cell_again_finishes_quietly(registry, caplog):
    with caplog.at_level(logging.WARNING, "mlops_jupyter"):
        first = tracking.start_run("a", cell_key="x")
        second = tracking.start_run("a", cell_key="x")
    assert (first.status, second.attempt, caplog.text) == ("finished", 2, "")


def test_a_nested_run_is_a_child_and_gives_the_place_back(registry):
    with tracking.start_run("outer") as outer:
        with tracking.start_run(nested=True) as inner:
            assert tracking.active_run() is inner
            tracking.log_metric("auc", 0.5)
        assert tracking.active_run() is outer
        tracking.log_metric("auc", 0.9)
    child, parent = tracking.get_run(inner.number), tracking.get_run(outer.number)
    assert (child.run.parent_id, child.experiment, parent.children) == (outer.id, "outer", 1)
    assert (child.metrics[0].value, parent.metrics[0].value) == (0.5, 0.9)


def test_a_run_inside_a_tracked_cell_is_its_child(registry):
    with tracking.start_run(kind="cell", cell_key="k") as cell:
        with tracking.start_run("mine") as mine:
            assert mine.parent_id == cell.id
        assert cell.is_open


@pytest.mark.parametrize("name", ["number", "id"])
def test_an_ended_run_is_resumed(registry, name):
    run = tracking.start_run("a")
    run.log_metric("loss", 2.0, step=1)
    run.log_param("depth", 3)
    run.finish("failed", error=ValueError())
    before = tracking.get_run(1).run
    with tracking.start_run(run=getattr(run, name)) as again:
        assert again.id == run.id
        assert tracking.get_run(1).run.status == "running"
        again.log_metric("loss", 1.0, step=2)
        again.log_param("depth", 3)
    view = tracking.get_run(1)
    assert (view.run.status, view.run.error_type, view.run.number) == ("finished", None, 1)
    assert view.series["loss"] == ((1, 2.0), (2, 1.0))
    assert view.run.duration_s > before.duration_s
    assert view.findings == ()


def test_a_resumed_metric_goes_on_after_its_points_and_keeps_its_direction(registry):
    with tracking.start_run() as run:
        run.log_metric("score", 1.0, direction="min")
    later = 2**62
    registry.update("metrics", {"seq": later}, {"run_id": run.id})  # as if the clock had been set back since
    registry.update("latest_metrics", {"seq": later}, {"run_id": run.id})
    with tracking.start_run(run=1) as again:
        again.log_metric("score", 2.0)
    (metric,) = tracking.get_run(1).metrics
    assert (metric.value, metric.seq, metric.count, metric.direction) == (2.0, later + 1, 2, "min")


def test_resuming_a_run_that_is_open_here_gives_that_run(registry):
    run = tracking.start_run("a")
    assert tracking.start_run(run=run.id) is run


def test_a_deleted_run_is_not_resumed(registry):
    with tracking.start_run():
        pass
    tracking.delete_run(1)
    with pytest.raises(UsageError, match="restore_run"):
        tracking.start_run(run=1)


def test_logging_to_an_ended_run_says_how_to_reopen_it(registry):
    with tracking.start_run() as run:
        pass
    with pytest.raises(UsageError, match=r"start_run\(run=1\)"):
        run.log_metric("a", 1.0)
    with pytest.raises(UsageError, match=r"start_run\(run=1\)"):
        run.log_param("a", 1)


def test_logging_without_a_run_says_so(registry):
    with pytest.raises(UsageError, match=r"start_run\(\)"):
        tracking.log_metric("a", 1.0)


def test_end_run_ends_the_active_run_and_is_harmless_without_one(registry):
    tracking.start_run()
    tracking.end_run("failed")
    tracking.end_run()
    assert tracking.get_run(1).run.status == "failed"


def test_a_word_that_means_no_run_names_what_exists(registry):
    with tracking.start_run("churn"):
        pass
    for ref in (1, "1", "#1", "churn/1", "churn/#1"):
        assert tracking.get_run(ref).run.number == 1
    with pytest.raises(NotFoundError, match="newest is #1"):
        tracking.get_run(2)
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        tracking.get_run("chrun/1")
    with pytest.raises(NotFoundError, match="expected a number"):
        tracking.get_run("nonsense")


def test_a_deleted_run_comes_back_with_its_children(registry):
    with tracking.start_run(), tracking.start_run(nested=True):
        pass
    tracking.delete_run(1)
    assert all(row["deleted_at"] for row in registry.rows("runs"))
    tracking.restore_run("#1")
    assert not any(row["deleted_at"] for row in registry.rows("runs"))


def test_tags_and_note_can_be_set_after_the_end(registry):
    with tracking.start_run() as run:
        pass
    run.set_tag("team", "y")
    run.set_note("later")
    view = tracking.get_run(1)
    assert (view.tags[0].value, view.run.note) == ("y", "later")


def test_a_run_ends_by_the_words_of_mlflow_and_by_no_other(registry):
    with tracking.start_run("churn") as run:
        with pytest.raises(UsageError, match="cannot end as 'done'; expected finished, failed"):
            tracking.end_run("done")
        tracking.end_run("FAILED")
    assert tracking.get_run(run.number).run.status == "failed"


def test_what_is_no_dict_is_refused_by_name(registry):
    with tracking.start_run("churn") as run:
        for log in (run.log_params, run.log_metrics, run.set_tags):
            with pytest.raises(ValueRefused, match="is str; expected a dict"):
                log("abc")
    with pytest.raises(UsageError, match="the experiment 5 is int; expected a name"):
        tracking.start_run(5)


TOKEN = "ghp_" + "16C7" * 9


def test_secrets_in_tags_and_notes_are_masked(registry, tmp_path):
    with tracking.start_run("churn", name=TOKEN, tags={"t": TOKEN}, note=f"with {TOKEN}") as run:
        run.set_tag("later", TOKEN)
    view = tracking.get_run(run.number)
    assert {tag.value for tag in view.tags} == {"***"}
    assert view.run.note == "with ***"
    assert view.run.name == "***"
    assert len([f for f in view.findings if f.code == "secret-masked"]) == 4
    run = tracking.start_run(run=run.number)
    run.set_note(f"now {TOKEN}")
    run.finish()
    assert tracking.get_run(run.number).run.note == "now ***"
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]


def test_the_run_of_a_tracked_cell_ends_with_the_cell(registry):
    with tracking.start_run("churn", kind="cell", cell_key="k") as run:
        tracking.end_run()
        assert run.is_open
        tracking.start_run("inside")
        tracking.end_run()
        assert tracking.active_run() is run
        tracking.log_metric("after", 1)
    assert tracking.get_run(run.number).run.status == "finished"
