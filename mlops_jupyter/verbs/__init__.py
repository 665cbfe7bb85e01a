"""The verbs, each defined once: the command line and the magics are made from these signatures.

Those about the registry take ``registry`` (a folder or a ``postgresql://`` URL; None for the rules
of ``config.py``); all return a record. A run is named by its number (``12``, ``"#12"``), its id,
or ``"experiment/12"``.

Table of contents
-----------------
``looking``    ``runs``, ``show``, ``compare``, ``query``
``changing``   ``tag``, ``note``, ``delete``, ``restore``
``keeping``    ``status``, ``doctor``, ``backup``, ``clean``
``starting``   ``demo``, ``enable``, ``disable``
``contracts``  ``validate``, and the group ``contract``
``data_looking``, ``data_keeping``   the group ``data``
``around``     what several need

A group is a verb with further verbs: ``data save``, ``contract infer``. What stands alone after
its name is given to the verb of the empty name: ``data churn-train:3``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import contracts, data_keeping, data_looking
from .changing import delete, note, restore, tag
from .contracts import validate
from .keeping import backup, clean, doctor, status
from .looking import compare, query, runs, show
from .starting import demo, disable, enable

__all__ = [
    "backup",
    "clean",
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
    "validate",
]


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
}
