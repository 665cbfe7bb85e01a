"""The source of a cell, for whoever looks at it or compiles it: without our line, without warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def untracked(source: str) -> str:
    r"""Return a cell without its ``%%track`` line.

    Examples
    --------
    >>> untracked("%%track churn\nx = 1"), untracked("x = 1")
    ('x = 1', 'x = 1')
    """
    head, _, body = source.lstrip().partition("\n")
    return body if head.startswith("%%track") else source


@contextmanager
def no_warnings_from(compiled_as: str) -> Iterator[None]:
    """Drop the warnings of our own compiling; the user gets them when the cell is compiled to run.

    Not with ``warnings.catch_warnings``: that makes Python forget which warnings it has shown, and
    the user would see them again.

    Parameters
    ----------
    compiled_as
        The file name that our compiling gives the code.
    """
    shown = warnings.showwarning

    def show(message: Any, category: Any, filename: str, *rest: Any, **named: Any) -> None:
        if filename != compiled_as:
            shown(message, category, filename, *rest, **named)

    warnings.showwarning = show
    try:
        yield
    finally:
        if warnings.showwarning is show:
            warnings.showwarning = shown
