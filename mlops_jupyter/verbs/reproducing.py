"""Verbs about how a result was made: the cells that made it, and making it again."""

from __future__ import annotations

from ..records import CodeSlice, Done, ReproductionReport, Script
from .around import wait_for_recipes

__all__ = ["make_slice", "reproduce", "written"]


def make_slice(
    what: int | str,
    *,
    script: str | None = None,
    notebook: str | None = None,
    verify: bool = False,
    registry: str | None = None,
) -> CodeSlice | Done:
    """Show the cells that made a result, in the order in which they ran, or write them as a file.

    Parameters
    ----------
    what
        A run (``12``), or a version of a model, whose run is meant (``churn:4``). In a notebook also a
        variable (``model``): the cells that made what it holds now.
    script
        A file of Python to write them to: imports on top, parameters as options, magics translated.
    notebook
        A notebook to write them to.
    verify
        Run them alone in a clean process first, and compare what they make.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    CodeSlice or Done
        The cells, which are kept and why; or what was written, and what to know about it.

    Raises
    ------
    NotFoundError
        Where there is no such run, or nobody recorded which cells made it; says why.
    UsageError
        Where a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> make_slice(12, registry=tempfile.mkdtemp())
    Traceback (most recent call last):
    mlops_jupyter.errors.NotFoundError: there is no run '12'; ...
    """
    from .. import lineage, store

    wait_for_recipes()
    opened = store.open_existing(registry)
    if verify:
        lineage.reproduce(what, registry=opened)
    return written(lineage.recipe_of(opened, what), script=script, notebook=notebook)


def written(found: CodeSlice, *, script: str | None = None, notebook: str | None = None) -> CodeSlice | Done:
    """Write a slice to the files that are named; return what was written, or the slice where none is."""
    if script is None and notebook is None:
        return found
    from .. import lineage, slicing

    paths = lineage.write_slice(found, script=script, notebook=notebook)
    kept = f"{len(found.kept):,} of {len(found.cells):,} cells"
    message = f"{kept} were written to {' and '.join(str(path) for path in paths)}{_proved(found)}."
    return Done(message, _notes(slicing.write_script(found)) if script is not None else "")


def _proved(found: CodeSlice) -> str:
    if found.verdict is None:
        return ""
    is_proved = found.verdict in ("identical", "equal")
    return f"; {'proved' if is_proved else 'NOT PROVED'} in a clean process: {found.verdict}"


def _notes(made: Script) -> str:
    options = ", ".join(f"--{one.name.replace('_', '-')}" for one in made.parameters)
    said = [f"its parameters are options: {options}"] if options else []
    return "; ".join([*said, *(note.rstrip(".") for note in made.notes)])


def reproduce(
    run: int | str, *, exact_environment: bool = False, registry: str | None = None
) -> ReproductionReport:
    """Make a run again in a fresh process, compare, and write the verdict to the run.

    Parameters
    ----------
    run
        Which run: ``12``, ``#12``, its id; or a version of a model, whose run is meant: ``churn:4``.
    exact_environment
        Install the very versions of the packages that were recorded, in an environment of their own.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ReproductionReport
        The verdict, what was compared, what each cell took, and why it differs where it does.

    Raises
    ------
    NotFoundError
        Where there is no such run, or nobody recorded which cells made it; says why.

    Examples
    --------
    >>> import tempfile
    >>> reproduce(12, registry=tempfile.mkdtemp())
    Traceback (most recent call last):
    mlops_jupyter.errors.NotFoundError: there is no run '12'; ...
    """
    from .. import lineage

    wait_for_recipes()
    return lineage.reproduce(run, exact_environment=exact_environment, registry=registry)
