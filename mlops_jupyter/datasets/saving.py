"""Saving: a frame or a file becomes the next version of a dataset, and its bytes are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import config, masking
from ..data.places import Source
from ..errors import UnsupportedError, UsageError
from ..interrupts import uninterrupted
from ..records import (
    DataDoc,
    Dataset,
    DatasetAlias,
    DatasetVersion,
    SavedVersion,
    SavedView,
)
from ..store import Store, as_row, open_store
from . import documents, kept, reference, subject, views
from .progress import step
from .reference import Registry
from .subject import InFile, InMemory, Subject


def save(
    what: Any,
    name: str | None = None,
    *,
    alias: str | None = None,
    note: str | None = None,
    doc: str | DataDoc | Mapping[str, Any] | None = None,
    source: Source | None = None,
    run_id: str | None = None,
    registry: Registry = None,
) -> SavedView:
    """Keep data as the next version of a dataset.

    Data that are the newest version already get no new number; alias, note and document are set all
    the same. Equal data in another library, or with another kind of index, are a new version, so that
    each comes back as what was saved. What the registry has of the bytes is not written again.

    Parameters
    ----------
    what
        A frame, series or array of pandas, polars, Arrow, numpy or scipy; a path or URL; a reference to
        another dataset.
    name
        The dataset's name; None for the name that the data have already: of the dataset, or of the file
        without its ending.
    alias
        A word that shall point at this version, as ``gold``.
    note
        A sentence about this version.
    doc
        What the dataset is: a sentence, or a whole document.
    source
        The file or URL the data were read from and the file's SHA-256, where known.
    run_id
        The run that made them.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    SavedView
        The version, how its bytes are kept, and what changed against the one before.

    Raises
    ------
    UsageError
        If the name or the alias cannot be one.
    UnsupportedError
        If a column cannot be kept exactly; names it.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> folder = tempfile.mkdtemp()
    >>> saved = save(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> saved.ref, save(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder).is_new
    ('numbers:1', False)
    """
    store = open_store(registry)
    if name is not None:
        name = reference.check_name(name)
    subject_ = subject.of(store, what)
    name = reference.check_name(_name_of(subject_)) if name is None else name
    word = None if alias is None else reference.check_alias(alias)
    origin = source or subject_.source
    before = _newest_content(store, name)
    with step(f"keeping {subject_.label}"):
        how = _keep(store, subject_, before)
    if isinstance(subject_, InFile):
        subject_.ensure_unchanged()
    view = _write(
        store,
        name,
        _with_rows(store, subject_),
        how,
        SavedVersion(
            config.new_id(),
            "",
            0,
            subject_.version.id,
            config.now(),
            config.user_name(),
            note,
            run_id,
            origin.uri if origin else None,
            origin.hash if origin else None,
            masking.mask(origin.query)[0] if origin and origin.query else None,
            origin.read_at if origin else None,
            kind=_kind(subject_),
            manifest_hash=how.own,
        ),
        word,
    )
    if doc is not None:
        documents.write(store, view.dataset, documents.merged(documents.read(store, view.dataset), doc))
    _profile(store, subject_, view)
    return view


def _name_of(subject_: Subject) -> str:
    if subject_.found is not None and subject_.found.dataset is not None:
        return subject_.found.dataset.name
    if isinstance(subject_, InFile):
        return subject_.label.split(".")[0] or subject_.label
    if isinstance(subject_, InMemory) and subject_.has_name:
        return subject_.label
    raise UsageError("the data have no name yet; as in: save_dataset(df, 'churn-train')")


def _newest_content(store: Store, name: str) -> DatasetVersion | None:
    rows = store.rows("datasets", {"name": name, "deleted_at": None}, columns=["id"])
    if not rows:
        return None
    newest = store.rows(
        "saved_versions",
        {"dataset_id": rows[0]["id"], "deleted_at": None},
        order="number desc",
        limit=1,
        columns=["version_id"],
    )
    return reference.version_of(store, newest[0]["version_id"]) if newest else None


def _keep(store: Store, subject_: Subject, before: DatasetVersion | None) -> kept.Way:
    saved = subject_.found.saved if subject_.found is not None else None
    if saved is not None and (known := kept.find(store, saved.version_id, saved.manifest_hash)):
        return known
    if isinstance(subject_, InFile) and subject_.is_larger_than_memory:
        return kept.keep_file(store, str(subject_.path), subject_.version)
    return kept.keep(store, subject_.frame(), subject_.fingerprint, before)


def _kind(subject_: Subject) -> str:
    """Return what class is saved: the content may have been seen first in another one."""
    saved = subject_.found.saved if subject_.found is not None else None
    return (saved.kind if saved is not None else None) or subject_.version.kind


def _with_rows(store: Store, subject_: Subject) -> DatasetVersion:
    """Return the version with the object of its row hashes, for data that are small enough."""
    version = subject_.version
    if version.n_rows > subject.ROWS_KEPT or version.rows_object or subject_.found is not None:
        return version
    rows = None if subject_.is_larger_than_memory else subject_.fingerprint.row_hashes
    if rows is None:
        return version
    return replace(version, rows_object=store.objects.put(rows.astype("<u8").tobytes()))


def _write(
    store: Store,
    name: str,
    version: DatasetVersion,
    how: kept.Way,
    wanted: SavedVersion,
    alias: str | None,
) -> SavedView:
    """Write all rows of a save, or none; two processes that save one name get two numbers."""
    with uninterrupted(), store.atomic():
        store.lock(f"dataset {name}")
        dataset = _dataset(store, name)
        rows = store.rows("saved_versions", {"dataset_id": dataset.id}, order="number desc")
        newest = next((SavedVersion(**row) for row in rows if row["deleted_at"] is None), None)
        _write_version(store, version)
        store.upsert("kept_versions", *map(as_row, how.rows), key=["version_id"])
        is_new = newest is None or _form(newest) != _form(wanted)
        if is_new:
            number = (rows[0]["number"] if rows else 0) + 1
            saved = replace(wanted, dataset_id=dataset.id, number=number)
            store.insert("saved_versions", as_row(saved))
        else:
            assert newest is not None
            saved = replace(newest, note=wanted.note or newest.note)
            store.update("saved_versions", {"note": saved.note}, {"id": saved.id})
        if alias is not None:
            point(store, dataset, alias, saved.number)
    return views.saved_view(store, dataset, saved, is_new=is_new, before=newest)


def _form(saved: SavedVersion) -> tuple[str, str | None]:
    """Return what a version is and comes back as: if that is the same, nothing is new."""
    return saved.version_id, saved.manifest_hash


def point(store: Store, dataset: Dataset, alias: str, number: int) -> None:
    """Let an alias point at a version, wherever it pointed before."""
    row = DatasetAlias(dataset.id, alias, number, config.now(), config.user_name())
    store.upsert("dataset_aliases", as_row(row), key=["dataset_id", "alias"])


def _dataset(store: Store, name: str) -> Dataset:
    """Return the dataset of a name, made or brought back where there is none."""
    rows = store.rows("datasets", {"name": name})
    if not rows:
        made = Dataset(config.new_id(), name, config.now(), config.user_name())
        store.insert("datasets", as_row(made))
        return made
    if rows[0]["deleted_at"] is not None:
        store.update("datasets", {"deleted_at": None}, {"id": rows[0]["id"]})
    return Dataset(**{**rows[0], "deleted_at": None})


def _write_version(store: Store, version: DatasetVersion) -> None:
    known = store.rows("dataset_versions", {"id": version.id}, columns=["rows_object"])
    if not known:
        store.upsert("dataset_versions", as_row(version), key=["id"])
    elif version.rows_object and not known[0]["rows_object"]:
        store.update("dataset_versions", {"rows_object": version.rows_object}, {"id": version.id})


def _profile(store: Store, subject_: Subject, view: SavedView) -> None:
    """Compute and store the profile, which contracts and later versions are held against."""
    if subject.stored_profile(store, view.version.id) is not None:
        return
    doc = documents.read(store, view.dataset)
    target = doc.target or None
    known = {column.name for column in views.columns_of(view.version)}
    try:
        subject_.profile(target=target if target in known else None)
    except UnsupportedError:  # what has a fingerprint and no profile is saved all the same
        return
