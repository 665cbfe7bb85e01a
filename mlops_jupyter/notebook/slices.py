"""``%slice model``: the cells of this session that made what a variable holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import verbs
from ..records import CodeSlice, Done

if TYPE_CHECKING:
    from .effects import CellEffects

_EXTENSION = "_mlops_jupyter"


def make_slice(
    what: int | str,
    *,
    script: str | None = None,
    notebook: str | None = None,
    verify: bool = False,
    registry: str | None = None,
) -> CodeSlice | Done:
    """Show the cells that made a variable of the notebook, else do what the verb does for a run."""
    seen = _seen(what)
    if seen is None:
        return verbs.reproducing.make_slice(
            what, script=script, notebook=notebook, verify=verify, registry=registry
        )
    found = seen.slice_of(str(what))
    if verify:
        found = _verified(found, seen, str(what))
    return verbs.reproducing.written(found, script=script, notebook=notebook)


def _seen(what: int | str) -> CellEffects | None:
    """Return what the cells of this shell did, where a word can only be a variable's name."""
    from IPython import get_ipython

    shell = get_ipython()
    extension = getattr(shell, _EXTENSION, None)
    is_name = isinstance(what, str) and what.isidentifier()
    return extension.effects if is_name and extension is not None else None


def _verified(found: CodeSlice, seen: CellEffects, name: str) -> CodeSlice:
    """Run a slice alone in a clean process, and compare with the variable as it is now."""
    from IPython import get_ipython

    from ..errors import NotFoundError
    from ..lineage.verifying import verify
    from ..verbs.around import saying

    variables = get_ipython().user_ns
    if name not in variables:
        raise NotFoundError(f"there is no variable {name!r} any more to compare with; leave out --verify")
    assert seen.log is not None  # else there is no slice
    with saying() as say:
        return verify(
            tuple(seen.log.entries),
            found,
            {name: variables[name]},
            folder=seen.folder,
            on_run=lambda number, what: say(f"clean process {number}: running {what}"),
        )
