"""The lists of models and of versions: every driver."""

from __future__ import annotations

import pytest

from mlops_jupyter.records import Approval, Evaluation, GateCheck, Model, ModelVersion
from mlops_jupyter.store import as_row


@pytest.fixture
def versions(store, add_run):
    """Two models: churn with two versions, of which the second has evidence, and delay without any."""
    run = add_run(store)
    for name, at in (("churn", "2026-01-01"), ("delay", "2026-01-09")):
        store.insert("models", as_row(Model(name, name, at)))
    for number, at in ((1, "2026-01-02"), (2, "2026-01-03")):
        row = ModelVersion(
            f"churn:{number}", "churn", number, at, f"{number:064d}", 9, "skops", "Ridge", "{}", run_id=run
        )
        store.insert("model_versions", as_row(row))
    for day, value in (("2026-01-04", 0.7), ("2026-01-06", 0.9), ("2026-01-05", 0.8)):
        row = Evaluation(day, day, "binary", 10, "roc_auc", "f" * 64, value, 0.6, 1.0, model_hash=f"{2:064d}")
        store.insert("evaluations", as_row(row))
    for day, state in (("2026-01-07", "rejected"), ("2026-01-08", "requested")):
        store.insert("approvals", as_row(Approval(day, "churn:2", "champion", state, day, "ann")))
    for day, passed in (("2026-01-07", 1), ("2026-01-08", 0)):
        store.insert("gate_checks", as_row(GateCheck(day, "churn:2", day, "champion", passed, "e" * 64)))
    return store


def test_a_model_s_line(versions):
    lines = versions.rows("model_lines", order="last_at desc, name")
    assert [(row["name"], row["versions"], row["newest"], row["last_at"]) for row in lines] == [
        ("churn", 2, 2, "2026-01-03"), ("delay", 0, None, None),
    ]  # fmt: skip
    versions.update("models", {"deleted_at": "2026-02-01"}, {"id": "delay"})
    assert [row["name"] for row in versions.rows("model_lines")] == ["churn"]


def test_a_version_s_line_has_the_newest_of_each(versions):
    first, second = versions.rows("model_version_lines", {"model_id": "churn"}, order="number")
    assert (first["value"], first["is_passed"], first["approval"], first["run_number"]) == (
        None,
        None,
        None,
        1,
    )
    assert (second["metric"], second["value"], second["n_rows"]) == ("roc_auc", 0.9, 10)
    assert (second["is_passed"], second["approval"]) == (0, "requested")
