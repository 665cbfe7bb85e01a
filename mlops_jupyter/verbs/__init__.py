"""The verbs, each defined once: the command line and the magics are made from these signatures.

Those about the registry take ``registry`` (a folder or a ``postgresql://`` URL; None for the rules
of ``config.py``); all return a record. A run is named by its number (``12``, ``"#12"``), its id,
or ``"experiment/12"``; a version of a model by ``churn:4`` or ``churn@champion``.

Table of contents
-----------------
``looking``    ``runs``, ``show``, ``compare``, ``query``
``changing``   ``tag``, ``note``, ``delete``, ``restore``
``keeping``    ``status``, ``doctor``, ``backup``, ``clean``
``starting``   ``demo``, ``enable``, ``disable``
``contracts``  ``validate``, and the group ``contract``
``data_looking``, ``data_keeping``   the group ``data``
``evaluating``       ``evaluate``, ``cross-validate``
``models_keeping``   ``register``, ``alias``, ``archive``, ``unarchive``
``models_looking``   ``history``, ``card``, and the group ``models``
``approving``        ``request-approval``, ``approve``, ``reject``, ``withdraw``, ``approvals``, and
                     the groups ``gates`` and ``audit``
``usecases``         ``usecase``, ``kpi``
``reproducing``      ``slice``, ``reproduce``
``deploying``        ``export``, ``retrain``
``around``     what several need

A group is a verb with further verbs: ``data save``, ``contract infer``. What stands alone after
its name is given to the verb of the empty name: ``data churn-train:3``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from . import (
    approving,
    contracts,
    data_keeping,
    data_looking,
    deploying,
    models_keeping,
    models_looking,
    reproducing,
    usecases,
)
from .changing import delete, note, restore, tag
from .contracts import validate
from .evaluating import cross_validate, evaluate
from .keeping import backup, clean, doctor, status
from .looking import compare, query, runs, show
from .starting import demo, disable, enable

__all__ = [
    "GROUPS",
    "VERBS",
    "Group",
    "backup",
    "clean",
    "compare",
    "cross_validate",
    "delete",
    "demo",
    "disable",
    "doctor",
    "enable",
    "evaluate",
    "note",
    "query",
    "restore",
    "runs",
    "show",
    "status",
    "tag",
    "validate",
]

VERBS: Final[Mapping[str, Callable[..., Any]]] = {
    "alias": models_keeping.set_alias,
    "approvals": approving.approvals,
    "approve": approving.approve,
    "archive": models_keeping.archive_model,
    "backup": backup,
    "card": models_looking.model_card,
    "clean": clean,
    "compare": compare,
    "cross-validate": cross_validate,
    "delete": delete,
    "demo": demo,
    "disable": disable,
    "doctor": doctor,
    "enable": enable,
    "evaluate": evaluate,
    "export": deploying.export,
    "history": models_looking.model_history,
    "kpi": usecases.log_kpi,
    "note": note,
    "query": query,
    "register": models_keeping.register,
    "reject": approving.reject,
    "reproduce": reproducing.reproduce,
    "request-approval": approving.request_approval,
    "restore": restore,
    "retrain": deploying.retrain,
    "runs": runs,
    "show": show,
    "slice": reproducing.make_slice,
    "status": status,
    "tag": tag,
    "unarchive": models_keeping.unarchive_model,
    "usecase": usecases.document_use_case,
    "validate": validate,
    "withdraw": approving.withdraw_request,
}
"""The verbs by the word that a line begins with."""


class Group(NamedTuple):
    """A verb with further verbs; ``synonyms`` are what people type who come from another tool."""

    help: str
    verbs: Mapping[str, Callable[..., Any]]
    synonyms: Mapping[str, str]


GROUPS = {
    "data": Group(
        "Datasets: list them, show one, save, load, compare, document.",
        {
            "": data_looking.datasets_or_one,
            "list": data_looking.list_datasets,
            "show": data_looking.describe_dataset,
            "save": data_keeping.save_dataset,
            "load": data_keeping.load_or_export,
            "diff": data_looking.diff_datasets,
            "history": data_looking.dataset_history,
            "where-used": data_looking.where_used,
            "doc": data_keeping.document_dataset,
            "alias": data_keeping.alias_dataset,
            "delete": data_keeping.delete_dataset,
            "restore": data_keeping.restore_dataset,
        },
        {
            "add": "save",
            "checkout": "load",
            "describe": "show",
            "get": "load",
            "ls": "list",
            "rm": "delete",
            "tag": "alias",
            "versions": "history",
        },
    ),
    "contract": Group(
        "Contracts: what data must be like; infer, edit, accept, compare.",
        {
            "": contracts.contracts_or_one,
            "list": contracts.list_contracts,
            "show": contracts.show_contract,
            "infer": contracts.infer_contract,
            "edit": contracts.edit_contract,
            "accept": contracts.accept_contract,
            "diff": contracts.diff_contracts,
            "export": contracts.export_contract,
        },
        {"approve": "accept", "ls": "list"},
    ),
    "models": Group(
        "Models: list them, show one or one version, say more about it.",
        {
            "": models_looking.models_or_one,
            "list": models_looking.list_models,
            "show": models_looking.describe_model,
            "edit": models_keeping.edit_model,
        },
        {"describe": "show", "ls": "list"},
    ),
    "gates": Group(
        "Gates: what a version needs before it may become the champion; check, show, edit.",
        {
            "": approving.check_gates,
            "check": approving.check_gates,
            "show": approving.show_gates,
            "edit": approving.edit_gates,
        },
        {"export": "show"},
    ),
    "audit": Group(
        "The memory: prove that nothing in it was altered.",
        {"verify": approving.verify_audit},
        {"check": "verify"},
    ),
}
