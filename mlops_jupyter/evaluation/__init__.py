"""Evaluation: frames and arrays in, records out. Pure: no registry, no notebook, no clock.

Table of contents
-----------------
``evaluating``        a whole report: all below, put together
``scored``            a model's answers beside the truth, what all others work on; ``predicting``,
                      ``reading``: how they are asked for, from any model and any frame
``metrics``           the metrics of each problem, for any weights of the rows (``metrics_*``)
``comparing``         each metric with its interval beside a dummy and a baseline; ``resampling``,
                      ``intervals``, ``delong``: how intervals are made; ``claims``: after many looks
``dummies``           the least that a model must beat
``cross_validation``  by rows, groups or time
``pitfalls``          what makes a number untrue
``words``             one sentence, and a paragraph for people who train no models
``curves``            plots as numbers (``curves_*``); ``thresholds``: the one with the lowest cost
``explaining``        which features the model uses (``explaining_*``)
``slicing``           where it is worse (``slicing_*``); ``fairness``: for whom (``fairness_*``)
"""

from __future__ import annotations

from .claims import ledger_claim
from .curves import curves
from .fairness import fairness
from .scored import Scored, score_model, score_predictions
from .slicing import slices
from .thresholds import best_threshold

__all__ = [
    "Scored",
    "best_threshold",
    "curves",
    "fairness",
    "ledger_claim",
    "score_model",
    "score_predictions",
    "slices",
]
