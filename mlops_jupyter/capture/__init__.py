"""What a cell reads, assigns, fits, scores, draws and prints, found by looking.

Nothing here knows IPython: ``notebook/`` says when a cell begins and ends.

Table of contents
-----------------
``analysis``       the syntax tree of a cell → ``CellPlan``; with ``scope`` and ``expressions``
``snapshot``       the namespace before the cell, and what was really rebound
``values``         which values are params, and which are metrics
``hooks``          functions of libraries that tell the running cell of their calls
``sklearn_hooks``  where scikit-learn is hooked; ``installation`` shares that between cells
``observer``       what is noted of calls; with ``caller`` and ``naming``
``results``        one metric where a function's number was bound to a name
``datasets``       data versions by role, and rows that stand in two of them
``models``         fitted models, their params, the candidates of searches
``figures``        figures that were shown
``output``         the last part of what was printed
``usage``          time and memory
``capture``        all of it for one execution of a cell
``planning``       the same as a forecast
"""

from __future__ import annotations

from .analysis import CellPlan, analyse
from .capture import Capture
from .planning import plan_capture
from .selection import Selection

__all__ = ["Capture", "CellPlan", "Selection", "analyse", "plan_capture"]
