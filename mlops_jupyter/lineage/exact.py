"""The very environment of a run, installed beside this one."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from ..datasets import progress
from ..errors import NotFoundError
from ..records import Environment, Run
from ..store import Store
from . import environments


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
    wanted = [name for name in (*modules, "mlops_jupyter", "ipykernel") if name != "__main__"]
    with progress.step(f"locking {len(json.loads(environment.packages)):,} recorded packages"):
        lock = environments.lock_of(environment, wanted)
    with progress.step(f"installing {len(lock.packages):,} packages"):
        return environments.fresh_environment(
            lock,
            environments.cache_folder() / "environments",
            links=sorted({wheel.parent for wheel in lock.wheels}),
        )
