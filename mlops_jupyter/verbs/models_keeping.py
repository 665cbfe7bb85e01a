"""Verbs that write to the registry of models: register, say more, move aliases, put away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..parsing import Data, Model, Values, listed
from ..records import AliasMoved, Done, VersionView

__all__ = ["archive_model", "edit_model", "register", "set_alias", "unarchive_model"]


def register(
    name: str,
    model: Model = None,
    *,
    run: str | int | None = None,
    variable: str | None = None,
    X: Data = None,  # noqa: N803 the field's letter
    y: Values = None,
    alias: str | None = None,
    note: str | None = None,
    description: str | None = None,
    owner: str | None = None,
    licence: str | None = None,
    intended_use: str | None = None,
    limits: str | None = None,
    trusted: Sequence[str] | None = None,
    unsafe_reason: str | None = None,
    registry: str | None = None,
) -> VersionView:
    """Register a model as the next version of a name, with its evidence.

    Parameters
    ----------
    name
        The model's name: ``churn``.
    model
        A fitted model; or a file from elsewhere, which a child process opens first.
    run
        The run that kept the model: ``12``.
    variable
        Which of the run's models, where it kept several.
    X
        What it was fitted on, or some of it: for the signature and an example. Else the run's are taken.
    y
        The truth of these; or the name of its column in X.
    alias
        A word that shall point to the version: ``challenger``.
    note
        A sentence about this version.
    description
        What the model is, for all its versions.
    owner
        Who answers for it.
    licence
        Under which licence it may be used.
    intended_use
        What it is for.
    limits
        What it is not for.
    trusted
        Full names of further types that its file may hold, separated by commas.
    unsafe_reason
        Why a format that can run code when it is opened is needed; recorded and shown.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    VersionView
        The version with all that is known of it; not new where the same file was registered before.

    Raises
    ------
    NotFoundError
        Where there is no such run or file, or the run kept no such model.
    UsageError
        Where it is not said which model is meant.
    UnsupportedError
        Where the model cannot be kept, or the file not be opened safely.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> view = register("slope", Ridge().fit([[0], [1]], [0, 1]), owner="ada", registry=tempfile.mkdtemp())
    >>> view.name, view.version.number, view.version.owner
    ('slope', 1, 'ada')
    """
    from .. import models, store

    said: dict[str, Any] = {"model": getattr(model, "value", model)}
    if isinstance(model, str):
        said = {"path": model}
    if X is not None:
        said["X"], said["y"] = models.training_rows(store.open_store(registry), X, y)
    return models.register(
        name,
        run=run,
        variable=variable,
        alias=alias,
        note=note,
        description=description,
        owner=owner,
        licence=licence,
        intended_use=intended_use,
        limits=limits,
        trusted=tuple(listed(trusted) or ()),
        unsafe_reason=unsafe_reason,
        registry=registry,
        **said,
    )


def edit_model(
    ref: str,
    *,
    note: str | None = None,
    description: str | None = None,
    owner: str | None = None,
    licence: str | None = None,
    intended_use: str | None = None,
    limits: str | None = None,
    registry: str | None = None,
) -> VersionView:
    """Say more about a version, or about the model: whom to ask, what it is for and what not.

    Parameters
    ----------
    ref
        The version: ``churn:4``; a name alone is its newest.
    note
        A sentence about this version.
    description
        What the model is, for all its versions.
    owner
        Who answers for it.
    licence
        Under which licence it may be used.
    intended_use
        What it is for.
    limits
        What it is not for.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    VersionView
        The version as it is now.

    Raises
    ------
    NotFoundError
        Where there is no such version; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> edit_model("slope:1", owner="ada", registry=folder).version.owner
    'ada'
    """
    from .. import models

    return models.edit(
        ref,
        note=note,
        description=description,
        owner=owner,
        licence=licence,
        intended_use=intended_use,
        limits=limits,
        registry=registry,
    )


def set_alias(
    ref: str,
    alias: str,
    *,
    override: str | None = None,
    remove: bool = False,
    registry: str | None = None,
) -> AliasMoved | Done:
    """Let a word such as champion point to a version, if the gates allow it.

    Parameters
    ----------
    ref
        The version: ``churn:4``; a name alone is its newest.
    alias
        The word. ``champion`` is protected: it needs every gate passed and an approval.
    override
        Why it shall move although the gates do not allow it; shown on the version for ever.
    remove
        Take the alias away.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    AliasMoved or Done
        Where it pointed and points, or that it is no more.

    Raises
    ------
    NotFoundError
        Where there is no such version or alias.
    GatesFailed
        Where a gate does not pass or an approval is missing; names which, and the next step.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> set_alias("slope:1", "challenger", registry=folder).number
    1
    """
    from .. import models

    if not remove:
        return models.set_alias(ref, alias, override_reason=override, registry=registry)
    models.delete_alias(ref, alias, registry=registry)
    word = alias.strip().removeprefix("@")
    return Done(f"{ref}@{word} is no more.", f"mlops alias {ref} {word} sets it again.")


def archive_model(ref: str, *, reason: str, registry: str | None = None) -> VersionView:
    """Put a version away: it is kept and found by its number, and no alias may point to it.

    Parameters
    ----------
    ref
        The version: ``churn:3``.
    reason
        Why; kept.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    VersionView
        The version as it is now.

    Raises
    ------
    NotFoundError
        Where there is no such version.
    UsageError
        Where an alias points to it; names which.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> archive_model("slope:1", reason="two rows are too few", registry=folder).version.archive_reason
    'two rows are too few'
    """
    from .. import models

    return models.archive(ref, reason, registry=registry)


def unarchive_model(ref: str, *, registry: str | None = None) -> VersionView:
    """Bring back a version that was archived.

    Parameters
    ----------
    ref
        The version: ``churn:3``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    VersionView
        The version as it is now.

    Raises
    ------
    NotFoundError
        Where there is no such version.
    UsageError
        Where it is not archived.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.linear_model import Ridge
    >>> folder = tempfile.mkdtemp()
    >>> _ = register("slope", Ridge().fit([[0], [1]], [0, 1]), registry=folder)
    >>> _ = archive_model("slope:1", reason="a try", registry=folder)
    >>> unarchive_model("slope:1", registry=folder).version.archived_at is None
    True
    """
    from .. import models

    return models.unarchive(ref, registry=registry)
