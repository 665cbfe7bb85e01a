"""When a cell begins and when it ends: IPython's events, and which cells are tracked."""

from __future__ import annotations

import ast
import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..effects.cells import no_warnings_from, untracked
from ..interrupts import uninterrupted
from .options import TrackOptions
from .shell import cell_number
from .transformer import TrackTransformer, python_of
from .warn import warn

if TYPE_CHECKING:
    from ..capture import CellPlan
    from ..data.sources import SourceLog
    from ..records import Execution, RunStatus
    from .cell import TrackedCell
    from .effects import CellEffects

_CAPTURE = "get_ipython().run_cell_magic('capture'"
_WARM_UP = "warm up"
_IMPORT_S = 10.0
_COMPILE = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOOKING = frozenset(
    {
        "run_line_magic", "run_cell_magic", "system", "getoutput", "get_ipython",
        "display", "help", "print", "head", "tail", "describe", "info",
    }
)  # fmt: skip


@dataclass(slots=True)
class Level:
    """A cell that is running, and its record if it is tracked. Cells can run inside cells.

    ``inner_error`` is what ended a cell inside it; ``%%capture`` runs its body as such a cell and
    passes over its error. ``is_followed`` says whether the effect log was told that it began.
    """

    info: Any
    tracked: TrackedCell | None = None
    is_followed: bool = False
    inner_error: BaseException | None = None

    @property
    def is_captured(self) -> bool:
        """Whether ``%%capture`` runs the body."""
        return str(getattr(self.info, "transformed_cell", "")).startswith(_CAPTURE)


