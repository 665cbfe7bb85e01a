"""The recipe of a run: kept with it, proved in a clean process, made again, and known to be stale.

Table of contents
-----------------
``keeping``       at the end of a tracked cell: executions and the recipe are written
``inputs``        the files that a recipe reads: kept as objects, or only by their hash
``slices``        the slice of a name, and of a run from its recipe; as a script or a notebook
``reproducing``   a run is made again in a fresh process, ``attempts`` runs and ``comparing`` compares, models
                  by ``predictions`` too; ``replica`` is the registry there, ``wording`` says what came of it
``staleness``     why the result of a run is no longer that of what is there now
``running``       cells in a clean process
``verifying``     a slice proved there, enlarged until equal, shrunk while equal
``remaking``      data of a run that nobody kept, made again by its recipe
``environments``  locks with hashes, fresh environments; ``exact`` is that of a run
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .keeping import keep_recipe
    from .reproducing import reproduce
    from .slices import recipe_of, slice_of_name, write_slice
    from .staleness import stale

__all__ = ["keep_recipe", "recipe_of", "reproduce", "slice_of_name", "stale", "write_slice"]

_WHERE = {
    "keep_recipe": "keeping",
    "recipe_of": "slices",
    "reproduce": "reproducing",
    "slice_of_name": "slices",
    "stale": "staleness",
    "write_slice": "slices",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: the first tracked cell needs one room of these, not all."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_WHERE[name]}", __name__), name)
