"""Approvals: who may answer, on which evidence, and what moves."""

from __future__ import annotations

import threading

import pytest

from mlops_jupyter import models
from mlops_jupyter.display import gates as shown
from mlops_jupyter.errors import GatesFailed, NotFoundError, UsageError
from mlops_jupyter.models import approving, gates
from mlops_jupyter.store import events

GATES = "model: churn\ngates:\n  - owner\n"


@pytest.fixture
def person(monkeypatch):
    """A function that says who sits at the keyboard."""

    def become(name):
        monkeypatch.setenv("MLOPS_USER", name)

    become("ada")
    return become


@pytest.fixture
def ready(churn, person):
    """Three versions with an owner, so that the one gate passes."""
    gates.put_gates(GATES)
    for number in (1, 2, 3):
        models.edit(f"churn:{number}", owner="ada")


def kinds(registry):
    return [event.kind for event in events.read(registry) if event.kind.startswith("approval")]


def test_a_request_is_approved_and_the_alias_moves(registry, ready, person):
    asked = approving.request_approval("churn:3", note="two months of data")
    assert (asked.approval.state, asked.approval.requested_by) == ("requested", "ada")
    assert asked.report.passed
    with pytest.raises(GatesFailed, match=r"the request of ada of .* waits; next: approve churn:3"):
        models.set_alias("churn:3", "champion")
    person("ben")
    answered = approving.approve("churn:3", "looked at the slices")
    assert (answered.is_moved, answered.moved_from) == (True, None)
    assert (answered.approval.decided_by, answered.approval.reason) == ("ben", "looked at the slices")
    view = models.version("churn@champion")
    assert view.version.number == 3
    assert view.approvals == (answered.approval,)
    assert kinds(registry) == ["approval.requested", "approval.approved"]


def test_an_approval_without_a_move_lets_the_alias_move_later(ready):
    with pytest.raises(GatesFailed, match=r"nobody approved it; next: request-approval churn:3 --alias"):
        models.set_alias("churn:3", "champion")
    approving.request_approval("churn:3")
    approving.approve("churn:3", "good", move=False)
    moved = models.set_alias("churn:3", "champion")
    assert moved.approval.reason == "good"


def test_an_approval_holds_for_its_version_and_alias_alone(ready):
    gates.put_gates(GATES + "protected: [champion, production]\n")
    approving.request_approval("churn:3")
    approving.approve("churn:3", "good", move=False)
    for ref, alias in (("churn:2", "champion"), ("churn:3", "production")):
        with pytest.raises(GatesFailed, match="nobody approved it"):
            models.set_alias(ref, alias)


def test_without_the_gates_nothing_is_asked_for(churn, person):
    gates.put_gates(GATES)
    with pytest.raises(GatesFailed, match="no owner; next: models edit churn:3 --owner NAME"):
        approving.request_approval("churn:3")
    assert approving.approvals("churn").lines == ()


def test_where_the_evidence_changed_it_is_asked_for_again(ready):
    approving.request_approval("churn:3")
    models.edit("churn:3", owner="somebody else")
    with pytest.raises(GatesFailed, match="the evidence of churn:3 changed since ada asked"):
        approving.approve("churn:3", "good")
    again = approving.request_approval("churn:3")
    approving.approve("churn:3", "good", move=False)
    states = [line.approval.state for line in approving.approvals("churn").lines]
    assert sorted(states) == ["approved", "withdrawn"]
    models.edit("churn:3", owner="ada")
    assert "approved, but the evidence changed since" in shown.text(gates.check("churn:3"))
    with pytest.raises(GatesFailed, match="the evidence changed since ada approved it"):
        models.set_alias("churn:3", "champion")
    assert again.approval.evidence_hash is not None


def test_other_gates_and_another_champion_are_other_evidence(ready):
    approving.request_approval("churn:3")
    gates.put_gates("model: churn\ngates:\n  - owner\n  - owner\n")
    with pytest.raises(GatesFailed, match="changed since"):
        approving.approve("churn:3", "good")
    approving.request_approval("churn:3")
    models.set_alias("churn:2", "champion", override_reason="for now")
    with pytest.raises(GatesFailed, match="changed since"):
        approving.approve("churn:3", "good")


