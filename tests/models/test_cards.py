"""Cards: filled from recorded facts alone, for everyone or for people who train no models."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mlops_jupyter import display, models, tracking
from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.models import aliases, reference, usecases
from mlops_jupyter.records import (
    Condition,
    DataFinding,
    Difference,
    Estimate,
    EvaluationReport,
    FairnessReport,
    Gap,
    MetricResult,
    SliceReport,
    SliceResult,
    to_plain,
)

WORSE = SliceResult(
    (Condition("hour", "hour at least 17"),), "hour at least 17", 120, 0.12, Estimate(0.74, 0.70, 0.78),
    Estimate(0.88, 0.86, 0.90), 0.3, 2.0, 1.5, 0.001, True,
)  # fmt: skip


def fields(card):
    return {field.name: field.value for section in card.sections for field in section.fields}


def gap(is_bad, verdict=""):
    ratio = Estimate(0.5, 0.4, 0.6)
    return Gap("demographic_parity_ratio", "Selection ratio", ratio, "men", "women", 0.8, is_bad, verdict)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((gap(True, "half as often"), gap(False)), "half as often"),
        (
            (gap(True), gap(None)),
            "Selection ratio 0.50 ± 0.10; not sure for Selection ratio: the interval holds the limit",
        ),
        ((), "the groups by sex are too small to say"),
    ],
)
def test_gaps_in_words(registry, report, found, words):
    report(fairness=FairnessReport(("sex",), (), found))
    assert fields(models.card("churn:1"))["Gaps between groups"] == words


@pytest.fixture
def report(registry, churn, evaluated):
    """A function that writes an evaluation of churn:1 with the parts that are given."""

    def write(**parts):
        row = evaluated(churn[0].version, 0.8)
        kept = models.version("churn:1").evaluation
        metric = MetricResult(
            "roc_auc", "AUC", Estimate(0.8, 0.75, 0.85, n=1000), True, True, Estimate(0.5, 0.45, 0.55), None,
            None, parts.pop("over", None),
        )  # fmt: skip
        whole: EvaluationReport = replace(kept, metrics=(metric,), created_at="2026-03-01T00:00:00Z", **parts)
        digest = registry.objects.put(json.dumps(to_plain(whole)).encode())
        registry.update("evaluations", {"object_hash": digest}, {"id": row.id})

    return write


def test_what_nobody_recorded_is_not_measured(registry, churn):
    card = models.card("churn:1")
    values = fields(card)
    for name in (
        "Metrics",
        "Test data",
        "Training data",
        "Licence",
        "Owner",
        "Energy",
        "Gaps between groups",
    ):
        assert values[name] is None, name
    assert (values["Version"], values["Type"], values["SHA-256"]) == (
        "churn:1", "Ridge", churn[0].version.object_hash,
    )  # fmt: skip
    assert (card.title, card.n_measured, card.n_fields) == (
        "churn", sum(value is not None for value in values.values()), len(values),
    )  # fmt: skip


def test_every_usual_section_is_there(registry, churn):
    assert [section.key for section in models.card("churn:1").sections] == [
        "details", "uses", "risks", "start", "data", "training", "evaluation", "explanation", "approval",
        "business", "impact", "contact",
    ]  # fmt: skip


def test_facts_of_the_evaluation(registry, report):
    better = Difference(0.012, 0.003, 0.021, True, "better by 0.012 ± 0.009", "delong")
    slices = SliceReport("roc_auc", "log loss", 0.2, 1000, 40, (WORSE,))
    between = gap(True, "men are chosen half as often as women")
    report(
        over=better, baseline="churn:0", slices=slices, fairness=FairnessReport(("sex",), (), (between,)),
        findings=(DataFinding("overlap", "warning", "12 rows of the test data were trained on"),),
        summary="AUC 0.80, better than guessing.", data="churn-test",
    )  # fmt: skip
    values = fields(models.card("churn:1"))
    assert values["AUC"] == "0.80 ± 0.05, 0.5 by guessing"
    assert values["Test data"] == "churn-test, 1,000 rows"
    assert values["Against the baseline"] == "churn:0: better by 0.012 ± 0.009"
    assert values["Where it is worse"] == "hour at least 17: 0.74 ± 0.04 instead of 0.880 ± 0.020"
    assert values["Gaps between groups"] == "men are chosen half as often as women"
    assert values["Pitfalls of the evaluation"] == "12 rows of the test data were trained on"


def test_nothing_found_is_another_word_than_not_looked_for(registry, report):
    report(
        slices=SliceReport("roc_auc", "log loss", 0.2, 1000, 40, ()),
        fairness=FairnessReport(("sex",), (), (gap(False),)),
    )
    values = fields(models.card("churn:1"))
    assert values["Where it is worse"] == "no part of at least 50 rows that is worse than chance allows"
    assert values["Gaps between groups"] == "none beyond its limit by sex"
    assert values["Pitfalls of the evaluation"] == "none found"


def test_facts_of_the_run_and_of_words(registry, made):
    import pandas as pd

    with tracking.start_run("fit") as run:
        run.log_dataset(pd.DataFrame({"x": [0.0, 1.0]}), "X_train", "train")
        run.log_model(made(), "ridge")
    models.register(
        "churn", run=1, owner="ann", licence="MIT", limits="not for companies", description="Who leaves"
    )
    card = models.card("churn")
    values = fields(card)
    assert card.title == "Who leaves"
    assert (values["Owner"], values["Licence"], values["Limits"]) == ("ann", "MIT", "not for companies")
    assert values["Run"] == "#1 of fit"
    assert values["Train: X_train"] == "X_train, 2 × 1"
    assert values["alpha"] == "0.1"
    assert values["Personal data"] is None


@pytest.mark.slow
def test_personal_data_that_were_found_are_named(registry, made):
    import pandas as pd

    from mlops_jupyter import datasets

    frame = pd.DataFrame(
        {"x": [float(i) for i in range(30)], "mail": [f"ann{i}@example.org" for i in range(30)]}
    )
    datasets.save(frame, "people")
    datasets.describe("people:1")
    with tracking.start_run("fit") as run:
        run.log_dataset(frame, "people", "train")
        run.log_model(made(), "ridge")
    models.register("churn", run=1)
    assert fields(models.card("churn"))["Personal data"] == "mail (email)"


def test_outsiders_read_five_things(registry, report):
    report(
        slices=SliceReport("roc_auc", "log loss", 0.2, 1000, 40, (WORSE,)), outsiders="Of 100, it finds 80."
    )
    usecases.document_use_case("churn", decision="Whom to call", owner="omar", contact="team@example.org")
    model, version = reference.find_version(registry, "churn:1")
    with registry.atomic():
        aliases.move(registry, model, version, "champion", override_reason="the old one is broken")
    card = models.card("churn:1", audience="outsiders")
    assert [section.title for section in card.sections] == [
        "What it decides", "How well", "For whom it is worse", "Since when", "Whom to ask",
    ]  # fmt: skip
    assert [section.text for section in card.sections[:3]] == [
        "Whom to call", "Of 100, it finds 80.",
        "Where hour at least 17: 0.74 ± 0.04 instead of 0.880 ± 0.020.",
    ]  # fmt: skip
    values = fields(card)
    assert values["In use"].startswith("as champion since 20")
    assert values["Moved against its gates"] == "the old one is broken"
    assert (values["Owner"], values["Contact"]) == ("omar", "team@example.org")


def test_outsiders_of_a_bare_model_read_what_is_missing(registry, churn):
    models.set_alias("churn:1", "challenger")
    card = models.card("churn:1", audience="outsiders")
    known = {name: value for name, value in fields(card).items() if value is not None}
    assert known == {"In use": "no", "Approved by": "nobody"}
    assert (card.n_measured, card.n_fields) == (2, 8)


def test_a_card_becomes_a_page_and_markdown(registry, report):
    report(slices=SliceReport("roc_auc", "log loss", 0.2, 1000, 40, (WORSE,)))
    models.edit("churn:1", owner="<script>alert(1)</script>", licence="MIT")
    for audience in ("everyone", "outsiders"):
        card = models.card("churn:1", audience=audience)
        page = display.card_page(card)
        assert len(page.encode()) < 200_000
        assert "<script" not in page
        assert "http" not in page.replace("http://www.w3.org", "")
        assert "not measured" in display.card_markdown(card)


def test_what_cannot_be_asked(registry, churn):
    with pytest.raises(UsageError, match="the audience 'boss' is not one of everyone, outsiders"):
        models.card("churn:1", audience="boss")
    with pytest.raises(NotFoundError, match="did you mean 'churn'"):
        models.card("chrn")
