"""Evaluation: frames and arrays in, records out. Pure: no registry, no notebook, no clock.

Table of contents
-----------------
``evaluating.py``   ``evaluate``: all of it together
``scored.py``       ``score_model``, ``score_predictions``, ``Scored``: what all others work on
``predicting.py``   asks a model of any kind; ``reading.py`` takes arrays of any library
``metrics*.py``     the metrics of each problem, for any weights of the rows
``comparing.py``    every metric with its interval, beside a dummy and a baseline
``delong.py``, ``intervals.py``, ``resampling.py``   the intervals; ``dummies.py`` the dummy
``claims.py``       ``ledger_claim``: what many looks at one hold-out do to a claim
``crossing.py``     ``cross_validate``: by row, group or time
``pitfalls.py``     what makes an evaluation say more than it should
``curves*.py``      ``curves``: plots as numbers
``thresholds.py``   ``best_threshold``: where the costs are lowest
``slicing*.py``     ``slices``: parts of the rows that are worse than chance allows
``fairness*.py``    ``fairness``: groups and their gaps
``explaining*.py``  ``explain``: which features the model uses, and how
``words.py``        the sentences
"""

from __future__ import annotations

from .claims import ledger_claim
from .comparing import difference
from .crossing import cross_validate
from .curves import curves
from .evaluating import evaluate
from .explaining import explain
from .fairness import fairness
from .pitfalls import pitfalls
from .scored import Scored, score_model, score_predictions
from .slicing import slices
from .thresholds import best_threshold

__all__ = [
    "Scored",
    "best_threshold",
    "cross_validate",
    "curves",
    "difference",
    "evaluate",
    "explain",
    "fairness",
    "ledger_claim",
    "pitfalls",
    "score_model",
    "score_predictions",
    "slices",
]
