"""Contracts in the registry: proposed, edited, accepted; each change is a new edition.

``churn-train`` is the accepted contract of that dataset (the newest one where none is accepted),
``churn-train:2`` its second edition, and a path with the ending ``.yml`` a contract in a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import config
from ..errors import MlopsError, NotFoundError, UsageError, near
from ..interrupts import uninterrupted
from ..records import (
    Contract,
    ContractDiff,
    ContractDoc,
    ContractView,
    Dataset,
    DatasetVersion,
    Profile,
    SavedVersion,
)
from ..store import Store, as_row, lineage, open_existing, open_store
from . import documents, reference, subject, views
from .progress import step
from .reference import Registry
from .subject import Subject

_ENDINGS = (".yml", ".yaml")
_VERSIONS_LEARNED_FROM = 10
_LARGEST_FILE = 1 << 20
_SAME_COLUMNS = 0.5


def infer_contract(
    *what: Any, dataset: str | None = None, note: str | None = None, registry: Registry = None
) -> ContractView:
    """Write a contract from what data are like; it is proposed, and somebody accepts it.

    Parameters
    ----------
    what
        A dataset's name, for its saved versions (the newest ten); or versions, frames and files, oldest
        first. More than one make the rules better.
    dataset
        Whose contract it is; None for the dataset of the last one. Data without a saved
        dataset give a contract that stands in no registry.
    note
        A sentence about this edition.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    UsageError
        If no data are named.
    NotFoundError
        If a reference does not exist; lists near names.
    """
    from .. import validation

    if not what:
        raise UsageError("contract infer takes data; as in: contract infer churn-train")
    store = open_store(registry)
    learned = _learned_from(store, what)
    newest = learned[-1]
    owner = _owner(store, dataset, newest)
    doc = documents.completed(store, owner) if owner else None
    profiles = [one.profile() for one in learned]
    with step(f"rules for {newest.label}"):
        found = validation.infer(
            profiles,
            dataset=owner.name if owner else dataset or newest.label,
            labels=[one.label for one in learned],
            frame=_frame(newest),
            doc=doc,
        )
    text = validation.to_yaml(found)
    return _add(store, owner, text, note) if owner else ContractView(found, text=text, ref=found.dataset)


def put_contract(
    text: str, *, dataset: str | None = None, note: str | None = None, registry: Registry = None
) -> ContractView:
    """Make a contract's YAML text the next edition, proposed; the same text again changes nothing.

    Parameters
    ----------
    text
        The contract as YAML.
    dataset
        Whose contract it is; None for the dataset that the text names.
    note
        A sentence about this edition.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    UsageError
        If the text cannot be understood; names the line and near words.
    NotFoundError
        If there is no such dataset.
    """
    from .. import validation

    store = open_existing(registry)
    doc = validation.from_yaml(text)
    return _add(store, reference.find_dataset(store, dataset or doc.dataset), text, note)


def accept_contract(ref: str, *, note: str | None = None, registry: Registry = None) -> ContractView:
    """Let a contract hold: the newest proposal, or the edition that the reference names.

    The one accepted before is retired.

    Parameters
    ----------
    ref
        ``churn-train`` or ``churn-train:2``; or a YAML file, which becomes an edition first.
    note
        Why.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such contract.
    """
    store = open_existing(registry)
    if is_file(ref):
        ref = put_contract(read_file(ref), registry=store).ref
    dataset, number = _asked(store, ref)
    chosen = _edition(store, dataset, number) if number else _newest(store, dataset)
    now = {"state": "accepted", "accepted_at": config.now(), "accepted_by": config.user_name()}
    with uninterrupted(), store.atomic():
        store.lock(f"contract {dataset.id}")
        before = _accepted(store, dataset)
        store.update("contracts", {"state": "retired"}, {"dataset_id": dataset.id, "state": "accepted"})
        store.update("contracts", now | ({"note": note} if note else {}), {"id": chosen.id})
    retired = before.number if before is not None and before.number != chosen.number else None
    return replace(_view(dataset, _edition(store, dataset, chosen.number)), retired=retired)


def contract(ref: str, *, registry: Registry = None) -> ContractView:
    """Return a contract: the accepted one of a dataset, an edition of it, or that of a file.

    Raises
    ------
    NotFoundError
        If there is none; says what to do.
    """
    if is_file(ref):
        return file_view(ref)
    store = open_existing(registry)
    dataset, number = _asked(store, ref)
    if number is None:
        accepted = _accepted(store, dataset)
        return _view(dataset, accepted or _newest(store, dataset))
    return _view(dataset, _edition(store, dataset, number))


def editions(name: str, *, registry: Registry = None) -> tuple[Contract, ...]:
    """Return all editions of a dataset's contract, the newest first."""
    store = open_existing(registry)
    dataset = reference.find_dataset(store, name)
    rows = store.rows("contracts", {"dataset_id": dataset.id}, order="number desc")
    return tuple(Contract(**row) for row in rows)


