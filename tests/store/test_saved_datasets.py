"""Datasets in a registry that is a server: saved, loaded, validated."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from mlops_jupyter import datasets, store
from mlops_jupyter.errors import MlopsError


@pytest.fixture
def server(postgres, tmp_path, monkeypatch):
    """A registry that is open; whoever would open one by its URL, or another one, fails."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLOPS_REGISTRY", str(tmp_path / "another"))
    monkeypatch.setattr(store, "_opened", refused)
    return postgres


def refused(url):
    raise MlopsError(f"{url} was opened")


def people(age):
    return pd.DataFrame({"id": range(200), "age": [18 + n % 60 + age for n in range(200)]})


def test_data_are_saved_loaded_and_looked_at_on_a_server(server):
    saved = datasets.save(people(0), "people", alias="gold", doc="Who came.", registry=server)
    assert datasets.load("people@gold", registry=server).equals(people(0))
    assert not datasets.save(people(0), "people", registry=server).is_new
    assert datasets.save(pl.from_pandas(people(0)), "people", registry=server).ref == "people:2"
    assert isinstance(datasets.load("people", registry=server), pl.DataFrame)
    assert datasets.save(people(0).drop(index=7), "people", registry=server).kept.method == "deletions"
    assert len(datasets.load("people:3", registry=server)) == 199
    assert datasets.diff("people:1", "people:3", registry=server).rows_removed == 1
    assert datasets.table(registry=server).datasets[0].aliases == ("gold:1",)
    assert datasets.describe("people:1", registry=server).saved[-1].ref == saved.ref
    assert datasets.where_used("people:3", registry=server).runs == ()
    assert [one.ref for one in datasets.history("people", registry=server).versions] == [
        "people:3", "people:2", "people:1",
    ]  # fmt: skip


def test_contracts_hold_on_a_server(server):
    datasets.save(people(0), "people", registry=server)
    datasets.infer_contract("people", registry=server)
    assert datasets.accept_contract("people", registry=server).ref == "people:1"
    datasets.save(people(5_000), "people", registry=server)
    report = datasets.validate("people:2", registry=server)
    (broken, *_) = [one for one in report.results if one.rule.kind == "range"]
    assert (broken.state, broken.last_held, broken.broken_since) == ("failed", "people:1", "people:2")
    assert not datasets.validate(datasets.Given(people(5_000), "people"), registry=server).passed
    assert datasets.validate(people(0), against="people:1", registry=server).passed
    assert datasets.diff_contracts("people:1", "people:1", registry=server).rules == ()
    assert [one.ref for one in datasets.contract_views("people", registry=server)] == ["people:1"]
