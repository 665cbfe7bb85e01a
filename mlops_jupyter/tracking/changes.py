"""What changed against the last attempt of the same cell, and against the best run."""

from __future__ import annotations

from ..records import RunChanges, RunView
from ..store import Store


def changes_of(store: Store, view: RunView, *, previous_id: str | None = None) -> RunChanges | None:
    """Return what changed, or None for a first attempt with nothing to compare with."""
    return None
