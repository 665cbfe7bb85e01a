"""Paths of files as a recipe keeps them, and which files a cell names that readers open unseen."""

# Thousands of files may be looked at before a cell, where a Path costs several times as much.
# ruff: noqa: PTH111, PTH112, PTH113, PTH116, PTH118, PTH120, PTH207

from __future__ import annotations

import glob
import os
import re
import shlex
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from .. import config
from ..data.places import Place, file_hash, stamp_of
from ..records import FileUse
from .modules import installed_roots

HASH_AT_ONCE_BYTES = 16 << 20
_TREE = 5_000
_DEPTH = 3
_LISTED = 200
_PATH = 500
_INSIDE = re.compile(r"\{(\w+)\}|\$(\w+)")
_DEVICES = ("/dev/", "/proc/", "/sys/")
_SKIPPED_SUFFIXES = (
    ".pyc",
    ".pyi",
    ".so",
    ".sqlite-wal",
    ".sqlite-shm",
    ".sqlite-journal",
    ".ipynb_checkpoints",
)


def is_data(path: str) -> bool:
    """Return whether a path is a file of the user's, not of Python, a library, the system or this package."""
    if path.startswith(_DEVICES) or path.endswith(_SKIPPED_SUFFIXES) or path in sys.path:
        return False
    parts = PurePath(path).parts
    if ".mlops" in parts or ".ipython" in parts or "__pycache__" in parts or ".git" in parts:
        return False
    return not path.startswith((*_system_roots(), _registry()))


@lru_cache(maxsize=8)
def _registry_at(given: str | None, home: str) -> str:
    url = config.locate().url if given else home
    return (home if "://" in url else url).rstrip(os.sep) + os.sep


def _registry() -> str:
    """Return the registry's folder, whose files are no data of the user's."""
    return _registry_at(os.environ.get(config.REGISTRY_VARIABLE), str(config.data_folder()))


@lru_cache(maxsize=1)
def _system_roots() -> tuple[str, ...]:
    home = os.path.expanduser("~")
    caches = [os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), os.path.join(home, ".config")]
    matplotlib = os.environ.get("MPLCONFIGDIR")
    caches += [matplotlib] if matplotlib else []
    package = str(Path(__file__).resolve().parents[1])
    roots = [
        *caches,
        "/usr/share",
        "/etc",
        package,
        os.path.join(sys.prefix, "share"),
        os.path.join(sys.prefix, "lib"),
    ]
    return (*(root.rstrip(os.sep) + os.sep for root in roots if root), *installed_roots())


def joined(path: str, folder: str) -> str:
    """Return a path that is seen from a folder as an absolute one."""
    return os.path.normpath(os.path.join(folder, path))


def shown(path: str, folder: str) -> str:
    """Return a path as seen from a folder: relative below it, else absolute.

    Examples
    --------
    >>> shown("/a/b/c.csv", "/a/b"), shown("/a/d.csv", "/a/b")
    ('c.csv', '/a/d.csv')
    """
    full = os.path.normpath(path)
    base = os.path.normpath(folder).rstrip(os.sep) + os.sep
    return full[len(base) :].replace(os.sep, "/") if full.startswith(base) else full


def file_use(path: str, folder: str, *, hashed: bool = True) -> FileUse | None:
    """Return the record of a file; None for what is no plain file (a pipe, a device)."""
    name = shown(path, folder)
    try:
        found = os.stat(path)
    except OSError:
        return FileUse(name)
    if not stat.S_ISREG(found.st_mode):
        return None
    size, modified = found.st_size, found.st_mtime
    if not hashed:
        return FileUse(name, size, None, modified)
    digest = file_hash(Place(path, given=path, stamp=stamp_of(path)))
    return FileUse(name, size, digest, modified)


def named_files(texts: Iterable[Any], folder: str) -> Iterator[str]:
    """Yield the files that texts name: there or to be written, those in a folder, those of a pattern."""
    for each in texts:
        text = str(each)
        if (
            not 3 <= len(text) <= _PATH
            or "\n" in text
            or "\0" in text
            or text.startswith(("http:", "https:"))
        ):
            continue
        path = os.path.join(folder, os.path.expanduser(text))
        if any(mark in text for mark in "*?["):
            yield from sorted(glob.glob(path, recursive=True))[:_TREE]
        elif os.path.isdir(path):
            if os.path.normpath(path) != os.path.normpath(folder):
                yield from sorted(tree(path, 1))[:_LISTED]
        elif os.path.isfile(path) or ("." in text and os.path.isdir(os.path.dirname(path))):
            yield path


def in_words(line: str, namespace: Mapping[str, Any]) -> list[str]:
    """Return the words of a command line, with the variables that stand in them put in."""
    try:
        found = shlex.split(_INSIDE.sub(lambda match: _value(match, namespace), line))
    except ValueError:
        found = line.split()
    return [part for word in found for part in (word, word.lstrip("<>|"), word.rpartition("=")[2]) if part]


def _value(match: re.Match[str], namespace: Mapping[str, Any]) -> str:
    value = namespace.get(match[1] or match[2])
    return str(value) if type(value) in (str, int, float) else match[0]


def below(path: str, folder: str) -> bool:
    """Return whether a path lies below a folder."""
    return os.path.normpath(path).startswith(os.path.normpath(folder) + os.sep)


def stamp(path: str) -> tuple[int, int] | None:
    """Return the size and the time of change of a file, None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def size_of(path: str) -> int:
    """Return the size of a file, 0 where there is none."""
    found = stamp(path)
    return found[0] if found else 0


def tree(folder: str, depth: int = _DEPTH) -> dict[str, tuple[int, int]]:
    """Return the files below a folder with their size and time of change; at most 5,000."""
    found: dict[str, tuple[int, int]] = {}
    waiting = [(folder, depth)]
    while waiting and len(found) < _TREE:
        place, left = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if left > 0 and not entry.name.startswith((".", "__pycache__", "node_modules")):
                        waiting.append((entry.path, left - 1))
                elif entry.is_file():
                    known = entry.stat()
                    found[entry.path] = (known.st_size, known.st_mtime_ns)
            except OSError:
                continue
    return found