def contract_views(name: str | None = None, *, registry: Registry = None) -> tuple[ContractView, ...]:
    """Return all editions of a dataset's contract, the newest first; or the newest of every dataset."""
    store = open_existing(registry)
    if name is not None:
        dataset = reference.find_dataset(store, name)
        return tuple(_view(dataset, one) for one in editions(name, registry=store))
    rows = store.rows("datasets", {"deleted_at": None}, order="name")
    found = []
    for dataset in [Dataset(**row) for row in rows]:
        known = store.rows("contracts", {"dataset_id": dataset.id}, order="number desc", limit=1)
        if known:
            found.append(_view(dataset, _accepted(store, dataset) or Contract(**known[0])))
    return tuple(found)


def dataset_of(ref: str, *, registry: Registry = None) -> str:
    """Return the name of the dataset that a reference to a contract is about."""
    return reference.find_dataset(open_existing(registry), ref).name


def diff_contracts(before: str, after: str | None = None, *, registry: Registry = None) -> ContractDiff:
    """Compare two contracts, each an edition (``churn-train:1``) or a file.

    With one name alone, the accepted edition is compared with the newest one.

    Raises
    ------
    NotFoundError
        If one of them does not exist.
    UsageError
        If a dataset has one edition alone.
    """
    from .. import validation

    if after is not None:
        old, new = contract(before, registry=registry), contract(after, registry=registry)
    else:
        old, new = _last_two(open_existing(registry), before)
    found = validation.diff_contracts(old.doc, new.doc)
    return replace(found, before=_called(old), after=_called(new))


def contract_for(
    version: DatasetVersion, name: str, source_uri: str | None = None, *, registry: Registry = None
) -> ContractView | None:
    """Return the accepted contract that applies to data seen under a name, or None.

    In this order: the contract of a dataset in which the same content is saved; of the dataset that
    bears the name (``_`` and ``-`` are the same); of one that was saved from the same file or URL. In
    the last two cases half of the columns must be the same, so that a ``df`` is not held to the
    contract of another ``df``.
    """
    store = open_existing(registry)
    if not store.rows("contracts", {"state": "accepted"}, columns=["id"], limit=1):
        return None
    same = store.rows(
        "saved_versions", {"version_id": version.id, "deleted_at": None}, columns=["dataset_id"]
    )
    for row in same:
        if found := _applying(store, {"id": row["dataset_id"]}):
            return found
    columns = {column.name for column in views.columns_of(version)}
    names = {name, name.replace("_", "-"), name.replace("-", "_")}
    candidates: list[dict[str, Any]] = [{"name": sorted(names)}]
    if source_uri is not None:
        rows = store.rows("saved_versions", {"source_uri": source_uri, "deleted_at": None})
        candidates += [{"id": row["dataset_id"]} for row in rows]
    for where in candidates:
        found = _applying(store, where)
        if found is not None and _is_alike(store, found, columns):
            return found
    return None


def is_file(ref: str) -> bool:
    """Return whether a reference names a contract in a file.

    Examples
    --------
    >>> is_file("contracts/churn.yml"), is_file("churn-train:2")
    (True, False)
    """
    return ref.lower().endswith(_ENDINGS)


def read_file(path: str) -> str:
    """Return the text of a contract or document in a file.

    Raises
    ------
    NotFoundError
        If there is no such file; names near ones.
    UsageError
        If it is too large, or no text.
    """
    place = Path(path).expanduser()
    if not place.is_file():
        folder = place.absolute().parent
        hint = near(place.name, [found.name for found in folder.iterdir()]) if folder.is_dir() else ""
        raise NotFoundError(f"there is no file {path!r}" + (f"; {hint}" if hint else ""))
    if place.stat().st_size > _LARGEST_FILE:
        raise UsageError(f"{path} has {place.stat().st_size:,} bytes; at most {_LARGEST_FILE:,} are read")
    try:
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; expected YAML") from None


def file_view(path: str) -> ContractView:
    """Return the contract of a file."""
    from .. import validation

    text = read_file(path)
    return ContractView(validation.from_yaml(text), text=text, path=path, ref=path)


def _learned_from(store: Store, what: Sequence[Any]) -> list[Subject]:
    if len(what) == 1 and isinstance(what[0], str):
        rows = store.rows("datasets", {"name": what[0].strip(), "deleted_at": None})
        if rows:
            return _versions(store, Dataset(**rows[0]))
    return [subject.of(store, one) for one in what]


def _versions(store: Store, dataset: Dataset) -> list[Subject]:
    """Return the newest versions of a dataset, oldest first, of those whose profile can be had."""
    rows = store.rows(
        "saved_versions",
        {"dataset_id": dataset.id, "deleted_at": None},
        order="number desc",
        limit=_VERSIONS_LEARNED_FROM,
    )
    return [
        subject.InRegistry(store, reference.find(store, f"{dataset.name}:{SavedVersion(**row).number}"))
        for row in reversed(rows)
    ]


