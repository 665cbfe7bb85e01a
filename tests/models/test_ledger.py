"""The hold-out ledger: who looked at these rows before, with how many models, and what is left of a claim."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlops_jupyter as mlops
from mlops_jupyter import data
from mlops_jupyter.models import ledger as ledgers
from mlops_jupyter.models import trained_on
from mlops_jupyter.records import Estimate
from mlops_jupyter.tracking.refs import find_run

CLAIM = Estimate(0.80, 0.76, 0.84, n=500)


def rows(n=40, seed=1):
    random = np.random.default_rng(seed)
    return pd.DataFrame(random.normal(size=(n, 3)), columns=list("abc"))


def looked(test, models, *, role="test"):
    """Record a run that used some rows and kept some models."""
    with mlops.start_run("churn") as run:
        run.log_dataset(test, "X_test", role=role)
        for name, model in models.items():
            run.log_model(model, name)
    return run


def fitted(C):
    X = rows(30, seed=9)
    return LogisticRegression(C=C).fit(X, X["a"] > 0)


def asked(registry, test, **given):
    version = data.fingerprint(test).version
    return ledgers.ledger(registry, version.id, estimate=CLAIM, **given)


def test_nobody_looked(registry):
    found = asked(registry, rows())
    assert (found.n_uses, found.n_models, found.optimism) == (0, 1, None)
    assert found.estimate == CLAIM
    assert found.verdict == "No run or evaluation in this registry looked at these rows before."
    assert ledgers.finding(found) is None


def test_each_other_model_counts_once_and_the_same_one_not(registry):
    looked(rows(), {"one": fitted(1), "two": fitted(2)})
    looked(rows(), {"one": fitted(1)}, role="validation")
    looked(rows(), {"three": fitted(3)}, role="train")
    looked(rows(seed=2), {"four": fitted(4)})
    from mlops_jupyter.models import origins

    same = origins.of_object(registry, fitted(1)).object_hash
    found = asked(registry, rows(), model_hash=same)
    assert (found.n_uses, found.n_models) == (2, 2)
    assert {use.run_number for use in found.uses} == {1, 2}
    new = asked(registry, rows(), model_hash="0" * 64)
    assert new.n_models == 3
    assert new.estimate.low < CLAIM.low
    assert new.optimism > 0
    assert "best of 3" in new.verdict


def test_a_look_at_the_same_model_chose_nothing(registry):
    run = looked(rows(), {})
    found = asked(registry, rows(), run_id=run.id)
    assert (found.n_uses, found.n_models) == (1, 1)
    assert found.verdict == "1 earlier look at these rows, all at this model: nothing was chosen by them."


def test_a_deleted_run_looked_too(registry):
    run = looked(rows(), {})
    mlops.delete_run(run.number)
    assert asked(registry, rows()).n_models == 2


def test_many_models_are_a_warning(registry):
    for _ in range(5):
        looked(rows(), {})
    finding = ledgers.finding(asked(registry, rows()))
    assert (finding.code, finding.severity) == ("holdout_reused", "warning")
    assert "6 models were scored on them, this one included" in finding.message


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (rows(20, seed=5), ("error", "X_test is what the model was fitted on")),
        (rows(20, seed=5).head(12), ("error", "12 of 12 rows of X_test also stand in X")),
        (pd.concat([rows(20, seed=5).head(3), rows(17, seed=6)]), ("warning", "3 of 20 rows of X_test")),
        (rows(20, seed=7), None),
    ],
    ids=["the same", "a part", "some", "none"],
)
def test_rows_that_were_trained_on_are_found_by_their_hashes(registry, test, said):
    with mlops.start_run("churn") as run:
        run.log_dataset(rows(20, seed=5), "X", role="train")
    found = trained_on.overlaps(registry, find_run(registry, run.id), data.fingerprint(test), "X_test")
    if said is None:
        assert found == ()
    else:
        assert found[0].severity == said[0]
        assert found[0].message.startswith(said[1])
