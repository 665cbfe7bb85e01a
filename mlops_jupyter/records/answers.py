"""Answers of the verbs about the registry itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .runs import RunTable


@dataclass(frozen=True, slots=True)
class Status:
    """Where the registry is and what stands in it."""

    registry: str
    reason: str
    version: str
    sqlite_version: str
    journal_mode: str
    experiments: int
    runs: int
    running: int
    objects: int
    size_bytes: int
    user_name: str
    active_run: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One question that ``doctor`` asked, with its answer and what to do."""

    name: str
    state: Literal["ok", "warning", "error"]
    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All answers of ``doctor``."""

    registry: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer to a read-only SQL question. ``truncated`` says that more rows exist."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the registry that was made and checked."""

    path: str
    size_bytes: int
    runs: int
    objects: int


@dataclass(frozen=True, slots=True)
class Collected:
    """What was removed from a registry because nothing refers to it any more.

    ``versions`` counts the contents that were deleted long enough ago for their bytes to go,
    ``chunks`` the pieces of kept bytes that no version uses; ``objects`` and ``size_bytes`` are the
    files that went. ``kept_deleted`` counts deleted contents whose bytes stay for now.
    """

    registry: str
    objects: int
    size_bytes: int
    chunks: int = 0
    versions: int = 0
    kept_deleted: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done, in one sentence, and what to do next."""

    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Demo:
    """The example notebook as it was executed, and the runs that it made."""

    notebook: str
    registry: str
    duration_s: float
    table: RunTable
    next_step: str
