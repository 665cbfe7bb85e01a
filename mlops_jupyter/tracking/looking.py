"""One run with everything that belongs to it and what changed."""

from __future__ import annotations

import os
from dataclasses import replace

from ..errors import NotFoundError
from ..records import RunView
from ..store import Store, open_existing
from .changes import changes_of
from .refs import RunRef, find_run
from .views import view_runs


def get_run(ref: RunRef, *, registry: str | os.PathLike[str] | None = None) -> RunView:
    """Return everything of a run, with what changed against the attempt before it.

    Parameters
    ----------
    ref
        ``12``, ``"12"``, ``"#12"``, ``"experiment/12"`` or a run's id.
    registry
        A folder or URL; the registry that applies where None.

    Raises
    ------
    NotFoundError
        If there is no such run; says which exist.
    """
    store = open_existing(registry)
    store.reap()
    return view_run(store, find_run(store, ref).id)


def view_run(store: Store, run_id: str, *, previous_id: str | None = None) -> RunView:
    """Return one run's view, with its changes."""
    views = view_runs(store, [run_id])
    if not views:
        raise NotFoundError(f"there is no run {run_id!r}")
    return replace(views[0], changes=changes_of(store, views[0], previous_id=previous_id))
