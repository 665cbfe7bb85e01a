"""What people say about versions; putting them away."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.store import events


def test_words_are_set_and_remembered_with_what_stood_before(registry, churn):
    models.edit("churn:1", owner="ann", description="who leaves")
    view = models.edit("churn:1", owner="bob", limits="not for companies")
    assert (view.version.owner, view.version.limits) == ("bob", "not for companies")
    assert models.view("churn").model.description == "who leaves"
    changes = [(one.subject, json.loads(one.detail)) for one in events.read(registry, kinds=["model.edited"])]
    assert changes[0] == ("churn:1", {"before": {"owner": None}, "after": {"owner": "ann"}})
    assert changes[1] == ("churn", {"before": {"description": None}, "after": {"description": "who leaves"}})
    assert changes[2][1]["before"] == {"limits": None, "owner": "ann"}


def test_empty_text_takes_a_word_away_and_equal_text_is_no_event(registry, churn):
    models.edit("churn:1", owner="ann")
    models.edit("churn:1", owner="ann")
    assert models.edit("churn:1", owner="").version.owner is None
    assert len(events.read(registry, kinds=["model.edited"])) == 2


def test_nothing_to_change_and_what_is_no_text(registry, churn):
    with pytest.raises(UsageError, match="nothing to change is given"):
        models.edit("churn:1")
    with pytest.raises(UsageError, match="owner is of type int; expected text"):
        models.edit("churn:1", owner=3)
    with pytest.raises(UsageError, match="note has 20,000 characters; at most 10,000"):
        models.edit("churn:1", note="x" * 20_000)
    with pytest.raises(NotFoundError):
        models.edit("chrn:1", owner="ann")


def test_archive_and_back(registry, churn):
    view = models.archive("churn:2", "replaced")
    assert view.version.archive_reason == "replaced"
    assert view.version.archived_at
    assert models.unarchive("churn:2").version.archived_at is None
    kinds = [event.kind for event in events.read(registry, "churn:2")]
    assert kinds == ["model.registered", "version.archived", "version.unarchived"]
    with pytest.raises(UsageError, match="churn:2 is not archived"):
        models.unarchive("churn:2")


def test_archiving_needs_a_reason_and_no_alias(registry, churn):
    with pytest.raises(UsageError, match="archiving needs a reason"):
        models.archive("churn:1", " ")
    models.set_alias("churn:1", "challenger")
    with pytest.raises(UsageError, match="churn:1 is @challenger; point that to another version first"):
        models.archive("churn:1", "old")
