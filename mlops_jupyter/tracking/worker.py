"""Work behind the cell: one thread for the process, first in, first out.

What is heavy and need not keep the user waiting (a model file, the environment, a git diff) goes
here. An error is the run's (``incomplete``), never the user's. The thread ends when nothing is
left to do, and at exit the process waits for it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable

UNSAVED = "not saved yet: "


class Worker:
    """A queue of jobs, each belonging to somebody (a run) and with a word that says what it does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[tuple[str, str, Callable[[], None]]] = deque()
        self._now: tuple[str, str] | None = None
        self._thread: threading.Thread | None = None

    def put(self, owner: str, label: str, job: Callable[[], None]) -> None:
        """Add a job, which must not raise."""
        with self._changed:
            self._queue.append((owner, label, job))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="mlops-worker", daemon=True)
                self._thread.start()

    def pending(self, owner: str) -> tuple[str, ...]:
        """Return the labels of an owner's jobs that are not done, in order."""
        with self._changed:
            return self._pending(owner)

    def wait(self, timeout_s: float | None = None, *, owner: str | None = None) -> bool:
        """Wait until an owner's jobs (all jobs where none is given) are done; False if time is up."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            while self._pending(owner):
                left = None if deadline is None else deadline - time.monotonic()
                if (left is not None and left <= 0) or self.is_here():
                    return False
                self._changed.wait(left)
            return True

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until all jobs are done and the thread has ended; False if time is up."""
        done = self.wait(timeout_s)
        thread = self._thread
        if done and thread is not None and not self.is_here():
            thread.join(timeout_s)
        return done

    def is_here(self) -> bool:
        """Return whether the caller is a job."""
        return threading.current_thread() is self._thread

    def forget_parent(self) -> None:
        """After a fork: no thread, no jobs, fresh locks."""
        self.__init__()  # type: ignore[misc]

    def _pending(self, owner: str | None) -> tuple[str, ...]:
        jobs = ([self._now] if self._now else []) + [(who, label) for who, label, _ in self._queue]
        return tuple(label for who, label in jobs if owner is None or who == owner)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._queue:
                    self._thread = None
                    self._changed.notify_all()
                    return
                owner, label, job = self._queue.popleft()
                self._now = (owner, label)
            try:
                job()
            finally:
                with self._changed:
                    self._now = None
                    self._changed.notify_all()


worker = Worker()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=worker.forget_parent)
