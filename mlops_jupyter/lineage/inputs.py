"""The files that a recipe reads from outside: which are kept, and which only by their hash.

Data up to ``MLOPS_KEEP_INPUT_BYTES`` (64 MiB where it is not set) are kept as objects, the user's own
modules always. What looks like credentials is never copied.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .. import masking
from ..errors import MlopsError
from ..records import FileUse, LocalModule, RecipeFile
from ..store import Store

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


def keep_inputs(
    store: Store, run_id: str, files: Iterable[FileUse], modules: Iterable[LocalModule], folder: Path
) -> Kept:
    """Keep what a recipe reads as objects, as far as it may be, and return the rows that say so.

    Parameters
    ----------
    folder
        The working directory that paths are relative to.
    """
    rows: dict[str, RecipeFile] = {}
    doubts: list[str] = []
    for file in files:
        object_hash, why = _kept_file(store, file, folder)
        if why:
            doubts.append(f"{file.path} is kept only by its hash: {why}")
        rows[file.path] = RecipeFile(
            run_id=run_id,
            path=file.path,
            kind="data",
            content_hash=file.content_hash,
            size_bytes=file.size_bytes,
            modified_at=file.modified_at,
            object_hash=object_hash,
        )
    for module in modules:
        object_hash, why = _kept_module(store, module, folder)
        if why:
            doubts.append(f"the module {module.name} is kept only by its hash: {why}")
        rows[module.path] = RecipeFile(
            run_id=run_id,
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


def _kept_file(store: Store, file: FileUse, folder: Path) -> tuple[str | None, str]:
    if file.object_hash is not None and store.objects.exists(file.object_hash):
        return file.object_hash, ""
    if file.content_hash is None:
        return None, "its bytes were not read"
    limit = keep_limit()
    if file.size_bytes is not None and file.size_bytes > limit:
        return None, f"{file.size_bytes:,} bytes are more than {limit:,} ({KEEP_VARIABLE})"
    if _CREDENTIALS.search(file.path):
        return None, "it looks like credentials"
    return _kept(store, folder / file.path, file.content_hash, is_code=False)


def _kept_module(store: Store, module: LocalModule, folder: Path) -> tuple[str | None, str]:
    return _kept(store, folder / module.path, module.content_hash, is_code=True)


def _kept(store: Store, path: Path, content_hash: str, *, is_code: bool) -> tuple[str | None, str]:
    """Keep the file at a path, if it still is what the cell read."""
    if store.objects.exists(content_hash):
        return content_hash, ""
    try:
        if not is_code and _holds_secrets(path):
            return None, "a secret stands in it"
        found = store.objects.put_file(path)
    except (OSError, MlopsError) as error:
        return None, str(error)
    return (found, "") if found == content_hash else (None, "it changed since the cell read it")


def _holds_secrets(path: Path) -> bool:
    if path.suffix.lower() in _DATA or path.stat().st_size > _LOOKED_INTO_BYTES:
        return False
    text = path.read_bytes().decode(errors="replace")
    return bool(masking.mask(text)[1])
