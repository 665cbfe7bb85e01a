"""A run made again: its kept cells, in a fresh process, in a registry of its own, held against it."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import config
from ..errors import NotFoundError
from ..records import (
    Environment,
    Recipe,
    RecipeFile,
    ReproducedCell,
    ReproducedValue,
    Reproduction,
    ReproductionReport,
    Run,
    SliceCell,
    Verdict,
    to_plain,
)
from ..store import Store, as_row, events, open_existing
from ..tracking.refs import experiment_of
from . import comparing, slices
from .comparing import Side
from .keeping import MASKED
from .replica import reads_registry, replica
from .running import Ran, run_cells

Progress = Callable[[int, int, str], object]
"""Told how many cells are done, of how many, and the head of the one that runs."""


def reproduce(
    ref: Any,
    *,
    exact_environment: bool = False,
    registry: str | os.PathLike[str] | Store | None = None,
    on_progress: Progress | None = None,
) -> ReproductionReport:
    """Make a run again in a fresh process, compare, and write the verdict to the run.

    Its kept cells run in order, on the files that were kept, with the random state restored before each
    cell that drew from it; runs that they make go to a registry that is removed afterwards.

    Parameters
    ----------
    ref
        A run (``12``, ``"#12"``) or a version of a model, whose run is meant (``"churn:4"``).
    exact_environment
        Whether to install the very versions of the packages that were recorded, in an environment of its
        own; else what is installed here is used, and differing versions are named.
    registry
        Where the run is; the registry that applies where None.
    on_progress
        Told of each cell.

    Raises
    ------
    NotFoundError
        If there is no such run, or it has no recipe.

    Examples
    --------
    >>> report = reproduce(12)  # doctest: +SKIP
    >>> report.verdict, report.summary  # doctest: +SKIP
    ('identical', 'identical: 2 params, 1 metric, 2 data sets, 1 model')
    """
    store = open_existing(registry)
    run, _ = slices.run_of(store, ref)
    again = _Again(store, run, slices.kept_recipe(store, run), on_progress)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mlops-again-", ignore_cleanup_errors=True) as temporary:
        report = again.report(Path(temporary), exact_environment=exact_environment)
    report = replace(report, duration_s=time.perf_counter() - began)
    _stamp(store, report)
    return report


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
    plain = [replace(cell, source=_untracked(cell.source)) for cell in earlier]
    if kind == "cell" and "%%track" not in last.source:
        last = replace(last, source=f"%%track {shlex.quote(experiment)}\n{last.source}")
    return (*plain, last)


class _Again:
    """One reproduction: what is needed for it, what came of it."""

    def __init__(self, store: Store, run: Run, recipe: Recipe, on_progress: Progress | None) -> None:
        self._store, self._run, self._recipe, self._on_progress = store, run, recipe, on_progress
        self._cells = slices.recipe_of(store, run.id).kept
        kept = {cell.seq for cell in self._cells}
        executions = [one for one in slices.executions_of(store, recipe) if one.seq in kept]
        self._effects = slices.effects_of(executions)
        self._files = slices.files_of(store, run.id)
        if not self._cells:
            raise NotFoundError(f"run #{run.number} has a recipe without cells; run 'mlops doctor'")

    def report(self, folder: Path, *, exact_environment: bool) -> ReproductionReport:
        """Run the cells and compare."""
        python, variables = Path(sys.executable), dict[str, str]()
        if exact_environment:
            from .exact import with_this_package

            python, variables = self._exact_python(), with_this_package(folder / "package")
        inputs = _Inputs.of(self._store, self._files, Path(self._recipe.folder))
        with replica(self._store, folder / "registry", is_whole=reads_registry(self._cells)) as made:
            before = _newest(made, self._run.kind)
            ran = self._ran(made.url, inputs, python, variables)
            again = _newest(made, self._run.kind)
            new = again if again is not None and (before is None or again.id != before.id) else None
            found = comparing.Compared(())
            if new is not None:
                found = comparing.compare(Side(self._store, self._run), Side(made, new))
            packages = self._differing(made, new)
        return self._judged(ran, new, found, packages, inputs, exact_environment=exact_environment)

    # --- running ------------------------------------------------------------------------------

    def _ran(self, url: str, inputs: _Inputs, python: Path, variables: Mapping[str, str]) -> Ran:
        from ..datasets import progress

        settings = {**json.loads(self._recipe.environment), **variables, config.REGISTRY_VARIABLE: url}
        with ExitStack() as said:

            def on_cell(place: int, count: int, cell: SliceCell, ended: ReproducedCell | None) -> None:
                head = _head(cell.source)
                if ended is None:
                    said.enter_context(progress.step(f"cell {place + 1} of {count}: {head}", place / count))
                else:
                    said.close()
                if self._on_progress is not None:
                    self._on_progress(place + (ended is not None), count, head)

            return run_cells(
                tracked(self._cells, kind=self._run.kind, experiment=experiment_of(self._store, self._run)),
                folder=self._recipe.folder,
                files=inputs.files,
                modules=inputs.modules,
                outputs=sorted({file.path for one in self._effects.values() for file in one.files_written}),
                environment=settings,
                random_states={
                    seq: found.random_before for seq, found in self._effects.items() if found.random_before
                },
                is_tracked=True,
                on_cell=on_cell,
                python=python,
            )

    def _exact_python(self) -> Path:
        from .. import slicing
        from .exact import environment_of

        script = slicing.write_script(slices.recipe_of(self._store, self._run.id))
        return environment_of(self._store, self._run, script.imports)

    # --- judging ------------------------------------------------------------------------------

    def _differing(self, made: Store, new: Run | None) -> tuple[tuple[str, str, str], ...]:
        then = _environment(self._store, self._run.environment_id)
        here = _environment(made, new.environment_id) if new is not None else None
        if then is None or here is None:
            return ()
        old, now = json.loads(then.packages), json.loads(here.packages)
        found = [("python", then.python, here.python)] if then.python != here.python else []
        found += [(name, old[name], now[name]) for name in old if name in now and old[name] != now[name]]
        return tuple(found)

    def _judged(
        self,
        ran: Ran,
        new: Run | None,
        found: comparing.Compared,
        packages: tuple[tuple[str, str, str], ...],
        inputs: _Inputs,
        *,
        exact_environment: bool,
    ) -> ReproductionReport:
        failed = ran.error is not None or new is None
        verdict: Verdict = "failed" if failed else comparing.worst(one.verdict for one in found.values)
        causes = list(inputs.missing)
        if verdict in ("differs", "failed"):
            causes += self._causes(packages)
        causes += [
            f"{key} is a measured time, which no two runs share: it was not compared" for key in found.times
        ]
        return ReproductionReport(
            run_number=self._run.number,
            experiment=experiment_of(self._store, self._run),
            verdict=verdict,
            summary=_summary(verdict, found.values, ran.error or "its cells made no run"),
            values=found.values,
            cells=self._ended(ran),
            environment=packages,
            causes=tuple(dict.fromkeys(causes)),
            is_exact_environment=exact_environment,
            created_at=config.now(),
            user_name=config.user_name(),
            run_id=self._run.id,
        )

    def _ended(self, ran: Ran) -> tuple[ReproducedCell, ...]:
        heads = {cell.seq: _head(cell.source) for cell in self._cells}
        return tuple(
            replace(cell, head=heads[cell.seq], unrepeatable=self._effects[cell.seq].unrepeatable)
            for cell in ran.cells
        )

    def _causes(self, packages: Sequence[tuple[str, str, str]]) -> Iterator[str]:
        """Yield what is known to make another outcome: what nobody can repeat first."""
        for cell in self._cells:
            where = f"cell [{cell.execution_count}]" if cell.execution_count is not None else "a cell"
            for one in self._effects[cell.seq].unrepeatable:
                yield f"{where}{'' if one.line is None else f', line {one.line}'}: {one.what}"
            for doubt in self._effects[cell.seq].doubts:
                if doubt.endswith(MASKED):
                    yield f"{where}: {doubt}"
        if packages:
            shown = ", ".join(f"{name} {then} → {here}" for name, then, here in packages[:8])
            more = f" and {len(packages) - 8} more" if len(packages) > 8 else ""
            yield f"other versions: {shown}{more}; --exact-environment installs those of then"
        if "PYTHONHASHSEED" not in json.loads(self._recipe.environment):
            yield "the order of sets: PYTHONHASHSEED was not set, so Python drew one that nobody knows"
        yield from json.loads(self._recipe.doubts)


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What the cells read: path → where its bytes are; ``missing`` says what could not be had."""

    files: Mapping[str, Path]
    modules: Mapping[str, Path]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, store: Store, rows: Iterable[RecipeFile], folder: Path) -> _Inputs:
        found: dict[str, dict[str, Path]] = {"data": {}, "module": {}}
        missing = []
        for row in rows:
            path, why = _content(store, row, folder)
            if path is not None:
                found[row.kind][row.path] = path
            if why:
                missing.append(f"{row.path} {why}")
        return cls(found["data"], found["module"], tuple(missing))


