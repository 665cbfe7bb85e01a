"""The effect log: what each execution of a cell really did, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from .. import config
from ..records import Effects, Execution
from ..records.lineage import Outcome
from . import imports
from .adopting import DOUBT, effects_of_text
from .effects import as_json, hashed, is_unhashed
from .observing import Observation
from .plan import plan_of
from .state import State

_UNSEEN = "what it did was not seen"


class EffectLog:
    """Follows the executions of one namespace.

    Nothing here raises into the cell: what cannot be found out is a doubt of the entry.

    Parameters
    ----------
    namespace : the names of the notebook, a shell's ``user_ns``.
    folder : from which relative paths are seen; the working directory when the log begins.
    transform : what turns the body of a cell magic into Python, IPython's ``transform_cell``.
    session_id : of the entries; empty until a registry is open, and set later.

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
        self._session_id = session_id
        self._folder = None if folder is None else str(folder)
        self._transform = transform
        self._state = State(namespace)
        self._entries: list[Execution] = []
        self._effects: list[Effects] = []
        self._unhashed: set[int] = set()
        self._lock = threading.Lock()
        self._depth = 0
        self._open: _Running | None = None
        self._is_on = False

    @property
    def session_id(self) -> str:
        """The session of the entries; empty until a registry is open. Set, it holds for those without one."""
        return self._session_id

    @session_id.setter
    def session_id(self, session_id: str) -> None:
        self._session_id = session_id
        with self._lock:
            self._entries = [
                entry if entry.session_id else replace(entry, session_id=session_id)
                for entry in self._entries
            ]

    @property
    def folder(self) -> str:
        """The folder that relative paths are seen from: the working directory when the log began."""
        if self._folder is None:
            self._folder = str(Path.cwd())
        return self._folder

    def install(self) -> None:
        """Begin to follow: needed before the first cell, so that generators are seen when imported."""
        if not self._is_on:
            self._is_on = True
            imports.install()
        _ = self.folder

    def uninstall(self) -> None:
        """Follow no more; what was found stays."""
        if self._is_on:
            self._is_on = False
            imports.uninstall()
        if self._open is not None and self._open.observation is not None:
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
        cell = self._open = _Running(source, config.now(), cell_id, execution_count)
        try:
            observation = Observation(self._state, source, python, self.folder, self._transform)
            cell.observation = observation
            observation.start()
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            cell.fail(error)
        cell.begun_s = perf_counter()

    def after(self, outcome: Outcome = "finished") -> Execution | None:
        """Note what a cell did, and return its entry; None at the end of a cell inside a cell.

        Never raises.
        """
        self._depth = max(0, self._depth - 1)
        if self._depth > 0 or self._open is None:
            return None
        cell, self._open = self._open, None
        cell.duration_s = perf_counter() - cell.begun_s
        effects: Effects | None = None
        if cell.observation is not None:
            try:
                effects = cell.observation.end(outcome)
            except Exception as error:  # noqa: BLE001 - tracking is a guest
                cell.fail(error)
        return self._add(effects or self._state.unseen(cell.doubt), cell, outcome)

    def adopt(
        self,
        source: str,
        *,
        python: str | None = None,
        cell_id: str | None = None,
        execution_count: int | None = None,
    ) -> Execution:
        """Add an entry for a cell that ran before the log began; its effects are taken from its text."""
        cell = _Running(source, config.now(), cell_id, execution_count)
        try:
            known = {name for effects in self._effects for name in effects.bound}
            plan = plan_of(source, python, self._transform)
            effects = effects_of_text(plan, self._state, self.folder, known)
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            effects = self._state.unseen(f"{DOUBT}, and that could not be read: {error}")
        return self._add(effects, cell, "finished")

    @property
    def entries(self) -> list[Execution]:
        """All executions so far, in order. Large files are hashed now, if they are still as they were."""
        for seq in sorted(self._unhashed):
            effects = hashed(self._effects[seq - 1], self.folder)
            with self._lock:
                self._effects[seq - 1] = effects
                self._entries[seq - 1] = replace(self._entries[seq - 1], effects=as_json(effects))
                self._unhashed.discard(seq)
        with self._lock:
            return list(self._entries)

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

    def _add(self, effects: Effects, cell: _Running, outcome: Outcome) -> Execution:
        with self._lock:
            entry = Execution(
                session_id=self._session_id,
                seq=len(self._entries) + 1,
                source=cell.source,
                started_at=cell.started_at,
                outcome=outcome,
                effects=as_json(effects),
                cell_id=cell.cell_id,
                execution_count=cell.execution_count,
                duration_s=cell.duration_s,
            )
            self._entries.append(entry)
            self._effects.append(effects)
            if is_unhashed(effects):
                self._unhashed.add(entry.seq)
        return entry


@dataclass(slots=True)
class _Running:
    """The cell that is running. ``observation`` is None where it could not be observed."""

    source: str
    started_at: str
    cell_id: str | None
    execution_count: int | None
    observation: Observation | None = None
    begun_s: float = 0.0
    duration_s: float | None = None
    doubt: str = _UNSEEN

    def fail(self, error: Exception) -> None:
        """Give up observing it."""
        if self.observation is not None:
            self.observation.stop()
        self.observation = None
        self.doubt = f"{_UNSEEN}: {type(error).__name__}: {error}"
