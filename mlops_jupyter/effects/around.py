"""What a cell does beside the names: generators, files, environment, folder, settings, network, commands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..records import Drawing, FileUse, LocalModule
from . import calls, imports
from .bytecode import Code
from .files import Trace
from .hidden import Hidden, figures, patched_builtins, working_directory
from .modules import local_modules
from .paths import (
    HASH_AT_ONCE_BYTES,
    below,
    file_use,
    in_words,
    is_data,
    joined,
    named_files,
    shown,
    size_of,
    stamp,
    tree,
)
from .plan import Plan
from .randomness import as_text
from .state import State

PRESENT_FIGURE = "module:matplotlib.pyplot"
"""The figure that pyplot draws on, where it stays open from cell to cell."""


_EACH_FILE_BYTES = 1 << 16
"""What opening a file to hash it costs, in bytes of hashing."""


@dataclass(slots=True)
class HiddenEffects:
    """What was found beside the names."""

    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    random_before: dict[str, str] = field(default_factory=dict)
    files_read: list[FileUse] = field(default_factory=list)
    files_written: list[FileUse] = field(default_factory=list)
    modules: list[LocalModule] = field(default_factory=list)
    unrepeatable: list[Drawing] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


class Around:
    """One execution, beside its names. ``own`` is how many of the code's chains are the cell's own."""

    def __init__(
        self,
        state: State,
        plan: Plan,
        code: Code,
        own: int,
        reads: Collection[str],
        folder: str,
        *,
        is_quiet: bool,
    ) -> None:
        self._state, self._plan, self._code, self._own = state, plan, code, own
        self._names, self._folder, self._is_quiet = reads, folder, is_quiet
        self._trace, self._bytes_left = Trace(), HASH_AT_ONCE_BYTES
        self._here = working_directory()

    def start(self) -> None:
        """Note what is there, then listen."""
        self._named = self._candidates()
        self._tree = tree(self._here) if self._may_run_commands() else None
        self._before = Hidden()
        self._figures = figures()
        self._trace.start()

    def stop(self) -> None:
        """Listen no more."""
        self._trace.stop()

    def found(self, touched: Collection[str], mapped: Collection[str] = ()) -> HiddenEffects:
        """Return what the cell did.

        ``touched`` are the names that it bound or changed, ``mapped`` files of which it changed a view.
        """
        found, after = HiddenEffects(), Hidden()
        moved = [name for name in after.moved(self._before) if not self._is_of_imports(name)]
        found.modules = self._modules(touched)
        found.reads += self._settings_read(found.modules)
        found.reads += self._environ_read()
        self._random(found, after, moved)
        self._trace.written |= dict.fromkeys(mapped)
        self._places(found)
        self._settings(found, moved, touched)
        self._unrepeatable(found)
        state = self._state
        state.environ_moved |= {name for name in found.writes if name.startswith("environ:")}
        state.settings_moved |= {name for name in found.writes if name.startswith("module:")}
        state.cwd_moved |= "cwd" in moved
        return found

    # --- generators -------------------------------------------------------------------------

    def _random(self, found: HiddenEffects, after: Hidden, moved: list[str]) -> None:
        before = self._before.random
        for name, state in after.random.items():
            first = before.get(name, imports.first_states.get(name))
            if name not in before and first is not None and first != state:
                moved.append(name)
            if name in moved:
                if not calls.seeds_first(name, self._code.chains[: self._own], self._state.namespace):
                    found.reads.append(name)
                    found.random_before[name] = as_text(first)
            elif calls.looks_at_state(name, self._code):
                found.reads.append(name)

    # --- environment, folder, settings --------------------------------------------------------

    def _environ_read(self) -> list[str]:
        """Return the variables that the cell may look at: those it names, else all that cells have set."""
        moved = sorted(self._state.environ_moved)
        if self._code.words & calls.ENVIRON:
            named = self._plan.environ
            called = self._code.chains[self._own :]
            if named is not None and not any(calls.ENVIRON & set(chain.parts) for chain in called):
                return [f"environ:{name}" for name in sorted(named)]
            return ["environ", *moved]
        return moved if self._trace.imported or self._trace.commands else []

    def _is_of_imports(self, name: str) -> bool:
        """Whether a change comes of importing alone, and so comes again with the import."""
        about = {"environ": calls.ENVIRON, "module:warnings": calls.WARNINGS, "module:sys": calls.PATHS}
        words = about.get(name.partition(":")[0] if name.startswith("environ") else name)
        return (
            words is not None
            and self._trace.imported
            and not self._code.words & words
            and not self._plan.magics.environ
        )

    def _settings_read(self, modules: Collection[LocalModule]) -> list[str]:
        """Return the packages whose settings were changed before and that the cell may use."""
        moved = self._state.settings_moved
        if not moved:
            return []
        packages = calls.packages(self._names, self._state) | self._plan.imports
        if modules or any(name in self._state.local_imports for name in self._plan.imports):
            packages.add("sys")
        if calls.prints(self._code):
            packages |= {"numpy.printing", "pandas.display"}
        found = [f"module:{name}" for name in sorted(packages) if f"module:{name}" in moved]
        if "module:builtins" in moved and not patched_builtins().isdisjoint(self._code.loads):
            found.append("module:builtins")
        return found

    def _settings(self, found: HiddenEffects, moved: Collection[str], touched: Collection[str]) -> None:
        plan, namespace = self._plan, self._state.namespace
        found.writes += moved
        if self._figures and calls.drawn_on(self._code, namespace):
            found.reads.append(PRESENT_FIGURE)
        if self._figures != figures():
            found.writes.append(PRESENT_FIGURE)
        for chain in self._code.chains:
            if chain.is_stored and (owner := calls.owner_of(chain, namespace)) is not None:
                found.writes.append(owner)
        if not found.writes:
            for package in calls.doubted(plan, namespace, self._before.settings, is_shown="_" in touched):
                found.writes.append(f"module:{package}")
                found.doubts.append(
                    f"a call of {package} that did nothing seen may have changed its settings"
                )
        found.writes += [f"magic:{name}" for name in plan.magics.effective]
        if plan.magics.runs_command or self._trace.commands:
            found.doubts.append("it runs a command, which may do anything")

    # --- files ------------------------------------------------------------------------------

    def _candidates(self) -> dict[str, tuple[int, int] | None]:
        """Return the files that the cell names, for readers and writers that are not heard."""
        if self._is_quiet:
            return {}
        namespace = self._state.namespace
        texts: list[Any] = list(self._plan.texts)
        texts += [namespace[name] for name in self._names if calls.is_path(namespace[name])]
        for line in self._plan.magics.lines:
            texts += in_words(line, namespace)
        return {path: stamp(path) for path in named_files(texts, self._here) if is_data(path)}

    def _may_run_commands(self) -> bool:
        return self._plan.magics.command or bool(self._code.words & calls.COMMANDS)

    def _places(self, found: HiddenEffects) -> None:
        """Add the files and folders that the cell used."""
        trace, state = self._trace, self._state
        read = dict.fromkeys(path for path in trace.read if is_data(path))
        written = dict.fromkeys(path for path in (*trace.written, *trace.removed) if is_data(path))
        self._add_unheard(read, written)
        for path, before in trace.databases.items():
            if is_data(path) and stamp(path) != before:
                written.setdefault(path)
        sources = {joined(module.path, self._folder) for module in found.modules}
        found.files_read = list(self._uses(path for path in read if path not in sources))
        found.reads += [f"file:{shown(path, self._folder)}" for path in sources & state.written]
        state.written |= written.keys()
        found.files_written = list(self._uses(written))
        found.reads += [f"file:{use.path}" for use in found.files_read]
        found.writes += [f"file:{use.path}" for use in found.files_written]
        folders = [path for path in trace.folders if is_data(path)]
        found.writes += [f"file:{shown(path, self._folder)}" for path in folders]
        used = [*read, *written, *folders]
        found.reads += [
            f"file:{shown(made, self._folder)}"
            for made in sorted(state.folders)
            if any(below(path, made) for path in used)
        ]
        state.folders |= set(folders)
        is_moved_here = state.cwd_moved and (used or trace.commands)
        if is_moved_here or self._code.words & {"getcwd", "cwd"}:
            found.reads.append("cwd")

    def _add_unheard(self, read: dict[str, None], written: dict[str, None]) -> None:
        """Add files that were used without an event: those that the cell names, those of commands."""
        for path, before in self._named.items():
            if stamp(path) != before:
                written.setdefault(path)
            elif before is not None and path not in written:
                read.setdefault(path)
        if self._tree is None:
            return
        now = tree(self._here)
        differing = {path for path in now if self._tree.get(path) != now[path]} | (
            self._tree.keys() - now.keys()
        )
        written |= dict.fromkeys(path for path in sorted(differing) if is_data(path))

    def _uses(self, paths: Iterable[str]) -> Iterator[FileUse]:
        """Yield the records of files, the first with their hashes; the others are hashed behind the cell."""
        for path in paths:
            self._bytes_left -= size_of(path) + _EACH_FILE_BYTES
            use = file_use(path, self._folder, hashed=self._bytes_left >= 0)
            if use is not None:
                yield use

    def _modules(self, touched: Collection[str]) -> list[LocalModule]:
        names = calls.module_names({*self._names, *touched}, self._state) | self._plan.imported_modules
        found = [replace(each, path=shown(each.path, self._folder)) for each in local_modules(names)]
        self._state.local_imports |= {each.name.partition(".")[0] for each in found}
        return found

    # --- what cannot be repeated ----------------------------------------------------------------

    def _unrepeatable(self, found: HiddenEffects) -> None:
        for drawing in calls.unrepeatable(self._own, self._code, self._state):
            found.unrepeatable.append(drawing)
            found.reads.append(calls.kind_of(drawing.what))
        if self._trace.network:
            found.reads.append("network")
            found.unrepeatable.append(Drawing("the network"))
