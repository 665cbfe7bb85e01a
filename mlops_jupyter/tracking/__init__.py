"""The life of a run: begin, log, finish, look at, search, compare.

Table of contents
-----------------
``runs``         begin, resume, join and end; log to the active run
``run``          ``ActiveRun``: a run that is open, and how it ends
``recording``    what can be said about it: values, words, content
``active``       which run is meant where none is named
``life``         the transactions of beginning, resuming and finishing
``buffer``       metric points on their way to the registry
``worker``       work behind the cell
``params``       inputs: keys, flattening, long values
``artifacts``    files, figures, datasets, models
``loading``      models of runs, back from their files
``children``     child runs in bulk
``edit``         tags, note, deletion, restoring
``refs``         which run a word means
``views``        runs with everything that belongs to them
``looking``      one of them, with what changed
``series``       points for a small curve
``changes``      what changed against the last attempt and the best run
``search``       runs found by MLflow's filter language, as records or as a DataFrame
``compare``      runs beside each other
``status``       where the registry is and what stands in it
``around``       environment and git, taken behind the cell
``environment``  Python, platform, packages, hardware
``git``          commit, branch, what is not committed
``direction``    whether more of a metric is better
"""

from __future__ import annotations

from .children import Child
from .compare import compare_runs
from .edit import delete_run, restore_run
from .loading import load_model
from .looking import get_run
from .run import ActiveRun
from .runs import (
    active_run,
    end_run,
    log_artifact,
    log_artifacts,
    log_dataset,
    log_figure,
    log_metric,
    log_metrics,
    log_model,
    log_param,
    log_params,
    set_note,
    set_tag,
    set_tags,
    start_run,
)
from .search import find_runs, search_runs
from .status import status

__all__ = [
    "ActiveRun",
    "Child",
    "active_run",
    "compare_runs",
    "delete_run",
    "end_run",
    "find_runs",
    "get_run",
    "load_model",
    "log_artifact",
    "log_artifacts",
    "log_dataset",
    "log_figure",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_params",
    "restore_run",
    "search_runs",
    "set_note",
    "set_tag",
    "set_tags",
    "start_run",
    "status",
]
