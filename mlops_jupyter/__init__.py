"""Track experiments, data and models without leaving the notebook.

In a notebook, ``%load_ext mlops_jupyter`` and ``%%track`` over a cell. In a script, the functions
below. Each is loaded on first use, so that importing the package imports nothing heavy.

Table of contents
-----------------
The life of a run   ``start_run``, ``end_run``, ``active_run``
Logging             ``log_param(s)``, ``log_metric(s)``, ``log_artifact(s)``, ``log_figure``,
                    ``log_dataset``, ``log_model``, ``set_tag(s)``, ``set_note``
Looking             ``get_run``, ``search_runs``, ``compare_runs``, ``runs``, ``query``, ``status``
Data                ``save_dataset``, ``load_dataset``, ``list_datasets``, ``describe_dataset``,
                    ``diff_datasets``, ``dataset_history``, ``where_used``, ``document_dataset``
Contracts           ``infer_contract``, ``accept_contract``, ``validate``
Evaluating          ``evaluate``, ``cross_validate``
Models              ``register``, ``list_models``, ``describe_model``, ``compare``, ``load_model``,
                    ``set_alias``, ``archive_model``, ``model_history``, ``model_card``
Deciding            ``check_gates``, ``edit_gates``, ``request_approval``, ``approve``, ``reject``,
                    ``verify_audit``
From the notebook   ``make_slice``, ``reproduce``, ``export``, ``retrain``
Use cases           ``use_case``, ``document_use_case``, ``log_kpi``
Keeping             ``delete_run``, ``restore_run``, ``doctor``, ``backup``
Errors              ``MlopsError``; its children are in ``mlops_jupyter.errors``
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "ActiveRun",
    "MlopsError",
    "__version__",
    "accept_contract",
    "active_run",
    "approve",
    "archive_model",
    "backup",
    "check_gates",
    "compare",
    "compare_runs",
    "cross_validate",
    "dataset_history",
    "delete_run",
    "describe_dataset",
    "describe_model",
    "diff_datasets",
    "doctor",
    "document_dataset",
    "document_use_case",
    "edit_gates",
    "end_run",
    "evaluate",
    "export",
    "get_run",
    "infer_contract",
    "list_datasets",
    "list_models",
    "load_dataset",
    "load_ipython_extension",
    "load_model",
    "log_artifact",
    "log_artifacts",
    "log_dataset",
    "log_figure",
    "log_kpi",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_params",
    "make_slice",
    "model_card",
    "model_history",
    "query",
    "register",
    "reject",
    "reproduce",
    "request_approval",
    "restore_run",
    "retrain",
    "runs",
    "save_dataset",
    "search_runs",
    "set_alias",
    "set_note",
    "set_tag",
    "set_tags",
    "start_run",
    "status",
    "unload_ipython_extension",
    "use_case",
    "validate",
    "verify_audit",
    "where_used",
]

if TYPE_CHECKING:
    from .errors import MlopsError
    from .models import load_model
    from .tracking import (
        ActiveRun,
        active_run,
        compare_runs,
        delete_run,
        end_run,
        get_run,
        log_artifact,
        log_artifacts,
        log_dataset,
        log_figure,
        log_metric,
        log_metrics,
        log_model,
        log_param,
        log_params,
        restore_run,
        search_runs,
        set_note,
        set_tag,
        set_tags,
        start_run,
    )
    from .verbs import backup, compare, doctor, query, runs, status, validate
    from .verbs.approving import (
        approve,
        check_gates,
        edit_gates,
        reject,
        request_approval,
        verify_audit,
    )
    from .verbs.contracts import accept_contract, infer_contract
    from .verbs.data_keeping import document_dataset, load_dataset, save_dataset
    from .verbs.data_looking import (
        dataset_history,
        describe_dataset,
        diff_datasets,
        list_datasets,
        where_used,
    )
    from .verbs.deploying import export, retrain
    from .verbs.evaluating import cross_validate, evaluate
    from .verbs.models_keeping import archive_model, register, set_alias
    from .verbs.models_looking import describe_model, list_models, model_card, model_history
    from .verbs.reproducing import make_slice, reproduce
    from .verbs.usecases import document_use_case, log_kpi, use_case

_ROOMS = {
    "errors": ("MlopsError",),
    "models": ("load_model",),
    "verbs": ("backup", "compare", "doctor", "query", "runs", "status", "validate"),
    "verbs.contracts": ("accept_contract", "infer_contract"),
    "verbs.data_keeping": ("document_dataset", "load_dataset", "save_dataset"),
    "verbs.data_looking": (
        "dataset_history",
        "describe_dataset",
        "diff_datasets",
        "list_datasets",
        "where_used",
    ),
    "verbs.deploying": ("export", "retrain"),
    "verbs.reproducing": ("make_slice", "reproduce"),
    "verbs.evaluating": ("cross_validate", "evaluate"),
    "verbs.models_keeping": ("archive_model", "register", "set_alias"),
    "verbs.models_looking": ("describe_model", "list_models", "model_card", "model_history"),
    "verbs.approving": (
        "approve",
        "check_gates",
        "edit_gates",
        "reject",
        "request_approval",
        "verify_audit",
    ),
    "verbs.usecases": ("document_use_case", "log_kpi", "use_case"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

# What people type who come from another tracker, and what it is called here.
_ELSEWHERE = {
    "autolog": "%%track over a cell, which records what it fits and scores",
    "finish": "end_run()",
    "init": "start_run(experiment)",
    "log": "log_metrics({...}, step=...)",
    "log_dict": "log_params({...})",
    "log_input": "log_dataset(frame, name)",
    "log_dataframe": "save_dataset(df, name)",
    "log_table": "log_artifact(path)",
    "pin_read": "load_dataset(name)",
    "pin_write": "save_dataset(df, name)",
    "set_experiment": "start_run(experiment)",
    "register_model": "register(name, run=12)",
    "set_registered_model_alias": "set_alias('churn:4', 'champion')",
    "use_artifact": "load_dataset('name:3') or load_model(run)",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        hint = f"; here it is {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    room = _ROOM_OF.get(name, "tracking")
    value = getattr(import_module(f".{room}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ip: Any) -> None:
    """Begin to track: called by ``%load_ext mlops_jupyter``.

    Parameters
    ----------
    ip
        The running IPython shell.
    """
    import_module(".notebook", __name__).load_ipython_extension(ip)


def unload_ipython_extension(ip: Any) -> None:
    """Leave no trace in the shell: called by ``%unload_ext mlops_jupyter``.

    Parameters
    ----------
    ip
        The running IPython shell.
    """
    import_module(".notebook", __name__).unload_ipython_extension(ip)
