"""What ``doctor`` sees of a registry's folder, its disk and its objects."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from ..records import Check
from .filesystem import is_remote, kind_of
from .objects import YOUNG_S, Objects

_LITTLE_SPACE = 1 << 30
_LARGE_LOG = 256 << 20


def disk_checks(folder: Path) -> Iterator[Check]:
    """Look at the file system: its kind, its space, and who may enter the folder."""
    kind = kind_of(folder)
    if is_remote(kind):
        message = (
            f"{folder} is on a network file system ({kind}): slow, with locks only as good as its server"
        )
        yield Check("disk", "warning", message, "set MLOPS_REGISTRY to a folder on a local disk")
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_SPACE:
        yield Check("space", "warning", f"{size_text(free)} left on the disk", "make room")
    else:
        yield Check("space", "ok", f"{size_text(free)} left on the disk ({kind or 'unknown file system'})")
    yield from _permission_check(folder)


def _permission_check(folder: Path) -> Iterator[Check]:
    facts = folder.stat()
    if not os.access(folder, os.W_OK):
        yield Check(
            "permissions",
            "warning",
            f"{folder} cannot be written; runs can only be read",
            f"chmod u+w {folder}",
        )
    elif os.name != "nt" and facts.st_mode & 0o077:
        message = f"others may enter {folder} ({stat.filemode(facts.st_mode)})"
        yield Check("permissions", "warning", message, f"chmod 700 {folder}")
    else:
        yield Check("permissions", "ok", "only its owner may enter the folder")


def file_checks(path: Path) -> Iterator[Check]:
    """Look at the database's file and at those beside it, without opening them."""
    if not path.exists():
        beside = [name for name in ("-wal", "-journal") if _size(path.with_name(path.name + name))]
        if beside or any((path.parent / "objects").glob("[0-9a-f][0-9a-f]")):
            message = f"{path} does not exist, although its objects or its journal do"
            yield Check("database", "error", message, "restore a backup")
        else:
            yield Check("database", "ok", f"{path} does not exist yet; the first run makes it")
        return
    if path.is_file() and path.stat().st_size == 0:
        yield Check("database", "error", f"{path} is empty", "restore a backup, or move the folder away")
    log = _size(path.with_name(path.name + "-wal"))
    if log > _LARGE_LOG:
        message = f"the write-ahead log has {size_text(log)}: something has been reading for very long"
        yield Check("log", "warning", message, "close what holds the registry open")


@dataclass(frozen=True, slots=True)
class ObjectsFound:
    """What is amiss with the objects: their hashes."""

    missing: tuple[str, ...]
    bad: tuple[str, ...]
    strays: tuple[str, ...]


def look_at_objects(objects: Objects, wanted: AbstractSet[str]) -> ObjectsFound:
    """Read every object; compare what is there with what rows refer to."""
    present = dict(objects.all())
    return ObjectsFound(
        tuple(sorted(wanted - set(present))),
        tuple(objects.verify_all()),
        tuple(name for name, facts in present.items() if name not in wanted and _is_old(facts)),
    )


def object_checks(objects: Objects, found: ObjectsFound) -> Iterator[Check]:
    """Say what is amiss with the objects."""
    cure = f"copy them from a backup's objects folder to {objects.folder}"
    if missing := found.missing:
        message = f"{counted(len(missing), 'object')} that rows refer to missing (the first is {missing[0]})"
        yield Check("objects", "error", message, cure)
    if bad := found.bad:
        message = f"{counted(len(bad), 'object')} with other bytes than the hash says (the first is {bad[0]})"
        yield Check("objects", "error", message, cure)
    if not missing and not bad:
        count, size = objects.totals()
        yield Check(
            "objects", "ok", f"{counted(count, 'object')}, {size_text(size)}, all as their hashes say"
        )
    if strays := found.strays:
        message = (
            f"nothing refers to {counted(len(strays), 'object')}: what they belong to was deleted or never "
            "finished, or the database was copied without its -wal file"
        )
        yield Check("strays", "warning", message, "'mlops clean' removes them")
    if left := objects.leftovers():
        message = f"{counted(len(left), 'temporary file')} of processes that died"
        yield Check("leftovers", "warning", message, "'mlops clean' removes them")


def counted(count: int, noun: str) -> str:
    """Return ``1 run`` or ``1,200 runs``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size_text(size: int) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> size_text(1536)
    '1.5 KiB'
    """
    number = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def _is_old(facts: os.stat_result) -> bool:
    return time.time() - facts.st_mtime >= YOUNG_S


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
