"""The packages that code needs, a lock of their very versions, and environments made from it.

``needed`` and ``lock`` are written in ``packages`` and ``locks``; an environment holds what a lock
names, byte for byte, and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import MlopsError, NotFoundError
from . import installing, wheels
from .locks import Lock, Say, lock, lock_of, silent
from .packages import needed
from .wheels import WHEELS, cache_folder

__all__ = ["Lock", "cache_folder", "fresh_environment", "lock", "lock_of", "needed"]

_READY = ".mlops-ready"
_PYTHON = re.compile(r"^# Python (\d+\.\d+)", re.MULTILINE)
_LINE = re.compile(r"^[^\s#].*$", re.MULTILINE)
_WHEEL = re.compile(rf"^\./{WHEELS}/(\S+) \\\n +--hash=sha256:([0-9a-f]{{64}})", re.MULTILINE)


def fresh_environment(
    locked: Lock | str,
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
    locked
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

    text = locked if isinstance(locked, str) else locked.text
    wanted = _interpreter(python or _python_of(text))
    key = hashlib.sha256(f"{wanted}\n{text}".encode()).hexdigest()[:16]
    target = folder.resolve() / key
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        ready = target / _READY
        if not (ready.exists() and Path(ready.read_text(encoding="utf-8")).exists()):
            shutil.rmtree(target, ignore_errors=True)  # what a killed process left half made
            inside = _installed_into(target, text, wanted, links, on_progress or silent)
            ready.write_text(str(inside), encoding="utf-8")
        return Path(ready.read_text(encoding="utf-8"))


def _python_of(text: str) -> str:
    found = _PYTHON.search(text)
    return found[1] if found else f"{sys.version_info.major}.{sys.version_info.minor}"


def _interpreter(python: str) -> str:
    """Return this very Python where it is the one asked for, so that not even its patch differs."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if python == here or python.startswith(f"{here}.") else python


def _installed_into(target: Path, text: str, python: str, links: Sequence[Path], say: Say) -> Path:
    reasons: list[str] = []
    count = len(_LINE.findall(text))
    say(f"installing {count} packages")
    for name, install in (("uv", installing.install_by_uv), ("pip", installing.install_by_pip)):
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "requirements.lock"
            file.write_text(text, encoding="utf-8")
            _place_wheels(text, Path(scratch) / WHEELS, links)
            try:
                return install(file, target, python)
            except MlopsError as error:
                reasons.append(f"{name}: {error}")
                shutil.rmtree(target, ignore_errors=True)
        if "hash mismatch" in reasons[-1].lower():  # other bytes are no reason to ask elsewhere
            break
    raise MlopsError(
        f"no environment of {count} packages: {'; '.join(reasons)}; "
        "the index must still have these files, and a wheel for this system"
    )


def _place_wheels(text: str, into: Path, links: Sequence[Path]) -> None:
    """Copy the wheels that a lock names to where it names them.

    Raises
    ------
    NotFoundError
        If one of them is nowhere.
    """
    for name, digest in _WHEEL.findall(text):
        places = [folder / name for folder in links]
        places.append(wheels.kept_folder() / digest[:16] / name)
        found = next((place for place in places if place.exists()), None)
        if found is None:
            raise NotFoundError(f"the lock's own wheel {name} is not here; name its folder with links=")
        into.mkdir(exist_ok=True)
        shutil.copyfile(found, into / name)
