"""How objects of Python itself are looked at: containers, functions, classes, instances of any class."""

from __future__ import annotations

import array
import collections
import contextvars
import datetime as dt
import decimal
import functools
import gc
import logging
import random
import sys
import types
import uuid
import weakref
from collections.abc import Callable, Iterator
from pathlib import PurePath
from re import Pattern
from typing import TYPE_CHECKING, Any

from .bytecode import code_of, whole
from .modules import is_local, is_local_name
from .objects import is_own, own_dict, slots

if TYPE_CHECKING:
    from .walk import Walk

Looker = Callable[["Walk", Any], None]

_STATED = frozenset({"sklearn", "scipy", "numpy", "pandas", "statsmodels"})
"""Libraries whose compiled objects tell their state for pickling, without a change."""
_CACHES = frozenset({"_cache", "_item_cache", "_has_canonical_format", "_has_sorted_indices", "__cached__"})
_CLASS_SKIPS = frozenset({"__dict__", "__weakref__", "__doc__", "__module__", "_abc_impl", "__annotations__"})
_LONG = 200_000
"""Of more items, a sample is looked at: the first and last, and as many between."""
_EDGE = 20_000


def fixed(walk: Walk, obj: Any) -> None:
    """Look at an object that does not change, or whose changes matter to nobody."""
    walk.say("fixed", id(obj))


def valued(walk: Walk, obj: Any) -> None:
    """Look at a value that its text tells whole."""
    walk.say(type(obj).__name__, repr(obj))


def opaque(walk: Walk, obj: Any) -> None:
    """Look at an object whose state cannot be seen: to use it is to change it."""
    if obj is sys.stdout or obj is sys.stderr:  # what is shown there changes nothing
        walk.say("shown")
        return
    walk.opaque.add(id(obj))
    walk.shared.add(id(obj))
    walk.say("opaque", type(obj).__name__)
    code = getattr(obj, "gi_code", None) if type(obj) is types.GeneratorType else None
    if code is not None:
        walk.codes.add(code)
    if type(obj).__module__ in ("builtins", "itertools"):
        walk.visit(each for each in gc.get_referents(obj) if type(each) is not types.FrameType)


def _list(walk: Walk, obj: list[Any]) -> None:
    walk.shared.add(id(obj))
    walk.say("list", len(obj))
    sequence(walk, list.__getitem__(obj, slice(None)))


def _tuple(walk: Walk, obj: tuple[Any, ...]) -> None:
    walk.say("tuple", len(obj))
    sequence(walk, list(tuple.__iter__(obj)))


