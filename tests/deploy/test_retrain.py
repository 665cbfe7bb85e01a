"""Training again: a recipe of a real shell, run in a clean process, registered as the challenger."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mlops_jupyter import models, records
from mlops_jupyter.deploy.retraining import retrain
from mlops_jupyter.errors import MlopsError, NotFoundError
from mlops_jupyter.models import reference
from mlops_jupyter.tracking.worker import worker

from .exports import register

CELLS = (
    "import json\nfrom pathlib import Path\nfrom sklearn.linear_model import Ridge\nfrom shift import by",
    "rows = json.loads(Path('rows.json').read_text())\nalpha = 0.5",
    "%%track slope\nmodel = Ridge(alpha=alpha).fit([[x] for x in rows], by(rows))\nn_rows = len(rows)",
)


@pytest.fixture
def notebook(registry, fresh_shell, tmp_path, monkeypatch):
    """A model from a notebook that is saved beside its data and its helper module."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "slope.ipynb"))
    monkeypatch.syspath_prepend(str(tmp_path))
    write(0.5)
    Path("rows.json").write_text("[0.0, 1.0, 2.0]")
    Path("shift.py").write_text("def by(xs):\n    return [x + 1 for x in xs]\n")
    fresh_shell.extension_manager.load_extension("mlops_jupyter")
    try:
        for place, cell in enumerate(CELLS):
            fresh_shell.run_cell(cell, store_history=True, cell_id=f"c{place}").raise_error()
        worker.wait()
        models.register("slope", run=1)
        models.set_alias("slope:1", "champion", override_reason="the first one")
        yield registry
    finally:
        sys.modules.pop("shift", None)
        fresh_shell.extension_manager.unload_extension("mlops_jupyter")


def write(alpha):
    """Save the notebook, with this alpha in it."""
    cells = [
        {"cell_type": "code", "id": f"c{place}", "source": cell.replace("0.5", str(alpha))}
        for place, cell in enumerate(CELLS)
    ]
    Path("slope.ipynb").write_text(json.dumps({"cells": cells}))


@pytest.mark.slow
def test_a_model_is_trained_again_only_where_something_changed(notebook):
    assert retrain("slope") == records.Retraining(
        "slope", "slope:1", summary="nothing changed since slope:1 was trained: nothing was done"
    )
    Path("rows.json").write_text("[0.0, 1.0, 2.0, 3.0]")
    write(0.25)
    said = []
    made = retrain("slope", on_progress=said.append)
    assert [(change.kind, change.name) for change in made.changes] == [
        ("data", "rows.json"),
        ("code", "cell [2]"),
    ]
    assert (made.based_on, made.is_run, made.run_number, made.version) == ("slope:1", True, 2, "slope:2")
    assert made.summary == "data and code changed since slope:1 was trained: run #2 became slope:2"
    assert said[-1] == "cell 3 of 3: %%track slope"
    model, version = reference.find_version(notebook, "slope@challenger")
    assert version.number == 2
    assert json.loads(version.params)["chosen"] == {"alpha": 0.25}
    assert [row["value"] for row in notebook.rows("params", {"key": "n_rows"}, order="run_id")] == ["3", "4"]
    again = retrain("slope:2")
    assert (again.is_run, again.changes) == (False, ())
    assert reference.aliases_of(notebook, model) == {"challenger": 2, "champion": 1}


@pytest.mark.slow
def test_by_order_it_is_trained_without_a_change_and_the_same_model_is_said_to_be(notebook):
    made = retrain("slope", force=True)
    assert made.is_run
    assert made.version == "slope:1"
    assert "the model is the very same, byte for byte" in made.summary


@pytest.mark.slow
def test_a_recipe_that_breaks_registers_nothing(notebook):
    Path("shift.py").write_text("def by(xs):\n    raise ValueError('no shift')\n")
    with pytest.raises(MlopsError, match=r"did not come to its end, nothing was registered.*no shift"):
        retrain("slope")
    assert [row["number"] for row in notebook.rows("model_versions")] == [1]


def test_what_has_no_recipe_cannot_be_trained_again(registry):
    register()
    with pytest.raises(NotFoundError, match="churn:1 was registered without a run"):
        retrain("churn")
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        retrain("chrun")
