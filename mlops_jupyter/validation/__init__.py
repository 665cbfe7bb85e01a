"""Contracts: what data must be like. Frames and profiles in, records out.

Table of contents
-----------------
``kinds``         the kinds of rules and their words
``reading`` ``writing``  a contract as YAML, both ways, with reasons as comments; ``nodes``: plain YAML
                  with its lines, for other documents too
``inferring``     a contract from profiles: ``suggesting`` per column, ``relations`` across columns;
                  ``chances``: limits with a stated rate of false alarms
``checking``      a contract asked of data, or of a profile alone
``rows_pandas`` ``rows_polars``  rules per row, through pandera, which ``engine`` imports
``whole``         rules of a table as a whole; ``counted``: from the profile; ``distributions``: spread
``functions``     rules in Python, and how they are guarded
``frames`` ``facts`` ``asking`` ``answers``  what is asked, and what comes of it
``fidelity``      four figures of how far data can be trusted
``editions``      two contracts beside each other
``script``        a contract as a pandera schema in Python; ``junit``: a report for CI
"""

from __future__ import annotations

from .checking import check, check_profile
from .editions import diff_contracts
from .functions import rule
from .inferring import infer
from .junit import to_junit
from .reading import from_yaml
from .script import to_pandera_script
from .writing import to_yaml

__all__ = [
    "check",
    "check_profile",
    "diff_contracts",
    "from_yaml",
    "infer",
    "rule",
    "to_junit",
    "to_pandera_script",
    "to_yaml",
]
