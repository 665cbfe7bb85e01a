"""The card under a running cell: shown once it takes long or logs by step, final at the end.

It lives in one output with a display id: the same place is drawn anew while the cell runs, and
the last drawing is the static card. A thread draws; it carries the context of the cell, in which
the kernel keeps which cell an output belongs to.
"""

from __future__ import annotations

import contextvars
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

PATIENCE_S = 1.0
PERIOD_S = 0.25
_ENDING_S = 0.5

Bundle = dict[str, Any]


class LiveCard:
    """One output that is drawn anew.

    Parameters
    ----------
    publisher
        The shell's ``display_pub``.
    draw
        Returns what is to be shown now; None for nothing new.
    is_stepping
        Says whether the cell logs by step, which is worth showing before ``PATIENCE_S``.
    can_update
        Whether the front end draws an output anew; a terminal would print it again and again.
    """

    def __init__(
        self,
        publisher: Any,
        draw: Callable[[float], Bundle | None],
        is_stepping: Callable[[], bool],
        *,
        can_update: bool,
    ) -> None:
        self._publisher, self._draw, self._is_stepping = publisher, draw, is_stepping
        self.can_update = can_update
        self._id = f"mlops-{uuid.uuid4().hex}"
        self._shown = False
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._began = time.perf_counter()
        self._thread: threading.Thread | None = None
        self.context = contextvars.copy_context()

    def start(self) -> None:
        """Begin to watch the cell that is about to run."""
        if self.can_update:
            self._thread = threading.Thread(
                target=self.context.run, args=(self._watch,), name="mlops-live", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Draw nothing more while the cell's end is being recorded."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_ENDING_S)

    def finish(self, bundle: Bundle) -> None:
        """Show the final card in the place of the live one."""
        self.stop()
        with self._lock:
            self._publish(bundle)

    def replace(self, bundle: Bundle) -> None:
        """Draw the final card anew, from another thread and after the cell's end; needs ``can_update``."""
        with self._lock:
            self.context.copy().run(self._publish, bundle)

    def forget(self) -> None:
        """Say that the cell's outputs were cleared, and the live card with them."""
        self._shown = False

    def _watch(self) -> None:
        while not self._stopped.wait(PERIOD_S):
            spent = time.perf_counter() - self._began
            if not self._shown and spent < PATIENCE_S and not self._is_stepping():
                continue
            bundle = self._draw(spent)
            with self._lock:
                if bundle is not None and not self._stopped.is_set():
                    self._publish(bundle)

    def _publish(self, bundle: Bundle) -> None:
        self._publisher.publish(
            data=bundle, metadata={}, transient={"display_id": self._id}, update=self._shown
        )
        self._shown = True
