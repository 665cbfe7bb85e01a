"""Runs and what stands with them, as tables and as views."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

RunStatus = Literal["running", "finished", "failed", "interrupted", "killed"]
ParamSource = Literal["literal", "read", "estimator", "default", "logged"]
MetricSource = Literal["assigned", "shown", "function", "search", "logged"]
ValueKind = Literal["finite", "nan", "+inf", "-inf"]
Role = Literal["train", "validation", "test", "input", "output"]
ArtifactKind = Literal["model", "figure", "file", "text", "table"]
Severity = Literal["info", "warning", "error"]
Direction = Literal["max", "min"]

RUN_STATUSES: tuple[str, ...] = get_args(RunStatus)
ROLES: tuple[str, ...] = get_args(Role)


# --- tables -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Experiment:
    """A named line of work that runs belong to."""

    id: str
    name: str
    created_at: str
    note: str | None = None
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One process that writes to the registry; its OS lock says whether it still lives."""

    id: str
    host: str
    pid: int
    boot_id: str
    user_name: str
    started_at: str
    kernel_id: str | None = None
    notebook: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One execution that was tracked: a cell, a script, or a candidate of a search.

    ``number`` is people's short name of it, unique in one registry; ``id`` is its identity
    everywhere. ``cell_key`` is the identity of the cell (its JupyterLab id, else the hash of its
    normalised source) and ``attempt`` counts the runs of that cell. ``incomplete`` is the reason
    why capture missed something, or None. ``git_diff`` and ``source`` are object hashes.
    """

    id: str
    number: int
    experiment_id: str
    name: str
    status: RunStatus
    session_id: str
    started_at: str
    last_seen_at: str
    kind: str = "script"
    attempt: int = 1
    parent_id: str | None = None
    ended_at: str | None = None
    duration_s: float | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    note: str | None = None
    user_name: str | None = None
    notebook: str | None = None
    cell_key: str | None = None
    environment_id: str | None = None
    git_commit: str | None = None
    git_branch: str | None = None
    git_diff: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    stdout_tail: str | None = None
    incomplete: str | None = None
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Param:
    """An input of a run. ``object_hash`` holds the full text where ``value`` is only its head."""

    run_id: str
    key: str
    seq: int
    value: str
    kind: str
    source: ParamSource = "logged"
    object_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured point. ``value`` is None exactly where ``kind`` is not ``finite``."""

    run_id: str
    key: str
    seq: int
    value: float | None
    kind: ValueKind
    time_s: float
    step: int | None = None


@dataclass(frozen=True, slots=True)
class LatestMetric:
    """The newest point of a metric in a run, with the range of the finite ones.

    ``function`` is the function that computed it (``sklearn.metrics.roc_auc_score``) and
    ``data`` the names of the data it was computed on, where these are known.
    """

    run_id: str
    key: str
    seq: int
    value: float | None
    kind: ValueKind
    step: int | None = None
    count: int = 1
    min_value: float | None = None
    max_value: float | None = None
    direction: Direction | None = None
    source: MetricSource = "logged"
    function: str | None = None
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A word about a run, as key and value."""

    run_id: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of a run; its bytes are the object ``object_hash``. ``detail`` is JSON text."""

    run_id: str
    path: str
    kind: ArtifactKind
    object_hash: str
    size_bytes: int
    created_at: str
    media_type: str = "application/octet-stream"
    variable: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One execution of a cell: exactly what ran, in the order in which it ran."""

    id: str
    session_id: str
    seq: int
    source: str
    started_at: str
    run_id: str | None = None
    cell_id: str | None = None
    cell_key: str | None = None
    execution_count: int | None = None
    ended_at: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Python, platform and packages, by hash. ``packages`` and ``hardware`` are JSON objects."""

    id: str
    python: str
    platform: str
    packages: str
    hardware: str
    created_at: str


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """The identity of a dataset's content.

    ``id`` is the canonical fingerprint (``mj1:`` and 64 hexadecimal digits). ``columns_json`` is
    a JSON list of ``{"name", "type", "hash"}`` in column order; ``rows_object`` is the object
    that holds one 64-bit hash per row (little-endian), kept up to a size limit.
    """

    id: str
    kind: str
    n_rows: int
    n_columns: int
    size_bytes: int
    schema_hash: str
    columns_json: str
    created_at: str
    index_hash: str | None = None
    rows_object: str | None = None


