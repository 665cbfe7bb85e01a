"""Objects: files by the SHA-256 of their bytes, written once, checked when read."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from ..errors import IntegrityError, NotFoundError, UsageError

_HASH = re.compile(r"[0-9a-f]{64}\Z")
_CHUNK = 1 << 20


class Objects:
    """A folder of objects; the first two digits of the hash are a sub-folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, object_hash: str) -> Path:
        """Return where an object stands or would stand."""
        if not _HASH.match(object_hash):
            raise UsageError(f"{object_hash!r} is not an object hash; expected 64 hexadecimal digits")
        return self.folder / object_hash[:2] / object_hash[2:]

    def exists(self, object_hash: str) -> bool:
        """Return whether the object is here."""
        return self.path(object_hash).exists()

    def put(self, data: bytes) -> str:
        """Keep bytes durably and return their hash; bytes that are here already cost one look."""
        object_hash = hashlib.sha256(data).hexdigest()
        if not self.exists(object_hash):
            handle, temporary = self._temporary()
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._settle(temporary, object_hash)
        return object_hash

    def put_file(self, source: Path) -> str:
        """Keep a copy of a file and return its hash; the copy is what is hashed."""
        handle, temporary = self._temporary()
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file, source.open("rb") as original:
            while chunk := original.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        object_hash = digest.hexdigest()
        if self.exists(object_hash):
            temporary.unlink()
        else:
            self._settle(temporary, object_hash)
        return object_hash

    def get(self, object_hash: str) -> bytes:
        """Return the bytes of an object, after checking them against the hash."""
        path = self.path(object_hash)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFoundError(f"object {object_hash} is not in {self.folder}") from None
        found = hashlib.sha256(data).hexdigest()
        if found != object_hash:
            raise IntegrityError(
                f"object {object_hash} has other bytes (their hash is {found}); run 'mlops doctor'"
            )
        return data

    def _temporary(self) -> tuple[int, Path]:
        folder = self.folder / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        return handle, Path(name)

    def _settle(self, temporary: Path, object_hash: str) -> None:
        final = self.path(object_hash)
        final.parent.mkdir(exist_ok=True)
        temporary.replace(final)
        directory = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
