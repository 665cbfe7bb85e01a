"""How each kind of object is looked at: what it holds, whether it can change, whose code it brings.

To teach a new kind: a function here, and its type's name in the table of its library.
"""

from __future__ import annotations

import array
import collections
import contextvars
import datetime as dt
import decimal
import functools
import gc
import io
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

if TYPE_CHECKING:
    from .walk import Walk

Looker = Callable[["Walk", Any], None]

_SELF_KEPT = frozenset(
    {"IPython", "ipykernel", "ipywidgets", "traitlets", "mlops_jupyter", "zmq", "tornado", "comm"}
)
_FIGURES = frozenset({"matplotlib", "mpl_toolkits", "seaborn", "plotly", "bokeh", "altair", "PIL"})
_STATED = frozenset({"sklearn", "scipy", "numpy", "pandas", "statsmodels"})
"""Libraries whose compiled objects tell their state for pickling, without a change."""
_CACHES = frozenset({"_cache", "_item_cache", "_has_canonical_format", "_has_sorted_indices", "__cached__"})
_CLASS_SKIPS = frozenset({"__dict__", "__weakref__", "__doc__", "__module__", "_abc_impl", "__annotations__"})
_LONG = 200_000
"""Of more items, a sample is looked at: the first and last, and as many between."""
_EDGE = 20_000


def look(walk: Walk, obj: Any, kind: type) -> None:
    """Say what an object holds. Never runs code of the user's."""
    looker = _LOOKERS.get(kind)
    if looker is None:
        looker = _looker_of(kind)
        if not is_own(kind, walk.home):
            _LOOKERS[kind] = looker
    try:
        looker(walk, obj)
    except Exception:  # noqa: BLE001 - an object of any library, half made perhaps: its state cannot be seen
        _opaque(walk, obj)


def is_own(thing: type, home: dict[str, Any]) -> bool:
    """Return whether a class was written in the notebook or in a module of the user's."""
    from .modules import is_local_name

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


def _looker_of(kind: type) -> Looker:
    module = getattr(kind, "__module__", "") or ""
    package = module.partition(".")[0] if isinstance(module, str) else ""
    if package in _SELF_KEPT:
        return _fixed
    if package in _FIGURES:
        return _figure
    known = _OF_LIBRARIES.get(package, {})
    for base in kind.__mro__:
        if base.__name__ in known and (base.__module__ or "").partition(".")[0] == package:
            return known[base.__name__]
    for base in kind.__mro__:
        base_package = (getattr(base, "__module__", "") or "").partition(".")[0]
        if base is not kind and base.__name__ in _OF_LIBRARIES.get(base_package, {}):
            return functools.partial(_with_attributes, _OF_LIBRARIES[base_package][base.__name__])
        if base in _LOOKERS and base not in (object, type):
            inner = _LOOKERS[base]
            return inner if inner in (_fixed, _opaque) else functools.partial(_with_attributes, inner)
    if issubclass(kind, type):
        return _class
    if issubclass(kind, (io.IOBase, io.TextIOBase)):
        return _opaque
    if _is_iterator(kind):
        return _opaque if kind.__dictoffset__ == 0 else _instance
    return _instance if kind.__dictoffset__ or slots(kind) else _compiled


def _is_iterator(kind: type) -> bool:
    return any("__next__" in vars(base) for base in kind.__mro__)


# --- plain Python -----------------------------------------------------------------------------


def _fixed(walk: Walk, obj: Any) -> None:
    walk.say("fixed", id(obj))


def _valued(walk: Walk, obj: Any) -> None:
    walk.say(type(obj).__name__, repr(obj))


def _opaque(walk: Walk, obj: Any) -> None:
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
    _sequence(walk, list.__getitem__(obj, slice(None)))


def _tuple(walk: Walk, obj: tuple[Any, ...]) -> None:
    walk.say("tuple", len(obj))
    _sequence(walk, list(tuple.__iter__(obj)))


