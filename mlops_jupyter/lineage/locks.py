"""A lock of the very versions with hashes.

A lock holds what an index serves, and wheels of what none has: packages installed from a folder, a
repository, or in place. What could not be had in the version that was recorded is named, never passed
over in silence.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import MlopsError, UsageError
from ..records import Environment
from . import installing, wheels
from .installing import Pin, ResolvingError
from .packages import canonical, installed, needed, required_by
from .wheels import WHEELS

_HEAD = "# Python {python}. Every package has the hashes of its files: pip install --require-hashes -r FILE"
_TRIES = 8

Say = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Lock:
    """Exact packages with hashes, as a requirements file.

    Attributes
    ----------
    text
        The file. It names no index and no address, and of paths only those of its own wheels, in the
        folder ``wheels`` beside it: install it from the folder that it is in.
    python
        ``3.11``
    packages
        Name and version of each, sorted by name.
    differing
        Packages whose version is not the one asked for: name, asked, in the lock.
    warnings
        Sentences: local packages, versions that no index has.
    wheels
        Files that no index has: they belong into the folder ``wheels`` beside the text.
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


def lock(requirements: Mapping[str, str], *, python: str, on_progress: Say | None = None) -> Lock:
    """Return exact packages, with hashes, that requirements come to.

    Parameters
    ----------
    requirements
        Package → version, such as :func:`needed` returns; "" for any version.
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
    say = on_progress or silent
    asked = _checked(requirements)
    minor = ".".join(_python_parts(python))
    choice = _Choice(dict(asked), {}, [])
    pins: list[Pin] = []
    if asked:
        _pack_local(choice, say)
        say(f"locking {len(asked)} packages")
        pins = [_with_version(pin, choice.local) for pin in _resolved(choice, minor)]
    differing = [
        (pin.name, asked[pin.name], pin.version)
        for pin in pins
        if asked.get(pin.name) not in (None, "", pin.version)
    ]
    return Lock(
        text=_text(pins, minor),
        python=minor,
        packages=tuple((pin.name, pin.version) for pin in pins),
        differing=tuple(differing),
        warnings=tuple(choice.warnings),
        wheels=tuple(choice.local.values()),
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
        refused = UsageError(f"{name!r} {version!r} is no package and version; expected such as numpy 2.1.0")
        try:
            one, exact = Requirement(name), str(Version(version)) if version else ""
        except (InvalidRequirement, InvalidVersion, TypeError):
            raise refused from None
        if one.url or one.extras or one.marker or one.specifier:
            raise refused
        found[canonical(one.name)] = exact
    return dict(sorted(found.items()))


def _python_parts(python: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\d+)\.(\d+)(?:\.\d+\S*)?", python)
    if found is None:
        raise UsageError(f"{python!r} is no version of Python; expected such as 3.11")
    return found[1], found[2]


class _Choice(NamedTuple):
    """What is asked of the index, which wheels are our own instead, and what is to be said of it."""

    versions: dict[str, str]
    local: dict[str, Path]
    warnings: list[str]

    def pack(self, distribution: importlib.metadata.Distribution, why: str) -> None:
        name = canonical(distribution.metadata["Name"])
        self.versions[name] = distribution.version
        self.local[name] = wheels.wheel_of(distribution, wheels.kept_folder())
        self.warnings.append(f"{name} {distribution.version} {why}: a wheel of it is included")


def _pack_local(choice: _Choice, say: Say) -> None:
    """Pack the packages that are not from an index; no index is asked for their names."""
    for name in list(choice.versions):
        distribution = installed(name)
        if distribution and (origin := wheels.origin_of(distribution)):
            say(f"packing {name}")
            choice.pack(distribution, f"is installed from {origin}")


def _resolved(choice: _Choice, python: str) -> list[Pin]:
    """Ask uv, then pip; where no index has a version any more, take what is installed here, and ask again.

    Never whatever an index has instead: anybody may have put it there under that name.
    """
    reasons: list[str] = []
    for _ in range(_TRIES):
        reasons, missing = [], set[str]()
        for name, resolve in (("uv", installing.resolved_by_uv), ("pip", installing.resolved_by_pip)):
            try:
                pins = resolve(*_lines(choice), python)
            except ResolvingError as error:
                reasons.append(f"{name}: {error}")
                missing = {canonical(one) for one in error.missing} or missing  # pip knows more indexes
            else:
                return sorted(pin._replace(name=canonical(pin.name)) for pin in pins)
        if not _take_installed(choice, missing - set(choice.local)):
            break
    raise MlopsError(
        f"no lock of {len(choice.versions)} packages for Python {python}: {'; '.join(reasons)}; "
        "install other versions, or tell uv or pip of an index that has them"
    )


def _take_installed(choice: _Choice, missing: Iterable[str]) -> bool:
    """Return whether the choice is another one now."""
    before = dict(choice.versions), len(choice.local)
    for name in sorted(set(missing) & set(choice.versions)):
        distribution, asked = installed(name), choice.versions[name]
        if distribution is None:
            continue
        if distribution.version == asked:
            choice.pack(distribution, "is in no index")
        else:
            choice.versions[name] = distribution.version
            choice.warnings.append(
                f"no index has {name} {asked}: the lock has {distribution.version}, as here"
            )
    return before != (choice.versions, len(choice.local))


def _lines(choice: _Choice) -> tuple[list[str], list[str]]:
    """Return the requirements, and the constraints on what these require."""
    pinned = {name: f"{name}=={version}" if version else name for name, version in choice.versions.items()}
    pinned |= {name: f"{name} @ {wheel.as_uri()}" for name, wheel in choice.local.items()}
    roots = _roots(choice.versions) | set(choice.local)
    bounds = [pinned[name] for name, version in choice.versions.items() if version and name not in roots]
    return [pinned[name] for name in sorted(roots)], bounds


def _roots(asked: Mapping[str, str]) -> set[str]:
    """Return the packages that no other of them requires; what a root requires comes by itself.

    So a package that is only needed on another system or Python is not dragged along.
    """
    required = set()
    for name in asked:
        distribution = installed(name)
        pairs = required_by(distribution) if distribution else []
        required |= {canonical(other) for other, _ in pairs if canonical(other) != name}
    return {name for name in asked if name not in required} or set(asked)


def _with_version(pin: Pin, local: Mapping[str, Path]) -> Pin:
    """Name a local package as others are: by its version, and the hash of the very wheel."""
    wheel = local.get(pin.name)
    if wheel is None:
        return pin
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Pin(pin.name, pin.version or wheel.name.split("-")[1], (f"sha256:{digest}",), wheel=wheel.name)


def _text(pins: Sequence[Pin], python: str) -> str:
    lines = [_HEAD.format(python=python)]
    for pin in pins:
        marker = f" ; {pin.marker}" if pin.marker else ""
        hashes = [f"    --hash={digest}" for digest in sorted(pin.hashes)]
        # A path, and no folder to look in: pip would prefer the index's file of the same version.
        what = f"./{WHEELS}/{pin.wheel}" if pin.wheel else f"{pin.name}=={pin.version}{marker}"
        lines.append(" \\\n".join([what, *hashes]))
    return "\n".join([*lines, ""])


def silent(_words: str) -> None:
    """Tell nobody."""
