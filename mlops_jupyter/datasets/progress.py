"""What is being done, for whoever waits: a door listens, this room says."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

Show = Callable[[str | None], None]

PATIENCE_S = 1.0
_BLOCKS = 12

_listener: contextvars.ContextVar[Listener | None] = contextvars.ContextVar("mlops_progress", default=None)


class Listener:
    """Shows the present step once the whole has taken longer than people like to wait."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._began = time.monotonic()
        self._over = threading.Event()
        self._shown = False
        self.steps: list[str] = []
        # A kernel keeps in the context which cell an output belongs to.
        tell = contextvars.copy_context().run
        self._thread = threading.Thread(target=tell, args=(self._tell,), name="mlops-progress", daemon=True)
        self._thread.start()

    def _tell(self) -> None:
        while not self._over.wait(PATIENCE_S):
            for words in self.steps[-1:]:  # the other thread may take the last one away meanwhile
                self._shown = True
                self._show(f"{words} … {time.monotonic() - self._began:.0f} s")

    def stop(self) -> None:
        """Take away what was shown."""
        self._over.set()
        self._thread.join()
        if self._shown:
            self._show(None)


@contextmanager
def listening(show: Show) -> Iterator[None]:
    """Show steps that take longer than a second.

    Parameters
    ----------
    show
        Called in another thread with one line, about once a second; at the end with None.

    Examples
    --------
    >>> with listening(print), step("reading flights.csv"):
    ...     pass
    """
    listener = Listener(show)
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
        listener.stop()


@contextmanager
def on_terminal() -> Iterator[None]:
    """Show steps that take longer than a second on stderr, where somebody looks at it; then erase them."""
    if not sys.stderr.isatty():
        yield
        return
    with listening(_Terminal().show):
        yield


class _Terminal:
    """One line with a spinner, which leaves no trace."""

    def __init__(self) -> None:
        self._status: Status | None = None

    def show(self, words: str | None) -> None:
        if words is None:
            if self._status is not None:
                self._status.stop()
            return
        from rich.console import Console
        from rich.text import Text

        line = Text(words, no_wrap=True, overflow="ellipsis")
        if self._status is None:
            self._status = Console(stderr=True).status(line)
            self._status.start()
        else:
            self._status.update(line)


@contextmanager
def step(words: str, share: float | None = None) -> Iterator[None]:
    """Say what is being done inside the block; with a bar where it is known which share (0 to 1) is done."""
    listener = _listener.get()
    if listener is None:
        yield
        return
    listener.steps.append(words if share is None else f"{bar(share)} {words}")
    try:
        yield
    finally:
        listener.steps.pop()


def bar(share: float) -> str:
    """Return a share (0 to 1) as a bar of blocks.

    Examples
    --------
    >>> bar(0.5)
    '██████────── 50 %'
    """
    share = min(1.0, max(0.0, share))
    full = round(_BLOCKS * share)
    return f"{'█' * full}{'─' * (_BLOCKS - full)} {100 * share:.0f} %"
