"""Where scikit-learn is hooked while a tracked cell runs, and how all of it is taken back.

Estimators through their classes' own methods, so that instances made earlier count as well.
Functions through the closure of ``validate_params``, so that ``from sklearn.metrics import …`` in
an earlier cell counts as well and no name of the user's is touched. Classes and modules that are
imported during the cell are hooked when they appear.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CellType, FunctionType, ModuleType
from typing import Any

from .hooks import Kind, hook, is_hook

METHODS: dict[str, Kind] = {
    "fit": "fit",
    "partial_fit": "fit",
    "fit_transform": "fit",
    "fit_predict": "fit",
    "score": "score",
    "predict": "predict",
    "predict_proba": "predict",
    "predict_log_proba": "predict",
    "decision_function": "predict",
}
_FUNCTIONS: dict[str, Kind] = {
    "cross_val_score": "cross",
    "cross_validate": "cross",
    "cross_val_predict": "quiet",
    "learning_curve": "quiet",
    "permutation_test_score": "quiet",
    "validation_curve": "quiet",
    "permutation_importance": "quiet",
}
_WATCHED = ("sklearn.base", "sklearn.metrics", "sklearn.model_selection", "sklearn.inspection")


@dataclass(slots=True)
class _Place:
    """One attribute that is hooked: of a class, of a descriptor, or a closure's cell."""

    owner: Any
    name: str
    kind: Kind
    original: Callable[..., Any]
    ours: Callable[..., Any]

    def hook(self) -> None:
        if _value(self.owner, self.name) is self.original:
            with suppress(AttributeError, TypeError):  # a class that cannot be changed
                setattr(self.owner, self.name, self.ours)

    def unhook(self) -> None:
        if _value(self.owner, self.name) is self.ours:
            setattr(self.owner, self.name, self.original)


def _value(owner: Any, name: str) -> Any:
    return owner.cell_contents if isinstance(owner, CellType) else vars(owner).get(name)


class SklearnHooks:
    """All hooks in scikit-learn, put in and taken out together."""

    def __init__(self) -> None:
        self._hooked: list[_Place] = []
        self._births: list[Callable[[], None]] = []
        self._classes: set[type] = set()
        self._watcher: _Watcher | None = None
        # Classes of the library live as long as the process, so their hooks can be made once.
        self._made: dict[Any, tuple[_Place, ...]] = {}

    def install(self) -> None:
        """Put hooks into what is imported, and watch for what is not yet."""
        missing = [name for name in _WATCHED if not _is_loaded(name)]
        for name in _WATCHED:
            if name not in missing:
                self._hook_module(sys.modules[name])
        if missing:
            self._watcher = _Watcher(missing, self._hook_module)
            sys.meta_path.insert(0, self._watcher)

    def remove(self) -> None:
        """Take every hook back, where it is still ours."""
        if self._watcher is not None:
            if self._watcher in sys.meta_path:
                sys.meta_path.remove(self._watcher)
            self._watcher = None
        while self._births:
            self._births.pop()()
        for place in self._hooked:
            place.unhook()
        self._hooked.clear()
        self._classes.clear()

    def _hook_module(self, module: ModuleType) -> None:
        if module.__name__ == "sklearn.base":
            self._hook_base(module)
            return
        if module not in self._made:
            self._made[module] = tuple(_functions_of(module))
        self._hook(self._made[module])

    def _hook_base(self, module: ModuleType) -> None:
        base: Any = module.BaseEstimator
        for found in _with_subclasses(base):
            self._hook_class(found)
        output: Any = sys.modules.get("sklearn.utils._set_output")
        mixin = getattr(output, "_SetOutputMixin", None)
        # _SetOutputMixin wraps methods of a new class; a hook that came before would stay inside.
        self._hook_birth(base, lambda born: mixin is None or not issubclass(born, mixin))
        if mixin is not None:
            self._hook_birth(mixin, lambda born: issubclass(born, base))

    def _hook_birth(self, owner: Any, applies: Callable[[type], bool]) -> None:
        """See to it that classes that are born while the cell runs are hooked as well."""
        own = vars(owner).get("__init_subclass__")
        hook_class = self._hook_class

        def born(cls: Any, /, **kwargs: Any) -> None:
            if own is not None:
                own.__func__(cls, **kwargs)
            else:
                super(owner, cls).__init_subclass__(**kwargs)
            if applies(cls):
                hook_class(cls)

        ours: Any = classmethod(born)
        owner.__init_subclass__ = ours

        def undo() -> None:
            if vars(owner).get("__init_subclass__") is ours:
                if own is not None:
                    owner.__init_subclass__ = own
                else:
                    del owner.__init_subclass__

        self._births.append(undo)

    def _hook_class(self, found: type) -> None:
        for owner in found.__mro__[:-1]:
            if owner not in self._classes:
                self._classes.add(owner)
                self._hook(self._places_of(owner))

    def _places_of(self, owner: type) -> tuple[_Place, ...]:
        if not owner.__module__.startswith("sklearn."):
            return tuple(_methods_of(owner))
        if owner not in self._made:
            self._made[owner] = tuple(_methods_of(owner))
        return self._made[owner]

    def _hook(self, places: tuple[_Place, ...]) -> None:
        for place in places:
            place.hook()
        self._hooked.extend(places)


def _methods_of(owner: type) -> Iterator[_Place]:
    for name, kind in METHODS.items():
        value = vars(owner).get(name)
        if isinstance(value, FunctionType) and not is_hook(value):
            yield _Place(owner, name, kind, value, hook(kind, value))
        elif isinstance(inner := getattr(value, "fn", None), FunctionType) and not is_hook(inner):
            yield _Place(value, "fn", kind, inner, hook(kind, inner))


def _functions_of(module: ModuleType) -> Iterator[_Place]:
    for name in getattr(module, "__all__", ()):
        function = vars(module).get(name)
        kind = _FUNCTIONS.get(name) or ("metric" if module.__name__ == "sklearn.metrics" else None)
        if kind is None or not isinstance(function, FunctionType):
            continue
        variables = function.__code__.co_freevars
        if "func" in variables:
            cell = (function.__closure__ or ())[variables.index("func")]
            original = cell.cell_contents
            if not is_hook(original):
                yield _Place(cell, "cell_contents", kind, original, hook(kind, original))


class _Watcher(MetaPathFinder):
    """Tells when a module has been imported; finds nothing itself."""

    def __init__(self, names: list[str], told: Callable[[ModuleType], None]) -> None:
        self._names, self._told = set(names), told

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self._names:
            return None
        self._names.discard(name)
        for finder in sys.meta_path:
            if isinstance(finder, _Watcher) or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec, self._told)
                return spec
        return None


class _Loader(Loader):
    """Runs a module with its own loader, then gives that back and tells."""

    def __init__(self, spec: ModuleSpec, told: Callable[[ModuleType], None]) -> None:
        self._spec, self._loader, self._told = spec, spec.loader, told

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        assert self._loader is not None
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert self._loader is not None
        self._spec.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._told(module)


def _is_loaded(name: str) -> bool:
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return module is not None and not getattr(spec, "_initializing", False)


def _with_subclasses(base: type) -> Iterator[type]:
    seen: set[type] = {base}
    waiting = [base]
    while waiting:
        found = waiting.pop()
        yield found
        children: list[type] = type.__subclasses__(found)
        new = [child for child in children if child not in seen]
        seen.update(new)
        waiting.extend(new)
