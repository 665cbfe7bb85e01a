"""Validating: data against a contract; the answer is kept, and says since when a rule is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .. import config
from ..errors import MlopsError, NotFoundError, UsageError
from ..interrupts import uninterrupted
from ..records import (
    ContractDoc,
    ContractView,
    Dataset,
    Profile,
    Rule,
    RuleResult,
    Validation,
    ValidationReport,
    to_plain,
)
from ..store import Store, as_row, open_store
from . import contracts, documents, subject
from .progress import step
from .reference import Registry
from .subject import Subject

_VERSIONS = 50
_VALIDATIONS = 5


def validate(
    what: Any,
    *,
    contract: str | ContractDoc | None = None,
    against: Any = None,
    registry: Registry = None,
    run_id: str | None = None,
    now: datetime | None = None,
) -> ValidationReport:
    """Hold data against a contract, and keep the answer.

    Parameters
    ----------
    what
        A frame, a reference (``churn-train:3``), a path or URL.
    contract
        A dataset whose contract it is, an edition of it (``churn-train:2``), a YAML file, or a contract;
        None for the accepted contract that applies to the data, or for one that is inferred
        from ``against``.
    against
        Data that distributions are compared with; None for the newest version that the contract was
        learned from.
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    run_id
        The run in which this is asked.
    now
        The time that freshness is held against, UTC; None for the present.

    Returns
    -------
    ValidationReport
        Each rule with what failed, how many rows, and since when; broken rules first.

    Raises
    ------
    UsageError
        If there is no contract that applies; says how to make one.
    NotFoundError
        If the data or the contract do not exist; lists near names.
    """
    from .. import validation

    store = open_store(registry)
    subject_ = subject.of(store, what)
    before = None if against is None else subject.of(store, against)
    found = _contract(store, subject_, contract, before)
    settings: dict[str, Any] = {
        "reference": _reference(store, found.doc, before),
        "now": now or datetime.now(UTC),
        "sensitive": _sensitive(store, subject_, found.doc),
    }
    profile = _profile(subject_, found.doc)
    with step(f"checking {subject_.label}"):
        if subject_.is_larger_than_memory:
            assert profile is not None
            report = validation.check_profile(profile, found.doc, **settings)
        else:
            report = validation.check(
                subject_.frame(), found.doc, profile=profile, tables=_Tables(store), **settings
            )
    report = replace(
        report,
        data=subject_.label,
        contract=found.path or found.ref or found.doc.dataset,
        version_id=subject_.version.id,
        created_at=config.now(),
    )
    report = replace(report, results=tuple(_since(store, report, found, subject_)))
    _keep(store, report, found, subject_, run_id)
    return report


def _contract(
    store: Store, subject_: Subject, asked: str | ContractDoc | None, before: Subject | None
) -> ContractView:
    if isinstance(asked, ContractDoc):
        return ContractView(asked, ref=asked.dataset)
    if asked is not None:
        return contracts.contract(asked, registry=store)
    source = subject_.source.uri if subject_.source else None
    found = contracts.contract_for(subject_.version, subject_.label, source, registry=store)
    if found is None and subject_.found is not None and subject_.found.dataset is not None:
        found = _newest_of(store, subject_.found.dataset.name)
    if found is None and before is not None:
        found = _inferred(store, before)
    if found is None:
        raise UsageError(
            f"no accepted contract applies to {subject_.label}; name one (--contract churn-train or a .yml "
            "file), compare with a version (--against churn-train:3), or make one: contract infer churn-train"
        )
    return found


def _newest_of(store: Store, name: str) -> ContractView | None:
    try:
        return contracts.contract(name, registry=store)
    except NotFoundError:
        return None


def _inferred(store: Store, before: Subject) -> ContractView:
    """Return the contract of the data compared with, made up on the spot where it has none."""
    from .. import validation

    if before.found is not None and before.found.dataset is not None:
        found = _newest_of(store, before.found.dataset.name)
        if found is not None:
            return found
    frame = None if before.is_larger_than_memory else before.frame()
    doc = validation.infer([before.profile()], dataset=before.label, labels=[before.label], frame=frame)
    return ContractView(doc, ref=f"inferred from {before.label}")


def _reference(store: Store, doc: ContractDoc, before: Subject | None) -> Profile | None:
    return before.profile() if before is not None else contracts.reference_profile(store, doc)


def _profile(subject_: Subject, doc: ContractDoc) -> Profile | None:
    """Return the profile where something needs it; else it would cost more than the check."""
    if subject_.is_larger_than_memory or any(rule.kind == "distribution" for rule in doc.rules):
        return subject_.profile()
    return subject.stored_profile(subject_.store, subject_.version.id)


def _sensitive(store: Store, subject_: Subject, doc: ContractDoc) -> frozenset[str]:
    """Return the columns whose values must not be shown."""
    names = set(doc.sensitive)
    names |= documents.sensitive_columns(store, [doc.dataset, *subject_.datasets])
    profile = subject.stored_profile(store, subject_.version.id)
    names |= {column.name for column in profile.columns if column.personal} if profile else set()
    return frozenset(names)


class _Tables(Mapping[str, Any]):
    """Other datasets by reference, read when a rule asks for them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            try:
                self._read[name] = subject.of(self._store, name).frame()
            except NotFoundError as error:
                raise KeyError(str(error)) from error
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        rows = self._store.rows("datasets", {"deleted_at": None}, columns=["name"], order="name")
        return iter(row["name"] for row in rows)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _since(
    store: Store, report: ValidationReport, found: ContractView, subject_: Subject
) -> Iterator[RuleResult]:
    """Yield the results; a broken rule with the newest version that kept it, and the first that did not.

    Versions follow each other by their numbers, whenever they were validated.
    """
    broken = [result.rule for result in report.results if result.state == "failed"]
    left = {rule.name for rule in broken}
    held: dict[str, str] = {}
    since = dict.fromkeys(left, subject_.label if subject_.has_name else "these data")
    for label, states in _before(store, found, subject_, broken) if broken else ():
        for name in list(left):
            if states.get(name) == "passed":
                held[name] = label
                left.remove(name)
            elif states.get(name) == "failed":
                since[name] = label
        if not left:
            break
    for result in report.results:
        name = result.rule.name
        is_broken = result.state == "failed"
        yield replace(result, last_held=held.get(name), broken_since=since[name]) if is_broken else result