class CellEvents:
    """Follows the cells of one shell.

    Attributes
    ----------
    every_cell
        The options by which every cell is tracked (``%track on``); None where only cells with
        ``%%track`` are.
    """

    def __init__(
        self,
        shell: Any,
        transformer: TrackTransformer,
        sources: SourceLog | None = None,
        effects: CellEffects | None = None,
    ) -> None:
        self._shell, self._transformer, self.sources = shell, transformer, sources
        self._effects = effects
        self._levels: dict[int, list[Level]] = {}
        self._unsaved: list[TrackedCell] = []
        self._is_warm, self._is_importing = False, True
        self.every_cell: TrackOptions | None = None

    def register(self) -> None:
        """Begin to follow."""
        self._shell.events.register("pre_run_cell", self.pre_run_cell)
        self._shell.events.register("post_run_cell", self.post_run_cell)

    def unregister(self) -> None:
        """Follow no more."""
        for event, callback in (("pre_run_cell", self.pre_run_cell), ("post_run_cell", self.post_run_cell)):
            with suppress(ValueError):  # not registered any more
                self._shell.events.unregister(event, callback)

    def pre_run_cell(self, info: Any, *_: Any) -> None:
        """Begin the run of a tracked cell. Never raises."""
        self._await_imports()
        self._await_models()
        with uninterrupted(for_the_cell=True):
            level = Level(info)
            levels = self._levels.setdefault(threading.get_ident(), [])
            levels.append(level)
            try:
                level.tracked = self._begin(info, is_inner=any(outer.tracked for outer in levels))
            except Exception as error:  # noqa: BLE001 - tracking is a guest
                warn(f"this cell is not recorded: {error}")
            if self._effects is not None:  # last, so that nothing of ours counts as the cell's
                level.is_followed = self._effects.before(info)

    def post_run_cell(self, result: Any = None, *_: Any) -> None:
        """End the run of a tracked cell. Never raises by itself."""
        with uninterrupted():
            for level in self._leave(result):
                error = _error_of(result)
                if level.is_captured:
                    error = error or level.inner_error
                entry = self._followed(level, result, error)
                if level.tracked is not None:
                    self._warm_up()
                    self._end(level, result, error, entry)
                elif outer := self._levels[threading.get_ident()]:
                    outer[-1].inner_error = error
                if self._effects is not None and entry is not None:
                    self._effects.settle(entry)

    def _begin(self, info: Any, *, is_inner: bool) -> TrackedCell | None:
        options = self._transformer.options_of(info.raw_cell)
        is_asked = options is not None
        if options is None and not is_inner:
            options = self.every_cell
        if options is None or options.dry_run:
            return None
        plan = self._plan(info)
        if plan is None or plan.is_empty or not (is_asked or _is_worth_it(plan)):
            return None
        about = {
            "cell_id": info.cell_id,
            "source": untracked(info.raw_cell),
            "execution_count": cell_number(self._shell),
        }
        from .cell import TrackedCell

        tracked = TrackedCell(self._shell, options, plan, about, self.sources)
        tracked.begin(info.cell_id or plan.key)
        return tracked

    def _plan(self, info: Any) -> CellPlan | None:
        """Return what the cell will do; None for a cell that Python refuses, which is no run."""
        from ..capture import analyse
        from ..capture.analysis import FILENAME

        transformed = getattr(info, "transformed_cell", None)
        try:
            if transformed is None:
                transformed = self._shell.transform_cell(info.raw_cell)
            with no_warnings_from(FILENAME):
                plan = analyse(python_of(self._shell, transformed))
                compile(plan.tree, FILENAME, "exec", flags=_COMPILE, dont_inherit=True)
                return plan
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def _followed(self, level: Level, result: Any, error: BaseException | None) -> Execution | None:
        """Tell the effect log that a cell ended, before anything of ours is done; return its entry there."""
        if level.tracked is not None:
            level.tracked.stop_clock()
        if self._effects is None or not level.is_followed:
            return None
        return self._effects.after(result, error)

    def _end(self, level: Level, result: Any, error: BaseException | None, entry: Execution | None) -> None:
        tracked, shown = level.tracked, getattr(result, "result", None)
        assert tracked is not None
        effects = self._effects if level.is_followed else None
        keep = None if effects is None else lambda run: effects.keep(run, entry)
        tracked.end(_status(result, error), error, shown, keep)
        pending = tracked.run.pending() if tracked.run is not None else ()
        if pending:
            self._unsaved.append(tracked)
        if "pandera" not in sys.modules and any(label.startswith("contract") for label in pending):
            self._import_behind(lambda: None)  # stands behind the checks, which import pandera

    def _leave(self, result: Any) -> list[Level]:
        """Return the level that ends, with any inside it that was never closed, innermost first."""
        levels = self._levels.get(threading.get_ident(), [])
        info = getattr(result, "info", None)
        place = next(
            (index for index in reversed(range(len(levels))) if levels[index].info is info),
            len(levels) - 1 if info is None or _is_like(levels, info) else None,
        )
        if place is None:  # a blank cell: it ends without having begun
            return []
        ended = list(reversed(levels[place:]))
        del levels[place:]
        return ended

    def _warm_up(self) -> None:
        """Load behind the first tracked cell what saving a model needs, once scikit-learn is there."""
        if self._is_warm or "sklearn" not in sys.modules:
            return
        from ..formats import warm_up

        self._import_behind(warm_up)

    def _import_behind(self, job: Callable[[], object]) -> None:
        self._is_warm = self._is_importing = True
        try:
            from ..tracking.worker import worker

            worker.put(_WARM_UP, _WARM_UP, lambda: _passing(job))
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            warn(str(error))

    def _await_imports(self) -> None:
        """Wait until the worker has imported what it needs: half a second, once."""
        # Two threads that import modules which import each other can meet a half-made one; the
        # ImportError would be the user's.
        if self._is_warm and self._is_importing:
            from ..tracking.worker import worker

            with suppress(KeyboardInterrupt):
                self._is_importing = not worker.wait(_IMPORT_S, owner=_WARM_UP)

    def _await_models(self) -> None:
        """Wait until the models of earlier cells are copied, before this cell can change them."""
        waiting, self._unsaved = self._unsaved, []
        for tracked in waiting:
            try:
                tracked.wait_for_models()
            except KeyboardInterrupt:
                assert tracked.run is not None
                tracked.run.mark_incomplete("interrupted while a model was copied; it may be saved changed")


def _is_like(levels: list[Level], info: Any) -> bool:
    return bool(levels) and levels[-1].info.raw_cell == getattr(info, "raw_cell", None)


def _passing(do: Callable[[], object]) -> None:
    with suppress(Exception):
        do()


def _error_of(result: Any) -> BaseException | None:
    found: BaseException | None = None
    if result is not None:
        found = result.error_before_exec or result.error_in_exec
    return found


def _status(result: Any, error: BaseException | None) -> RunStatus:
    from ..tracking.run import status_of

    if result is None or isinstance(error, asyncio.CancelledError):
        return "interrupted"
    return "finished" if error is None else status_of(error)


def _is_worth_it(plan: CellPlan) -> bool:
    """Return whether a cell that nobody asked to track does more than import, define and look."""
    if any(store.value.making != "other" for stores in plan.stores.values() for store in stores):
        return True
    calls = [node for part in plan.tree.body if not isinstance(part, _DEFINITIONS) for node in ast.walk(part)]
    return any(isinstance(node, ast.Call) and _is_own(node) for node in calls)


def _is_own(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr not in _LOOKING
    return isinstance(node.func, ast.Name) and node.func.id not in _LOOKING
