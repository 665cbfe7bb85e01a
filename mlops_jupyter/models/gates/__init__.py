"""Gates: what a version needs before an alias may move to it, held against what is recorded.

Table of contents
-----------------
``kinds``       the kinds of gates, their words, and the gates where nobody wrote any
``document``    gates as YAML, both ways, with reasons as comments
``editions``    the gates of a model in the registry
``evidence``    what is recorded about a version
``of_metrics`` ``of_facts``  each kind held against it
``checking``    the whole report; whether an alias may move
"""

from __future__ import annotations

from .checking import allow_move, ask, check, is_lacking, last_check, refusal
from .document import from_yaml, gate_to_yaml, to_yaml
from .editions import put_gates, read_gates, view
from .kinds import KINDS, default_gates

__all__ = [
    "KINDS",
    "allow_move",
    "ask",
    "check",
    "default_gates",
    "from_yaml",
    "gate_to_yaml",
    "is_lacking",
    "last_check",
    "put_gates",
    "read_gates",
    "refusal",
    "to_yaml",
    "view",
]
