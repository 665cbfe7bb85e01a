"""What is counted, in Prometheus' form; with several workers, over all of them."""

from __future__ import annotations

import os
from typing import Any

import prometheus_client as prometheus
from prometheus_client import multiprocess

MEDIA_TYPE = prometheus.CONTENT_TYPE_LATEST
SHARED_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The folder in which several workers count together; it has to be set before they start."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one worker.

    Parameters
    ----------
    model, version, sha256
        What answers: told as ``service_model_info``.
    """

    def __init__(self, model: str, version: str, sha256: str) -> None:
        self.registry = prometheus.CollectorRegistry()
        held: Any = {"registry": self.registry}
        self.requests = prometheus.Counter(
            "service_requests", "Requests answered.", ("path", "status"), **held
        )
        self.seconds = prometheus.Histogram(
            "service_request_seconds", "Time to answer.", ("path",), buckets=_SECONDS, **held
        )
        self.rows = prometheus.Counter("service_rows", "Rows predicted.", **held)
        self.refused = prometheus.Counter("service_refused", "Requests refused.", ("reason",), **held)
        self.errors = prometheus.Counter("service_errors", "Requests that failed in the service.", **held)
        self.warned = prometheus.Counter(
            "service_warned", "Requests with values that the model has not seen.", **held
        )
        self.log_lines = prometheus.Counter(
            "service_log_lines", "Lines of the prediction log: kept, dropped, left_out.", ("state",), **held
        )
        self.waiting = prometheus.Gauge(
            "service_waiting", "Requests at the model.", multiprocess_mode="livesum", **held
        )
        about = prometheus.Gauge(
            "service_model_info",
            "What answers.",
            ("model", "version", "sha256"),
            multiprocess_mode="max",
            **held,
        )
        about.labels(model, version, sha256).set(1)
        for state in ("kept", "dropped", "left_out"):  # a counter that is not there yet cannot raise an alarm
            self.log_lines.labels(state)
        self._paths: dict[tuple[str, int], tuple[Any, Any]] = {}

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count an answer. ``path`` is one of the addresses, never what a client made up."""
        known = self._paths.get((path, status))
        if known is None:
            known = self.requests.labels(path, str(status)), self.seconds.labels(path)
            self._paths[path, status] = known
        known[0].inc()
        known[1].observe(seconds)

    def text(self) -> bytes:
        """Return everything that was counted."""
        if not os.environ.get(SHARED_VARIABLE):
            return prometheus.generate_latest(self.registry)
        shared = prometheus.CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return prometheus.generate_latest(shared)
