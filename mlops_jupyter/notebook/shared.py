"""Magics whose names IPython has too: ``%history`` and ``%alias``.

Ours answers where the line names a model: a reference with ``:4`` or ``@champion`` in it, or the name of
one that is registered. All else goes to IPython's as it stands, which comes back when the extension leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..errors import MlopsError

_THEIRS = "_mlops_theirs"


def take(ip: Any, name: str, ours: Callable[..., Any]) -> None:
    """Put a magic in the place of IPython's of the same name, which it asks for what is not ours."""
    from IPython.core.magic import no_var_expand

    theirs = ip.find_line_magic(name)  # also one that IPython has not imported yet
    if theirs is None:
        ip.register_magic_function(ours, "line", name)
        return
    if hasattr(theirs, _THEIRS):
        theirs = getattr(theirs, _THEIRS)

    @no_var_expand
    @wraps(ours)
    def magic(line: str) -> Any:
        if names_a_model(line):
            return ours(line)
        return theirs(line if _is_literal(theirs) else ip.var_expand(line, 1))

    magic.__name__ = name
    magic.__doc__ = f"{ours.__doc__}\n\nIf the line names no model, IPython's %{name}:\n\n{theirs.__doc__}"
    setattr(magic, _THEIRS, theirs)
    ip.register_magic_function(magic, "line", name)


def give_back(ip: Any, name: str) -> None:
    """Give IPython its magic back, where ours is still in its place."""
    table = ip.magics_manager.magics["line"]
    if theirs := getattr(table.get(name), _THEIRS, None):
        table[name] = theirs


def names_a_model(line: str) -> bool:
    """Return whether the first word of a line is a registered model or one of its versions."""
    from .. import models, store
    from ..models import reference

    first = next(iter(line.split()), "").strip("'\"")
    if not first or first.startswith("-"):
        return False
    asked = reference.parse(first)
    if asked.alias is not None or (asked.number is not None and asked.name):
        return True
    try:
        return models.find_model(store.open_existing(), first).name == first
    except MlopsError:
        return False


def _is_literal(magic: Callable[..., Any]) -> bool:
    from IPython.core.magic import MAGIC_NO_VAR_EXPAND_ATTR

    return bool(getattr(magic, MAGIC_NO_VAR_EXPAND_ATTR, False))
