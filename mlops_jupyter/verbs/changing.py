"""Verbs that change what is said about a run."""

from __future__ import annotations

from ..errors import UsageError
from ..records import Done, RunView

__all__ = ["delete", "note", "restore", "tag"]


def tag(run: int | str, *tags: str, registry: str | None = None) -> RunView:
    """Put words on a run, as ``key=value``.

    Parameters
    ----------
    run
        Which run, as for ``show``.
    tags
        One or more ``key=value``; a key that exists gets the new value.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    RunView
        The run as it is now.

    Raises
    ------
    UsageError
        Where a tag has no ``=`` or no key.
    NotFoundError
        Where there is no such run.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> with mlops_jupyter.start_run("churn", registry=folder):
    ...     pass
    >>> tag(1, "team=x", registry=folder).tags[0].value
    'x'
    """
    from .. import store, tracking
    from ..tracking import edit

    pairs = dict(_pair(word) for word in tags)
    if not pairs:
        raise UsageError("tag takes one or more key=value; as in: tag 12 team=churn")
    found = tracking.get_run(run, registry=registry)
    edit.write_tags(store.open_existing(registry), found.run.id, pairs)
    return tracking.get_run(found.run.id, registry=registry)


def note(run: int | str, text: str, *, registry: str | None = None) -> RunView:
    """Write a note on a run, in place of the one it has.

    Parameters
    ----------
    run
        Which run, as for ``show``.
    text
        The note; the empty text removes it.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    RunView
        The run as it is now.

    Raises
    ------
    NotFoundError
        Where there is no such run.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> with mlops_jupyter.start_run("churn", registry=folder):
    ...     pass
    >>> note(1, "too deep", registry=folder).run.note
    'too deep'
    """
    from .. import store, tracking
    from ..tracking import edit

    found = tracking.get_run(run, registry=registry)
    edit.write_note(store.open_existing(registry), found.run.id, text or None)
    return tracking.get_run(found.run.id, registry=registry)


def delete(run: int | str, *, registry: str | None = None) -> Done:
    """Hide a run from tables and searches; ``restore`` brings it back.

    Parameters
    ----------
    run
        Which run, as for ``show``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Done
        What was done.

    Raises
    ------
    NotFoundError
        Where there is no such run.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> with mlops_jupyter.start_run("churn", registry=folder):
    ...     pass
    >>> delete(1, registry=folder).message
    'Run churn #1 is deleted.'
    """
    from .. import tracking

    view = tracking.get_run(run, registry=registry)
    tracking.delete_run(view.run.id, registry=registry)
    number = view.run.number
    return Done(f"Run {view.experiment} #{number} is deleted.", f"mlops restore {number} brings it back.")


def restore(run: int | str, *, registry: str | None = None) -> RunView:
    """Bring a deleted run back.

    Parameters
    ----------
    run
        Which run, as for ``show``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    RunView
        The run as it is now.

    Raises
    ------
    NotFoundError
        Where there is no such run.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> with mlops_jupyter.start_run("churn", registry=folder):
    ...     pass
    >>> _ = delete(1, registry=folder)
    >>> restore(1, registry=folder).run.deleted_at is None
    True
    """
    from .. import tracking

    tracking.restore_run(run, registry=registry)
    return tracking.get_run(run, registry=registry)


def _pair(word: str) -> tuple[str, str]:
    key, found, value = word.partition("=")
    if not found or not key.strip():
        raise UsageError(f"{word!r} is not a tag; expected key=value")
    return key.strip(), value
