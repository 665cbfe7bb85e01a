"""One execution of a cell, observed: which names it may read, and what it bound, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import TypeVar

from ..records import Effects
from ..records.lineage import Outcome
from . import calls
from .around import PRESENT_FIGURE, Around
from .bytecode import Code, Deferred, folded, joined
from .objects import is_own
from .plan import Plan, Step, plan_of, words
from .reading import read
from .state import OUTPUT, State, is_own_function
from .walk import Budget, Seen

_Value = TypeVar("_Value")
_SHOWN = frozenset({"Out", "_oh", "_", "__", "___"})


class Observation:
    """What one cell does, from before it to its end."""

    def __init__(
        self,
        state: State,
        source: str,
        python: str | None,
        folder: str,
        transform: Callable[[str], str] | None,
    ) -> None:
        self._state, self._folder = state, folder
        self._plan: Plan = plan_of(source, python, transform)
        self._doubts: list[str] = []
        self._is_sampled = False
        self._around: Around | None = None

    def start(self) -> None:
        """Look at everything that the cell may read or change, then listen."""
        state, plan, budget = self._state, self._plan, Budget()
        self._names_before = state.names()
        own = self._read(budget)
        self._is_quiet = self._code.is_quiet and not plan.magics.names and not self._has_own_kinds()
        self._before: dict[str, Seen] = {}
        if not self._is_quiet:
            for name in self._reads | state.sharing(self._reads, budget):
                self._before[name] = state.seen(name, hashed=True, budget=budget)
        self._around = Around(
            state, plan, self._code, len(own.chains), self._reads, self._folder, is_quiet=self._is_quiet
        )
        self._around.start()

    def stop(self) -> None:
        """Listen no more."""
        if self._around is not None:
            self._around.stop()

    def end(self, outcome: Outcome) -> Effects:
        """Return what the cell did."""
        around = self._around
        assert around is not None
        around.stop()
        bound, deleted = self._rebound(outcome)
        changed = self._changed()
        mapped = {path for name in changed for path in self._before[name].files}
        hidden = around.found(bound | changed, mapped)
        shows_only = outcome == "finished" and not (
            {name for name in bound if not is_output(name)}
            or changed
            or deleted
            or set(hidden.writes) - {PRESENT_FIGURE}
        )
        return Effects(
            reads=tuple(sorted(self._reads)),
            bound=tuple(sorted(bound)),
            changed=tuple(sorted(changed)),
            deleted=tuple(sorted(deleted)),
            hidden_reads=_once(hidden.reads),
            hidden_writes=_once(hidden.writes),
            files_read=tuple(hidden.files_read),
            files_written=tuple(hidden.files_written),
            modules=tuple(hidden.modules),
            random_before=hidden.random_before,
            unrepeatable=_once(hidden.unrepeatable),
            doubts=_once([*self._doubts, *hidden.doubts]),
            is_sampled=self._is_sampled,
            is_display=shows_only,
            python=self._plan.python,
        )

    # --- before -----------------------------------------------------------------------------

    def _read(self, budget: Budget) -> Code:
        """Find the names that the cell may read, statement by statement; return the cell's own code.

        A name that an earlier statement has bound for sure is not read from before the cell.
        """
        state, plan = self._state, self._plan
        reads, called = read(state, plan.magics.reads | self._texts_that_read(), budget)
        own: list[Code] = []
        codes = [called]
        bound: set[str] = set()
        defined: list[Deferred] = []
        for step in plan.steps:
            code = folded(step.code, defined, self._is_users)
            loads = code.loads | (self._outputs() if code.loads & _SHOWN else set()) | self._told(step)
            found, called = read(state, loads - bound, budget, bound=bound, words=code.words)
            reads |= found
            own.append(code)
            codes.append(called)
            defined += step.code.deferred
            bound = (bound | step.sure) - code.deletes
        mine = joined([Code(), *own])
        self._code = joined([mine, *codes])
        self._is_storing = any(each.is_storing for each in (*codes, *(each.code for each in defined)))
        if self._code.is_open or plan.magics.is_open:
            self._doubts.append(_why_open(plan, is_own=mine.is_open or plan.magics.is_open))
            reads, _ = read(state, {*reads, *self._names_before}, budget)
        self._reads = reads
        return mine

    def _texts_that_read(self) -> set[str]:
        """Return names inside texts that libraries look up: ``df.query("a > @limit")``, SQL on frames."""
        plan, namespace = self._plan, self._state.namespace
        found: set[str] = set()
        is_looked_up = calls.reads_texts(plan, namespace)
        for text in plan.texts:
            if is_looked_up:
                found |= words(text)
            elif "@" in text:
                found |= {part for part in words(text) if f"@{part}" in text}
        return found & namespace.keys()

    def _outputs(self) -> set[str]:
        """Return the names of what earlier cells showed, that this one may look at."""
        plan, namespace = self._plan, self._state.namespace
        if plan.outputs is not None:
            return {f"_{number}" for number in plan.outputs} & namespace.keys()
        return {name for name in namespace if is_output(name)}

    def _told(self, step: Step) -> set[str]:
        """Return names that a statement takes from objects whose ``__del__``, the user's, is then called."""
        namespace = self._state.namespace
        return {
            name
            for name in step.code.stores | step.code.deletes
            if name in namespace
            and is_own(kind := type(namespace[name]), namespace)
            and any("__del__" in vars(base) for base in kind.__mro__)
        }

    def _is_users(self, name: str) -> bool:
        """Whether a name stands for a function or a class of the user's, or an object of one."""
        home = self._state.namespace
        value = home.get(name)
        if type(value) is FunctionType:
            return is_own_function(value, home)
        kind = value if value is not None and issubclass(type(value), type) else type(value)
        return is_own(kind, home)

    def _has_own_kinds(self) -> bool:
        """Whether a class of the user's is reached, whose properties and operators may do anything."""
        budget = Budget(0)
        return any(
            is_own(kind, self._state.namespace)
            for name in self._reads
            for kind in self._state.seen(name, hashed=False, budget=budget).kinds
        )

    # --- after ------------------------------------------------------------------------------

    def _rebound(self, outcome: Outcome) -> tuple[set[str], set[str]]:
        """Return the names that stand for other objects than before, and those that are gone."""
        state = self._state
        now, before = state.names(), self._names_before
        bound = {name for name, key in now.items() if before.get(name) != key}
        if outcome == "finished":
            bound |= self._plan.sure & now.keys()
        bound |= state.new_outputs()
        deleted = before.keys() - now.keys()
        state.forget(bound | deleted)
        return bound, set(deleted)

    def _changed(self) -> set[str]:
        """Return the names whose objects hold something else than before."""
        state, budget = self._state, Budget()
        changed: set[str] = set()
        used = frozenset[int]().union(
            *(self._before[name].opaque for name in self._reads & self._before.keys())
        )
        for name, before in self._before.items():
            if name not in state.namespace or id(state.namespace[name]) != before.key:
                continue
            after = state.look(name, hashed=True, budget=budget, limit=before.n_objects)
            if after.is_cut and not before.is_cut:  # it has grown: look at all of it when it is next named
                state.forget([name])
            if before.differs(after) or not used.isdisjoint(before.opaque):
                changed.add(name)
            elif before.is_sampled(after):
                self._is_sampled = True
                if name in self._plan.mutated or self._is_storing:
                    changed.add(name)
                    self._doubts.append(f"{name} is large: it may or may not have changed")
        return changed


def is_output(name: object) -> bool:
    """Return whether a name is one of those under which IPython keeps what was shown."""
    return type(name) is str and (name in _SHOWN or OUTPUT.match(name) is not None)


def _why_open(plan: Plan, *, is_own: bool) -> str:
    if not is_own:
        return "a function that it calls may look at any name"
    if not plan.is_understood:
        return "it could not be parsed, so that it may have read any name"
    if plan.magics.is_open:
        return f"%{plan.magics.names[-1]} may read and bind any name"
    return "it may look at any name (globals, eval, exec)"


def _once(values: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(values))
