"""Suggested rules: hold for what they were learned from, catch faults, and rarely break on clean data."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mlops_jupyter import validation
from mlops_jupyter.data.profile import profile
from mlops_jupyter.errors import UsageError
from mlops_jupyter.records import ColumnDoc, DataDoc

sys.path.insert(0, str(Path(__file__).parent))

from accuracy import measured
from injected import tables


def learned(frame, *before, **more):
    seen = [profile(one) for one in (*before, frame)]
    labels = [f"d:{number}" for number in range(1, len(seen) + 1)]
    return validation.infer(seen, dataset="d", labels=labels, frame=frame, **more)


def rules(doc):
    return {rule.name: rule for rule in doc.rules}


@pytest.fixture(scope="module")
def planes():
    return tables(["planes"])["planes"]


@pytest.mark.parametrize("library", [lambda frame: frame, pl.from_pandas])
def test_what_was_learned_from_keeps_every_rule(planes, library):
    doc = learned(planes)
    report = validation.check(library(planes), validation.from_yaml(validation.to_yaml(doc)))
    assert [(one.rule.name, one.state, one.message) for one in report.results if one.state != "passed"] == []


def test_rules_say_what_they_rest_on(planes):
    found = rules(learned(planes))
    assert found["tailnum unique"].limits == {}
    assert found["engine set"].limits["values"][0] == "Turbo-fan"
    assert found["seats range"].reason == "from 2 to 450"
    assert found["seats range"].support == len(planes)
    assert found["year required"].reason == "70 of 3,322 rows were missing"
    assert 0.02 < found["year required"].limits["missing"] < 0.06


def test_relations_between_columns():
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 100, 500)
    frame = pd.DataFrame(
        {"start": start, "end": start + rng.exponential(5, 500), "noise": rng.normal(50, 20, 500)}
    )
    frame["shop"] = rng.integers(0, 9, 500)
    frame["town"] = frame["shop"] % 3
    found = rules(learned(frame))
    assert found["start, end compare"].limits["operator"] == "<="
    assert "shop, town depends" in found
    assert not [name for name in found if "noise" in name and "compare" in name]
    assert "town, shop depends" not in found


def test_history_widens_limits_and_makes_the_spread_an_error():
    rng = np.random.default_rng(0)
    first, second = (pd.DataFrame({"a": rng.normal(mean, 1, 2000)}) for mean in (0, 0.5))
    alone, both = rules(learned(second)), rules(learned(second, first))
    assert both["a range"].limits["min"] < alone["a range"].limits["min"]
    assert alone["a distribution"].severity == "warning"
    assert both["a distribution"].severity == "error"
    assert both["a distribution"].limits["max"] > alone["a distribution"].limits["max"]
    assert "fresh" in both
    assert "fresh" not in alone


def test_people_s_words_count():
    doc = DataDoc("d", "what", "ada", key=("a", "b"), columns=(ColumnDoc("b", sensitivity="secret"),))
    frame = pd.DataFrame({"a": [1, 1, 2, 2] * 30, "b": [1, 2, 1, 2] * 30})
    found = learned(frame, doc=doc)
    assert (found.description, found.owner, found.sensitive) == ("what", "ada", ("b",))
    assert "a, b unique" in rules(found)


def test_personal_values_stay_out_of_the_text():
    mails = [f"person{number % 3}@example.org" for number in range(300)]
    doc = learned(pd.DataFrame({"mail": mails}))
    assert doc.sensitive == ("mail",)
    assert "person" not in validation.to_yaml(doc)


def test_labels_are_asked_for():
    with pytest.raises(UsageError, match="label"):
        validation.infer([], dataset="d", labels=[])


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame({"a": [None, None]}),
                                   pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [[1], {}]})])  # fmt: skip
def test_awkward_frames_give_a_contract_that_they_keep(frame):
    doc = validation.from_yaml(validation.to_yaml(learned(frame)))
    assert validation.check(frame, doc).passed


def test_faults_of_a_small_table_are_caught():
    found = measured(("wine",), n_clean=4, seed=1)
    assert found.share_caught >= 0.85
    assert found.false_breaks == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twelve_kinds_of_faults_on_real_tables():
    found = measured(("wine", "cancer", "weather", "planes", "flights"), n_clean=20, seed=0)
    assert len(found.injected) == 12
    assert found.share_caught >= 0.95, found.missed
    assert len(found.false_breaks) <= found.n_clean / 20, found.false_breaks
