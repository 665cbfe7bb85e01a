"""The effect log: what each execution of a cell really did, in order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import config
from ..records import Effects, Execution
from ..records.lineage import Outcome
from .effects import as_json
from .observing import Observation
from .state import State


class EffectLog:
    """Follows the executions of one namespace.

    Nothing here raises into the cell: what cannot be found out is a doubt of the entry.

    Attributes
    ----------
    session_id
        Of the entries made from now on; empty until a registry is open.

    Examples
    --------
    >>> names = {"x": [1]}
    >>> log = EffectLog(names)
    >>> log.before("x.append(2)")
    >>> names["x"].append(2)
    >>> entry = log.after("finished")
    >>> log.effects_of(entry.seq).changed
    ('x',)
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        *,
        folder: Path | None = None,
        transform: Callable[[str], str] | None = None,
        session_id: str = "",
    ) -> None:
        self.session_id = session_id
        self._folder = str(folder) if folder is not None else None
        self._transform = transform
        self._state = State(namespace)
        self._entries: list[Execution] = []
        self._effects: list[Effects] = []
        self._depth = 0
        self._thread = 0
        self._open: _Open | None = None
        self._is_on = False

    @property
    def folder(self) -> str:
        """The folder that relative paths are seen from: the working directory when the log began."""
        if self._folder is None:
            self._folder = os.getcwd()
        return self._folder

    def install(self) -> None:
        """Begin to follow the process's files and generators. Cheap; needed before the first cell."""
        from . import imports

        self._is_on = True
        imports.install()
        _ = self.folder

    def uninstall(self) -> None:
        """Follow no more; what was found stays."""
        from . import imports

        if self._is_on:
            self._is_on = False
            imports.uninstall()
        if self._open is not None:
            self._open.observation.stop()
            self._open = None
        self._depth = 0

    def before(
        self,
        source: str,
        *,
        python: str | None = None,
        cell_id: str | None = None,
        execution_count: int | None = None,
    ) -> None:
        """Note what is there before a cell. A cell inside a cell belongs to the outer one. Never raises.

        Parameters
        ----------
        source : the cell as the user wrote it.
        python : the cell as Python is to run it, magics as calls; None where it is the same.
        """
        self._depth += 1
        if self._depth > 1:
            return
        try:
            begun = time.perf_counter()
            observation = Observation(self._state, source, python, self.folder, self._transform)
            self._open = _Open(observation, source, config.now(), cell_id, execution_count, 0.0)
            observation.start()
            self._open.begun_s = time.perf_counter()
            self._open.overhead_s = self._open.begun_s - begun
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self._open = _Open(None, source, config.now(), cell_id, execution_count, time.perf_counter())
            self._open.doubt = f"what it did was not seen: {error}"

    def after(self, outcome: Outcome = "finished") -> Execution | None:
        """Note what a cell did, and return its entry; None at the end of a cell inside a cell. Never raises."""
        if self._depth == 0:
            return None
        self._depth -= 1
        if self._depth > 0:
            return None
        cell, self._open = self._open, None
        if cell is None:
            return None
        duration_s = time.perf_counter() - cell.begun_s
        try:
            if cell.observation is None:
                raise RuntimeError(cell.doubt)
            effects = cell.observation.end(outcome)
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            effects = self._state.unseen(f"what it did was not seen: {error}")
        entry = Execution(
            session_id=self.session_id,
            seq=len(self._entries) + 1,
            source=cell.source,
            started_at=cell.started_at,
            outcome=outcome,
            effects=as_json(effects),
            cell_id=cell.cell_id,
            execution_count=cell.execution_count,
            duration_s=duration_s,
        )
        self._entries.append(entry)
        self._effects.append(effects)
        return entry

    @property
    def entries(self) -> list[Execution]:
        """All executions so far, in order, with the present ``session_id`` where they had none."""
        return [
            entry if entry.session_id else replace(entry, session_id=self.session_id)
            for entry in self._entries
        ]

    def effects_of(self, seq: int) -> Effects:
        """Return what an execution did.

        Raises
        ------
        IndexError
            When there is no such execution.
        """
        if not 1 <= seq <= len(self._effects):
            raise IndexError(f"there is no execution {seq}; there are 1 to {len(self._effects)}")
        return self._effects[seq - 1]


class _Open:
    """The cell that is running."""

    def __init__(
        self,
        observation: Observation | None,
        source: str,
        started_at: str,
        cell_id: str | None,
        execution_count: int | None,
        begun_s: float,
    ) -> None:
        self.observation, self.source, self.started_at = observation, source, started_at
        self.cell_id, self.execution_count, self.begun_s = cell_id, execution_count, begun_s
        self.overhead_s = 0.0
        self.doubt = ""
