"""The bytes of contents: into the packs of a registry, and back as frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .. import config
from ..errors import IntegrityError, MlopsError, NotFoundError
from ..records import DatasetVersion, KeptVersion
from ..store import Store

if TYPE_CHECKING:
    from ..data.fingerprint import Fingerprint
    from ..data.keeping import KeptFrame

Library = Literal["pandas", "polars", "arrow"]

_MOST_DELETED = 0.05
_LIBRARIES: dict[str, Library] = {"pandas": "pandas", "polars": "polars", "pyarrow": "arrow"}


def library_of(kind: str) -> Library | None:
    """Return the library of a kind of data, None for arrays and files.

    Examples
    --------
    >>> library_of("pyarrow.Table"), library_of("numpy.ndarray")
    ('arrow', None)
    """
    return _LIBRARIES.get(kind.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Way:
    """How a saved version is put together.

    ``rows`` say how the bytes of its content are kept, and those of what it is rows left out of.
    ``own`` is a manifest of its own, where what the content comes back as is not exactly what was
    saved: equal data in another library, or with another kind of index or text.
    """

    rows: tuple[KeptVersion, ...]
    own: str | None = None


def find(store: Store, version_id: str, own: str | None = None) -> Way | None:
    """Return how the bytes of a content are kept, or None where they are not, or not all any more.

    What it is put together from is made young first, so that no collector takes it before the caller
    has written that it is needed.
    """
    row = _row(store, version_id)
    if row is None or not _is_whole(store, row.manifest_hash) or (own and not _is_whole(store, own)):
        return None
    if row.parent_id is None:
        return Way((row,), own)
    parent = find(store, row.parent_id)
    return None if parent is None else Way((row, *parent.rows), own)


def keep(store: Store, value: Any, found: Fingerprint, parent: DatasetVersion | None) -> Way:
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
    Way
        How it is kept; the caller writes the rows together with those that need them.
    """
    from .. import data

    version, kept = found.version, data.keep(value)
    known = find(store, version.id)
    if known is None:
        less = None if parent is None else _as_deletions(store, value, kept, found, parent)
        return less or Way((_written(store, version, [kept.pieces], kept.manifest, kept.size_bytes),))
    if _comes_back(store, known, kept):
        return known
    own = _written(store, version, [kept.pieces], kept.manifest, kept.size_bytes)
    first = replace(known.rows[0], stored_bytes=known.rows[0].stored_bytes + own.stored_bytes)
    return Way((first, *known.rows[1:]), own.manifest_hash)


def keep_file(store: Store, path: str, version: DatasetVersion) -> Way:
    """Keep the bytes of a file as it is, without reading it into memory."""
    from .. import data

    if known := find(store, version.id):
        return known
    kept = data.keep_file(path)
    if version.id != f"sha256:{kept.manifest['sha256']}":
        raise IntegrityError(f"{path} changed while it was being read; save it again when it is at rest")
    return Way((_written(store, version, kept.batches(), kept.manifest, kept.size_bytes),))


def restore(
    store: Store,
    version_id: str,
    label: str,
    *,
    own: str | None = None,
    as_: Library | None = None,
    columns: Sequence[str] | None = None,
) -> Any:
    """Return a content as it was when its bytes were kept, or as the manifest ``own`` says.

    Raises
    ------
    NotFoundError
        If its bytes were not kept.
    IntegrityError
        If they are missing or not what they were; names the dataset.
    """
    from .. import data

    kept = _row(store, version_id)
    if kept is None:
        raise NotFoundError(
            f"the bytes of {label} ({version_id[:16]}) were not kept, only its fingerprint; "
            "data save keeps them: data save df --name churn-train"
        )
    try:
        manifest = _manifest(store, own or kept.manifest_hash)
        pieces = store.packs.get(manifest["chunks"])
        if own or kept.parent_id is None:
            return data.restore(manifest, pieces, as_=as_, columns=columns)
        parent = restore(store, kept.parent_id, label, as_=as_, columns=columns)
        return data.apply_deletions(parent, b"".join(pieces))
    except IntegrityError as error:
        raise IntegrityError(f"{label} cannot be put together: {error}") from error


def _row(store: Store, version_id: str) -> KeptVersion | None:
    rows = store.rows("kept_versions", {"version_id": version_id})
    return KeptVersion(**rows[0]) if rows else None


def _is_whole(store: Store, manifest_hash: str) -> bool:
    """Return whether a manifest and all of its pieces are here, after making them young."""
    try:
        body = store.objects.get(manifest_hash)
        pieces = set(json.loads(body)["chunks"])
    except (MlopsError, ValueError, LookupError):
        return False
    store.objects.put(body)
    return store.packs.renew(pieces) == pieces


def _manifest(store: Store, manifest_hash: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(store.objects.get(manifest_hash))
    except NotFoundError as error:
        raise IntegrityError(str(error)) from error
    return found


def _body(manifest: dict[str, Any], chunks: Sequence[str]) -> bytes:
    return json.dumps(manifest | {"chunks": list(chunks)}).encode()


def _written(
    store: Store,
    version: DatasetVersion,
    batches: Iterable[Sequence[bytes]],
    manifest: dict[str, Any],
    size: int,
) -> KeptVersion:
    put = [store.packs.put(batch) for batch in batches]
    body = _body(manifest, [name for result in put for name in result.hashes])
    new_bytes = sum(result.new_bytes for result in put)
    if not store.objects.exists(hashlib.sha256(body).hexdigest()):
        new_bytes += len(body)
    return KeptVersion(version.id, store.objects.put(body), "chunks", size, new_bytes, config.now())


def _comes_back(store: Store, known: Way, kept: KeptFrame) -> bool:
    """Return whether what is kept of a content comes back as exactly what these pieces are of."""
    from .. import data

    row = known.rows[0]
    chunks = [hashlib.sha256(piece).hexdigest() for piece in kept.pieces]
    if hashlib.sha256(_body(kept.manifest, chunks)).hexdigest() == row.manifest_hash:
        return True
    try:  # written by another version of a library, the bytes may differ and the data may not
        return data.keep(restore(store, row.version_id, row.version_id[:16])) == kept
    except MlopsError:
        return False


def _as_deletions(
    store: Store, value: Any, whole: KeptFrame, found: Fingerprint, parent: DatasetVersion
) -> Way | None:
    """Keep a content as the rows that its parent has and it has not; None where that is not all.

    What comes out is compared with what went in, so an index that was made anew, rows that were
    moved too, or a parent of another library are seen.
    """
    from .. import data

    version = found.version
    share = 1 - version.n_rows / parent.n_rows if parent.n_rows else 0.0
    if version.schema_hash != parent.schema_hash or not 0 < share <= _MOST_DELETED:
        return None
    known = find(store, parent.id)
    if known is None:
        return None
    root = known.rows[-1]  # never a chain: always against whole bytes
    try:
        frame = restore(store, root.version_id, parent.id[:16])
        rows = data.fingerprint(frame, rows=True).row_hashes
        mine = found.row_hashes
        if mine is None:  # too many rows to be hashed without a reason
            mine = data.fingerprint(value, rows=True).row_hashes
        bitmap = None if rows is None or mine is None else data.keep_deletions(rows, mine)
        if bitmap is None or data.keep(data.apply_deletions(frame, bitmap)) != whole:
            return None
    except MlopsError:  # a parent that is broken must not keep its child from being saved
        return None
    manifest = {"format": 1, "parent": root.version_id}
    less = _written(store, version, [[bitmap]], manifest, whole.size_bytes)
    return Way((replace(less, method="deletions", parent_id=root.version_id), root))
