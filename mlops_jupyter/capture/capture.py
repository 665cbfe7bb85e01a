"""One execution of a tracked cell, from before it runs to what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..tracking import ActiveRun
from . import installation
from .analysis import CellPlan
from .datasets import DataLog
from .figures import FigureLog
from .hooks import current
from .models import Kept, models_to_keep
from .observer import CellObserver
from .output import OutputTail
from .recording import Recording, bound_to
from .saving import Saving
from .selection import Selection
from .snapshot import Snapshot
from .usage import Meter, Usage
from .values import After

if TYPE_CHECKING:
    from ..data.sources import SourceLog


class Capture:
    """Looks at a cell before, during and after it runs, and writes to its run what was found.

    Neither ``before`` nor ``after`` raises: what fails makes the run incomplete.

    Parameters
    ----------
    run
        The open run of this execution.
    namespace
        The user's names; only read.
    plan
        What the cell's syntax tree says.
    selection
        What the user added or took away.
    sources
        Where frames were read from, if that is being noted.
    is_printing
        Says whether what is written now is printed by the cell, and not shown by its shell.
    """

    def __init__(
        self,
        run: ActiveRun,
        namespace: dict[str, Any],
        plan: CellPlan,
        selection: Selection | None = None,
        sources: SourceLog | None = None,
        is_printing: Callable[[], bool] = lambda: True,
    ) -> None:
        self._is_printing = is_printing
        self.run, self.namespace, self.plan = run, namespace, plan
        self.selection = selection or Selection()
        self._data = DataLog(plan, namespace, sources) if self.selection.with_data else None
        self._recording = Recording(run, plan, self.selection)
        self._observer = CellObserver(plan, namespace, self._data)
        self.figures = FigureLog(plan, namespace)
        self._tail = OutputTail(self._is_here)
        self._snapshot: Snapshot | None = None
        self._meter = Meter()
        self._outer: Any = None
        self.usage: Usage | None = None
        self.stdout_tail = ""
        self._savings: Sequence[Saving] = ()

    def before(self) -> None:
        """Note what is there, and put the hooks in; call in the context in which the cell will run."""
        self._recording.attempt("names", self._note_names)
        self._outer = current.get()
        current.set(self._observer)
        self._recording.attempt("hooks", installation.install)
        self._recording.attempt("output", self._tail.start)
        self._meter = Meter()

    def stop_clock(self) -> None:
        """Measure now what the cell used; else ``after`` does."""
        self.usage = self._meter.read()

    def after(self, error: BaseException | None = None, shown: Any = None) -> None:
        """Take the hooks out and record what was found.

        Parameters
        ----------
        error
            What ended the cell, or None.
        shown
            The value that the cell displayed as its last, or None.
        """
        if self.usage is None:
            self.stop_clock()
        self._observer.close()
        current.set(self._outer)
        self._recording.attempt("output", self._stop_output)
        self._recording.attempt("hooks", installation.remove)
        if self._snapshot is None:
            return
        self._recording.attempt("looking at the cell", self._record, self._snapshot, error, shown)
        for problem in dict.fromkeys(self._observer.problems):
            self.run.mark_incomplete(problem)

    def wait_for_models(self) -> None:
        """Wait until the user's models may change: until all are copied, or written."""
        for saving in self._savings:
            saving.wait()

    # --- before and around --------------------------------------------------------------------

    def _note_names(self) -> None:
        self._snapshot = Snapshot(self.plan, self.namespace)
        if self._data is not None:
            wanted = {*self._snapshot.outside, *self.selection.data}
            self._data.note_inputs(sorted(name for name in wanted if self._is_data(name)))

    def _is_data(self, name: str) -> bool:
        if name in self.selection.data:
            return True
        return not name.startswith("_") and not self.selection.is_excluded(name)

    def _is_here(self) -> bool:
        return current.get() is self._observer and self._is_printing()

    def _stop_output(self) -> None:
        self.stdout_tail = self._tail.stop()

    # --- after --------------------------------------------------------------------------------

    def _record(self, before: Snapshot, error: BaseException | None, shown: Any) -> None:
        after = self._look(before, error, shown)
        models = list(self._models(after))
        recording, attempt = self._recording, self._recording.attempt
        attempt("params", recording.params, before, after, self._observer, models)
        attempt("metrics", recording.metrics, after, self._observer)
        attempt("names asked for", recording.asked, self.namespace)
        attempt("searches", recording.searches, self._observer)
        attempt("data", self._record_data, before, after)
        attempt("figures", recording.figures, self.figures)
        if self.selection.with_models:
            self._savings = recording.models(models)

    def _look(self, before: Snapshot, error: BaseException | None, shown: Any) -> After:
        stopped_in = None if error is None else self._stopped_in(error)
        assigned = frozenset(
            name
            for name in self.plan.stores
            if before.is_assigned(name, self.namespace, stopped_in=stopped_in)
        )
        changed = {
            name for name in self.plan.changed if not issubclass(type(self.namespace.get(name)), ModuleType)
        }
        return After(self.namespace, assigned, frozenset(changed | self._fitted_names()), shown)

    def _stopped_in(self, error: BaseException) -> int:
        trace, found = error.__traceback__, 0
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_globals is self.namespace and frame.f_code.co_name == "<module>":
                at = self.plan.statement_at(trace.tb_lineno)
                return found if at is None else at
            trace = trace.tb_next
        return found

    def _fitted_names(self) -> set[str]:
        fitted = {id(model) for one in self._observer.fitted if (model := one.reference()) is not None}
        return {name for name in self.plan.reads if id(self.namespace.get(name)) in fitted}

    def _models(self, after: After) -> Iterator[Kept]:
        try:
            found = models_to_keep(
                self._observer.fitted, self.plan, self.namespace, after.assigned, after.shown
            )
            yield from (kept for kept in found if not self.selection.is_excluded(kept.name))
        except Exception as error:  # noqa: BLE001 - tracking is a guest
            self.run.mark_incomplete(f"models: {error}")

    def _record_data(self, before: Snapshot, after: After) -> None:
        if self._data is None:
            return
        bound = after.assigned | (self.plan.changed & before.outside) | set(self.selection.data)
        results = [one.value for one in self._observer.folds] + [one.value for one in self._observer.tables]
        scores = {bound_to(value, after) for value in results}
        self._data.note_outputs(sorted(name for name in bound - scores if self._is_data(name)))
        self._recording.data(self._data)
