"""The run that is being recorded, and what can be said about it."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .. import config
from ..errors import UsageError, ValueRefused
from ..records import (
    ArtifactKind,
    DatasetVersion,
    Direction,
    Metric,
    MetricSource,
    ParamSource,
    Role,
    Run,
    RunStatus,
    RunView,
    Severity,
    ValueKind,
)
from ..store import Store, as_row, values
from ..store.metrics import MetricAbout
from . import active, artifacts, edit, life, secrets
from .buffer import MetricBuffer, flusher
from .direction import direction_of
from .interrupts import uninterrupted
from .params import Known, add_findings, check_key, known_params, new_params
from .worker import worker

if TYPE_CHECKING:
    from .children import Child

UNSAVED = "not saved yet: "
LONGEST_MESSAGE = 2_000
_STEPS = range(-(2**63), 2**63)

_log = logging.getLogger("mlops_jupyter")


class ActiveRun:
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
        self._metrics, last_seq = (set[str](), 0) if is_new else _known_metrics(store, run.id)
        self._begin_writing(last_seq)
        active.made(self, must_be_closed=owner)
        if owner:
            flusher.add(id(self), self._buffer.flush, self._beat)

    # --- values -------------------------------------------------------------------------------

    def log_param(self, key: str, value: Any, *, source: ParamSource = "logged") -> None:
        """Record an input of the run; the newest value of a key is shown, earlier ones are kept."""
        self.log_params({key: value}, source=source)

    def log_params(self, params: Mapping[str, Any], *, source: ParamSource = "logged") -> None:
        """Record inputs of the run in one transaction; dicts in them are flattened with dots."""
        self._check_open("log_params")
        with uninterrupted(), self._lock:
            known = self._known_params()
            found, warnings = new_params(self.store, self.id, params, source, known)
            try:
                with self.store.atomic():
                    self.store.insert("params", *map(as_row, found))
                    for code, message in warnings:
                        add_findings(self.store, self.id, code, "warning", [message])
            except BaseException:
                self._forget_params()
                raise

    def log_metric(
        self,
        key: str,
        value: Any,
        step: int | None = None,
        *,
        source: MetricSource = "logged",
        function: str | None = None,
        data: str | None = None,
        direction: Direction | None = None,
    ) -> None:
        """Record one point of a metric.

        Parameters
        ----------
        key
            The metric's name.
        value
            A number; numpy, pandas and torch scalars are converted, NaN and infinities kept.
        step
            A whole number of 64 bits; the same step twice keeps both points.
        source, function, data
            Where it comes from: which function computed it, on data of which names.
        direction
            ``max`` or ``min``; guessed from the name where not given.

        Raises
        ------
        ValueRefused
            If the value is not one number, or the step is not a whole one.
        """
        if self._ended:
            self._check_open("log_metric")
        number: float | None
        kind: ValueKind
        if type(value) is float and math.isfinite(value):
            number, kind = value, "finite"
        else:
            number, kind = number_of(key, value)
        if step is not None and (type(step) is not int or step not in _STEPS):
            step = _whole(key, step)
        about = None
        if key not in self._metrics or function or data or direction or source != "logged":
            about = MetricAbout(
                direction=direction or direction_of(self._new_metric(key)),
                source=source,
                function=function,
                data=data,
            )
        self._buffer.add(key, number, kind, step, about)
        if not self._is_owner:
            self._buffer.flush()

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None, **about: Any) -> None:
        """Record one point of several metrics; none is recorded if one is refused."""
        for key, value in metrics.items():
            number_of(key, value)
        for key, value in metrics.items():
            self.log_metric(key, value, step, **about)

    def log_children(self, children: Sequence[Child]) -> list[str]:
        """Record finished child runs (the candidates of a search) in one transaction.

        Returns
        -------
        list of str
            Their ids, in order.
        """
        from .children import write_children

        self._check_open("log_children")
        with uninterrupted():
            return write_children(self, children)

    # --- words --------------------------------------------------------------------------------

    def set_tag(self, key: str, value: Any) -> None:
        """Set a word about the run; the same key again replaces it."""
        self.set_tags({key: value})

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Set words about the run in one transaction."""
        edit.write_tags(self.store, self.id, tags)

    def set_note(self, note: str | None) -> None:
        """Set the run's note, or remove it."""
        edit.write_note(self.store, self.id, note)

    def add_finding(self, code: str, severity: Severity, message: str) -> None:
        """Add something worth a person's look; the same message again is not repeated."""
        with uninterrupted():
            add_findings(self.store, self.id, code, severity, [message])

    def mark_incomplete(self, reason: str) -> None:
        """Say that something of the run could not be recorded, and why. Never raises."""
        reason = values.clean(str(reason))[:1_000]
        if reason in self._reasons:
            return
        self._reasons.append(reason)
        _log.warning("run #%d is incomplete: %s", self.number, reason)
        self._write_incomplete()

    # --- content ------------------------------------------------------------------------------

    def log_artifact(self, path: str | os.PathLike[str], name: str | None = None) -> None:
        """Keep a file, or a folder with all its files, under its own name or another.

        Raises
        ------
        NotFoundError
            If there is nothing at the path.
        ValueRefused
            If it is a device, a pipe or a socket.
        """
        self._check_open("log_artifact")
        artifacts.log_path(self, path, name)

    def log_artifacts(self, folder: str | os.PathLike[str], name: str | None = None) -> None:
        """Keep all files of a folder under their paths in it, in one transaction."""
        self._check_open("log_artifacts")
        artifacts.log_folder(self, folder, name)

    def log_content(
        self,
        path: str,
        content: bytes,
        *,
        kind: ArtifactKind,
        media_type: str,
        variable: str | None = None,
        detail: str | None = None,
    ) -> str:
        """Keep bytes as an artifact and return their hash; ``detail`` is JSON text."""
        self._check_open("log_content")
        return artifacts.log_content(
            self, path, content, kind=kind, media_type=media_type, variable=variable, detail=detail
        )

    def log_figure(self, figure: Any, name: str) -> None:
        """Keep a figure as a PNG file that carries this run's id."""
        self._check_open("log_figure")
        artifacts.log_figure(self, figure, name)

    def log_dataset(
        self, obj: Any, name: str, role: Role = "input", *, source: tuple[str, str | None] | None = None
    ) -> DatasetVersion:
        """Record that the run uses a dataset: its fingerprint, never its rows.

        Parameters
        ----------
        obj
            A frame, array, table or sparse matrix.
        name
            The name under which the run uses it.
        role
            ``train``, ``validation``, ``test``, ``input`` or ``output``.
        source
            The file or URL it was read from, with the hash of that, where known.
        """
        self._check_open("log_dataset")
        return artifacts.log_dataset(self, obj, name, role, source=source)

    def log_model(self, model: Any, name: str = "model", *, trusted: Sequence[str] = ()) -> None:
        """Keep a fitted model as a file without pickle.

        Parameters
        ----------
        model
            A fitted estimator.
        name
            What it is called in the run.
        trusted
            Full names of types of your own that the file may hold; see ``load_model``.

        Raises
        ------
        UnsupportedError
            If it is not fitted or cannot be written; names the step, the type and the remedy.
        """
        self._check_open("log_model")
        artifacts.log_model(self, model, name, trusted=trusted)

    # --- life ---------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether this run can still be logged to."""
        return not self._ended

    def defer(self, label: str, job: Callable[[], object]) -> None:
        """Run a job on the process's background worker; an error makes the run incomplete.

        Parameters
        ----------
        label
            A word for people, shown as pending until the job is done.
        job
            A function without arguments; may call any method of this run, even after its end.
        """
        with self._lock:
            self._deferred.append(label)
        worker.put(self.id, label, lambda: self._do(label, job))

    def pending(self) -> tuple[str, ...]:
        """Return the labels of deferred jobs that are not done."""
        return worker.pending(self.id)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all deferred jobs of this run are done; False if time is up."""
        return worker.wait(timeout_s, owner=self.id)

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
        from .views import view_run

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
        return _join, (self.store.url, self.id)

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

    def _check_open(self, what: str) -> None:
        if self._ended and not worker.is_here():
            raise UsageError(
                f"{what}: run #{self.number} is {self.status}; start_run(run={self.number}) reopens it"
            )

    def _forget_params(self) -> None:
        self._params = None

    def _known_params(self) -> Known:
        if self._params is None or not self._is_owner:
            self._params = known_params(self.store, self.id)
        return self._params

    def _new_metric(self, key: str) -> str:
        clean, twin = check_key("metric", key, self._metrics)
        self._metrics.add(clean)
        if twin:
            self.add_finding("twin-names", "warning", twin)
        return clean

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
            end["stdout_tail"], _ = secrets.mask(values.clean(stdout_tail))
        if error is not None:
            end["error_type"] = type(error).__name__
            end["error_message"], _ = secrets.mask(values.clean(_message(error))[:LONGEST_MESSAGE])
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


def _known_metrics(store: Store, run_id: str) -> tuple[set[str], int]:
    """Return the metrics that a run has already, and its highest sequence number."""
    rows = store.rows("latest_metrics", {"run_id": run_id}, columns=["key", "seq"])
    return {row["key"] for row in rows}, max((row["seq"] for row in rows), default=0)


def status_of(error: BaseException) -> RunStatus:
    """Return how a run ended that an exception ended."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, SystemExit) and error.code in (None, 0):
        return "finished"
    if isinstance(error, GeneratorExit):
        return "finished"
    return "failed"


def _join(url: str, run_id: str) -> ActiveRun:
    """Return a run of another process, to log to."""
    from .runs import join

    return join(url, run_id)


def number_of(key: Any, value: Any) -> tuple[float | None, ValueKind]:
    """Return a metric's value and kind; a refusal names the metric."""
    try:
        return values.to_number(value)
    except ValueRefused as error:
        raise ValueRefused(f"metric {key!r}: {error}") from None


def _whole(key: Any, step: Any) -> int:
    try:
        number, kind = values.to_number(step)
    except ValueRefused:
        number, kind = None, "nan"
    if kind != "finite" or number is None or number != int(number) or int(number) not in _STEPS:
        raise ValueRefused(f"metric {key!r}: the step {step!r} is not a whole number of 64 bits")
    return int(number)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - anything can be in a user's __str__
        return f"<{type(error).__name__} whose message cannot be shown>"
