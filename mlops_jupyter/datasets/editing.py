"""Aliases, and datasets and versions that are put away and brought back."""

from __future__ import annotations

from .. import config
from ..errors import NotFoundError, UsageError
from ..interrupts import uninterrupted
from ..records import SavedView
from ..store import open_existing
from . import reference, saving, views
from .reference import Registry


def set_alias(ref: str, alias: str, *, registry: Registry = None) -> SavedView:
    """Let a word point at a version, wherever it pointed before.

    Parameters
    ----------
    ref
        The version: ``churn-train:3``; a name alone is its newest.
    alias
        The word, as ``gold``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If the word cannot be an alias.
    """
    store = open_existing(registry)
    dataset, saved = reference.find_saved(store, ref)
    saving.point(store, dataset, reference.check_alias(alias), saved.number)
    return views.saved_view(store, dataset, saved)


def remove_alias(name: str, alias: str, *, registry: Registry = None) -> None:
    """Take an alias away from a dataset.

    Raises
    ------
    NotFoundError
        If the dataset has no such alias.
    """
    store = open_existing(registry)
    word = reference.check_alias(alias)
    dataset = reference.find_dataset(store, name)
    if not store.delete("dataset_aliases", {"dataset_id": dataset.id, "alias": word}):
        known = ", ".join(sorted(views.aliases_of(store, dataset))) or "none"
        raise NotFoundError(f"there is no {dataset.name}@{word}; its aliases: {known}")


def delete(ref: str, *, registry: Registry = None) -> str:
    """Put a dataset away, or one version where the reference names one; return what was put away.

    Nothing is lost: :func:`restore` brings it back. Aliases that point at a version must be moved first.

    Raises
    ------
    NotFoundError
        If there is no such dataset or version.
    UsageError
        If an alias points at the version.
    """
    store = open_existing(registry)
    now = config.now()
    dataset = reference.find_dataset(store, ref)
    asked = reference.parse(ref.strip())
    if dataset.name == ref.strip() or (asked.number is None and asked.alias is None):
        with uninterrupted(), store.atomic():
            store.update("datasets", {"deleted_at": now}, {"id": dataset.id})
            store.update(
                "saved_versions", {"deleted_at": now}, {"dataset_id": dataset.id, "deleted_at": None}
            )
        return dataset.name
    _, saved = reference.find_saved(store, ref)
    label = f"{dataset.name}:{saved.number}"
    aliases = [a for a, number in views.aliases_of(store, dataset).items() if number == saved.number]
    if aliases:
        raise UsageError(f"{label} is @{', @'.join(aliases)}; point that at another version first")
    store.update("saved_versions", {"deleted_at": now}, {"id": saved.id})
    return label


def restore(ref: str, *, registry: Registry = None) -> str:
    """Bring back a dataset or a version that was put away; return what was brought back.

    Raises
    ------
    NotFoundError
        If nothing of that name was put away.
    """
    store = open_existing(registry)
    asked = reference.parse(ref)
    gone = store.rows("datasets", {"name": [ref.strip(), asked.name], "deleted_at !=": None})
    with uninterrupted(), store.atomic():
        if gone:
            one = gone[0]
            where = {"dataset_id": one["id"], "deleted_at": one["deleted_at"]}
            store.update("saved_versions", {"deleted_at": None}, where)
            store.update("datasets", {"deleted_at": None}, {"id": one["id"]})
            return str(one["name"])
        if asked.number is None:
            raise NotFoundError(
                f"no dataset {asked.name!r} was deleted; {reference.known_names(store, asked.name)}"
            )
        dataset = reference.find_dataset(store, ref)
        where = {"dataset_id": dataset.id, "number": asked.number, "deleted_at !=": None}
        if not store.update("saved_versions", {"deleted_at": None}, where):
            raise NotFoundError(f"{dataset.name}:{asked.number} was not deleted")
    return f"{dataset.name}:{asked.number}"
