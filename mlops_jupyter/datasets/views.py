"""Rows of the registry put together into what people look at."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..errors import MlopsError
from ..records import (
    DataChange,
    Dataset,
    DatasetVersion,
    KeptVersion,
    SavedVersion,
    SavedView,
)
from ..store import Store
from ..store.overview import newest_validations, verdict


class ColumnOf(NamedTuple):
    """A column as it stands in a version's identity."""

    name: str
    type: str
    hash: str


def columns_of(version: DatasetVersion) -> list[ColumnOf]:
    """Return the columns of a version, in order."""
    return [ColumnOf(one["name"], one["type"], one["hash"]) for one in json.loads(version.columns_json)]


def saved_view(
    store: Store,
    dataset: Dataset,
    saved: SavedVersion,
    *,
    is_new: bool = True,
    before: SavedVersion | None = None,
) -> SavedView:
    """Return one version with all that is known about it; ``before`` is the one it is compared with."""
    if before is None or before.number == saved.number:
        rows = store.rows(
            "saved_versions",
            {"dataset_id": dataset.id, "number <": saved.number, "deleted_at": None},
            order="number desc",
            limit=1,
        )
        before = SavedVersion(**rows[0]) if rows else None
    chain = [saved, *([before] if before else [])]
    return saved_views(store, dataset, chain, is_new=is_new)[0]


def saved_views(
    store: Store, dataset: Dataset, versions: list[SavedVersion], *, is_new: bool = True
) -> list[SavedView]:
    """Return versions of one dataset, the newest first, each compared with the one after it in the list."""
    ids = [saved.version_id for saved in versions]
    contents = {row["id"]: DatasetVersion(**row) for row in store.rows("dataset_versions", {"id": ids})}
    kept = {row["version_id"]: KeptVersion(**row) for row in store.rows("kept_versions", {"version_id": ids})}
    aliases = aliases_of(store, dataset)
    numbers = run_numbers(store, [saved.run_id for saved in versions if saved.run_id])
    checked = newest_validations(store, ids)

    def content_of(earlier: SavedVersion | None) -> DatasetVersion | None:
        return contents[earlier.version_id] if earlier else None

    return [
        SavedView(
            ref=f"{dataset.name}:{saved.number}",
            dataset=dataset,
            saved=saved,
            version=contents[saved.version_id],
            aliases=tuple(sorted(alias for alias, number in aliases.items() if number == saved.number)),
            kept=kept.get(saved.version_id),
            run_number=numbers.get(saved.run_id or ""),
            is_new=is_new,
            change=change(
                store,
                dataset.name,
                contents[earlier.version_id] if earlier else None,
                contents[saved.version_id],
            ),
            validation=verdict(checked.get(saved.version_id)),
        )
        for saved, earlier in zip(versions, [*versions[1:], None], strict=True)
    ]


def change(
    store: Store, name: str, before: DatasetVersion | None, after: DatasetVersion
) -> DataChange | None:
    """Return what changed between two contents, from their identities; None for the first of a name."""
    from .. import data

    if before is None:
        return None
    rows: tuple[Any, Any] = (None, None)
    if before.schema_hash == after.schema_hash and before.id != after.id:
        rows = (_rows(store, before), _rows(store, after))
    return data.changes(name, "input", before, after, before_rows=rows[0], after_rows=rows[1])


def aliases_of(store: Store, dataset: Dataset) -> dict[str, int]:
    """Return a dataset's aliases and the numbers they point at."""
    rows = store.rows("dataset_aliases", {"dataset_id": dataset.id}, columns=["alias", "number"])
    return {row["alias"]: int(row["number"]) for row in rows}


def run_numbers(store: Store, run_ids: list[str]) -> dict[str, int]:
    """Return the numbers of runs by id."""
    if not run_ids:
        return {}
    rows = store.rows("runs", {"id": run_ids}, columns=["id", "number"])
    return {row["id"]: int(row["number"]) for row in rows}


def _rows(store: Store, version: DatasetVersion) -> Any:
    import numpy as np

    if version.rows_object is None:
        return None
    try:
        return np.frombuffer(store.objects.get(version.rows_object), dtype="<u8")
    except MlopsError:  # a lost object costs the count of rows, not the answer
        return None
