"""What is known of the namespace between cells: which objects stand under its names, what they hold.

What was seen after one cell is what is there before the next, as nothing runs in between; so an object
is hashed once when a cell first reads it, and then after cells that can have changed it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from types import FunctionType
from typing import Any

from ..records import Effects
from .walk import ATOMS, Budget, Seen, Walk

_SHELLS = re.compile(r"_i{1,3}|_i\d+|_ih|_oh|_dh|In|Out|_{1,3}|_\d+|exit|quit|get_ipython|__\w+__")
OUTPUT = re.compile(r"_(\d+)$")


class State:
    """The namespace as it was last seen."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self._seen: dict[str, Seen] = {}
        self.environ_moved: set[str] = set()
        self.cwd_moved = False
        self.settings_moved: set[str] = set()
        self.folders: set[str] = set()
        self.written: set[str] = set()
        self.local_imports: set[str] = set()
        self._outputs: set[str] = set()

    def names(self) -> dict[str, int]:
        """Return the user's names with the identity of what stands under each."""
        return {
            name: id(value)
            for name, value in list(self.namespace.items())
            if type(name) is str and not is_shells(name)
        }

    def new_outputs(self) -> set[str]:
        """Return the names under which IPython keeps what was shown since this was last asked."""
        now = {name for name in list(self.namespace) if type(name) is str and OUTPUT.match(name)}
        new, self._outputs = now - self._outputs, now
        return new | ({"_"} if new else set())

    def seen(self, name: str, *, hashed: bool, budget: Budget) -> Seen:
        """Return what stands under a name, from what is known where that will do."""
        value = self.namespace[name]
        known = self._seen.get(name)
        if known is not None and known.key == id(value) and (known.is_hashed or not hashed):
            return known
        return self.look(name, hashed=hashed, budget=budget)

    def look(self, name: str, *, hashed: bool, budget: Budget, limit: int | None = None) -> Seen:
        """Look at what stands under a name now."""
        value = self.namespace[name]
        if type(value) in ATOMS:
            found = Seen(id(value), frozenset(), is_hashed=True)
        else:
            found = Walk(self.namespace, hashing=hashed, budget=budget, limit=limit).seen(value)
        self._seen[name] = found
        return found

    def forget(self, names: Iterable[str]) -> None:
        """Look at names anew when they are next asked for."""
        for name in names:
            self._seen.pop(name, None)

    def sharing(self, names: Collection[str], budget: Budget) -> set[str]:
        """Return the other names under which objects stand that stand under these too."""
        mine: set[int] = set()
        for name in names:
            mine |= self.seen(name, hashed=False, budget=budget).shared
        if not mine:
            return set()
        return {
            name
            for name in self.names()
            if name not in names and not mine.isdisjoint(self.seen(name, hashed=False, budget=budget).shared)
        }

    def unseen(self, doubt: str) -> Effects:
        """Return the effects of a cell of which nothing is known: it may have read and changed all."""
        names = tuple(sorted(self.names()))
        self._seen.clear()
        return Effects(reads=names, changed=names, doubts=(doubt,))


def is_shells(name: str) -> bool:
    """Return whether a name of the namespace is IPython's or Python's.

    Examples
    --------
    >>> is_shells("_i3"), is_shells("__name__"), is_shells("_x")
    (True, True, False)
    """
    return name[:1] in "_IOeqg" and _SHELLS.fullmatch(name) is not None


def is_own_function(value: FunctionType, home: dict[str, Any]) -> bool:
    """Return whether a function was defined in the notebook."""
    return value.__globals__ is home
