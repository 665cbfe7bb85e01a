"""Verbs that look at runs."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UsageError
from ..records import Comparison, QueryResult, RunTable, RunView, VersionComparison

__all__ = ["compare", "query", "runs", "show"]


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
    from .. import tracking
    from ..lineage import staleness
    from ..store import open_existing

    _positive("limit", limit)
    found = tracking.find_runs(
        experiment,
        filter,
        order=order,
        limit=limit,
        only_differences=differences,
        include_deleted=all,
        include_children=all,
        registry=registry,
    )
    return replace(found, runs=staleness.marked(open_existing(registry), found.runs))


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
        Params, metrics, data, files, code, environment, findings, what changed, and why it is stale.

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
    from .. import tracking
    from ..lineage import staleness
    from ..store import open_existing

    found = tracking.get_run(run, registry=registry)
    return staleness.marked(open_existing(registry), [found])[0]


def compare(*runs: int | str, registry: str | None = None) -> Comparison | VersionComparison:
    """Put runs beside each other, or two versions of models: params, metrics, data, code.

    Parameters
    ----------
    runs
        Two or more runs, as for ``show``: differences of code, data and environment are those of
        the first and the last. Or two versions: ``churn:3 churn@champion``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    Comparison or VersionComparison
        What is the same and what differs; of versions, whether the later is better beyond noise.

    Raises
    ------
    UsageError
        Where fewer than two runs are named, or not two versions.
    NotFoundError
        Where a run or version does not exist; names the nearest ones.

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
    from .. import models, store, tracking

    if len(runs) < 2:
        raise UsageError(f"compare takes two or more runs, got {len(runs)}; as in: compare 11 12")
    opened = store.open_existing(registry)
    if models.are_versions(opened, runs):
        if len(runs) != 2:
            raise UsageError(f"compare takes two versions, got {len(runs)}; as in: compare churn:3 churn:4")
        return models.compare(str(runs[0]), str(runs[1]), registry=opened)
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
    from .. import store

    _positive("limit", limit)
    return store.open_existing(registry).query(sql, limit=limit)


def _positive(name: str, value: int) -> None:
    if value < 1:
        raise UsageError(f"{name} is {value}; expected 1 or more")
