"""The sections of a card for everyone, in the order and with the fields of the usual model cards.

Fields follow the model-card schema that Google's toolkit and model hubs share (details, uses, risks,
how to start, training, evaluation, environmental impact, contact), and skops' card (hyperparameters).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..display import words
from ..display.interval import said
from ..records import CardField, CardSection, MetricResult
from .card_facts import Facts, content, day, field, listed
from .card_words import against_baseline, gaps, or_none_found, personal, threshold, worse_slices

_MOST_PARAMS = 20


def sections(facts: Facts) -> tuple[CardSection, ...]:
    """Return all sections; what nobody recorded stands there as a field without a value."""
    made = (
        _details, _uses, _risks, _start, _data, _training, _evaluation, _explanation, _approval, _business,
        _impact, _contact,
    )  # fmt: skip
    return tuple(make(facts) for make in made)


def _details(facts: Facts) -> CardSection:
    version = facts.view.version
    return CardSection(
        "details",
        "Model details",
        (
            field("Description", facts.model.description, "model"),
            field("Version", facts.ref, "version"),
            field("Type", version.class_name, "version"),
            field("Task", facts.report.problem if facts.report else None, _evaluated(facts)),
            field("Registered", f"{day(version.created_at)} by {version.user_name or 'unknown'}", "version"),
            field("Trained", day(facts.run.started_at) if facts.run else None, _run(facts)),
            field("Licence", version.licence, "version"),
            field("Aliases", listed([f"@{one}" for one in facts.view.aliases]) or "none", "version"),
            field("File", f"{version.format}, {words.size(version.size_bytes)}", "version"),
            field("SHA-256", version.object_hash, "version"),
            field("Code", facts.view.git_commit, _run(facts)),
            *_remarks(facts),
        ),
    )


def _uses(facts: Facts) -> CardSection:
    doc, version = facts.document, facts.view.version
    return CardSection(
        "uses",
        "Intended use",
        (
            field("Intended use", version.intended_use, "version"),
            field("Decision", doc.decision if doc else None, "use case"),
            field("Problem it solves", doc.pain_point if doc else None, "use case"),
            field("Who is concerned", doc.concerned if doc else None, "use case"),
            field(
                "Stakeholders", listed([one.name for one in doc.stakeholders]) if doc else None, "use case"
            ),
            field("Out of scope", doc.out_of_scope if doc else None, "use case"),
        ),
    )


def _risks(facts: Facts) -> CardSection:
    report = facts.report
    findings = [one.message for one in report.findings if one.severity != "info"] if report else []
    pitfalls = [one.message for one in facts.view.findings if one.severity != "info"]
    return CardSection(
        "risks",
        "Limits and risks",
        (
            field("Limits", facts.view.version.limits, "version"),
            field("Where it is worse", worse_slices(facts), _evaluated(facts)),
            field("Gaps between groups", gaps(facts), _evaluated(facts)),
            field("Pitfalls of the evaluation", or_none_found(findings, report), _evaluated(facts)),
            field("Pitfalls of the training", or_none_found(pitfalls, facts.run), _run(facts)),
            field("Personal data", personal(facts), "profiles and documents of the data"),
        ),
    )


def _start(facts: Facts) -> CardSection:
    signature = facts.view.signature
    inputs = [one.name for one in signature.inputs]
    takes = f"{words.counted(len(inputs), 'column')}: {listed(inputs)}" if inputs else None
    returns = [f"{one.name} ({one.kind})" for one in signature.outputs]
    example = facts.view.example
    return CardSection(
        "start",
        "How to use it",
        (
            field("Load", f'load_model("{facts.ref}").{signature.method}(X)', "version"),
            field("Takes", takes, "signature"),
            field("Returns", listed(returns), "signature"),
            field("Classes", listed(list(signature.classes), 20), "signature"),
            field(
                "Example",
                f"{words.counted(len(example.rows), 'row')} with answers, checked at every load"
                if example
                else None,
                "version",
            ),
            *_exported(facts),
        ),
    )


def _exported(facts: Facts) -> Iterator[CardField]:
    """Yield the newest export of each target: what was proved of it, or that nothing was."""
    for target, called in (("service", "service"), ("batch", "batch job")):
        newest = next((one for one in facts.view.exports if one.target == target), None)
        if newest is not None:
            yield field(f"As a {called}", f"{day(newest.created_at)}: {newest.summary}", "exports")


def _data(facts: Facts) -> CardSection:
    source = _run(facts) or "version"
    used = [one for one in facts.view.data if one.role != "output"]
    checked = [
        f"{day(one.created_at)} {'passed' if one.passed else 'failed'}" for one in facts.view.validations
    ]
    rows = [field(f"{one.role.capitalize()}: {one.name}", content(one), source) for one in used[:12]]
    return CardSection(
        "data",
        "Data",
        (
            *(rows or [field("Training data", None)]),
            field("Contracts", listed(checked, 5), "validations"),
        ),
    )


def _training(facts: Facts) -> CardSection:
    run, environment = facts.run, facts.environment
    kept = json.loads(facts.view.version.libraries or "{}")
    chosen = [field(key, value, "version") for key, value in facts.view.params[:_MOST_PARAMS]]
    left = len(facts.view.params) - _MOST_PARAMS
    more = [field("Further parameters", f"{left:,}", "version")] if left > 0 else []
    memory = words.size(run.peak_memory_bytes) if run and run.peak_memory_bytes else None
    return CardSection(
        "training",
        "Training procedure",
        (
            field("Run", f"#{run.number} of {facts.view.experiment}" if run else None, _run(facts)),
            field("Duration", words.duration(run.duration_s) if run else None, _run(facts)),
            field("Peak memory", memory, _run(facts)),
            field("Made again", _made_again(facts), _run(facts)),
            field("Software", listed([f"{name} {number}" for name, number in kept.items()]), "version"),
            field("Platform", environment.platform if environment else None, "environment"),
            *chosen,
            *more,
        ),
        "" if chosen else "All parameters are at their defaults." if facts.view.version.params else "",
    )


def _made_again(facts: Facts) -> str | None:
    again = facts.view.reproduced
    return f"{day(again.created_at)}: {again.summary}" if again else None


def _evaluation(facts: Facts) -> CardSection:
    report = facts.report
    if report is None:
        return CardSection("evaluation", "Evaluation", (field("Metrics", None), field("Test data", None)))
    source = _evaluated(facts)
    tested = f"{report.data or report.version_id or 'without a name'}, {report.n_rows:,} rows"
    found = report.cross_validation
    return CardSection(
        "evaluation",
        "Evaluation",
        (
            field("Test data", tested, source),
            *(_metric(one, source) for one in report.metrics[:12]),
            field("Against the baseline", against_baseline(facts), source),
            field("Cross-validation", said(found.estimate) if found else None, source),
            field("Threshold", threshold(facts), source),
            field("How often these rows were used", report.ledger.verdict if report.ledger else None, source),
        ),
        report.summary,
    )


def _metric(one: MetricResult, source: str) -> CardField:
    beside = f", {one.dummy.value:.3g} by guessing" if one.dummy and one.dummy.value is not None else ""
    return field(one.name, f"{said(one.estimate)}{beside}", source)


def _explanation(facts: Facts) -> CardSection:
    found = facts.report.explanation if facts.report else None
    named = [f"{one.feature} ({words.percent(one.share)})" for one in found.importances] if found else []
    return CardSection(
        "explanation",
        "What it looks at",
        (field("Most important inputs", listed(named), _evaluated(facts)),),
        found.summary if found else "",
    )


def _approval(facts: Facts) -> CardSection:
    reign, gates = facts.reign, facts.view.gates
    since = f"@{reign.alias} since {day(reign.since)}" if reign else "no"
    if reign and reign.until:
        since = f"@{reign.alias} from {day(reign.since)} to {day(reign.until)}"
    approved = next((one for one in facts.view.approvals if one.state == "approved"), None)
    overrides = [
        f"{day(one.created_at)} by {one.user_name}: {json.loads(one.detail)['override_reason']}"
        for one in facts.view.overrides
    ]
    return CardSection(
        "approval",
        "Gates and approval",
        (
            field("Gates", gates.summary if gates else None, "gates"),
            field(
                "Approved by",
                f"{approved.decided_by} on {day(approved.decided_at)}: {approved.reason}"
                if approved
                else "nobody",
                "approvals",
            ),
            field("In use", since, "events"),
            *(field("Moved against its gates", one, "events") for one in overrides),
        ),
    )


def _business(facts: Facts) -> CardSection:
    doc = facts.document
    newest = {one.key: one for one in facts.use_case.kpis}
    values = [
        f"{one.key} {words.number(one.value)} ({day(one.time)})"
        for one in newest.values()
        if one.value is not None
    ]
    relations = [one.verdict for one in facts.use_case.relations]
    return CardSection(
        "business",
        "What it is worth",
        (
            field("Success measure", doc.success_measure if doc else None, "use case"),
            field("Metric that stands for it", doc.model_metric if doc else None, "use case"),
            field("How they go together", doc.relation if doc else None, "use case"),
            field("Acceptable from", doc.acceptable if doc else None, "use case"),
            field("Measured", listed(values), "KPI values"),
            field("Measured relation", "; ".join(relations[:3]), "KPI values"),
        ),
    )


def _impact(facts: Facts) -> CardSection:
    hardware = json.loads(facts.environment.hardware) if facts.environment else {}
    parts = [str(hardware[key]) for key in ("cpu", "machine") if hardware.get(key)]
    parts += [f"{hardware['cores']} cores"] if hardware.get("cores") else []
    parts += [str(one) for one in hardware.get("gpus", ())]
    cpu = words.duration(facts.run.cpu_s) if facts.run and facts.run.cpu_s is not None else None
    return CardSection(
        "impact",
        "Environmental impact",
        (
            field("Hardware", ", ".join(parts), "environment"),
            field("Processor time", cpu, _run(facts)),
            field("Energy", None),
            field("CO2 emitted", None),
        ),
    )


def _contact(facts: Facts) -> CardSection:
    doc = facts.document
    return CardSection(
        "contact",
        "Whom to ask",
        (
            field("Owner", facts.view.version.owner or (doc.owner if doc else None), "version"),
            field("Contact", doc.contact if doc else None, "use case"),
            field("Feedback", doc.feedback if doc else None, "use case"),
            field("Citation", None),
        ),
    )


def _remarks(facts: Facts) -> Iterator[CardField]:
    """Yield what is said only where there is something to say."""
    version = facts.view.version
    if version.note:
        yield field("Note", version.note, "version")
    if version.unsafe_reason:
        yield field("Can run code when opened", version.unsafe_reason, "version")
    if version.archived_at:
        yield field("Archived", f"{day(version.archived_at)}: {version.archive_reason}", "events")


def _run(facts: Facts) -> str:
    return f"run {facts.run.number}" if facts.run else ""


def _evaluated(facts: Facts) -> str:
    if facts.report is None:
        return ""
    return f"evaluation of {day(facts.report.created_at)}" if facts.report.created_at else "evaluation"