def _sequence(walk: Walk, values: list[Any]) -> None:
    if len(values) > _LONG:
        walk.is_part = True
        values = values[:_EDGE] + values[_EDGE : -_EDGE : len(values) // _EDGE] + values[-_EDGE:]
    if not walk.atoms(values):
        walk.visit(values)


def _dict(walk: Walk, obj: dict[Any, Any]) -> None:
    walk.shared.add(id(obj))
    walk.say("dict", len(obj))
    _sequence(walk, list(dict.keys(obj)))
    _sequence(walk, list(dict.values(obj)))


def _set(walk: Walk, obj: set[Any]) -> None:
    walk.shared.add(id(obj))
    walk.say("set", len(obj))
    _sequence(walk, list(set.__iter__(obj)))


def _frozenset(walk: Walk, obj: frozenset[Any]) -> None:
    walk.say("frozenset", len(obj))
    _sequence(walk, list(frozenset.__iter__(obj)))


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
    _sequence(walk, list(collections.deque.__iter__(obj)))


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
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue


def _is_local_globals(values: dict[str, Any]) -> bool:
    from .modules import is_local_name

    name = values.get("__name__")
    return isinstance(name, str) and is_local_name(name)


def _module_values(values: dict[str, Any], code: types.CodeType) -> Iterator[Any]:
    from .plan import code_of, whole

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
    from .modules import is_local

    name = getattr(obj, "__name__", "")
    walk.modules.add(str(name))
    walk.say("module", id(obj))
    if is_local(obj):
        walk.shared.add(id(obj))
        values = {key: value for key, value in vars(obj).items() if not key.startswith("__")}
        walk.say(tuple(values))
        walk.visit(values.values())


def _class(walk: Walk, obj: type) -> None:
    if not is_own(obj, walk.home):
        walk.say("class", id(obj))
        return
    walk.shared.add(id(obj))
    held = type.__getattribute__(obj, "__dict__")
    values = {key: value for key, value in held.items() if key not in _CLASS_SKIPS}
    walk.say("class", obj.__name__, tuple(values))
    walk.visit([*obj.__bases__, *values.values()])


def _with_attributes(inner: Looker, walk: Walk, obj: Any) -> None:
    """Look at an object of a class that was derived from a known one."""
    kind = type(obj)
    if is_own(kind, walk.home):
        walk.visit([kind])
    inner(walk, obj)
    walk.shared.add(id(obj))
    _attributes(walk, obj)


def _instance(walk: Walk, obj: Any) -> None:
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
    _sequence(walk, list(held.values()))


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


def _error(walk: Walk, obj: BaseException) -> None:
    walk.say("error", type(obj).__name__)
    walk.visit([obj.args])


def _compiled(walk: Walk, obj: Any) -> None:
    """Look at an object whose state is in C: by what it would be pickled as, where its library is known."""
    package = type(obj).__module__.partition(".")[0]
    walk.shared.add(id(obj))
    if package not in _STATED:
        _opaque(walk, obj)
        return
    walk.say(type(obj).__name__)
    state = obj.__reduce_ex__(2)
    walk.visit([part for part in state[1:] if part is not None], made=True)


def _figure(walk: Walk, obj: Any) -> None:
    """Look at a figure or a part of one: drawing changes it, and all parts of one figure are one thing."""
    _opaque(walk, obj)
    held = own_dict(obj)
    for name in ("_parent_figure", "figure", "_figure", "_axes"):
        if (other := held.get(name)) is not None:
            walk.shared.add(id(other))
            walk.opaque.add(id(other))


_LOOKERS: dict[type, Looker] = {
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
    types.WrapperDescriptorType: _fixed,
    types.MethodDescriptorType: _fixed,
    types.ClassMethodDescriptorType: _fixed,
    types.GetSetDescriptorType: _fixed,
    types.MemberDescriptorType: _fixed,
    types.ModuleType: _module,
    types.CellType: _cell,
    types.CodeType: _code,
    types.MappingProxyType: _proxy,
    type({}.keys()): _proxy,
    type({}.values()): _proxy,
    type({}.items()): _proxy,
    contextvars.ContextVar: _context_variable,
    contextvars.Token: _fixed,
    types.GeneratorType: _opaque,
    types.CoroutineType: _opaque,
    types.AsyncGeneratorType: _opaque,
    types.GenericAlias: _fixed,
    functools.partial: _partial,
    functools.cached_property: _cached_property,
    type(functools.lru_cache(lambda: None)): _lru,
    property: _property,
    staticmethod: _wrapping,
    classmethod: _wrapping,
    type: _class,
    range: _valued,
    slice: _valued,
    BaseException: _error,
    decimal.Decimal: _valued,
    dt.datetime: _valued,
    dt.date: _valued,
    dt.time: _valued,
    dt.timedelta: _valued,
    dt.timezone: _valued,
    PurePath: _valued,
    uuid.UUID: _valued,
    Pattern: _valued,
    logging.Logger: _logger,
    logging.RootLogger: _logger,
    logging.Manager: _fixed,
    weakref.ref: _fixed,
    type(__import__("threading").Lock()): _fixed,
    type(__import__("threading").RLock()): _fixed,
    type(sys.flags): _fixed,
    object: _fixed,
}


# --- libraries --------------------------------------------------------------------------------


def _array(walk: Walk, obj: Any) -> None:
    import numpy as np

    plain = np.ndarray.view(obj, np.ndarray) if type(obj) is not np.ndarray else obj
    walk.say("array", str(plain.dtype), plain.shape, plain.strides)
    owner = obj
    while isinstance(owner, np.ndarray):
        if (path := own_dict(owner).get("filename")) is not None:
            walk.files.add(str(path))
        if owner.base is None:
            break
        owner = owner.base
    walk.shared.add(id(obj))
    if plain.dtype.hasobject:
        walk.shared.add(id(owner))
        if walk.hashing or plain.dtype == object:
            _sequence(
                walk,
                plain.ravel().tolist(),
            )
        return
    if not plain.flags.c_contiguous and plain.flags.f_contiguous:
        plain = plain.T
    if not plain.flags.c_contiguous and walk.hashing:
        plain = _contiguous(owner, plain)
    if walk.hashing:
        walk.memory(id(owner), plain.reshape(-1).view(np.uint8) if plain.size else b"")
    else:
        walk.shared.add(id(owner))


def _contiguous(owner: Any, plain: Any) -> Any:
    """Return memory that tells a strided view's values: its owner's where that is not much more."""
    import numpy as np

    if type(owner) is np.ndarray and owner.nbytes <= 4 * plain.nbytes:
        for whole in (owner, owner.T):
            if whole.flags.c_contiguous and not whole.dtype.hasobject:
                return whole
    return np.ascontiguousarray(plain)


def _scalar(walk: Walk, obj: Any) -> None:
    walk.say(type(obj).__name__, repr(obj))


def _generator(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    bits = obj if hasattr(obj, "state") else obj.bit_generator
    walk.shared.add(id(bits))
    walk.say("generator", repr(bits.state))


def _random_state(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    state = obj.get_state(legacy=False)
    walk.visit([state], made=True)


def _frame(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    held = own_dict(obj)
    walk.say(type(obj).__name__)
    walk.visit([held.get("_mgr"), held.get("_attrs"), held.get("_name")])


def _manager(walk: Walk, obj: Any) -> None:
    blocks = obj.blocks
    walk.shared.add(id(obj))
    walk.say("blocks", len(blocks))
    walk.visit([*obj.axes, *(block.values for block in blocks)])
    walk.visit([block.mgr_locs.as_array for block in blocks], made=True)


def _index(walk: Walk, obj: Any) -> None:
    held = own_dict(obj)
    walk.say(type(obj).__name__)
    walk.visit(
        [held.get("_data"), held.get("_name"), held.get("_names"), held.get("_levels"), held.get("_codes")]
    )
    if "_range" in held:
        walk.say(repr(held["_range"]))


def _categorical(walk: Walk, obj: Any) -> None:
    walk.say(type(obj).__name__)
    walk.visit([obj._ndarray])
    categories = getattr(obj.dtype, "categories", None)
    walk.say(str(obj.dtype) if categories is None else obj.dtype.ordered)
    walk.visit([categories])


def _arrow_backed(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    walk.visit([obj._pa_array])


def _arrow(walk: Walk, obj: Any) -> None:
    """Look at what Arrow never changes: its buffers tell it from another that took its place in memory."""
    walk.say(type(obj).__name__, len(obj) if hasattr(obj, "__len__") else 0)
    if not walk.hashing:
        return
    chunks = obj.chunks if hasattr(obj, "chunks") else [obj] if hasattr(obj, "buffers") else ()
    for chunk in chunks:
        walk.say(chunk.offset, len(chunk))
        for buffer in chunk.buffers():
            if buffer is not None:
                walk.memory(buffer.address, buffer)
    for column in getattr(obj, "columns", ()):
        walk.visit([column], made=True)


def _polars(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    walk.say(type(obj).__name__, repr(getattr(obj, "schema", None) or getattr(obj, "dtype", None)))
    if walk.hashing:
        walk.visit([obj.to_arrow()], made=True)


def _lazy(walk: Walk, obj: Any) -> None:
    walk.say("lazy", id(obj))


def _booster(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    if walk.hashing:
        raw = obj.save_raw("ubj")
        walk.memory(id(obj), raw)


def _lightgbm(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    if walk.hashing:
        walk.say(obj.model_to_string(num_iteration=-1))


def _catboost(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    walk.say(type(obj).__name__)
    if walk.hashing:
        walk.say(repr(sorted(obj._init_params.items(), key=str)))
        if obj.is_fitted():
            walk.memory(id(obj), obj._serialize_model())


def _tensor(walk: Walk, obj: Any) -> None:
    walk.shared.add(id(obj))
    walk.shared.add(obj.untyped_storage().data_ptr())
    walk.say(str(obj.dtype), tuple(obj.shape), obj._version, obj.data_ptr(), obj.requires_grad)
    if obj.grad is not None:
        walk.visit([obj.grad])


_OF_LIBRARIES: dict[str, dict[str, Looker]] = {
    "numpy": {
        "ndarray": _array,
        "generic": _scalar,
        "dtype": _scalar,
        "Generator": _generator,
        "BitGenerator": _generator,
        "RandomState": _random_state,
        "ufunc": _fixed,
        "_ArrayFunctionDispatcher": _fixed,
    },
    "pandas": {
        "NDFrame": _frame,
        "BaseBlockManager": _manager,
        "DataManager": _manager,
        "BlockManager": _manager,
        "SingleBlockManager": _manager,
        "Index": _index,
        "NDArrayBacked": _categorical,
        "ArrowExtensionArray": _arrow_backed,
        "Timestamp": _scalar,
        "Timedelta": _scalar,
        "_Timestamp": _scalar,
        "_Timedelta": _scalar,
        "NAType": _fixed,
        "NaTType": _fixed,
        "ExtensionDtype": _scalar,
        "BaseOffset": _scalar,
        "Interval": _scalar,
        "Period": _scalar,
    },
    "pyarrow": {
        "Table": _arrow,
        "RecordBatch": _arrow,
        "ChunkedArray": _arrow,
        "Array": _arrow,
        "DataType": _scalar,
        "Schema": _scalar,
        "Field": _scalar,
    },
    "polars": {
        "DataFrame": _polars,
        "Series": _polars,
        "LazyFrame": _lazy,
        "Expr": _lazy,
        "DataType": _scalar,
    },
    "xgboost": {"Booster": _booster},
    "lightgbm": {"Booster": _lightgbm},
    "catboost": {"_CatBoostBase": _catboost},
    "torch": {"Tensor": _tensor},
    "zoneinfo": {"ZoneInfo": _scalar},
}
