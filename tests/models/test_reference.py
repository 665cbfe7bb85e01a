"""What people call a version."""

from __future__ import annotations

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.models import reference


def number(registry, text):
    return reference.find_version(registry, text)[1].number


def test_name_number_alias_and_newest(registry, churn):
    models.set_alias("churn:1", "blue")
    for text in ("churn", " churn ", "churn:latest", "churn:3", "churn:v3"):
        assert number(registry, text) == 3, text
    for text in ("churn@blue", "churn:blue", "churn:1"):
        assert number(registry, text) == 1, text


def test_the_newest_is_none_that_was_archived(registry, churn):
    models.archive("churn:3", "worse")
    assert number(registry, "churn") == 2
    assert number(registry, "churn:3") == 3
    models.archive("churn:2", "worse")
    models.archive("churn:1", "worse")
    with pytest.raises(NotFoundError, match="every version of 'churn' is archived"):
        number(registry, "churn")


def test_a_name_that_looks_like_a_reference_goes_first(registry, made):
    registry.insert("models", {"id": "m", "name": "a:1", "created_at": "2026"})
    assert reference.find_model(registry, "a:1").id == "m"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("chrun", "there is no model 'chrun'; did you mean 'churn'"),
        ("zzz:3", "there is no model 'zzz'; there are churn"),
        ("churn:9", "there is no version 9 of 'churn'; the newest is churn:3"),
        ("churn@gold", "there is no churn@gold; it has no aliases"),
    ],
)
def test_what_does_not_exist_is_said(registry, churn, text, words):
    with pytest.raises(NotFoundError, match=words):
        reference.find_version(registry, text)


def test_an_alias_that_is_misspelled(registry, churn):
    models.set_alias("churn:1", "challenger")
    with pytest.raises(NotFoundError, match="did you mean 'challenger'"):
        reference.find_version(registry, "churn@chalenger")


def test_nothing_registered_says_how(registry):
    with pytest.raises(NotFoundError, match="no model is registered yet: register churn --run 12"):
        reference.find_model(registry, "churn")


@pytest.mark.parametrize("name", ["", "a:b", "a@b", "-x", "a\nb", "x" * 201, 3])
def test_names_that_cannot_be_one(name):
    with pytest.raises(UsageError, match="model's name"):
        reference.check_name(name)


def test_what_is_no_text_is_refused(registry):
    with pytest.raises(UsageError, match="of type int; expected a name such as churn"):
        reference.find_version(registry, 3)


def test_a_number_is_no_name_since_it_means_a_run():
    with pytest.raises(UsageError, match="'12' is a number, which means a run"):
        reference.check_name(" 12 ")
