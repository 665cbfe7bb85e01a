"""The answers to a file, part by part: a job that is killed goes on where it was, and no row is there twice.

Each chunk becomes a file of its own beside the output, under its name only once it is whole. The output
appears at the end, whole as well, and the parts go.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from .chunks import kind_of
from .refusals import Refusal

_JOB = "job.json"


class Parts:
    """The parts of an output, in a folder beside it.

    Parameters
    ----------
    output
        The file that is made.
    job
        What makes the answers what they are (input, model, columns): parts of another job are not used.
    """

    def __init__(self, output: Path, job: Mapping[str, Any]) -> None:
        self.output = output
        self.kind = kind_of(output)
        self.folder = output.with_name(f".{output.name}.parts")
        self.started_over = False
        self._job = dict(job)
        self._held: Any = None

    def __enter__(self) -> Self:
        self.folder.mkdir(exist_ok=True)
        self._held = (self.folder / "lock").open("w")
        try:
            _hold(self._held)
        except OSError:
            self._held.close()
            raise Refusal(409, "running", f"another process is writing {self.output.name}") from None
        job = self.folder / _JOB
        if _read(job) != self._job:
            kept = list(self.folder.glob("*.part"))
            self.started_over = bool(kept)
            for path in kept:
                path.unlink()
            _write_whole(job, json.dumps(self._job, indent=2).encode())
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        if not any(self.folder.glob("*.part")):
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def n_done(self) -> int:
        """How many chunks are there, without a gap from the first on."""
        count = 0
        while self._path(count).exists():
            count += 1
        return count

    def write(self, number: int, columns: Mapping[str, Any]) -> None:
        """Keep the answers to a chunk."""
        path = self._path(number)
        partial = path.with_suffix(".partial")
        if self.kind == "csv":
            _write_csv(partial, columns, has_head=number == 0)
        else:
            _write_parquet(partial, columns)
        partial.replace(path)

    def join(self) -> None:
        """Make the output of all parts; it takes the place of an earlier one."""
        partial = self.folder / "output.partial"
        if self.kind == "csv":
            with partial.open("wb") as whole:
                for path in self._all():
                    with path.open("rb") as part:
                        shutil.copyfileobj(part, whole, 1 << 20)
        else:
            _join_parquet(partial, list(self._all()))
        partial.replace(self.output)
        for path in self._all():
            path.unlink()

    def _all(self) -> Iterator[Path]:
        yield from sorted(self.folder.glob("*.part"))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:09d}.part"


def _hold(file: Any) -> None:
    """Hold a lock as long as the file is open; a system without such locks has none."""
    with suppress(ImportError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write_whole(path: Path, data: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)


def _write_csv(path: Path, columns: Mapping[str, Any], *, has_head: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        if has_head:
            writer.writerow(columns)
        listed = [_listed(values) for values in columns.values()]
        writer.writerows(
            ["" if value is None else value for value in row] for row in zip(*listed, strict=True)
        )
        text.flush()
        os.fsync(text.fileno())


def _listed(values: Any) -> Sequence[Any]:
    listed: Sequence[Any] = values.to_pylist() if hasattr(values, "to_pylist") else values
    return listed


def _write_parquet(path: Path, columns: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(dict(columns)), path)


def _join_parquet(path: Path, parts: Sequence[Path]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.unify_schemas([pq.read_schema(part) for part in parts], promote_options="permissive")
    with pq.ParquetWriter(path, schema) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part).cast(schema))
