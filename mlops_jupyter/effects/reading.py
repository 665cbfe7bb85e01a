"""Which names code may read: those it loads, and those of the user's functions and classes it reaches."""

from __future__ import annotations

from collections.abc import Collection
from types import CodeType, FunctionType
from typing import Any

from .bytecode import Code, code_of, joined, whole
from .objects import is_own
from .state import OUTPUT, State, is_own_function, is_shells
from .walk import ATOMS, Budget, Walk


def read(
    state: State,
    loads: Collection[str],
    budget: Budget,
    *,
    bound: Collection[str] = (),
    words: Collection[str] = (),
) -> tuple[set[str], Code]:
    """Return which names of the namespace code may read, and what the functions it may call say.

    Parameters
    ----------
    loads : the names that it loads.
    bound : names that are bound anew by then: of these nothing is read from before.
    words : names of attributes that it uses. Where nothing but the user's own is at work, a method of a
        class is called only by its name.
    """
    reading = _Reading(state, budget, set(bound), set(words))
    reading.follow(loads)
    reading.follow_methods()
    return reading.names, joined([Code(), *reading.codes.values()])


class _Reading:
    def __init__(self, state: State, budget: Budget, bound: set[str], words: set[str]) -> None:
        self._state, self._budget, self._bound, self._words = state, budget, bound, words
        self.names: set[str] = set()
        self.codes: dict[CodeType, Code] = {}
        self._methods: list[tuple[str, frozenset[CodeType]]] = []
        self._is_plain = True

    def follow(self, loads: Collection[str]) -> None:
        waiting = list(loads)
        home = self._state.namespace
        while waiting:
            name = waiting.pop()
            if name in self.names or name not in home or not _is_looked_at(name):
                continue
            self.names.add(name)
            value = home[name]
            if is_plain_class(value, home):
                self._methods += methods_of(value, home)
                continue
            self._is_plain &= type(value) in ATOMS or (
                type(value) is FunctionType and is_own_function(value, home)
            )
            waiting += self._add(self._state.seen(name, hashed=False, budget=self._budget).codes)

    def follow_methods(self) -> None:
        """Follow the methods that may be called, until there are no more."""
        while True:
            called = [each for each in self._methods if self._may_call(each[0])]
            if not called:
                return
            self._methods = [each for each in self._methods if each not in called]
            self.follow(self._add(frozenset().union(*(codes for _, codes in called))))

    def _may_call(self, method: str) -> bool:
        return not self._is_plain or method.startswith("__") or method in self._words

    def _add(self, codes: Collection[CodeType]) -> list[str]:
        loads: list[str] = []
        for code in codes:
            if code not in self.codes:
                self.codes[code] = whole(code_of(code))
                self._words |= self.codes[code].words
                loads += self.codes[code].loads - self.names - self._bound
        return loads


def is_plain_class(value: Any, home: dict[str, Any]) -> bool:
    """Return whether something is a class of the user's that builds on nothing of a library's."""
    return type(value) is type and all(is_own(base, home) for base in value.__mro__[:-1])


def methods_of(kind: type, home: dict[str, Any]) -> list[tuple[str, frozenset[CodeType]]]:
    """Return the names in a class and its bases with the code that stands under each."""
    return [
        (name, codes)
        for base in kind.__mro__[:-1]
        for name, value in base.__dict__.items()
        if name != "__dict__" and (codes := Walk(home, hashing=False).seen(value).codes)
    ]


def _is_looked_at(name: str) -> bool:
    return not is_shells(name) or name == "_" or OUTPUT.match(name) is not None
