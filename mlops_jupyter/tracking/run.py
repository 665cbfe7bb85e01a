"""The run that is open: its life, and what is written behind its back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from .. import config, masking
from ..errors import UsageError
from ..interrupts import uninterrupted
from ..records import RUN_STATUSES, Metric, Run, RunStatus, RunView
from ..store import Store, open_store, values
from ..store.metrics import MetricAbout
from . import active, life
from .buffer import MetricBuffer, flusher
from .params import Known
from .recording import Recorder, known_metrics
from .refs import experiment_of, find_run
from .worker import UNSAVED, worker

LONGEST_MESSAGE = 2_000
ENDS = tuple(status for status in RUN_STATUSES if status != "running")

_log = logging.getLogger("mlops_jupyter")


class ActiveRun(Recorder):
    """A run that is open. Made by :func:`start_run`; a context manager that finishes it.

    Every method may be called from any thread. Metrics are buffered (see ``buffer.py``); all else
    is durable when the call returns. A copy that was pickled to another process, or that a fork
    took along, writes to the same run at once and leaves finishing to the process that opened it.

    Attributes
    ----------
    id
        The run's global id.
    number
        People's short name of it, unique in the registry.
    experiment
        The name of its experiment.
    previous_id
        The id of the latest earlier run of the same cell or script, or None.
    store
        The registry that it is written to.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        experiment: str,
        *,
        previous_id: str | None = None,
        owner: bool = True,
        is_new: bool = False,
    ) -> None:
        self.store = store
        self.id, self.number, self.name = run.id, run.number, run.name
        self.attempt, self.kind, self.cell_key = run.attempt, run.kind, run.cell_key
        self.parent_id, self.experiment, self.previous_id = run.parent_id, experiment, previous_id
        self.status: RunStatus = "running"
        self._is_owner, self._ended = owner, False
        self._began, self._earlier_s = time.perf_counter(), run.duration_s or 0.0
        self._cpu_began, self._earlier_cpu_s = time.process_time(), run.cpu_s or 0.0
        self._reasons: list[str] = [run.incomplete] if run.incomplete else []
        self._metrics, last_seq = (set[str](), 0) if is_new else known_metrics(store, run.id)
        self._begin_writing(last_seq)
        active.made(self, must_be_closed=owner)
        if owner:
            flusher.add(id(self), self._buffer.flush, self._beat)

    # --- life ---------------------------------------------------------------------------------

    def mark_incomplete(self, reason: str) -> None:
        """Say that something of the run could not be recorded, and why. Never raises."""
        reason = values.clean(str(reason))[:1_000]
        if reason in self._reasons:
            return
        self._reasons.append(reason)
        _log.warning("run #%d is incomplete: %s", self.number, reason)
        self._write_incomplete()

    @property
    def is_open(self) -> bool:
        """Whether this run can still be logged to."""
        return not self._ended

    def defer(self, label: str, job: Callable[[], object], *, after_s: float = 0.0) -> None:
        """Run a job on the process's background worker; an error makes the run incomplete.

        Parameters
        ----------
        label
            A word for people, shown as pending until the job is done.
        job
            A function without arguments; may call any method of this run, even after its end.
        after_s
            Seconds before which it is not begun, so that it does not stand in a short cell's way.
        """
        with self._lock:
            self._deferred.append(label)
        worker.put(self.id, label, lambda: self._do(label, job), after_s=after_s)

    def pending(self) -> tuple[str, ...]:
        """Return the labels of deferred jobs that are not done."""
        return worker.pending(self.id)

    def wait(self, timeout_s: float | None = None, *, besides: Collection[str] = ()) -> bool:
        """Wait until the deferred jobs of this run, but for some labels, are done; False if time is up."""
        return worker.wait(timeout_s, owner=self.id, besides=besides)

    def flush(self) -> bool:
        """Write the metric points that wait; return whether the registry now holds all."""
        return self._buffer.flush()

    def environ(self) -> dict[str, str]:
        """Return the environment variables by which a worker process can join this run.

        Examples
        --------
        ``subprocess.run([...], env=os.environ | run.environ())`` and, in the worker,
        ``start_run(run=os.environ["MLOPS_RUN"])``.
        """
        return {active.RUN_VARIABLE: self.id, config.REGISTRY_VARIABLE: self.store.url}

    def finish(
        self,
        status: RunStatus = "finished",
        *,
        error: BaseException | None = None,
        stdout_tail: str | None = None,
        cpu_s: float | None = None,
        peak_memory_bytes: int | None = None,
        duration_s: float | None = None,
    ) -> None:
        """Write the end of the run; a second call does nothing.

        Parameters
        ----------
        status
            ``finished``, ``failed``, ``interrupted`` or ``killed``.
        error
            What ended it; its type and message are recorded.
        stdout_tail
            The last lines that were printed.
        cpu_s, peak_memory_bytes, duration_s
            Measured by the caller; the times are measured here where not given.
        """
        status = _an_end(status)
        if not self._is_owner:
            self._buffer.flush()
            self._leave()
            return
        with uninterrupted(), self._lock:
            if self._ended:
                return
            end = self._end(error, stdout_tail, cpu_s, peak_memory_bytes, duration_s)
            self._ended = True
            try:
                self._write_end(status, end)
            except BaseException:
                self._ended = False
                raise
            self.status = status
            self._leave()

    def view(self) -> RunView:
        """Return everything of the run as it now stands in the registry, with what changed."""
        from .looking import view_run

        self._buffer.flush()
        return view_run(self.store, self.id, previous_id=self.previous_id)

    def __enter__(self) -> Self:
        active.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
            return
        try:
            self.finish(status_of(error), error=error)
        except Exception as ours:  # noqa: BLE001 - the user's exception is the one to be seen
            _log.warning("run #%d could not be finished: %s", self.number, ours)

    def __reduce__(self) -> tuple[Any, ...]:
        return join, (self.store.url, self.id)

    def __repr__(self) -> str:
        return f"<run #{self.number} of {self.experiment!r}, {self.status}>"

    def forget_parent(self) -> None:
        """After a fork, in the child: leave what waits, and the run's end, to the parent."""
        self._is_owner = False
        self._begin_writing()

    # --- inside -------------------------------------------------------------------------------

    def _begin_writing(self, last_seq: int = 0) -> None:
        self._lock = threading.RLock()
        self._params: Known | None = None
        self._deferred: list[str] = []
        self._buffer = MetricBuffer(
            self.id, self._write_points, self._written, self._write_failed, last_seq=last_seq
        )

    def _write_points(
        self,
        points: Sequence[Metric],
        about: Mapping[str, MetricAbout],
        also: Callable[[], None] | None = None,
    ) -> None:
        with self.store.atomic():
            if points:
                self.store.append_metrics(points, about=about)
            if also is not None:
                also()
            else:
                self.store.update("runs", {"last_seen_at": config.now()}, {"id": self.id})

    def _written(self, first_seq: int) -> set[tuple[str, int]]:
        where = {"run_id": self.id, "seq >=": first_seq}
        return {(row["key"], row["seq"]) for row in self.store.rows("metrics", where, columns=["key", "seq"])}

    def _write_failed(self, error: Exception) -> None:
        self.mark_incomplete(f"metrics could not be written at once: {error}")

    def _beat(self) -> None:
        self.store.update("runs", {"last_seen_at": config.now()}, {"id": self.id, "status": "running"})

    def _do(self, label: str, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - a deferred job is a guest
            self.mark_incomplete(f"{label}: {error}")
        with self._lock:  # so that an end that is being written counts as one
            self._deferred.remove(label)
            ended = self._ended
        if ended:
            self._write_incomplete()

    def _incomplete(self) -> str | None:
        """Return what is to stand in the registry: reasons, and what a kill would now lose."""
        unsaved = [UNSAVED + ", ".join(self._deferred)] if self._deferred and self._ended else []
        return "; ".join([*self._reasons, *unsaved]) or None

    def _write_incomplete(self) -> None:
        try:
            self.store.update("runs", {"incomplete": self._incomplete()}, {"id": self.id})
        except Exception as error:  # noqa: BLE001 - said again at the end of the run
            _log.debug("mlops_jupyter: %s", error)

    def _end(
        self,
        error: BaseException | None,
        stdout_tail: str | None,
        cpu_s: float | None,
        peak_memory_bytes: int | None,
        duration_s: float | None,
    ) -> dict[str, Any]:
        spent = time.perf_counter() - self._began if duration_s is None else duration_s
        cpu = time.process_time() - self._cpu_began if cpu_s is None else cpu_s
        end: dict[str, Any] = {
            "duration_s": self._earlier_s + spent,
            "cpu_s": self._earlier_cpu_s + cpu,
        }
        if peak_memory_bytes is not None:
            end["peak_memory_bytes"] = int(peak_memory_bytes)
        if stdout_tail is not None:
            end["stdout_tail"], _ = masking.mask(values.clean(stdout_tail))
        if error is not None:
            end["error_type"] = type(error).__name__
            end["error_message"], _ = masking.mask(values.clean(_message(error))[:LONGEST_MESSAGE])
        return end

    def _write_end(self, status: RunStatus, end: dict[str, Any]) -> None:
        def write() -> None:
            life.finish(self.store, self.id, status, {**end, "incomplete": self._incomplete()})

        if not self._buffer.flush(write):
            self._reasons.append(f"{len(self._buffer):,} metric points could not be written")
            with self.store.atomic():
                write()

    def _leave(self) -> None:
        self._ended = True
        active.leave(self)
        active.closed(self)
        flusher.remove(id(self))


def _an_end(given: Any) -> RunStatus:
    """Return the status that a word means, in MLflow's capitals too."""
    status = str(given).lower()
    if status not in ENDS:
        raise UsageError(f"a run cannot end as {given!r}; expected {', '.join(ENDS)}")
    return status  # type: ignore[return-value]


def status_of(error: BaseException) -> RunStatus:
    """Return how a run ended that an exception ended."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, SystemExit) and error.code in (None, 0):
        return "finished"
    if isinstance(error, GeneratorExit):
        return "finished"
    return "failed"


def join(url: str, run_id: str) -> ActiveRun:
    """Return a run that is open elsewhere, to log to; leaving it does not end it."""
    here = active.open_here(run_id)
    if here is not None:
        return here
    store = open_store(url)
    run = find_run(store, run_id)
    return ActiveRun(store, run, experiment_of(store, run), owner=False)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - anything can be in a user's __str__
        return f"<{type(error).__name__} whose message cannot be shown>"
