"""What a cell reads, assigns, fits, scores, draws and prints, found by looking.

Nothing here knows IPython: ``notebook/`` says when a cell begins and ends. What is named here is
loaded on first use, so that loading the extension loads little.

Table of contents
-----------------
``analysis``       the syntax tree of a cell → ``CellPlan``; with ``statements``, ``expressions``,
                   ``scope``
``snapshot``       the namespace before the cell, and what was really rebound
``values``         which values are params, and which are metrics
``hooks``          functions of libraries that tell the running cell of their calls
``sklearn_hooks``  where scikit-learn is hooked; ``installation`` shares that between cells
``observer``       what is noted of calls; with ``caller`` and ``naming``
``results``        one metric where a function's number was bound to a name
``datasets``       data versions by role, and rows that stand in two of them
``contracts``      what was promised of the data, held against them
``models``         fitted models, their params, the candidates of searches
``saving``         copying models, so that they can be written behind the cells
``figures``        figures that were shown
``output``         the last part of what was printed
``usage``          time and memory
``recording``      what was found, written to the run; ``tables`` are results that are no number
``capture``        all of it for one execution of a cell
``planning``       the same as a forecast
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis import CellPlan, analyse
    from .capture import Capture
    from .planning import plan_capture
    from .selection import Selection

__all__ = ["Capture", "CellPlan", "Selection", "analyse", "plan_capture"]

_PLACES = {
    "Capture": "capture",
    "CellPlan": "analysis",
    "Selection": "selection",
    "analyse": "analysis",
    "plan_capture": "planning",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_PLACES[name]}", __name__), name)
    globals()[name] = value
    return value
