"""Why the result of a run is no longer that of what is there now."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..records import Recipe, RecipeFile, RunView, Staleness
from ..store import Row, Store
from ..store.objects import hash_of_file
from ..tracking.views import rows_in

HASHED_BYTES = 256 * 2**20
"""Larger files that were touched are taken to have changed; reading them would keep people waiting."""

_hashes: dict[tuple[str, int, float], str] = {}


def stale(store: Store, run_ids: Sequence[str]) -> dict[str, Staleness]:
    """Return, for those of some runs whose result is stale, the reasons.

    A run is stale where one of its cells ran later with other code, a file that it read is another one
    now, or data that it used have a newer saved version. Other code means another program: comments and
    layout do not count.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> stale(store, ["20260102T030405678Z-9bfad3c1"])
    {}
    >>> store.close()
    """
    ids = list(dict.fromkeys(run_ids))
    reasons: dict[str, list[str]] = defaultdict(list)
    recipes = [Recipe(**row) for row in rows_in(store, "recipes", "run_id", ids)]
    for run_id, sentence in (
        *_other_code(store, recipes),
        *_other_files(store, recipes),
        *_newer_data(store, ids),
    ):
        reasons[run_id].append(sentence)
    return {run_id: Staleness(run_id, tuple(dict.fromkeys(found))) for run_id, found in reasons.items()}


def marked(store: Store, views: Iterable[RunView]) -> tuple[RunView, ...]:
    """Return views of runs with the reasons why they are stale."""
    shown = tuple(views)
    found = stale(store, [view.run.id for view in shown])
    return tuple(
        replace(view, stale=found[view.run.id].reasons) if view.run.id in found else view for view in shown
    )


# --- code -------------------------------------------------------------------------------------------


def _other_code(store: Store, recipes: Sequence[Recipe]) -> Iterator[tuple[str, str]]:
    """Yield runs of which a cell ran later, in any session, with other code."""
    made = _executions(store, recipes)
    cells = {row["cell_id"] for row in made.values() if row["cell_id"]}
    latest = _latest(store, cells)
    for recipe in recipes:
        for seq in json.loads(recipe.kept):
            then = made.get((recipe.session_id, seq))
            now = latest.get(then["cell_id"]) if then is not None and then["cell_id"] else None
            if (
                then is None
                or now is None
                or not _is_later(now, then)
                or not _differs(then["source"], now["source"])
            ):
                continue
            if seq == recipe.seq:
                yield recipe.run_id, "its cell ran again with other code"
            else:
                count = then["execution_count"]
                which = "a cell" if count is None else f"cell [{count}]"
                yield recipe.run_id, f"{which}, which it needs, ran again with other code"


def _executions(store: Store, recipes: Sequence[Recipe]) -> dict[tuple[str, int], Row]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for recipe in recipes:
        wanted[recipe.session_id] |= set(json.loads(recipe.kept))
    columns = ["session_id", "seq", "cell_id", "source", "execution_count"]
    return {
        (session_id, row["seq"]): row
        for session_id, seqs in wanted.items()
        for row in store.rows("executions", {"session_id": session_id, "seq": sorted(seqs)}, columns=columns)
    }


def _latest(store: Store, cell_ids: Iterable[str]) -> dict[str, Row]:
    """Return the last execution of each cell: one by one, by the index, since a cell may have many."""
    columns = ["cell_id", "source", "session_id", "seq"]
    found = {}
    for cell_id in sorted(cell_ids):
        where = {"cell_id": cell_id}
        found[cell_id] = store.rows("executions", where, order="started_at desc", limit=1, columns=columns)[0]
    return found


def _is_later(now: Row, then: Row) -> bool:
    return (now["session_id"], now["seq"]) != (then["session_id"], then["seq"])


def _differs(before: str, after: str) -> bool:
    if before == after:
        return False
    from .. import slicing

    try:
        return bool(slicing.code_hash([before]) != slicing.code_hash([after]))
    except (SyntaxError, ValueError):
        return True


# --- files ------------------------------------------------------------------------------------------


def _other_files(store: Store, recipes: Sequence[Recipe]) -> Iterator[tuple[str, str]]:
    """Yield runs that read a file which is another one now, where their folder is on this machine."""
    folders = {recipe.run_id: Path(recipe.folder) for recipe in recipes}
    here = {run_id: folder for run_id, folder in folders.items() if folder.is_dir()}
    for row in rows_in(store, "recipe_files", "run_id", sorted(here), order="path"):
        file = RecipeFile(**row)
        why = _why_other(file, here[file.run_id] / file.path)
        if why:
            what = f"the module {file.name}" if file.kind == "module" else file.path
            yield file.run_id, f"{what} {why}"


def _why_other(file: RecipeFile, path: Path) -> str | None:
    try:
        facts = path.stat()
    except OSError:
        return "is gone"
    if file.content_hash is None:
        return None if facts.st_mtime == file.modified_at else "was written again"
    if file.size_bytes is not None and facts.st_size != file.size_bytes:
        return "has changed"
    if file.modified_at is not None and facts.st_mtime == file.modified_at:
        return None
    if facts.st_size > HASHED_BYTES:
        return "was written again"
    return None if _hash(path, facts.st_size, facts.st_mtime) == file.content_hash else "has changed"


def _hash(path: Path, size: int, modified_at: float) -> str | None:
    """Return the hash of a file, read once as long as it stays the same."""
    key = (str(path), size, modified_at)
    if key not in _hashes:
        try:
            _hashes[key] = hash_of_file(path)
        except OSError:
            return None
    return _hashes[key]


# --- data -------------------------------------------------------------------------------------------


def _newer_data(store: Store, run_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield runs that used a saved version of data of which there is a newer one."""
    uses = rows_in(
        store,
        "run_datasets",
        "run_id",
        run_ids,
        order="name",
        columns=["run_id", "version_id", "is_made", "role"],
    )
    uses = [use for use in uses if use["is_made"] != 1 and use["role"] != "output"]
    labels = _labels(store, {use["version_id"] for use in uses})
    newest = _newest(store, {label["dataset_id"] for found in labels.values() for label in found})
    for use in uses:
        for label in labels.get(use["version_id"], ()):
            last = newest[label["dataset_id"]]
            if last["number"] > label["number"] and last["version_id"] != use["version_id"]:
                name = f"{label['name']}:{label['number']}"
                yield use["run_id"], f"{name} has a newer version, {label['name']}:{last['number']}"


def _labels(store: Store, version_ids: Iterable[str]) -> Mapping[str, list[Row]]:
    """Return under which names contents are saved, of each name the newest version of that content."""
    saved = rows_in(
        store,
        "saved_versions",
        "version_id",
        sorted(version_ids),
        order="number",
        columns=["dataset_id", "number", "version_id", "deleted_at"],
    )
    saved = [row for row in saved if row["deleted_at"] is None]
    names = {
        row["id"]: row["name"]
        for row in rows_in(store, "datasets", "id", sorted({row["dataset_id"] for row in saved}))
        if row["deleted_at"] is None
    }
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in saved:
        if row["dataset_id"] in names:
            found[row["version_id"]][row["dataset_id"]] = {**row, "name": names[row["dataset_id"]]}
    return {version_id: list(rows.values()) for version_id, rows in found.items()}


def _newest(store: Store, dataset_ids: Iterable[str]) -> dict[str, Row]:
    columns = ["dataset_id", "number", "version_id", "deleted_at"]
    rows = rows_in(
        store, "saved_versions", "dataset_id", sorted(dataset_ids), order="number", columns=columns
    )
    return {row["dataset_id"]: row for row in rows if row["deleted_at"] is None}
