"""The verbs, each defined once: the command line and the magics are made from these signatures.

Every function takes ``registry`` (a folder or a ``postgresql://`` URL; None for the rules of
``config.py``) and returns a record. A run is named by its number (``12``, ``"#12"``), its id, or
``"experiment/12"``.

Table of contents
-----------------
Looking    ``runs``, ``show``, ``compare``, ``query``, ``status``, ``doctor``
Changing   ``tag``, ``note``, ``delete``, ``restore``
Keeping    ``backup``
Starting   ``demo``, ``enable``, ``disable``
"""

from __future__ import annotations

from .errors import UsageError
from .records import Backup, Comparison, Demo, Done, Health, QueryResult, RunTable, RunView, Status

__all__ = [
    "backup",
    "compare",
    "delete",
    "demo",
    "disable",
    "doctor",
    "enable",
    "note",
    "query",
    "restore",
    "runs",
    "show",
    "status",
    "tag",
]


def runs(
    experiment: str | None = None,
    *,
    filter: str | None = None,
    order: str | None = None,
    limit: int = 50,
    differences: bool = False,
    all: bool = False,
    registry: str | None = None,
) -> RunTable:
    """List runs, newest first, as one table.

    Parameters
    ----------
    experiment
        Only the runs of this experiment; without it, those of all.
    filter
        Which runs, in MLflow's language: ``metrics.auc > 0.8 and params.depth = '8'``. Put it in
        quotes.
    order
        What to sort by: ``metrics.auc desc, started_at``.
    limit
        How many runs at most, 1 or more.
    differences
        Only the params and metrics in which the runs differ.
    all
        Also the candidates of searches and the deleted runs.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    RunTable
        The runs, and how many matched in all.

    Raises
    ------
    UsageError
        Where the filter or the order cannot be understood, or ``limit`` is below 1.
    NotFoundError
        Where the experiment does not exist.

    Examples
    --------
    >>> import tempfile
    >>> runs(registry=tempfile.mkdtemp()).total
    0
    """
    from . import tracking

    _positive("limit", limit)
    return tracking.find_runs(
        experiment,
        filter,
        order=order,
        limit=limit,
        only_differences=differences,
        include_deleted=all,
        include_children=all,
        registry=registry,
    )


def show(run: int | str, *, registry: str | None = None) -> RunView:
    """Show everything of one run.

    Parameters
    ----------
    run
        Which run: ``12``, ``#12``, its id, or ``churn/12``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    RunView
        Params, metrics, data, files, code, environment, findings, and what changed.

    Raises
    ------
    NotFoundError
        Where there is no such run; names the nearest ones.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> with mlops_jupyter.start_run("churn", registry=folder) as run:
    ...     run.log_param("depth", 8)
    >>> show(1, registry=folder).params[0].value
    '8'
    """
    from . import tracking

    return tracking.get_run(run, registry=registry)


def compare(*runs: int | str, registry: str | None = None) -> Comparison:
    """Put runs beside each other: params, metrics, code, data, environment.

    Parameters
    ----------
    runs
        Two or more runs, as for ``show``. Differences of code, data and environment are those of
        the first and the last.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Comparison
        What is the same and what differs.

    Raises
    ------
    UsageError
        Where fewer than two runs are named.
    NotFoundError
        Where a run does not exist; names the nearest ones.

    Examples
    --------
    >>> import tempfile, mlops_jupyter
    >>> folder = tempfile.mkdtemp()
    >>> for depth in (6, 8):
    ...     with mlops_jupyter.start_run("churn", registry=folder) as run:
    ...         run.log_param("depth", depth)
    >>> compare(1, 2, registry=folder).params[0].values
    ('6', '8')
    """
    from . import tracking

    if len(runs) < 2:
        raise UsageError(f"compare takes two or more runs, got {len(runs)}; as in: compare 11 12")
    return tracking.compare_runs(*runs, registry=registry)


def query(sql: str, *, limit: int = 100, registry: str | None = None) -> QueryResult:
    """Ask the registry a question in SQL; nothing can be changed by it.

    Tables are named like the records (``runs``, ``params``, ``latest_metrics``, …); the view
    ``run_summaries`` has one row per run.

    Parameters
    ----------
    sql
        One ``SELECT``.
    limit
        How many rows at most, 1 or more.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    QueryResult
        Columns and rows, and whether there are more.

    Raises
    ------
    UsageError
        Where the statement is wrong, or would write.

    Examples
    --------
    >>> import tempfile
    >>> query("select count(*) as n from runs", registry=tempfile.mkdtemp()).rows
    ((0,),)
    """
    from . import store

    _positive("limit", limit)
    return store.open_store(registry).query(sql, limit=limit)


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
    from . import tracking

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
    from . import config
    from .store import health

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
    from . import store
    from .store import backup as copying

    return copying.backup(store.open_store(registry), target)


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
    from . import store, tracking
    from .tracking import edit

    pairs = dict(_pair(word) for word in tags)
    if not pairs:
        raise UsageError("tag takes one or more key=value; as in: tag 12 team=churn")
    found = tracking.get_run(run, registry=registry)
    edit.write_tags(store.open_store(registry), found.run.id, pairs)
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
    from . import store, tracking
    from .tracking import edit

    found = tracking.get_run(run, registry=registry)
    edit.write_note(store.open_store(registry), found.run.id, text or None)
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
    from . import tracking

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
    from . import tracking

    tracking.restore_run(run, registry=registry)
    return tracking.get_run(run, registry=registry)


def demo(folder: str = "mlops-demo") -> Demo:
    """Run the example notebook on 336,776 real flights, in a real kernel, and show its runs.

    Needs the extra: ``pip install "mlops-jupyter[demo]"``.

    Parameters
    ----------
    folder
        Where the notebook and its registry (``.mlops``) are put; made if it does not exist.

    Returns
    -------
    Demo
        The executed notebook, the registry, and the runs.

    Raises
    ------
    MlopsError
        Where the extra is missing, or a cell of the notebook fails; with the cause.

    Examples
    --------
    >>> demo()  # doctest: +SKIP
    """
    from . import demo as example

    return example.run(folder)


def enable(profile: str = "default") -> Done:
    """Load the extension in every new kernel, so that ``%load_ext`` is not needed.

    Puts one file into the startup folder of the IPython profile. Kernels of other environments,
    where the package is not installed, are not disturbed by it.

    Parameters
    ----------
    profile
        The IPython profile; JupyterLab's kernels use ``default``.

    Returns
    -------
    Done
        What was done, and what to do next.

    Raises
    ------
    UsageError
        Where the profile's name has a path in it.

    Examples
    --------
    >>> enable()  # doctest: +SKIP
    """
    from . import profile as profiles

    return profiles.enable(profile)


def disable(profile: str = "default") -> Done:
    """Undo ``enable``, exactly.

    Parameters
    ----------
    profile
        The IPython profile.

    Returns
    -------
    Done
        What was done.

    Raises
    ------
    UsageError
        Where the profile's name has a path in it.

    Examples
    --------
    >>> disable()  # doctest: +SKIP
    """
    from . import profile as profiles

    return profiles.disable(profile)


def _positive(name: str, value: int) -> None:
    if value < 1:
        raise UsageError(f"{name} is {value}; expected 1 or more")


def _pair(word: str) -> tuple[str, str]:
    key, found, value = word.partition("=")
    if not found or not key.strip():
        raise UsageError(f"{word!r} is not a tag; expected key=value")
    return key.strip(), value
