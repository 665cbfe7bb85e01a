"""Work behind the cell: one thread for the process, first in, first out, but for what can wait.

What is heavy and need not keep the user waiting (a model file, the environment, a git diff) goes
here. An error is the run's (``incomplete``), never the user's. The thread ends when nothing is
left to do, and at exit the process waits for it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

UNSAVED = "not saved yet: "


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What to do for whom, and the moment (monotonic, seconds) before which it is not begun."""

    owner: str
    label: str
    do: Callable[[], None]
    due: float


class Worker:
    """A queue of jobs, each belonging to somebody (a run) and with a word that says what it does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[_Job] = []
        self._now: tuple[str, str] | None = None
        self._thread: threading.Thread | None = None

    def put(self, owner: str, label: str, job: Callable[[], None], *, after_s: float = 0.0) -> None:
        """Add a job, which must not raise, and not begin it before ``after_s`` seconds have passed."""
        with self._changed:
            self._queue.append(_Job(owner, label, job, time.monotonic() + after_s))
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="mlops-worker", daemon=True)
                self._thread.start()

    def pending(self, owner: str) -> tuple[str, ...]:
        """Return the labels of an owner's jobs that are not done, in order."""
        with self._changed:
            return self._pending(owner)

    def wait(
        self, timeout_s: float | None = None, *, owner: str | None = None, besides: Collection[str] = ()
    ) -> bool:
        """Wait until an owner's jobs (all jobs where none is given) are done; False if time is up.

        Jobs with the labels ``besides`` are not waited for.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._changed:
            while not set(self._pending(owner)) <= set(besides):
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
        jobs = ([self._now] if self._now else []) + [(job.owner, job.label) for job in self._queue]
        return tuple(label for who, label in jobs if owner is None or who == owner)

    def _work(self) -> None:
        while True:
            with self._changed:
                job = self._next()
                if job is None:
                    self._thread = None
                    self._changed.notify_all()
                    return
                self._now = (job.owner, job.label)
            try:
                job.do()
            finally:
                with self._changed:
                    self._now = None
                    self._changed.notify_all()

    def _next(self) -> _Job | None:
        """Take the first job whose time has come, or None where there is none at all."""
        while self._queue:
            now = time.monotonic()
            due = next((job for job in self._queue if job.due <= now), None)
            if due is not None:
                self._queue.remove(due)
                return due
            self._changed.wait(min(job.due for job in self._queue) - now)
        return None


worker = Worker()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=worker.forget_parent)
