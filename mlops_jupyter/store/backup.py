"""A copy of a registry that can be used as one, made while it is in use, and checked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..errors import IntegrityError, NotFoundError, RegistryError, UsageError
from ..records import Backup
from . import complaints, opening
from .filesystem import private_folder
from .library import sqlite3
from .objects import Objects
from .references import statement
from .sqlite import SQLiteStore
from .waist import Store


def backup(store: Store, target: str | os.PathLike[str]) -> Backup:
    """Copy a registry into a new folder, and check the copy.

    The tables are copied as they stand at one moment, by SQLite itself; never by copying the
    file, which could be in the middle of a change. Then the objects they refer to.

    Parameters
    ----------
    store
        A local registry; a PostgreSQL database has ``pg_dump``.
    target
        A folder that does not exist yet. ``MLOPS_REGISTRY`` may point to it afterwards.

    Raises
    ------
    UsageError
        If the target exists, or the registry is not a local one.
    RegistryError, IntegrityError
        If the copy cannot be made, or is not whole, nothing stays at the target; if only objects
        are missing or damaged, the rest is there.
    """
    if not isinstance(store, SQLiteStore):
        raise UsageError(
            f"{store.url} is a PostgreSQL database; back it up with pg_dump, and its objects folder"
        )
    final = Path(os.path.abspath(Path(target).expanduser()))  # noqa: PTH100 - a dangling link is an answer too
    if os.path.lexists(final):
        raise UsageError(f"{final} exists; name a folder that does not, such as {_other(final)}")
    beside = final.with_name(f".{final.name}.partial-{os.getpid()}")
    try:
        lost = _copy(store, beside)
        made = _measured(beside)
        beside.rename(final)
    except OSError as error:
        raise complaints.of_system(error, str(final)) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    if lost:
        raise IntegrityError(
            f"{final} has everything except {len(lost)} objects that are missing or damaged in {store.url} "
            f"(the first is {lost[0]}); 'mlops doctor' lists them"
        )
    return Backup(str(final), *made)


def _copy(store: SQLiteStore, folder: Path) -> list[str]:
    """Copy tables and objects, and return the hashes of the objects that could not be copied."""
    private_folder(folder)
    database = folder / "registry.db"
    opening.create(database)
    store.execute("VACUUM INTO ?", [str(database)])
    _, wanted = _checked(database)
    target, lost = Objects(folder / "objects"), []
    for object_hash in wanted:
        try:
            target.put(store.objects.get(object_hash))
        except (NotFoundError, IntegrityError):
            lost.append(object_hash)
    return lost


def _measured(folder: Path) -> tuple[int, int, int]:
    runs, _ = _checked(folder / "registry.db")
    objects, _ = Objects(folder / "objects").totals()
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()), runs, objects


def _checked(database: Path) -> tuple[int, list[str]]:
    """Return how many runs the copy has and which objects it refers to, if it is whole."""
    try:
        connection = opening.read_only(database)
        try:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            problems += [
                f"{row[0]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")
            ]
            if problems:
                raise RegistryError(f"the copy is not whole: {problems[0]}; run 'mlops doctor'")
            runs = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
            return int(runs), [row[0] for row in connection.execute(statement())]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise complaints.of_sqlite(error, str(database)) from error


def _other(path: Path) -> Path:
    number = 2
    while os.path.lexists(path.with_name(f"{path.name}-{number}")):
        number += 1
    return path.with_name(f"{path.name}-{number}")
