"""The memory of a model: reigns, and what held at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mlops_jupyter import config, models
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.models import approving, gates, memory, past


@pytest.fixture
def clock(monkeypatch):
    """A function that says which time it is: a day of 2026, in UTC."""

    def turn(month, day, hour=12):
        moment = datetime(2026, month, day, hour, tzinfo=UTC)
        ticks = iter(range(10**6))  # no two events at one time

        def now():
            return (moment + timedelta(microseconds=next(ticks))).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

        monkeypatch.setattr(config, "now", now)

    monkeypatch.setenv("TZ", "UTC")
    return turn


@pytest.fixture
def lived(registry, made, clock, monkeypatch, evaluated):
    """A model with a life: two champions, one approved and one forced, and words that changed."""
    monkeypatch.setenv("MLOPS_USER", "ada")
    clock(1, 10)
    first = models.register("churn", model=made(1.0), owner="ada")
    gates.put_gates("model: churn\ngates:\n  - owner\n")
    evaluated(first.version, 0.8)
    approving.request_approval("churn:1")
    clock(1, 20)
    monkeypatch.setenv("MLOPS_USER", "ben")
    approving.approve("churn:1", "the first that helps")
    clock(2, 10)
    monkeypatch.setenv("MLOPS_USER", "ada")
    models.register("churn", model=made(2.0))
    models.edit("churn:1", owner="cy", note="old by now")
    evaluated(first.version, 0.7)
    clock(3, 1)
    models.set_alias("churn:2", "champion", override_reason="new tariffs")
    models.set_alias("churn:1", "fallback")
    clock(4, 1)
    models.delete_alias("churn", "fallback")
    models.archive("churn:1", "replaced")
    clock(5, 1)


def test_reigns_say_who_moved_who_approved_and_why(lived):
    reigns = memory.history("churn").reigns
    said = [(one.alias, one.number, one.since[5:10], (one.until or "now")[5:10]) for one in reigns]
    assert said == [
        ("champion", 1, "01-20", "03-01"), ("champion", 2, "03-01", ""), ("fallback", 1, "03-01", "04-01"),
    ]  # fmt: skip
    first, second, _ = reigns
    assert (first.moved_by, first.approved_by, first.reason) == ("ben", "ben", "the first that helps")
    assert (second.approved_by, second.override_reason) == (None, "new tariffs")


def test_events_are_newest_first_and_counted(lived):
    found = memory.history("churn", limit=2)
    assert [event.kind for event in found.events] == ["version.archived", "alias.removed"]
    everything = memory.history("churn:2")
    assert found.total == len(everything.events) == everything.events[0].seq
    assert found.then == ()


def test_a_moment_shows_what_was_known_then(lived):
    found = memory.history("churn", "2026-01-31")
    assert found.at == "2026-01-31T23:59:59.999999Z"
    ((alias, view),) = found.then
    assert (alias, view.version.number, view.aliases) == ("champion", 1, ("champion",))
    assert (view.version.owner, view.version.note) == ("ada", None)
    assert [one.primary_value for one in view.evaluations] == [0.8]
    assert view.evaluation.primary.estimate.value == 0.8
    assert view.gates.passed
    assert (view.approvals[0].state, view.approvals[0].decided_by) == ("approved", "ben")
    assert found.reigns[-1].until is None
    assert all(event.created_at <= found.at for event in found.events)
    assert found.used_where == ("churn:1 evaluated on data without a name on 2026-01-10 by ada",)


def test_what_changed_later_is_undone_and_what_held_is_kept(lived):
    ((_, view),) = memory.history("churn", "2026-02-15").then
    assert (view.version.owner, view.version.note) == ("cy", "old by now")
    assert [one.primary_value for one in view.evaluations] == [0.7, 0.8]
    then = dict(memory.history("churn", "2026-03-02").then)
    assert {alias: one.version.number for alias, one in then.items()} == {"champion": 2, "fallback": 1}
    assert then["fallback"].version.archived_at is None
    assert [one.user_name for one in then["champion"].overrides] == ["ada"]


def test_an_answer_that_came_later_was_waited_for(registry, lived):
    found = memory.history("churn", "2026-01-15")
    assert found.then == ()
    model = models.find_model(registry, "churn")
    early = past.as_of(registry, model, models.version("churn:1").version, found.at, ())
    assert [(one.state, one.reason) for one in early.approvals] == [("requested", None)]
    assert early.gates.approval == early.approvals[0]
    assert next(event.kind for event in found.events) == "approval.requested"


def test_a_moment_is_a_date_or_a_time_that_has_come(lived):
    before = memory.history("churn", "2026-01-20T11:59")
    after = memory.history("churn", datetime(2026, 1, 20, 12, 1, tzinfo=UTC))
    assert (before.then, len(after.then)) == ((), 1)
    assert memory.history("churn", "2026-05-01").at.startswith("2026-05-01T12:00:00")
    with pytest.raises(UsageError, match="2027-01-01 lies ahead; the memory goes up to now"):
        memory.history("churn", "2027-01-01")
    with pytest.raises(UsageError, match="'yesterday' is no time"):
        memory.history("churn", "yesterday")


def test_a_model_of_a_like_name_has_a_memory_of_its_own(lived, made):
    models.register("churn-2", model=made(3.0))
    assert memory.history("churn-2").total == 1
    assert all(event.subject.split(":")[0] == "churn" for event in memory.history("churn").events)
    with pytest.raises(NotFoundError, match="there is no model 'chrun'"):
        memory.history("chrun")
