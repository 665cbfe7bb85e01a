"""The hooks in libraries, shared by all cells that are tracked at the same time."""

from __future__ import annotations

import os
import threading

from .sklearn_hooks import SklearnHooks

_lock = threading.Lock()
_hooks = SklearnHooks()
_users = 0


def install() -> None:
    """Put the hooks in, unless they are in for another cell."""
    global _users  # noqa: PLW0603
    with _lock:
        _users += 1
        if _users == 1:
            _hooks.install()


def remove() -> None:
    """Take the hooks out when no cell needs them any more."""
    global _users  # noqa: PLW0603
    with _lock:
        _users = max(0, _users - 1)
        if _users == 0:
            _hooks.remove()


def _after_fork() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
