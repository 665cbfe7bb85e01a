"""Asking uv, or pip where uv cannot, what a lock must hold, and installing one.

In companies the address of the index often stands in pip's configuration only, which uv does not read;
so what uv cannot answer is asked of pip. Arguments are lists, no shell is in between, and neither the
index nor any other address is written to what comes back.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import MlopsError, NotFoundError

_MISSING = (
    re.compile(r"there (?:is|are) no versions? of ([A-Za-z0-9._-]+)==", re.IGNORECASE),
    re.compile(r"([A-Za-z0-9._-]+)==\S+ (?:has no|was yanked)", re.IGNORECASE),
    re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)==", re.IGNORECASE),
)
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:==(?P<version>[^\s;]+)| @ \S+)\s*(?:;(?P<marker>[^\\]*))?\\?$"
)
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
_ADDRESS = re.compile(r"(?:https?|file|git\+\w+)://\S+")


class Pin(NamedTuple):
    """One package of a lock; ``hashes`` are of all its files, ``marker`` says where it is needed.

    ``wheel`` is the name of the file, where that lies beside the lock.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: str = ""
    wheel: str = ""


class ResolvingError(MlopsError):
    """No set of packages fits; ``missing`` names those whose exact version no index has."""

    def __init__(self, message: str, missing: frozenset[str]) -> None:
        super().__init__(message)
        self.missing = missing


def uv_path() -> str | None:
    """Return where uv is, or None where it is not installed."""
    if importlib.util.find_spec("uv"):
        import uv

        try:
            return str(uv.find_uv_bin())
        except FileNotFoundError:
            pass
    return shutil.which("uv")


def has_pip() -> bool:
    """Return whether this Python has pip: environments made by uv have none."""
    return importlib.util.find_spec("pip") is not None


# --- what a lock must hold -----------------------------------------------------------------------


def resolved_by_uv(lines: Sequence[str], constraints: Sequence[str], python: str) -> list[Pin]:
    """Return the packages that requirements come to, with the hashes of all their files.

    Raises
    ------
    ResolvingError
        Nothing fits, or the index does not answer.
    """
    uv = uv_path()
    if uv is None:
        raise ResolvingError("uv is not installed", frozenset())
    with tempfile.TemporaryDirectory() as scratch:
        asked, bounds = _written(Path(scratch), lines, constraints)
        command = [uv, "pip", "compile", "--generate-hashes", "--no-header", "--no-annotate", "--no-progress"]
        command += ["--no-python-downloads", "--python-version", python, "--color", "never", "--quiet"]
        command += ["--constraints", str(bounds), str(asked)]
        if sys.platform != "linux":
            command.append("--universal")  # the container is Linux, whatever this machine is
        done = run([*command, "--python", sys.executable], cwd=Path(scratch))
    if done.returncode:
        raise _not_resolved(done.stderr)
    return _pins(done.stdout)


def resolved_by_pip(lines: Sequence[str], constraints: Sequence[str], python: str) -> list[Pin]:
    """Return the packages that requirements come to, with the hashes of the files for this machine.

    Raises
    ------
    ResolvingError
        Nothing fits, or the index does not answer.
    """
    if not has_pip():
        raise ResolvingError("pip is not installed in this environment", frozenset())
    with tempfile.TemporaryDirectory() as scratch:
        asked, bounds = _written(Path(scratch), lines, constraints)
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        command += ["--no-input", "--report", str(report), "-r", str(asked), "-c", str(bounds)]
        if not _is_this_python(python):
            command += ["--python-version", python, "--only-binary=:all:", "--target", scratch]
        done = run(command, cwd=Path(scratch))
        if done.returncode:
            raise _not_resolved(done.stderr)
        return [_reported(one) for one in json.loads(report.read_text(encoding="utf-8"))["install"]]


def _reported(one: Mapping[str, object]) -> Pin:
    facts, download = one["metadata"], one["download_info"]
    assert isinstance(facts, dict)
    assert isinstance(download, dict)
    found = download.get("archive_info", {}).get("hashes", {}).get("sha256")
    if not found:
        raise ResolvingError(f"pip reports no SHA-256 of {facts['name']} {facts['version']}", frozenset())
    return Pin(facts["name"], facts["version"], (f"sha256:{found}",))


