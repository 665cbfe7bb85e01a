"""Metric points on their way to the registry.

A point that comes after a quiet moment is written at once, so that a slow loop is durable call
by call. Points of a fast loop wait in memory for at most :data:`WAIT_S` until the flusher, one
thread for all open runs of the process, writes them in one transaction. A loop that is faster than
the flusher, which it keeps from the interpreter, writes every :data:`MOST_WAITING` points itself:
what waits is never older than a tenth of a second. A point carries the time in nanoseconds as its
sequence number, made strictly growing.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..interrupts import uninterrupted
from ..records import Metric, ValueKind

if TYPE_CHECKING:
    from ..store.metrics import MetricAbout

WAIT_S = 0.025
WAIT_NS = int(WAIT_S * 1e9)
HEARTBEAT_S = 5.0
RETRY_S = 1.0
MOST_WAITING = 4_000

_log = logging.getLogger("mlops_jupyter")

Point = tuple[str, int, float | None, ValueKind, int | None]


class MetricBuffer:
    """The points of one run that are not written yet.

    Parameters
    ----------
    run_id
        Whose points they are.
    write
        Writes points, what is known about their metrics, and whatever else is to be written with
        them, in one transaction.
    written
        Returns which points, from a sequence number on, the registry already holds; asked only
        after a write that failed, which may have been committed all the same.
    failed
        Told why a write failed, once until one succeeds again.
    last_seq
        The highest sequence number that the run has already.
    """

    def __init__(
        self,
        run_id: str,
        write: Callable[[Sequence[Metric], Mapping[str, MetricAbout], Callable[[], None] | None], None],
        written: Callable[[int], set[tuple[str, int]]],
        failed: Callable[[Exception], None],
        *,
        last_seq: int = 0,
    ) -> None:
        self._run_id = run_id
        self._write, self._written, self._failed = write, written, failed
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._points: list[Point] = []
        self._about: dict[str, MetricAbout] = {}
        self._seq = last_seq
        self._last_write_ns = 0
        self._in_doubt = self._is_failing = False

    def add(
        self,
        key: str,
        value: float | None,
        kind: ValueKind,
        step: int | None,
        about: MetricAbout | None = None,
    ) -> None:
        """Take one point; write it at once if it comes after a quiet moment."""
        now = time.time_ns()
        with self._lock:
            seq = self._seq + 1
            self._seq = seq = now if now > seq else seq
            self._points.append((key, seq, value, kind, step))
            if about is not None:
                self._about[key] = about
            waiting = len(self._points)
        if waiting == 1:
            if self._is_failing or 0 <= now - self._last_write_ns < WAIT_NS:
                flusher.wake()
            else:
                self._flush_if_free()
        elif waiting >= MOST_WAITING and not self._is_failing:
            self.flush()

    def flush(self, also: Callable[[], None] | None = None) -> bool:
        """Write what waits, with what else is given, in one transaction.

        Do not call it inside a transaction: another thread may hold this buffer and wait for that.

        Returns
        -------
        bool
            Whether the registry now holds everything; what could not be written stays here.
        """
        with uninterrupted(), self._writing:
            return self._flush(also)

    def __len__(self) -> int:
        return len(self._points)

    def _flush_if_free(self) -> None:
        """Flush, unless another thread is at it."""
        with uninterrupted():
            if self._writing.acquire(blocking=False):
                try:
                    self._flush(None)
                finally:
                    self._writing.release()
            else:
                flusher.wake()

    def _flush(self, also: Callable[[], None] | None) -> bool:
        with self._lock:
            points, about = self._points[:], self._about.copy()
        if not points and also is None:
            return True
        try:
            # Points leave only after a write whose end was seen: an error may come after the commit.
            missing = self._missing(points) if self._in_doubt else points
            self._in_doubt = True
            self._write(self._metrics(missing), about, also)
            with self._lock:
                del self._points[: len(points)]
                self._about = {key: word for key, word in self._about.items() if word is not about.get(key)}
                has_more = bool(self._points)
            if has_more:  # they came during the write, when the buffer was not empty: nobody was woken
                flusher.wake()
            self._in_doubt = False
        except Exception as error:  # noqa: BLE001 - kept, said once, and tried again
            if not self._is_failing:
                self._is_failing = True
                self._failed(error)
            return False
        self._is_failing = False
        self._last_write_ns = time.time_ns()
        return True

    def _missing(self, points: Sequence[Point]) -> Sequence[Point]:
        """Return the points that a write whose end was not seen did not bring in."""
        known = self._written(points[0][1]) if points else set()
        return [point for point in points if (point[0], point[1]) not in known]

    def _metrics(self, points: Sequence[Point]) -> list[Metric]:
        run_id = self._run_id
        return [
            Metric(run_id, key, seq, value, kind, seq / 1e9, step) for key, seq, value, kind, step in points
        ]


class Flusher:
    """One thread that writes the buffers of all open runs, and says that these runs live."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._jobs: dict[int, tuple[Callable[[], bool], Callable[[], None]]] = {}

    def add(self, token: int, flush: Callable[[], bool], beat: Callable[[], None]) -> None:
        """Begin to care for a run: ``flush`` what waits, ``beat`` now and then."""
        with self._lock:
            self._jobs[token] = (flush, beat)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="mlops-flusher", daemon=True)
                self._thread.start()

    def remove(self, token: int) -> None:
        """End the care for a run; the thread ends with the last one."""
        with self._lock:
            self._jobs.pop(token, None)
            if not self._jobs:
                self._awake.set()

    def wake(self) -> None:
        """Say that something waits."""
        if not self._awake.is_set():
            self._awake.set()

    def stop(self) -> None:
        """Let the thread end, and wait for it."""
        with self._lock:
            self._jobs.clear()
            thread, self._thread = self._thread, None
            self._awake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def forget_parent(self) -> None:
        """After a fork: no thread, no runs, fresh locks."""
        self.__init__()  # type: ignore[misc]

    def _work(self) -> None:
        beaten, patience = time.monotonic(), HEARTBEAT_S
        while True:
            if self._awake.wait(patience):
                time.sleep(WAIT_S)
                self._awake.clear()
            with self._lock:
                if not self._jobs:
                    self._thread = None
                    return
                jobs = list(self._jobs.values())
            written = [_guarded(flush) for flush, _ in jobs]
            patience = HEARTBEAT_S if all(written) else RETRY_S
            if time.monotonic() - beaten >= HEARTBEAT_S:
                beaten = time.monotonic()
                for _, beat in jobs:
                    _guarded(beat)


def _guarded(job: Callable[[], bool | None]) -> bool:
    try:
        return job() is not False
    except Exception as error:  # noqa: BLE001 - tracking is a guest and never breaks the process
        _log.debug("mlops_jupyter: %s", error)
        return False


flusher = Flusher()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=flusher.forget_parent)
