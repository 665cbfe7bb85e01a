"""Which registry: what people name, or one that is open already."""

from __future__ import annotations

import os

from .. import store
from ..store import Store

Registry = str | os.PathLike[str] | Store | None


def open_store(registry: Registry = None) -> Store:
    """Return a registry, made where it does not exist yet; one that is open already as it is."""
    return registry if isinstance(registry, Store) else store.open_store(registry)


def open_existing(registry: Registry = None) -> Store:
    """Return a registry to look at; one that is open already as it is.

    Raises
    ------
    NotFoundError
        If it was asked for by name and does not exist.
    """
    return registry if isinstance(registry, Store) else store.open_existing(registry)
