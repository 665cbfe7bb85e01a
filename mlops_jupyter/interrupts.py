"""Ctrl-C never breaks a write in two: it is held until the write is over, then handed on."""

from __future__ import annotations

import _thread
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_LATER_S = 0.05


class uninterrupted:  # noqa: N801 - reads as a word of the language: with uninterrupted():
    """Hold interrupts of the main thread inside a ``with`` block; nests.

    An interrupt raised between the beginning of a transaction and the code that would undo it
    leaves the transaction open, and the registry locked, for as long as its traceback is kept.

    Parameters
    ----------
    for_the_cell
        Whether a cell of the user's is about to run, which the interrupt is to reach; else it is
        raised at the end of the block.
    """

    def __init__(self, *, for_the_cell: bool = False) -> None:
        self._for_the_cell = for_the_cell

    def __enter__(self) -> None:
        self._before: Any = None
        self._held: list[tuple[int, FrameType | None]] = []
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before) and not isinstance(getattr(before, "__self__", None), uninterrupted):
                self._before = before
                signal.signal(signal.SIGINT, self._hold)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is None:
            return
        signal.signal(signal.SIGINT, self._before)
        if self._held and self._for_the_cell:
            threading.Timer(_LATER_S, _thread.interrupt_main).start()
        elif self._held:
            self._before(*self._held[0])

    def _hold(self, number: int, frame: FrameType | None) -> None:
        self._held.append((number, frame))
