"""Gates that are held against facts: the data's contract, pitfalls, looks at the hold-out, who and why."""

from __future__ import annotations

import json
from datetime import datetime

from ...display import interval
from ...errors import NotFoundError, near
from ...records import Contract, Gate, GateResult, Reproduction, UseCaseDoc, Validation, from_plain
from ...records.models import GateState
from ...store import lineage
from .evidence import Evidence, result, worst
from .kinds import FOUND_SEVERITIES
from .of_metrics import find_metric

_NEEDED_OF_USE_CASE = ("decision", "success_measure", "owner")
_SHOWN = 3


def contract(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether the data of the version's run, or what they were made from, keep the accepted contract."""
    from ...datasets import reference as datasets

    name = str(dict(gate.limits)["name"])
    asked = f"its data keep the contract of {name}"
    try:
        dataset = datasets.find_dataset(known.store, name)
    except NotFoundError as error:
        step = f"data save df --name {name}"
        return result(gate, "unknown", asked, str(error), next_step=step)
    accepted = known.store.rows("contracts", {"dataset_id": dataset.id, "state": "accepted"})
    if not accepted:
        found = f"{dataset.name} has no accepted contract"
        return result(gate, "unknown", asked, found, next_step=f"contract infer {dataset.name}")
    edition = Contract(**accepted[0])
    asked = f"its data keep contract {edition.number} of {dataset.name}"
    if not known.data:
        found = "no run says which data it was trained on"
        return result(gate, "unknown", asked, found, next_step="register it from its run")
    step = f"validate {_data_to_ask(known, dataset.name)} --contract {dataset.name}:{edition.number}"
    answers = known.validations(dataset)
    newest: dict[str, Validation] = {}
    for one in answers:
        if one.contract_id == edition.id:
            newest.setdefault(one.version_id, one)
    if not newest:
        older = "; an older edition was" if answers else ""
        found = f"its data were not held against it{older}"
        return result(gate, "unknown", asked, found, next_step=step)
    broken = [one for one in newest.values() if not one.passed]
    if broken:
        n = broken[0].n_errors
        rules = "1 rule is" if n == 1 else f"{n:,} rules are"
        found = f"{rules} broken by {_called(known, broken[0].version_id)}"
        step = f"mend the data and train again, or the contract: contract edit {dataset.name}"
        return result(gate, "failed", asked, found, evidence=_validated(broken[0]), next_step=step)
    found = f"kept by {', '.join(_called(known, one) for one in newest)}"
    return result(gate, "passed", asked, found, evidence=_validated(next(iter(newest.values()))))


def findings(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether no pitfall of the evaluation or the version's run is worse than a severity."""
    most = str(dict(gate.limits).get("max_severity", "warning"))
    asked = "no pitfalls" if most == "none" else f"no pitfall worse than {most}"
    rows = known.store.rows("findings", {"run_id": known.version.run_id}) if known.version.run_id else []
    seen = [(row["severity"], row["message"], "its run") for row in rows]
    held = known.held
    if held is not None:
        seen += [(one.severity, one.message, "its evaluation") for one in held.report.findings]
    limit = FOUND_SEVERITIES.index(most)
    worse = sorted(
        (one for one in seen if FOUND_SEVERITIES.index(one[0]) > limit),
        key=lambda one: (-FOUND_SEVERITIES.index(one[0]), one[1]),
    )
    evidence = held.text if held else ""
    if worse:
        more = f" and {len(worse) - _SHOWN} more" if len(worse) > _SHOWN else ""
        said = "; ".join(f"{severity}: {message}" for severity, message, _ in worse[:_SHOWN])
        step = f"mend what {worse[0][2]} warns of, and evaluate again"
        return result(gate, "failed", asked, said + more, evidence=evidence, next_step=step)
    if held is None:
        step = f"evaluate {known.label} X_test y_test"
        return result(gate, "unknown", asked, known.why_not_held, next_step=step)
    found = f"{len(seen)} milder ones" if seen else "none found"
    return result(gate, "passed", asked, found, evidence=evidence)


def evaluation(gate: Gate, known: Evidence) -> GateResult:
    """Ask for an evaluation on a hold-out: new enough, large enough, not looked at too often."""
    words = dict(gate.limits)
    said = [
        text.format(words[word])
        for word, text in (
            ("min_rows", "at least {:,} rows"),
            ("max_looks", "at most {:,} looks at them"),
            ("max_age_days", "at most {:g} days old"),
        )
        if word in words
    ]
    asked = "evaluated on data it was not trained on" + (f": {', '.join(said)}" if said else "")
    step = f"evaluate {known.label} X_test y_test"
    held = known.held
    if held is None:
        return result(gate, "unknown", asked, known.why_not_held, next_step=step)
    states: list[GateState] = ["passed"]
    found = [f"{held.row.n_rows:,} rows"]
    if not known.trained_on:
        found.append("no run says which data it was trained on")
        states.append("unknown")
        step = f"register {known.model.name} from the run that made it"
    if held.row.n_rows < words.get("min_rows", 0):
        states.append("failed")
    if "max_age_days" in words:
        # The date, not the age: evidence that nobody touched must stay the same evidence.
        found.append(f"on {held.row.created_at[:10]}")
        if _days(held.row.created_at, known.today) > words["max_age_days"]:
            states.append("failed")
    ledger = held.report.ledger
    if ledger is not None:
        found.append(f"{ledger.n_uses:,} looks before, {ledger.n_models:,} models")
    if "max_looks" in words:
        looks = None if ledger is None else ledger.n_uses
        states.append("unknown" if looks is None else "failed" if looks > words["max_looks"] else "passed")
        if looks is not None and looks > words["max_looks"]:
            step = "evaluate on rows that nobody chose by"
    return result(gate, worst(*states), asked, ", ".join(found), evidence=held.text, next_step=step)


def signature(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether inputs and outputs are known, with an example and its predictions."""
    asked = "inputs and outputs are known, with an example"
    said = json.loads(known.version.signature or "{}")
    lacks = [word for word in ("inputs", "outputs") if not said.get(word)]
    lacks += [] if known.version.example_hash else ["an example"]
    if lacks:
        step = f"register {known.model.name} with X=, the data it was fitted on"
        return result(gate, "failed", asked, f"without {' and '.join(lacks)}", next_step=step)
    found = f"{len(said['inputs'])} inputs, {len(said['outputs'])} outputs, an example with its predictions"
    return result(gate, "passed", asked, found)


def owner(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether somebody answers for the version."""
    asked = "somebody answers for it"
    if known.version.owner and known.version.owner.strip():
        return result(gate, "passed", asked, known.version.owner.strip())
    step = f"models edit {known.label} --owner NAME"
    return result(gate, "failed", asked, "no owner", next_step=step)


def use_case(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether the use case is written down, and the level that it calls acceptable is reached."""
    asked = "why the model exists is written down, and its acceptable level is reached"
    step = f"usecase {known.model.name}"
    where = {"model_id": known.model.id, "kind": "usecase"}
    rows = known.store.rows("model_docs", where, order="seq desc", limit=1)
    if not rows:
        return result(gate, "failed", asked, "no use case", next_step=step)
    doc = from_plain(UseCaseDoc, json.loads(rows[0]["document"]))
    lacks = [word.replace("_", " ") for word in _NEEDED_OF_USE_CASE if not getattr(doc, word).strip()]
    evidence = f"use case, edition {rows[0]['seq']} of {rows[0]['created_at'][:10]}"
    if lacks:
        found = f"does not say {', '.join(lacks)}"
        return result(gate, "failed", asked, found, evidence=evidence, next_step=step)
    state, found, step = _acceptable(doc, known, step)
    return result(gate, state, asked, found, evidence=evidence, next_step=step)


def reproduced(gate: Gate, known: Evidence) -> GateResult:
    """Ask whether the version's run was made again with the same outcome, exactly or within 1e-9."""
    words = dict(gate.limits)
    asked = "its run was made again with the same outcome"
    asked += ", bit by bit" if words.get("exactly") else ""
    asked += f", at most {words['max_age_days']:g} days ago" if "max_age_days" in words else ""
    if known.version.run_id is None:
        step = f"register {known.model.name} from the run that made it"
        return result(gate, "unknown", asked, "it has no run", next_step=step)
    step = f"reproduce {known.label}"
    rows = known.store.rows("latest_reproductions", {"run_id": known.version.run_id})
    if not rows:
        return result(gate, "unknown", asked, "its run was not made again", next_step=step)
    latest = Reproduction(**rows[0])
    evidence = f"made again {latest.created_at[:10]} ({latest.id})"
    if latest.verdict not in (("identical",) if words.get("exactly") else ("identical", "equal")):
        mend = "mend what differs, as the report says, and train again"
        return result(gate, "failed", asked, latest.summary, evidence=evidence, next_step=mend)
    if "max_age_days" in words and _days(latest.created_at, known.today) > words["max_age_days"]:
        found = f"{latest.summary}, on {latest.created_at[:10]}"
        return result(gate, "failed", asked, found, evidence=evidence, next_step=step)
    return result(gate, "passed", asked, latest.summary, evidence=evidence)


def _acceptable(doc: UseCaseDoc, known: Evidence, step: str) -> tuple[GateState, str, str]:
    if doc.acceptable_value is None:
        return "passed", f"for {doc.owner}: {doc.decision}", ""
    held = known.held
    level = f"{doc.model_metric or 'the first metric'} of {doc.acceptable_value:g}"
    if held is None:
        evaluate = f"evaluate {known.label} X_test y_test"
        return "unknown", f"wants {level}; {known.why_not_held}", evaluate
    found = find_metric(held, doc.model_metric or None)
    if found is None or found.estimate.value is None:
        keys = [one.key for one in held.report.metrics]
        return "unknown", f"{level} was not measured; {near(doc.model_metric, keys) or ', '.join(keys)}", step
    sign = 1 if found.is_higher_better else -1
    is_reached = sign * found.estimate.value >= sign * doc.acceptable_value
    said = f"wants {level}; found {interval.said(found.estimate)}"
    return ("passed", said, "") if is_reached else ("failed", said, "a better model, or another use")


def _data_to_ask(known: Evidence, name: str) -> str:
    """Return which of the version's data the contract is about: those saved under its name go first."""
    labels = [label for found in lineage.labels_of(known.store, known.data).values() for label in found]
    ours = [label for label in labels if label.rpartition(":")[0] == name]
    return next(iter([*ours, *labels]), name)


def _called(known: Evidence, version_id: str) -> str:
    labels = lineage.labels_of(known.store, [version_id])
    if labels.get(version_id):
        return labels[version_id][0]
    rows = known.store.rows("run_datasets", {"version_id": version_id}, order="run_id desc", limit=1)
    return str(rows[0]["name"]) if rows else version_id[:16]


def _validated(found: Validation) -> str:
    return f"validated {found.created_at[:10]}, {found.n_rows:,} rows ({found.id})"


def _days(since: str, now: str) -> float:
    return (datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds() / 86_400
