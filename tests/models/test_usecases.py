"""Use cases: editions, YAML both ways, what is missing, business figures and their relation to metrics."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mlops_jupyter import config, models
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.models import kpis, moments, usecases
from mlops_jupyter.records import Evaluation, Model, ModelVersion, Stakeholder, UseCaseDoc
from mlops_jupyter.store import as_row, events


def test_each_change_is_an_edition_and_an_event(registry):
    first = models.document_use_case("churn", owner="ada", stakeholders=["sales: whom to call", "legal"])
    assert (first.seq, first.doc.stakeholders[1]) == (1, Stakeholder("legal"))
    assert models.document_use_case("churn", owner="ada").seq == 1
    second = models.document_use_case("churn", decision="whom to call", acceptable_value="0.8")
    assert (second.seq, second.doc.owner, second.doc.acceptable_value) == (2, "ada", 0.8)
    assert models.use_case("churn").doc == second.doc
    said = [json.loads(event.detail)["changed"] for event in events.read(registry, model="churn")]
    assert said == [["owner", "stakeholders"], ["decision", "acceptable_value"]]


def test_a_use_case_comes_before_any_version(registry):
    models.document_use_case("churn", owner="ada")
    line = models.table().lines[0]
    assert (line.name, line.versions) == ("churn", 0)
    assert models.view("churn").use_case.owner == "ada"


def test_what_is_missing_is_named(registry):
    view = models.document_use_case("churn", **dict.fromkeys(usecases.ASKED, "said"))
    assert view.missing == ()
    assert set(models.document_use_case("other", owner="ada").missing) == set(usecases.ASKED) - {"owner"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ownr": "ada"}, "no field 'ownr'; did you mean 'owner'"),
        ({"acceptable_value": "much"}, "a number such as 0.8, not 'much'"),
        ({"acceptable_value": float("nan")}, "a number"),
        ({"stakeholders": [": nobody"]}, "a name and a concern"),
        ({"stakeholders": 3}, "names with their concerns, not int"),
        ({"owner": ["a"]}, "owner is a text, not list"),
        ({"decision": "x" * 4001}, "4,001 characters"),
    ],
)
def test_what_cannot_be_said_is_named(registry, changes, said):
    with pytest.raises(UsageError, match=said):
        models.document_use_case("churn", **changes)
    assert models.table().total == 0  # and no model began with it


def test_a_model_that_is_not_there_is_named_with_the_next_step(registry):
    with pytest.raises(NotFoundError, match="usecase chrn --decision"):
        models.use_case("chrn")
    with pytest.raises(NotFoundError, match="there is no model 'chrn'"):
        models.document_use_case("chrn:3", owner="ada")


DOC = UseCaseDoc(
    "churn",
    pain_point='many leave: "why?"',
    decision="no",
    acceptable_value=0.8,
    owner="1e3",
    stakeholders=(Stakeholder("sales", "whom to call\nand when"), Stakeholder("legal: EU", "")),
    feedback="# of calls – ☎",
)


def test_yaml_goes_both_ways():
    said = usecases.from_yaml(usecases.to_yaml(DOC))
    assert said.pop("model") == "churn"
    assert usecases.merged(UseCaseDoc("churn"), said) == DOC


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("owner: ada\ndecison: x\n", "line 2: 'decison' is no part of a use case; did you mean 'decision'"),
        ("- a\n", "line 1: a use case begins with model: NAME"),
        ("owner: [a, b]\n", "line 1: owner is a text"),
        ("owner: ada\nacceptable_value: high\n", "line 2: acceptable_value is a number"),
        ("a: &x 1\nb: *x\n", "references"),
        ("owner: !!python/object/apply:os.system [ls]\n", "line 1"),
    ],
)
def test_a_wrong_line_of_yaml_is_named(text, said):
    with pytest.raises(UsageError, match=said):
        usecases.from_yaml(text)


# --- business figures ---------------------------------------------------------------------------


def registered(store, name, scores, metric="roc_auc"):
    """Write versions of a model as rows, each evaluated once on one content."""
    model = Model(config.new_id(), name, config.now())
    store.insert("models", as_row(model))
    for number, score in enumerate(scores, 1):
        object_hash = f"{number:064x}"
        version = ModelVersion(
            f"{name}{number}", model.id, number, config.now(), object_hash, 1, "skops", "Ridge", "{}"
        )
        store.insert("model_versions", as_row(version))
        row = Evaluation(
            f"e{number}", "2026-01-01T00:00:00.000000Z", "binary", 100, metric, "0" * 64, score,
            model_hash=object_hash,
        )  # fmt: skip
        store.insert("evaluations", as_row(row))
    return model


def test_a_figure_belongs_to_the_version_in_use_then(registry):
    registered(registry, "churn", [0.7, 0.8])
    assert models.log_kpi("churn", "saved", 1).number is None
    models.set_alias("churn:1", "champion", override_reason="a test of figures")
    models.log_kpi("churn", "saved", 2)
    models.set_alias("churn:2", "champion", override_reason="a test of figures")
    assert models.log_kpi("churn", "saved", 3).number == 2
    assert models.log_kpi("churn", "saved", 4, version="champion").number == 2
    assert models.log_kpi("churn:1", "saved", 5).number == 1
    assert models.log_kpi("churn", "saved", 6, time="2026-01-01").number is None
    assert [(one.value, one.number) for one in models.use_case("churn").kpis if one.value < 4][-1] == (3.0, 2)


def test_a_figure_that_is_none_is_refused(registry):
    registered(registry, "churn", [0.7])
    for value in ("many", float("inf"), True):
        with pytest.raises(UsageError, match="expected a number"):
            models.log_kpi("churn", "saved", value)
    with pytest.raises(UsageError, match="is no time"):
        models.log_kpi("churn", "saved", 1, time="yesterday")
    with pytest.raises(NotFoundError, match="no version 9"):
        models.log_kpi("churn", "saved", 1, version=9)


def test_few_versions_say_nothing_and_many_say_how_it_moves(registry):
    scores = [0.70, 0.72, 0.75, 0.78, 0.80, 0.83, 0.85]
    registered(registry, "churn", scores)
    for number in range(1, 5):
        models.log_kpi("churn", "saved", 100 * number, version=number)
    (few,) = models.use_case("churn").relations
    assert (few.n, few.verdict) == (4, "too few to say: 4 measured versions, at least 5 are needed")
    for number in range(5, 8):
        models.log_kpi("churn", "saved", 100 * number, version=number)
        models.log_kpi("churn", "saved", 100 * number + 10, version=number)
    (found,) = models.use_case("churn").relations
    assert (found.metric, found.n, found.estimate.value) == ("roc_auc", 7, 1.0)
    assert found.verdict.startswith("saved rises as roc_auc rises (rank correlation 1.00 [")
    assert 0 < found.estimate.low < 0.95


def test_noise_is_called_noise(registry):
    registered(registry, "churn", [0.70, 0.72, 0.75, 0.78, 0.80, 0.83])
    for number, value in enumerate([5, 1, 6, 2, 4, 3], 1):
        models.log_kpi("churn", "saved", value, version=number)
    (found,) = models.use_case("churn").relations
    assert found.verdict.startswith("no relation beyond noise")


def test_the_rank_correlation_is_scipys():
    random = np.random.default_rng(3)
    x, y = random.integers(0, 9, 40).tolist(), random.integers(0, 9, 40).tolist()
    assert kpis.rank_correlation(x, y).value == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert kpis.rank_correlation([1, 1, 1], [1, 2, 3]).value is None


@pytest.mark.slow
def test_the_interval_of_the_rank_correlation_covers():
    random = np.random.default_rng(8)
    covered = {}
    for n in (6, 12, 30):
        hits = 0
        for _ in range(1_000):
            x = random.normal(size=n)
            found = kpis.rank_correlation(x, 0.7 * x + np.sqrt(1 - 0.49) * random.normal(size=n))
            hits += found.low <= 6 / np.pi * np.arcsin(0.7 / 2) <= found.high
        covered[n] = hits / 1_000
    assert all(0.92 <= share <= 0.99 for share in covered.values()), covered


def test_times_are_utc():
    assert moments.utc("2026-03-01T14:30+02:00") == "2026-03-01T12:30:00.000000Z"
    assert moments.utc("2026-03-01", is_end=True) > moments.utc("2026-03-01")
    for wrong in ("soon", 3, "2026-02-30"):
        with pytest.raises(UsageError):
            moments.utc(wrong)


def test_an_edition_of_a_newer_version_is_read(registry):
    view = models.document_use_case("churn", owner="ada")
    row = registry.rows("model_docs")[0]
    text = json.dumps(json.loads(row["document"]) | {"colour": "blue"})
    registry.update("model_docs", {"document": text}, {"seq": view.seq})
    assert models.use_case("churn").doc == replace(view.doc)
