"""Verbs that keep datasets: save, load, document, alias, delete, restore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from ..errors import UsageError
from ..parsing import PYTHON_ONLY, Data, listed
from ..records import DataDoc, DatasetHistory, Done, SavedView
from .around import active_run_id, write_text

__all__ = [
    "alias_dataset",
    "delete_dataset",
    "document_dataset",
    "load_dataset",
    "load_or_export",
    "restore_dataset",
    "save_dataset",
]


def save_dataset(
    what: Data,
    name: str | None = None,
    *,
    alias: str | None = None,
    note: str | None = None,
    doc: str | None = None,
    registry: str | None = None,
) -> SavedView:
    """Save data as the next version of a dataset; what is the same as the newest gets no new one.

    Parameters
    ----------
    what
        A variable, a file, or a dataset that shall have another name too.
    name
        The dataset's name; without it, the variable's or the file's.
    alias
        A word that shall point at this version, as ``gold``.
    note
        A sentence about this version.
    doc
        A sentence about what the dataset is.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    SavedView
        The version, its size in the registry, and what changed.

    Raises
    ------
    UsageError
        Where the name or the alias cannot be one.
    UnsupportedError
        Where a column cannot be kept exactly; names it.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=tempfile.mkdtemp()).ref
    'numbers:1'
    """
    from .. import datasets, store

    run_id = active_run_id(store.open_store(registry))
    return datasets.save(what, name, alias=alias, note=note, doc=doc, run_id=run_id, registry=registry)


def load_dataset(
    ref: Data,
    *,
    as_: Literal["pandas", "polars", "arrow"] | None = None,
    columns: Sequence[str] | None = None,
    registry: str | None = None,
) -> Any:
    """Return a dataset exactly as it was saved: types, index, categories, time zones, order.

    Parameters
    ----------
    ref
        ``churn-train`` (the newest), ``churn-train:3``, ``churn-train@gold``, a version's id, or a file.
    as_
        The library; without it, the one it was saved from.
    columns
        Only these columns; without it, all.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DataFrame
        Or the array or series that was saved.

    Raises
    ------
    NotFoundError
        Where there is no such dataset, version or column, or its bytes were not kept.
    IntegrityError
        Where its bytes are not what they were.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> folder = tempfile.mkdtemp()
    >>> _ = save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> load_dataset("numbers:1", registry=folder)["x"].tolist()
    [1, 2]
    """
    from .. import datasets

    return datasets.load(ref, as_=as_, columns=listed(columns), registry=registry)


def load_or_export(
    what: Data,
    to: str | None = None,
    *,
    as_: Literal["pandas", "polars", "arrow"] | None = None,
    columns: Sequence[str] | None = None,
    registry: str | None = None,
) -> Any:
    """Load a dataset: into a file, or in a notebook into a variable: ``df = %data load churn-train:3``.

    Parameters
    ----------
    what
        A dataset such as ``churn-train:3``, or a variable.
    to
        The file: ``.parquet``, ``.csv``, ``.tsv``, ``.feather``, ``.json``, ``.jsonl`` or ``.xlsx``.
    as_
        The library, where no file is named; without it, the one it was saved from.
    columns
        Only these columns, separated by commas.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Done or DataFrame
        What was written; without a file, the data.

    Raises
    ------
    NotFoundError
        Where there is no such dataset, column or folder.
    UsageError
        Where the ending says no kind of file.

    Examples
    --------
    >>> import tempfile, os, pandas as pd
    >>> folder = tempfile.mkdtemp()
    >>> _ = save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> load_or_export("numbers:1", os.path.join(folder, "x.csv"), registry=folder).message
    'numbers:1 (2 × 1) was written to ...x.csv.'
    """
    from .. import store
    from ..datasets import files, subject

    if to is None:
        return load_dataset(what, as_=as_, columns=columns, registry=registry)
    asked = subject.of(store.open_existing(registry), what)
    frame = asked.frame(columns=listed(columns))
    files.write(frame, to)
    shown = " × ".join(f"{size:,}" for size in frame.shape)
    return Done(f"{asked.label} ({shown}) was written to {to}.")


def document_dataset(
    name: str,
    *changes: str,
    description: str | None = None,
    owner: str | None = None,
    collected: str | None = None,
    licence: str | None = None,
    sensitivity: str | None = None,
    target: str | None = None,
    key: Sequence[str] | None = None,
    columns: Annotated[Mapping[str, Any] | None, PYTHON_ONLY] = None,
    file: str | None = None,
    to: str | None = None,
    registry: str | None = None,
) -> DataDoc:
    """Show what is said about a dataset and its columns, and change it.

    Parameters
    ----------
    name
        The dataset.
    changes
        About columns: ``tenure=...`` says what one means, ``tenure.unit=months`` its unit; the fields
        are ``meaning``, ``unit``, ``sensitivity``, ``collected`` and ``owner``.
    description
        What the dataset is.
    owner
        Who answers for it.
    collected
        Where and how it was collected.
    licence
        Under which licence it may be used.
    sensitivity
        ``public``, ``internal``, ``personal`` or ``secret``.
    target
        The column that is to be predicted.
    key
        The columns that name a row, separated by commas.
    columns
        In Python, what columns mean: by name, a text or a mapping of fields.
    file
        Read it from this YAML file first.
    to
        Write it to this YAML file.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DataDoc
        The document as it is now.

    Raises
    ------
    NotFoundError
        Where there is no such dataset or file; names the nearest.
    UsageError
        Where there is no such field or column; names the nearest.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> folder = tempfile.mkdtemp()
    >>> _ = save_dataset(pd.DataFrame({"tenure": [1, 2]}), "churn", registry=folder)
    >>> document_dataset("churn", "tenure.unit=months", owner="ada", registry=folder).columns[0].unit
    'months'
    """
    from .. import datasets
    from ..datasets.contracts import read_file

    said: dict[str, Any] = datasets.doc_from_yaml(read_file(file)) if file is not None else {}
    given = {
        "description": description,
        "owner": owner,
        "collected": collected,
        "licence": licence,
        "sensitivity": sensitivity,
        "target": target,
        "key": listed(key),
    }
    said |= {field: value for field, value in given.items() if value is not None}
    about = {**said.get("columns", {}), **_about_columns(changes), **(columns or {})}
    if about:
        said["columns"] = about
    doc = datasets.document(name, registry=registry, **said)
    if to is not None:
        write_text(to, datasets.doc_to_yaml(doc))
    return doc


def alias_dataset(
    ref: str, alias: str, *, remove: bool = False, registry: str | None = None
) -> SavedView | Done:
    """Let a word such as gold point at a version.

    Parameters
    ----------
    ref
        The version: ``churn-train:3``; a name alone is its newest.
    alias
        The word.
    remove
        Take the alias away.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    SavedView or Done
        The version as it is now, or what was done.

    Raises
    ------
    NotFoundError
        Where there is no such version or alias.
    UsageError
        Where the word cannot be an alias.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> folder = tempfile.mkdtemp()
    >>> _ = save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> alias_dataset("numbers:1", "gold", registry=folder).aliases
    ('gold',)
    """
    from .. import datasets

    if not remove:
        return datasets.set_alias(ref, alias, registry=registry)
    datasets.remove_alias(ref, alias, registry=registry)
    return Done(
        f"{ref}@{alias.removeprefix('@')} is no more.", f"mlops data alias {ref} {alias} sets it again."
    )


def delete_dataset(ref: str, *, registry: str | None = None) -> Done:
    """Put a dataset away, or one version of it; ``data restore`` brings it back.

    Parameters
    ----------
    ref
        A dataset, or a version such as ``churn-train:3``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Done
        What was done.

    Raises
    ------
    NotFoundError
        Where there is no such dataset or version.
    UsageError
        Where an alias points at the version.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> folder = tempfile.mkdtemp()
    >>> _ = save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> delete_dataset("numbers", registry=folder).message
    'numbers is deleted.'
    """
    from .. import datasets

    gone = datasets.delete(ref, registry=registry)
    return Done(f"{gone} is deleted.", f"mlops data restore {gone} brings it back.")


def restore_dataset(ref: str, *, registry: str | None = None) -> DatasetHistory:
    """Bring back a dataset or a version that was deleted.

    Parameters
    ----------
    ref
        A dataset, or a version such as ``churn-train:3``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DatasetHistory
        The dataset with its versions.

    Raises
    ------
    NotFoundError
        Where nothing of that name was deleted.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> folder = tempfile.mkdtemp()
    >>> _ = save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> _ = delete_dataset("numbers", registry=folder)
    >>> restore_dataset("numbers", registry=folder).name
    'numbers'
    """
    from .. import datasets

    return datasets.history(datasets.restore(ref, registry=registry), registry=registry)


def _about_columns(changes: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return what ``column=meaning`` and ``column.field=value`` say, by column."""
    found: dict[str, dict[str, str]] = {}
    for word in changes:
        head, mark, value = word.partition("=")
        if not mark or not head.strip():
            raise UsageError(
                f"{word!r} says nothing about a column; expected tenure=months, tenure.unit=months, "
                "in quotes if it has blanks"
            )
        column, dot, field = head.strip().rpartition(".")
        if not dot or field not in ("meaning", "unit", "sensitivity", "collected", "owner"):
            column, field = head.strip(), "meaning"
        found.setdefault(column, {})[field] = value
    return found
