"""Files in chunks: CSV and Parquet, read so that they may be larger than memory."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .arrow import rows_of_arrow
from .refusals import Refusal
from .schema import Rows

SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file: ``number`` counts chunks from 0, ``start`` is the first row's place in the file.

    ``done`` is the share of the file that is read, 0 to 1; ``columns`` are the rows as they are written
    again, ``rows`` as the model's schema reads them.
    """

    number: int
    start: int
    done: float
    columns: Mapping[str, Any]
    rows: Rows


def kind_of(path: Path) -> str:
    """Return what a file is by its ending: ``csv`` or ``parquet``.

    Raises
    ------
    Refusal
        If it is neither.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise Refusal(
            415, "unknown_type", f"{path.name!r} ends in {path.suffix!r}; expected .csv or .parquet"
        )
    return SUFFIXES[path.suffix.lower()]


def read_chunks(path: Path, n_rows: int, first: int = 0) -> Iterator[Chunk]:
    """Yield the chunks of a file, from the one of this number on.

    Raises
    ------
    Refusal
        If the file cannot be read as what its ending says; names the row.
    """
    reader = _of_csv if kind_of(path) == "csv" else _of_parquet
    return reader(path, n_rows, first)


def names_of(path: Path) -> list[str]:
    """Return the columns of a file.

    Raises
    ------
    Refusal
        If the file cannot be read, or has two columns of one name.
    """
    if kind_of(path) == "csv":
        with path.open(encoding="utf-8-sig", newline="") as text:
            names = _line(csv.reader(text, strict=True), path, 0) or []
    else:
        names = list(_parquet(path).schema_arrow.names)
    if not names:
        raise Refusal(400, "no_columns", f"{path.name} has no columns")
    if len(set(names)) < len(names):
        raise Refusal(422, "does_not_fit", f"two columns of {path.name} have one name")
    return names


def _of_csv(path: Path, n_rows: int, first: int) -> Iterator[Chunk]:
    size = max(path.stat().st_size, 1)
    with path.open("rb") as raw, _text(raw) as text:
        lines = csv.reader(text, strict=True)
        names = _line(lines, path, 0) or []
        start = 0
        for number in itertools.count():
            some = _lines(lines, path, start, n_rows, len(names))
            if not some:
                return
            if number >= first:
                columns = dict(zip(names, map(list, zip(*some, strict=True)), strict=True))
                rows = Rows(len(some), columns, is_text=True)
                yield Chunk(number, start, min(raw.tell() / size, 1.0), columns, rows)
            start += len(some)


def _text(raw: Any) -> Any:
    import io

    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _lines(lines: Any, path: Path, start: int, n_rows: int, width: int) -> list[Sequence[str]]:
    found: list[Sequence[str]] = []
    while len(found) < n_rows:
        line = _line(lines, path, start + len(found))
        if line is None:
            break
        if not line and width == 1:  # an empty line is an empty value there
            line = [""]
        if line:
            if len(line) != width:
                where = f"row {start + len(found)} of {path.name}"
                raise Refusal(422, "does_not_fit", f"{where}: expected {width} values, found {len(line)}")
            found.append(line)
    return found


def _line(lines: Any, path: Path, row: int) -> list[str] | None:
    try:
        line: list[str] | None = next(lines, None)
    except (csv.Error, UnicodeDecodeError) as error:
        raise Refusal(400, "no_csv", f"{path.name} is no CSV from row {row} on: {error}"[:300]) from error
    return line


def _of_parquet(path: Path, n_rows: int, first: int) -> Iterator[Chunk]:
    import pyarrow as pa

    file = _parquet(path)
    total = max(file.metadata.num_rows, 1)
    start = 0
    try:
        for number, batch in enumerate(file.iter_batches(n_rows)):
            if number >= first:
                rows = rows_of_arrow(_stream(batch), n_rows)
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                yield Chunk(number, start, (start + batch.num_rows) / total, columns, rows)
            start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise Refusal(
            400, "no_parquet", f"{path.name} is damaged from row {start} on: {error}"[:300]
        ) from error


def _stream(batch: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Refusal(400, "no_parquet", f"{path.name} is no Parquet file: {error}"[:300]) from error
