"""The cells of a run, run once in a clean process with a registry of its own, and what came of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import config
from ..effects.cells import untracked
from ..records import (
    CodeSlice,
    Effects,
    Environment,
    FileUse,
    LocalModule,
    Recipe,
    ReproducedValue,
    Run,
    SliceCell,
    Verdict,
)
from ..store import Store
from ..store.objects import hash_of_file
from ..tracking.refs import experiment_of
from . import comparing
from .comparing import Side
from .replica import reads_registry, replica
from .running import OnCell, Ran, run_cells


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of running a slice.

    Attributes
    ----------
    tried
        The slice.
    ran
        How its cells ended.
    verdict
        Of the whole; ``failed`` also where they made no run.
    values
        What was compared.
    times
        Names of measured times, which are not compared.
    packages
        Those of other versions: name, then, here.
    missing
        Sentences about inputs that could not be had.
    """

    tried: CodeSlice
    ran: Ran
    verdict: Verdict
    values: tuple[ReproducedValue, ...]
    times: tuple[str, ...]
    packages: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the outcome is the same."""
        return self.verdict in ("identical", "equal")


@dataclass(frozen=True, slots=True)
class Again:
    """A run that is to be made again.

    Attributes
    ----------
    store, run, recipe
        Where it stands, itself, and how it was made.
    effects
        What each execution of its session did.
    python
        The interpreter.
    variables
        Of the environment, on top of those that the recipe names.
    """

    store: Store
    run: Run
    recipe: Recipe
    effects: Mapping[int, Effects]
    python: Path
    variables: Mapping[str, str]

    def attempt(self, tried: CodeSlice, folder: Path, on_cell: OnCell) -> Attempt:
        """Run the kept cells of a slice and compare; ``folder`` is an empty one for the registry."""
        where = Path(self.recipe.folder)
        files, lost = found(self.store, tried.files, where)
        modules, gone = found(self.store, tried.modules, where)
        as_of = self.run if reads_registry(tried.kept) else None
        with replica(self.store, folder, as_of=as_of) as made:
            before = {row["id"] for row in made.rows("runs", columns=["id"])}
            ran = self._ran(tried.kept, made.url, files, modules, on_cell)
            new = self._made_again(made, before)
            compared = comparing.Compared(())
            if new is not None:
                reads_clock = any("clock" in self.effects[cell.seq].hidden_reads for cell in tried.kept)
                compared = comparing.compare(
                    Side(self.store, self.run), Side(made, new), reads_clock=reads_clock
                )
            return Attempt(
                tried=tried,
                ran=ran,
                verdict="failed" if ran.error is not None or new is None else _worst(compared),
                values=compared.values,
                times=compared.times,
                packages=self._differing(made, new),
                missing=(*lost, *gone),
            )

    def _ran(
        self,
        cells: Sequence[SliceCell],
        url: str,
        files: Mapping[str, Path],
        modules: Mapping[str, Path],
        on_cell: OnCell,
    ) -> Ran:
        kept = {cell.seq: self.effects[cell.seq] for cell in cells}
        registry = {config.REGISTRY_VARIABLE: url, config.ONLY_VARIABLE: url}
        return run_cells(
            tracked(cells, kind=self.run.kind, experiment=experiment_of(self.store, self.run)),
            folder=self.recipe.folder,
            files=files,
            modules=modules,
            outputs=sorted({file.path for one in kept.values() for file in one.files_written}),
            environment={**json.loads(self.recipe.environment), **self.variables, **registry},
            random_states={seq: one.random_before for seq, one in kept.items() if one.random_before},
            is_tracked=True,
            on_cell=on_cell,
            python=self.python,
        )

    def _made_again(self, made: Store, before: Collection[str]) -> Run | None:
        """Return the run that stands for ours: the cells may have made several, now as then."""
        where = {"parent_id": None, "kind": self.run.kind}
        new = [row for row in made.rows("runs", where, order="number") if row["id"] not in before]
        same = {"session_id": self.recipe.session_id, "seq": self.recipe.seq}
        ids = [row["run_id"] for row in self.store.rows("recipes", same, columns=["run_id"])]
        later = self.store.rows(
            "runs", {"id": ids, "kind": self.run.kind, "number >": self.run.number}, columns=["id"]
        )
        return Run(**new[-1 - len(later)]) if len(new) > len(later) else None

    def _differing(self, made: Store, new: Run | None) -> tuple[tuple[str, str, str], ...]:
        then = _environment(self.store, self.run.environment_id)
        here = _environment(made, new.environment_id) if new is not None else None
        if then is None or here is None:
            return ()
        old, now = json.loads(then.packages), json.loads(here.packages)
        found = [("python", then.python, here.python)] if then.python != here.python else []
        found += [(name, old[name], now[name]) for name in old if name in now and old[name] != now[name]]
        return tuple(found)


def tracked(cells: Sequence[SliceCell], *, kind: str, experiment: str) -> tuple[SliceCell, ...]:
    r"""Return the cells of a run, of which only its own makes a run again.

    Parameters
    ----------
    kind
        Of the run. A cell that ``%track on`` recorded gets its ``%%track`` line; where ``start_run``
        made the run, its cells do so again.
    experiment
        Where the run belongs.

    Examples
    --------
    >>> cells = SliceCell(1, "%%track a\nx = 1", True), SliceCell(2, "y = x", True)
    >>> [cell.source for cell in tracked(cells, kind="cell", experiment="churn")]
    ['x = 1', '%%track churn\ny = x']
    """
    *earlier, last = cells
    plain = [replace(cell, source=untracked(cell.source)) for cell in earlier]
    if kind == "cell" and "%%track" not in last.source:
        last = replace(last, source=f"%%track {shlex.quote(experiment)}\n{last.source}")
    return (*plain, last)


def found(
    store: Store, used: Iterable[FileUse | LocalModule], folder: Path
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return where the bytes of inputs are, by the path that the cells use, and what could not be had."""
    places, missing = {}, []
    for one in used:
        path, why = _content(store, one, folder)
        if path is not None:
            places[one.path] = path
        if why:
            missing.append(f"{one.path} {why}")
    return places, tuple(missing)


def _content(store: Store, one: FileUse | LocalModule, folder: Path) -> tuple[Path | None, str]:
    """Return where the bytes of an input are: the kept copy, else the file, if it still is the same."""
    if one.object_hash is not None and store.objects.exists(one.object_hash):
        return store.objects.path(one.object_hash), ""
    path = folder / one.path
    if not path.is_file():
        return None, "is gone, and no copy was kept"
    if one.content_hash is None:
        return path, "was not kept, and nothing says whether it is the same as then"
    same = hash_of_file(path) == one.content_hash
    return path, "" if same else "has other bytes than then, and no copy was kept"


def _environment(store: Store, environment_id: str | None) -> Environment | None:
    rows = store.rows("environments", {"id": environment_id}) if environment_id else []
    return Environment(**rows[0]) if rows else None


def _worst(found: comparing.Compared) -> Verdict:
    verdicts: Iterator[Verdict] = (one.verdict for one in found.values)
    return comparing.worst(verdicts)