def _written(folder: Path, lines: Sequence[str], constraints: Sequence[str]) -> tuple[Path, Path]:
    asked, bounds = folder / "asked.txt", folder / "constraints.txt"
    asked.write_text("\n".join(lines) + "\n", encoding="utf-8")
    bounds.write_text("\n".join(constraints) + "\n", encoding="utf-8")
    return asked, bounds


def _pins(text: str) -> list[Pin]:
    """Read what uv compiled. A package given as a file has no version in it: "" here."""
    found: list[Pin] = []
    for line in text.splitlines():
        if start := _PIN.match(line.strip()):
            marker = (start["marker"] or "").strip()
            found.append(Pin(start["name"], start["version"] or "", (), marker))
        elif found and (digest := _HASH.search(line)):
            found[-1] = found[-1]._replace(hashes=(*found[-1].hashes, digest[1]))
    return found


def _not_resolved(said: str) -> ResolvingError:
    missing = frozenset(name.lower() for pattern in _MISSING for name in pattern.findall(said))
    return ResolvingError(in_short(said), missing)


# --- installing one ------------------------------------------------------------------------------


def install_by_uv(lock: Path, folder: Path, python: str) -> Path:
    """Make an environment and install a lock into it; return its Python.

    Raises
    ------
    MlopsError
        With uv's reason.
    """
    uv = uv_path()
    if uv is None:
        raise MlopsError("uv is not installed")
    common = ["--no-progress", "--color", "never", "--quiet"]
    _required([uv, "venv", "--no-python-downloads", "--no-project", "--python", python, *common, str(folder)])
    inside = _python_in(folder)
    command = [uv, "pip", "sync", "--require-hashes", "--python", str(inside), *common, lock.name]
    _required(command, cwd=lock.parent)
    return inside


def install_by_pip(lock: Path, folder: Path, python: str) -> Path:
    """Do what :func:`install_by_uv` does with the standard library's ``venv`` and pip.

    Raises
    ------
    NotFoundError
        There is no such Python here.
    MlopsError
        With pip's reason.
    """
    inside = _python_in(folder)
    venv = [_interpreter(python), "-m", "venv", str(folder)]
    if has_pip():  # this one can install into that environment, which then needs none of its own
        _required([*venv, "--without-pip"])
        pip = [sys.executable, "-m", "pip", "--python", str(inside)]
    else:
        _required(venv)
        pip = [str(inside), "-m", "pip"]
    options = ["--require-hashes", "--no-deps", "--no-input", "--quiet", "--disable-pip-version-check"]
    _required([*pip, "install", *options, "-r", lock.name], cwd=lock.parent)
    return inside


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _interpreter(python: str) -> str:
    if os.sep in python:
        return python
    if _is_this_python(python):
        return getattr(sys, "_base_executable", None) or sys.executable
    if found := shutil.which(f"python{python}"):
        return found
    raise NotFoundError(f"there is no Python {python} here; install it, or name one with python=")


def _is_this_python(python: str) -> bool:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    return python in (here, f"{here}.{sys.version_info.micro}")


# --- running both --------------------------------------------------------------------------------


def _required(command: Sequence[str], cwd: Path | None = None) -> None:
    done = run(command, cwd)
    if done.returncode:
        raise MlopsError(in_short(done.stderr or done.stdout))


def run(command: Sequence[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end, outside of this process's own environment; it may fail."""
    # Not the kernel's own environment: neither its PYTHONPATH nor its VIRTUAL_ENV is the new one's.
    left_out = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return subprocess.run(  # noqa: S603 - no shell, a list of arguments
        list(command),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name not in left_out},
    )


def in_short(said: str, most: int = 400) -> str:
    r"""Return what a tool complained of as one line, without addresses.

    Examples
    --------
    >>> in_short("error: no\n  cause: https://x.org/a refused")
    'no cause: ⟨address⟩ refused'
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wanted = [line for line in lines if not line.lower().startswith(("warning", "note", "[notice]"))]
    one = " ".join(wanted or lines).removeprefix("error: ").removeprefix("ERROR: ")
    one = _ADDRESS.sub("⟨address⟩", one).replace(f"{tempfile.gettempdir()}{os.sep}", "")
    one = re.sub(r" ?\(from versions: [^)]*\)", "", one)
    return one if len(one) <= most else f"{one[:most]}…"
