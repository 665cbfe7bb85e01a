"""The user's own modules that a model's file needs: in no package, so they go with the export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from .. import masking
from ..errors import NotFoundError, UsageError
from .packages import imports_of

FOLDER = "modules"
_LARGEST_BYTES = 1 << 20


def own_modules(names: Iterable[str], known: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the sources of modules that are of no package, by their path in the export.

    Parameters
    ----------
    names
        Top-level modules.
    known
        Modules that the recipe kept, by path: these are taken as they were kept.

    Raises
    ------
    NotFoundError
        If one can be found nowhere: the model would not open.
    UsageError
        If one holds a secret.

    Examples
    --------
    >>> own_modules(["numpy"], {})
    {}
    """
    packages = packages_distributions()
    found: dict[str, bytes] = {}
    seen = top_names(known)
    waiting = [name for name in names if name not in packages and name not in seen]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        sources = _sources(name)
        found |= sources
        further = imports_of({path: data.decode("utf-8", "replace") for path, data in sources.items()})
        waiting += [one for one in further if one not in packages and find_spec(one) is not None]
    for path, data in found.items():
        if secrets := masking.mask(data.decode("utf-8", "replace"))[1]:
            raise UsageError(
                f"{path}, which the model needs, holds a secret ({secrets[0]}); nothing is exported"
            )
    return found


def top_names(modules: Iterable[str]) -> set[str]:
    """Return the top-level names under which files below ``modules/`` are imported.

    Examples
    --------
    >>> sorted(top_names(["modules/steps.py", "modules/team/clean.py"]))
    ['steps', 'team']
    """
    return {PurePosixPath(path).parts[1].removesuffix(".py") for path in modules}


def _sources(name: str) -> dict[str, bytes]:
    spec = find_spec(name)
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    if spec is None or (not places and not (spec.origin or "").endswith(".py")):
        raise NotFoundError(
            f"the model's file needs the module {name!r}, which is no package and not found here; export it "
            "where that module is"
        )
    if not places:
        return {f"{FOLDER}/{name}.py": Path(spec.origin or "").read_bytes()}
    return {
        f"{FOLDER}/{name}/{path.relative_to(place).as_posix()}": path.read_bytes()
        for place in places
        for path in sorted(place.rglob("*.py"))
        if path.stat().st_size <= _LARGEST_BYTES
    }
