"""Which installed packages modules come from, and what these require."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path


def needed(modules: Iterable[str]) -> dict[str, str]:
    """Return the installed packages that modules come from, with all that these require, and versions.

    Modules of the standard library, and of no package, need none.

    Parameters
    ----------
    modules
        Names as they are imported: ``sklearn``, ``google.cloud.storage``.

    Examples
    --------
    >>> sorted(needed(["jinja2", "json"]))
    ['jinja2', 'markupsafe']
    """
    owners = _owners_by_module(_places())
    found: dict[str, str] = {}
    waiting: list[tuple[str, str]] = []
    for module in modules:
        top = module.partition(".")[0]
        if top not in sys.stdlib_module_names:
            waiting += [(name, "") for name in _owners(module, owners.get(top, ()))]
    seen: set[tuple[str, str]] = set()
    while waiting:
        asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        distribution = installed(asked[0])
        if distribution is None:  # required only elsewhere, or left out by whoever installed it
            continue
        found[canonical(asked[0])] = distribution.version
        waiting += required_by(distribution, asked[1])
    return dict(sorted(found.items()))


def _places() -> tuple[tuple[str, int], ...]:
    """Return the folders that packages are found in, with the times of their last change."""
    folders = [Path(place) for place in dict.fromkeys(sys.path)]
    return tuple((str(one), one.stat().st_mtime_ns) for one in folders if one.is_dir())


@lru_cache(maxsize=2)
def _owners_by_module(_places: tuple[tuple[str, int], ...]) -> Mapping[str, list[str]]:
    """Return the packages of each module; it takes a while to read, and stays until one is installed."""
    return importlib.metadata.packages_distributions()


def _owners(module: str, names: Sequence[str]) -> list[str]:
    """Return which packages a module is of: several may share the folder of a namespace."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) < 2 or "." not in module:
        return distinct
    start = module.replace(".", "/")
    exact = [name for name in distinct if _has_files(name, start)]
    return exact or distinct


def _has_files(name: str, start: str) -> bool:
    distribution = installed(name)
    files = (distribution.files if distribution else None) or ()
    return any(path.as_posix().startswith((f"{start}/", f"{start}.")) for path in files)


def required_by(distribution: importlib.metadata.Distribution, extra: str = "") -> list[tuple[str, str]]:
    """Return what a package requires here, each with the extras asked of it ("" is the package itself)."""
    from packaging.requirements import InvalidRequirement, Requirement

    found = []
    for text in distribution.requires or ():
        try:
            one = Requirement(text)
        except InvalidRequirement:
            continue
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            found += [(one.name, wanted) for wanted in ("", *one.extras)]
    return found


def installed(name: str) -> importlib.metadata.Distribution | None:
    """Return an installed package, None where it is not."""
    try:
        return importlib.metadata.distribution(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def canonical(name: str) -> str:
    """Return a package's name as all its spellings are written: ``scikit-learn``."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)
