"""The recipe of a run: kept with it, proved in a clean process, made again, and known to be stale.

Table of contents
-----------------
``keeping``       at the end of a tracked cell: executions and the recipe are written
``inputs``        the files that a recipe reads: kept as objects, or only by their hash
``slices``        the slice of a name, and of a run from its recipe; as a script or a notebook
``reproducing``   a run is made again in a fresh process; ``comparing`` holds it against the old one
``staleness``     why the result of a run is no longer that of what is there now
``running``       cells in a clean process
``verifying``     a slice proved there, enlarged until equal, shrunk while equal
``environments``  locks with hashes, fresh environments
"""

from __future__ import annotations

from .keeping import keep_recipe
from .reproducing import reproduce
from .slices import recipe_of, slice_of_name, write_slice
from .staleness import stale

__all__ = ["keep_recipe", "recipe_of", "reproduce", "slice_of_name", "stale", "write_slice"]
