"""The canonical fingerprint of data, ``mj1``: equal data have equal ids, different data do not.

Definition (frozen; ``tests/data/vectors.json`` holds examples)
---------------------------------------------------------------
- An object is a list of columns, each a name, a logical type (``types.py``) and values.
- Values become streams of canonical bytes in chunks of 65,536 rows (``columns/``); every stream
  of a chunk is hashed with xxh3-128.
- Column: blake3 of ``"mj1 column"``, the type, the number of rows, what stands before the chunks
  (dictionary of a category), and the digests of the streams in order.
- Root: blake3 of ``"mj1 data"``, the number of rows, and name and digest of each column, then of
  each index column. Lengths are 8 bytes, big-endian; names are canonical Python values
  (``columns/walk.py``), so ``1`` and ``"1"`` are different names.

Equal
-----
The same data in pandas (numpy, nullable, Arrow-backed, any string dtype), polars, Arrow and
numpy, before and after Parquet, whatever the layout: blocks, slices, strides, byte order,
chunks, dictionaries, sparseness, offset widths, ``attrs``, and a pandas index that only counts
the rows.

Missing: in a typed column missing is one thing. ``NaN`` in a float column *is* missing, because
numpy cannot tell the two apart and Parquet turns one into the other; so ``NaN`` and null of polars
and Arrow are equal here. ``None`` and ``nan`` differ only in a column of mixed Python objects
(``columns/objects.py`` says which columns of objects are typed).

Different
---------
Names, order of columns, order of rows; every width and kind of number (int8, int64, uint64,
bool, float32); -0.0 and 0.0; integers, times and spans with the same bits; units (but seconds are
counted as milliseconds) and time zones; text, bytes and category; levels of a category that are
declared and not used, their order where the category is ordered; scale of decimals; a named or
non-counting index; ``1``, ``"1"``, ``1.0`` and ``True``.

The hashes tell data apart, also by accident in very many; xxh3 is not made to resist somebody who
constructs two different datasets with one id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .. import config
from ..errors import UnsupportedError
from ..records import DatasetVersion
from .columns import table_of
from .rows import row_hashes, wanted

if TYPE_CHECKING:
    from .columns.base import Column
    from .rows import Rows

_SIDE_BY_SIDE = 16
"""Columns hashed together: as many float32 as a cache line holds, twice as many as float64."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The identity of some data, and one hash per row where these were computed."""

    version: DatasetVersion
    row_hashes: Rows | None = None


def fingerprint(obj: Any, *, rows: bool | Literal["auto"] = "auto") -> Fingerprint:
    """Compute the identity of a dataset's whole content.

    Parameters
    ----------
    obj : a pandas DataFrame, Series or Index; a polars DataFrame or Series; an Arrow table,
        batch or array; a numpy array; or a scipy sparse matrix.
    rows : whether to compute a hash per row too; ``"auto"`` does up to 1,000,000 rows and
        50,000,000 cells.

    Raises
    ------
    UnsupportedError
        When the object is not data, or a column holds what has no canonical bytes; the message
        names the column and its type.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> a = fingerprint(pd.DataFrame(np.eye(2))).version
    >>> b = fingerprint(np.eye(2)).version
    >>> a.id == b.id, a.n_rows, a.n_columns
    (True, 2, 2)
    """
    from blake3 import blake3

    table = table_of(obj)
    if table is None:
        kind = f"{type(obj).__module__}.{type(obj).__qualname__}"
        raise UnsupportedError(
            f"{kind} is not a table or array; a dataset is a pandas, polars, Arrow, "
            "numpy or scipy.sparse object"
        )
    columns, index = _digests(table.columns), _digests(table.index)
    names = display_names([column.name for column in table.columns])
    described = [
        {"name": name, "type": column.type, "hash": digest.hex()}
        for name, column, (digest, _) in zip(names, table.columns, columns, strict=True)
    ]
    version = DatasetVersion(
        id=f"mj1:{_root(table.n_rows, table.columns, columns, table.index, index)}",
        kind=table.kind,
        n_rows=table.n_rows,
        n_columns=table.n_columns,
        size_bytes=sum(size for _, size in [*columns, *index]),
        schema_hash=_schema_hash(table.columns),
        columns_json=json.dumps(described, ensure_ascii=False),
        created_at=config.now(),
        index_hash=blake3(b"".join(digest for digest, _ in index)).hexdigest() if index else None,
    )
    keep = wanted(asked=rows, n_rows=table.n_rows, n_columns=table.n_columns)
    return Fingerprint(version, row_hashes(table.columns, table.n_rows) if keep else None)


def display_names(names: Sequence[Any]) -> list[str]:
    """Return names as text to show, each once; the one column of a series may have no name.

    Examples
    --------
    >>> display_names(["a", "a", 1, ("x", 2), None])
    ['a', 'a (2)', '1', "('x', 2)", 'None']
    """
    if names == [None]:
        return ["values"]
    taken: set[str] = set()
    shown: list[str] = []
    for name in names:
        text = base = str(name)
        count = 1
        while text in taken:
            count += 1
            text = f"{base} ({count})"
        taken.add(text)
        shown.append(text)
    return shown


def _digests(columns: Sequence[Column]) -> list[tuple[bytes, int]]:
    from .columns.digest import columns_digests

    groups = range(0, len(columns), _SIDE_BY_SIDE)
    return [found for start in groups for found in columns_digests(columns[start : start + _SIDE_BY_SIDE])]


def _root(n_rows: int, *parts: Any) -> str:
    from blake3 import blake3

    from .columns.walk import walk

    state = blake3(b"mj1 data" + n_rows.to_bytes(8, "big"))
    for columns, digests in zip(parts[::2], parts[1::2], strict=True):
        state.update(len(columns).to_bytes(8, "big"))
        for column, (digest, _) in zip(columns, digests, strict=True):
            state.update(walk(column.name) + digest)
    return state.hexdigest()


def _schema_hash(columns: Sequence[Column]) -> str:
    from blake3 import blake3

    from .columns.walk import walk

    return blake3(b"".join(walk(column.name) + walk(column.type) for column in columns)).hexdigest()
