"""The file that one worker writes its predictions to, cleaned of what is too old or too much."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
import orjson

from .answers import plain
from .settings import LogSettings

if TYPE_CHECKING:
    from .log import Line

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS predictions (
  seq INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL,
  time TEXT NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  n_rows INTEGER NOT NULL,
  row_numbers TEXT,
  features TEXT NOT NULL,
  predictions TEXT NOT NULL,
  probabilities TEXT,
  warnings TEXT
);
CREATE INDEX IF NOT EXISTS predictions_by_time ON predictions (time);
"""
_INSERT: Final = (
    "INSERT INTO predictions (request_id, time, model, version, sha256, n_rows, row_numbers, features, "
    "predictions, probabilities, warnings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_RETRY_S: Final = 5.0
_CLEAN_S: Final = 600.0
_CLEARED_PARTS: Final = 10  # of a file that is too large, a tenth of the lines goes at a time
_MOST_FILES: Final = 1_000


class LogFile:
    """``predictions-<n>.sqlite``, with the lowest number that no other living worker has."""

    def __init__(self, folder: Path, settings: LogSettings, about: tuple[str, str, str]) -> None:
        self.folder = folder
        self.settings = settings
        self.about = about
        self._claim: BinaryIO | None = None
        self._database: sqlite3.Connection | None = None
        self._next_try = self._next_cleaning = 0.0

    def write(self, lines: Sequence[Line]) -> None:
        """Write lines in one transaction.

        Raises
        ------
        sqlite3.Error, OSError
            If the file cannot be opened or written; it is opened again some seconds later.
        """
        try:
            database = self._opened()
            values = [self._values(line) for line in lines]
            with _transaction(database):
                database.executemany(_INSERT, values)
            if time.monotonic() >= self._next_cleaning or self._is_too_large(database):
                self._clean(database)
        except (sqlite3.Error, OSError):
            self.close()
            self._next_try = time.monotonic() + _RETRY_S
            raise

    def close(self) -> None:
        """Close the file and let another worker have it."""
        with contextlib.suppress(sqlite3.Error):
            if self._database is not None:
                self._database.close()
        if self._claim is not None:
            self._claim.close()
        self._database = self._claim = None

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            if time.monotonic() < self._next_try:
                raise OSError("the log could not be opened a moment ago")
            self.folder.mkdir(parents=True, exist_ok=True)
            self._claim, path = _claimed(self.folder)
            # The lock lasts as long as this connection, which only the log's thread uses.
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
            self._database.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(SCHEMA)
        return self._database

    def _values(self, line: Line) -> tuple[Any, ...]:
        places = None
        if line.n_rows > self.settings.max_rows:
            places = sorted(random.sample(range(line.n_rows), self.settings.max_rows))
        features = {name: _taken(values, places) for name, values in line.features.items()}
        return (
            line.request_id,
            _words(line.time),
            *self.about,
            line.n_rows,
            None if places is None else _json(places),
            _json(features),
            _json(_taken(line.predictions, places)),
            None if line.probabilities is None else _json(_taken(line.probabilities, places)),
            _json(list(line.warnings)) if line.warnings else None,
        )

    def _clean(self, database: sqlite3.Connection) -> None:
        """Delete lines that are older than they may be, and the oldest of a file that is too large."""
        self._next_cleaning = time.monotonic() + _CLEAN_S
        if self.settings.keep_days:
            oldest = dt.datetime.now(dt.UTC) - dt.timedelta(days=self.settings.keep_days)
            with _transaction(database):
                database.execute(
                    "DELETE FROM predictions WHERE time < ?", (f"{oldest:%Y-%m-%dT%H:%M:%S.%f}Z",)
                )
        while self._is_too_large(database):
            with _transaction(database):
                gone = database.execute(
                    "DELETE FROM predictions WHERE seq <= (SELECT MIN(seq) + (MAX(seq) - MIN(seq)) / ? "
                    "FROM predictions)",
                    (_CLEARED_PARTS,),
                )
            if not gone.rowcount:
                break
        database.execute("PRAGMA incremental_vacuum").fetchall()

    def _is_too_large(self, database: sqlite3.Connection) -> bool:
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return bool(self.settings.max_bytes and (pages - free) * size > self.settings.max_bytes)


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
            database.execute("ROLLBACK")
        raise


def _claimed(folder: Path) -> tuple[BinaryIO, Path]:
    """Return an open, locked file and the log it stands for; the lock ends with the process."""
    for number in range(1, _MOST_FILES):
        claim = (folder / f"predictions-{number}.lock").open("ab")
        if _lock(claim):
            return claim, folder / f"predictions-{number}.sqlite"
        claim.close()
    raise OSError(f"{_MOST_FILES - 1} workers write to {folder} already")


def _lock(claim: BinaryIO) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(claim.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(claim.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _words(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _taken(values: Any, places: Sequence[int] | None) -> list[Any]:
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    return plain(array if places is None else array[list(places)])


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
