"""Rows that nobody kept, made again by the recipe: the very same, or none."""

from __future__ import annotations

import pytest

from mlops_jupyter import data
from mlops_jupyter.errors import NotFoundError
from mlops_jupyter.lineage.remaking import remade_rows, some_rows
from mlops_jupyter.records import Run
from mlops_jupyter.tracking import start_run

CELLS = (
    "import numpy as np",
    "X = np.random.default_rng(0).normal(size=(500, 3))",
    "%%track churn\ndef part(table):\n    return table[::2]\nmodel = part(X).mean()",
)


def content(values):
    return data.fingerprint(values).version.id


@pytest.mark.slow
def test_data_of_a_run_come_back_where_they_are_the_same(session):
    session.run(*CELLS)
    names = session.shell.user_ns
    run = Run(**session.store.rows("runs", {"number": 1})[0])
    wanted = {"X": content(names["X"]), "part(X)": content(names["X"][::2])}
    others = {"X + 1": content(names["X"]), "gone": "mj1:0", "no expression(": "mj1:1"}
    found = remade_rows(session.store, run, wanted | others, n=5)
    assert sorted(found) == sorted(wanted.values())
    assert (found[wanted["X"]] == names["X"][[0, 125, 250, 374, 499]]).all()
    assert (found[wanted["part(X)"]] == names["X"][::2][[0, 62, 124, 187, 249]]).all()


def test_other_data_are_not_taken(registry):
    import numpy as np

    assert some_rows(lambda: np.eye(3), content(np.zeros(3)), 2) is None
    assert some_rows(lambda: 1 / 0, "mj1:0", 2) is None
    assert some_rows(lambda: np.eye(3), content(np.eye(3)), 2).shape == (2, 3)


def test_without_a_recipe_nothing_is_made(registry):
    with start_run("churn") as run:
        run.log_metric("auc", 0.5)
    with pytest.raises(NotFoundError, match="recipe"):
        remade_rows(registry, Run(**registry.rows("runs", {"id": run.id})[0]), {"X": "mj1:0"}, n=5)
