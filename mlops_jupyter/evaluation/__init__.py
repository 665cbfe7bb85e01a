"""Evaluation: frames and arrays in, records out. Pure: no registry, no notebook, no clock.

Table of contents
-----------------
``score_model``, ``score_predictions``, ``Scored``  a model's answers, what all others work on
"""

from .scored import Scored, score_model, score_predictions

__all__ = ["Scored", "score_model", "score_predictions"]
