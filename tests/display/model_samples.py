"""Made-up records of registered models: versions, gates, approvals, memory, use cases, cards."""

# ruff: noqa: E501 - made-up records are read best in long lines

from __future__ import annotations

import json
from dataclasses import replace

import evaluation_samples as scored
import lineage_samples as lineage

from mlops_jupyter.records import (
    AliasMoved,
    Approval,
    ApprovalTable,
    ApprovalView,
    AuditReport,
    CardField,
    CardSection,
    Estimate,
    Evaluation,
    Event,
    Field,
    Finding,
    Gate,
    GateDoc,
    GateReport,
    GateResult,
    GatesView,
    InputExample,
    KpiRelation,
    KpiValue,
    Model,
    ModelAlias,
    ModelCard,
    ModelHistory,
    ModelLine,
    ModelTable,
    ModelVersion,
    ModelView,
    Reign,
    Signature,
    Stakeholder,
    UseCaseDoc,
    UseCaseView,
    Validation,
    VersionChange,
    VersionComparison,
    VersionData,
    VersionLine,
    VersionView,
)

NOW = scored.NOW


def day(month: int, number: int) -> str:
    return f"2026-{month:02}-{number:02}T09:30:00.000000Z"


def approval(state: str = "requested", alias: str = "champion") -> Approval:
    if state == "requested":
        return Approval(
            "a1",
            "v4",
            alias,
            "requested",
            day(11, 23),
            "ines",
            "better for new customers",
            evidence_hash="c" * 64,
        )
    return Approval(
        "a1",
        "v4",
        alias,
        state,
        day(11, 23),
        "ines",
        "better for new customers",
        NOW,
        "omar",
        "looked at the slices; good",
        "c" * 64,
    )


def override() -> Event:
    return Event(
        41,
        "e41",
        NOW,
        "omar",
        "gates.overridden",
        "churn:4",
        json.dumps({"alias": "champion", "reason": "the old model fails on the new tariff since Monday"}),
        "0" * 64,
        "1" * 64,
    )


def gates(*, passed: bool = False) -> GateReport:
    good = "passed" if passed else "failed"
    results = (
        GateResult(
            Gate("contract", (("name", "churn-train"),)),
            "passed",
            "contract churn-train holds",
            "holds on churn-train:12",
            "validated 23 Nov",
        ),
        GateResult(
            Gate("metric", (("key", "roc_auc"), ("min", 0.8), ("not_worse_than", "champion"))),
            good,
            "AUC at least 0.80 and not worse than the champion",
            "AUC 0.871 ± 0.007" if passed else "AUC 0.852 ± 0.007: worse than churn:3 by 0.007 ± 0.004",
            "evaluated on churn-test:2, 24,310 rows",
            "train on the rows since March, or say why it may be worse with --override",
        ),
        GateResult(
            Gate("worst_slice", (("key", "roc_auc"), ("min", 0.7))),
            "passed",
            "AUC at least 0.70 in the worst slice",
            "0.742 ± 0.031 for contract = monthly and tenure in [0, 6)",
            "1,204 rows",
        ),
        GateResult(
            Gate("fairness_ratio", (("key", "demographic_parity_ratio"), ("min", 0.8)), "warning"),
            "failed",
            "ratio at least 0.80",
            "0.485 (male and over 60 against female and 18 to 30)",
            "",
            "look at the selection rates by age",
        ),
        GateResult(
            Gate("reproduced"),
            "unknown",
            "the run was run again with the same result",
            "nobody has run it again",
            "",
            "reproduce churn:4",
        ),
        GateResult(Gate("owner"), "passed", "an owner is named", "ines"),
    )
    return GateReport(
        "churn:4", "champion", passed, results if not passed else tuple(replace(one, state="passed") for one in results),
        "" if passed else "Held back by 1 gate: AUC is worse than the champion's by 0.007 ± 0.004, beyond noise.", created_at=NOW, champion="churn:3",
        approval=approval("approved") if passed else None,
    )  # fmt: skip


def overridden() -> GateReport:
    return replace(
        gates(),
        override=override(),
        approval=approval("approved"),
        results=tuple(
            replace(one, state="overridden") if one.state == "failed" else one for one in gates().results
        ),
    )


GATES = GateDoc(
    "churn",
    tuple(one.gate for one in gates().results),
    needs_approval=True,
    four_eyes=True,
    approvers=("omar", "lena"),
)


def gates_doc() -> GatesView:
    return GatesView(GATES, 2, NOW, "ines", "gates:\n  - contract: churn-train\n", "gates.yaml")