def sequence(walk: Walk, values: list[Any]) -> None:
    """Look at many values; at a part of very many."""
    if len(values) > _LONG:
        walk.is_part = True
        values = values[:_EDGE] + values[_EDGE : -_EDGE : len(values) // _EDGE] + values[-_EDGE:]
    if not walk.atoms(values):
        walk.visit(values)


def _dict(walk: Walk, obj: dict[Any, Any]) -> None:
    walk.shared.add(id(obj))
    walk.say("dict", len(obj))
    sequence(walk, list(dict.keys(obj)))
    sequence(walk, list(dict.values(obj)))


def _set(walk: Walk, obj: set[Any]) -> None:
    walk.shared.add(id(obj))
    walk.say("set", len(obj))
    sequence(walk, list(set.__iter__(obj)))


def _frozenset(walk: Walk, obj: frozenset[Any]) -> None:
    walk.say("frozenset", len(obj))
    sequence(walk, list(frozenset.__iter__(obj)))


def _proxy(walk: Walk, obj: Any) -> None:
    """Look at a view of a dict."""
    walk.say(type(obj).__name__)
    walk.visit(gc.get_referents(obj))


def _logger(walk: Walk, obj: logging.Logger) -> None:
    walk.shared.add(id(obj))
    held = own_dict(obj)
    walk.say("logger", held.get("name"), held.get("level"), held.get("propagate"), held.get("disabled"))
    walk.visit([held.get("handlers"), held.get("filters"), held.get("parent")])


def _context_variable(walk: Walk, obj: contextvars.ContextVar[Any]) -> None:
    walk.shared.add(id(obj))
    walk.say("context variable")
    walk.visit([obj.get(None)])


def _deque(walk: Walk, obj: collections.deque[Any]) -> None:
    walk.shared.add(id(obj))
    walk.say("deque", len(obj), obj.maxlen)
    sequence(walk, list(collections.deque.__iter__(obj)))


def _bytes_like(walk: Walk, obj: Any) -> None:
    walk.say(type(obj).__name__)
    walk.memory(id(obj), obj)


def _view(walk: Walk, obj: memoryview) -> None:
    walk.say("memoryview", obj.format, obj.shape)
    walk.visit([obj.obj])


def _random(walk: Walk, obj: random.Random) -> None:
    walk.shared.add(id(obj))
    walk.say("random", hash(obj.getstate()))


def _function(walk: Walk, obj: types.FunctionType) -> None:
    code = obj.__code__
    walk.say("function", id(code), hash(code.co_code), code.co_firstlineno)
    if obj.__globals__ is not walk.home and not _is_local_globals(obj.__globals__):
        wrapped = own_dict(obj).get("__wrapped__")
        walk.visit([*([wrapped] if wrapped is not None else []), *_cells(obj)])
        return
    walk.codes.add(code)
    if obj.__globals__ is not walk.home:
        walk.visit(_module_values(obj.__globals__, code))
    walk.shared.add(id(obj))
    walk.visit([obj.__defaults__, obj.__kwdefaults__, *_cells(obj), *own_dict(obj).values()])


def _cells(obj: types.FunctionType) -> Iterator[Any]:
    for cell in obj.__closure__ or ():
        try:
            held = cell.cell_contents
        except ValueError:  # not filled yet
            continue
        if type(held) is not weakref.WeakKeyDictionary or obj.__globals__ is not vars(functools):
            yield held  # but for the cache of a generic function


def _is_local_globals(values: dict[str, Any]) -> bool:
    name = values.get("__name__")
    return isinstance(name, str) and is_local_name(name)


def _module_values(values: dict[str, Any], code: types.CodeType) -> Iterator[Any]:
    for name in sorted(whole(code_of(code)).loads):
        if name in values:
            yield values[name]


def _cell(walk: Walk, obj: types.CellType) -> None:
    walk.shared.add(id(obj))
    try:
        walk.visit([obj.cell_contents])
    except ValueError:
        walk.say("empty cell")


def _method(walk: Walk, obj: types.MethodType) -> None:
    walk.visit([obj.__func__, obj.__self__])


def _builtin(walk: Walk, obj: Any) -> None:
    owner = obj.__self__
    walk.say("builtin", obj.__name__)
    if owner is None or issubclass(type(owner), (types.ModuleType, type)):
        walk.say(id(obj) if owner is None else id(owner))
    else:
        walk.visit([owner])


def _partial(walk: Walk, obj: functools.partial[Any]) -> None:
    walk.say("partial")
    walk.visit([obj.func, obj.args, obj.keywords], made=True)


def _property(walk: Walk, obj: property) -> None:
    walk.visit([obj.fget, obj.fset, obj.fdel])


def _wrapping(walk: Walk, obj: Any) -> None:
    walk.visit([obj.__func__])


def _cached_property(walk: Walk, obj: Any) -> None:
    walk.visit([obj.func])


def _lru(walk: Walk, obj: Any) -> None:
    walk.say("cached", tuple(type(obj).cache_info(obj)))
    walk.visit([own_dict(obj).get("__wrapped__")])


def _code(walk: Walk, obj: types.CodeType) -> None:
    walk.codes.add(obj)
    walk.say("code", id(obj))


def _module(walk: Walk, obj: types.ModuleType) -> None:
    name = getattr(obj, "__name__", "")
    walk.modules.add(str(name))
    walk.say("module", id(obj))
    if is_local(obj):
        walk.shared.add(id(obj))
        values = {key: value for key, value in vars(obj).items() if not key.startswith("__")}
        walk.say(tuple(values))
        walk.visit(values.values())


def of_class(walk: Walk, obj: type) -> None:
    """Look at a class; of a library's there is nothing to see."""
    if not is_own(obj, walk.home):
        walk.say("class", id(obj))
        return
    walk.shared.add(id(obj))
    held = type.__getattribute__(obj, "__dict__")
    values = {key: value for key, value in held.items() if key not in _CLASS_SKIPS}
    walk.say("class", obj.__name__, tuple(values))
    walk.visit([*obj.__bases__, *values.values()])


def with_attributes(inner: Looker, walk: Walk, obj: Any) -> None:
    """Look at an object of a class that was derived from a known one."""
    kind = type(obj)
    if is_own(kind, walk.home):
        walk.visit([kind])
    inner(walk, obj)
    walk.shared.add(id(obj))
    _attributes(walk, obj)


def instance(walk: Walk, obj: Any) -> None:
    """Look at an object by what it holds."""
    kind = type(obj)
    walk.shared.add(id(obj))
    walk.say("instance", kind.__name__, id(kind))
    if is_own(kind, walk.home):
        walk.visit([kind])
    _attributes(walk, obj)


def _attributes(walk: Walk, obj: Any) -> None:
    held = {key: value for key, value in own_dict(obj).items() if key not in _CACHES}
    for name in slots(type(obj)):
        try:
            held[name] = object.__getattribute__(obj, name)
        except AttributeError:
            continue
    walk.say(*held)
    sequence(walk, list(held.values()))


def _error(walk: Walk, obj: BaseException) -> None:
    walk.say("error", type(obj).__name__)
    walk.visit([obj.args])


def compiled(walk: Walk, obj: Any) -> None:
    """Look at an object whose state is in C: by what it would be pickled as, where its library is known."""
    package = type(obj).__module__.partition(".")[0]
    walk.shared.add(id(obj))
    if package not in _STATED:
        opaque(walk, obj)
        return
    walk.say(type(obj).__name__)
    state = obj.__reduce_ex__(2)
    walk.visit([part for part in state[1:] if part is not None], made=True)


def figure(walk: Walk, obj: Any) -> None:
    """Look at a figure or a part of one: drawing changes it, and all parts of one figure are one thing."""
    opaque(walk, obj)
    held = own_dict(obj)
    for name in ("_parent_figure", "figure", "figure", "_axes"):
        if (other := held.get(name)) is not None:
            walk.shared.add(id(other))
            walk.opaque.add(id(other))


PYTHON: dict[type, Looker] = {
    list: _list,
    tuple: _tuple,
    dict: _dict,
    set: _set,
    frozenset: _frozenset,
    collections.deque: _deque,
    bytearray: _bytes_like,
    array.array: _bytes_like,
    memoryview: _view,
    random.Random: _random,
    types.FunctionType: _function,
    types.MethodType: _method,
    types.BuiltinFunctionType: _builtin,
    types.MethodWrapperType: _builtin,
    types.WrapperDescriptorType: fixed,
    types.MethodDescriptorType: fixed,
    types.ClassMethodDescriptorType: fixed,
    types.GetSetDescriptorType: fixed,
    types.MemberDescriptorType: fixed,
    types.ModuleType: _module,
    types.CellType: _cell,
    types.CodeType: _code,
    types.MappingProxyType: _proxy,
    type({}.keys()): _proxy,
    type({}.values()): _proxy,
    type({}.items()): _proxy,
    contextvars.ContextVar: _context_variable,
    contextvars.Token: fixed,
    types.GeneratorType: opaque,
    types.CoroutineType: opaque,
    types.AsyncGeneratorType: opaque,
    types.GenericAlias: fixed,
    functools.partial: _partial,
    functools.cached_property: _cached_property,
    type(functools.lru_cache(lambda: None)): _lru,
    property: _property,
    staticmethod: _wrapping,
    classmethod: _wrapping,
    type: of_class,
    range: valued,
    slice: valued,
    BaseException: _error,
    decimal.Decimal: valued,
    dt.datetime: valued,
    dt.date: valued,
    dt.time: valued,
    dt.timedelta: valued,
    dt.timezone: valued,
    PurePath: valued,
    uuid.UUID: valued,
    Pattern: valued,
    logging.Logger: _logger,
    logging.RootLogger: _logger,
    logging.Manager: fixed,
    weakref.ref: fixed,
    type(__import__("threading").Lock()): fixed,
    type(__import__("threading").RLock()): fixed,
    type(sys.flags): fixed,
    object: fixed,
}
