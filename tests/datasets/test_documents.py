from __future__ import annotations

import pandas as pd
import pytest

from mlops_jupyter import datasets
from mlops_jupyter.errors import NotFoundError, UsageError


@pytest.fixture
def churn(registry):
    datasets.save(pd.DataFrame({"tenure": [1, 2], "email": ["a@b.de", "c@d.de"]}), "churn")
    return registry


def test_every_column_has_an_entry_before_anybody_wrote_one(churn):
    doc = datasets.read_doc("churn")
    assert [column.name for column in doc.columns] == ["tenure", "email"]
    assert doc.owner == ""


def test_a_change_leaves_all_else_and_each_is_an_edition(churn):
    datasets.document("churn", owner="ada", columns={"tenure": "months since the first contract"})
    doc = datasets.document("churn", columns={"tenure": {"unit": "months"}}, key="tenure, email")
    tenure = doc.columns[0]
    assert (doc.owner, tenure.meaning, tenure.unit) == ("ada", "months since the first contract", "months")
    assert doc.key == ("tenure", "email")
    assert datasets.document("churn", owner="ada") == doc
    assert len(churn.rows("dataset_docs")) == 2


def test_a_document_survives_yaml(churn):
    doc = datasets.document("churn", description="Who left: ‘yes’ # or no", owner="ada", key=["tenure"])
    text = datasets.doc_to_yaml(doc)
    datasets.document("churn", description="", owner="", key=[])
    assert datasets.document("churn", **datasets.doc_from_yaml(text)) == doc


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ownr": "ada"}, "did you mean 'owner'"),
        ({"columns": {"tenur": "x"}}, "churn has no column 'tenur'; did you mean 'tenure'"),
        ({"columns": {"tenure": {"units": "x"}}}, "did you mean 'unit'"),
        ({"columns": ["tenure"]}, "expected names and what they mean"),
        ({"sensitivity": "very"}, "none of public, internal, personal, secret"),
        ({"target": "churned"}, "the target 'churned' is no column"),
    ],
)
def test_what_does_not_exist_is_named_with_the_nearest(churn, changes, said):
    with pytest.raises(UsageError, match=said):
        datasets.document("churn", **changes)
    assert churn.rows("dataset_docs") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("owner: [", "line 1"),
        ("- a\n- b", "is list"),
        ("x" * 2_000_000, "characters"),
        ("a: !!python/none x", "YAML"),
    ],
)
def test_a_file_that_is_no_document_is_refused_with_its_line(text, said):
    with pytest.raises(UsageError, match=said):
        datasets.doc_from_yaml(text)


def test_a_dataset_that_does_not_exist_is_named(churn):
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        datasets.document("chrun", owner="ada")


def test_saving_writes_the_document_too(registry):
    datasets.save(pd.DataFrame({"x": [1]}), "numbers", doc="Some numbers.")
    assert datasets.history("numbers").doc.description == "Some numbers."
    assert datasets.table().datasets[0].description == "Some numbers."
