"""Wheels of packages that no index has: installed from a folder, a repository, or in place.

An index is never asked for such a package: whoever registers its name there would be installed instead.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import UnsupportedError
from .installing import in_short, run, uv_path

_NOT_PACKED = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
WHEELS = "wheels"
"""The folder beside a lock that holds its own wheels."""

CACHE_VARIABLE = "MLOPS_CACHE"

_EPOCH = (1980, 1, 1, 0, 0, 0)


def cache_folder() -> Path:
    """Return where environments and wheels are kept: ``MLOPS_CACHE``, else the user's cache folder."""
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("mlops-jupyter", appauthor=False))


def kept_folder() -> Path:
    """Return where wheels made here are kept, each in a folder named by its content."""
    return cache_folder() / WHEELS


def origin_of(distribution: importlib.metadata.Distribution) -> str | None:
    """Return where a package was installed from, in words, or None where that was an index."""
    said = _direct_url(distribution)
    if not said:
        return None
    if "vcs_info" in said:
        return f"a {said['vcs_info'].get('vcs', 'version control')} repository"
    if said.get("dir_info", {}).get("editable"):
        return "a folder, editable"
    return "a folder" if "dir_info" in said else "a file or address of its own"


def wheel_of(distribution: importlib.metadata.Distribution, folder: Path) -> Path:
    """Write a wheel of an installed package into a folder below ``folder``, and return its path.

    The installed files are packed as they are; an editable one is built from its folder.

    Raises
    ------
    UnsupportedError
        Its files are not there, or it does not build.
    """
    said = _direct_url(distribution)
    with tempfile.TemporaryDirectory() as scratch:
        if said.get("dir_info", {}).get("editable"):
            made = _built(distribution, _folder_of(said["url"]), Path(scratch))
        else:
            made = _packed(distribution, Path(scratch))
        content = made.read_bytes()
        # By content: two states of one version must not take each other's place.
        kept = folder / hashlib.sha256(content).hexdigest()[:16] / made.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f"{kept.name}.{Path(scratch).name}")
        partial.write_bytes(content)
        partial.replace(kept)
    return kept


def _direct_url(distribution: importlib.metadata.Distribution) -> dict[str, Any]:
    try:
        found = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _folder_of(url: object) -> Path:
    return Path(unquote(urlsplit(str(url)).path))


def _built(distribution: importlib.metadata.Distribution, source: Path, into: Path) -> Path:
    name = distribution.metadata["Name"]
    if not source.is_dir():
        raise UnsupportedError(f"{name} is installed from {source.name!r}, which is gone; install it again")
    uv = uv_path()
    build = [uv, "build", "--wheel", "--quiet", "--out-dir"] if uv else _pip_wheel()
    done = run([*build, str(into), str(source)])
    wheels = sorted(into.glob("*.whl"))
    if done.returncode or not wheels:
        raise UnsupportedError(f"{name} is editable and does not build as a wheel: {in_short(done.stderr)}")
    return wheels[0]


def _pip_wheel() -> list[str]:
    return [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir"]


def _packed(distribution: importlib.metadata.Distribution, into: Path) -> Path:
    """Pack the files of an installed package, but for those outside its folder (its commands).

    Commands come back from the package's entry points when the wheel is installed.
    """
    name, version = distribution.metadata["Name"], distribution.version
    files = [path for path in distribution.files or () if ".." not in path.parts and path.suffix != ".pyc"]
    infos = {path.parts[0] for path in files if path.parts[0].endswith(".dist-info")}
    if len(infos) != 1:
        raise UnsupportedError(f"the files of {name} {version} are not known; install it from a wheel")
    info = infos.pop()
    records = []
    target = into / f"{info.removesuffix('.dist-info')}-{_tags(distribution)}.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files, key=str):
            if path.parts[0] == info and path.name in _NOT_PACKED:
                continue
            content = Path(str(distribution.locate_file(path))).read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            records.append(f"{path.as_posix()},sha256={digest},{len(content)}")
            _add(archive, path.as_posix(), content)
        _add(archive, f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,", ""]).encode())
    return target


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # One time for all: the same files must give the same wheel.
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


def _tags(distribution: importlib.metadata.Distribution) -> str:
    said = distribution.read_text("WHEEL") or ""
    tags = [line.partition(":")[2].strip() for line in said.splitlines() if line.startswith("Tag:")]
    if not tags:
        return "py3-none-any"
    parts = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(part)) for part in parts)
