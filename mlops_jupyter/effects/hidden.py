"""What code reads and changes unseen: generators, environment, folder, settings of libraries."""

from __future__ import annotations

import builtins
import decimal
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from .randomness import raw_states

WATCHED = frozenset({"numpy", "pandas", "sklearn", "matplotlib", "decimal", "warnings", "sys", "locale"})
"""Packages whose settings are compared, so that a bare call of theirs need not be doubted."""


class Hidden:
    """The hidden state at one moment."""

    def __init__(self) -> None:
        self.random = raw_states()
        self.environ = dict(os.environ)
        self.cwd = working_directory()
        self.settings = dict(_settings())

    def moved(self, before: Hidden) -> Iterator[str]:
        """Yield the names of what differs from before."""
        for name, state in self.random.items():
            if name in before.random and before.random[name] != state:
                yield name
        if self.environ != before.environ:
            yield from (f"environ:{name}" for name in sorted(environ_changed(before, self)))
        if self.cwd != before.cwd:
            yield "cwd"
        for name, value in self.settings.items():
            if name in before.settings and before.settings[name] != value:
                yield f"module:{name}"


def environ_changed(before: Hidden, after: Hidden) -> frozenset[str]:
    """Return the variables that differ."""
    return frozenset(
        name
        for name in before.environ.keys() | after.environ.keys()
        if before.environ.get(name) != after.environ.get(name)
    )


def working_directory() -> str:
    """Return the working directory, empty where it was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109 - before and after every cell
    except OSError:  # the folder was deleted
        return ""


def figures() -> tuple[tuple[int, int], ...]:
    """Return the figures that pyplot holds open, with how much is drawn on each."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None:
        return ()
    return tuple((number, _n_drawn(held)) for number, held in list(helpers.Gcf.figs.items()))


def _n_drawn(manager: Any) -> int:
    try:
        axes = manager.canvas.figure.axes
        return len(axes) + sum(len(each.get_children()) for each in axes)
    except Exception:  # noqa: BLE001 - a backend of anybody
        return 0


_BUILTINS = dict(vars(builtins))


def patched_builtins() -> frozenset[str]:
    """Return the names of Python's own that were added or replaced since this was imported."""
    return frozenset(
        name for name, value in vars(builtins).items() if _BUILTINS.get(name, _BUILTINS) is not value
    )


def _settings() -> Iterator[tuple[str, Any]]:
    yield "warnings", tuple(map(repr, warnings.filters))
    context = decimal.getcontext()
    traps = tuple(sorted(kind.__name__ for kind, is_on in context.traps.items() if is_on))
    yield "decimal", (context.prec, context.rounding, context.Emin, context.Emax, traps)
    yield "sys", (tuple(map(str, sys.path)), sys.getrecursionlimit())
    for name, (place, look) in _OF_PACKAGES.items():
        module = sys.modules.get(place)
        if module is not None:
            try:
                yield name, look(module)
            except Exception:  # noqa: BLE001, S112 - a library of another version: its settings are not seen
                continue


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", repr(value)


def _options(module: Any, *, of_display: bool) -> tuple[tuple[str, str], ...]:
    held = module._global_config
    return tuple(_flat({key: value for key, value in held.items() if (key == "display") is of_display}))


_Look = Callable[[Any], Any]
_OF_PACKAGES: dict[str, tuple[str, _Look]] = {
    "numpy": ("numpy", lambda module: tuple(sorted(module.geterr().items()))),
    "numpy.printing": ("numpy", lambda module: repr(module.get_printoptions())),
    "pandas": ("pandas._config.config", lambda module: _options(module, of_display=False)),
    "pandas.display": ("pandas._config.config", lambda module: _options(module, of_display=True)),
    "sklearn": ("sklearn._config", lambda module: tuple(map(repr, module.get_config().items()))),
    "matplotlib": ("matplotlib", lambda module: tuple(map(id, dict.values(module.rcParams)))),
    "torch": ("torch", lambda module: (str(module.get_default_dtype()), module.get_num_threads())),
    "locale": ("locale", lambda module: module.setlocale(module.LC_ALL)),
}
"""Settings by the name they have as ``module:NAME``: where they are, and how they are told."""
