"""Verbs that look at datasets: list, show, compare, history, uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import NotFoundError, UsageError
from ..parsing import Data, listed
from ..records import DataCard, DataDiff, DatasetHistory, DatasetTable, WhereUsed

__all__ = [
    "dataset_history",
    "datasets_or_one",
    "describe_dataset",
    "diff_datasets",
    "list_datasets",
    "where_used",
]


def datasets_or_one(
    what: Data = None, *, target: str | None = None, registry: str | None = None
) -> DatasetTable | DataCard:
    """List the datasets; or show one: a variable, ``churn-train:3``, a file.

    Parameters
    ----------
    what
        What to show; without it, the list.
    target
        The column that is to be predicted.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DatasetTable or DataCard
        The list, or everything of one.

    Raises
    ------
    NotFoundError
        Where there is no such dataset; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> datasets_or_one(registry=tempfile.mkdtemp()).total
    0
    """
    if what is None:
        return list_datasets(registry=registry)
    return describe_dataset(what, target=target, registry=registry)


def list_datasets(query: str | None = None, *, limit: int = 50, registry: str | None = None) -> DatasetTable:
    """List datasets, the last used first; also data that runs used and nobody saved.

    Parameters
    ----------
    query
        A part of the name; without it, all.
    limit
        How many at most, 1 or more.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DatasetTable
        The newest version of each, and how many there are in all.

    Raises
    ------
    UsageError
        Where ``limit`` is below 1.

    Examples
    --------
    >>> import tempfile
    >>> list_datasets(registry=tempfile.mkdtemp()).datasets
    ()
    """
    from .. import datasets

    if limit < 1:
        raise UsageError(f"limit is {limit}; expected 1 or more")
    return datasets.table(query, limit=limit, registry=registry)


def describe_dataset(what: Data, *, target: str | None = None, registry: str | None = None) -> DataCard:
    """Show one dataset: columns, distributions, missing values, and what is worth a look.

    Parameters
    ----------
    what
        A variable, a dataset such as ``churn-train:3``, or a file. A file larger than memory
        is read in parts.
    target
        The column that is to be predicted; without it, the one that the dataset's document names.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DataCard
        Profile, findings, document, versions and uses.

    Raises
    ------
    NotFoundError
        Where there is no such dataset or column; names the nearest.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> describe_dataset(pd.DataFrame({"x": [1, 2]}), registry=tempfile.mkdtemp()).profile.n_rows
    2
    """
    from .. import datasets

    return datasets.describe(what, target=target, registry=registry)


def diff_datasets(
    before: Data,
    after: Data = None,
    *,
    key: Sequence[str] | None = None,
    tolerance: float | None = None,
    registry: str | None = None,
) -> DataDiff:
    """Compare two versions of data: columns, rows by key, the cells that changed, distributions.

    Parameters
    ----------
    before
        A variable, a dataset such as ``churn-train:2``, or a file.
    after
        Likewise; without it, ``before`` is a dataset, and compared with the version before.
    key
        The columns that name a row, separated by commas; without it, they are looked for.
    tolerance
        How far apart numbers may be and still count as equal.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DataDiff
        What changed, in one sentence and in detail.

    Raises
    ------
    NotFoundError
        Where a dataset or a key column does not exist.
    UsageError
        Where the key is not unique; names the duplicates.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> old, new = pd.DataFrame({"id": [1, 2], "x": [3, 4]}), pd.DataFrame({"id": [1, 2], "x": [3, 5]})
    >>> diff_datasets(old, new, key="id", registry=tempfile.mkdtemp()).rows_changed
    1
    """
    from .. import datasets

    if after is None:
        before, after = _with_the_one_before(before, registry)
    return datasets.diff(before, after, key=listed(key), tolerance=tolerance, registry=registry)


def dataset_history(name: str, *, registry: str | None = None) -> DatasetHistory:
    """List the versions of a dataset, the newest first, each with what changed.

    Parameters
    ----------
    name
        The dataset.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    DatasetHistory
        The versions, with aliases, notes, sizes and runs.

    Raises
    ------
    NotFoundError
        Where there is no such dataset; names the nearest.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> [version.ref for version in dataset_history("numbers", registry=folder).versions]
    ['numbers:1']
    """
    from .. import datasets

    return datasets.history(name, registry=registry)


def where_used(what: Data, *, registry: str | None = None) -> WhereUsed:
    """Say which runs and models used data, what was made of them, and what they were made from.

    Parameters
    ----------
    what
        A dataset such as ``churn-train:3``, a variable, or a file.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    WhereUsed
        Runs with their models, other versions, sources, contracts.

    Raises
    ------
    NotFoundError
        Where there is no such dataset; names the nearest.

    Examples
    --------
    >>> import tempfile, pandas as pd, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> _ = mlops_jupyter.save_dataset(pd.DataFrame({"x": [1, 2]}), "numbers", registry=folder)
    >>> where_used("numbers:1", registry=folder).runs
    ()
    """
    from .. import datasets

    return datasets.where_used(what, registry=registry)


def _with_the_one_before(what: Any, registry: str | None) -> tuple[Any, Any]:
    """Return a version and the one before it, for a comparison that names one alone."""
    from .. import store
    from ..datasets import reference

    if not isinstance(what, str):
        raise UsageError("diff takes two; as in: data diff churn-train:2 df")
    opened = store.open_existing(registry)
    dataset, saved = reference.find_saved(opened, what)
    rows = opened.rows(
        "saved_versions",
        {"dataset_id": dataset.id, "number <": saved.number, "deleted_at": None},
        order="number desc",
        limit=1,
    )
    if not rows:
        raise NotFoundError(f"there is no version before {dataset.name}:{saved.number}; name two")
    return f"{dataset.name}:{rows[0]['number']}", f"{dataset.name}:{saved.number}"