@dataclass(frozen=True, slots=True)
class RunDataset:
    """That a run used a dataset version, under which name and in which role.

    ``source_uri`` and ``source_hash`` name the file or URL it was read from, ``source_query`` the query
    (secrets masked) and ``source_read_at`` when, where known. ``is_made`` is 1 where the run made the
    data, 0 where they were there before it, None where that is not known.
    """

    run_id: str
    role: Role
    name: str
    version_id: str
    source_uri: str | None = None
    source_hash: str | None = None
    is_made: int | None = None
    source_query: str | None = None
    source_read_at: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth a person's look: a pitfall, a masked secret, a value refused."""

    run_id: str
    seq: int
    code: str
    severity: Severity
    message: str


# --- views ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DataUse:
    """A dataset as a run used it."""

    use: RunDataset
    version: DatasetVersion


@dataclass(frozen=True, slots=True)
class RunView:
    """Everything of one run, ready to be shown.

    ``stale`` says why its result is no longer that of what is there now: cells, files, data.
    """

    run: Run
    experiment: str
    params: tuple[Param, ...] = ()
    metrics: tuple[LatestMetric, ...] = ()
    series: dict[str, tuple[tuple[float, float | None], ...]] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    data: tuple[DataUse, ...] = ()
    cell: Cell | None = None
    environment: Environment | None = None
    findings: tuple[Finding, ...] = ()
    children: int = 0
    changes: RunChanges | None = None
    pending: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A param that differs from the run compared with; None where it did not exist."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A metric beside the last attempt and the best other run of the experiment.

    ``better`` says whether ``value`` is better than ``before``; None where the direction is not
    known or nothing can be compared.
    """

    key: str
    value: float | None
    before: float | None = None
    delta: float | None = None
    better: bool | None = None
    best: float | None = None
    best_number: int | None = None
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class DataChange:
    """A dataset beside the one of the same role and name in the run compared with.

    ``state`` is ``new``, ``gone``, ``unchanged`` or ``changed``; the row counts are None where
    the row hashes of a side were not kept. ``summary`` is the sentence shown to people.
    """

    role: str
    name: str
    state: Literal["new", "gone", "unchanged", "changed"]
    summary: str
    rows_added: int | None = None
    rows_removed: int | None = None
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_changed: tuple[str, ...] = ()
    columns_retyped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunChanges:
    """What changed against the last attempt of the same cell, and against the best run."""

    previous_id: str | None
    previous_number: int | None
    params: tuple[ValueChange, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    data: tuple[DataChange, ...] = ()
    code_changed: bool | None = None
    environment: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class RunTable:
    """Some runs side by side, newest first unless another order was asked for.

    ``total`` counts all runs that matched, of which ``runs`` are the first.
    """

    runs: tuple[RunView, ...]
    total: int
    filter: str | None = None
    experiment: str | None = None
    only_differences: bool = False


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One param or metric across the compared runs, None where a run has none."""

    key: str
    values: tuple[str | float | None, ...]
    differs: bool
    best: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two or more runs beside each other.

    ``code_diff`` is a unified diff of the first and the last run's cell; ``environment`` lists
    ``package before after`` changes between these two; ``data`` likewise.
    """

    runs: tuple[RunView, ...]
    params: tuple[ComparedRow, ...]
    metrics: tuple[ComparedRow, ...]
    code_diff: str
    data: tuple[DataChange, ...]
    environment: tuple[ValueChange, ...]
    git_diff: str = ""


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """What ``%%track --dry-run`` would capture, by name, before anything runs."""

    experiment: str
    params: tuple[str, ...]
    metrics: tuple[str, ...]
    data: tuple[str, ...]
    models: tuple[str, ...]
    excluded: tuple[str, ...] = ()