def model_version(number: int = 4, **fields: object) -> ModelVersion:
    made = ModelVersion(
        f"v{number}", "m1", number, day(11, 20), "f" * 64, 1_204_330, "skops", "sklearn.pipeline.Pipeline", "{}",
        "ines", "r12", "model.skops", "d" * 64, "env", json.dumps({"scikit-learn": "1.9.0", "numpy": "2.4.6"}), "{}",
        "class weights, monthly contracts apart", "ines", "CC-BY-4.0", "Choose whom to call before a contract ends.", "Not for business customers; trained on data since 2024.",
    )  # fmt: skip
    return replace(made, **fields)


SIGNATURE = Signature(
    (Field("tenure", "integer", "int64", low=0.0, high=72.0), Field("contract", "category", "object", categories=("monthly", "one year", "two years")), Field("monthly_charges", "number", "float64", True, low=18.25, high=118.75), Field("image", "array", "float32", shape=(-1, 28, 28))),
    (Field("churned", "category", "int64"),), target="churned", classes=("no", "yes"), method="predict",
)  # fmt: skip


def evaluation_row() -> Evaluation:
    return Evaluation(
        "ev1",
        NOW,
        "binary",
        24_310,
        "roc_auc",
        "o" * 64,
        0.871,
        0.864,
        0.878,
        "e" * 64,
        "r12",
        "mj1:" + "ab" * 32,
        "churn-test",
        "ines",
    )


def version(*, is_new: bool = True) -> VersionView:
    return VersionView(
        "churn", model_version(), SIGNATURE, ("challenger",), 12, "churn", (("max_depth", "6"), ("learning_rate", "0.05"), ("class_weight", "balanced")),
        (VersionData("train", "train", "mj1:" + "cd" * 32, 72_931, 19, "churn-train:12", "warehouse.sql"), VersionData("test", "test", "mj1:" + "ab" * 32, 24_310, 19, "churn-test:2")),
        InputExample(("tenure", "contract", "monthly_charges"), ((3, "monthly", 70.35), (41, "two years", None)), ("yes", "no")),
        (evaluation_row(),), replace(scored.report(), curves=scored.curves()[:2]),
        (Validation("va1", "mj1:" + "cd" * 32, NOW, 1, 0, 0, 72_931, "[]", "h" * 64),), (Finding("r12", 0, "leak", "warning", "fit saw 212 rows of the test data"),),
        gates(), (approval(),), (), "9bfad3c1aa", "3.11.4", (("scikit-learn", "1.9.0"),), is_new,
        lineage.stamped(), lineage.exports(),
    )  # fmt: skip


def bare_version() -> VersionView:
    """Return a version that somebody registered from memory, in a format that can run code, over closed gates."""
    kept = model_version(
        1,
        format="cloudpickle",
        unsafe_reason="the model has our own class in it",
        libraries=None,
        run_id=None,
        intended_use=None,
        limits=None,
        owner=None,
        licence=None,
        archived_at=day(11, 24),
        archive_reason="replaced",
    )
    return VersionView("churn", kept, Signature(()), overrides=(override(),))


def table() -> ModelTable:
    return ModelTable(
        (
            ModelLine("churn", 4, 4, NOW, (("champion", 3), ("challenger", 4)), "roc_auc", scored.near(0.871, 0.007), "ines", 1, "Whom to call before a contract ends"),
            ModelLine("delays", 8, 8, day(10, 2), (("champion", 7),), "rmse", scored.near(11.82, 0.31), "omar"),
            ModelLine("segments", 1, 1, day(3, 2)),
        ), 3, (approval(),),
    )  # fmt: skip


def lines(n: int = 4) -> tuple[VersionLine, ...]:
    return tuple(
        VersionLine(i, day(11, 1 + i % 20), "sklearn.pipeline.Pipeline", 1_204_330, {4: ("challenger",), 3: ("champion",)}.get(i, ()), "roc_auc", scored.near(0.84 + 0.008 * (i % 5), 0.007), "failed" if i == 4 else "passed", {4: "requested", 3: "approved"}.get(i), 8 + i, "ines", "class weights" if i == 4 else None, day(11, 22) if i == 1 else None)
        for i in range(n, 0, -1)
    )  # fmt: skip


def model() -> ModelView:
    return ModelView(
        Model("m1", "churn", day(3, 1), "ines", "Whom to call before a contract ends"),
        lines(),
        4,
        (ModelAlias("m1", "champion", 3, day(10, 1), "omar"), ModelAlias("m1", "challenger", 4, NOW, "ines")),
        usecase().doc,
        ((4, approval()),),
    )


