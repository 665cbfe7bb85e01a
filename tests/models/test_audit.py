"""The audit: whatever is changed in the registry behind its back is found, and says what it is."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import UsageError
from mlops_jupyter.models import approving, audit, gates, usecases
from mlops_jupyter.store import SQLiteStore, events


@pytest.fixture
def lived(registry, churn, made):
    """A registry with a few of each event."""
    gates.put_gates("model: churn\ngates:\n  - owner\n")
    models.edit("churn:3", owner="ada")
    approving.request_approval("churn:3")
    approving.approve("churn:3", "good")
    models.set_alias("churn:2", "champion", override_reason="for a day")
    models.set_alias("churn:1", "fallback")
    models.delete_alias("churn", "fallback")
    models.archive("churn:1", "old")
    usecases.document_use_case("churn", owner="ada")
    return registry


def problems(anchor=None):
    return audit.verify_audit(anchor=anchor).problems


class Undone(Exception):
    """Takes back what a statement did."""


def problems_after(registry, statement):
    """Return the problems that a statement makes, and take it back."""
    try:
        with registry.atomic():
            assert registry.execute(statement).rowcount > 0, statement
            found = problems()
            raise Undone
    except Undone:
        return found


def test_a_registry_that_nobody_touched_is_whole(lived):
    report = audit.verify_audit()
    assert (report.is_whole, report.problems) == (True, ())
    assert report.n_events == 13
    assert report.head_hash == events.head(lived).hash
    assert report.first_at < report.last_at


def test_an_empty_registry_is_whole(registry):
    report = audit.verify_audit()
    assert (report.is_whole, report.n_events, report.head_hash, report.first_at) == (True, 0, "", None)


CHANGES = [
    "detail = replace(detail, 'for a day', 'for a year')",
    "user_name = 'eve'",
    "created_at = '2020-01-01T00:00:00.000000Z'",
    "kind = 'alias.touched'",
    "subject = 'churn:1'",
    "id = 'another'",
    "previous_hash = hash",
    "hash = 'f'",
    "detail = 'not json'",
]


def test_a_changed_event_is_found_whatever_was_changed(lived):
    seq = next(event.seq for event in events.read(lived) if "for a day" in event.detail)
    for change in CHANGES:
        found = problems_after(lived, f"UPDATE events SET {change} WHERE seq = {seq}")
        assert any(f"event {seq} " in problem for problem in found), (change, found)
    assert problems() == ()


def test_a_changed_event_with_a_hash_that_fits_does_not_follow(lived):
    from dataclasses import replace

    from mlops_jupyter.records import Event

    event = Event(**lived.rows("events", {"seq": 6})[0])
    forged = replace(event, user_name="eve")
    lived.update("events", {"user_name": "eve", "hash": events.hash_of(forged)}, {"seq": 6})
    assert "event 7 (" in problems()[0]
    assert "does not follow the event before it" in problems()[0]


def test_an_event_taken_out_is_found(lived):
    lived.execute("DELETE FROM events WHERE seq = 5")
    assert "event 5 is not there" in problems()
    lived.execute("DELETE FROM events WHERE seq IN (7, 8)")
    assert "events 7 to 8 are not there" in problems()


def test_the_first_event_taken_out_is_found(lived):
    lived.execute("DELETE FROM events WHERE seq = 1")
    assert problems()[0] == "event 1 is not there"


def test_events_in_another_order_are_found(lived):
    for old, new in ((4, 1000), (5, 4), (1000, 5)):
        lived.execute(f"UPDATE events SET seq = {new} WHERE seq = {old}")
    assert sum("does not fit its hash" in problem for problem in problems()) == 2
    assert any("does not follow" in problem for problem in problems())


def test_an_end_that_was_cut_off_is_found_by_its_counter_its_tables_and_an_anchor(lived):
    anchor = audit.verify_audit().head_hash
    lived.execute("DELETE FROM events WHERE seq > 8")
    assert "events 9 to 13 were cut off at the end" in problems()
    lived.execute("UPDATE counters SET value = 8 WHERE name = 'event'")
    left = problems()
    assert not any("cut off" in problem for problem in left)
    assert "churn:1 is archived, and its events say otherwise" in left
    assert "edition 1 of the usecase of churn stands in the table, and no event tells of it" in left
    # Whoever sets the tables back as well is found by what was kept elsewhere alone.
    lived.execute("UPDATE model_versions SET archived_at = NULL, archive_reason = NULL")
    lived.execute("DELETE FROM model_docs WHERE kind = 'usecase'")
    lived.execute("DELETE FROM model_aliases")
    row = json.loads(lived.rows("events", {"kind": "alias.moved"}, order="seq desc")[0]["detail"])
    lived.insert(
        "model_aliases",
        {
            "model_id": lived.rows("models")[0]["id"],
            "alias": row["alias"],
            "number": row["number"],
            "set_at": "2026-01-01T00:00:00.000000Z",
            "override_reason": row.get("override_reason"),
        },
    )
    assert problems() == ()
    found = problems(anchor[:12])
    assert found == (f"the anchor {anchor[:12]} is not in the chain: events were cut off or written anew",)


def test_an_anchor_that_is_in_the_chain_holds_while_events_are_added(lived):
    anchor = audit.verify_audit().head_hash
    models.edit("churn:2", note="more")
    report = audit.verify_audit(anchor=anchor)
    assert (report.is_whole, report.anchor) == (True, anchor)
    for wrong in ("abc", "no anchor at all", ""):
        with pytest.raises(UsageError, match="is no anchor; expected the head_hash of an earlier answer"):
            audit.verify_audit(anchor=wrong)


def test_a_chain_of_another_registry_does_not_fit(lived, tmp_path):
    other = SQLiteStore(tmp_path / "other")
    rows = lived.rows("events", order="seq")
    other.insert("events", *rows)
    other.insert("counters", {"name": events.COUNTER, "value": len(rows)})
    found = audit.verify_audit(other).problems
    other.close()
    assert "event 1 (model.registered, churn:1) does not follow the event before it" in found[0]


STATEMENTS = [
    (
        "UPDATE model_aliases SET number = 3",
        "churn@champion is version 3, and the last event about it says 2",
    ),
    ("DELETE FROM model_aliases", "churn@champion is gone, and the last event about it says version 2"),
    (
        "UPDATE model_aliases SET override_reason = NULL",
        "churn@champion has another reason for its override",
    ),
    ("UPDATE model_aliases SET alias = 'boss'", "churn@boss is version 2, and no event moved it there"),
    (
        "UPDATE model_versions SET object_hash = 'x' WHERE number = 2",
        "churn:2 has another file than when",
    ),
    (
        "UPDATE model_versions SET archived_at = NULL",
        "churn:1 is not archived, and its events say otherwise",
    ),
    ("UPDATE approvals SET decided_by = 'eve'", "says another answerer than event 7 (approval.approved"),
    (
        "UPDATE approvals SET state = 'rejected', reason = 'x'",
        "says another state and reason than event 7",
    ),
    ("UPDATE approvals SET requested_by = 'eve'", "says another author than event 7"),
    ("UPDATE approvals SET evidence_hash = 'x'", "says another evidence than event 7"),
    ("DELETE FROM approvals", "event 7 (approval.approved, churn:3) tells of a request that is gone"),
    ("UPDATE approvals SET id = 'x'", "stands in the table, and no event tells of it"),
    (
        "UPDATE model_docs SET document = '{}' WHERE kind = 'gates'",
        "edition 1 of the gates of churn says",
    ),
    ("DELETE FROM model_docs WHERE kind = 'gates'", "edition 1 of the gates of churn is gone"),
    ("UPDATE model_docs SET seq = 9 WHERE kind = 'gates'", "edition 9 of the gates of churn stands in"),
    (
        "UPDATE model_versions SET owner = 'eve' WHERE number = 3",
        "churn:3 says another owner than its events",
    ),
    (
        "UPDATE model_versions SET limits = 'none', user_name = 'eve', created_at = '2020' WHERE number = 2",
        "churn:2 says another time and author and limits than its events",
    ),
    ("UPDATE models SET name = 'better'", "better:1 stands in the table, and no event registered it"),
]


def test_a_table_that_says_something_else_than_its_events_is_found(lived):
    for statement, problem in STATEMENTS:
        found = problems_after(lived, statement)
        assert any(problem in one for one in found), (statement, found)
    assert problems() == ()


def test_a_registry_that_is_all_wrong_says_so_shortly(lived):
    lived.insert(
        "model_docs",
        *(
            {
                "model_id": lived.rows("models")[0]["id"],
                "kind": "gates",
                "seq": seq,
                "document": "{}",
                "created_at": "2026-01-01T00:00:00.000000Z",
            }
            for seq in range(100, 250)
        ),
    )
    found = problems()
    assert len(found) == 101
    assert found[-1] == "and 50 more"


def test_an_evaluation_that_was_changed_put_in_or_taken_out_is_found(lived, churn, evaluated):
    from mlops_jupyter.models import evaluating

    row = evaluated(churn[0].version)
    assert problems() == (f"the evaluation {row.id} stands in the table, and no event tells of it",)
    detail = {
        "evaluation_id": row.id,
        "report": row.object_hash,
        "model_hash": row.model_hash,
        "version_id": row.version_id,
        "value": row.primary_value,
    }
    with lived.atomic():
        events.append(lived, kind=evaluating.MADE, subject="churn:1", detail=detail)
    assert problems() == ()
    for statement, problem in (
        ("UPDATE evaluations SET primary_value = 0.99", "says another figure than its event"),
        ("UPDATE evaluations SET object_hash = 'x', model_hash = 'y'", "says another report and model than"),
        ("DELETE FROM evaluations", f"the evaluation {row.id} was made, and is not in the table"),
    ):
        assert problem in problems_after(lived, statement)[0]