def _before(
    store: Store, found: ContractView, subject_: Subject, rules: Sequence[Rule]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the versions before some data, the newest first, and how each rule fared there."""
    dataset = _dataset(store, found, subject_)
    if dataset is None:
        return
    every = store.rows("saved_versions", {"dataset_id": dataset.id, "deleted_at": None}, order="number desc")
    asked = subject_.found.saved if subject_.found is not None else None
    if asked is not None and asked.dataset_id == dataset.id:
        number = asked.number
    else:  # the newest with the same content; of data that are no version, all came before
        same = (row["number"] for row in every if row["version_id"] == subject_.version.id)
        number = next(same, every[0]["number"] + 1 if every else 0)
    rows = [row for row in every if row["number"] < number and row["version_id"] != subject_.version.id]
    for row in rows[:_VERSIONS]:
        answers = _answers(store, dataset, row["version_id"], found.doc, rules)
        yield f"{dataset.name}:{row['number']}", answers


def _dataset(store: Store, found: ContractView, subject_: Subject) -> Dataset | None:
    """Return the dataset whose versions came before: of the contract, else of the data."""
    if found.contract is not None:
        return Dataset(**store.rows("datasets", {"id": found.contract.dataset_id})[0])
    return subject_.found.dataset if subject_.found is not None else None


def _answers(
    store: Store, dataset: Dataset, version_id: str, doc: ContractDoc, rules: Sequence[Rule]
) -> dict[str, str]:
    """Return how rules fared in a content: as it was validated, else as its profile says."""
    from .. import validation

    known = _validated(store, dataset, version_id, rules)
    left = tuple(rule for rule in rules if rule.name not in known)
    profile = subject.stored_profile(store, version_id) if left else None
    if profile is None:
        return known
    report = validation.check_profile(profile, replace(doc, rules=left))
    return known | {result.rule.name: str(result.state) for result in report.results}


def _validated(store: Store, dataset: Dataset, version_id: str, rules: Sequence[Rule]) -> dict[str, str]:
    """Return the newest answers to the same rules, whichever edition of the contract they were in."""
    asked = {_asks(to_plain(rule)): rule.name for rule in rules}
    rows = store.rows(
        "validations",
        {"dataset_id": dataset.id, "version_id": version_id},
        order="created_at desc, id desc",
        limit=_VALIDATIONS,
    )
    states: dict[str, str] = {}
    for row in rows:
        try:
            results = json.loads(store.objects.get(row["object_hash"]))["results"]
        except MlopsError:  # a lost report costs its part of the history
            continue
        for result in results:
            name = asked.get(_asks(result["rule"]))
            if name is not None and result["state"] != "unknown":
                states.setdefault(name, result["state"])
    return states


def _asks(rule: Mapping[str, Any]) -> str:
    """Return what a rule asks, as text; not why, nor how strictly."""
    return json.dumps([rule["kind"], rule["columns"], rule["limits"]], sort_keys=True, default=str)


def _keep(
    store: Store, report: ValidationReport, found: ContractView, subject_: Subject, run_id: str | None
) -> None:
    """Keep the report as an object, and its row beside the version."""
    if store.why_read_only:
        return
    failed = [result.rule.severity for result in report.results if result.state == "failed"]
    dataset_id = found.contract.dataset_id if found.contract else None
    if dataset_id is None and subject_.found is not None and subject_.found.dataset is not None:
        dataset_id = subject_.found.dataset.id
    body = json.dumps(to_plain(report), ensure_ascii=False, allow_nan=False, default=str).encode()
    row = Validation(
        id=config.new_id(),
        version_id=subject_.version.id,
        created_at=report.created_at,
        passed=int(report.passed),
        n_errors=failed.count("error"),
        n_warnings=failed.count("warning"),
        n_rows=report.n_rows,
        scores=json.dumps({score.name: score.value for score in report.scores}),
        object_hash=store.objects.put(body),
        contract_id=found.contract.id if found.contract else None,
        dataset_id=dataset_id,
        run_id=run_id,
        user_name=config.user_name(),
    )
    with uninterrupted(), store.atomic():
        if not store.rows("dataset_versions", {"id": subject_.version.id}, columns=["id"]):
            store.upsert("dataset_versions", as_row(subject_.version), key=["id"])
        store.insert("validations", as_row(row))
