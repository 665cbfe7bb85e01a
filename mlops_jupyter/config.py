"""Configuration: which registry, whose name, which settings. Standard library at import.

The registry is, in this order: the argument, ``MLOPS_REGISTRY``, the nearest ``.mlops`` folder
upwards from the working directory, the user's data folder. ``MLOPS_REGISTRY_ONLY`` goes before all of
these: cells that are run again, whatever registry they name, write to none but a copy.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from .errors import UsageError

REGISTRY_VARIABLE = "MLOPS_REGISTRY"
ONLY_VARIABLE = "MLOPS_REGISTRY_ONLY"
USER_VARIABLE = "MLOPS_USER"
RULES_VARIABLE = "MLOPS_RULES"
FOLDER_NAME = ".mlops"


class Place(NamedTuple):
    """Where the registry is (a folder or a ``postgresql://`` URL), and why there."""

    url: str
    reason: str


def locate(registry: str | os.PathLike[str] | None = None) -> Place:
    """Return which registry is meant, and why.

    Parameters
    ----------
    registry
        A folder or URL that was asked for; None for the rules of this module.

    Examples
    --------
    >>> locate("somewhere/.mlops").reason
    'as asked'
    """
    if only := os.environ.get(ONLY_VARIABLE):
        return Place(_resolved(only), f"from {ONLY_VARIABLE}")
    if registry is not None:
        if not os.fspath(registry):
            raise UsageError("the registry's name is empty; expected a folder or a postgresql:// URL")
        return Place(_resolved(os.fspath(registry)), "as asked")
    if given := os.environ.get(REGISTRY_VARIABLE):
        return Place(_resolved(given), f"from {REGISTRY_VARIABLE}")
    here = _working_directory()
    for folder in (here, *here.parents):
        if (folder / FOLDER_NAME).is_dir():
            return Place(str(folder / FOLDER_NAME), f"the nearest {FOLDER_NAME} folder")
    return Place(str(data_folder()), "the user's data folder")


def data_folder() -> Path:
    """Return the user's data folder of this package."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mlops-jupyter", appauthor=False))


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:  # the folder was deleted under the kernel
        return Path("/")


def _resolved(given: str) -> str:
    return given if "://" in given else str(Path(given).expanduser().resolve())


def user_name() -> str:
    """Return the name that runs are recorded under: ``MLOPS_USER``, else the login name."""
    if given := os.environ.get(USER_VARIABLE):
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a passwd entry
        return "unknown"


def rule_modules() -> list[str]:
    """Return the modules whose functions contracts may call: ``MLOPS_RULES``, with commas between."""
    return [part.strip() for part in os.environ.get(RULES_VARIABLE, "").split(",") if part.strip()]


def host_name() -> str:
    """Return this machine's name."""
    return socket.gethostname()


def now() -> str:
    """Return the present time, UTC, ISO 8601 with six decimals.

    Examples
    --------
    >>> len(now())
    27
    """
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_id() -> str:
    """Return a new global id that sorts by time: ``20260102T030405678Z-9bfad3c1``.

    Examples
    --------
    >>> len(new_id())
    28
    """
    moment = datetime.now(UTC)
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z-{secrets.token_hex(4)}"
