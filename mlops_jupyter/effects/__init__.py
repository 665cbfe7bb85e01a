"""What each execution of a cell really did: read, bound, changed, deleted, drew, opened.

Nothing in the user's code is touched: the names that code may read are taken from its bytecode, and the
objects under them are compared before and after. Nothing here knows IPython or the registry.

::

    EffectLog(namespace, *, folder=None, transform=None, session_id="")
        .before(source, *, python=None, cell_id=None, execution_count=None) -> None
        .after(outcome="finished") -> Execution | None     None at the end of a cell inside a cell
        .adopt(source, *, python=None, cell_id=None, execution_count=None) -> Execution   ran before the log
        .entries -> list[Execution]                         hashes large files first: ask behind the cell
        .effects_of(seq) -> Effects
        .session_id, .folder
        .install(), .uninstall()
    effects_of_json(text) -> Effects                        what ``Execution.effects`` tells
    random_states() -> dict[str, str]
    restore_random(states) -> None
    structure_hash(obj) -> str
    same(a, b) -> (Verdict, words)

Table of contents
-----------------
``log``         ``EffectLog``; ``observing`` is one execution, ``around`` the same beside the names,
                ``state`` the namespace between two
``plan``        what a cell may do; ``bytecode`` its code, ``magics`` its magics, ``loose`` what it
                reads from before
``adopting``    the same of cells that ran before, from their text
``calls``       what is known of calls by their names
``reading``     which names code may read, through the user's functions and classes
``walk``        what stands under a name, and a digest of it; ``kinds`` is how each kind is looked at,
                ``kinds_python`` and ``kinds_libraries`` those known, ``objects`` what all have
``files``       files, network and commands, from audit events; ``paths`` what is heard of by no event
``hidden``      generators, environment, folder and settings; ``randomness``, ``imports``
``modules``     modules of the user's own
``cells``       a cell's source without our line, compiled without warnings
``structure``   the canonical hash of a result, and whether two are the same
``effects``     effects as JSON
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .comparing import same
    from .effects import of_json as effects_of_json
    from .log import EffectLog
    from .randomness import random_states, restore_random
    from .structure import structure_hash

__all__ = ["EffectLog", "effects_of_json", "random_states", "restore_random", "same", "structure_hash"]

_PLACES = {
    "EffectLog": ("log", "EffectLog"),
    "effects_of_json": ("effects", "of_json"),
    "random_states": ("randomness", "random_states"),
    "restore_random": ("randomness", "restore_random"),
    "same": ("comparing", "same"),
    "structure_hash": ("structure", "structure_hash"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    value = getattr(import_module(f".{module}", __name__), attribute)
    globals()[name] = value
    return value
