"""At the end of a tracked cell: what was executed so far, and which of it made the run.

Executions live in memory until the first run of a session needs them; each is written once. All of
this happens behind the cell, on the worker.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import config, masking
from ..effects.effects import as_json
from ..records import Effects, Execution, Recipe
from ..store import Store, as_row, values
from . import inputs

if TYPE_CHECKING:
    from ..effects import EffectLog
    from ..tracking import ActiveRun

LABEL = "recipe"
MASKED = "; the cell does not run as it is kept"
PATIENCE_S = 0.05
FLUSH_PATIENCE_S = 0.1
_FLUSH = "executions"

# How far a log is written, by the registry's URL; and what is added to its numbers there, since a
# session may have had an earlier log (a shell that was reset, a second shell in the process).
_written: weakref.WeakKeyDictionary[Any, dict[str, _Mark]] = weakref.WeakKeyDictionary()


class _Mark:
    """The last entry of a log that stands in a registry, and what its numbers are raised by there."""

    __slots__ = ("last", "raised")

    def __init__(self, raised: int) -> None:
        self.last, self.raised = 0, raised


def keep_recipe(
    run: ActiveRun | Sequence[ActiveRun],
    log: EffectLog,
    seq: int,
    *,
    since: int | None = None,
    folder: Path | None = None,
) -> None:
    """Keep, behind the cell, which executions made a run.

    Parameters
    ----------
    run
        The run of the tracked cell, open or ended; or several that the same cells made.
    log
        What the session executed; its entry ``seq`` is the tracked cell.
    since
        The first of several cells that the run was open in; they all belong to it.
    folder
        The working directory when the session began; the present one where None.
    """
    runs = run if isinstance(run, Sequence) else (run,)
    where, own = folder or Path.cwd(), range(since or seq, seq + 1)
    store, ids = runs[0].store, [one.id for one in runs]
    runs[0].defer(LABEL, lambda: write_recipe(store, ids, log, own, where), after_s=PATIENCE_S)


def flush_behind(store: Store, log: EffectLog) -> None:
    """Write, behind the cell, the executions that the registry does not have yet; several cells at once."""
    from ..tracking.worker import worker

    if _FLUSH not in worker.pending(_FLUSH):
        worker.put(_FLUSH, _FLUSH, lambda: _flushed(store, log), after_s=FLUSH_PATIENCE_S)


def _flushed(store: Store, log: EffectLog) -> None:
    with suppress(Exception):  # the next cell, or the next run, tries again
        flush(store, log, log.entries)


def write_recipe(
    store: Store, run_ids: Sequence[str], log: EffectLog, own: Sequence[int], folder: Path
) -> None:
    """Write the executions that are not there yet, and the recipe of the runs that some of them made.

    Parameters
    ----------
    own
        The numbers of the executions in which the run was open.
    """
    from .settings import bit_settings
    from .slices import sliced

    seq = own[-1]
    executions = log.entries[:seq]
    effects = {one.seq: log.effects_of(one.seq) for one in executions}
    targets = list(dict.fromkeys(name for number in own for name in names_made(effects[number])))
    found = sliced(executions, targets, label="", effects=effects, keep=own)
    kept = inputs.keep_inputs(store, found.files, found.modules, folder)
    raised = flush(store, log, executions)
    recipe = Recipe(
        run_id="",
        session_id=store.session.id,
        seq=seq + raised,
        kept=json.dumps([cell.seq + raised for cell in found.kept]),
        targets=json.dumps(targets),
        doubts=json.dumps(list(kept.doubts)),
        code_hash=found.code_hash,
        created_at=config.now(),
        environment=json.dumps(bit_settings(), sort_keys=True),
        folder=str(folder),
    )
    with store.atomic():
        store.upsert("recipes", *(as_row(replace(recipe, run_id=one)) for one in run_ids), key=["run_id"])
        store.delete("recipe_files", {"run_id": list(run_ids)})
        store.insert(
            "recipe_files", *(as_row(replace(file, run_id=one)) for one in run_ids for file in kept.files)
        )


def flush(store: Store, log: EffectLog, executions: Sequence[Execution]) -> int:
    """Write the executions of a log that a registry does not have, and return what numbers are raised by.

    Secrets are masked; a cell that held one says so among its doubts.
    """
    marks = _written.setdefault(log, {})
    session_id = store.session.id
    where = f"{store.url}#{session_id}"
    if where not in marks:
        marks[where] = _Mark(_last(store, session_id))
    mark = marks[where]
    new = [one for one in executions if one.seq > mark.last]
    rows = [_row(one, log.effects_of(one.seq), session_id, mark.raised) for one in new]
    with store.atomic():
        store.insert("executions", *rows)
    if new:
        mark.last = new[-1].seq
    return mark.raised


def names_made(effects: Effects) -> list[str]:
    """Return the names that an execution bound or changed, without those of the shell."""
    made = dict.fromkeys((*effects.bound, *effects.changed))
    return [name for name in made if not name.startswith("_") and name not in ("In", "Out")]


def _last(store: Store, session_id: str) -> int:
    rows = store.rows("executions", {"session_id": session_id}, order="seq desc", limit=1, columns=["seq"])
    return int(rows[0]["seq"]) if rows else 0


def _row(one: Execution, effects: Effects, session_id: str, raised: int) -> dict[str, Any]:
    source, masked = masking.mask(values.clean(one.source))
    text = one.effects
    if masked:
        python = effects.python and masking.mask(effects.python)[0]
        said = (sentence + MASKED for sentence in masked)
        effects = replace(effects, python=python, doubts=(*effects.doubts, *said))
        text = as_json(effects)
    kept = replace(
        one, session_id=session_id, seq=one.seq + raised, source=source, effects=values.clean(text)
    )
    return as_row(kept)
