"""A version that is another one without some rows, as which rows: kilobytes for a million.

Rows left out at random change every page of every column, so no cutting by content helps. The rows
of both versions are known by their hashes (``rows.py``): where the child's are the parent's in
the same order with at most one in twenty left out, the places of those left out are all there is to keep.

Bytes: ``mjd1``, then zlib of one line of JSON (``rows`` of the parent, ``gone``, and what of the child its
rows do not say: a counting ``index``, ``attrs``) and the gaps between the places as uint32, sorted into
planes of bytes, most of which are zeros.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from ...errors import IntegrityError
from ..columns import library_of
from .plain import from_plain, to_plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

MAGIC: Final = b"mjd1"
MOST: Final = 0.05
"""The share of the parent's rows up to which leaving out is worth it; beyond, whole bytes are kept."""


def keep_deletions(parent_rows: Hashes, child_rows: Hashes, *, child: Any = None) -> bytes | None:
    """Return which rows of the parent the child has not, or None where that is not all that differs.

    The hashes do not know names and widths of columns, nor the index: the caller compares the
    schemas before, and the fingerprint of what :func:`apply_deletions` returns after.

    Parameters
    ----------
    parent_rows, child_rows : one hash per row, as ``fingerprint(obj, rows=True).row_hashes``.
    child : the child itself; where it is given, an index that counts its rows anew and its
        ``attrs`` come back too.

    Examples
    --------
    >>> import numpy as np
    >>> parent = np.arange(100, dtype=np.uint64)
    >>> bitmap = keep_deletions(parent, np.delete(parent, [3, 50]))
    >>> apply_deletions(parent, bitmap).tolist() == np.delete(parent, [3, 50]).tolist()
    True
    >>> keep_deletions(parent, parent[::-1]) is None
    True
    """
    gone = left_out(parent_rows, child_rows)
    if gone is None:
        return None
    head = {"rows": len(parent_rows), "gone": len(gone), **_beside_rows(child)}
    return MAGIC + zlib.compress(json.dumps(head).encode("ascii") + b"\n" + _planes(gone), 9)


def left_out(parent: Hashes, child: Hashes) -> NDArray[np.int64] | None:
    """Return the places in the parent of the rows that the child has not; None where it is not so.

    Examples
    --------
    >>> import numpy as np
    >>> left_out(np.arange(60), np.r_[0:10, 12:60]).tolist()
    [10, 11]
    """
    import numpy as np

    budget = len(parent) - len(child)
    if not 0 < budget <= MOST * len(parent):
        return None
    gone: list[NDArray[np.int64]] = []
    place = row = 0
    while row < len(child):
        same = _same_run(parent[place:], child[row:])
        place, row = place + same, row + same
        if row == len(child):
            break
        found = np.flatnonzero(parent[place : place + budget + 1] == child[row])
        if not len(found):
            return None
        gone.append(np.arange(place, place + found[0]))
        budget -= int(found[0])
        place += int(found[0])
    gone.append(np.arange(place, len(parent)))
    return np.concatenate(gone)


def _same_run(one: Hashes, other: Hashes) -> int:
    """Return how many values at the head are equal; looks at ever longer parts, so short runs are cheap."""
    start, step, length = 0, 64, min(len(one), len(other))
    while start < length:
        stop = min(start + step, length)
        differs = one[start:stop] != other[start:stop]
        if differs.any():
            return start + int(differs.argmax())
        start, step = stop, step * 2
    return length


def _planes(places: NDArray[np.int64]) -> bytes:
    import numpy as np

    gaps = np.diff(places, prepend=0).astype("<u4")
    return np.ascontiguousarray(gaps.view(np.uint8).reshape(-1, 4).T).tobytes()


def _from_planes(content: bytes) -> NDArray[np.int64]:
    import numpy as np

    planes = np.frombuffer(content, np.uint8).reshape(4, -1)
    return np.cumsum(np.ascontiguousarray(planes.T).view("<u4").ravel(), dtype=np.int64)


def _beside_rows(child: Any) -> dict[str, Any]:
    index, attrs = getattr(child, "index", None), getattr(child, "attrs", None)
    if library_of(child) != "pandas" or index is None:
        return {}
    found = {"attrs": to_plain(dict(attrs or {}))}
    if type(index).__name__ == "RangeIndex":
        found["index"] = [index.start, index.stop, index.step, to_plain(index.name)]
    return found


def apply_deletions(frame: Any, bitmap: bytes) -> Any:
    """Return a frame without the rows that a bitmap of :func:`keep_deletions` names.

    Raises
    ------
    IntegrityError
        When it is no such bitmap, or one of a frame of another length.
    """
    import numpy as np

    if not bitmap.startswith(MAGIC):
        raise IntegrityError(
            "these bytes do not say which rows were left out; was it kept by a newer version?"
        )
    try:
        head, _, planes = zlib.decompress(bitmap[len(MAGIC) :]).partition(b"\n")
        facts = json.loads(head)
        gone = _from_planes(planes)
    except (zlib.error, ValueError) as error:
        raise IntegrityError(f"the rows that were left out cannot be read: {error}") from error
    n_rows = frame.shape[0] if hasattr(frame, "shape") else len(frame)
    if n_rows != facts["rows"] or len(gone) != facts["gone"] or (len(gone) and gone[-1] >= n_rows):
        raise IntegrityError(f"rows were left out of {facts['rows']:,}, and the frame before has {n_rows:,}")
    stays = np.ones(n_rows, np.bool_)
    stays[gone] = False
    return _beside_rows_again(_filtered(frame, stays), facts)


def _filtered(frame: Any, stays: NDArray[np.bool_]) -> Any:
    library = library_of(frame)
    if library == "pandas":
        return frame.iloc[stays] if hasattr(frame, "iloc") else frame[stays]
    if library in ("polars", "pyarrow"):
        import pyarrow as pa

        if library == "pyarrow":
            return frame.filter(pa.array(stays))
        import polars as pl

        return frame.filter(pl.Series(stays))
    return frame.tocsr()[stays].asformat(frame.format) if library == "scipy.sparse" else frame[stays]


def _beside_rows_again(frame: Any, facts: dict[str, Any]) -> Any:
    if library_of(frame) != "pandas" or not hasattr(frame, "attrs"):
        return frame
    import pandas as pd

    if "index" in facts:
        start, stop, step, name = facts["index"]
        frame = frame.set_axis(pd.RangeIndex(start, stop, step, name=from_plain(name)), axis=0)
    if "attrs" in facts:
        frame.attrs = from_plain(facts["attrs"])
    return frame
