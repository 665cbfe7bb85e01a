"""Archiving: a version that is put away is kept, and no alias may point to it."""

from __future__ import annotations

from .. import config
from ..errors import UsageError
from ..interrupts import uninterrupted
from ..records import VersionView
from ..store import events, open_existing
from . import reference, views
from .reference import Registry
from .wording import cleaned

ARCHIVED = "version.archived"
UNARCHIVED = "version.unarchived"


def archive(ref: str, reason: str, *, registry: Registry = None) -> VersionView:
    """Put a version away: it is kept and found by its number, and no alias may point to it.

    Parameters
    ----------
    ref
        The version: ``churn:3``.
    reason
        Why; kept.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If no reason is given, or an alias points to it.
    """
    said = cleaned(reason=reason).get("reason")
    if not said:
        raise UsageError(f"archiving needs a reason; as in: archive {ref} --reason 'replaced by the new one'")
    store = open_existing(registry)
    model, version = reference.find_version(store, ref)
    with uninterrupted(), store.atomic():
        store.lock(f"model {model.name}")
        pointing = [a for a, number in reference.aliases_of(store, model).items() if number == version.number]
        if pointing:
            raise UsageError(
                f"{reference.label(model, version)} is @{', @'.join(pointing)}; "
                "point that to another version first"
            )
        if version.archived_at is None:
            changes = {"archived_at": config.now(), "archive_reason": said}
            store.update("model_versions", changes, {"id": version.id})
            events.append(
                store, kind=ARCHIVED, subject=reference.label(model, version), detail={"reason": said}
            )
    return views.version_view(store, model, views.version_by_id(store, version.id))


def unarchive(ref: str, *, registry: Registry = None) -> VersionView:
    """Bring back a version that was archived.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If it is not archived.
    """
    store = open_existing(registry)
    model, version = reference.find_version(store, ref)
    if version.archived_at is None:
        raise UsageError(f"{reference.label(model, version)} is not archived")
    with uninterrupted(), store.atomic():
        store.update("model_versions", {"archived_at": None, "archive_reason": None}, {"id": version.id})
        events.append(
            store,
            kind=UNARCHIVED,
            subject=reference.label(model, version),
            detail={"reason": version.archive_reason},
        )
    return views.version_view(store, model, views.version_by_id(store, version.id))