def _owner(store: Store, asked: str | None, newest: Subject) -> Dataset | None:
    """Return whose contract it is: as asked, else of what was named, has this content, or bears the name."""
    if asked is not None:
        return reference.find_dataset(store, asked)
    if newest.found is not None and newest.found.dataset is not None:
        return newest.found.dataset
    labels = lineage.labels_of(store, [newest.version.id]).get(newest.version.id, ())
    names = [*(label.rpartition(":")[0] for label in labels), newest.label]
    rows = {row["name"]: row for row in store.rows("datasets", {"name": names, "deleted_at": None})}
    return next((Dataset(**rows[name]) for name in names if name in rows), None)


def _frame(newest: Subject) -> Any:
    """Return rows to find rules between columns in; None where they are not there."""
    if newest.is_larger_than_memory:
        return None
    try:
        return newest.frame()
    except MlopsError:  # only the profile is kept
        return None


def _add(store: Store, dataset: Dataset, text: str, note: str | None) -> ContractView:
    """Add an edition, if it can be read: one that cannot would stand in the way of all questions."""
    from .. import validation

    doc = validation.from_yaml(text)
    with uninterrupted(), store.atomic():
        store.lock(f"contract {dataset.id}")
        rows = store.rows("contracts", {"dataset_id": dataset.id}, order="number desc", limit=1)
        if rows and rows[0]["document"] == text:
            return _view(dataset, Contract(**rows[0]))
        row = Contract(
            id=config.new_id(),
            dataset_id=dataset.id,
            number=rows[0]["number"] + 1 if rows else 1,
            state="proposed",
            document=text,
            created_at=config.now(),
            user_name=config.user_name(),
            note=note,
        )
        store.insert("contracts", as_row(row))
    return ContractView(doc, row, f"{dataset.name}:{row.number}", text)


def _view(dataset: Dataset, found: Contract) -> ContractView:
    from .. import validation

    doc = validation.from_yaml(found.document)
    return ContractView(doc, found, f"{dataset.name}:{found.number}", found.document)


def _asked(store: Store, ref: str) -> tuple[Dataset, int | None]:
    dataset = reference.find_dataset(store, ref)
    return dataset, None if dataset.name == ref.strip() else reference.parse(ref.strip()).number


def _edition(store: Store, dataset: Dataset, number: int) -> Contract:
    rows = store.rows("contracts", {"dataset_id": dataset.id, "number": number})
    if not rows:
        newest = _newest(store, dataset)
        raise NotFoundError(
            f"there is no contract {number} of {dataset.name!r}; the newest is {newest.number}"
        )
    return Contract(**rows[0])


def _newest(store: Store, dataset: Dataset) -> Contract:
    rows = store.rows("contracts", {"dataset_id": dataset.id}, order="number desc", limit=1)
    if not rows:
        raise NotFoundError(
            f"{dataset.name!r} has no contract yet; contract infer {dataset.name} proposes one"
        )
    return Contract(**rows[0])


def _accepted(store: Store, dataset: Dataset) -> Contract | None:
    rows = store.rows("contracts", {"dataset_id": dataset.id, "state": "accepted"})
    return Contract(**rows[0]) if rows else None


def _last_two(store: Store, name: str) -> tuple[ContractView, ContractView]:
    found = editions(name, registry=store)
    if len(found) < 2:
        raise UsageError(f"{name!r} has {len(found)} contract; name two: contract diff {name}:1 contract.yml")
    newest, accepted = found[0], next((one for one in found[1:] if one.state == "accepted"), found[1])
    dataset = reference.find_dataset(store, name)
    return _view(dataset, accepted), _view(dataset, newest)


def _called(view: ContractView) -> str:
    return view.path or (f"{view.ref} ({view.contract.state})" if view.contract else view.ref)


def _applying(store: Store, where: dict[str, Any]) -> ContractView | None:
    for row in store.rows("datasets", where | {"deleted_at": None}):
        dataset = Dataset(**row)
        if (accepted := _accepted(store, dataset)) is not None:
            return _view(dataset, accepted)
    return None


def _is_alike(store: Store, found: ContractView, columns: set[str]) -> bool:
    known = {column.name for column in views.columns_of(reference.find(store, found.doc.dataset).version)}
    return len(columns & known) >= _SAME_COLUMNS * max(len(columns), len(known), 1)


def reference_profile(store: Store, doc: ContractDoc) -> Profile | None:
    """Return the profile of the newest version that a contract was learned from, where it is known."""
    for label in reversed(doc.learned_from):
        try:
            found = reference.find(store, label)
        except NotFoundError:
            continue
        if (profile := subject.stored_profile(store, found.version.id)) is not None:
            return profile
    return None
