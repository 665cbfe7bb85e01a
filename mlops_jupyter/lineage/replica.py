"""A registry to run in again: empty, or with what cells may load from the real one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import MlopsError
from ..records import SliceCell
from ..store import SQLiteStore, Store
from ..store.manifests import pieces_of

_LOADING = re.compile(r"\b(load_dataset|load_model|find_runs|search_runs|get_run)\b|\bmlops(_jupyter)?\.\w")
_ABOUT_DATA = ("datasets", "dataset_versions", "kept_versions", "saved_versions", "dataset_aliases", "chunks")
_ABOUT_RUNS = ("experiments", "sessions", "environments", "runs", "artifacts")
_ABOUT_MODELS = ("models", "model_versions", "model_aliases")


@contextmanager
def replica(store: Store, folder: Path, *, is_whole: bool) -> Iterator[SQLiteStore]:
    """Yield a new local registry in a folder.

    Parameters
    ----------
    store
        The real registry, which is only read.
    is_whole
        Whether saved data and models are to be found there too; their objects are linked, not copied.
    """
    made = SQLiteStore(folder)
    try:
        if is_whole:
            _fill(store, made)
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


def _fill(store: Store, made: SQLiteStore) -> None:
    wanted: set[str] = set()
    with made.atomic():
        for table in ("counters", *_ABOUT_RUNS, *_ABOUT_DATA, *_ABOUT_MODELS):
            rows = store.rows(table, order="number" if table == "runs" else None)
            made.insert(table, *rows)
            wanted |= {row[column] for row in rows for column in _HASHES.get(table, ()) if row[column]}
    manifests = [row["manifest_hash"] for row in store.rows("kept_versions", columns=["manifest_hash"])]
    for manifest in manifests:
        with suppress(MlopsError):
            wanted |= set(pieces_of(store.objects, manifest))
    _link(store, made, wanted)


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
