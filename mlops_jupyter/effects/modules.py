"""Modules of the user's own: imported from where they work, neither installed nor Python's."""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from ..records import LocalModule


def is_local(module: Any) -> bool:
    """Return whether a module is the user's own.

    Examples
    --------
    >>> is_local(os)
    False
    """
    path = file_of(module)
    return path is not None and _is_own_path(path)


def is_local_name(name: str) -> bool:
    """Return whether the module of a name is imported and the user's own."""
    module = sys.modules.get(name)
    return module is not None and name != "__main__" and is_local(module)


def file_of(module: Any) -> str | None:
    """Return the path of a module's source, None where it has none."""
    held = module.__dict__ if type(module) is ModuleType else {}
    path = held.get("__file__")
    return path if isinstance(path, str) and path.endswith(".py") else None


@lru_cache(maxsize=8_192)
def _is_own_path(path: str) -> bool:
    full = os.path.abspath(path)  # noqa: PTH100 - a link is not followed: it is the user's name of the file
    if full.startswith(_own_package()):
        return False
    return not any(full.startswith(root) for root in installed_roots())


@lru_cache(maxsize=1)
def _own_package() -> str:
    return str(Path(__file__).resolve().parents[1]) + os.sep


@lru_cache(maxsize=1)
def installed_roots() -> tuple[str, ...]:
    """Return the folders in which Python and installed packages are, each with a separator at the end."""
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    import site

    paths |= {*site.getsitepackages(), site.getusersitepackages()}
    found = {str(Path(path).absolute()) for path in paths if path}
    found |= {os.path.realpath(path) for path in found}
    return tuple(sorted(path.rstrip(os.sep) + os.sep for path in found))


def local_modules(names: Iterable[str]) -> tuple[LocalModule, ...]:
    """Return the user's own among the modules of these names, their packages and what they import.

    Each is a record with its file's hash.
    """
    waiting, found = list(names), dict[str, LocalModule]()
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        module = sys.modules.get(name)
        if name == "__main__" or module is None or not is_local(module):
            continue
        path = file_of(module)
        assert path is not None
        try:
            content = Path(path).read_bytes()
        except OSError:
            continue
        found[name] = LocalModule(
            name,
            str(Path(path).absolute()),
            hashlib.sha256(content).hexdigest(),
            Path(path).name == "__init__.py",
        )
        waiting += _imported_by(module)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return tuple(found[name] for name in sorted(found))


def _imported_by(module: ModuleType) -> list[str]:
    names = []
    for value in list(vars(module).values()):
        kind = type(value)
        if kind is ModuleType:
            name = value.__name__
        elif issubclass(kind, type) or kind is FunctionType:
            name = value.__module__
        else:
            name = kind.__module__
        if type(name) is str:
            names.append(name)
    return names
