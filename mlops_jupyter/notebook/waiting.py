"""What a magic says while it takes long, and its answer in the same place.

A front end cannot take one output of a cell away again, so the line that says what is being done
is made into the answer: in a saved notebook nothing is left of it. Where there is no answer to
show, or an error, it is made into an output without content, which is not drawn.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

_current: ContextVar[_Place | None] = ContextVar("mlops_waiting", default=None)


def watched(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return a verb that says under the cell what it does, once it has taken longer than a second."""

    @wraps(verb)
    def call(*args: Any, **options: Any) -> Any:
        from ..datasets import progress

        place = _Place.of_this_shell()
        if place is None:
            with progress.on_terminal():
                return verb(*args, **options)
        try:
            with progress.listening(place.say):
                answer = verb(*args, **options)
        except BaseException:
            place.leave()
            raise
        _current.set(place)
        return answer

    return call


def answering(finish: Callable[..., Any]) -> Callable[..., Any]:
    """Return what shows the answer of a watched verb, so that nothing stays of what was said before."""

    @wraps(finish)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return finish(*args, **options)
        finally:
            if (place := _current.get()) is not None:
                place.leave()
                _current.set(None)

    return call


def show(bundle: dict[str, Any]) -> None:
    """Show an answer: where something was said while it was waited for, in that place."""
    from IPython.display import display

    place = _current.get()
    if place is None or not place.take(bundle):
        display(bundle, raw=True)


class _Place:
    """One output that is drawn anew."""

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher
        self._id = f"mlops-{uuid.uuid4().hex}"
        self._is_drawn = False

    @classmethod
    def of_this_shell(cls) -> _Place | None:
        """Return a new place, None in a terminal, which would print it again and again."""
        from IPython import get_ipython

        shell = get_ipython()
        return cls(shell.display_pub) if hasattr(shell, "kernel") else None

    def say(self, words: str | None) -> None:
        if words is not None:  # the answer comes now
            self._draw({"text/plain": words})

    def take(self, bundle: dict[str, Any]) -> bool:
        """Put an answer here, if something was said; return whether that was so."""
        if not self._is_drawn:
            return False
        self._draw(bundle)
        self._is_drawn = False
        return True

    def leave(self) -> None:
        """Take away what was said, if it was and no answer took its place."""
        self.take({})

    def _draw(self, data: dict[str, Any]) -> None:
        about = {"transient": {"display_id": self._id}, "update": self._is_drawn}
        self._publisher.publish(data=data, metadata={}, **about)
        self._is_drawn = True
