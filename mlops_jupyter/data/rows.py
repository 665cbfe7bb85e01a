"""Row hashes: one 64-bit number per row, to find rows again in other data.

A row hash is made of the values in column order: names and index do not count, nor do the widths
of numbers, nor whether text is held as categories. Integers and floats differ. Equal rows have
equal hashes; of a million different rows, two have the same hash with probability 3e-8.

Definition, frozen with ``mj1``: the state of a row begins as the number of columns; for each column
the seed of its type (xxh3-64 of ``"mj1 row "`` and the type without width) is added and the 64-bit
word of the value is mixed in (``columns/texts.stir``). Words are the bits of a number, widened to 64;
of text and nested values as ``columns/texts.py`` says; of other values xxh3-64 of their bytes.
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

    # Sorting both is a search in memory order; np.unique and np.isin took 3 s for a million.
    return int((_places(np.sort(a_rows), np.sort(b_rows)) >= 0).sum())


def distinct(rows: Rows) -> int:
    """Return how many different rows there are.

    Examples
    --------
    >>> import numpy as np
    >>> distinct(np.array([3, 1, 3], np.uint64))
    2
    """
    import numpy as np

    ordered = np.sort(rows)
    return int((ordered[1:] != ordered[:-1]).sum()) + min(1, len(rows))


def difference(before: Rows, after: Rows) -> tuple[int, int]:
    """Return how many rows were added and removed, counting repeated rows as often as they stand.

    Examples
    --------
    >>> import numpy as np
    >>> difference(np.array([1, 1, 2], np.uint64), np.array([1, 3, 4], np.uint64))
    (2, 2)
    """
    import numpy as np

    old, old_times = np.unique(before, return_counts=True)
    new, new_times = np.unique(after, return_counts=True)
    places = _places(old, new)
    both = places >= 0
    kept = int(np.minimum(old_times[both], new_times[places[both]]).sum())
    return len(after) - kept, len(before) - kept


def _places(needles: Rows, sorted_rows: Rows) -> NDArray[np.int64]:
    """Return where each of some rows stands among sorted ones, -1 where it does not."""
    import numpy as np

    if len(sorted_rows) == 0:
        return np.full(len(needles), -1, np.int64)
    places = np.minimum(np.searchsorted(sorted_rows, needles), len(sorted_rows) - 1)
    return np.where(sorted_rows[places] == needles, places, -1)


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
