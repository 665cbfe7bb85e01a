"""Functions of libraries that tell a tracked cell when its own code calls them.

A hook does nothing but call the original, except in the context of a tracked cell: threads,
earlier tasks, worker processes and calls inside another hooked call pass straight through. What a
hook does of its own never raises, and the original's result and exception are handed on as they are.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Kind = Literal["fit", "predict", "score", "metric", "cross", "quiet"]

_log = logging.getLogger("mlops_jupyter")


@dataclass(slots=True)
class Call:
    """One call of a hooked function. ``notes`` is the observer's own."""

    kind: Kind
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    notes: Any = field(default=None)

    @property
    def name(self) -> str:
        """The function's own name."""
        return str(getattr(self.function, "__name__", "function"))

    def argument(self, index: int, *names: str) -> Any:
        """Return an argument by its place or one of its names; None where it was not given."""
        if index < len(self.args):
            return self.args[index]
        return next((self.kwargs[name] for name in names if name in self.kwargs), None)


class Observer(Protocol):
    """What a tracked cell does with calls of hooked functions."""

    pid: int

    def begin(self, call: Call) -> bool:
        """Look at a call before it happens; False where it is not of interest."""

    def end(self, call: Call, result: Any) -> None:
        """Look at what it returned."""


current: ContextVar[Observer | None] = ContextVar("mlops_jupyter_observer", default=None)
_inside: ContextVar[bool] = ContextVar("mlops_jupyter_inside", default=False)


def observe(
    kind: Kind, original: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Call the original, and tell the cell that is running."""
    observer = current.get()
    if observer is None or _inside.get() or observer.pid != os.getpid():
        return original(*args, **kwargs)
    call = Call(kind, original, args, kwargs)
    if not _guarded(observer.begin, call):
        return original(*args, **kwargs)
    token = _inside.set(True)
    try:
        result = original(*args, **kwargs)
    finally:
        _inside.reset(token)
    _guarded(observer.end, call, result)
    return result


def _guarded(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Exception:  # noqa: BLE001 - tracking is a guest
        _log.debug("mlops_jupyter: a hook failed", exc_info=True)
        return None


def hook(kind: Kind, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that looks like the original and tells the running cell of its calls.

    It is a plain function that refers to this module by name alone, so that signatures can be read
    from it and worker processes can unpickle a class that carries it.
    """

    @functools.wraps(original)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        return observe(kind, original, args, kwargs)

    return hooked


def is_hook(value: Any) -> bool:
    """Return whether a function was made by :func:`hook`."""
    return getattr(value, "__code__", None) is _CODE


_CODE = hook("quiet", len).__code__
