"""From a version of a model to a folder: everything that runs it elsewhere, proved before it is shown."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from .. import config
from ..errors import UsageError, near
from ..records import ExportReport, Latency, ProofCheck, Target
from ..store import Store, open_existing
from . import evidence, proving
from .contents import Contents, contents_of
from .folder import beside, check_place, settle, write
from .subject import Subject, subject_of
from .training import kept_inputs

Say = Callable[[str], Any]
Registry = str | os.PathLike[str] | Store | None


def export(
    ref: str,
    folder: str | os.PathLike[str],
    *,
    target: Target = "service",
    verify: bool = True,
    registry: Registry = None,
    on_progress: Say | None = None,
    overwrite: bool = False,
    trusted: Sequence[str] = (),
    unsafe: bool = False,
    log_columns: Sequence[str] = (),
    image: str | None = None,
    training: bool = True,
) -> ExportReport:
    """Write a version of a model as a service or a batch job, and prove that it answers as it did.

    The folder holds the code, the model, exact locks with hashes, tests with known answers, the recipe
    as ``train.py`` where the run has one, and what builds and deploys it. It appears whole or not at all.
    The proof and its verdict are kept with the version, also where there was none.

    Parameters
    ----------
    ref
        The version: ``churn@champion``, ``churn:4``; a name alone is its newest.
    folder
        Where to; a new or empty folder, or an earlier export that nobody changed.
    target
        ``service`` (HTTP) or ``batch`` (files).
    verify
        Whether to make an environment from the lock, start the export there and compare its answers.
        Minutes; without it the export is recorded as unverified, for ever.
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    on_progress
        Is told in a few words what is being done.
    overwrite
        Also replace an earlier export in which files were changed.
    trusted
        Full names of further types that the model's file may hold.
    unsafe
        Export a model that is kept as a pickle, which runs code when it is opened.
    log_columns
        Input columns whose values the service keeps for monitoring; none unless named.
    image
        The image to build from, with its digest; None for Python's slim one of this very version.
    training
        Whether the recipe goes with it as ``train.py``.

    Returns
    -------
    ExportReport
        The verdict with every check, the files, the packages.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If the folder holds something else, a cell of the recipe holds a secret, or nothing says what the
        model takes.
    UnsupportedError
        If the model's file cannot be opened without an explicit word.
    MlopsError
        If no lock can be made: an index does not have the packages of the training.

    Examples
    --------
    >>> report = export("churn@champion", "service/")  # doctest: +SKIP
    >>> report.verdict  # doctest: +SKIP
    'verified'
    """
    began, say = time.monotonic(), on_progress or _silent
    place = Path(folder).expanduser().resolve()
    if target not in get_args(Target):
        known = get_args(Target)
        hint = near(str(target), known)
        raise UsageError(f"the target {target!r} is not one of {', '.join(known)}{hint and f'; {hint}'}")
    store = open_existing(registry)
    check_place(place, overwrite=overwrite)
    say("opening the model")
    subject = subject_of(store, ref, trusted=trusted, unsafe=unsafe)
    made = contents_of(
        store, subject, target, say=say, log_columns=log_columns, image=image, training=training
    )
    with beside(place) as scratch:
        write(made.bundle, scratch)
        checks, latencies = _proved(store, subject, made, scratch, say) if verify else ((), ())
        settle(scratch, place)
    report = ExportReport(
        label=subject.label,
        target=target,
        folder=_from_here(place),
        verdict=proving.verdict_of(checks),
        summary="",
        checks=checks,
        files=made.bundle.listed(),
        python=made.packages.lock.python,
        packages=made.packages.lock.packages,
        differing=made.packages.lock.differing,
        latencies=latencies,
        warnings=made.warnings,
        created_at=config.now(),
        duration_s=round(time.monotonic() - began, 3),
        user_name=config.user_name(),
    )
    return evidence.keep(store, subject.version, report, place=str(place), lock_text=made.packages.lock.text)


def _proved(
    store: Store, subject: Subject, made: Contents, scratch: Path, say: Say
) -> tuple[tuple[ProofCheck, ...], tuple[Latency, ...]]:
    recipe = subject.recipe if made.has_training else None
    return proving.prove(
        scratch,
        label=subject.label,
        golden=made.golden,
        inputs=kept_inputs(store, recipe, subject.folder) if recipe else {},
        variables=subject.variables,
        on_progress=say,
    )


def _from_here(place: Path) -> str:
    here = Path.cwd()
    return str(place.relative_to(here)) if place.is_relative_to(here) else str(place)


def _silent(_: str) -> None:
    """Say nothing."""
