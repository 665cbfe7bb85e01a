"""What is said of params between two attempts: defaults come and go with their estimator."""

from __future__ import annotations

from mlops_jupyter.records import Param
from mlops_jupyter.tracking.changes import changed_params


def params(**given):
    return [Param("r", key, 1, value, "int", source) for key, (value, source) in given.items()]


def test_defaults_of_another_estimator_are_no_news():
    before = params(verbose=("0", "default"), C=("1.0", "default"), depth=("3", "estimator"))
    after = params(verbose=("False", "default"), degree=("2", "default"), depth=("4", "estimator"))
    assert [change.key for change in changed_params(before, after)] == ["depth"]


def test_a_default_that_somebody_chose_or_gave_up_is_news():
    before = params(C=("1.0", "default"), tol=("0.1", "estimator"))
    after = params(C=("3", "estimator"), tol=("0.001", "default"))
    assert [(c.key, c.before, c.after) for c in changed_params(before, after)] == [
        ("C", "1.0", "3"),
        ("tol", "0.1", "0.001"),
    ]
