"""Interrupts that arrive while we write: held, and handed on a moment later."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LATER_S = 0.05


@contextmanager
def held_interrupts(*, for_the_cell: bool) -> Iterator[None]:
    """Keep Ctrl-C from breaking a write in two; the interrupt still reaches the user.

    Parameters
    ----------
    for_the_cell
        Whether the cell is about to run, so that the interrupt is to reach it; else it is raised
        here, at the end.
    """
    handler: Any = None
    if threading.current_thread() is threading.main_thread():
        handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        yield
        return
    held: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if not held:
        return
    if for_the_cell:
        threading.Timer(_LATER_S, _thread.interrupt_main).start()
    else:
        handler(*held[0])
