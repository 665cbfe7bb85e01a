from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mlops_jupyter as mlops
from mlops_jupyter import datasets
from mlops_jupyter.errors import ContractBroken, NotFoundError, UsageError


def people(rows=500, seed=1):
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "age": random.integers(18, 90, rows),
            "country": random.choice(["de", "fr", "it"], rows),
        }
    )


def broken(seed=1):
    return people(seed=seed).assign(age=lambda frame: frame["age"] * -1000)


@pytest.fixture(scope="module")
def learned(made_once):
    def fill(store):
        for seed in (1, 2, 3):
            datasets.save(people(seed=seed), "people", registry=store)
        datasets.infer_contract("people", registry=store)
        datasets.accept_contract("people", registry=store)

    return made_once(fill)


@pytest.fixture
def contract(learned, copied):
    """The accepted contract of three versions."""
    return datasets.contract("people", registry=copied(learned))


def failed(report):
    return {column for result in report.results if result.state == "failed" for column in result.rule.columns}


def test_clean_data_pass_and_the_answer_stands_beside_the_version(contract, registry):
    report = datasets.validate("people:2")
    assert (report.passed, report.data, report.contract) == (True, "people:2", "people:1")
    (row,) = registry.rows("validations")
    assert (row["passed"], row["version_id"], row["contract_id"]) == (
        1,
        report.version_id,
        contract.contract.id,
    )
    assert json.loads(registry.objects.get(row["object_hash"]))["passed"] is True
    assert datasets.describe("people:2").validation == "passed"
    assert datasets.history("people").versions[1].validation == "passed"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_broken_data_are_named_rule_by_rule(contract, library):
    frame = broken() if library == "pandas" else pl.from_pandas(broken())
    report = datasets.validate(datasets.Given(frame, "people"))
    assert not report.passed
    assert "age" in failed(report)
    assert report.results[0].state == "failed"
    assert report.results[0].examples


def test_since_when_a_rule_is_broken_is_known(contract):
    datasets.validate("people:3")
    datasets.save(broken(seed=4), "people")
    datasets.save(broken(seed=5), "people")
    datasets.validate("people:4")
    report = datasets.validate("people:5")
    (result, *_) = [one for one in report.results if one.state == "failed" and "age" in one.rule.columns]
    assert (result.last_held, result.broken_since) == ("people:3", "people:4")


def test_versions_follow_each_other_by_number_and_not_by_when_they_were_asked(contract):
    datasets.save(broken(seed=4), "people")
    datasets.save(people(seed=5), "people")
    for ref in ("people:5", "people:3", "people:4", "people:1"):
        datasets.validate(ref)
    first = datasets.validate("people:4")
    (result, *_) = [one for one in first.results if one.state == "failed" and "age" in one.rule.columns]
    assert (result.last_held, result.broken_since) == ("people:3", "people:4")
    loaded = datasets.validate(datasets.Given(broken(seed=4), "age_wrong"), contract="people")
    (result, *_) = [one for one in loaded.results if one.state == "failed" and "age" in one.rule.columns]
    assert (result.last_held, result.broken_since) == ("people:3", "age_wrong")
    newer = datasets.validate(broken(seed=9), contract="people")
    (result, *_) = [one for one in newer.results if one.state == "failed" and "age" in one.rule.columns]
    assert (result.last_held, result.broken_since) == ("people:5", "these data")


def test_an_answer_to_another_limit_of_the_same_name_is_none(contract):
    datasets.validate("people:3")
    datasets.put_contract(re.sub(r"range: {min: \d+, max: \d+}", "range: {min: 0, max: 20}", contract.text))
    datasets.accept_contract("people")
    report = datasets.validate(datasets.Given(people(seed=8), "people"))
    (result, *_) = [one for one in report.results if one.state == "failed" and one.rule.kind == "range"]
    assert result.last_held is None
    assert result.broken_since == "people:1"


def test_versions_that_nobody_validated_answer_from_their_profile(contract):
    datasets.save(broken(seed=4), "people")
    report = datasets.validate(datasets.Given(broken(seed=5), "people"))
    (result, *_) = [one for one in report.results if one.state == "failed" and one.rule.kind == "range"]
    assert (result.last_held, result.broken_since) == ("people:3", "people:4")


def test_values_of_sensitive_columns_are_not_shown(contract, registry):
    datasets.document("people", columns={"age": {"sensitivity": "personal"}})
    report = datasets.validate(datasets.Given(broken(), "people"))
    ages = [result for result in report.results if result.state == "failed" and "age" in result.rule.columns]
    assert ages
    assert all(result.values == () for result in ages)


def test_a_contract_in_a_file_needs_no_registry_entry(contract, registry, tmp_path):
    path = tmp_path / "people.yml"
    path.write_text(contract.text)
    report = datasets.validate(datasets.Given(broken(), "delivery"), contract=str(path))
    assert not report.passed
    assert report.contract == str(path)
    assert registry.rows("validations")[0]["contract_id"] is None


def test_against_a_version_a_contract_is_inferred(registry):
    datasets.save(people(), "people")
    report = datasets.validate(datasets.Given(broken(), "df"), against="people:1")
    assert report.contract == "inferred from people:1"
    assert "age" in failed(report)
    assert datasets.validate(datasets.Given(people(seed=7), "df"), against="people:1").passed


def test_where_no_contract_applies_the_ways_out_are_named(registry):
    with pytest.raises(UsageError, match="no accepted contract applies to df; name one") as caught:
        datasets.validate(datasets.Given(people(), "df"))
    assert "contract infer" in str(caught.value)
    datasets.save(people(), "people")
    with pytest.raises(NotFoundError, match="'people' has no contract yet"):
        datasets.validate(people(), contract="people")
    assert registry.rows("validations") == []


def test_strict_raises_with_the_report(contract):
    with pytest.raises(ContractBroken, match="breaks people:1") as caught:
        mlops.validate(broken(), contract="people", strict=True)
    assert not caught.value.report.passed
    assert mlops.validate(people(seed=6), contract="people", strict=True).passed


def test_a_run_knows_what_was_validated_in_it(contract, registry):
    with mlops.start_run("churn") as run:
        mlops.validate("people:1")
    assert registry.rows("validations")[0]["run_id"] == run.id


def test_a_file_larger_than_memory_is_answered_from_its_profile(contract, tmp_path, monkeypatch):
    path = tmp_path / "big.parquet"
    broken().to_parquet(path, index=False)
    monkeypatch.setenv("MLOPS_MEMORY_BYTES", "1000")
    report = datasets.validate(str(path), contract="people")
    assert not report.passed
    assert "age" in failed(report)
    assert all(result.message for result in report.results if result.state == "unknown")