def _content(store: Store, row: RecipeFile, folder: Path) -> tuple[Path | None, str]:
    """Return where the bytes of an input are: the kept copy, else the file, if it still is the same."""
    import hashlib

    if row.object_hash is not None and store.objects.exists(row.object_hash):
        return store.objects.path(row.object_hash), ""
    path = folder / row.path
    if not path.is_file():
        return None, "is gone, and no copy was kept"
    if row.content_hash is None:
        return path, "was not kept, and nothing says whether it is the same as then"
    with path.open("rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == row.content_hash
    return path, "" if same else "has other bytes than then, and no copy was kept"


def _untracked(source: str) -> str:
    head, _, body = source.lstrip().partition("\n")
    return body if head.startswith("%%track") else source


def _head(source: str) -> str:
    from ..store.lineage import first_line

    return first_line(source)[:80] or source.strip().partition("\n")[0][:80]


def _newest(store: Store, kind: str) -> Run | None:
    rows = store.rows("runs", {"parent_id": None, "kind": kind}, order="number desc", limit=1)
    return Run(**rows[0]) if rows else None


def _environment(store: Store, environment_id: str | None) -> Environment | None:
    rows = store.rows("environments", {"id": environment_id}) if environment_id else []
    return Environment(**rows[0]) if rows else None


def _summary(verdict: Verdict, values: Sequence[ReproducedValue], error: str) -> str:
    if verdict == "failed":
        return f"failed: {error}"
    if not values:
        return "identical: its cells ran to their end, but the run recorded nothing to compare"
    if verdict == "differs":
        worse = [one for one in values if one.verdict == "differs"]
        said = "; ".join(_said(one) for one in worse[:3])
        return f"differs: {said}" + (f" and {len(worse) - 3} more" if len(worse) > 3 else "")
    counted = ", ".join(_counted(values))
    return f"identical: {counted}" if verdict == "identical" else f"equal within 1e-9: {counted}"


def _said(one: ReproducedValue) -> str:
    if one.kind in ("param", "metric", "variable") and one.before and one.after:
        return f"{one.key} {_short(one.before)} → {_short(one.after)}"
    return f"{one.kind} {one.key}" + (f" ({one.note})" if one.note else "")


def _short(value: str) -> str:
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return value[:40]


def _counted(values: Sequence[ReproducedValue]) -> Iterator[str]:
    words = {
        "param": ("param", "params"),
        "metric": ("metric", "metrics"),
        "data": ("data set", "data sets"),
        "model": ("model", "models"),
        "predictions": ("model's predictions", "models' predictions"),
    }
    for kind, (one, many) in words.items():
        count = sum(value.kind == kind for value in values)
        if count:
            yield f"{count:,} {one if count == 1 else many}"


def _stamp(store: Store, report: ReproductionReport) -> None:
    """Write a reproduction with its event; the verdict on the run's recipe is then known too."""
    document = json.dumps(to_plain(report), ensure_ascii=False, sort_keys=True).encode()
    row = Reproduction(
        id=config.new_id(),
        run_id=report.run_id,
        created_at=report.created_at,
        verdict=report.verdict,
        summary=report.summary,
        object_hash=store.objects.put(document),
        is_exact_environment=int(report.is_exact_environment),
        duration_s=report.duration_s,
        user_name=report.user_name,
    )
    detail = {
        "run": report.run_number,
        "run_id": report.run_id,
        "verdict": report.verdict,
        "summary": report.summary,
        "report": row.object_hash,
        "is_exact_environment": report.is_exact_environment,
    }
    with store.atomic():
        store.insert("reproductions", as_row(row))
        store.update(
            "recipes",
            {"verdict": report.verdict, "verified_at": report.created_at},
            {"run_id": report.run_id},
        )
        events.append(store, kind="run.reproduced", subject=f"#{report.run_number}", detail=detail)
