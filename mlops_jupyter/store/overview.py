"""The datasets of a registry in one list: those with a name, and those that runs used and nobody saved.

Which page is shown is decided on the names alone, of which there are few however many runs there
are; what stands in the lines is asked for those of the page.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..records import DatasetLine, DatasetTable, DatasetVersion, Validation
from .health_files import counted

if TYPE_CHECKING:
    from .waist import Store

# The newest run of each name. The names are found by asking for the next one after the last, which
# looks at each name once and not at each run.
_NAMES = """
WITH RECURSIVE names (name) AS (
  SELECT min(name) FROM run_datasets
  UNION ALL
  SELECT (SELECT min(d.name) FROM run_datasets d WHERE d.name > names.name)
  FROM names WHERE names.name IS NOT NULL
), newest AS (
  SELECT n.name, (
    SELECT d.run_id FROM run_datasets d JOIN runs r ON r.id = d.run_id
    WHERE d.name = n.name AND r.deleted_at IS NULL ORDER BY d.run_id DESC LIMIT 1
  ) AS run_id
  FROM names n WHERE n.name IS NOT NULL
)
SELECT n.name, d.version_id, d.role, r.started_at
FROM newest n JOIN run_datasets d ON d.run_id = n.run_id AND d.name = n.name JOIN runs r ON r.id = n.run_id
"""

_SAVED = """
SELECT l.name, l.dataset_id, l.version_id, l.number, l.created_at, (
  SELECT r.started_at FROM run_datasets d JOIN runs r ON r.id = d.run_id
  WHERE d.version_id = l.version_id AND r.deleted_at IS NULL ORDER BY d.run_id DESC LIMIT 1
) AS used_at
FROM dataset_labels l
"""


def datasets_overview(
    store: Store, limit: int = 50, offset: int = 0, query: str | None = None
) -> DatasetTable:
    """Return the datasets of a registry, the last used or saved first.

    Data that runs used is listed by the name it had there, with the newest content under that name;
    it is left out where that content was saved, because its dataset stands in the list.

    Parameters
    ----------
    limit, offset
        How many lines to return, after how many; ``total`` of the answer counts all.
    query
        A part of the name, in small or capital letters; None for all.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> datasets_overview(store)
    DatasetTable(datasets=(), total=0)
    >>> store.close()
    """
    found = [*_saved(store), *_unsaved(store)]
    if query:
        found = [one for one in found if query.casefold() in one.name.casefold()]
    found.sort(key=lambda one: (one.name, one.is_saved))
    found.sort(key=lambda one: one.last_at, reverse=True)
    page = found[offset : offset + limit]
    versions = _versions(store, {one.version_id for one in page})
    lines = _Lines(store, versions, page)
    return DatasetTable(
        tuple(lines.saved(one) if one.is_saved else lines.seen(one) for one in page), len(found)
    )


def newest_validations(store: Store, version_ids: Iterable[str]) -> dict[str, Validation]:
    """Return the newest validation of each content that has one."""
    rows = store.rows("validations", {"version_id": sorted(set(version_ids))}, order="created_at, id")
    return {row["version_id"]: Validation(**row) for row in rows}


def verdict(validation: Validation | None) -> str | None:
    """Return a validation in a few words, None where there was none.

    Examples
    --------
    >>> verdict(Validation("v", "mj1:0", "2026-01-02", 0, 2, 1, 100, "[]", "0" * 64))
    'failed: 2 errors'
    """
    if validation is None:
        return None
    if not validation.passed:
        return f"failed: {counted(validation.n_errors, 'error')}"
    return f"passed, {counted(validation.n_warnings, 'warning')}" if validation.n_warnings else "passed"


@dataclass(frozen=True, slots=True)
class _Found:
    """One line before it is filled: ``dataset_id`` is None for data that nobody saved."""

    name: str
    last_at: str
    version_id: str
    dataset_id: str | None = None
    number: int = 0
    contents: tuple[str, ...] = ()

    @property
    def is_saved(self) -> bool:
        return self.dataset_id is not None


def _saved(store: Store) -> Iterator[_Found]:
    by_dataset: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in store.fetch(_SAVED)[1]:
        by_dataset[row[1]].append(row)
    for dataset_id, rows in by_dataset.items():
        name, _, version_id, number, *_ = max(rows, key=lambda row: int(row[3]))
        last = max(moment for row in rows for moment in row[4:6] if moment)
        yield _Found(name, last, version_id, dataset_id, number, tuple(row[2] for row in rows))


def _unsaved(store: Store) -> Iterator[_Found]:
    newest: dict[str, tuple[Any, ...]] = {}
    for row in store.fetch(_NAMES)[1]:
        # What a run put out under a name is later than what it took in under it.
        if row[0] not in newest or row[2] == "output":
            newest[row[0]] = row
    saved = {row["version_id"] for row in store.rows("dataset_labels", columns=["version_id"])}
    for name, version_id, _, started_at in newest.values():
        if version_id not in saved:
            yield _Found(name, started_at, version_id)


def _versions(store: Store, ids: Iterable[str]) -> dict[str, DatasetVersion]:
    return {row["id"]: DatasetVersion(**row) for row in store.rows("dataset_versions", {"id": sorted(ids)})}


class _Lines:
    """Fills the lines of a page."""

    def __init__(self, store: Store, versions: Mapping[str, DatasetVersion], page: Sequence[_Found]) -> None:
        self._store = store
        self._versions = versions
        self._validations = newest_validations(store, versions)
        datasets = sorted({one.dataset_id for one in page if one.dataset_id})
        self._docs = {
            row["dataset_id"]: json.loads(row["document"])
            for row in store.rows("dataset_docs", {"dataset_id": datasets}, order="seq")
        }
        self._aliases: dict[str, list[str]] = defaultdict(list)
        for row in store.rows("dataset_aliases", {"dataset_id": datasets}, order="alias"):
            self._aliases[row["dataset_id"]].append(f"{row['alias']}:{row['number']}")

    def saved(self, one: _Found) -> DatasetLine:
        contents = sorted(set(one.contents))
        doc = self._docs.get(one.dataset_id, {})
        kept = self._store.rows("kept_versions", {"version_id": contents}, columns=["stored_bytes"])
        return DatasetLine(
            name=one.name,
            ref=f"{one.name}:{one.number}",
            version=self._versions[one.version_id],
            n_versions=len(one.contents),
            last_at=one.last_at,
            aliases=tuple(self._aliases[one.dataset_id or ""]),
            n_runs=self._count("DISTINCT run_id", "version_id", contents),
            stored_bytes=sum(row["stored_bytes"] for row in kept),
            validation=verdict(self._validations.get(one.version_id)),
            description=doc.get("description", ""),
            owner=doc.get("owner", ""),
        )

    def seen(self, one: _Found) -> DatasetLine:
        return DatasetLine(
            name=one.name,
            ref=one.name,
            version=self._versions[one.version_id],
            n_versions=self._count("DISTINCT version_id", "name", [one.name]),
            last_at=one.last_at,
            is_saved=False,
            n_runs=self._count("DISTINCT run_id", "name", [one.name]),
            validation=verdict(self._validations.get(one.version_id)),
        )

    def _count(self, what: str, column: str, values: Sequence[str]) -> int:
        marks = ", ".join([self._store.mark] * len(values))
        sql = f"SELECT count({what}) FROM dataset_uses WHERE {column} IN ({marks})"
        return int(self._store.fetch(sql, values)[1][0][0])
