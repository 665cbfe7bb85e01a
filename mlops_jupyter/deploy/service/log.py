"""The predictions, kept for monitoring: one SQLite file per worker, written behind the answers.

Table ``predictions`` has one line per request: ``features`` holds the allowed columns as
``{"age": [31, 62]}``, ``predictions`` and ``probabilities`` lists of the same length, ``row_numbers`` which
rows of the request they are (null: all of them). A later label is joined by ``request_id`` and row number.
What cannot be kept is counted and never silent; a prediction is answered all the same.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .logfile import LogFile
from .settings import LogSettings

_LOGGER: Final = logging.getLogger("service")
_MOST_WAITING: Final = 10_000
_MOST_CELLS: Final = 5_000_000
_FLUSH_S: Final = 0.2


@dataclass(slots=True)
class Line:
    """One request with its answers. ``when_kept`` is called with whether it was written."""

    request_id: str
    n_rows: int
    features: Mapping[str, Any]
    predictions: Any
    probabilities: Any = None
    warnings: Sequence[str] = ()
    when_kept: Callable[[bool], None] | None = None
    time: float = field(default_factory=time.time)

    @property
    def n_cells(self) -> int:
        """How much room it takes while it waits."""
        return self.n_rows * (len(self.features) + 2)


class PredictionLog:
    """The log of one worker: lines are put in a queue, and a thread writes them.

    Parameters
    ----------
    folder
        Where the files are. It is made where it is missing; where that fails, lines are dropped and counted.
    settings
        What is kept of them, and for how long.
    about
        Model, version and SHA-256, which stand in every line.
    count
        Called with ``kept``, ``dropped`` or ``left_out`` (by sampling) and how many lines.
    """

    def __init__(
        self,
        folder: Path,
        settings: LogSettings,
        about: tuple[str, str, str],
        count: Callable[[str, int], None],
    ) -> None:
        self.settings = settings
        self.problem = ""
        self._file = LogFile(folder, settings, about)
        self._count = count
        self._waiting: queue.Queue[Line | None] = queue.Queue(_MOST_WAITING)
        self._cells = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="prediction-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def add(self, line: Line) -> None:
        """Keep a line, unless sampling leaves it out or too many wait already."""
        if self.settings.sample < 1 and random.random() >= self.settings.sample:  # noqa: S311 - no secret
            self._lose(line, "left_out")
        elif self._cells > _MOST_CELLS or not self._thread.is_alive():
            self._lose(line, "dropped")
        else:
            try:
                self._waiting.put_nowait(line)
                self._cells += line.n_cells
            except queue.Full:
                self._lose(line, "dropped")

    def stop(self, timeout_s: float) -> None:
        """Write what waits, as far as there is time, and close the file."""
        self._ending.set()
        if self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._waiting.put(None, timeout=timeout_s)
                self._thread.join(timeout_s)

    def _lose(self, line: Line, state: str) -> None:
        self._count(state, 1)
        if line.when_kept is not None:
            line.when_kept(False)  # noqa: FBT003

    def _write_all(self) -> None:
        is_open = True
        while is_open:
            lines = self._next_lines()
            is_open = None not in lines
            kept = [line for line in lines if line is not None]
            self._cells = max(0, self._cells - sum(line.n_cells for line in kept))
            self._write(kept)
        self._file.close()

    def _next_lines(self) -> list[Line | None]:
        """Return what waits; where no answer waits for it, also what comes within a fifth of a second."""
        lines = [self._waiting.get()]
        if not self.settings.is_awaited and lines[0] is not None:
            self._ending.wait(_FLUSH_S)
        while not self._waiting.empty() and len(lines) < _MOST_WAITING:
            lines.append(self._waiting.get_nowait())
        return lines

    def _write(self, lines: Sequence[Line]) -> None:
        if not lines:
            return
        try:
            self._file.write(lines)
            problem = ""
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            problem = f"{type(error).__name__}: {error}"
        if problem and not self.problem:
            _LOGGER.error("predictions are not kept: %s", problem)
        self.problem = problem
        self._count("dropped" if problem else "kept", len(lines))
        for line in lines:
            if line.when_kept is not None:
                line.when_kept(not problem)
