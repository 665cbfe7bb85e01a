"""Verbs about the registry as a whole."""

from __future__ import annotations

from ..records import Backup, Collected, Health, Status

__all__ = ["backup", "clean", "doctor", "status"]


def status(*, registry: str | None = None) -> Status:
    """Say which registry is used, why, and what stands in it.

    Parameters
    ----------
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Status
        The place, the reason for it, versions, and counts.

    Examples
    --------
    >>> import tempfile
    >>> status(registry=tempfile.mkdtemp()).runs
    0
    """
    from .. import tracking

    return tracking.status(registry=registry)


def doctor(*, registry: str | None = None) -> Health:
    """Examine the registry: file, schema, objects, locks, disk; and say what to do.

    Nothing is changed.

    Parameters
    ----------
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Health
        One answer per question; the command ends with status 1 if one is an error.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = status(registry=folder)
    >>> any(check.state == "error" for check in doctor(registry=folder).checks)
    False
    """
    from .. import config
    from ..store import health

    return health.check(config.locate(registry))


def backup(target: str | None = None, *, registry: str | None = None) -> Backup:
    """Copy the whole registry while it is in use, and check the copy.

    Parameters
    ----------
    target
        A folder that does not exist yet; None for one beside the registry, named by the time.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Backup
        Where the copy is and what it holds. Open it with ``--registry``.

    Raises
    ------
    UsageError
        Where the target exists.

    Examples
    --------
    >>> import tempfile, os
    >>> folder = tempfile.mkdtemp()
    >>> _ = status(registry=folder)
    >>> backup(os.path.join(folder, "copy"), registry=folder).runs
    0
    """
    from .. import config, store
    from ..store import backup as copying

    opened = store.open_existing(registry)
    moment = "".join(filter(str.isdigit, config.now()[:19]))
    return copying.backup(opened, target or f"{opened.url}-backup-{moment}")


def clean(*, deleted: bool = False, registry: str | None = None) -> Collected:
    """Remove stored bytes that nothing refers to any more, and say how much was freed.

    What is younger than an hour stays, because a run may be about to refer to it; the bytes of deleted
    datasets stay for 30 days.

    Parameters
    ----------
    deleted
        Also the bytes of datasets and versions that were deleted lately; ``data restore`` cannot bring
        these back.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Collected
        How many files and bytes went, and what stays for now.

    Raises
    ------
    IntegrityError
        Where it is not known what is still needed; then nothing is removed.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = status(registry=folder)
    >>> clean(registry=folder).objects
    0
    """
    from .. import store
    from ..store import collecting

    opened = store.open_existing(registry)
    return collecting.collect(opened, keep_deleted_s=0.0) if deleted else collecting.collect(opened)
