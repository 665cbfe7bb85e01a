from __future__ import annotations

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import verbs
from mlops_jupyter.errors import NotFoundError, UsageError


@pytest.fixture
def three_runs(registry):
    for depth, auc in ((4, 0.7), (6, 0.8), (8, 0.75)):
        with mlops.start_run("churn", note=f"depth {depth}"):
            mlops.log_param("depth", depth)
            mlops.log_param("seed", 0)
            mlops.log_metric("auc", auc)
    return registry


def test_runs_are_listed_newest_first(three_runs):
    table = verbs.runs("churn")
    assert [view.run.number for view in table.runs] == [3, 2, 1]
    assert table.total == 3


def test_runs_are_filtered_sorted_and_cut(three_runs):
    table = verbs.runs("churn", filter="metrics.auc > 0.72", order="metrics.auc desc", limit=1)
    assert [view.run.number for view in table.runs] == [2]
    assert table.total == 2
    assert table.filter == "metrics.auc > 0.72"


def test_deleted_runs_and_children_come_with_all(three_runs):
    assert "restore" in verbs.delete(2).next_step
    assert [view.run.number for view in verbs.runs().runs] == [3, 1]
    assert [view.run.number for view in verbs.runs(all=True).runs] == [3, 2, 1]
    assert verbs.restore("#2").run.deleted_at is None
    assert verbs.runs().total == 3


def test_a_run_is_named_in_every_way_people_name_it(three_runs):
    for ref in (2, "2", "#2", "churn/2", verbs.show(2).run.id):
        assert verbs.show(ref).run.note == "depth 6"


def test_compare_needs_two_runs_and_shows_what_differs(three_runs):
    comparison = verbs.compare(1, "#3")
    assert {row.key: row.values for row in comparison.params if row.differs} == {"depth": ("4", "8")}
    with pytest.raises(UsageError, match="two or more"):
        verbs.compare(1)


def test_tags_and_note_of_an_ended_run(three_runs):
    view = verbs.tag(1, "team=x", "why=a=b")
    assert {tag.key: tag.value for tag in view.tags} == {"team": "x", "why": "a=b"}
    assert verbs.note(1, "too flat").run.note == "too flat"
    assert verbs.note(1, "").run.note is None
    for wrong in ([], ["team"], ["=x"]):
        with pytest.raises(UsageError, match="key=value"):
            verbs.tag(1, *wrong)
    with pytest.raises(NotFoundError, match="99"):
        verbs.tag(99, "team=x")


def test_status_says_where_why_and_how_much(three_runs):
    with mlops.start_run("churn"):
        status = verbs.status()
    assert status.registry == three_runs.url
    assert "MLOPS_REGISTRY" in status.reason
    assert (status.experiments, status.runs, status.running, status.active_run) == (1, 4, 1, 4)
    assert status.version == mlops.__version__


def test_query_reads_and_never_writes(three_runs):
    answer = verbs.query("select number from run_summaries order by number", limit=2)
    assert answer.rows == ((1,), (2,))
    assert answer.truncated
    with pytest.raises(UsageError):
        verbs.query("delete from runs")
    assert verbs.runs().total == 3


def test_limits_below_one_are_refused(registry):
    for ask in (lambda: verbs.runs(limit=0), lambda: verbs.query("select 1", limit=-1)):
        with pytest.raises(UsageError, match="1 or more"):
            ask()


def test_doctor_finds_nothing_wrong_and_a_backup_opens(three_runs, tmp_path):
    assert [check for check in verbs.doctor().checks if check.state == "error"] == []
    copy = verbs.backup(str(tmp_path / "copy"))
    assert copy.runs == 3
    assert verbs.runs(registry=copy.path).total == 3


def test_another_registry_is_another_registry(three_runs, tmp_path):
    (tmp_path / "other").mkdir()
    assert verbs.runs(registry=str(tmp_path / "other")).total == 0
    assert verbs.runs().total == 3
