"""Slices of what a session executed: of a name in it now, and of a run from its recipe."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import slicing
from ..errors import NotFoundError, UsageError, near
from ..records import (
    CodeSlice,
    Effects,
    Execution,
    FileUse,
    LocalModule,
    Recipe,
    RecipeFile,
    Run,
    from_plain,
)
from ..store import Store, open_existing

if TYPE_CHECKING:
    from ..effects import EffectLog


def recipe_of(store: Store, ref: Any) -> CodeSlice:
    """Return the cells that made a run, or the run of a version of a model.

    Parameters
    ----------
    store
        The registry.
    ref
        What people call a run (``12``, ``"#12"``, ``"churn/12"``, its id) or a version of a model
        (``"churn:4"``, ``"churn@champion"``).

    Raises
    ------
    NotFoundError
        If there is no such run, or it has no recipe; says why.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> recipe_of(store, 12)
    Traceback (most recent call last):
    mlops_jupyter.errors.NotFoundError: there is no run '12'; the registry :memory: has no runs yet
    >>> store.close()
    """
    run, label = run_of(store, ref)
    recipe = kept_recipe(store, run)
    executions = executions_of(store, recipe)
    effects, kept = effects_of(executions), set(json.loads(recipe.kept))
    found = sliced(executions, json.loads(recipe.targets), label=label, effects=effects, keep=(recipe.seq,))
    if kept != {cell.seq for cell in found.kept}:  # a verification found others to be enough
        found = slicing.with_kept(executions, found, kept, effects=effects)
    files, modules = _files_of(store, run.id, found)
    return replace(
        found,
        doubts=tuple(dict.fromkeys((*found.doubts, *json.loads(recipe.doubts)))),
        files=files,
        modules=modules,
        verdict=recipe.verdict,
        verified_at=recipe.verified_at,
        run_number=run.number,
        code_hash=recipe.code_hash,
    )


def slice_of_name(log: EffectLog, name: str) -> CodeSlice:
    """Return the cells that made what a name of the notebook means now.

    Raises
    ------
    NotFoundError
        If no cell that was seen made it; lists near names.
    """
    executions = tuple(log.entries)
    effects = {one.seq: log.effects_of(one.seq) for one in executions}
    made = {each for found in effects.values() for each in (*found.bound, *found.changed)}
    if name not in made:
        known = sorted(each for each in made if not each.startswith("_"))
        hint = near(name, known) or (
            f"cells made {', '.join(known[-8:])}" if known else "no cell made a name yet"
        )
        raise NotFoundError(f"no cell that was seen made {name!r}; {hint}")
    return sliced(executions, [name], label=name, effects=effects)


def write_slice(
    what: CodeSlice | Any,
    *,
    script: str | os.PathLike[str] | None = None,
    notebook: str | os.PathLike[str] | None = None,
    registry: str | os.PathLike[str] | Store | None = None,
) -> tuple[Path, ...]:
    """Write a slice as a tidy file of Python, as a clean notebook, or both; return what was written.

    Parameters
    ----------
    what
        A slice, or what :func:`recipe_of` understands.
    script, notebook
        Paths; a file that is there is replaced.

    Raises
    ------
    UsageError
        If neither is asked for, or the folder is not there.
    """
    if script is None and notebook is None:
        raise UsageError("nothing to write: name a file, as in script='train.py' or notebook='train.ipynb'")
    found = what if isinstance(what, CodeSlice) else recipe_of(open_existing(registry), what)
    written = []
    if script is not None:
        written.append(_write(Path(script), slicing.write_script(found).text))
    if notebook is not None:
        text = json.dumps(slicing.write_notebook(found), indent=1, ensure_ascii=False) + "\n"
        written.append(_write(Path(notebook), text))
    return tuple(written)


def sliced(
    executions: Sequence[Execution],
    targets: Collection[str],
    *,
    label: str,
    effects: Mapping[int, Effects],
    keep: Collection[int] = (),
) -> CodeSlice:
    """Return the slice of names; ``keep`` are the run's own executions, of which the last is the newest."""
    at = max(keep, default=None)
    return slicing.slice_of(executions, targets, label=label, at=at, keep=keep, effects=effects)


def run_of(store: Store, ref: Any) -> tuple[Run, str]:
    """Return the run that a word means, or that made a version, and what it is called: ``#12``, ``churn:4``.

    Raises
    ------
    NotFoundError
        If there is neither, or the version was registered without a run.
    """
    from ..tracking.refs import find_run

    text = ref if isinstance(ref, str) else ""
    if ":" in text or "@" in text:
        from ..models import reference

        model, version = reference.find_version(store, text)
        name = reference.label(model, version)
        if version.run_id is None:
            raise NotFoundError(f"{name} was registered without a run, so nothing says which cells made it")
        return find_run(store, version.run_id), name
    run = find_run(store, ref)
    return run, f"#{run.number}"


def kept_recipe(store: Store, run: Run) -> Recipe:
    """Return the recipe of a run.

    Raises
    ------
    NotFoundError
        If it has none; says why.
    """
    rows = store.rows("recipes", {"run_id": run.id})
    if rows:
        return Recipe(**rows[0])
    if run.kind != "cell":
        why = "it was not made in a notebook, whose cells are followed; its code is its script"
    elif run.status == "running":
        why = "its cell is still running"
    else:
        why = "it was recorded before recipes were, or with MLOPS_LINEAGE=off"
    raise NotFoundError(f"run #{run.number} has no recipe: {why}")


def executions_of(store: Store, recipe: Recipe) -> tuple[Execution, ...]:
    """Return all executions of a recipe's session up to its own, in order."""
    where = {"session_id": recipe.session_id, "seq <=": recipe.seq}
    return tuple(Execution(**row) for row in store.rows("executions", where, order="seq"))


def effects_of(executions: Sequence[Execution]) -> dict[int, Effects]:
    """Return what kept executions did, each text read once."""
    return {one.seq: from_plain(Effects, json.loads(one.effects)) for one in executions}


def files_of(store: Store, run_id: str) -> tuple[RecipeFile, ...]:
    """Return what a run's recipe reads from outside."""
    return tuple(RecipeFile(**row) for row in store.rows("recipe_files", {"run_id": run_id}, order="path"))


def _own(run: Run, recipe: Recipe, executions: Sequence[Execution]) -> Sequence[int]:
    """Return the executions in which a run was open: one, or those that ``start_run`` spans."""
    if run.kind == "cell":
        return (recipe.seq,)
    first = max((one.seq for one in executions if one.started_at <= run.started_at), default=recipe.seq)
    return range(first, recipe.seq + 1)


def _files_of(
    store: Store, run_id: str, found: CodeSlice
) -> tuple[tuple[FileUse, ...], tuple[LocalModule, ...]]:
    """Return the files and modules of a slice, with the copies that the registry keeps."""
    rows = files_of(store, run_id)
    files = [
        FileUse(row.path, row.size_bytes, row.content_hash, row.modified_at, row.object_hash)
        for row in rows
        if row.kind == "data"
    ]
    packages = {module.path for module in found.modules if module.is_package}
    modules = [
        LocalModule(row.name or "", row.path, row.content_hash or "", row.path in packages, row.object_hash)
        for row in rows
        if row.kind == "module"
    ]
    return tuple(files), tuple(modules)


def _write(path: Path, text: str) -> Path:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}; name a file in a folder that is there"
        ) from error
    return path
