"""The packages that code needs, a lock of their very versions with hashes, and environments made from it.

A lock holds what an index serves, and wheels of what none has: packages installed from a folder, a
repository, or in place. What could not be had in the version that was recorded is named, never passed
over in silence.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import MlopsError, UsageError
from ..records import Environment
from . import installing, wheels
from .installing import Pin, ResolvingError

CACHE_VARIABLE = "MLOPS_CACHE"

_READY = ".mlops-ready"
_HEAD = "# Python {python}. Every package has the hashes of its files: pip install --require-hashes -r FILE"
_PYTHON = re.compile(r"^# Python (\d+\.\d+)", re.MULTILINE)
_TRIES = 8

Say = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Lock:
    """Exact packages with hashes, as a requirements file.

    Attributes
    ----------
    text
        The file. It names no index, no address and no path.
    python
        ``3.11``
    packages
        Name and version of each, sorted by name.
    differing
        Packages whose version is not the one asked for: name, asked, in the lock.
    warnings
        Sentences: local packages, versions that no index has.
    wheels
        Files that no index has; an installer must be pointed at their folder by ``--find-links``.
    """

    text: str
    python: str
    packages: tuple[tuple[str, str], ...]
    differing: tuple[tuple[str, str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    wheels: tuple[Path, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def cache_folder() -> Path:
    """Return where environments and wheels are kept: ``MLOPS_CACHE``, else the user's cache folder."""
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("mlops-jupyter", appauthor=False))


# --- which packages ------------------------------------------------------------------------------


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
    owners = importlib.metadata.packages_distributions()
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
        distribution = _installed(asked[0])
        if distribution is None:  # required only elsewhere, or left out by whoever installed it
            continue
        found[_canonical(asked[0])] = distribution.version
        waiting += _required_by(distribution, asked[1])
    return dict(sorted(found.items()))


def _owners(module: str, names: Sequence[str]) -> list[str]:
    """Return which packages a module is of: several may share the folder of a namespace."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) < 2 or "." not in module:
        return distinct
    start = module.replace(".", "/")
    exact = [name for name in distinct if _has_files(name, start)]
    return exact or distinct


def _has_files(name: str, start: str) -> bool:
    distribution = _installed(name)
    files = (distribution.files if distribution else None) or ()
    return any(path.as_posix().startswith((f"{start}/", f"{start}.")) for path in files)


def _required_by(distribution: importlib.metadata.Distribution, extra: str) -> list[tuple[str, str]]:
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


def _installed(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def _canonical(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


# --- the lock ------------------------------------------------------------------------------------


def lock(requirements: Mapping[str, str], *, python: str, on_progress: Say | None = None) -> Lock:
    """Return exact packages, with hashes, that requirements come to.

    Parameters
    ----------
    requirements
        Package → version, such as :func:`needed` returns.
    python
        ``3.11`` or ``3.11.7``.
    on_progress
        Is told in a few words what is being done.

    Raises
    ------
    UsageError
        A name or version that is none: an option, an address, a path.
    UnsupportedError
        A local package that does not build.
    MlopsError
        Nothing fits, or no index answers; with the installers' own reasons.

    Examples
    --------
    >>> lock({}, python="3.11").packages
    ()
    """
    say = on_progress or _silent
    asked = _checked(requirements)
    minor = ".".join(_python_parts(python))
    local, warnings = _local(asked, say)
    pins: list[Pin] = []
    if asked:
        say(f"locking {len(asked)} packages")
        pins, more = _resolved(asked, local, minor)
        warnings += more
    pins = [_with_version(pin, local) for pin in pins]
    differing = [
        (pin.name, asked[pin.name], pin.version)
        for pin in pins
        if asked.get(pin.name, pin.version) != pin.version
    ]
    return Lock(
        text=_text(pins, minor),
        python=minor,
        packages=tuple((pin.name, pin.version) for pin in pins),
        differing=tuple(differing),
        warnings=tuple(warnings),
        wheels=tuple(local.values()),
    )


def lock_of(
    environment: Environment, modules: Iterable[str] | None = None, *, on_progress: Say | None = None
) -> Lock:
    """Return a lock of a recorded environment.

    Parameters
    ----------
    environment
        As it was recorded with a run.
    modules
        Only the packages that these modules need here; None for all that were installed.
    """
    versions: dict[str, str] = json.loads(environment.packages)
    if modules is not None:
        versions = {name: versions.get(name, here) for name, here in needed(modules).items()}
    return lock(versions, python=environment.python, on_progress=on_progress)


def _checked(requirements: Mapping[str, str]) -> dict[str, str]:
    """Return names and versions that an installer can take for nothing else."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.version import InvalidVersion, Version

    found = {}
    for name, version in requirements.items():
        try:
            one, exact = Requirement(name), Version(version)
        except (InvalidRequirement, InvalidVersion, TypeError):
            one = exact = None
        if one is None or one.url or one.extras or one.marker or one.specifier:
            raise UsageError(f"{name!r} {version!r} is no package and version; expected such as numpy 2.1.0")
        found[_canonical(one.name)] = str(exact)
    return dict(sorted(found.items()))


