"""A run made again: its kept cells, in a fresh process, in a registry of its own, held against it.

Where they do not give the same outcome and nothing explains why, more and more of the history is run
with them: what is found to be needed is kept from then on.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import config, slicing
from ..records import (
    CodeSlice,
    Execution,
    ReproducedCell,
    Reproduction,
    ReproductionReport,
    Run,
    SliceCell,
    to_plain,
)
from ..store import Store, as_row, events, open_existing
from ..tracking.refs import experiment_of
from . import slices, wording
from .attempts import Again, Attempt

ENLARGING_S = 600.0
"""How long a first attempt and the larger ones after it may take before no other is begun."""

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
    began = time.perf_counter()
    store = open_existing(registry)
    run, _ = slices.run_of(store, ref)
    recipe = slices.kept_recipe(store, run)
    executions = slices.executions_of(store, recipe)
    with tempfile.TemporaryDirectory(prefix="mlops-again-", ignore_cleanup_errors=True) as temporary:
        folder, python, variables = Path(temporary), Path(sys.executable), dict[str, str]()
        if exact_environment:
            python, variables = _exact(store, run, folder / "package")
        effects = slices.effects_of(executions)
        again = Again(store, run, recipe, effects, python, variables)
        first, found = _tried(again, executions, folder, on_progress)
    report = ReproductionReport(
        run_number=run.number,
        experiment=experiment_of(store, run),
        verdict=found.verdict,
        summary=wording.summary(found),
        values=found.values,
        cells=tuple(_ended(cell, found.tried, again) for cell in found.ran.cells),
        environment=found.packages,
        causes=wording.causes(found, recipe, effects, first),
        is_exact_environment=exact_environment,
        duration_s=time.perf_counter() - began,
        created_at=config.now(),
        user_name=config.user_name(),
        run_id=run.id,
    )
    _stamp(store, report, found.tried if found is not first else None)
    return report


def _exact(store: Store, run: Run, folder: Path) -> tuple[Path, dict[str, str]]:
    """Return the Python of the recorded environment, and what it needs to find this package."""
    from .exact import environment_of, with_this_package

    script = slicing.write_script(slices.recipe_of(store, run.id))
    return environment_of(store, run, script.imports), with_this_package(folder)


def _tried(
    again: Again, executions: Sequence[Execution], folder: Path, on_progress: Progress | None
) -> tuple[Attempt, Attempt]:
    """Return the attempt with the slice as it is kept, and the one that counts."""
    began = time.perf_counter()
    asked = slices.recipe_of(again.store, again.run.id)
    first = again.attempt(asked, folder / "registry", _Teller(on_progress))
    if first.is_good or not _may_be_too_small(first, again):
        return first, first
    for number, larger in enumerate(_larger(asked, again, executions)):
        if time.perf_counter() - began > ENLARGING_S:
            break
        found = again.attempt(larger, folder / f"registry-{number}", _Teller(on_progress))
        if found.is_good:
            return first, found
    return first, first


def _may_be_too_small(first: Attempt, again: Again) -> bool:
    """Return whether nothing is known that explains another outcome."""
    is_explained = (
        first.packages or first.missing or any(wording.unrepeatable(first.tried.kept, again.effects))
    )
    return not is_explained and len(first.tried.kept) < len(first.tried.cells)


def _larger(asked: CodeSlice, again: Again, executions: Sequence[Execution]) -> Iterator[CodeSlice]:
    """Yield slices that keep more and more, with the copies that the registry has of their inputs."""
    kept = {cell.seq for cell in asked.kept}
    files, modules = {one.path: one for one in asked.files}, {one.path: one for one in asked.modules}
    at, effects = again.recipe.seq, again.effects
    for seqs in slicing.levels(executions, asked.targets, at=at, keep=kept, effects=effects):
        larger = slicing.with_kept(executions, asked, seqs, effects=effects)
        yield replace(
            larger,
            files=tuple(files.get(one.path, one) for one in larger.files),
            modules=tuple(modules.get(one.path, one) for one in larger.modules),
        )


class _Teller:
    """Says which cell runs, to whoever listens."""

    def __init__(self, on_progress: Progress | None) -> None:
        self._on_progress = on_progress
        self._said = ExitStack()

    def __call__(self, place: int, count: int, cell: SliceCell, ended: ReproducedCell | None) -> None:
        from ..datasets import progress

        head = wording.head(cell.source)
        self._said.close()
        if ended is None:
            words = f"cell {place + 1} of {count}: {head}"
            self._said.enter_context(progress.step(words, place / count))
        if self._on_progress is not None:
            self._on_progress(place + (ended is not None), count, head)


def _ended(cell: ReproducedCell, tried: CodeSlice, again: Again) -> ReproducedCell:
    """Return a cell that ran with the line that people know it by, and what cannot be repeated in it."""
    source = next(one.source for one in tried.kept if one.seq == cell.seq)
    return replace(cell, head=wording.head(source), unrepeatable=again.effects[cell.seq].unrepeatable)


def _stamp(store: Store, report: ReproductionReport, larger: CodeSlice | None) -> None:
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
    proved: dict[str, Any] = {"verdict": report.verdict, "verified_at": report.created_at}
    if larger is not None:
        proved |= {
            "kept": json.dumps([cell.seq for cell in larger.kept]),
            "code_hash": larger.code_hash,
        }
    with store.atomic():
        store.insert("reproductions", as_row(row))
        store.update("recipes", proved, {"run_id": report.run_id})
        events.append(store, kind="run.reproduced", subject=f"#{report.run_number}", detail=detail)
