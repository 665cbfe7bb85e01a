"""Models: the registry with evidence, aliases, gates, approvals, memory.

Table of contents
-----------------
``reference``    what people call a model, and which version that is
``registering``  a model of a run, in memory or in a file becomes the next version
``origins``      the model's file, and the run that kept it; ``signatures``: what it takes and answers
``views``        one version with all its evidence
``looking``      the list of models, one model, one version
``comparing``    two versions beside each other; ``comparing_metrics``: better beyond noise, or not
``cards``        a card of recorded facts; made of ``card_facts``, ``card_words``, ``card_sections``
``loading``      a version back from its file, after its bytes, libraries and answers were checked
``aliases``      which version a word points to; every move is remembered
``gates``        what a version needs before it may move; ``approving``: requests and their answers
``memory``       what happened to a model and what held when (``past``); ``audit``: nothing was altered
``evaluating``   a model on rows held out, kept with ``ledger`` and ``trained_on``; ``inputs``: on what
``usecases``     why a model exists; ``kpis``: business figures beside its metrics
``wording``      owner, licence, intended use, limits, notes; ``archiving`` puts versions away
"""

from __future__ import annotations

from .aliases import delete_alias, set_alias
from .approving import approvals, approve, reject, request_approval, withdraw
from .archiving import archive, unarchive
from .audit import verify_audit
from .cards import card
from .comparing import compare
from .evaluating import cross_validate, evaluate
from .gates import check as check_gates
from .gates import put_gates, read_gates
from .inputs import are_versions, training_rows
from .kpis import log_kpi
from .loading import load_model
from .looking import table, version, view
from .memory import history
from .reference import find_model
from .registering import register
from .usecases import document_use_case, put_use_case, use_case
from .usecases import from_yaml as use_case_from_yaml
from .usecases import to_yaml as use_case_to_yaml
from .wording import edit

__all__ = [
    "approvals",
    "approve",
    "archive",
    "are_versions",
    "card",
    "check_gates",
    "compare",
    "cross_validate",
    "delete_alias",
    "document_use_case",
    "edit",
    "evaluate",
    "find_model",
    "history",
    "load_model",
    "log_kpi",
    "put_gates",
    "put_use_case",
    "read_gates",
    "register",
    "reject",
    "request_approval",
    "set_alias",
    "table",
    "training_rows",
    "unarchive",
    "use_case",
    "use_case_from_yaml",
    "use_case_to_yaml",
    "verify_audit",
    "version",
    "view",
    "withdraw",
]