def comparison() -> VersionComparison:
    before = replace(version(), version=model_version(3), aliases=("champion",))
    changes = (
        VersionChange("metrics", "AUC", "0.859", "0.871 ± 0.007", "better by 0.012 ± 0.005", True),
        VersionChange("metrics", "Brier score", "0.1062", "0.1060", "no difference beyond noise (0.000 ± 0.001)"),
        VersionChange("metrics", "Precision", "0.688", "0.671", "worse by 0.017 ± 0.009", False),
        VersionChange("params", "max_depth", "4", "6"), VersionChange("params", "class_weight", "", "balanced"),
        VersionChange("data", "train", "churn-train:11", "churn-train:12", "27,004 rows added"),
        VersionChange("libraries", "scikit-learn", "1.8.0", "1.9.0"), VersionChange("signature", "image", "", "array any × 28 × 28"),
    )  # fmt: skip
    return VersionComparison(
        before,
        version(),
        changes,
        True,
        "churn:4 is better than churn:3: AUC by 0.012 ± 0.005 on the same 24,310 rows.",
    )


def requested() -> ApprovalView:
    return ApprovalView("churn:4", approval(), gates())


def approved() -> ApprovalView:
    return ApprovalView("churn:4", approval("approved"), gates(passed=True), True, 3)


def approvals() -> ApprovalTable:
    return ApprovalTable(
        (
            requested(),
            approved(),
            ApprovalView("churn:2", approval("rejected")),
            ApprovalView("churn:1", approval("withdrawn")),
        ),
        1,
    )


def moved() -> AliasMoved:
    return AliasMoved("churn", "champion", 4, 3, gates(passed=True), approval("approved"))


def forced() -> AliasMoved:
    return AliasMoved(
        "churn", "champion", 4, 3, overridden(), None, "the old model fails on the new tariff since Monday"
    )


def reigns() -> tuple[Reign, ...]:
    return (
        Reign("champion", 1, day(3, 1), day(5, 11), "ines", "omar", "the first that is better than guessing"), Reign("champion", 2, day(5, 11), day(10, 1), "ines", "omar", "new tariffs"),
        Reign("champion", 3, day(10, 1), None, "ines", None, None, "the old model fails on the new tariff since Monday"),
        Reign("challenger", 3, day(8, 2), day(10, 1), "ines"), Reign("challenger", 4, day(11, 20), None, "ines"),
    )  # fmt: skip


def events(n: int = 12) -> tuple[Event, ...]:
    kinds = ("alias.moved", "approval.approved", "approval.requested", "model.registered")
    facts = (
        {"alias": "champion", "from": 3, "to": 4},
        {"alias": "champion", "reason": "looked at the slices"},
        {"alias": "champion"},
        {"run": 12, "hash": "f" * 64},
    )
    return tuple(
        Event(
            n - i,
            f"e{i}",
            day(11, 24 - i % 20),
            "ines",
            kinds[i % 4],
            f"churn:{4 - i // 4}",
            json.dumps(facts[i % 4]),
            "0" * 64,
            "1" * 64,
        )
        for i in range(n)
    )


def history() -> ModelHistory:
    return ModelHistory("churn", events(), reigns(), total=31)


def history_then() -> ModelHistory:
    past = replace(version(), version=model_version(1), aliases=("champion",), gates=None)
    return ModelHistory(
        "churn",
        events(4),
        reigns(),
        "2026-04-01",
        (("champion", past),),
        ("run #31 (monthly scores)", "export scores-april.csv"),
        4,
    )


def audit(*, is_whole: bool = True) -> AuditReport:
    wrong = (
        "event 17 (approval.approved, churn:2) does not fit its hash: a field was changed",
        "churn@champion is version 4, and the last event about it says 3",
    )
    return AuditReport(
        31,
        is_whole,
        () if is_whole else wrong,
        "9bfad3c1" * 8,
        day(3, 1),
        NOW,
        "9bfad3c1" * 8 if is_whole else None,
    )


def usecase() -> UseCaseView:
    doc = UseCaseDoc(
        "churn", "Customers leave before anybody calls them.", "The call centre, and customers with monthly contracts.", "Whom the call centre calls in the last month of a contract.",
        "Contracts renewed per 1,000 calls", "average_precision", "Each point of precision saves about 10 calls that change nothing.", "At least 120 renewals per 1,000 calls", 120.0, "ines", "churn-team@example.org",
        (Stakeholder("Call centre", "fewer calls without effect"), Stakeholder("Legal", "no age")), "", "Business customers",
    )  # fmt: skip
    values = tuple(
        KpiValue(
            "m1", "renewals per 1,000 calls", i, day(3 + i, 1), value, day(3 + i, 2), 1 + i // 3, None, "ines"
        )
        for i, value in enumerate((92.0, 98.0, None, 104.0, 121.0, 118.0, 127.0))
    )
    cost = (KpiValue("m1", "cost per renewal", 0, day(9, 1), 31.5, day(9, 2), 2),)
    relations = (
        KpiRelation(
            "renewals per 1,000 calls",
            "average_precision",
            Estimate(0.77, 0.1, 0.96),
            6,
            "moves with it, though 6 values cannot say how much",
        ),
    )
    return UseCaseView(doc, 3, NOW, "ines", values + cost, relations, ("feedback",))


