"""A model's whole life, on real data: evaluated, refused, approved, replaced, remembered."""

from __future__ import annotations

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import GatesFailed

pytestmark = pytest.mark.slow


@pytest.fixture
def rows():
    """Tumours: what to train on and what to hold out."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import train_test_split

    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return train_test_split(X, y, test_size=0.5, random_state=0, stratify=y)


def test_a_challenger_goes_through_the_gates(registry, rows, monkeypatch):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    X, X_test, y, y_test = rows
    good = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y)
    better = make_pipeline(StandardScaler(), LogisticRegression(C=0.3)).fit(X, y)
    few = {"n_bootstrap": 200, "find_slices": False}

    models.register("tumour", model=good, X=X, y=y, owner="ada")
    with pytest.raises(GatesFailed, match="evaluated on data it was not trained on: not evaluated"):
        models.request_approval("tumour:1")
    models.evaluate("tumour:1", X_test, y_test, **few)
    report = models.check_gates("tumour:1")
    assert report.passed, [(one.asked, one.found) for one in report.results if one.state != "passed"]
    models.request_approval("tumour:1")
    monkeypatch.setenv("MLOPS_USER", "ben")
    assert models.approve("tumour:1", "the first that helps").is_moved

    models.register("tumour", model=stump, X=X, y=y, owner="ada")
    models.evaluate("tumour:2", X_test, y_test, baseline="tumour@champion", **few)
    with pytest.raises(GatesFailed, match="not worse than tumour:1 beyond noise: worse by"):
        models.request_approval("tumour:2")

    models.register("tumour", model=better, X=X, y=y, owner="ada")
    models.evaluate("tumour:3", X_test, y_test, baseline="tumour@champion", **few)
    models.request_approval("tumour:3")
    approved = models.approve("tumour:3", "as good, and calmer")
    assert (approved.is_moved, approved.moved_from) == (True, 1)

    found = models.history("tumour")
    assert [(one.number, one.approved_by) for one in found.reigns] == [(1, "ben"), (3, "ben")]
    audit = models.verify_audit()
    assert (audit.is_whole, audit.problems) == (True, ())
