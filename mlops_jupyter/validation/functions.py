"""Rules in Python: functions that a contract may call by name.

A contract is text, and text of unknown origin must not run code. So only a function that its author has
marked with :func:`rule` can be called, and a module is imported for a contract only where the user
names it: in ``MLOPS_RULES``, modules with commas between them. A function of the notebook or of a module
that is imported already needs no more than the mark. ``os:system`` is never called, for it bears none.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from .. import config
from ..errors import NotFoundError, near

F = TypeVar("F", bound=Callable[..., Any])
_known: dict[str, Callable[..., Any]] = {}


def rule(function: F) -> F:
    """Mark a function as a rule that contracts may name, as ``module:name`` or ``name``.

    It takes the column (a pandas or polars series), or the frame where the rule names no column or
    several, and the rule's ``arguments`` by keyword; it returns one boolean per row, or one for all.

    Examples
    --------
    >>> @rule
    ... def is_even(values):
    ...     return values % 2 == 0
    >>> function_of("is_even") is is_even
    True
    """
    _known[f"{function.__module__}:{function.__qualname__}"] = function
    _known[function.__qualname__] = function
    return function


def function_of(name: str) -> Callable[..., Any]:
    """Return the rule of a name.

    Raises
    ------
    NotFoundError
        When no function of that name is marked as a rule; says how to make it known.
    """
    if name not in _known:
        _import_named()
    if name not in _known:
        hint = (
            near(name, _known)
            or f"mark the function with @validation.rule, and name its module in {config.RULES_VARIABLE}"
        )
        raise NotFoundError(f"no rule {name!r} is known here; {hint}")
    return _known[name]


def _import_named() -> None:
    for module in config.rule_modules():
        try:
            import_module(module)
        except ImportError as error:
            raise NotFoundError(
                f"{config.RULES_VARIABLE} names {module!r}, which cannot be imported: {error}"
            ) from error
