"""The folder of an export: put together beside its place, moved there whole, never over work of others."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .. import config
from ..errors import MlopsError, UsageError
from ..records import ExportedFile

MARK = "export.json"
FORM = "mlops-jupyter export 1"
_FRESH = frozenset({"__pycache__", ".pytest_cache", ".venv", "predictions", "log"})


@dataclass(slots=True)
class Bundle:
    r"""The files of an export before they stand anywhere; ``notes`` say what each is for.

    Examples
    --------
    >>> bundle = Bundle()
    >>> bundle.put("model/schema.json", {"inputs": []}, "what goes in")
    >>> bundle.files["model/schema.json"]
    b'{\n  "inputs": []\n}\n'
    """

    files: dict[str, bytes] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def put(self, path: str, content: bytes | str | Mapping[str, Any] | list[Any], what: str = "") -> None:
        """Add a file: bytes and text as they are, anything else as JSON.

        Raises
        ------
        UsageError
            If the path leaves the folder, or is taken.
        """
        clean = PurePosixPath(path)
        if (
            not clean.name
            or clean.is_absolute()
            or {"..", "\\"} & {*clean.parts, *path}
            or str(clean) != path
        ):
            raise UsageError(f"the file {path!r} is not exported: its path leads out of the folder")
        if path in self.files:
            raise UsageError(
                f"the file {path!r} would stand in the export twice; rename your own of that name"
            )
        self.files[path], self.notes[path] = self.as_bytes(content), what

    @staticmethod
    def as_bytes(content: bytes | str | Mapping[str, Any] | list[Any]) -> bytes:
        """Return the content of a file: bytes and text as they are, anything else as JSON."""
        if isinstance(content, bytes):
            return content
        if isinstance(content, str):
            return content.encode()
        return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()

    def listed(self) -> tuple[ExportedFile, ...]:
        """Return the files in the order of their paths, those of the top first."""
        paths = sorted(self.files, key=lambda path: (path.count("/") > 0, path))
        return tuple(ExportedFile(path, len(self.files[path]), self.notes[path]) for path in paths)

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each file, by path."""
        return {path: hashlib.sha256(data).hexdigest() for path, data in sorted(self.files.items())}


def check_place(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds anything but an earlier export nobody has changed since.

    Parameters
    ----------
    overwrite
        Also take the place of an export whose files were changed; never of anything else.

    Raises
    ------
    UsageError
        If the folder may not be replaced; says what stands in it.
    """
    if not folder.exists():
        if not folder.parent.is_dir():
            raise UsageError(f"there is no folder {str(folder.parent)!r} to export into; make it first")
        return
    if not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is a file; export into a folder")
    if not any(folder.iterdir()):
        return
    earlier = read_mark(folder)
    if earlier is None:
        raise UsageError(
            f"{str(folder)!r} is not empty and no earlier export: nothing was written; name a new folder"
        )
    if not overwrite and (changed := _changed(folder, earlier)):
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise UsageError(
            f"{str(folder)!r} is an export of {earlier.get('label')} in which {changed[0]}{more} changed "
            "since; nothing was written: keep your changes elsewhere, then overwrite=True (--overwrite)"
        )


def read_mark(folder: Path) -> dict[str, Any] | None:
    """Return what an export says of itself, None where the folder is none of ours."""
    try:
        found = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("form") == FORM else None


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside the place, removed again unless it was moved there.

    Raises
    ------
    MlopsError
        If nothing can be written there, also later on; what stood in the place still stands.
    """
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise MlopsError(f"nothing can be written in {str(folder.parent)!r}: {error.strerror}") from error
    try:
        made.chmod(0o755)
        yield made
    except OSError as error:
        raise MlopsError(f"the export was not written to {str(folder)!r}: {error}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write(bundle: Bundle, into: Path) -> None:
    """Write the files of an export."""
    for path, data in bundle.files.items():
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def settle(made: Path, folder: Path) -> None:
    """Move a whole export to its place; the one that stood there goes only when this one is in."""
    if not folder.exists():
        made.replace(folder)
        return
    aside = folder.parent / f".{folder.name}-{config.new_id()}"
    folder.replace(aside)
    try:
        made.replace(folder)
    except OSError:
        aside.replace(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _changed(folder: Path, earlier: Mapping[str, Any]) -> list[str]:
    """Return the files that are not as the export wrote them, new ones too."""
    known: Mapping[str, str] = earlier.get("files", {})
    found = []
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if name != MARK and (
            name not in known or hashlib.sha256(path.read_bytes()).hexdigest() != known[name]
        ):
            found.append(name)
    return sorted(found)


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _FRESH]
        yield from (Path(place) / name for name in names)
