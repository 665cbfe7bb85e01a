"""The state of a generator at the moment its library is imported.

The first cell that draws from it often is the one that imports it; what it drew could not be repeated else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_OF_MODULES = {"numpy.random": "numpy.random", "torch": "torch"}

first_states: dict[str, Any] = {}
"""The raw states of generators as they were when their libraries were imported in this process."""
_logs: list[None] = []
"""One for each log that is on."""


class _Finder(MetaPathFinder):
    """Finds nothing itself: lets the others find a module, and looks at it once it is imported."""

    def __init__(self) -> None:
        self._is_asking = False

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname not in _OF_MODULES or self._is_asking:
            return None
        from importlib.util import find_spec

        self._is_asking = True
        try:
            spec = find_spec(fullname)
        except (ImportError, ValueError):
            return None
        finally:
            self._is_asking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, _OF_MODULES[fullname])
        return spec


class _Loader(Loader):
    """The real loader, and a look at the generator's state behind it."""

    def __init__(self, real: Any, generator: str) -> None:
        self._real, self._generator = real, generator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        found: ModuleType | None = self._real.create_module(spec)
        return found

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        self._real.exec_module(module)
        try:
            from .randomness import raw_states

            state = raw_states().get(self._generator)
            if state is not None:
                first_states[self._generator] = state
        except Exception:  # noqa: BLE001 - the import is the user's; the state is then not known
            return


_finder = _Finder()


def install() -> None:
    """Begin to look at generators as they are imported."""
    _logs.append(None)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Look no more, once nobody asks for it."""
    if _logs:
        _logs.pop()
    if not _logs and _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
