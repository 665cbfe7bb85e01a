"""Which way each kind of object is looked at: what it holds, whether it can change, whose code it brings."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

from .kinds_libraries import LIBRARIES
from .kinds_python import PYTHON, Looker, compiled, figure, fixed, instance, of_class, opaque, with_attributes
from .objects import is_own, slots

if TYPE_CHECKING:
    from .walk import Walk

_SELF_KEPT = frozenset(
    {"IPython", "ipykernel", "ipywidgets", "traitlets", "mlops_jupyter", "zmq", "tornado", "comm"}
)
_FIGURES = frozenset({"matplotlib", "mpl_toolkits", "seaborn", "plotly", "bokeh", "altair", "PIL"})


def look(walk: Walk, obj: Any, kind: type) -> None:
    """Say what an object holds. Never runs code of the user's."""
    looker = PYTHON.get(kind)
    if looker is None:
        looker = _looker_of(kind)
        if not is_own(kind, walk.home):
            PYTHON[kind] = looker
    try:
        looker(walk, obj)
    except Exception:  # noqa: BLE001 - an object of any library, half made perhaps: its state cannot be seen
        opaque(walk, obj)


def _looker_of(kind: type) -> Looker:
    module = getattr(kind, "__module__", "") or ""
    package = module.partition(".")[0] if isinstance(module, str) else ""
    if package in _SELF_KEPT:
        return fixed
    if package in _FIGURES:
        return figure
    known = LIBRARIES.get(package, {})
    for base in kind.__mro__:
        if base.__name__ in known and (base.__module__ or "").partition(".")[0] == package:
            return known[base.__name__]
    for base in kind.__mro__:
        base_package = (getattr(base, "__module__", "") or "").partition(".")[0]
        if base is not kind and base.__name__ in LIBRARIES.get(base_package, {}):
            return functools.partial(with_attributes, LIBRARIES[base_package][base.__name__])
        if base in PYTHON and base not in (object, type):
            inner = PYTHON[base]
            return inner if inner in (fixed, opaque) else functools.partial(with_attributes, inner)
    if issubclass(kind, type):
        return of_class
    if issubclass(kind, (io.IOBase, io.TextIOBase)):
        return opaque
    if _is_iterator(kind):
        return opaque if kind.__dictoffset__ == 0 else instance
    return instance if kind.__dictoffset__ or slots(kind) else compiled


def _is_iterator(kind: type) -> bool:
    return any("__next__" in vars(base) for base in kind.__mro__)
