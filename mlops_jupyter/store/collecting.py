"""Collecting: what nothing refers to any more is removed, and its place on the disk is free again.

Three steps, each of which may be cut off: the bytes of contents that were deleted long ago are
forgotten; pieces that no manifest lists leave the table, and packs of which half is such pieces are
written anew without them; then the objects go that no row refers to. A process that saves meanwhile
loses nothing: what it has just put, or put again, is young, and young things stay.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ..errors import IntegrityError, RegistryError
from ..records import Chunk, Collected
from . import faults, packs, references
from .manifests import pieces_of
from .objects import YOUNG_S

if TYPE_CHECKING:
    from .waist import Store

KEEP_DELETED_S = 30 * 86_400.0

_NAMED = """
SELECT k.version_id, k.parent_id, s.id, coalesce(s.deleted_at, d.deleted_at)
FROM kept_versions k
LEFT JOIN saved_versions s ON s.version_id = k.version_id
LEFT JOIN datasets d ON d.id = s.dataset_id
"""


def collect(store: Store, *, min_age_s: float = YOUNG_S, keep_deleted_s: float = KEEP_DELETED_S) -> Collected:
    """Remove what nothing refers to, and say how much that was.

    Parameters
    ----------
    min_age_s
        Younger objects stay, in seconds, since a process may be about to refer to them; 0 only
        where nothing else uses the registry.
    keep_deleted_s
        How long the bytes of a content stay after every version of it was deleted, in seconds;
        until then it can be restored.

    Raises
    ------
    RegistryError
        If the registry can only be read.
    IntegrityError
        If a manifest is missing or damaged: what it needs is not known, so nothing is removed.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> put = store.packs.put([b"a piece that no manifest lists"])
    >>> collect(store).objects, collect(store, min_age_s=0).objects
    (0, 1)
    >>> store.close()
    """
    if store.why_read_only:
        raise RegistryError(store.why_read_only)
    with store.atomic():
        store.lock(packs.LOCK)
        expired, waiting = _deleted(store, keep_deleted_s)
        store.delete("kept_versions", {"version_id": expired})
        store.update("saved_versions", {"manifest_hash": None}, {"version_id": expired})
        used = _used_pieces(store)
    faults.step("collect.forgotten")
    chunks = sum(_release(store, pack, found, used, min_age_s) for pack, found in _by_pack(store).items())
    faults.step("collect.released")
    removed = store.objects.collect(references.referenced(store), min_age_s)
    return Collected(
        registry=store.url,
        objects=len(removed),
        size_bytes=sum(removed.values()),
        chunks=chunks,
        versions=len(expired),
        kept_deleted=len(waiting),
    )


class _Deleted(NamedTuple):
    """Contents of which every version was deleted: those to forget, and those that wait."""

    expired: list[str]
    waiting: list[str]


def _deleted(store: Store, keep_deleted_s: float) -> _Deleted:
    limit = (datetime.now(UTC) - timedelta(seconds=keep_deleted_s)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    times: dict[str, list[str | None]] = defaultdict(list)
    parents: dict[str, str] = {}
    for version_id, parent_id, saved_id, deleted_at in store.fetch(_NAMED)[1]:
        # A content that is kept and was never saved under a name is somebody's who has not named it yet.
        times[version_id].append(deleted_at if saved_id else None)
        if parent_id:
            parents[version_id] = parent_id
    deleted = {version_id for version_id, found in times.items() if all(found)}
    expired = {version_id for version_id in deleted if max(filter(None, times[version_id])) <= limit}
    # Rows that were left out of a content are put together from it, so it stays as long as they do.
    needed = {parents[child] for child in times if child not in expired and child in parents}
    while more := {parents[child] for child in needed if child in parents} - needed:
        needed |= more
    return _Deleted(sorted(expired - needed), sorted(deleted - (expired - needed)))


def _used_pieces(store: Store) -> set[str]:
    rows = store.rows("kept_versions", columns=["manifest_hash"])
    rows += store.rows("saved_versions", {"manifest_hash !=": None}, columns=["manifest_hash"])
    manifests = {row["manifest_hash"] for row in rows}
    return {piece for manifest in manifests for piece in pieces_of(store.objects, manifest)}


def _by_pack(store: Store) -> dict[str, list[Chunk]]:
    rows = store.rows("chunks", order="pack_hash, offset_bytes")
    grouped = itertools.groupby((Chunk(**row) for row in rows), key=lambda chunk: chunk.pack_hash)
    return {pack: list(found) for pack, found in grouped}


def _release(
    store: Store, pack: str, chunks: Sequence[Chunk], used: Collection[str], min_age_s: float
) -> int:
    """Take the unused pieces of a pack out of the table if they are half of it, and return how many."""
    unused = [chunk for chunk in chunks if chunk.hash not in used]
    if not unused or _size(unused) * 2 < _size(chunks):
        return 0
    with store.atomic():
        store.lock(packs.LOCK)
        # Looked at under the lock: who wants a piece makes its pack young under it first.
        is_lost = store.has_all_objects and not store.objects.exists(pack)
        if not is_lost and not store.objects.is_old(pack, min_age_s):
            return 0
        if not _move(store, [chunk for chunk in chunks if chunk.hash in used]):
            return 0
        return store.delete("chunks", {"pack_hash": pack})


def _move(store: Store, chunks: Sequence[Chunk]) -> bool:
    """Write pieces into a pack of their own if they are whole; of others the doctor tells."""
    try:
        store.packs.move(chunks)
    except IntegrityError:
        return False
    return True


def _size(chunks: Sequence[Chunk]) -> int:
    return sum(chunk.size_bytes for chunk in chunks)