def test_a_gate_that_fails_by_now_stops_the_approval(ready):
    approving.request_approval("churn:3")
    models.edit("churn:3", owner="")
    with pytest.raises(GatesFailed, match="no owner"):
        approving.approve("churn:3", "good")


def test_the_same_request_again_is_no_new_one(registry, ready):
    first, second = approving.request_approval("churn:3"), approving.request_approval("churn:3")
    assert first.approval == second.approval
    assert kinds(registry) == ["approval.requested"]


def test_four_eyes_are_two_people(ready, person):
    gates.put_gates(GATES + "four_eyes: true\n")
    approving.request_approval("churn:3")
    with pytest.raises(UsageError, match="ada asked for this, and the gates of churn want four eyes"):
        approving.approve("churn:3", "good")
    person("ben")
    assert approving.approve("churn:3", "good").is_moved


def test_only_approvers_answer(ready, person):
    gates.put_gates(GATES + "approvers: [ben, cy]\n")
    approving.request_approval("churn:3")
    for answer in (approving.approve, approving.reject):
        with pytest.raises(UsageError, match="ada is no approver of churn; ben, cy may answer"):
            answer("churn:3", "good")
    person("cy")
    assert approving.reject("churn:3", "too new").approval.decided_by == "cy"


def test_a_rejection_is_kept_and_stops_the_move(registry, ready, person):
    approving.request_approval("churn:3")
    person("ben")
    rejected = approving.reject("churn:3", "worse at night")
    assert rejected.approval.state == "rejected"
    with pytest.raises(GatesFailed, match="ben rejected it: worse at night; next: request-approval churn:3"):
        models.set_alias("churn:3", "champion")
    with pytest.raises(NotFoundError, match="the last one was rejected by ben; next: request-approval"):
        approving.approve("churn:3", "good")
    # An override is no approval: nobody who rejected it is said to have approved.
    moved = models.set_alias("churn:3", "champion", override_reason="the old one is down")
    assert moved.approval is None
    assert '"approved_by"' not in events.read(registry, kinds=["alias.moved"])[0].detail


def test_one_takes_back_ones_own_request(ready, person):
    approving.request_approval("churn:3")
    person("ben")
    with pytest.raises(UsageError, match="ada asked for this and may withdraw it"):
        approving.withdraw("churn:3")
    person("ada")
    assert approving.withdraw("churn:3").approval.state == "withdrawn"
    with pytest.raises(GatesFailed, match="nobody approved it"):
        models.set_alias("churn:3", "champion")


def test_answers_need_a_request_and_a_reason(ready):
    with pytest.raises(NotFoundError, match="nobody asked for churn:3 to become @champion; next: request"):
        approving.approve("churn:3", "good")
    approving.request_approval("churn:3")
    for reason in ("", "  ", None):
        with pytest.raises(UsageError, match="an answer needs a reason"):
            approving.approve("churn:3", reason)
    with pytest.raises(UsageError, match="reason is of type int; expected text"):
        approving.reject("churn:3", 3)


def test_an_archived_version_is_not_asked_for(ready):
    models.archive("churn:1", "too old")
    with pytest.raises(UsageError, match=r"churn:1 is archived \(too old\)"):
        approving.request_approval("churn:1")


def test_the_list_has_what_waits_first(ready):
    for number in (1, 2, 3):
        approving.request_approval(f"churn:{number}")
    approving.reject("churn:2", "no")
    table = approving.approvals()
    assert [(line.ref, line.approval.state) for line in table.lines] == [
        ("churn:1", "requested"), ("churn:3", "requested"), ("churn:2", "rejected"),
    ]  # fmt: skip
    assert table.waiting == 2
    short = approving.approvals("churn", waiting=True, limit=1)
    assert ([line.ref for line in short.lines], short.waiting) == (["churn:1"], 2)
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        approving.approvals("chrun")


def test_two_answers_at_once_are_one_answer(registry, ready):
    approving.request_approval("churn:3")
    said, start = [], threading.Barrier(2)

    def answer(how):
        start.wait()
        try:
            said.append(how("churn:3", "because").approval.state)
        except NotFoundError as error:
            said.append(type(error).__name__)

    threads = [threading.Thread(target=answer, args=(how,)) for how in (approving.approve, approving.reject)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) in (["NotFoundError", "approved"], ["NotFoundError", "rejected"])
    assert len(kinds(registry)) == 2