def empty_usecase() -> UseCaseView:
    return UseCaseView(
        UseCaseDoc("segments"),
        missing=(
            "pain_point",
            "concerned",
            "decision",
            "success_measure",
            "model_metric",
            "acceptable",
            "owner",
            "feedback",
        ),
    )


def card(audience: str = "everyone") -> ModelCard:
    if audience == "outsiders":
        sections = (
            CardSection(
                "decision",
                "What it decides",
                text="Whom the call centre calls in the last month of a contract.",
            ),
            CardSection(
                "quality",
                "How well",
                text="Of 100 customers who leave, it finds 55 in time; of 100 warnings that it gives, 67 are right.",
            ),
            CardSection(
                "worse",
                "For whom it is worse",
                text="Customers with a monthly contract in their first half year (AUC 0.742 instead of 0.876). Men over 60 are chosen about half as often as women from 18 to 30.",
            ),
            CardSection(
                "since",
                "Since when",
                (CardField("champion", "1 October 2026, approved by omar"), CardField("data until", None)),
            ),
            CardSection(
                "contact",
                "Whom to ask",
                (CardField("owner", "ines"), CardField("contact", "churn-team@example.org")),
            ),
        )
        return ModelCard(
            "churn:4",
            "Whom to call before a contract ends",
            "outsiders",
            sections,
            version(),
            usecase().doc,
            reigns(),
            NOW,
            8,
            9,
        )
    sections = (
        CardSection("details", "Model details", (CardField("Model", "Pipeline (scikit-learn 1.9.0)", "version"), CardField("Version", "churn:4", "version"), CardField("Licence", "CC-BY-4.0", "version"), CardField("Citation", None))),
        CardSection("uses", "Intended use", (CardField("Intended", "Choose whom to call before a contract ends.", "version"), CardField("Out of scope", "Business customers", "use case"))),
        CardSection("data", "Training data", (CardField("train", "churn-train:12, 72,931 × 19", "run 12"), CardField("Personal data", None))),
        CardSection("evaluation", "Evaluation", (CardField("AUC", "0.871 ± 0.007", "evaluation ev1"),), "One evaluation on churn-test:2."),
        CardSection("caveats", "Caveats", (), "Not for business customers; trained on data since 2024."),
        CardSection("carbon", "Environmental impact", (CardField("Energy", None), CardField("Carbon", None))),
    )  # fmt: skip
    return ModelCard(
        "churn:4",
        "Whom to call before a contract ends",
        "everyone",
        sections,
        version(),
        usecase().doc,
        reigns(),
        NOW,
        7,
        11,
    )


def large() -> list[object]:
    """Return records with hundreds of everything, to see that they stay small."""
    view = version()
    wide = replace(SIGNATURE, inputs=SIGNATURE.inputs * 500)
    example = InputExample(tuple(f"c{i}" for i in range(500)), ((1.5,) * 500,) * 20, (1,) * 20)
    many_gates = replace(gates(), results=gates().results * 60)
    return [
        replace(view, signature=wide, example=example, params=view.params * 200, data=view.data * 50, findings=view.findings * 300, evaluation=scored.many(), gates=many_gates, approvals=view.approvals * 100, overrides=(override(),) * 100),
        many_gates,
        ModelTable(table().lines * 400, 10_000, (approval(),) * 300),
        replace(model(), lines=lines(1000), total=10_000, waiting=((4, approval()),) * 200),
        replace(history(), events=events(1000), reigns=reigns() * 200, total=100_000, used_where=("a run",) * 400),
        replace(audit(is_whole=False), problems=audit(is_whole=False).problems * 500),
        replace(comparison(), changes=comparison().changes * 200),
        ApprovalTable(approvals().lines * 100, 100),
        replace(usecase(), kpis=tuple(replace(one, key=f"{one.key} {i}") for i in range(80) for one in usecase().kpis)),
        replace(card(), sections=card().sections * 40, view=replace(view, evaluation=scored.many(), gates=many_gates)),
        GatesView(replace(GATES, gates=GATES.gates * 100), 3, NOW, "ines", "gates:\n" * 5000),
        replace(requested(), report=many_gates), replace(moved(), report=many_gates),
    ]  # fmt: skip


def every() -> list[object]:
    """Return every record of the registry of models."""
    return [
        table(), ModelTable((), 0), model(), version(), version(is_new=False), bare_version(), comparison(), replace(comparison(), changes=(), same_rows=False, verdict=""),
        gates(), gates(passed=True), overridden(), gates_doc(), GatesView(GateDoc("churn")),
        requested(), approved(), approvals(), ApprovalTable((), 0), moved(), forced(), history(), history_then(), ModelHistory("new", (), ()),
        audit(), audit(is_whole=False), AuditReport(0, True), usecase(), empty_usecase(), card(), card("outsiders"),
    ]  # fmt: skip
