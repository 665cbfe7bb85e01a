"""What a recipe was made with, held against what is there now: data, code, environment."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import slicing
from ..datasets.reference import find, parse
from ..errors import MlopsError, NotFoundError
from ..models import views
from ..records import ChangedInput, CodeSlice, FileUse, LocalModule, ModelVersion, Run, SliceCell
from ..store import Store, lineage
from ..store.objects import hash_of_file
from ..tracking import environment

_NEW = "not there"


@dataclass(frozen=True, slots=True)
class Present:
    """A recipe as it would run now: its cells as they stand in the notebook, files where they are.

    ``folder`` is the recipe's, or the present one where that is not on this machine.
    """

    cells: tuple[SliceCell, ...]
    folder: Path
    files: Mapping[str, Path]
    modules: Mapping[str, Path]
    changes: tuple[ChangedInput, ...]


def present(store: Store, version: ModelVersion, run: Run, recipe: CodeSlice, folder: Path) -> Present:
    """Return a recipe with what is there now, and what of it changed.

    Parameters
    ----------
    folder
        Where the recipe ran; the present folder stands in where that is not on this machine.

    Raises
    ------
    NotFoundError
        If a file that the recipe reads is gone.
    """
    is_here = folder.is_dir()
    here = folder if is_here else Path.cwd()
    cells, code = _cells(recipe, _notebook(run, here))
    files = {one.path: _there(here, one.path) for one in recipe.files}
    modules = {one.path: _module(store, here, one, is_here=is_here) for one in recipe.modules}
    changes = (
        *_files(recipe.files, files),
        *_saved(store, run, cells),
        *code,
        *_modules(recipe.modules, modules),
        *_packages(store, version, cells),
    )
    return Present(cells, here, files, modules, changes)


# --- data ------------------------------------------------------------------------------------------


def _there(folder: Path, path: str) -> Path:
    place = folder / path
    if not place.is_file():
        raise NotFoundError(
            f"the recipe reads {path!r}, which is not in {str(folder)!r}; nothing was trained"
        )
    return place


def _module(store: Store, folder: Path, module: LocalModule, *, is_here: bool) -> Path:
    """Return where a helper module is; on another machine the kept copy stands in for it."""
    if not is_here and module.object_hash is not None and not (folder / module.path).is_file():
        return store.objects.path(module.object_hash)
    return _there(folder, module.path)


def _files(then: Sequence[FileUse], now: Mapping[str, Path]) -> Iterator[ChangedInput]:
    for one in then:
        if one.content_hash is None:  # it was too large to be read: its size says what can be said
            size = now[one.path].stat().st_size
            if size != one.size_bytes:
                yield ChangedInput("data", one.path, f"{one.size_bytes or 0:,} bytes", f"{size:,} bytes")
        elif (found := hash_of_file(now[one.path])) != one.content_hash:
            yield ChangedInput("data", one.path, _short(one.content_hash), _short(found))


def _saved(store: Store, run: Run, cells: Sequence[SliceCell]) -> Iterator[ChangedInput]:
    """Yield saved data of which the code, as it stands, would load another version than then."""
    used = {
        row["version_id"] for row in store.rows("run_datasets", {"run_id": run.id}, columns=["version_id"])
    }
    labels = lineage.labels_of(store, used)
    then = {label.rpartition(":")[0]: label for found in labels.values() for label in found}
    for text in _texts(cells):
        name = parse(text).name
        if name not in then:
            continue
        try:
            now = find(store, text)
        except MlopsError:  # a text that only looks like it
            continue
        if now.version.id not in used:
            yield ChangedInput("data", text, then[name], now.label)


def _texts(cells: Sequence[SliceCell]) -> list[str]:
    """Return the short texts that stand in the code, each once."""
    found: dict[str, None] = {}
    for cell in cells:
        try:
            tree = ast.parse(cell.python or cell.source)
        except SyntaxError:  # magics: what they load is named in their Python, where there is one
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 300:
                found[node.value] = None
    return list(found)


# --- code ------------------------------------------------------------------------------------------


def _notebook(run: Run, folder: Path) -> Mapping[str, str]:
    """Return the cells of a run's notebook as it is on the disk, by their ids; none where it is not there."""
    if not run.notebook:
        return {}
    path = next(
        (one for one in (Path(run.notebook), folder / Path(run.notebook).name) if one.is_file()), None
    )
    if path is None:
        return {}
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        cells = [cell for cell in plain["cells"] if cell.get("cell_type") == "code" and cell.get("id")]
        return {cell["id"]: "".join(cell["source"]) for cell in cells}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _cells(
    recipe: CodeSlice, notebook: Mapping[str, str]
) -> tuple[tuple[SliceCell, ...], list[ChangedInput]]:
    """Return the cells of a recipe as they stand in the notebook, and which are others.

    Of a cell that ran several times, the last is the one that stands there; the earlier stay as they ran.
    """
    last = {cell.cell_id: cell.seq for cell in recipe.kept if cell.cell_id}
    cells, changes = [], []
    for cell in recipe.kept:
        now = notebook.get(cell.cell_id or "")
        if now is None or last.get(cell.cell_id or "") != cell.seq or not _differs(cell.source, now):
            cells.append(cell)
            continue
        cells.append(replace(cell, source=now, python=None, outcome="finished"))
        count = "a cell" if cell.execution_count is None else f"cell [{cell.execution_count}]"
        changes.append(ChangedInput("code", count, _code(cell.source), _code(now)))
    return tuple(cells), changes


def _differs(before: str, after: str) -> bool:
    return before != after and _code(before) != _code(after)


def _code(source: str) -> str:
    """Return the identity of a cell without comments and layout, in few digits."""
    return _short(slicing.code_hash([source]))


def _modules(then: Sequence[LocalModule], now: Mapping[str, Path]) -> Iterator[ChangedInput]:
    for one in then:
        found = hash_of_file(now[one.path])
        if found != one.content_hash:
            yield ChangedInput("code", f"the module {one.name}", _short(one.content_hash), _short(found))


# --- environment -----------------------------------------------------------------------------------


def _packages(store: Store, version: ModelVersion, cells: Sequence[SliceCell]) -> Iterator[ChangedInput]:
    """Yield Python and the packages that the code needs, where their versions are others than then."""
    from ..lineage.environments import needed

    recorded = views.environment_of(store, version)
    if recorded is None:
        return
    here = environment.capture()
    if recorded.python != here.python:
        yield ChangedInput("environment", "python", recorded.python, here.python)
    then: dict[str, str] = json.loads(recorded.packages)
    for name, found in needed(_imported(cells)).items():
        if then.get(name, _NEW) != found:
            yield ChangedInput("environment", name, then.get(name, _NEW), found)


def _imported(cells: Sequence[SliceCell]) -> set[str]:
    from .packages import imports_of

    found = set()
    for cell in cells:
        try:
            found |= imports_of({"cell.py": cell.python or cell.source})
        except SyntaxError:
            continue
    return found


def _short(digest: str) -> str:
    return digest[:12]
