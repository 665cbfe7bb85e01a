"""What code reads and changes unseen: generators, environment, folder, settings of libraries."""

from __future__ import annotations

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


def _settings() -> Iterator[tuple[str, Any]]:
    yield "warnings", tuple(map(repr, warnings.filters))
    context = decimal.getcontext()
    traps = tuple(sorted(kind.__name__ for kind, is_on in context.traps.items() if is_on))
    yield "decimal", (context.prec, context.rounding, context.Emin, context.Emax, traps)
    yield "sys", (tuple(map(str, sys.path)), sys.getrecursionlimit())
    for package, look in _OF_PACKAGES.items():
        module = sys.modules.get(package)
        if module is not None:
            try:
                yield package.partition(".")[0], look(module)
            except Exception:  # noqa: BLE001, S112 - a library of another version: its settings are not seen
                continue


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif not prefix.startswith("display."):
            yield f"{prefix}{key}", repr(value)


_OF_PACKAGES: dict[str, Callable[[Any], Any]] = {
    "numpy": lambda module: tuple(sorted(module.geterr().items())),
    "pandas._config.config": lambda module: tuple(_flat(module._global_config)),
    "sklearn._config": lambda module: tuple(
        sorted((key, repr(value)) for key, value in module.get_config().items())
    ),
    "matplotlib": lambda module: tuple(map(id, dict.values(module.rcParams))),
    "torch": lambda module: (str(module.get_default_dtype()), module.get_num_threads()),
    "locale": lambda module: module.setlocale(module.LC_ALL),
}
