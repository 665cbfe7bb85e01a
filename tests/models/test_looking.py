"""The list of models, one model, one version with its evidence."""

from __future__ import annotations

import pytest

from mlops_jupyter import models
from mlops_jupyter.errors import NotFoundError
from mlops_jupyter.records import Approval, DatasetVersion, Estimate
from mlops_jupyter.store import as_row


def ask(registry, version, state="requested"):
    row = Approval(f"ask-{version.number}-{state}", version.id, "champion", state, "2026-01-02", "ann")
    registry.insert("approvals", as_row(row))
    return row


def test_the_list_has_the_last_registered_first(registry, made, churn):
    models.register("delay", model=made(7.0), owner="bob", description="late flights")
    models.set_alias("churn:1", "challenger")
    table = models.table()
    assert [(line.name, line.versions, line.newest) for line in table.lines] == [
        ("delay", 1, 1),
        ("churn", 3, 3),
    ]
    assert (table.lines[0].owner, table.lines[0].description) == ("bob", "late flights")
    assert table.lines[1].aliases == (("challenger", 1),)
    assert [line.name for line in models.table("CHU").lines] == ["churn"]
    assert [line.name for line in models.table(limit=1, offset=1).lines] == ["churn"]
    assert models.table(limit=1).total == 2


def test_a_line_tells_of_the_champion_else_of_the_newest(registry, churn, evaluated):
    evaluated(churn[0].version, 0.8)
    evaluated(churn[2].version, 0.9, low=0.85, high=0.95)
    (line,) = models.table().lines
    assert (line.metric, line.value) == ("roc_auc", Estimate(0.9, 0.85, 0.95, n=1000))
    registry.insert(
        "model_aliases",
        {"model_id": churn[0].version.model_id, "alias": "champion", "number": 1, "set_at": "2026-01-02"},
    )
    (line,) = models.table().lines
    assert line.value == Estimate(0.8, 0.75, 0.85, n=1000)


def test_one_model_with_its_versions_newest_first(registry, churn, evaluated):
    evaluated(churn[1].version, 0.7, created_at="2026-01-01")
    evaluated(churn[1].version, 0.8, created_at="2026-01-02")
    waiting = ask(registry, churn[1].version)
    models.set_alias("churn:2", "challenger")
    view = models.view("churn", limit=2)
    assert ([line.number for line in view.lines], view.total) == ([3, 2], 3)
    assert (view.lines[1].aliases, view.lines[1].approval) == (("challenger",), "requested")
    assert (view.lines[1].value.value, view.lines[0].value, view.lines[0].gates) == (0.8, None, None)
    assert view.waiting == ((2, waiting),)
    assert [line.number for line in models.view("churn", limit=2, offset=2).lines] == [1]
    assert models.table().waiting == (waiting,)
    assert models.table().lines[0].waiting == 1


def test_a_version_with_its_evaluations(registry, churn, evaluated):
    older = evaluated(churn[0].version, 0.7, created_at="2026-01-01")
    newer = evaluated(churn[0].version, 0.8, created_at="2026-01-02")
    evaluated(churn[1].version)
    view = models.version("churn:1")
    assert view.evaluations == (newer, older)
    assert view.evaluation.primary.estimate.value == 0.8


def test_a_version_without_the_object_of_its_report(registry, churn, evaluated):
    row = evaluated(churn[0].version)
    registry.objects.path(row.object_hash).unlink()
    view = models.version("churn:1")
    assert (view.evaluations, view.evaluation) == ((row,), None)


def test_an_override_is_shown(registry, churn):
    from mlops_jupyter.models import aliases, reference

    model, version = reference.find_version(registry, "churn:1")
    with registry.atomic():
        aliases.move(registry, model, version, "champion", override_reason="the old one is broken")
    view = models.version("churn:1")
    assert [event.kind for event in view.overrides] == ["alias.moved"]
    assert models.view("churn").lines[-1].gates == "overridden"
    with registry.atomic():
        aliases.move(registry, model, reference.find_version(registry, "churn:2")[1], "champion")
    assert len(models.version("churn:1").overrides) == 1


def test_the_data_of_a_run(registry, made):
    from mlops_jupyter import tracking

    with tracking.start_run() as run:
        import pandas as pd

        run.log_dataset(pd.DataFrame({"x": [1.0, 2.0]}), "X_train", "train")
        run.log_model(made(), "ridge")
    (data,) = models.register("churn", run=run.number).data
    assert (data.role, data.name, data.n_rows, data.n_columns, data.ref) == ("train", "X_train", 2, 1, None)
    assert registry.rows("dataset_versions", {"id": data.version_id}) == [
        as_row(DatasetVersion(**registry.rows("dataset_versions")[0]))
    ]


def test_what_is_not_there_is_said(registry, churn):
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        models.view("chrn")
    with pytest.raises(NotFoundError, match="the newest is churn:3"):
        models.version("churn:4")
