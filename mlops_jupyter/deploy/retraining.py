"""Training again: the recorded recipe on what is there now, only where something changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import config
from ..errors import GatesFailed, MlopsError, NotFoundError
from ..lineage.attempts import tracked
from ..lineage.running import run_cells
from ..lineage.slices import kept_recipe, recipe_of, run_of
from ..models import aliases, reference, registering
from ..records import ModelVersion, Recipe, Retraining, Run, SliceCell
from ..store import Store, open_existing
from ..tracking.refs import experiment_of
from .changes import Present, present
from .subject import variable_of

CHAMPION, CHALLENGER = "champion", "challenger"
_SESSION = "_mlops_session"
# Asked after the recipe: which of the registry's sessions the clean process is.
_ASK = f"from mlops_jupyter.store import open_store\n{_SESSION} = open_store().session.id"

Say = Callable[[str], Any]


def retrain(
    model: str,
    *,
    if_changed: bool = True,
    force: bool = False,
    register: bool = True,
    registry: str | os.PathLike[str] | Store | None = None,
    on_progress: Say | None = None,
) -> Retraining:
    """Train a model again from its recorded recipe, on the data, the code and the packages of now.

    What is compared: the files that the recipe reads, saved data that it would load in a newer version,
    its cells as they stand in the notebook (where that is on this machine), its helper modules, and
    the packages that it imports. Cells that are new in the notebook are not part of the recipe.

    Parameters
    ----------
    model
        The model, of which the champion is compared (else its newest version); or a version: ``churn:4``.
    if_changed
        Do nothing where nothing changed.
    force
        Train also where nothing changed, whatever ``if_changed`` says.
    register
        Whether the new model becomes the next version, with the alias ``challenger``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    on_progress
        Is told in a few words what is being done.

    Returns
    -------
    Retraining
        What changed, whether it was trained, and which run and version came of it.

    Raises
    ------
    NotFoundError
        If there is no such model, it has no recipe, or a file that the recipe reads is gone.
    MlopsError
        If the recipe does not come to its end; nothing is registered then.

    Examples
    --------
    >>> retrain("churn").summary  # doctest: +SKIP
    'nothing changed since churn:4 was trained: nothing was done'
    """
    say = on_progress or _silent
    store = open_existing(registry)
    version, label, name = _base(store, model)
    run, recipe = _recorded(store, version, label)
    say("comparing with what is there now")
    now = present(store, version, run, recipe_of(store, label), Path(recipe.folder))
    if if_changed and not force and not now.changes:
        summary = f"nothing changed since {label} was trained: nothing was done"
        return Retraining(name, label, summary=summary)
    made = _trained(store, run, recipe, now, say)
    result = _registered(store, name, version, made) if register else (None, "")
    return Retraining(
        name,
        label,
        changes=now.changes,
        is_run=True,
        run_number=made.number,
        version=result[0],
        summary=_summary(now, label, made, *result),
    )


def _base(store: Store, text: str) -> tuple[ModelVersion, str, str]:
    """Return the version to compare with: the champion where a model alone is named and has one."""
    model = reference.find_model(store, text)
    is_name = text.strip() == model.name
    champion = CHAMPION in reference.aliases_of(store, model)
    asked = f"{model.name}@{CHAMPION}" if is_name and champion else text
    _, version = reference.find_version(store, asked)
    return version, reference.label(model, version), model.name


def _recorded(store: Store, version: ModelVersion, label: str) -> tuple[Run, Recipe]:
    if version.run_id is None:
        raise NotFoundError(
            f"{label} was registered without a run, so nobody knows which code made it: train it in a "
            "notebook with %%track, and register that run"
        )
    run, _ = run_of(store, label)
    return run, kept_recipe(store, run)


# --- running ---------------------------------------------------------------------------------------


def _trained(store: Store, run: Run, recipe: Recipe, now: Present, say: Say) -> Run:
    """Run the cells in a clean process that records into the registry, and return the run they made."""
    cells = tracked(now.cells, kind=run.kind, experiment=experiment_of(store, run))

    def on_cell(place: int, count: int, cell: SliceCell, ended: Any) -> None:
        if ended is None and place < count - 1:  # the last is ours
            say(f"cell {place + 1} of {count - 1}: {cell.source.strip().partition(chr(10))[0][:60]}")

    ran = run_cells(
        (*cells, SliceCell(cells[-1].seq + 1, _ASK, is_kept=True)),
        folder=now.folder,
        files=now.files,
        modules=now.modules,
        environment={**json.loads(recipe.environment), **_recording(store, run)},
        targets=[_SESSION],
        with_values=True,
        is_tracked=True,
        on_cell=on_cell,
    )
    if ran.error is not None:
        raise MlopsError(f"the recipe did not come to its end, nothing was registered: {ran.error}")
    session_id = str(ran.values.get(_SESSION, ""))
    rows = store.rows(
        "runs",
        {"session_id": session_id, "kind": run.kind, "parent_id": None},
        order="number desc",
        limit=1,
    )
    if not rows:
        raise MlopsError("the recipe came to its end and made no run: does its last cell have %%track?")
    made = Run(**rows[0])
    _complete(store, made, now)
    return made


def _recording(store: Store, run: Run) -> dict[str, str]:
    """Return the environment variables by which the clean process records as the notebook did."""
    notebook = {"JPY_SESSION_NAME": run.notebook} if run.notebook else {}
    return {config.REGISTRY_VARIABLE: store.url, "MLOPS_LINEAGE": "on", **notebook}


def _complete(store: Store, made: Run, now: Present) -> None:
    """Put into the new recipe what the clean process could not know: the real folder, the cells' ids."""
    executions = store.rows("executions", {"session_id": made.session_id}, order="seq", columns=["seq"])
    with store.atomic():
        store.update("recipes", {"folder": str(now.folder)}, {"run_id": made.id})
        for row, cell in zip(executions, now.cells, strict=False):
            where = {"session_id": made.session_id, "seq": row["seq"]}
            store.update("executions", {"cell_id": cell.cell_id}, where)


# --- registering -----------------------------------------------------------------------------------


def _registered(store: Store, name: str, version: ModelVersion, made: Run) -> tuple[str | None, str]:
    """Return what the new model is called, and a sentence where there is more to say."""
    view = registering.register(name, run=made.number, variable=variable_of(store, version), registry=store)
    label = f"{view.name}:{view.version.number}"
    if not view.is_new:
        return label, "the model is the very same, byte for byte"
    try:
        aliases.set_alias(label, CHALLENGER, registry=store)
    except GatesFailed as error:
        return label, f"it is not @{CHALLENGER}: {error}"
    return label, ""


def _summary(now: Present, label: str, made: Run, version: str | None, more: str) -> str:
    kinds: Mapping[str, None] = dict.fromkeys(change.kind for change in now.changes)
    why = f"{' and '.join(kinds)} changed since {label} was trained" if kinds else f"as {label}, by order"
    what = f"run #{made.number}" + (f" became {version}" if version else ", not registered")
    return "; ".join(part for part in (f"{why}: {what}", more) if part)


def _silent(_: str) -> None:
    """Say nothing."""
