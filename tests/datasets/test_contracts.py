from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter import data, datasets
from mlops_jupyter.errors import NotFoundError, UsageError


def people(rows=500, seed=1, **more):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "age": random.integers(18, 90, rows),
            "country": random.choice(["de", "fr", "it"], rows),
            **more,
        }
    )


@pytest.fixture(scope="module")
def versions(made_once):
    def fill(store):
        for seed in (1, 2, 3):
            datasets.save(people(seed=seed), "people", registry=store)

    return made_once(fill)


@pytest.fixture
def saved(versions, copied):
    return copied(versions)


def test_a_contract_is_learned_from_all_versions_and_proposed(saved):
    view = datasets.infer_contract("people", note="first")
    assert (view.ref, view.contract.state, view.contract.note) == ("people:1", "proposed", "first")
    assert view.doc.learned_from == ("people:1", "people:2", "people:3")
    assert sum(bool(rule.reason) for rule in view.doc.rules) > 5
    assert datasets.contract("people").text == view.text


def test_the_same_contract_again_is_no_new_edition(saved):
    view = datasets.infer_contract("people")
    assert datasets.put_contract(view.text).ref == "people:1"
    assert datasets.put_contract(view.text + "# a comment\n").ref == "people:2"
    assert [one.number for one in datasets.editions("people")] == [2, 1]


def test_one_contract_is_accepted_and_the_one_before_retired(saved):
    text = datasets.infer_contract("people").text
    datasets.put_contract(text + "# second\n")
    assert datasets.contract("people").ref == "people:2"
    assert datasets.accept_contract("people:1", note="good").contract.accepted_by
    assert datasets.contract("people").ref == "people:1"
    assert datasets.accept_contract("people").ref == "people:2"
    assert [one.state for one in datasets.editions("people")] == ["accepted", "retired"]
    with pytest.raises(NotFoundError, match="there is no contract 7 of 'people'; the newest is 2"):
        datasets.accept_contract("people:7")


def test_data_that_nobody_saved_get_a_contract_that_is_only_text(registry):
    view = datasets.infer_contract(datasets.Given(people(), "people"))
    assert (view.contract, view.doc.dataset) == (None, "people")
    assert datasets.contract_views() == ()


def test_two_editions_are_compared(saved):
    text = datasets.infer_contract("people").text
    with pytest.raises(UsageError, match="has 1 contract; name two"):
        datasets.diff_contracts("people")
    datasets.put_contract(text.replace("type: integer", "type: float", 1))
    found = datasets.diff_contracts("people")
    assert (found.before, found.after) == ("people:1 (proposed)", "people:2 (proposed)")
    assert len(found.rules) == 1


def test_a_contract_that_cannot_be_read_is_refused_with_its_line(saved):
    with pytest.raises(UsageError, match="line"):
        datasets.put_contract("dataset: people\nrules: [")
    assert datasets.editions("people") == ()


def test_the_contract_that_applies_is_found_by_content_name_and_source(saved, tmp_path):
    path = tmp_path / "delivery.csv"
    people(seed=4).to_csv(path, index=False)
    datasets.save(str(path), "people")
    later = data.fingerprint(people(seed=9)).version
    assert datasets.contract_for(later, "people") is None
    datasets.infer_contract("people")
    assert datasets.contract_for(later, "people") is None
    datasets.accept_contract("people")
    assert datasets.contract_for(data.fingerprint(people(seed=2)).version, "anything").ref == "people:1"
    assert datasets.contract_for(later, "people").ref == "people:1"
    assert datasets.contract_for(later, "df", str(path)).ref == "people:1"
    assert datasets.contract_for(later, "df") is None
    other = data.fingerprint(pd.DataFrame({"x": [1, 2], "y": [3, 4]})).version
    assert datasets.contract_for(other, "people") is None
