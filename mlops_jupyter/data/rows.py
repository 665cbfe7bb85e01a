"""Row hashes: one 64-bit number per row, to find rows again in other data.

A row hash is made of the values in column order: names and index do not count, nor do the widths
of numbers, nor whether text is held as categories. Integers and floats differ. Equal rows have
equal hashes; of a million different rows, two have the same hash with probability 3e-8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .columns.base import Column

    Rows = NDArray[np.uint64]

MAX_ROWS: Final = 1_000_000
MAX_CELLS: Final = 50_000_000
"""Beyond these, ``rows="auto"`` keeps no row hashes."""


def row_hashes(columns: Sequence[Column], n_rows: int) -> Rows:
    """Return one uint64 per row, from the values of these columns in their order."""
    import numpy as np
    from xxhash import xxh3_64_intdigest

    from .columns.base import naming, windows
    from .columns.texts import stir

    seeds = [np.uint64(xxh3_64_intdigest(f"mj1 row {column.family}".encode())) for column in columns]
    sources = [column.words() for column in columns]
    result = np.full(n_rows, np.uint64(len(columns)))
    for window in windows(n_rows):
        state = result[window]
        for column, seed, source in zip(columns, seeds, sources, strict=True):
            state += seed
            with naming(column.name, column.type):
                stir(state, next(source))
    return result


def overlap(a_rows: Rows, b_rows: Rows) -> int:
    """Return how many rows of ``a`` also stand in ``b``, by their row hashes.

    Parameters
    ----------
    a_rows, b_rows : uint64 arrays, one number per row, as :func:`fingerprint` gives them.

    Examples
    --------
    >>> import numpy as np
    >>> overlap(np.array([1, 1, 2], np.uint64), np.array([1, 3], np.uint64))
    2
    """
    import numpy as np

    return int(np.isin(a_rows, b_rows).sum())


def difference(before: Rows, after: Rows) -> tuple[int, int]:
    """Return how many rows were added and removed, counting repeated rows as often as they stand.

    Examples
    --------
    >>> import numpy as np
    >>> difference(np.array([1, 1, 2], np.uint64), np.array([1, 3, 4], np.uint64))
    (2, 2)
    """
    import numpy as np

    _, places = np.unique(np.concatenate([before, after]), return_inverse=True)
    counts = np.bincount(places[len(before) :], minlength=len(places)).astype(np.int64)
    counts -= np.bincount(places[: len(before)], minlength=len(places))
    return int(counts[counts > 0].sum()), int(-counts[counts < 0].sum())


def wanted(*, asked: bool | Literal["auto"], n_rows: int, n_columns: int) -> bool:
    """Tell whether row hashes are to be computed."""
    if asked == "auto":
        return n_rows <= MAX_ROWS and n_rows * max(1, n_columns) <= MAX_CELLS
    return asked


def to_bytes(rows: Rows) -> bytes:
    """Return row hashes as they are stored: 8 bytes each, little-endian."""
    return bytes(rows.astype("<u8", copy=False).tobytes())


def from_bytes(content: bytes) -> Any:
    """Return stored row hashes as an array of uint64."""
    import numpy as np

    return np.frombuffer(content, "<u8").astype(np.uint64, copy=False)