def _python_parts(python: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\d+)\.(\d+)(?:\.\d+\S*)?", python)
    if found is None:
        raise UsageError(f"{python!r} is no version of Python; expected such as 3.11")
    return found[1], found[2]


def _local(asked: Mapping[str, str], say: Say) -> tuple[dict[str, Path], list[str]]:
    """Return wheels of the packages that no index is asked for, by name, and what to say of them."""
    found: dict[str, Path] = {}
    warnings = []
    for name in asked:
        distribution = _installed(name)
        origin = wheels.origin_of(distribution) if distribution else None
        if distribution is None or origin is None:
            continue
        say(f"packing {name}")
        found[name] = wheels.wheel_of(distribution, cache_folder() / "wheels")
        warnings.append(f"{name} {distribution.version} is installed from {origin}: a wheel is included")
    return found, warnings


def _resolved(
    asked: Mapping[str, str], local: Mapping[str, Path], python: str
) -> tuple[list[Pin], list[str]]:
    """Ask uv, then pip; then let go of versions that no index has, one answer after the other."""
    free: set[str] = set()
    reasons: list[str] = []
    for _ in range(_TRIES):
        lines, constraints = _lines(asked, local, free)
        reasons, missing = [], set()
        for resolve in (installing.resolved_by_uv, installing.resolved_by_pip):
            try:
                pins = resolve(lines, constraints, python)
            except ResolvingError as error:
                reasons.append(str(error))
                missing |= {_canonical(name) for name in error.missing}
            else:
                pins = [pin._replace(name=_canonical(pin.name)) for pin in pins]
                return sorted(pins), [_gone(name, asked[name]) for name in sorted(free)]
        new = (missing & set(asked)) - set(local) - free
        if not new:
            break
        free |= new
    raise MlopsError(
        f"no lock of {len(asked)} packages for Python {python}: uv: {reasons[0]}; pip: {reasons[-1]}; "
        "install other versions here, or tell pip or uv of the index that has them"
    )


def _gone(name: str, version: str) -> str:
    return f"no index has {name} {version}; the lock has another version of it"


def _lines(
    asked: Mapping[str, str], local: Mapping[str, Path], free: set[str]
) -> tuple[list[str], list[str]]:
    roots = _roots(asked) | set(local)
    pinned = {name: name if name in free else f"{name}=={version}" for name, version in asked.items()}
    lines = [f"{name} @ {local[name].as_uri()}" if name in local else pinned[name] for name in sorted(roots)]
    return lines, [pinned[name] for name in asked if name not in local and name not in free]


