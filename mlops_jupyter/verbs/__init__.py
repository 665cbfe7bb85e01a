"""The verbs, each defined once: the command line and the magics are made from these signatures.

Those about the registry take ``registry`` (a folder or a ``postgresql://`` URL; None for the rules
of ``config.py``); all return a record. A run is named by its number (``12``, ``"#12"``), its id,
or ``"experiment/12"``.

Table of contents
-----------------
``looking``    ``runs``, ``show``, ``compare``, ``query``
``changing``   ``tag``, ``note``, ``delete``, ``restore``
``keeping``    ``status``, ``doctor``, ``backup``
``starting``   ``demo``, ``enable``, ``disable``
"""

from __future__ import annotations

from .changing import delete, note, restore, tag
from .keeping import backup, doctor, status
from .looking import compare, query, runs, show
from .starting import demo, disable, enable

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
