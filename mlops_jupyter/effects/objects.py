"""What every object tells without running its code: whose class it has, its attributes, its slots."""

from __future__ import annotations

import types
from typing import Any

from .modules import is_local_name


def is_own(thing: type, home: dict[str, Any]) -> bool:
    """Return whether a class was written in the notebook or in a module of the user's."""
    module = getattr(thing, "__module__", None)
    return isinstance(module, str) and (
        module in ("__main__", home.get("__name__", "__main__")) or is_local_name(module)
    )


def own_dict(obj: Any) -> dict[str, Any]:
    """Return what an object holds, without asking its ``__getattr__``."""
    try:
        held = object.__getattribute__(obj, "__dict__")
    except Exception:  # noqa: BLE001 - a __dict__ of the class's own making
        return {}
    return held if isinstance(held, dict) else {}


_slots: dict[type, tuple[str, ...]] = {}


def slots(kind: type) -> tuple[str, ...]:
    """Return the names of the slots in which objects of a class written in Python hold something."""
    found = _slots.get(kind)
    if found is None:
        found = tuple(
            name
            for base in kind.__mro__
            if "__slots__" in vars(base)
            for name, value in vars(base).items()
            if type(value) is types.MemberDescriptorType
        )
        if kind.__module__ != "__main__":  # what was written in a notebook comes and goes
            _slots[kind] = found
    return found