def _roots(asked: Mapping[str, str]) -> set[str]:
    """Return the packages that no other of them requires; what a root requires comes by itself.

    So a package that is only needed on another system or Python is not dragged along.
    """
    required = set()
    for name in asked:
        distribution = _installed(name)
        pairs = _required_by(distribution, "") if distribution else []
        required |= {_canonical(other) for other, _ in pairs if _canonical(other) != name}
    return {name for name in asked if name not in required} or set(asked)


def _with_version(pin: Pin, local: Mapping[str, Path]) -> Pin:
    """Name a local package as others are: by its version, and the hash of the very wheel."""
    wheel = local.get(pin.name)
    if wheel is None:
        return pin
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Pin(pin.name, pin.version or wheel.name.split("-")[1], (f"sha256:{digest}",), pin.marker)


def _text(pins: Sequence[Pin], python: str) -> str:
    lines = [_HEAD.format(python=python)]
    for pin in pins:
        marker = f" ; {pin.marker}" if pin.marker else ""
        hashes = [f"    --hash={digest}" for digest in sorted(pin.hashes)]
        lines.append(" \\\n".join([f"{pin.name}=={pin.version}{marker}", *hashes]))
    return "\n".join([*lines, ""])


# --- environments made from it -------------------------------------------------------------------


def fresh_environment(
    lock: Lock | str,
    folder: Path,
    *,
    python: str | None = None,
    links: Sequence[Path] = (),
    on_progress: Say | None = None,
) -> Path:
    """Make an environment that holds a lock's packages and nothing else, and return its Python.

    The same lock in the same folder is the same environment, made once: whoever comes while it is
    being made waits.

    Parameters
    ----------
    lock
        A lock, or its text.
    folder
        Where environments are kept, one folder each.
    python
        ``3.11`` or the path of an interpreter; None for the lock's.
    links
        Folders with wheels that no index has; those packed here are known.
    on_progress
        Is told in a few words what is being done.

    Raises
    ------
    NotFoundError
        There is no such Python here.
    MlopsError
        It cannot be installed; with the installers' own reasons.
    """
    from filelock import FileLock

    text = lock if isinstance(lock, str) else lock.text
    wanted = _interpreter(python or _python_of(text))
    key = hashlib.sha256(f"{wanted}\n{text}".encode()).hexdigest()[:16]
    target = folder.resolve() / key
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        ready = target / _READY
        if not ready.exists():
            shutil.rmtree(target, ignore_errors=True)  # what a killed process left half made
            inside = _installed_into(target, text, wanted, [*links, *_packed(text)], on_progress or _silent)
            ready.write_text(str(inside), encoding="utf-8")
        return Path(ready.read_text(encoding="utf-8"))


def _python_of(text: str) -> str:
    found = _PYTHON.search(text)
    return found[1] if found else f"{sys.version_info.major}.{sys.version_info.minor}"


def _interpreter(python: str) -> str:
    """Return this very Python where it is the one asked for, so that not even its patch differs."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if python == here or python.startswith(f"{here}.") else python


def _packed(text: str) -> list[Path]:
    """Return the folders of wheels packed here that a lock names by their hash."""
    return [
        folder
        for folder in sorted((cache_folder() / "wheels").glob("*"))
        if f"--hash=sha256:{folder.name}" in text
    ]


def _installed_into(target: Path, text: str, python: str, links: Sequence[Path], say: Say) -> Path:
    reasons = []
    say(f"installing {text.count('==')} packages")
    for install in (installing.install_by_uv, installing.install_by_pip):
        shutil.rmtree(target, ignore_errors=True)
        file = target.with_suffix(".txt")
        file.write_text(text, encoding="utf-8")
        try:
            return install(file, target, python, links)
        except MlopsError as error:
            reasons.append(str(error))
        finally:
            file.unlink()
    shutil.rmtree(target, ignore_errors=True)
    raise MlopsError(
        f"no environment of {text.count('==')} packages: uv: {reasons[0]}; pip: {reasons[-1]}; "
        "the index must still have these files, and a wheel for this system"
    )


def _silent(_words: str) -> None:
    pass
