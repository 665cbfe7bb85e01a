"""What ``doctor`` looks at. It changes nothing, and works where the registry does not.

``health_files`` looks at the folder, the disk and the objects; this module at the tables.
To add a question, write a function that yields :class:`Check` and name it in a list below.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import config
from ..errors import MlopsError
from ..records import Check, Health
from . import complaints, library, migration, opening, references
from .filesystem import remote_kind
from .health_files import counted, disk_checks, file_checks, look_at_objects, object_checks
from .health_kept import KEPT_SINCE, kept_checks
from .library import sqlite3
from .liveness import Liveness
from .objects import Objects
from .sqlite import SQLiteStore
from .waist import Store

Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class _Patient:
    """A registry that can answer: its questions, its objects and its sessions."""

    place: str
    ask: Ask
    objects: Objects
    liveness: Liveness


def check(place: str | os.PathLike[str] | config.Place | Store | None = None) -> Health:
    """Return what is right and wrong with a registry.

    Parameters
    ----------
    place
        A folder, a ``postgresql://`` URL, what :func:`mlops_jupyter.config.locate` returned, or an
        open registry; None for the one in use.

    Examples
    --------
    >>> [found.name for found in check("a folder that does not exist").checks]
    ['sqlite', 'registry']
    """
    if isinstance(place, Store) and not isinstance(place, SQLiteStore):
        return Health(place.url, tuple(_postgres(place)))
    if isinstance(place, Store):
        place = place.url
    url = (place if isinstance(place, config.Place) else config.locate(place)).url
    return Health(url, tuple(_remote(url) if "://" in url else _sqlite(Path(url))))


def _sqlite(folder: Path) -> Iterator[Check]:
    path = folder / "registry.db"
    yield _library_check()
    if not folder.exists():
        yield Check("registry", "ok", f"{folder} does not exist yet; the first run makes it")
        return
    if not folder.is_dir():
        yield Check(
            "registry", "error", f"{folder} is a file; a registry is a folder", "set MLOPS_REGISTRY to one"
        )
        return
    yield from disk_checks(folder)
    yield from file_checks(path)
    if not path.is_file():
        if path.exists():
            yield Check("database", "error", f"{path} is a folder", "move it away")
        return
    try:
        connection = opening.read_only(path)
    except MlopsError as error:
        yield Check("database", "error", str(error), "restore a backup")
        return
    try:
        patient = _Patient(
            str(path),
            lambda sql: list(connection.execute(sql).fetchall()),
            Objects(folder / "objects"),
            Liveness(folder / "locks"),
        )
        for question in (_schema_check, _journal_check, _integrity_check, *_QUESTIONS):
            try:
                yield from question(patient)
            except (MlopsError, sqlite3.Error) as error:
                said = error if isinstance(error, MlopsError) else complaints.of_sqlite(error, str(path))
                yield Check(
                    question.__name__.strip("_").removesuffix("_check"),
                    "error",
                    str(said),
                    "restore a backup",
                )
                return
    finally:
        connection.close()


def _remote(url: str) -> Iterator[Check]:
    from .postgres import PostgresStore

    try:
        store = PostgresStore(url)
    except MlopsError as error:
        yield Check("database", "error", str(error), "check the URL, the server and the network")
        return
    try:
        yield from _postgres(store)
    finally:
        store.close()


def _postgres(store: Store) -> Iterator[Check]:
    patient = _Patient(store.url, lambda sql: store.fetch(sql)[1], store.objects, store.liveness)
    yield Check("database", "ok", f"PostgreSQL {patient.ask('SHOW server_version')[0][0]}")
    for question in (_schema_check, *_QUESTIONS):
        yield from question(patient)


# --- questions --------------------------------------------------------------------------------


def _library_check() -> Check:
    version = sqlite3.sqlite_version
    if library.version() < library.OLDEST:
        return Check("sqlite", "error", f"SQLite {version} is too old for strict tables", library.UPGRADE)
    if library.has_wal_reset_bug(library.version()):
        message = (
            f"SQLite {version} has the WAL-reset bug, which can corrupt a database that two processes write "
            "to with a write-ahead log; the slower rollback journal is used instead, which is safe"
        )
        return Check("sqlite", "warning", message, library.UPGRADE)
    return Check("sqlite", "ok", f"SQLite {version} ({sqlite3.__name__}), without the WAL-reset bug")


def _schema_check(patient: _Patient) -> Iterator[Check]:
    facts: dict[str, str] = dict(patient.ask("SELECT key, value FROM meta"))
    schema = migration.Schema.of(facts, patient.place)
    if schema.version > migration.newest():
        readable = schema.min_reader <= migration.newest()
        yield Check(
            "schema",
            "warning" if readable else "error",
            migration.too_new(patient.place, schema.version),
            "upgrade the package",
        )
    elif schema.version < migration.newest():
        message = (
            f"schema {schema.version}, of an older package; it is brought up to date when it is next used"
        )
        yield Check("schema", "ok", message)
    else:
        yield Check(
            "schema", "ok", f"schema {schema.version}, made {facts.get('created_at', 'at an unknown time')}"
        )


def _journal_check(patient: _Patient) -> Iterator[Check]:
    mode = patient.ask("PRAGMA journal_mode")[0][0]
    reason = library.why_not_wal(library.version(), remote_kind(Path(patient.place).parent))
    if mode == "wal" and reason is not None:
        yield Check(
            "journal",
            "error",
            f"the journal is a write-ahead log, but {reason}",
            "close all notebooks, open one run",
        )
    elif reason is not None:
        yield Check("journal", "ok", f"rollback journal ({mode}), because {reason}")
    else:
        yield Check("journal", "ok", "write-ahead log" if mode == "wal" else f"rollback journal ({mode})")


def _integrity_check(patient: _Patient) -> Iterator[Check]:
    problems = [row[0] for row in patient.ask("PRAGMA integrity_check") if row[0] != "ok"]
    if problems:
        yield Check("integrity", "error", f"the database is damaged: {problems[0]}", "restore a backup")
    else:
        yield Check("integrity", "ok", "the database is whole")
    if strays := patient.ask("PRAGMA foreign_key_check"):
        message = f"{counted(len(strays), 'row')} without what they refer to (the first is in {strays[0][0]})"
        yield Check("references", "error", message, "restore a backup")


def _number_check(patient: _Patient) -> Iterator[Check]:
    # The counter is written with the run; if it is behind, a part of the writes was lost.
    highest = patient.ask("SELECT max(number), count(*) FROM runs")[0]
    counters: dict[str, int] = dict(patient.ask("SELECT name, value FROM counters"))
    if "runs" in counters and (highest[0] or 0) > counters["runs"]:
        message = f"run {highest[0]} exists, but the counter stands at {counters['runs']}: writes were lost"
        yield Check(
            "runs",
            "error",
            message,
            "was the -wal file deleted, or the file copied without it? restore a backup",
        )
    else:
        yield Check("runs", "ok", counted(highest[1], "run"))


def _session_check(patient: _Patient) -> Iterator[Check]:
    found = patient.ask(
        "SELECT s.id, s.host, s.boot_id, s.pid, s.notebook, count(*) "
        "FROM runs r JOIN sessions s ON s.id = r.session_id WHERE r.status = 'running' "
        "GROUP BY s.id, s.host, s.boot_id, s.pid, s.notebook"
    )
    dead = 0
    for session_id, host, boot_id, pid, notebook, runs in found:
        if patient.liveness.runs(session_id, host, boot_id):
            where = f" ({notebook})" if notebook else ""
            yield Check("session", "ok", f"process {pid} on {host}{where} has {counted(runs, 'run')} open")
        else:
            dead += runs
    if dead:
        message = f"{counted(dead, 'run')} marked running, but the process died"
        yield Check("sessions", "warning", message, "mlops runs marks them killed")
    if (stale := patient.liveness.stale()) and len(stale) > 100:
        yield Check(
            "locks", "warning", f"{len(stale)} lock files of dead processes in {patient.liveness.folder}"
        )


def _object_check(patient: _Patient) -> Iterator[Check]:
    schema = int(patient.ask("SELECT value FROM meta WHERE key = 'schema_version'")[0][0])
    wanted = {row[0] for row in patient.ask(references.statement(schema))}
    found = look_at_objects(patient.objects, wanted)
    yield from object_checks(patient.objects, found)
    if schema >= KEPT_SINCE:
        yield from kept_checks(patient.ask, patient.objects, found)


_QUESTIONS = (_number_check, _session_check, _object_check)
