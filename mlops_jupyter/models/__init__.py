"""Models: the registry with evidence, aliases, gates, approvals, memory.

Table of contents
-----------------
``reference``    what people call a model, and which version that is
``registering``  a model of a run, in memory or in a file becomes the next version
``origins``      the model's file, and the run that kept it; ``signatures``: what it takes and answers
``views``        one version with all its evidence
``looking``      the list of models, one model, one version
``comparing``    two versions beside each other
``cards``        a card of recorded facts, for everyone or for outsiders; ``card_facts``, ``card_sections``
``loading``      a version back from its file, after its bytes, libraries and answers were checked
``aliases``      which version a word points to; every move is remembered
``wording``      owner, licence, intended use, limits, notes; ``archiving`` puts versions away
"""

from __future__ import annotations

from .aliases import delete_alias, set_alias
from .archiving import archive, unarchive
from .cards import card
from .comparing import compare
from .loading import load_model
from .looking import table, version, view
from .registering import register
from .wording import edit

__all__ = [
    "archive",
    "card",
    "compare",
    "delete_alias",
    "edit",
    "load_model",
    "register",
    "set_alias",
    "table",
    "unarchive",
    "version",
    "view",
]
