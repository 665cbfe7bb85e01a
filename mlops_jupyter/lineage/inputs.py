"""The files that a recipe reads from outside: which are kept, and which only by their hash.

Data up to ``MLOPS_KEEP_INPUT_BYTES`` (64 MiB where it is not set) are kept as objects, the user's own
modules always. What looks like credentials is never copied.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from .. import masking
from ..errors import MlopsError
from ..records import FileUse, LocalModule, RecipeFile
from ..store import Store
from ..store.objects import hash_of_file

KEEP_VARIABLE = "MLOPS_KEEP_INPUT_BYTES"
KEEP_BYTES = 64 * 2**20
_LOOKED_INTO_BYTES = 64 * 2**10

_CREDENTIALS = re.compile(
    r"(?i)(^|[/\\])(\.env(\..*)?|\.netrc|\.pypirc|\.pgpass|credentials(\..*)?|secrets?(\..*)?|id_(rsa|ed25519|ecdsa))$"
    r"|\.(pem|key|p12|pfx|keytab|kdbx)$|(^|[/\\])\.(ssh|aws|gnupg|kube|docker)[/\\]"
)
_DATA = frozenset(
    {".csv", ".tsv", ".parquet", ".feather", ".arrow", ".npy", ".npz", ".xlsx", ".jsonl", ".gz"}
)


class Kept(NamedTuple):
    """Rows of ``recipe_files``, and why some are there only by their hash."""

    files: tuple[RecipeFile, ...]
    doubts: tuple[str, ...]


def keep_inputs(store: Store, files: Iterable[FileUse], modules: Iterable[LocalModule], folder: Path) -> Kept:
    """Keep what a recipe reads as objects, as far as it may be, and return rows that say so, of no run yet.

    Parameters
    ----------
    folder
        The working directory that paths are relative to.
    """
    rows: dict[str, RecipeFile] = {}
    doubts: list[str] = []
    for file in files:
        if file.size_bytes is None and file.content_hash is None:  # the cell found no file there
            continue
        kept, why = _kept_file(store, file, folder)
        if why:
            doubts.append(f"{file.path} is kept only by its hash: {why}")
        rows[file.path] = RecipeFile(
            run_id="",
            path=file.path,
            kind="data",
            content_hash=kept.content_hash,
            size_bytes=kept.size_bytes,
            modified_at=kept.modified_at,
            object_hash=kept.object_hash,
        )
    for module in modules:
        object_hash, why = _kept_module(store, module, folder)
        if why:
            doubts.append(f"the module {module.name} is kept only by its hash: {why}")
        rows[module.path] = RecipeFile(
            run_id="",
            path=module.path,
            kind="module",
            content_hash=module.content_hash,
            object_hash=object_hash,
            name=module.name,
        )
    return Kept(tuple(rows.values()), tuple(doubts))


def keep_limit() -> int:
    """Return up to how many bytes a file of data is kept."""
    given = os.environ.get(KEEP_VARIABLE, "").replace("_", "")
    return int(given) if given.isdigit() else KEEP_BYTES


def _kept_file(store: Store, file: FileUse, folder: Path) -> tuple[FileUse, str]:
    """Return a file with the hash of its bytes and of their copy, as far as there are, and why not."""
    if file.object_hash is not None and store.objects.exists(file.object_hash):
        return file, ""
    path, limit = folder / file.path, keep_limit()
    if file.content_hash is None and not _is_as_it_was(path, file):
        return file, "it changed, or cannot be read, since the cell read it"
    if file.size_bytes is not None and file.size_bytes > limit:
        found = file.content_hash or _hash(path)
        return replace(file, content_hash=found), (
            f"{file.size_bytes:,} bytes are more than {limit:,} ({KEEP_VARIABLE})"
        )
    if _CREDENTIALS.search(file.path):
        return file, "it looks like credentials"
    object_hash, why = _kept(store, path, file.content_hash, is_code=False)
    return replace(file, content_hash=file.content_hash or object_hash, object_hash=object_hash), why


def _is_as_it_was(path: Path, file: FileUse) -> bool:
    """Return whether a file that was too large to be hashed at once still has the size and time of then."""
    try:
        facts = path.stat()
    except OSError:
        return False
    return path.is_file() and (facts.st_size, facts.st_mtime) == (file.size_bytes, file.modified_at)


def _hash(path: Path) -> str | None:
    try:
        return hash_of_file(path)
    except OSError:
        return None


def _kept_module(store: Store, module: LocalModule, folder: Path) -> tuple[str | None, str]:
    return _kept(store, folder / module.path, module.content_hash, is_code=True)


def _kept(store: Store, path: Path, content_hash: str | None, *, is_code: bool) -> tuple[str | None, str]:
    """Keep the file at a path, if it still is what the cell read."""
    if content_hash is not None and store.objects.exists(content_hash):
        return content_hash, ""
    try:
        if not is_code and _holds_secrets(path):
            return None, "a secret stands in it"
        found = store.objects.put_file(path)
    except (OSError, MlopsError) as error:
        return None, str(error)
    is_same = content_hash is None or found == content_hash
    return (found, "") if is_same else (None, "it changed since the cell read it")


def _holds_secrets(path: Path) -> bool:
    if path.suffix.lower() in _DATA or path.stat().st_size > _LOOKED_INTO_BYTES:
        return False
    text = path.read_bytes().decode(errors="replace")
    return bool(masking.mask(text)[1])
