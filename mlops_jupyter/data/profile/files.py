"""Profiles of files that need not fit in memory: one pass, batch by batch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ...errors import NotFoundError, UnsupportedError
from ...records import Profile
from .build import BATCH_ROWS, of_batches

_PARQUET: Final = (".parquet", ".pq")
_TEXT: Final = {".csv": ",", ".tsv": "\t", ".txt": ","}
_PACKED: Final = (".gz", ".bz2", ".zst")
_BLOCK_BYTES = 1 << 24
_WIDER: Final = {"null": "int64", "int64": "float64"}
"""What a column is read as when a later value does not fit what the first block promised; then text."""

_BATCH_CELLS = 1 << 23


def profile_file(path: str | Path, *, target: str | None = None, batch_rows: int = BATCH_ROWS) -> Profile:
    """Count a Parquet file, a folder of them, or a CSV file, without holding it in memory.

    Counts are those of :func:`profile`, but rows are not compared with each other
    (``n_duplicate_rows`` is None), and of a column of more than 65,536 different values the number of
    distinct ones is estimated. Columns that hold a pandas index are left out.

    Parameters
    ----------
    path : ``.parquet``, ``.pq``, a folder with such files, ``.csv``, ``.tsv`` or ``.txt`` (with commas),
        text also packed (``.csv.gz``). Of a CSV file a column is as wide as its values need:
        whole numbers, numbers, else text.
    target : name of the column that others are compared with, in 20,000 evenly spaced rows.
    batch_rows : rows read at once, at most; wide tables are read in fewer.

    Raises
    ------
    NotFoundError
        When there is no such file, or no column of the target's name.
    UnsupportedError
        When it is of another kind, cannot be read, or the files of a folder have different columns.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> pd.DataFrame({"x": [1, 2]}).to_csv(path, index=False)
    >>> profile_file(path).columns[0].numbers.maximum
    2.0
    """
    import pyarrow as pa

    where = Path(path).expanduser()
    if not where.exists():
        raise NotFoundError(f"there is no file {str(where)!r}; give the path of a Parquet or CSV file")
    try:
        if where.is_dir() or where.suffix.lower() in _PARQUET:
            return of_batches(_parquet(where, batch_rows), target)
        return _csv(where, target)
    except MemoryError:
        raise
    except pa.ArrowException as error:
        raise UnsupportedError(f"{where.name!r} cannot be read as what its name says: {error}") from error


def _parquet(where: Path, batch_rows: int) -> Iterator[Any]:
    import pyarrow.parquet as pq

    files = (
        [where] if where.is_file() else sorted(p for p in where.rglob("*") if p.suffix.lower() in _PARQUET)
    )
    if not files:
        raise NotFoundError(f"folder {str(where)!r} holds no Parquet file")
    expected: list[str] | None = None
    for file in files:
        # Without pre-buffering the reader holds one batch, not a whole row group twice.
        with pq.ParquetFile(file, pre_buffer=False) as opened:
            names = _data_columns(opened.schema_arrow)
            expected = expected or names
            if names != expected:
                raise UnsupportedError(
                    f"{file.name!r} has the columns {names}, and {files[0].name!r} has {expected}; "
                    "profile them one by one"
                )
            rows = max(1024, min(batch_rows, _BATCH_CELLS // max(1, len(names))))
            yield opened.schema_arrow.empty_table().select(names)
            yield from opened.iter_batches(batch_size=rows, columns=names)


def _data_columns(schema: Any) -> list[str]:
    """Return the names of columns that are not the index of a pandas frame."""
    described = schema.pandas_metadata or {}
    index = {name for name in described.get("index_columns", ()) if isinstance(name, str)}
    return [name for name in schema.names if name not in index]


def _csv(where: Path, target: str | None) -> Profile:
    import pyarrow as pa

    types: dict[str, str] = {}
    while True:
        try:
            return of_batches(_csv_batches(where, types), target)
        except pa.ArrowInvalid as error:
            found = re.search(r"In CSV column #(\d+): .*conversion error to (\w+)", str(error))
            if found is None:
                raise
            name = _header(where)[int(found[1])]
            wider = "string" if types.get(name) == "float64" else _WIDER.get(found[2], "string")
            if types.get(name) == "string":
                raise
            types[name] = wider


def _csv_batches(where: Path, types: dict[str, str]) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    words = {name: pa.type_for_alias(word) for name, word in types.items()}
    with csv.open_csv(
        where,
        csv.ReadOptions(block_size=_BLOCK_BYTES),
        csv.ParseOptions(delimiter=_delimiter(where), newlines_in_values=True),
        csv.ConvertOptions(column_types=words, strings_can_be_null=True),
    ) as reader:
        yield reader.schema.empty_table()
        yield from reader


def _header(where: Path) -> list[str]:
    from pyarrow import csv

    with csv.open_csv(where, parse_options=csv.ParseOptions(delimiter=_delimiter(where))) as reader:
        return list(reader.schema.names)


def _delimiter(where: Path) -> str:
    suffixes = [suffix.lower() for suffix in where.suffixes]
    suffix = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] in _PACKED else "".join(suffixes[-1:])
    if suffix not in _TEXT:
        known = ", ".join([*_PARQUET, *_TEXT])
        raise UnsupportedError(
            f"{where.name!r} is of no kind that is known: {known}, a folder of Parquet files"
        )
    return _TEXT[suffix]
