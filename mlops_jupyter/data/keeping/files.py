"""Files kept as they are, in pieces, without reading them into memory.

A file is read twice: once to find where to cut it and what it is, and then piece by piece for whoever
stores them. A piece that is not what it was the first time is refused, so a file that is being
written to is never kept half old and half new.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, overload

from ...errors import IntegrityError, NotFoundError, UnsupportedError
from .keeping import FORMAT, places_of

_BLOCK: Final = 8 << 20
_BATCH: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as pieces that are read when they are asked for, and how to put them together.

    ``batches`` gives the pieces some 32 MB at a time: what a file larger than memory is stored by.
    """

    pieces: FilePieces
    manifest: dict[str, Any]
    size_bytes: int

    def batches(self) -> Iterator[list[bytes]]:
        """Yield the pieces in order, in lists of about 32 MB."""
        batch: list[bytes] = []
        size = 0
        for piece in self.pieces:
            batch.append(piece)
            size += len(piece)
            if size >= _BATCH:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


class FilePieces(Sequence[bytes]):
    """The pieces of a file, each read and checked when it is asked for."""

    def __init__(self, path: Path, ends: list[int], digests: list[bytes]) -> None:
        self._path, self._ends, self._digests = path, ends, digests

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        place = range(len(self))[place]
        with self._path.open("rb") as file:
            return self._read(file, place)

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            for place in range(len(self)):
                yield self._read(file, place)

    def _read(self, file: Any, place: int) -> bytes:
        from xxhash import xxh3_128_digest

        start = self._ends[place - 1] if place else 0
        file.seek(start)
        piece: bytes = file.read(self._ends[place] - start)
        if xxh3_128_digest(piece) != self._digests[place]:
            raise IntegrityError(
                f"{self._path} changed while it was being kept; save it again when it is at rest"
            )
        return piece


def keep_file(path: str | os.PathLike[str]) -> KeptFile:
    """Return a file as pieces and a manifest; it is read in blocks, however large it is.

    Raises
    ------
    NotFoundError
        When there is no such file.
    UnsupportedError
        When it is not a regular file (a folder, device, pipe or socket).

    Examples
    --------
    >>> kept = keep_file(__file__)
    >>> b"".join(kept.pieces) == Path(__file__).read_bytes(), kept.manifest["name"]
    (True, 'files.py')
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise NotFoundError(f"there is no file {str(path)!r}: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise UnsupportedError(f"{str(path)!r} is not a regular file; give the files in it one by one")
    from xxhash import xxh3_128_digest

    content = hashlib.sha256()
    ends: list[int] = []
    digests: list[bytes] = []
    for piece in _cut_stream(path):
        content.update(piece)
        digests.append(xxh3_128_digest(piece))
        ends.append((ends[-1] if ends else 0) + len(piece))
    size = ends[-1] if ends else 0
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "chunks": [],
        "name": path.name,
        "size_bytes": size,
        "sha256": content.hexdigest(),
        "data": {"as": "file"},
    }
    return KeptFile(FilePieces(path.absolute(), ends, digests), manifest, size)


def _cut_stream(path: Path) -> Iterator[memoryview]:
    from .cutting import cut, cuts

    rest = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            view = memoryview(rest + block)
            start = 0
            for end in cuts(view):
                yield view[start:end]
                start = end
            rest = bytes(view[start:])
    yield from cut(rest) if rest else ()


def restore_file(manifest: dict[str, Any], pieces: Iterable[bytes], path: str | os.PathLike[str]) -> None:
    """Write a kept file, whole and checked or not at all.

    Raises
    ------
    IntegrityError
        When the pieces are not the file that was kept.
    """
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    content = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                content.update(piece)
                file.write(piece)
        if content.hexdigest() != manifest["sha256"]:
            raise IntegrityError(f"the pieces of {manifest['name']} are not the file that was kept")
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def read_kept_file(manifest: dict[str, Any], pieces: Iterable[bytes], columns: Sequence[str] | None) -> Any:
    """Return a kept Parquet, Feather or CSV file as a table: Arrow, or pandas of a CSV.

    The file is written out first, so that no more than the columns asked for stand in memory.

    Raises
    ------
    NotFoundError
        When a column does not exist.
    UnsupportedError
        When it is another kind of file.
    """
    reader = _READERS.get(Path(manifest["name"]).suffix.lower())
    if reader is None:
        raise UnsupportedError(f"{manifest['name']} is not a table that can be read; restore it as a file")
    with tempfile.TemporaryDirectory(prefix="mlops-") as folder:
        path = Path(folder) / "kept"
        restore_file(manifest, pieces, path)
        return reader(path, None if columns is None else list(columns))


def _read_parquet(path: Path, columns: list[str] | None) -> Any:
    import pyarrow.parquet as pq

    _check(columns, lambda: pq.read_schema(path).names)
    return pq.read_table(path, columns=columns, pre_buffer=False)


def _read_feather(path: Path, columns: list[str] | None) -> Any:
    import pyarrow as pa
    from pyarrow import feather

    _check(columns, lambda: pa.ipc.open_file(path).schema.names)
    return feather.read_table(path, columns=columns, memory_map=False)


def _read_csv(path: Path, columns: list[str] | None) -> Any:
    import pandas as pd

    _check(columns, lambda: [str(name) for name in pd.read_csv(path, nrows=0)])
    return pd.read_csv(path) if columns is None else pd.read_csv(path, usecols=columns)[columns]


def _check(columns: list[str] | None, names: Callable[[], list[str]]) -> None:
    if columns is not None:
        places_of(names(), columns)


_READERS: Final = {
    **dict.fromkeys((".parquet", ".pq"), _read_parquet),
    **dict.fromkeys((".feather", ".arrow", ".ipc"), _read_feather),
    ".csv": _read_csv,
}
