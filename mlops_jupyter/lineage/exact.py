"""The very environment of a run, installed beside this one."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from ..datasets import progress
from ..errors import NotFoundError
from ..records import Environment, Run
from ..store import Store
from . import environments

_PACKAGE = Path(__file__).resolve().parents[1]
_UNNEEDED = frozenset({"jupyterlab", "nbclient", "uv"})  # what tracks a cell needs none of them


def environment_of(store: Store, run: Run, modules: Collection[str]) -> Path:
    """Return the Python of an environment with the versions that were recorded with a run.

    Parameters
    ----------
    modules
        What its cells import; only what these and this package need is installed.

    Raises
    ------
    NotFoundError
        If no environment was recorded with the run.
    MlopsError
        If the packages cannot be had; names them and the next step.
    """
    rows = store.rows("environments", {"id": run.environment_id}) if run.environment_id else []
    if not rows:
        raise NotFoundError(
            f"run #{run.number} has no recorded environment; reproduce it with the packages installed here, "
            "without --exact-environment"
        )
    environment = Environment(**rows[0])
    with progress.step(f"locking {len(json.loads(environment.packages)):,} recorded packages"):
        lock = environments.lock_of(environment, [*modules, *_of_this_package()])
    with progress.step(f"installing {len(lock.packages):,} packages"):
        folder = environments.cache_folder() / "environments"
        links = sorted({wheel.parent for wheel in lock.wheels})
        return environments.fresh_environment(lock, folder, links=links)


def with_this_package(folder: Path) -> dict[str, str]:
    """Return the variables by which another environment imports this package, and nothing else of here.

    Parameters
    ----------
    folder
        An empty folder, which has to stay as long as the other process runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        (folder / _PACKAGE.name).symlink_to(_PACKAGE, target_is_directory=True)
    except OSError:  # where links need a right that people do not have
        shutil.copytree(_PACKAGE, folder / _PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    return {"PYTHONPATH": str(folder)}


def _of_this_package() -> Iterator[str]:
    """Yield the modules of the packages that this one requires."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    required = set()
    for text in importlib.metadata.requires("mlops-jupyter") or ():
        one = Requirement(text)
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            required.add(canonicalize_name(one.name))
    for module, owners in importlib.metadata.packages_distributions().items():
        if required.difference(_UNNEEDED).intersection(map(canonicalize_name, owners)):
            yield module
