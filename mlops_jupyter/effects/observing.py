"""One execution of a cell, observed: what is there before it, and what differs after it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..records import Drawing, Effects, FileUse
from ..records.lineage import Outcome
from . import calls, imports
from .files import Trace
from .hidden import Hidden
from .modules import local_modules
from .paths import HASH_AT_ONCE_BYTES, file_use, is_data, named_files, shown, tree
from .plan import Plan, joined, plan_of, words
from .randomness import as_text
from .state import BUDGET_BYTES, OUTPUT, State
from .walk import Budget, Seen


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
        self._trace = Trace()
        self._doubts: list[str] = []
        self._is_sampled = False

    def start(self) -> None:
        """Look at everything that the cell may read or change, then listen."""
        state, plan = self._state, self._plan
        budget = Budget(BUDGET_BYTES)
        self._before_names = state.names()
        is_open = plan.code.is_open or plan.magics.is_open
        loads = set(plan.code.loads) | plan.magics.reads | self._texts_that_read() | self._outputs()
        if is_open:
            loads |= set(self._before_names)
            self._doubts.append(_why_open(plan))
        self._reads, called = state.reads(loads, budget)
        self._code = joined([plan.code, called])
        if not is_open and called.is_open:
            self._doubts.append("a function that it calls may look at any name")
            self._reads, _ = state.reads(loads | set(self._before_names), budget)
        self._is_quiet = self._code.is_quiet and not plan.magics.names and not self._has_own_kinds()
        self._before: dict[str, Seen] = {}
        if not self._is_quiet:
            for name in self._reads | state.sharing(self._reads, budget):
                self._before[name] = state.seen(name, hashed=True, budget=budget)
        self._attributes_before = dict(self._patched())
        self._files_before = self._candidates()
        self._tree_before = tree(os.getcwd()) if self._may_run_commands() else None
        self._hidden_before = Hidden()
        self._trace.start()

    def stop(self) -> None:
        """Listen no more."""
        self._trace.stop()

    def end(self, outcome: Outcome) -> Effects:
        """Return what the cell did."""
        self._trace.stop()
        after = Hidden()
        bound, deleted = self._rebound(outcome)
        changed = self._changed(bound)
        hidden_reads, hidden_writes, random_before = self._hidden(after)
        read, written = self._files()
        hidden_reads += [f"file:{use.path}" for use in read]
        hidden_writes += [f"file:{use.path}" for use in written]
        hidden_reads += self._packages_read()
        unrepeatable = self._unrepeatable()
        hidden_reads += [
            name for name in ("clock", "entropy") if any(_is_of(name, each) for each in unrepeatable)
        ]
        if self._trace.network:
            hidden_reads.append("network")
            unrepeatable.append(Drawing("the network"))
        modules = self._modules()
        shows_only = not (
            bound - {"_"} - {name for name in bound if OUTPUT.match(name)}
            or changed
            or deleted
            or hidden_writes
        )
        return Effects(
            reads=tuple(sorted(self._reads)),
            bound=tuple(sorted(bound)),
            changed=tuple(sorted(changed)),
            deleted=tuple(sorted(deleted)),
            hidden_reads=_once(hidden_reads),
            hidden_writes=_once(hidden_writes),
            files_read=tuple(read),
            files_written=tuple(written),
            modules=modules,
            random_before=random_before,
            unrepeatable=tuple(unrepeatable),
            doubts=_once(self._doubts),
            is_sampled=self._is_sampled,
            is_display=shows_only and outcome == "finished",
            python=self._plan.python,
        )

    # --- before -----------------------------------------------------------------------------

    def _texts_that_read(self) -> set[str]:
        """Return names inside texts that libraries look up: ``df.query("a > @limit")``, SQL on frames."""
        plan, namespace = self._plan, self._state.namespace
        found: set[str] = set()
        for text in plan.texts:
            if "@" in text:
                found |= {part for part in words(text) if f"@{part}" in text}
        if calls.reads_texts(plan, namespace):
            for text in plan.texts:
                found |= words(text)
        return found & namespace.keys()

    def _outputs(self) -> set[str]:
        plan = self._plan
        if not plan.code.loads & {"Out", "_oh", "_", "__", "___"}:
            return set()
        return {"_", "__", "___", *(name for name in self._state.namespace if OUTPUT.match(str(name)))} & (
            self._state.namespace.keys()
        )

    def _has_own_kinds(self) -> bool:
        """Whether a class of the user's is reached, whose properties and operators may do anything."""
        from .kinds import is_own

        budget = Budget(0)
        return any(
            is_own(kind, self._state.namespace)
            for name in self._reads
            for kind in self._state.seen(name, hashed=False, budget=budget).kinds
        )

    def _candidates(self) -> dict[str, tuple[int, int] | None]:
        """Return the files that the cell names, for readers and writers that are not heard."""
        if self._is_quiet:
            return {}
        namespace = self._state.namespace
        texts: list[Any] = list(self._plan.texts)
        texts += [namespace[name] for name in self._reads if calls.is_path(namespace[name])]
        texts += [word for line in self._plan.magics.lines for word in line.split()]
        return {path: _stamp(path) for path in named_files(texts, os.getcwd()) if is_data(path)}

    def _may_run_commands(self) -> bool:
        return self._plan.magics.command or bool(self._code.words & calls.COMMANDS)

    def _patched(self) -> Iterator[tuple[str, Any]]:
        """Yield what stands where the cell stores attributes of modules and classes."""
        for chain in self._code.chains:
            if chain.is_stored and (owner := calls.owner_of(chain, self._state.namespace)) is not None:
                yield owner, None

    # --- after ------------------------------------------------------------------------------

    def _rebound(self, outcome: Outcome) -> tuple[set[str], set[str]]:
        now = self._state.names()
        before = self._before_names
        bound = {name for name, key in now.items() if before.get(name) != key}
        if outcome == "finished":
            bound |= self._plan.sure & now.keys()
        bound |= self._shown_outputs()
        deleted = before.keys() - now.keys()
        self._state.forget(bound | deleted)
        return bound, set(deleted)

    def _shown_outputs(self) -> set[str]:
        namespace = self._state.namespace
        shown_now = {name for name in namespace if OUTPUT.match(str(name))}
        new = shown_now - self._outputs_known()
        self._state.pinned["outputs"] = shown_now
        return new | ({"_"} if new else set())

    def _outputs_known(self) -> set[str]:
        known: set[str] = self._state.pinned.get("outputs", set())
        return known

    def _changed(self, bound: set[str]) -> set[str]:
        if self._is_quiet:
            return set()
        state, budget = self._state, Budget(BUDGET_BYTES)
        changed: set[str] = set()
        opaque: set[int] = set()
        for name in self._reads & self._before.keys():
            opaque |= self._before[name].opaque
        for name, before in self._before.items():
            if name not in state.namespace or id(state.namespace[name]) != before.key:
                continue
            after = state.look(name, hashed=True, budget=budget)
            if before.differs(after) or not opaque.isdisjoint(before.opaque):
                changed.add(name)
            elif before.is_sampled(after):
                self._is_sampled = True
                if name in self._plan.mutated:
                    changed.add(name)
                    self._doubts.append(f"{name} is large: it may or may not have changed")
        return changed

    def _hidden(self, after: Hidden) -> tuple[list[str], list[str], dict[str, str]]:
        state, before = self._state, self._hidden_before
        for name, raw in imports.first_states.items():
            before.random.setdefault(name, raw)
        reads: list[str] = []
        writes = [name for name in after.moved(before) if not self._is_of_imports(name)]
        random_before: dict[str, str] = {}
        for name in after.random:
            if name in writes:
                if not calls.seeds_first(name, self._plan, state.namespace):
                    reads.append(name)
                random_before[name] = as_text(before.random[name])
            elif calls.looks_at_state(name, self._code):
                reads.append(name)
        if (
            state.environ_moved and (self._trace.imported or self._trace.commands)
        ) or self._code.words & calls.ENVIRON:
            reads.append("environ")
        if (
            state.cwd_moved and (self._trace.read or self._trace.written or self._trace.commands)
        ) or self._code.words & {"getcwd", "cwd"}:
            reads.append("cwd")
        state.environ_moved |= "environ" in writes
        state.cwd_moved |= "cwd" in writes
        writes += self._attributes_before
        if not writes:
            for package in calls.doubted(self._plan, state.namespace, before.settings):
                writes.append(f"module:{package}")
                self._doubts.append(
                    f"a call of {package} for nothing that was seen may have changed its settings"
                )
        state.settings_moved |= {name for name in writes if name.startswith("module:")}
        writes += [f"magic:{name}" for name in self._plan.magics.effective]
        if self._plan.magics.command or self._trace.commands:
            self._doubts.append("it runs a command, which may do anything")
        return reads, writes, random_before

    def _is_of_imports(self, name: str) -> bool:
        """Whether a change comes of importing alone, and so comes again with the import."""
        words = {"environ": calls.ENVIRON, "module:warnings": calls.WARNINGS, "module:sys": calls.PATHS}.get(
            name
        )
        return (
            words is not None
            and self._trace.imported
            and not self._code.words & words
            and not self._plan.magics.environ
        )

    def _packages_read(self) -> list[str]:
        """Return the packages whose settings were changed before and that the cell may use."""
        if not self._state.settings_moved:
            return []
        packages = calls.packages(self._reads, self._state) | calls.packages_imported(self._plan)
        return [
            f"module:{name}" for name in sorted(packages) if f"module:{name}" in self._state.settings_moved
        ]

    def _files(self) -> tuple[list[FileUse], list[FileUse]]:
        trace = self._trace
        read = dict.fromkeys(path for path in trace.read if is_data(path))
        written = dict.fromkeys(path for path in (*trace.written, *trace.removed) if is_data(path))
        for path, stamp in self._files_before.items():
            if _stamp(path) != stamp:
                written[path] = None
            elif stamp is not None and path not in written:
                read[path] = None
        if self._tree_before is not None:
            now = tree(os.getcwd())
            changed = {path for path in now if self._tree_before.get(path) != now[path]}
            written |= dict.fromkeys(
                path for path in sorted(changed | (self._tree_before.keys() - now.keys())) if is_data(path)
            )
        return list(self._uses(read)), list(self._uses(written))

    def _uses(self, paths: Iterable[str]) -> Iterator[FileUse]:
        module_files = {module.path for module in self._modules()}
        for path in paths:
            if path.endswith(".py") and path in module_files:
                continue
            use = file_use(path, self._folder, hashed=_size(path) <= HASH_AT_ONCE_BYTES)
            if use is not None:
                yield use

    def _modules(self) -> Any:
        from dataclasses import replace

        if not hasattr(self, "_found_modules"):
            names = calls.module_names(self._reads | self._plan.sure, self._state)
            self._found_modules = tuple(
                replace(each, path=shown(each.path, self._folder)) for each in local_modules(names)
            )
        return self._found_modules

    def _unrepeatable(self) -> list[Drawing]:
        return list(calls.unrepeatable(self._plan, self._code, self._state))


def _why_open(plan: Plan) -> str:
    if not plan.is_understood:
        return "it could not be parsed, so that it may have read any name"
    if plan.magics.is_open:
        return f"%{plan.magics.names[-1]} may read and bind any name"
    return "it may look at any name (globals, eval, exec)"


def _is_of(name: str, drawing: Drawing) -> bool:
    return calls.kind_of(drawing.what) == name


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _size(path: str) -> int:
    found = _stamp(path)
    return found[0] if found else 0


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
