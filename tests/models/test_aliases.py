"""Aliases: which version a word points to, and the memory of every move."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import GatesFailed, NotFoundError, UsageError
from mlops_jupyter.store import events


def moves(registry):
    return [
        (event.subject, json.loads(event.detail)["previous"])
        for event in events.read(registry, kinds=["alias.moved"])
    ]


def test_an_alias_moves_and_is_remembered(registry, churn):
    first = models.set_alias("churn:1", "challenger")
    second = models.set_alias("churn", "@challenger")
    assert (first.number, first.previous) == (1, None)
    assert (second.number, second.previous) == (3, 1)
    assert moves(registry) == [("churn:1", None), ("churn:3", 1)]
    assert models.version("churn@challenger").aliases == ("challenger",)


def test_the_same_move_again_is_nothing_new(registry, churn):
    models.set_alias("churn:1", "challenger")
    assert models.set_alias("churn:1", "challenger").previous == 1
    assert len(moves(registry)) == 1


def test_a_protected_alias_that_points_there_already_asks_no_gates(registry, churn):
    moved = models.set_alias("churn:1", "champion", override_reason="the first one")
    assert (moved.previous, moved.override_reason, moved.report.override.kind) == (
        None, "the first one", "alias.moved",
    )  # fmt: skip
    assert models.set_alias("churn:1", "champion").previous == 1
    with pytest.raises(GatesFailed):
        models.set_alias("churn:2", "champion")
    assert models.version("churn@champion").overrides == (moved.report.override,)


def test_an_alias_is_taken_away_and_remembered(registry, churn):
    models.set_alias("churn:2", "challenger")
    models.delete_alias("churn", "challenger")
    assert models.version("churn:2").aliases == ()
    (event,) = events.read(registry, kinds=["alias.removed"])
    assert (event.subject, json.loads(event.detail)) == ("churn:2", {"alias": "challenger", "number": 2})
    with pytest.raises(NotFoundError, match="there is no churn@challenger; its aliases: none"):
        models.delete_alias("churn", "challenger")


@pytest.mark.parametrize("alias", ["3", "v3", "latest", "a b", "", "x:y"])
def test_words_that_cannot_be_an_alias(registry, churn, alias):
    with pytest.raises(UsageError, match="cannot be an alias"):
        models.set_alias("churn:1", alias)


def test_an_archived_version_gets_no_alias(registry, churn):
    models.archive("churn:1", "too old")
    with pytest.raises(UsageError, match=r"churn:1 is archived \(too old\); unarchive it first"):
        models.set_alias("churn:1", "challenger")


def test_register_with_an_alias(registry, made):
    assert models.register("churn", model=made(), alias="challenger").aliases == ("challenger",)


def test_register_with_a_protected_alias_keeps_the_version_and_says_why(registry, made):
    with pytest.raises(GatesFailed, match="churn:1 is registered; churn:1 may not become @champion"):
        models.register("churn", model=made(), alias="champion")
    assert models.version("churn:1").aliases == ()
