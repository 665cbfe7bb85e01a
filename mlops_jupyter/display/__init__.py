"""Records in; static HTML, plain text and MIME bundles out.

No script, no remote address, below 100 kB, readable in light and dark; each with a plain-text twin
that says the same. Nothing here opens the registry: pictures come in as bytes.

Table of contents
-----------------
``html``, ``text``, ``bundle``    one record of any kind that has a view
``full``                          everything of one run, figures inline
``live_html``                     the card of a run that still runs

The rest of the room: ``words`` (numbers, sizes, times, names as few characters), ``curves``
(sparklines and charts), ``facts`` (what a run's views say), ``layout`` (columns, folds),
``rendering`` (the templates' environment and the stylesheet), and one module for each view.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from .. import records
from . import card, table

__all__ = ["html", "text"]


@singledispatch
def html(record: Any) -> str:
    """Return a record as static HTML."""
    raise TypeError(f"there is no view of {type(record).__name__}")


@singledispatch
def text(record: Any) -> str:
    """Return a record as plain text."""
    raise TypeError(f"there is no view of {type(record).__name__}")


html.register(records.RunView, card.html)
text.register(records.RunView, card.text)
html.register(records.RunTable, table.html)
text.register(records.RunTable, table.text)
