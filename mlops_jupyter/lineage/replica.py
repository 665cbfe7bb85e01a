"""A registry to run in again: empty, or with what cells could load from the real one at that time."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import MlopsError
from ..records import Run, SliceCell
from ..store import Row, SQLiteStore, Store
from ..store.manifests import pieces_of

_LOADING = re.compile(r"\b(load_dataset|load_model|find_runs|search_runs|get_run)\b|\bmlops(_jupyter)?\.\w")
_ABOUT_DATA = ("datasets", "dataset_versions", "kept_versions", "saved_versions", "dataset_aliases", "chunks")
_ABOUT_RUNS = ("experiments", "sessions", "environments", "runs", "artifacts")
_ABOUT_MODELS = ("models", "model_versions", "model_aliases")


@contextmanager
def replica(store: Store, folder: Path, *, as_of: Run | None) -> Iterator[SQLiteStore]:
    """Yield a new local registry in a folder.

    Parameters
    ----------
    store
        The real registry, which is only read.
    as_of
        Saved data, models and runs are there as they were when this run began, None for none of them;
        their objects are linked, not copied.
    """
    made = SQLiteStore(folder)
    try:
        if as_of is not None:
            _fill(store, made, as_of)
        yield made
    finally:
        made.close()


def reads_registry(cells: Iterable[SliceCell]) -> bool:
    """Return whether cells may load data, models or runs from a registry.

    Examples
    --------
    >>> reads_registry([SliceCell(1, "train = load_dataset('churn:3')", True)])
    True
    >>> reads_registry([SliceCell(1, "x = 1", True)])
    False
    """
    return any(_LOADING.search(cell.source) for cell in cells)


def _fill(store: Store, made: SQLiteStore, as_of: Run) -> None:
    wanted: set[str] = set()
    with made.atomic():
        for table in ("counters", *_ABOUT_RUNS, *_ABOUT_DATA, *_ABOUT_MODELS):
            rows = _rows(store, table, as_of)
            made.insert(table, *rows)
            wanted |= {row[column] for row in rows for column in _HASHES.get(table, ()) if row[column]}
    manifests = [row["manifest_hash"] for row in store.rows("kept_versions", columns=["manifest_hash"])]
    for manifest in manifests:
        with suppress(MlopsError):
            wanted |= set(pieces_of(store.objects, manifest))
    _link(store, made, wanted)


def _rows(store: Store, table: str, as_of: Run) -> list[Row]:
    """Return the rows of a table that were there when a run began."""
    if table in _BEGUN:
        where = {f"{_BEGUN[table]} <": as_of.started_at}
        return store.rows(table, where, order="number" if table == "runs" else None)
    rows = store.rows(table)
    if table == "artifacts":
        runs = {row["id"] for row in _rows(store, "runs", as_of)}
        return [row for row in rows if row["run_id"] in runs]
    if table == "dataset_aliases":
        return [row for row in (_alias_then(store, row, as_of) for row in rows) if row is not None]
    return rows


def _alias_then(store: Store, row: Row, as_of: Run) -> Row | None:
    """Return an alias as it was: where it was moved since, at the version that the run used."""
    if row["set_at"] < as_of.started_at:
        return row
    name = store.rows("datasets", {"id": row["dataset_id"]}, columns=["name"])[0]["name"]
    uses = store.rows("run_datasets", {"run_id": as_of.id, "source_uri !=": None}, columns=["source_uri"])
    for use in uses:
        label, _, number = use["source_uri"].rpartition(":")
        if label == name and number.isdigit():
            return row | {"number": int(number)}
    return None


_BEGUN = {
    "runs": "started_at",
    "saved_versions": "created_at",
    "models": "created_at",
    "model_versions": "created_at",
    "model_aliases": "set_at",
}
_HASHES = {
    "artifacts": ("object_hash",),
    "kept_versions": ("manifest_hash",),
    "saved_versions": ("manifest_hash",),
    "chunks": ("pack_hash",),
    "model_versions": ("object_hash", "example_hash"),
}


def _link(store: Store, made: Store, wanted: Collection[str]) -> None:
    for name in wanted:
        source, target = store.objects.path(name), made.objects.path(name)
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copyfile(source, target)
