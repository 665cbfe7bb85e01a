"""What can be said about a run while it is open: values, words and content."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import UsageError, ValueRefused
from ..interrupts import uninterrupted
from ..records import (
    ArtifactKind,
    DatasetVersion,
    Direction,
    MetricSource,
    ParamSource,
    Role,
    RunStatus,
    Severity,
    ValueKind,
)
from ..store import Store, as_row, values
from ..store.metrics import MetricAbout
from . import artifacts, edit
from .buffer import MetricBuffer
from .direction import direction_of
from .params import Known, add_findings, check_key, known_params, new_params, pairs_of
from .worker import worker

if TYPE_CHECKING:
    from ..data.places import Source
    from .children import Child

_STEPS = range(-(2**63), 2**63)


class Recorder:
    """The logging half of :class:`~mlops_jupyter.tracking.ActiveRun`."""

    store: Store
    id: str
    number: int
    experiment: str
    status: RunStatus
    _buffer: MetricBuffer
    _ended: bool
    _is_owner: bool
    _lock: threading.RLock
    _metrics: set[str]
    _params: Known | None

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
        pairs = pairs_of("metrics", metrics)
        for key, value in pairs:
            number_of(key, value)
        for key, value in pairs:
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
        self,
        obj: Any,
        name: str,
        role: Role = "input",
        *,
        source: Source | tuple[str, str | None] | None = None,
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
            The file or URL it was read from, with the hash of that, or a ``Source``, where known.
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

    # --- inside -------------------------------------------------------------------------------

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


def known_metrics(store: Store, run_id: str) -> tuple[set[str], int]:
    """Return the metrics that a run has already, and its highest sequence number."""
    rows = store.rows("latest_metrics", {"run_id": run_id}, columns=["key", "seq"])
    return {row["key"] for row in rows}, max((row["seq"] for row in rows), default=0)


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
