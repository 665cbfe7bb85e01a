"""Packs: many small pieces of kept bytes in few objects, each piece kept once.

A version of a dataset is some hundred pieces of about 64 kB, most of which the version before has
too. As an object each, every piece would cost a file and a wait for the disk; so the new pieces of
a save are written behind each other into one object, the pack, and the table ``chunks`` says where
in it each stands.

The order holds for a kill at any point: first the pack, whole and on the disk; then its rows, in one
transaction; then, by the caller, the manifest that lists the pieces. What nothing lists is collected.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from ..errors import IntegrityError
from ..records import Chunk
from . import complaints, faults

if TYPE_CHECKING:
    from .waist import Store

Piece = bytes | memoryview

LARGEST_PACK = 64 << 20
LOCK = "packs"  # held where rows of chunks are made young or deleted
_ASKED_AT_ONCE = 10_000  # parameters of one question; both databases take 32,000
_OPEN_PACKS = 16


@dataclass(frozen=True, slots=True)
class PackResult:
    """What :meth:`Packs.put` did: the hash of each piece, in order, and how many bytes were new."""

    hashes: tuple[str, ...]
    new_bytes: int


class Packs:
    """The pieces of a registry; reached as ``store.packs``.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> first = store.packs.put([b"one", b"two", b"one"])
    >>> store.packs.put([b"two", b"three"]).new_bytes
    5
    >>> b" ".join(store.packs.get(first.hashes))
    b'one two one'
    >>> store.close()
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, pieces: Sequence[Piece]) -> PackResult:
        """Keep pieces durably; those that the registry has are not written again.

        A piece whose pack was lost or cut off is written again, which repairs it.

        Parameters
        ----------
        pieces
            In any number and size; the same one may stand there several times.

        Raises
        ------
        RegistryError
            If the registry can only be read, or the disk is full or fails; what was written until
            then is collected later.
        """
        hashes = tuple(hashlib.sha256(piece).hexdigest() for piece in pieces)
        wanted = dict(zip(hashes, pieces, strict=True))
        here = self.renew(wanted)
        new = {name: piece for name, piece in wanted.items() if name not in here}
        chunks = [chunk for group in _groups(new) for chunk in self._write(group)]
        faults.step("pack.rows")
        self._add(chunks)
        return PackResult(hashes, sum(chunk.size_bytes for chunk in chunks))

    def get(self, hashes: Sequence[str]) -> Iterator[bytes]:
        """Return pieces in the order asked for, each checked against its hash.

        Raises
        ------
        IntegrityError
            If a piece or its pack is missing, or has other bytes than its hash says; names it.
        """
        places = self.where(hashes)
        with _Reader(self._store) as reader:
            for name in hashes:
                if name not in places:
                    raise IntegrityError(f"piece {name} is not in {self._store.url}; {_ADVICE}")
                yield reader.read_wherever(places[name])

    def renew(self, hashes: Iterable[str]) -> set[str]:
        """Return which pieces are here, after making their packs young, so that none is collected.

        For who means to refer to pieces that were put some time ago. One transaction: a collector
        that looks before it leaves no row of what it took, and one that looks after it sees a
        young pack.
        """
        with self._store.atomic():
            self._store.lock(LOCK)
            places = self.where(hashes)
            lengths = {chunk.pack_hash: 0 for chunk in places.values()}
            for pack in lengths:
                lengths[pack] = self._length_of_young(pack)
        return {
            name
            for name, chunk in places.items()
            if chunk.offset_bytes + chunk.size_bytes <= lengths[chunk.pack_hash]
        }

    def where(self, hashes: Iterable[str]) -> dict[str, Chunk]:
        """Return where the pieces stand, by hash; those that the registry does not have are left out."""
        unique = list(dict.fromkeys(hashes))
        found: dict[str, Chunk] = {}
        for start in range(0, len(unique), _ASKED_AT_ONCE):
            rows = self._store.rows("chunks", {"hash": unique[start : start + _ASKED_AT_ONCE]})
            found |= {row["hash"]: Chunk(**row) for row in rows}
        return found

    def move(self, chunks: Sequence[Chunk]) -> None:
        """Write pieces of a pack into one of their own; call inside a transaction that holds ``LOCK``.

        Raises
        ------
        IntegrityError
            If one of them is missing or damaged; then all stay where they are.
        """
        from .waist import as_row

        with _Reader(self._store) as reader:
            pieces = {chunk.hash: reader.read(chunk) for chunk in chunks}
        if pieces:
            self._store.upsert("chunks", *(as_row(chunk) for chunk in self._write(pieces)), key=["hash"])

    def _length_of_young(self, pack: str) -> int:
        path = self._store.objects.path(pack)
        try:
            with suppress(PermissionError):  # of another owner, but it is there
                os.utime(path)
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def _write(self, pieces: Mapping[str, Piece]) -> list[Chunk]:
        pack = self._store.objects.put_parts(list(pieces.values()))
        chunks, offset = [], 0
        for name, piece in pieces.items():
            size = memoryview(piece).nbytes
            chunks.append(Chunk(name, pack, offset, size))
            offset += size
        return chunks

    def _add(self, chunks: Sequence[Chunk]) -> None:
        """Add the rows; where another process was faster, its rows stay and this pack is left alone."""
        from .waist import as_row

        if not chunks:
            return
        with self._store.atomic():
            here = self.renew(chunk.hash for chunk in chunks)
            rows = [as_row(chunk) for chunk in chunks if chunk.hash not in here]
            self._store.upsert("chunks", *rows, key=["hash"])


class _Reader:
    """Reads pieces out of packs, a few of which it holds open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            for file in self._open.values():
                stack.callback(file.close)

    def read_wherever(self, chunk: Chunk) -> bytes:
        """Return a piece, also where a collector moved it since it was looked up."""
        try:
            return self.read(chunk)
        except IntegrityError:
            moved = self._store.packs.where([chunk.hash]).get(chunk.hash, chunk)
            if moved.pack_hash == chunk.pack_hash:
                raise
            return self.read(moved)

    def read(self, chunk: Chunk) -> bytes:
        path = self._store.objects.path(chunk.pack_hash)
        try:
            file = self._file(chunk.pack_hash, path)
            file.seek(chunk.offset_bytes)
            data = file.read(chunk.size_bytes)
        except FileNotFoundError:
            raise IntegrityError(
                f"pack {chunk.pack_hash} with piece {chunk.hash} is not in {self._store.objects.folder}; "
                f"{_ADVICE}"
            ) from None
        except OSError as error:
            raise complaints.of_system(error, str(path)) from error
        if hashlib.sha256(data).hexdigest() != chunk.hash:
            raise IntegrityError(
                f"piece {chunk.hash} in pack {chunk.pack_hash} has other bytes; it was not used: {_ADVICE}"
            )
        return data

    def _file(self, pack: str, path: Path) -> BinaryIO:
        file = self._open.pop(pack, None)
        if file is None:
            if len(self._open) == _OPEN_PACKS:
                self._open.pop(next(iter(self._open))).close()
            file = path.open("rb")
        self._open[pack] = file  # the last used stands last
        return file


_ADVICE = "run 'mlops doctor', restore it from a backup"


def _groups(pieces: Mapping[str, Piece]) -> Iterator[dict[str, Piece]]:
    """Return the pieces of one pack after the other: a larger piece than a pack has one of its own."""
    group: dict[str, Piece] = {}
    size = 0
    for name, piece in pieces.items():
        length = memoryview(piece).nbytes
        if group and size + length > LARGEST_PACK:
            yield group
            group, size = {}, 0
        group[name] = piece
        size += length
    if group:
        yield group
