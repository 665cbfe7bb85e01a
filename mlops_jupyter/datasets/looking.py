"""Looking: the list, one dataset, its versions, what it was used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .. import config
from ..data.columns.base import ColumnError
from ..records import (
    DataCard,
    DataDiff,
    DataDoc,
    DataFinding,
    DatasetHistory,
    DatasetTable,
    DatasetVersion,
    Profile,
    SavedVersion,
    SavedView,
    WhereUsed,
)
from ..store import Store, lineage, open_existing, open_store
from ..store.overview import datasets_overview, newest_validations, verdict
from . import documents, reference, subject, views
from .progress import step
from .reference import Registry
from .subject import Subject

_SAVED_SHOWN = 20


def table(
    query: str | None = None, *, limit: int = 50, offset: int = 0, registry: Registry = None
) -> DatasetTable:
    """List datasets, the last used first; also data that runs used and nobody saved.

    Parameters
    ----------
    query
        A part of the name; None for all.
    limit, offset
        How many to return, after how many.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Examples
    --------
    >>> import tempfile
    >>> table(registry=tempfile.mkdtemp()).total
    0
    """
    return datasets_overview(open_existing(registry), limit, offset, query)


def describe(
    what: Any, *, target: str | None = None, name: str | None = None, registry: Registry = None
) -> DataCard:
    """Look at data: per column types, missing and distinct values, distribution; and what is worth a look.

    Parameters
    ----------
    what
        A frame or array, a reference (``churn-train:3``), a path or URL.
    target
        The column that is to be predicted: associations with it are shown. None for the one that
        the dataset's document names.
    name
        What to call the data.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DataCard
        The card. Data that have no fingerprint, as a column of Python objects, get one too: its version
        has an empty ``id``, and the first finding says why.

    Raises
    ------
    NotFoundError
        If a reference or the target does not exist; names the nearest.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> card = describe(pd.DataFrame({"x": [1, 2, None]}), name="numbers", registry=tempfile.mkdtemp())
    >>> card.name, card.profile.columns[0].n_missing
    ('numbers', 1)
    """
    from .. import data

    store = open_store(registry)
    subject_ = subject.of(store, what)
    try:
        version = subject_.version
    except ColumnError as error:
        return _without_version(subject_, name, target, str(error))
    saved = _saved_under(store, version.id)
    doc = _doc_of(store, subject_, saved)
    asked = _target(subject_, [column.name for column in views.columns_of(version)], target, doc)
    profile = _without_hidden(subject_.profile(target=asked), doc)
    return DataCard(
        name=name or subject_.label,
        version=version,
        profile=profile,
        findings=data.findings(profile, doc=doc),
        saved=saved,
        doc=doc,
        source_uri=subject_.source.uri if subject_.source else None,
        n_runs=lineage.count_runs(store, version.id),
        validation=verdict(newest_validations(store, [version.id]).get(version.id)),
        change=next((one.change for one in saved if one.change is not None), None),
    )


def diff(
    before: Any,
    after: Any,
    *,
    key: str | Sequence[str] | None = None,
    tolerance: float | None = None,
    registry: Registry = None,
) -> DataDiff:
    """Compare two versions of data: columns, rows by key, the cells that changed, distributions.

    Parameters
    ----------
    before, after
        Frames, references (``churn-train:2``), paths or URLs, each of any kind.
    key
        The columns that name a row; None to find them, or those of the dataset's document.
    tolerance
        How far apart numbers may be and still count as equal; None for exactly equal.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If a reference or a key column does not exist.
    UsageError
        If the key is not unique; names the duplicates.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> before, after = pd.DataFrame({"id": [1, 2], "x": [3, 4]}), pd.DataFrame({"id": [1, 2], "x": [3, 5]})
    >>> diff(before, after, key="id", registry=tempfile.mkdtemp()).rows_changed
    1
    """
    from .. import data

    store = open_store(registry)
    old, new = subject.of(store, before), subject.of(store, after)
    columns = [key] if isinstance(key, str) else list(key) if key else _documented_key(store, new)
    sensitive = documents.sensitive_columns(store, _datasets(store, old, new))
    frames = old.frame(), new.frame()
    labels = _labels(old, new)
    with step(f"comparing {labels[0]} and {labels[1]}"):
        return data.diff(
            *frames,
            key=columns,
            before_name=labels[0],
            after_name=labels[1],
            before_version=old.version,
            after_version=new.version,
            before_profile=subject.stored_profile(store, old.version.id),
            after_profile=subject.stored_profile(store, new.version.id),
            tolerance=tolerance or 0.0,
            sensitive=sensitive,
        )


def history(name: str, *, registry: Registry = None) -> DatasetHistory:
    """Return the versions of a dataset, the newest first, each with what changed.

    Parameters
    ----------
    name
        The dataset.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such dataset; lists near names.
    """
    store = open_existing(registry)
    dataset = reference.find_dataset(store, name)
    rows = store.rows("saved_versions", {"dataset_id": dataset.id, "deleted_at": None}, order="number desc")
    versions = views.saved_views(store, dataset, [SavedVersion(**row) for row in rows])
    return DatasetHistory(dataset.name, tuple(versions), documents.completed(store, dataset))


def where_used(what: Any, *, registry: Registry = None) -> WhereUsed:
    """Return the runs and models that used data, what was made of them, and what they were made from.

    Parameters
    ----------
    what
        A reference (``churn-train:3``), the name that runs used data under, a frame, a path.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If a reference does not exist; lists near names.
    """
    store = open_existing(registry)
    subject_ = subject.of(store, what)
    version = subject_.version
    saved = lineage.labels_of(store, [version.id]).get(version.id, ())
    contracts = [
        f"{row['name']} contract {row['number']}"
        for dataset_id in {view.dataset.id for view in _saved_under(store, version.id)}
        for row in _accepted(store, dataset_id)
    ]
    return WhereUsed(
        ref=subject_.label,
        version=version,
        saved=saved,
        runs=tuple(lineage.uses_of(store, version.id)),
        made_from=tuple(lineage.made_from(store, version.id)),
        made_into=tuple(lineage.made_into(store, version.id)),
        sources=lineage.sources_of(store, version.id),
        contracts=tuple(sorted(contracts)),
    )


def _accepted(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    name = store.rows("datasets", {"id": dataset_id}, columns=["name"])[0]["name"]
    rows = store.rows("contracts", {"dataset_id": dataset_id, "state": "accepted"}, columns=["number"])
    return [{"name": name, "number": row["number"]} for row in rows]


def _saved_under(store: Store, version_id: str) -> tuple[SavedView, ...]:
    rows = store.rows(
        "saved_versions",
        {"version_id": version_id, "deleted_at": None},
        order="created_at desc",
        limit=_SAVED_SHOWN,
    )
    found = []
    for row in rows:
        saved = SavedVersion(**row)
        datasets = store.rows("datasets", {"id": saved.dataset_id, "deleted_at": None})
        if datasets:
            dataset = reference.find_dataset(store, datasets[0]["name"])
            found.append(views.saved_view(store, dataset, saved))
    return tuple(found)


def _doc_of(store: Store, subject_: Subject, saved: Sequence[SavedView]) -> DataDoc | None:
    dataset = subject_.found.dataset if subject_.found is not None else None
    if dataset is None and saved:
        dataset = saved[0].dataset
    if dataset is None:
        return None
    doc = documents.completed(store, dataset)
    empty = DataDoc(dataset.name)
    is_said = documents.read(store, dataset) != empty
    return doc if is_said else None


def _without_version(subject_: Subject, name: str | None, target: str | None, reason: str) -> DataCard:
    """Return the card of data that have no fingerprint, as of Python objects: they stand in no registry."""
    from .. import data

    value = subject_.frame()
    profile = data.profile(value)
    if target is not None:
        names = [column.name for column in profile.columns]
        profile = data.profile(value, target=_target(subject_, names, target, None))
    finding = DataFinding("no fingerprint", "warning", f"it cannot be saved: {reason}", weight=1.0)
    return DataCard(
        name=name or subject_.label,
        version=DatasetVersion(
            id="",
            kind=type(value).__module__.split(".")[0] + "." + type(value).__name__,
            n_rows=profile.n_rows,
            n_columns=len(profile.columns),
            size_bytes=_size_of(value),
            schema_hash="",
            columns_json="[]",
            created_at=config.now(),
        ),
        profile=profile,
        findings=(finding, *data.findings(profile)),
        source_uri=subject_.source.uri if subject_.source else None,
    )


def _size_of(value: Any) -> int:
    """Return the bytes that a frame takes, without those of the Python objects that it points at."""
    usage = getattr(value, "memory_usage", None)
    if callable(usage):
        found = usage(deep=False)
        return int(found.sum() if hasattr(found, "sum") else found)
    return int(getattr(value, "nbytes", 0))


def _target(subject_: Subject, names: Sequence[str], asked: str | None, doc: DataDoc | None) -> str | None:
    if asked is None:
        return doc.target if doc is not None and doc.target in names else None
    if asked not in names:
        from ..errors import NotFoundError, near

        hint = near(asked, names) or f"there are {', '.join(names[:8])}"
        raise NotFoundError(f"{subject_.label} has no column {asked!r} to be the target; {hint}")
    return asked


def _documented_key(store: Store, subject_: Subject) -> list[str] | None:
    if subject_.found is None or subject_.found.dataset is None:
        return None
    key = documents.read(store, subject_.found.dataset).key
    names = {column.name for column in views.columns_of(subject_.version)}
    return list(key) if key and names.issuperset(key) else None


def _datasets(store: Store, *subjects: Subject) -> set[str]:
    """Return the datasets that some data are versions of, also where they were not asked for as such."""
    known = lineage.labels_of(store, [one.version.id for one in subjects])
    saved = {label.rpartition(":")[0] for labels in known.values() for label in labels}
    return saved.union(*(one.datasets for one in subjects))


def _without_hidden(profile: Profile, doc: DataDoc | None) -> Profile:
    """Return a profile without the values of columns that the document calls personal or secret."""
    from ..data.profile.personal import masked

    hidden = (
        {one.name: one.sensitivity for one in doc.columns if one.sensitivity in documents.HIDDEN}
        if doc
        else {}
    )
    columns = tuple(
        masked(replace(column, personal=hidden[column.name]))
        if column.name in hidden and column.personal is None
        else column
        for column in profile.columns
    )
    return replace(profile, columns=columns)


def _labels(old: Subject, new: Subject) -> tuple[str, str]:
    if old.label != new.label:
        return old.label, new.label
    return f"{old.label} (before)", f"{new.label} (after)"
