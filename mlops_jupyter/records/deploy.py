"""What was exported of a model, and the proof that it answers as the notebook did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Target = Literal["service", "batch"]
ProofVerdict = Literal["verified", "failed", "unverified"]
CheckState = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Export:
    """One export of a version: ``object_hash`` is its :class:`ExportReport`, ``lock_hash`` its lock's."""

    id: str
    model_version_id: str
    created_at: str
    target: Target
    folder: str
    verdict: ProofVerdict
    summary: str
    object_hash: str
    lock_hash: str | None = None
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export; ``what`` says in a few words what it is for."""

    path: str
    size_bytes: int
    what: str = ""


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """One step of the proof: ``found`` is a sentence, ``n_rows`` how many answers were compared."""

    key: str
    state: CheckState
    asked: str
    found: str
    n_rows: int | None = None
    largest_difference: float | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """What answering took, in milliseconds."""

    n_rows: int
    p50_ms: float
    p99_ms: float
    n_requests: int


@dataclass(frozen=True, slots=True)
class ExportReport:
    """An export with its proof. ``label`` is ``churn:4``, ``folder`` as seen from where it was made.

    ``warnings`` are sentences; ``python`` and ``packages`` are what the lock holds; ``differing`` packages
    whose version is not that of the training (name, then, in the lock).
    """

    label: str
    target: Target
    folder: str
    verdict: ProofVerdict
    summary: str
    checks: tuple[ProofCheck, ...] = ()
    files: tuple[ExportedFile, ...] = ()
    python: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    differing: tuple[tuple[str, str, str], ...] = ()
    latencies: tuple[Latency, ...] = ()
    warnings: tuple[str, ...] = ()
    created_at: str = ""
    duration_s: float = 0.0
    user_name: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class ChangedInput:
    """What a recipe was made with, and what is there now: ``kind`` is data, code or environment."""

    kind: Literal["data", "code", "environment"]
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Retraining:
    """What ``retrain`` did: why, and which run and version came of it."""

    model: str
    based_on: str
    changes: tuple[ChangedInput, ...] = ()
    is_run: bool = False
    run_number: int | None = None
    version: str | None = None
    summary: str = ""
