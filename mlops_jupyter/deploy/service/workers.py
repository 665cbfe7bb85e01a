"""The threads in which the model answers: few, for they share one interpreter, and none holds up the end."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")
_Work = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Workers:
    """Threads that do what they are given, in its turn.

    Unlike those of ``concurrent.futures`` they do not keep the process alive: a model that hangs cannot keep
    a service from stopping.

    Parameters
    ----------
    count
        How many threads, at least 1.
    begin
        Called first in each of them.
    """

    def __init__(self, count: int, begin: Callable[[], None]) -> None:
        self.count = count
        self.n_waiting = 0
        self._begin = begin
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads."""
        for number in range(self.count):
            thread = threading.Thread(target=self._run, name=f"model-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout_s: float) -> bool:
        """Let the threads finish what they were given, and return whether they did in time."""
        for _ in self._threads:
            self._work.put(None)
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    async def do(self, work: Callable[[], _T]) -> _T:
        """Return what some work gives, or raise what it raises."""
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self.n_waiting += 1
        try:
            self._work.put((work, future))
            return await future
        finally:
            self.n_waiting -= 1

    def _run(self) -> None:
        self._begin()
        while (given := self._work.get()) is not None:
            work, future = given
            try:
                done, error = work(), None
            except BaseException as raised:  # noqa: BLE001 - it is raised where the work is awaited
                done, error = None, raised
            try:
                future.get_loop().call_soon_threadsafe(_settle, future, done, error)
            except RuntimeError:  # the loop has ended, and nobody waits
                return


def _settle(future: asyncio.Future[Any], done: Any, error: BaseException | None) -> None:
    if future.done():  # whoever waited has gone
        return
    if error is None:
        future.set_result(done)
    else:
        future.set_exception(error)
