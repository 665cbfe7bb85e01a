"""Data of a run that nobody kept, made again by its recipe, and only taken where they are the very same."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .. import config
from ..records import Recipe, Run, SliceCell
from ..store import Store
from . import slices
from .attempts import found
from .replica import replica
from .running import OnCell, run_cells

_ROWS: Final = "_mlops_rows"


def remade_rows(
    store: Store, run: Run, wanted: Mapping[str, str], *, n: int, on_cell: OnCell | None = None
) -> dict[str, Any]:
    """Run a run's recipe in a clean process, and return some rows of the data that it made.

    Parameters
    ----------
    wanted
        Data as the cells call them (``X_test``, ``features(test)``) → the id of their content.
    n
        How many rows of each, spread evenly, at least 1.
    on_cell
        Told of each cell.

    Returns
    -------
    dict
        Rows by the id of the content; those that came out otherwise, or could not be made, are not in it.

    Raises
    ------
    NotFoundError
        If the run has no recipe.
    """
    recipe = slices.kept_recipe(store, run)
    lines = list(_lines(wanted, n))
    if not lines:
        return {}
    tried = slices.recipe_of(store, run.id)
    effects = slices.effects_of(slices.executions_of(store, recipe))
    kept = {cell.seq: effects[cell.seq] for cell in tried.kept}
    with (
        tempfile.TemporaryDirectory(prefix="mlops-rows-", ignore_cleanup_errors=True) as temporary,
        replica(store, Path(temporary) / "registry", as_of=run) as made,
    ):
        ran = run_cells(
            (*tried.kept, SliceCell(recipe.seq + 1, "\n".join([_START, *lines]), is_kept=True)),
            folder=recipe.folder,
            files=found(store, tried.files, Path(recipe.folder))[0],
            modules=found(store, tried.modules, Path(recipe.folder))[0],
            outputs=sorted({file.path for one in kept.values() for file in one.files_written}),
            environment=_variables(recipe, made.url),
            random_states={seq: one.random_before for seq, one in kept.items() if one.random_before},
            targets=[_ROWS],
            with_values=True,
            on_cell=on_cell,
        )
    rows: dict[str, Any] = ran.values.get(_ROWS, {})
    return {version_id: some for version_id, some in rows.items() if some is not None}


def some_rows(make: Callable[[], Any], version_id: str, n: int) -> Any:
    """Return some rows of data, spread evenly; None where they are other data than those that are meant."""
    from .. import data
    from ..formats.examples import spread_rows

    try:
        made = make()
        if data.fingerprint(made, rows=False).version.id != version_id:
            return None
        return spread_rows(made, n)
    except Exception:  # noqa: BLE001 - the user's own expression, asked once more
        return None


_START: Final = f"from mlops_jupyter.lineage.remaking import some_rows as _mlops_some\n{_ROWS} = {{}}"


def _lines(wanted: Mapping[str, str], n: int) -> Iterator[str]:
    for text, version_id in wanted.items():
        try:
            ast.parse(text, mode="eval")
        except (SyntaxError, ValueError):  # a name that people gave, and no expression
            continue
        yield f"if {_ROWS}.get({version_id!r}) is None:"  # one content may have several names
        yield f"    {_ROWS}[{version_id!r}] = _mlops_some(lambda: ({text}), {version_id!r}, {n})"


def _variables(recipe: Recipe, url: str) -> dict[str, str]:
    return {**json.loads(recipe.environment), config.REGISTRY_VARIABLE: url, config.ONLY_VARIABLE: url}
