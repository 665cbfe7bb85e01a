"""Objects: files by the SHA-256 of their bytes, written once, checked when read.

An object appears under its hash only whole: it is written beside, brought to the disk, and moved.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from ..errors import IntegrityError, NotFoundError, RegistryError, UsageError
from . import complaints, faults
from .filesystem import PRIVATE_FILE, private_folder

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_CHUNK = 1 << 20
YOUNG_S = 3600.0


class Objects:
    """A folder of objects; the first two digits of the hash are a sub-folder.

    Examples
    --------
    >>> import tempfile
    >>> objects = Objects(Path(tempfile.mkdtemp()) / "objects")
    >>> objects.get(objects.put(b"bytes"))
    b'bytes'
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, object_hash: str) -> Path:
        """Return where an object stands or would stand."""
        if not _HASH.match(object_hash):
            raise UsageError(f"{object_hash!r} is not an object hash; expected 64 hexadecimal digits")
        return self.folder / object_hash[:2] / object_hash[2:]

    def exists(self, object_hash: str) -> bool:
        """Return whether the object is here."""
        return self.path(object_hash).is_file()

    def put(self, data: bytes) -> str:
        """Keep bytes durably and return their hash; bytes that are here already cost one look.

        Raises
        ------
        RegistryError
            If the disk is full or fails; no object of that hash appears.
        """
        return self.put_parts([data])

    def put_parts(self, parts: Sequence[bytes | memoryview]) -> str:
        """Keep one object whose bytes are given in parts, without putting them together in memory.

        Raises
        ------
        RegistryError
            If the disk is full or fails; no object of that hash appears.
        """
        digest, size = hashlib.sha256(), 0
        for part in parts:
            digest.update(part)
            size += memoryview(part).nbytes
        object_hash = digest.hexdigest()
        if not self._is_here(object_hash, size):
            with _Temporary(self.folder) as temporary:
                for part in parts:
                    temporary.write(memoryview(part).cast("B"))
                temporary.settle(self.path(object_hash))
        return object_hash

    def put_file(self, source: Path) -> str:
        """Keep a copy of a file and return its hash; the copy is what is hashed.

        Raises
        ------
        NotFoundError
            If there is no such file, or it is a folder or a device.
        RegistryError
            If the disk is full or fails.
        """
        if not source.is_file():
            raise NotFoundError(f"{source} is not a file")
        digest = hashlib.sha256()
        with _Temporary(self.folder) as temporary, source.open("rb") as original:
            size = 0
            while chunk := original.read(_CHUNK):
                digest.update(chunk)
                temporary.write(chunk)
                size += len(chunk)
            object_hash = digest.hexdigest()
            if not self._is_here(object_hash, size):
                temporary.settle(self.path(object_hash))
        return object_hash

    def get(self, object_hash: str) -> bytes:
        """Return the bytes of an object, after checking them against the hash.

        Raises
        ------
        NotFoundError
            If the object is not here.
        IntegrityError
            If its bytes are not what its hash says.
        """
        path = self.path(object_hash)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFoundError(f"object {object_hash} is not in {self.folder}; run 'mlops doctor'") from None
        except OSError as error:
            raise complaints.of_system(error, str(path)) from error
        found = hashlib.sha256(data).hexdigest()
        if found != object_hash:
            raise IntegrityError(
                f"object {object_hash} has other bytes (their hash is {found}); it was not used: "
                "run 'mlops doctor', restore it from a backup"
            )
        return data

    def all(self) -> Iterator[tuple[str, os.stat_result]]:
        """Return the hash of every object, with the facts of its file."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                if _HASH.match(folder.name + path.name):
                    with suppress(FileNotFoundError):  # collected meanwhile
                        yield folder.name + path.name, path.stat()

    def totals(self) -> tuple[int, int]:
        """Return how many objects there are, and their bytes in all."""
        sizes = [facts.st_size for _, facts in self.all()]
        return len(sizes), sum(sizes)

    def verify_all(self) -> Iterator[str]:
        """Read every object and return the hashes of those whose bytes are others."""
        for object_hash, _ in self.all():
            digest = hashlib.sha256()
            with suppress(FileNotFoundError), self.path(object_hash).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                if digest.hexdigest() != object_hash:
                    yield object_hash

    def leftovers(self, min_age_s: float = YOUNG_S) -> list[Path]:
        """Return the temporary files that a process left behind when it died."""
        found = []
        for path in (self.folder / "tmp").glob("*"):
            with suppress(FileNotFoundError):
                if not _is_young(path.stat(), min_age_s):
                    found.append(path)
        return found

    def is_old(self, object_hash: str, min_age_s: float = YOUNG_S) -> bool:
        """Return whether an object is here, and was neither put nor put again within some seconds."""
        try:
            return not _is_young(self.path(object_hash).stat(), min_age_s)
        except FileNotFoundError:
            return False

    def collect(self, referenced: Collection[str], min_age_s: float = YOUNG_S) -> dict[str, int]:
        """Remove objects that nothing refers to, and leftovers; return the hashes removed, with their bytes.

        Parameters
        ----------
        referenced
            The hashes that must stay; read them after nothing new can refer to an old object, or
            trust ``min_age_s``: an object that was put again counts as new.
        min_age_s
            Younger objects stay, in seconds: a run that is being written may be about to refer to them.
        """
        from filelock import FileLock

        if not self.folder.is_dir():
            return {}
        keep, removed = set(referenced), {}
        with FileLock(self.folder / "collect.lock", timeout=30, mode=PRIVATE_FILE):
            for object_hash, facts in self.all():
                if object_hash in keep or _is_young(facts, min_age_s):
                    continue
                if (size := self._remove(object_hash, min_age_s)) is not None:
                    removed[object_hash] = size
            for path in self.leftovers(min_age_s):
                path.unlink(missing_ok=True)
        return removed

    def _remove(self, object_hash: str, min_age_s: float) -> int | None:
        """Remove an object and return its bytes, None where it is here to stay.

        It is moved away first: who puts it meanwhile does not find it and writes it again, or has
        found it and made it young, and then it is moved back.
        """
        path, aside = self.path(object_hash), self.folder / "tmp" / f"collected-{object_hash}"
        try:
            private_folder(aside.parent)
            path.replace(aside)
            facts = aside.stat()
            if _is_young(facts, min_age_s):
                aside.replace(path)
                return None
            aside.unlink()
        except OSError:  # removed by another, or not ours to remove
            return None
        return facts.st_size

    def _is_here(self, object_hash: str, size: int) -> bool:
        path = self.path(object_hash)
        try:
            if path.stat().st_size != size:
                return False  # truncated: writing it again repairs it
            os.utime(path)  # young again, so that it is not collected under a new reference
        except FileNotFoundError:
            return False
        except PermissionError:  # of another owner, but it is there
            return True
        return True


class _Temporary:
    """A file that is either moved to its place or removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        try:
            private_folder(self._folder / "tmp")
            handle, name = tempfile.mkstemp(dir=self._folder / "tmp")
        except OSError as error:
            raise complaints.of_system(error, str(self._folder)) from error
        self._path, self._file = Path(name), os.fdopen(handle, "wb")
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes | memoryview) -> None:
        try:
            half = len(data) // 2
            self._file.write(data[:half])
            faults.step("object.write")
            self._file.write(data[half:])
        except OSError as error:
            raise self._failed(error) from error

    def settle(self, final: Path) -> None:
        """Bring the bytes to the disk, then give them their name."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            faults.step("object.replace")
            new_folder = not final.parent.is_dir()
            private_folder(final.parent)
            self._path.replace(final)
            _sync_folder(final.parent)
            if new_folder:
                _sync_folder(self._folder)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> RegistryError:
        return complaints.of_system(error, str(self._folder))


def hash_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, by which an object with the same bytes would be known.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_young(facts: os.stat_result, min_age_s: float) -> bool:
    return time.time() - facts.st_mtime < min_age_s


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and its journal orders the move
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
