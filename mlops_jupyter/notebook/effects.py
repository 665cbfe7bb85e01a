"""What every cell of a shell did, tracked or not: the effect log before and after each."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .shell import cell_number
from .warn import warn

if TYPE_CHECKING:
    from ..effects import EffectLog
    from ..records import CodeSlice, Execution
    from ..records.lineage import Outcome
    from ..store import Store
    from ..tracking import ActiveRun

VARIABLE = "MLOPS_LINEAGE"
_LOG = "_mlops_jupyter_log"

_T = TypeVar("_T")


class CellEffects:
    """Follows one shell with an effect log, which stays where it is when the extension is loaded anew.

    Attributes
    ----------
    log
        None where ``MLOPS_LINEAGE=off``.
    folder
        The working directory when the log began, to which the paths of files are relative.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._is_broken, self._has_gap = False, False
        self._inner: list[ActiveRun] = []
        self._spanning: dict[ActiveRun, int] = {}
        self._sources: dict[str, str] = {}
        self._store: Store | None = None
        self.log: EffectLog | None = None
        self.folder = Path()

    def install(self) -> None:
        """Begin to follow."""
        if os.environ.get(VARIABLE, "").lower() in ("off", "0", "no"):
            return
        self._guarded(self._install)

    def uninstall(self) -> None:
        """Follow no more; what was seen is not forgotten."""
        if self.log is not None:
            self._guarded(self.log.uninstall)

    def before(self, info: Any) -> bool:
        """Note that a cell begins; return whether it is being followed."""
        log = self.log
        if log is None or self._is_broken:
            return False
        if self._has_gap:
            self._has_gap = False
            self._guarded(self._adopt)
        python = getattr(info, "transformed_cell", None)
        count = cell_number(self._shell) if getattr(info, "store_history", True) else None
        self._guarded(
            lambda: log.before(info.raw_cell, python=python, cell_id=info.cell_id, execution_count=count)
        )
        return not self._is_broken

    def after(self, result: Any, error: BaseException | None) -> Execution | None:
        """Note that a followed cell ended, and return its entry; None where another is round it."""
        log = self.log
        if log is None or self._is_broken:
            return None
        return self._guarded(lambda: log.after(_outcome(result, error)))

    def keep(self, run: ActiveRun, entry: Execution | None) -> None:
        """Keep behind the cell which executions made its run.

        Where the tracked cell ran inside another (``%%capture``), this is done when that one ends.
        """
        if entry is None:
            self._inner.append(run)
        else:
            self._keep([run], entry.seq)

    def settle(self, entry: Execution) -> None:
        """Keep what made the other runs that the cell which ended belongs to; write it where that matters.

        A cell that ran before with other code may make earlier results stale, so it is written at once;
        any other when the next run is.
        """
        inner, self._inner = self._inner, []
        for run in inner:
            self._keep([run], entry.seq)
        self._guarded(lambda: self._keep_begun(entry.seq))
        is_edited = self._is_edited(entry)
        if self._store is not None and is_edited:
            self._guarded(self._flush_behind)

    def _is_edited(self, entry: Execution) -> bool:
        if entry.cell_id is None:
            return False
        before = self._sources.get(entry.cell_id)
        self._sources[entry.cell_id] = entry.source
        return before is not None and before != entry.source

    def _keep_begun(self, seq: int) -> None:
        """Keep what made runs of ``start_run``: the cells from where one began to where it ended."""
        if (active := sys.modules.get("mlops_jupyter.tracking.active")) is None:
            return
        for run in active.begun_in_cells():
            if run.kind != "cell" and run.parent_id is None:
                self._spanning[run] = seq
        together: dict[tuple[str, int], list[ActiveRun]] = {}
        for run, first in self._spanning.items():
            together.setdefault((run.store.url, first), []).append(run)
        for (_, first), runs in together.items():
            self._keep(runs, seq, since=first)
        self._spanning = {run: first for run, first in self._spanning.items() if run.is_open}

    def _keep(self, runs: Sequence[ActiveRun], seq: int, *, since: int | None = None) -> None:
        from ..lineage.keeping import keep_recipe

        if self.log is not None:
            keep_recipe(runs, self.log, seq, since=since, folder=self.folder)
            self._store = runs[0].store

    def _flush_behind(self) -> None:
        """Write executions behind the cell, since cells that ran again make earlier results stale."""
        from ..lineage.keeping import flush_behind

        assert self.log is not None
        assert self._store is not None
        flush_behind(self._store, self.log)

    def slice_of(self, name: str) -> CodeSlice:
        """Return the cells that made what a name means now.

        Raises
        ------
        NotFoundError
            If no cell that was seen made it, or none was seen.
        """
        from ..errors import NotFoundError
        from ..lineage.slices import slice_of_name

        if self.log is None:
            raise NotFoundError(
                f"what cells do is not followed: {VARIABLE}=off was set when the extension was loaded"
            )
        return slice_of_name(self.log, name)

    def _install(self) -> None:
        from ..effects import EffectLog

        known = getattr(self._shell, _LOG, None)
        if known is None or _is_of_an_earlier_session(known[0], self._shell):
            folder = Path.cwd()
            log = EffectLog(self._shell.user_ns, folder=folder, transform=self._shell.transform_cell)
            known = (log, folder)
            setattr(self._shell, _LOG, known)
        self.log, self.folder = known
        self.log.install()
        self._has_gap = True

    def _adopt(self) -> None:
        """Add the cells that ran while nobody looked: before the extension was loaded, or in its cell.

        Done when the next cell begins, since what the cell of ``%load_ext`` made is there only then.
        """
        assert self.log is not None
        seen = max((one.execution_count or 0 for one in self.log.entries), default=0)
        for number, source in enumerate(_history(self._shell)[: cell_number(self._shell)]):
            if number > seen and not _is_only_loading(source):
                self.log.adopt(source, execution_count=number)

    def _guarded(self, do: Callable[[], _T]) -> _T | None:
        """Do something that must not reach the user's cell: after a first error the log is left alone."""
        try:
            return do()
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self._is_broken = True
            warn(f"what cells do is not followed any more: {error}")
            return None


def _is_of_an_earlier_session(log: EffectLog, shell: Any) -> bool:
    """Return whether the shell was reset since: its history holds another cell under the last number."""
    last = next((one for one in reversed(log.entries) if one.execution_count is not None), None)
    if last is None:
        return False
    history = _history(shell)
    assert last.execution_count is not None
    here = history[last.execution_count] if last.execution_count < len(history) else None
    return here is None or here.rstrip("\n") != last.source.rstrip("\n")


def _history(shell: Any) -> list[str]:
    """Return the cells of a shell's session as they were typed, by their number."""
    return list(getattr(shell.history_manager, "input_hist_raw", ()))


def _is_only_loading(source: str) -> bool:
    lines = [line.strip() for line in source.splitlines()]
    return all(not line or line.startswith(("%load_ext", "%reload_ext", "#")) for line in lines)


def _outcome(result: Any, error: BaseException | None) -> Outcome:
    if result is None or isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return "interrupted"
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "finished"
    return "failed"
