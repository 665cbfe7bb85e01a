"""Tracked cells where a contract is accepted: broken promises stand on the card, and nothing else changes."""

from __future__ import annotations

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter import datasets

CONTRACT = """
dataset: sensors
columns:
  speed:
    range: {min: 0, max: 100}
  label:
    required: true
"""


@pytest.fixture
def sensors(notebook):
    """Version 1 keeps the contract, version 2 breaks it in one cell; both are in the shell's registry."""
    good = pd.DataFrame({"speed": [float(n % 90) for n in range(60)], "label": [0, 1, 1] * 20})
    bad = good.assign(speed=good["speed"].where(good.index != 7, 1048.0))
    mlops.save_dataset(good, "sensors")
    mlops.save_dataset(bad, "sensors")
    datasets.put_contract(CONTRACT)
    mlops.accept_contract("sensors")
    notebook.run(
        "from sklearn.linear_model import LogisticRegression\nfrom mlops_jupyter import load_dataset"
    )
    return notebook


def said(view):
    return [(one.severity, one.message) for one in view.findings if one.code == "contract"]


def test_data_that_break_their_contract_are_told_of_on_the_run(sensors):
    sensors.run("train = load_dataset('sensors:2')")
    ran = sensors.run("%%track x\nmodel = LogisticRegression().fit(train[['speed']], train['label'])")
    assert ran.result.success
    assert said(sensors.last()) == [("warning", "train breaks the contract sensors:1: speed range")]


def test_data_that_keep_it_are_not_mentioned(sensors):
    sensors.run("train = load_dataset('sensors:1')")
    sensors.run("%%track x\nmodel = LogisticRegression().fit(train[['speed']], train['label'])")
    assert said(sensors.last()) == []


def test_the_answer_is_kept_and_not_asked_again(sensors):
    sensors.run("train = load_dataset('sensors:2')")
    for _ in range(2):
        sensors.run("%%track x\ntotal = float(train['speed'].sum())")
        assert len(said(sensors.last())) == 1
    assert len(sensors.store.rows("validations")) == 1


def test_data_of_the_contracts_name_are_held_to_it_without_being_saved(sensors):
    sensors.run("import pandas as pd\nsensors = pd.DataFrame({'speed': [1.0, -5.0], 'label': [0, 1]})")
    sensors.run("%%track x\ntotal = float(sensors['speed'].sum())")
    assert said(sensors.last()) == [("warning", "sensors breaks the contract sensors:1: speed range")]


def test_data_made_from_a_broken_version_are_told_of_by_their_origin(sensors):
    mlops.validate("sensors:2")
    sensors.run("train = load_dataset('sensors:2')")
    sensors.run("%%track x\nfast = train[train['speed'] > 50]\ntotal = float(fast['speed'].sum())")
    number = sensors.last().run.number
    sensors.run("del train")
    sensors.run("%%track x\nmodel = LogisticRegression().fit(fast[['speed']], fast['label'])")
    assert said(sensors.last()) == [
        (
            "warning",
            f"fast was made (run {number}) from sensors:2, which breaks its contract sensors:1: speed range",
        )
    ]


def test_data_changed_in_place_right_after_the_cell_are_checked_as_they_were_used(sensors):
    sensors.run("train = load_dataset('sensors:2')")
    sensors.run("%%track x\nmodel = LogisticRegression().fit(train[['speed']], train['label'])")
    sensors.run("train.loc[7, 'speed'] = 7.0")
    assert said(sensors.last()) == [("warning", "train breaks the contract sensors:1: speed range")]


def test_a_check_that_fails_leaves_the_cell_alone_and_says_so_on_the_run(sensors):
    row = sensors.store.rows("contracts")[0]
    sensors.store.update("contracts", {"document": "no: [contract"}, {"id": row["id"]})
    sensors.run("train = load_dataset('sensors:2')")
    ran = sensors.run("%%track x\ntotal = float(train['speed'].sum())")
    assert ran.result.success
    assert ran.err == ""
    view = sensors.last()
    assert view.run.status == "finished"
    assert "contract of the data" in view.run.incomplete


def test_a_loaded_dataset_is_the_source_of_what_is_made_from_it(sensors):
    sensors.run("%%track x\ntrain = load_dataset('sensors:1')\nfast = train[train['speed'] > 50]")
    view = sensors.last()
    uses = {use.use.name: use.use for use in view.data}
    assert {name: use.role for name, use in uses.items()} == {"train": "input", "fast": "output"}
    assert uses["train"].source_uri == "sensors:1"
    assert uses["fast"].source_uri is None
    made = mlops.where_used("sensors:1").made_into
    assert [(one.label, one.run_number) for one in made] == [("fast", view.run.number)]
    assert mlops.where_used(uses["train"].version_id).made_from == ()


def test_data_read_in_a_cell_that_is_not_tracked_are_saved_with_their_source(sensors, tmp_path):
    (tmp_path / "new.csv").write_text("speed,label\n1,0\n2,1\n")
    sensors.run("import pandas as pd\nfrom mlops_jupyter import save_dataset")
    sensors.run("new = pd.read_csv('new.csv')\nsaved = save_dataset(new, 'new')")
    saved = sensors.shell.user_ns["saved"].saved
    assert saved.source_uri == str(tmp_path / "new.csv")
    assert len(saved.source_hash) == 64


def test_the_query_of_data_is_on_the_run_and_on_the_version_without_secrets(sensors):
    sensors.run("import sqlite3, pandas as pd\nbase = sqlite3.connect(':memory:')")
    sensors.run("_ = pd.DataFrame({'speed': [1.0, 2.0]}).to_sql('t', base, index=False)")
    query = "select speed, 'ghp_" + "a1B2" * 9 + "' as password from t where speed > 0"
    sensors.run(f"%%track x\nasked = pd.read_sql({query!r}, base)\nbase.close()")
    (use,) = [one.use for one in sensors.last().data if one.use.name == "asked"]
    assert use.source_query == "select speed, '***' as password from t where speed > 0"
    assert use.source_read_at is not None
    sensors.run("from mlops_jupyter import save_dataset\nsaved = save_dataset(asked, 'asked')")
    assert sensors.shell.user_ns["saved"].saved.source_query == use.source_query


def test_a_rule_that_only_warns_breaks_no_contract(sensors):
    datasets.put_contract(CONTRACT.replace("max: 100}", "max: 100, severity: warning}"))
    mlops.accept_contract("sensors")
    sensors.run("train = load_dataset('sensors:2')")
    sensors.run("%%track x\ntotal = float(train['speed'].sum())")
    assert said(sensors.last()) == [
        ("info", "train keeps, with a warning, the contract sensors:2: speed range")
    ]
