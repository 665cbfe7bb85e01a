"""The bytes of contents: into the packs of a registry, and back as frames."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from .. import config
from ..errors import IntegrityError, MlopsError, NotFoundError
from ..records import DatasetVersion, KeptVersion
from ..store import Store

if TYPE_CHECKING:
    from ..data.fingerprint import Fingerprint

Library = Literal["pandas", "polars", "arrow"]

_MOST_DELETED = 0.05


def find(store: Store, version_id: str) -> KeptVersion | None:
    """Return how the bytes of a content are kept, or None where they are not, or not any more."""
    rows = store.rows("kept_versions", {"version_id": version_id})
    if not rows or not store.objects.exists(rows[0]["manifest_hash"]):
        return None
    return KeptVersion(**rows[0])


def keep(store: Store, value: Any, found: Fingerprint, parent: DatasetVersion | None) -> KeptVersion:
    """Keep the bytes of a frame, sharing what the registry has already.

    Parameters
    ----------
    value
        The frame.
    found
        Its fingerprint.
    parent
        The version before it, which it may be a few rows less of.

    Returns
    -------
    KeptVersion
        How it is kept; the caller writes the row together with those that need it.
    """
    from .. import data

    version = found.version
    if known := find(store, version.id):
        return known
    if parent is not None and (less := _as_deletions(store, value, found, parent)):
        return less
    kept = data.keep(value)
    return _written(store, version, kept.pieces, kept.manifest, kept.size_bytes)


def keep_file(store: Store, path: str, version: DatasetVersion) -> KeptVersion:
    """Keep the bytes of a file as it is, without reading it into memory."""
    from .. import data

    if known := find(store, version.id):
        return known
    kept = data.keep_file(path)
    return _written(store, version, kept.pieces, kept.manifest, kept.size_bytes)


def restore(
    store: Store,
    version_id: str,
    label: str,
    *,
    as_: Library | None = None,
    columns: Sequence[str] | None = None,
) -> Any:
    """Return a content as it was when its bytes were kept.

    Raises
    ------
    NotFoundError
        If its bytes were not kept.
    IntegrityError
        If they are missing or not what they were; names the dataset.
    """
    from .. import data

    kept = find(store, version_id)
    if kept is None:
        raise NotFoundError(
            f"the bytes of {label} ({version_id[:16]}) were not kept, only its fingerprint; "
            "data save keeps them: data save df --name churn-train"
        )
    try:
        manifest: dict[str, Any] = json.loads(store.objects.get(kept.manifest_hash))
        pieces = store.packs.get(manifest["chunks"])
        if kept.parent_id is None:
            return data.restore(manifest, pieces, as_=as_, columns=columns)
        parent = restore(store, kept.parent_id, label, as_=as_, columns=columns)
        return data.apply_deletions(parent, b"".join(pieces))
    except IntegrityError as error:
        raise IntegrityError(f"{label} cannot be put together: {error}") from error


def _written(
    store: Store, version: DatasetVersion, pieces: Sequence[bytes], manifest: dict[str, Any], size: int
) -> KeptVersion:
    result = store.packs.put(pieces)
    body = json.dumps(manifest | {"chunks": list(result.hashes)}).encode()
    return KeptVersion(
        version.id,
        store.objects.put(body),
        "chunks",
        size,
        result.new_bytes + len(body),
        config.now(),
    )


def _as_deletions(store: Store, value: Any, found: Fingerprint, parent: DatasetVersion) -> KeptVersion | None:
    """Keep a content as the rows that its parent has and it has not; None where that is not all.

    What comes out is compared with what went in, so an index that was made anew, or rows that
    were moved too, are seen.
    """
    from .. import data

    version = found.version
    kept = find(store, parent.id)
    share = 1 - version.n_rows / parent.n_rows if parent.n_rows else 0.0
    if kept is None or version.schema_hash != parent.schema_hash or not 0 < share <= _MOST_DELETED:
        return None
    try:
        root = kept.parent_id or parent.id  # never a chain: always against whole bytes
        frame = restore(store, root, parent.id[:16])
        rows = data.fingerprint(frame, rows=True).row_hashes
        mine = found.row_hashes
        if mine is None:  # too many rows to be hashed without a reason
            mine = data.fingerprint(value, rows=True).row_hashes
        bitmap = None if rows is None or mine is None else data.keep_deletions(rows, mine)
        if bitmap is None or data.fingerprint(data.apply_deletions(frame, bitmap), rows=False).version.id != (
            version.id
        ):
            return None
    except MlopsError:  # a parent that is broken must not keep its child from being saved
        return None
    less = _written(store, version, [bitmap], {"format": 1, "parent": root}, kept.size_bytes)
    return KeptVersion(
        version.id,
        less.manifest_hash,
        "deletions",
        round(kept.size_bytes * version.n_rows / parent.n_rows),
        less.stored_bytes,
        less.created_at,
        root,
    )
