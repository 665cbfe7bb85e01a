"""Verbs that bring a model to where it works: export it with a proof, train it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ..parsing import listed
from ..records import ExportReport, Retraining, Target
from .around import saying, wait_for_recipes

__all__ = ["export", "retrain"]


def export(
    ref: str,
    folder: str,
    *,
    target: str = "service",
    no_verify: bool = False,
    overwrite: bool = False,
    trusted: Sequence[str] | None = None,
    unsafe: bool = False,
    log_columns: Sequence[str] | None = None,
    image: str | None = None,
    no_training: bool = False,
    registry: str | None = None,
) -> ExportReport:
    """Write a version as a service or a batch job, and prove that it answers as it did in the notebook.

    Parameters
    ----------
    ref
        The version: ``churn@champion``, ``churn:4``; a name alone is its newest.
    folder
        Where to: a new or empty folder, or an earlier export that nobody changed.
    target
        ``service`` (HTTP), or ``batch`` (files in, files out).
    no_verify
        Do not prove it, which takes minutes; recorded and shown for ever.
    overwrite
        Also replace an earlier export in which files were changed.
    trusted
        Full names of further types that the model's file may hold, separated by commas.
    unsafe
        Export a model that is kept as a pickle, which runs code when it is opened.
    log_columns
        Input columns whose values the service keeps for monitoring, separated by commas; else none.
    image
        The image to build from, with its digest; else Python's slim one of this very version.
    no_training
        Leave out ``train.py`` and the recipe.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ExportReport
        The verdict with every check, the files, the packages.

    Raises
    ------
    NotFoundError
        Where there is no such version; names the nearest.
    UsageError
        Where the folder holds something else, or a cell of the recipe holds a secret.
    UnsupportedError
        Where the model's file cannot be opened without an explicit word.

    Examples
    --------
    >>> import tempfile
    >>> export("churn@champion", "service", registry=tempfile.mkdtemp())
    Traceback (most recent call last):
    mlops_jupyter.errors.NotFoundError: there is no model 'churn'; ...
    """
    from .. import deploy

    wait_for_recipes()
    with saying() as say:
        return deploy.export(
            ref,
            folder,
            target=cast("Target", target),
            verify=not no_verify,
            overwrite=overwrite,
            trusted=tuple(listed(trusted) or ()),
            unsafe=unsafe,
            log_columns=tuple(listed(log_columns) or ()),
            image=image,
            training=not no_training,
            registry=registry,
            on_progress=say,
        )


def retrain(
    model: str,
    *,
    if_changed: bool = True,
    force: bool = False,
    no_register: bool = False,
    registry: str | None = None,
) -> Retraining:
    """Train a model again from its recorded recipe, if its data, its code or the environment changed.

    Parameters
    ----------
    model
        The model, whose champion (else its newest version) is compared with what is there now; or a
        version: ``churn:4``.
    if_changed
        Only where something changed; so it is without this word too, unless ``force`` is given.
    force
        Also where nothing changed.
    no_register
        Leave it a run; else its model becomes the next version, and ``challenger``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Retraining
        What changed, and which run and version came of it.

    Raises
    ------
    NotFoundError
        Where there is no such model, or nobody recorded which cells made it; says why.

    Examples
    --------
    >>> import tempfile
    >>> retrain("churn", registry=tempfile.mkdtemp())
    Traceback (most recent call last):
    mlops_jupyter.errors.NotFoundError: there is no model 'churn'; ...
    """
    from .. import deploy

    wait_for_recipes()
    with saying() as say:
        return deploy.retrain(
            model,
            if_changed=if_changed,
            force=force,
            register=not no_register,
            registry=registry,
            on_progress=say,
        )
