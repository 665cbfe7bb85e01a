from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlops_jupyter as mlops
from mlops_jupyter import datasets
from mlops_jupyter.datasets import reference
from mlops_jupyter.errors import NotFoundError, UsageError


@pytest.fixture(scope="module")
def versions(made_once):
    def fill(store):
        for rows in (3, 4, 5):
            datasets.save(pd.DataFrame({"tenure": range(rows)}), "churn-train", registry=store)
        datasets.set_alias("churn-train:2", "gold", registry=store)

    return made_once(fill)


@pytest.fixture
def churn(versions, copied):
    return copied(versions)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("churn-train", 3),
        ("churn-train:latest", 3),
        ("churn-train:1", 1),
        ("churn-train:v1", 1),
        ("churn-train@gold", 2),
        ("churn-train:gold", 2),
        (" churn-train:3 ", 3),
    ],
)
def test_a_version_is_named_in_every_way_people_name_it(churn, text, number):
    found = reference.find(churn, text)
    assert (found.label, found.saved.number) == (f"churn-train:{number}", number)


def test_a_version_is_found_by_its_id_and_the_beginning_of_it(churn):
    version = reference.find(churn, "churn-train:2").version
    for text in (version.id, version.id[:14], version.id.removeprefix("mj1:")[:10]):
        assert reference.find(churn, text).label == "churn-train:2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chrun-train", "there is no dataset 'chrun-train'; did you mean 'churn-train'?"),
        ("churn-train:9", "there is no version 9 of 'churn-train'; the newest is churn-train:3"),
        ("churn-train@golden", "there is no churn-train@golden; did you mean 'gold'?"),
        ("churn-train@x", "its aliases are gold"),
        ("mj1:0123456789", "there is no version with the id 'mj1:0123456789'"),
        ("weather", "there are churn-train"),
    ],
)
def test_what_does_not_exist_is_said_with_what_does(churn, text, said):
    with pytest.raises(NotFoundError) as caught:
        reference.find(churn, text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_registry_says_how_to_save(registry):
    with pytest.raises(NotFoundError, match="nothing is saved yet: data save df"):
        datasets.load("churn")


def test_data_that_a_run_used_are_found_by_their_name_there(registry):
    with mlops.start_run("churn"):
        mlops.log_dataset(pd.DataFrame({"x": [1, 2]}), "X_train", role="train")
    found = reference.find(registry, "X_train")
    assert (found.label, found.version.n_rows, found.saved) == ("X_train", 2, None)
    with pytest.raises(NotFoundError, match="not kept, only its fingerprint; data save keeps"):
        datasets.load("X_train")
    with pytest.raises(NotFoundError, match="was used by runs and not saved"):
        datasets.set_alias("X_train", "gold")


@given(st.text(max_size=40))
def test_any_text_is_a_reference_and_none_breaks_the_parser(text):
    found = reference.parse(text)
    assert found.name == text or text.startswith(found.name)
    assert found.number is None or found.alias is None


@pytest.mark.parametrize("name", ["", "  ", "a:b", "a@b", "a\\b", "--name", "a\nb", "x" * 201])
def test_names_that_a_reference_could_not_tell_are_refused(name):
    with pytest.raises(UsageError):
        reference.check_name(name)


@pytest.mark.parametrize("alias", ["3", "v3", "latest", "Latest", "", "a b", "ä:", "@"])
def test_words_that_mean_something_else_are_no_aliases(alias):
    with pytest.raises(UsageError, match="cannot be an alias"):
        reference.check_alias(alias)
