"""The packages of an export: what runs the model, and what its tests and its training need besides."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .model_modules import OURS
from .naming import exact_requirement
from .subject import Subject

if TYPE_CHECKING:
    from ..lineage.environments import Lock

TESTS = ("pytest",)


@dataclass(frozen=True, slots=True)
class Packages:
    """The locks of an export, and the packages named in ``pyproject.toml``, as ``name==version``."""

    lock: Lock
    dev_lock: Lock
    requirements: tuple[str, ...]
    dev_requirements: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def packages_of(
    subject: Subject,
    running: Iterable[str],
    training: Iterable[str] = (),
    *,
    on_progress: Callable[[str], Any] | None = None,
) -> Packages:
    """Return the packages that an export needs, in the versions of the training, with hashes.

    Parameters
    ----------
    running
        The modules that the service (or the batch job) and the model's file import.
    training
        Those that ``train.py`` and the helper modules import.

    Raises
    ------
    MlopsError
        If no index has what is needed.
    """
    from ..lineage.environments import lock, needed

    runs = set(running)
    versions = _as_trained(subject, needed(runs)) | _not_here(runs)
    dev = versions | _as_trained(subject, needed([*training, *TESTS])) | _not_here([*training, *TESTS])
    locked = lock(versions, python=subject.python, on_progress=on_progress)
    in_lock = dict(locked.packages)
    dev_locked = lock(dev | in_lock, python=subject.python, on_progress=on_progress)
    own = _direct(runs, in_lock)
    more = [one for one in _direct([*training, *TESTS], dict(dev_locked.packages)) if one not in own]
    return Packages(locked, dev_locked, tuple(own), tuple(more), _warnings(subject, locked, dev_locked))


def imports_of(sources: Mapping[str, str], *, only_at_start: bool = False) -> set[str]:
    """Return the top-level modules that files import from elsewhere, none of the standard library.

    Parameters
    ----------
    only_at_start
        Leave out what is imported inside a function, only when it is needed.

    Examples
    --------
    >>> imports_of({"a.py": "import json; import numpy.linalg"})
    {'numpy'}
    """
    found = set()
    for path, text in sources.items():
        tree = ast.parse(text, path) if path.endswith(".py") else ast.Module([], [])
        for node in tree.body if only_at_start else ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {OURS, "__future__"}


def imports_of_code(sources: Mapping[str, str]) -> set[str]:
    """Return what the code of an export imports; of the formats of models only what all of them need."""
    formats = {path: text for path, text in sources.items() if "/formats/" in path}
    rest = {path: text for path, text in sources.items() if path not in formats}
    return imports_of(rest) | imports_of(formats, only_at_start=True)


def _as_trained(subject: Subject, here: Mapping[str, str]) -> dict[str, str]:
    """Return packages in the versions of the training, those that it did not have in the ones of here."""
    known = dict(subject.installed) | {
        name: version for name, version in subject.libraries.items() if name not in subject.installed
    }
    return {name: known.get(name, version) for name, version in here.items()}


def _not_here(modules: Iterable[str]) -> dict[str, str]:
    """Return packages that are not installed here, in any version: the lock finds one."""
    from importlib.util import find_spec

    from packaging.utils import canonicalize_name

    return {canonicalize_name(module): "" for module in modules if find_spec(module) is None}


def _direct(modules: Iterable[str], versions: Mapping[str, str]) -> list[str]:
    """Return the packages that modules themselves are of, as requirements."""
    from importlib.metadata import packages_distributions

    from packaging.utils import canonicalize_name

    owners = packages_distributions()
    names = {canonicalize_name(owner) for module in modules for owner in owners.get(module, [module])}
    return [str(exact_requirement(f"{name}=={versions[name]}")) for name in sorted(names) if name in versions]


def _warnings(subject: Subject, *locks: Lock) -> tuple[str, ...]:
    said = [sentence for one in locks for sentence in one.warnings]
    if not subject.installed:
        said.append(
            "nobody recorded where the model was trained; the packages have the versions of this environment"
        )
    for name, asked, found in dict.fromkeys(line for one in locks for line in one.differing):
        said.append(f"{name} is {found} in the lock and was {asked} in the training")
    return tuple(dict.fromkeys(said))
