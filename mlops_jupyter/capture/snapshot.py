"""The namespace before the cell: what the cell could read, and what it really rebound."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from .analysis import CellPlan

TEXT_LIMIT = 200
_FUNCTIONS_FOLLOWED = 200


class Snapshot:
    """Which objects stood under the names that matter, without keeping large ones alive.

    Attributes
    ----------
    outside
        Names that the cell reads from outside, also through functions that were defined earlier.
    scalars
        The values of those that are scalars, as they were before the cell ran.
    """

    def __init__(self, plan: CellPlan, namespace: Mapping[str, Any]) -> None:
        self._plan = plan
        self.outside = frozenset(_outside(plan.reads, namespace))
        self.scalars = {
            name: namespace[name] for name in self.outside if name in namespace and is_scalar(namespace[name])
        }
        self._before = {name: _Mark(namespace[name]) for name in plan.stores if name in namespace}

    def is_assigned(self, name: str, namespace: Mapping[str, Any], *, stopped_in: int | None) -> bool:
        """Return whether the cell really bound a name.

        Parameters
        ----------
        stopped_in
            Index of the top-level statement that failed; None if the cell came to its end.
        """
        if name not in namespace:
            return False
        before = self._before.get(name)
        if before is None or not before.is_same(namespace[name]):
            return name in self._plan.stores
        return any(
            store.sure and (stopped_in is None or store.statement < stopped_in)
            for store in self._plan.stores.get(name, ())
        )


class _Mark:
    """An object's identity that does not keep it alive, unless it is small."""

    def __init__(self, value: Any) -> None:
        self._id = id(value)
        self._strong: Any = None
        self._weak: weakref.ref[Any] | None = None
        if is_scalar(value):
            self._strong = value
        else:
            with contextlib.suppress(TypeError):  # a list or dict: its identity alone has to do
                self._weak = weakref.ref(value)

    def is_same(self, value: Any) -> bool:
        if self._weak is not None:
            return self._weak() is value
        return id(value) == self._id


def is_scalar(value: Any) -> bool:
    """Return whether a value is a number, a truth value or a short text, also numpy's.

    Examples
    --------
    >>> is_scalar(0.1), is_scalar("adam"), is_scalar([1]), is_scalar("x" * 1000)
    (True, True, False, False)
    """
    if is_a(value, str):
        return len(value) <= TEXT_LIMIT
    return is_a(value, bool, int, float) or is_number(value)


def is_a(value: Any, *kinds: type) -> bool:
    """Return whether a value is of a kind, by its type alone.

    ``isinstance`` also asks the object for its ``__class__``, which runs code of a lazy proxy and may
    load or compute what it stands for, or fail.
    """
    return issubclass(type(value), kinds)


def own_attributes(value: Any) -> Mapping[str, Any]:
    """Return what an object holds, without asking its ``__getattr__``, which is code of somebody else."""
    try:
        held: Mapping[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return held


def is_number(value: Any) -> bool:
    """Return whether a value is one real number: Python's, numpy's or a 0-d array; not a bool.

    Examples
    --------
    >>> is_number(0.5), is_number(True), is_number("1")
    (True, False, False)
    """
    if is_a(value, bool):
        return False
    if is_a(value, int, float):
        return True
    if type(value).__module__.partition(".")[0] not in ("numpy", "torch", "jax", "jaxlib", "tensorflow"):
        return False
    try:
        plain = value.item() if getattr(value, "shape", None) == () else None
    except Exception:  # noqa: BLE001 - an object of any library
        return False
    return isinstance(plain, (int, float)) and not isinstance(plain, bool)


def _outside(names: Iterable[str], namespace: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names, and those that the user's own functions among them read."""
    waiting, seen = list(names), set(names)
    for _ in range(_FUNCTIONS_FOLLOWED + len(waiting)):
        if not waiting:
            return
        name = waiting.pop()
        yield name
        value = namespace.get(name)
        if type(value) is FunctionType and value.__globals__ is namespace:
            new = global_names(value.__code__) - seen
            seen |= new
            waiting.extend(new)


@lru_cache(maxsize=1_024)
def global_names(code: CodeType) -> frozenset[str]:
    """Return the global names that a function's code reads, with the functions inside it.

    Examples
    --------
    >>> def scaled(x):
    ...     return x * factor + table.factor2
    >>> sorted(global_names(scaled.__code__))
    ['factor', 'table']
    """
    import dis

    own = {
        instruction.argval
        for instruction in dis.get_instructions(code)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    inner = (global_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return frozenset(own.union(*inner))
