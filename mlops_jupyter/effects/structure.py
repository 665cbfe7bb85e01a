"""The canonical hash of an object: equal where a program cannot tell two objects apart, in any process.

Never the bytes of a pickle, which tell how an object was shared and laid out in memory. Arrays count by
type, shape and values in C order, structured ones field by field (what lies between the fields is
undefined); tables by the identity of their data; sets and dicts whatever their order; objects by what they
hold; functions by their code, defaults and closures; classes of the notebook by their methods, others by
name. What only tells the time or remembers what was computed is left out (``VOLATILE``). Iterators, files
and figures count by their kind alone.
"""

from __future__ import annotations

import functools
import hashlib
import json
import random
import struct
import types
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

from .objects import own_dict, slots

VOLATILE = frozenset(
    {
        *("refit_time_", "_cache", "_item_cache", "_has_canonical_format", "_has_sorted_indices"),
        *("_sklearn_version", "n_features_in_timestamp_", "fit_time_", "score_time_"),
    }
)
"""Attributes that no two runs agree on, or that do not belong to the value."""
_TIMES = ("fit_time", "score_time", "_fit_time", "_score_time")
_TIMED = frozenset({"cv_results_"})
_CATBOOST_TIMES = frozenset({"model_guid", "train_finish_time", "catboost_version_info"})
_OWN_STATE = frozenset({"sklearn", "scipy", "numpy", "pandas", "statsmodels"})


def structure_hash(obj: Any) -> str:
    """Return the canonical hash of an object, 32 hexadecimal digits.

    Raises
    ------
    ValueError
        When the object is nested too deep.

    Examples
    --------
    >>> structure_hash({"b": [1], "a": 2}) == structure_hash({"a": 2, "b": [1]})
    True
    >>> structure_hash([1]) == structure_hash([1.0])
    False
    """
    try:
        return _Hasher().of(obj).hex()
    except RecursionError:
        raise ValueError(f"a {type(obj).__name__} is nested too deep to be hashed; hash its parts") from None


def held_by(obj: Any) -> dict[str, Any]:
    """Return what belongs to the value of an object: its attributes without the volatile ones."""
    held = {key: value for key, value in own_dict(obj).items() if key not in VOLATILE}
    for name in slots(type(obj)):
        try:
            held[name] = object.__getattribute__(obj, name)
        except AttributeError:
            continue
    for name in _TIMED & held.keys():
        if isinstance(held[name], dict):
            held[name] = {key: value for key, value in held[name].items() if not str(key).endswith(_TIMES)}
    return held


class _Hasher:
    def __init__(self) -> None:
        self._open: dict[int, int] = {}

    def of(self, obj: Any) -> bytes:
        """Return the digest of an object; of one that contains itself, where in it that is."""
        key = id(obj)
        if key in self._open:
            return _digest(b"cycle", str(len(self._open) - self._open[key]).encode())
        self._open[key] = len(self._open)
        try:
            return self._of(obj)
        finally:
            del self._open[key]

    def _of(self, obj: Any) -> bytes:
        kind = type(obj)
        plain = _PLAIN.get(kind)
        if plain is not None:
            return _digest(kind.__name__.encode(), plain(obj))
        if kind in (list, tuple, deque):
            return self._all(kind.__name__, obj)
        if issubclass(kind, dict):
            return self._mapping(kind, dict.items(obj), obj)
        if kind in (set, frozenset):
            return _digest(kind.__name__.encode(), *sorted(map(self.of, obj)))
        for check, method in _METHODS:
            if check(kind):
                found: bytes = method(self, obj)
                return found
        return self._instance(obj)

    def _all(self, name: str, values: Iterable[Any]) -> bytes:
        return _digest(name.encode(), *map(self.of, values))

    def _mapping(self, kind: type, items: Iterable[tuple[Any, Any]], obj: Any) -> bytes:
        pairs = sorted(self.of(key) + self.of(value) for key, value in items)
        rest = self.of(held_by(obj)) if kind is not dict and own_dict(obj) else b""
        return _digest(_kind_name(kind), *pairs, rest)

    def _function(self, obj: Any) -> bytes:
        cells = [cell.cell_contents if _is_filled(cell) else None for cell in obj.__closure__ or ()]
        return _digest(
            b"function",
            self._code(obj.__code__),
            self._all("cells", cells),
            self.of(obj.__defaults__),
            self.of(obj.__kwdefaults__),
        )

    def _code(self, code: types.CodeType) -> bytes:
        consts = list(code.co_consts)
        doc = 1 if code.co_flags & 0x2 and consts and isinstance(consts[0], str) else 0
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_argcount, code.co_kwonlyargcount)
        return _digest(b"code", code.co_code, repr(names).encode(), *map(self.of, consts[doc:]))

    def _class(self, obj: type) -> bytes:
        if obj.__module__ != "__main__":
            return _digest(b"class", f"{obj.__module__}.{obj.__qualname__}".encode())
        skipped = (
            "__dict__",
            "__weakref__",
            "__doc__",
            "__module__",
            "_abc_impl",
            "__static_attributes__",
            "__firstlineno__",
        )
        held = {
            key: value
            for key, value in vars(obj).items()
            if key not in skipped and type(value) is not types.MemberDescriptorType
        }
        return _digest(b"class", obj.__qualname__.encode(), self.of(held), *map(self.of, obj.__bases__))

    def _array(self, obj: Any) -> bytes:
        import numpy as np

        mask = self.of(np.ma.getmaskarray(obj)) if isinstance(obj, np.ma.MaskedArray) else b""
        plain = np.asarray(obj.filled(0) if mask else obj)
        head = f"{plain.dtype.str if plain.dtype.names is None else plain.dtype.descr}{plain.shape}".encode()
        if plain.dtype.names is not None:
            return _digest(b"array", head, *(self._array(plain[name]) for name in plain.dtype.names))
        if plain.dtype.hasobject:
            return _digest(b"array", head, self._all("values", plain.ravel().tolist()))
        return _digest(b"array", head, mask, np.ascontiguousarray(plain).reshape(-1).view(np.uint8).data)

    def _table(self, obj: Any) -> bytes:
        from ..data import fingerprint
        from ..errors import MlopsError

        head = (_kind_name(type(obj)), self.of(_described(obj)))
        try:
            return _digest(*head, fingerprint(obj, rows=False).version.id.encode())
        except (MlopsError, TypeError, ValueError):  # a column of what is no data: its objects are looked at
            return _digest(*head, *self._columns(obj))

    def _columns(self, obj: Any) -> list[bytes]:
        import numpy as np

        if hasattr(obj, "items") and hasattr(obj, "index"):
            columns = [column for _, column in obj.items()] if obj.ndim == 2 else [obj]
            return [
                self._all("values", list(np.asarray(each, dtype=object))) for each in (*columns, obj.index)
            ]
        return [self._all("values", list(np.asarray(obj, dtype=object).ravel()))]

    def _random(self, obj: Any) -> bytes:
        if isinstance(obj, random.Random):
            return _digest(b"random", repr(obj.getstate()).encode())
        state = (
            obj.get_state(legacy=False)
            if hasattr(obj, "get_state")
            else getattr(obj, "bit_generator", obj).state
        )
        return _digest(b"generator", self.of(state))

    def _booster(self, obj: Any) -> bytes:
        if hasattr(obj, "save_raw"):
            return _digest(b"xgboost", bytes(obj.save_raw("ubj")))
        return _digest(b"lightgbm", obj.model_to_string(num_iteration=-1).encode())

    def _catboost(self, obj: Any) -> bytes:
        params = self.of(dict(obj.get_params()))
        return _digest(b"catboost", _kind_name(type(obj)), params, _trees(obj) if obj.is_fitted() else b"")

    def _tensor(self, obj: Any) -> bytes:
        plain = obj.detach().cpu().contiguous()
        return _digest(
            b"tensor",
            f"{plain.dtype}{tuple(plain.shape)}".encode(),
            plain.flatten().view(__import__("torch").uint8).numpy().tobytes(),
        )

    def _partial(self, obj: Any) -> bytes:
        return self._all("partial", (obj.func, obj.args, obj.keywords))

    def _method(self, obj: Any) -> bytes:
        return self._all("method", (obj.__func__, obj.__self__))

    def _descriptor(self, obj: Any) -> bytes:
        parts = [getattr(obj, name, None) for name in ("fget", "fset", "fdel", "__func__", "func")]
        return self._all(type(obj).__name__, parts)

    def _named(self, obj: Any) -> bytes:
        return _digest(
            b"named",
            type(obj).__name__.encode(),
            str(getattr(obj, "__module__", "")).encode(),
            str(getattr(obj, "__name__", "")).encode(),
        )

    def _shown(self, obj: Any) -> bytes:
        return _digest(_kind_name(type(obj)), repr(obj).encode())

    def _by_kind(self, obj: Any) -> bytes:
        return _digest(b"opaque", _kind_name(type(obj)))

    def _enum(self, obj: Any) -> bytes:
        return _digest(b"enum", _kind_name(type(obj)), obj._name_.encode())

    def _instance(self, obj: Any) -> bytes:
        kind = type(obj)
        held = held_by(obj)
        if held or kind.__dictoffset__ or slots(kind):
            inner = [
                self._contents(obj, base)
                for base in (list, tuple, set, frozenset, int, float, str, bytes)
                if issubclass(kind, base)
            ]
            return _digest(b"instance", _kind_name(kind), self.of(held), *inner[:1])
        if kind.__module__.partition(".")[0] in _OWN_STATE:
            state = obj.__reduce_ex__(2)[1:]
            return _digest(b"state", _kind_name(kind), *(self.of(part) for part in state if part is not None))
        return self._by_kind(obj)

    def _contents(self, obj: Any, base: type) -> bytes:
        if base in (list, tuple):
            return self._all(base.__name__, base.__iter__(obj))
        if base in (set, frozenset):
            return _digest(base.__name__.encode(), *sorted(map(self.of, base.__iter__(obj))))
        return self.of(base.__new__(base, obj))


def _digest(*parts: bytes | memoryview) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(struct.pack("<q", part.nbytes if isinstance(part, memoryview) else len(part)))
        found.update(part)
    return found.digest()


def _kind_name(kind: type) -> bytes:
    return f"{kind.__module__}.{kind.__qualname__}".encode()


def _is_filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _trees(model: Any) -> bytes:
    """Return what a model of catboost computes; its file also tells when it was made."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        try:
            model.save_model(str(path), format="json")
        except Exception:  # noqa: BLE001 - text and embedding features have no such file
            return bytes(model._serialize_model())
        found = json.loads(path.read_text())
    info = found.get("model_info", {})
    found["model_info"] = {key: value for key, value in info.items() if key not in _CATBOOST_TIMES}
    return json.dumps(found, sort_keys=True).encode()


def _described(table: Any) -> list[Any]:
    """Return the names and types of a table's columns, and what else belongs to it."""
    if type(table).__module__.startswith("pandas"):
        if getattr(table, "ndim", 1) == 2:
            return [list(table.columns), list(table.columns.names), [str(each) for each in table.dtypes]]
        return [list(getattr(table, "names", [table.name])), str(table.dtype)]
    for name in ("schema", "dtype", "type"):
        if hasattr(table, name):
            return [str(getattr(table, name))]
    return []


def _from(package: str, *names: str) -> Callable[[type], bool]:
    """Return a check whether a class is one of a package's, or was derived from one."""

    def check(kind: type) -> bool:
        return any(
            base.__name__ in names and (base.__module__ or "").partition(".")[0] == package
            for base in kind.__mro__
        )

    return check


def _is(*kinds: type) -> Callable[[type], bool]:
    return lambda kind: issubclass(kind, kinds)


def _is_iterator(kind: type) -> bool:
    return any("__next__" in vars(base) for base in kind.__mro__) and not issubclass(kind, random.Random)


def _float(value: float) -> bytes:
    return b"nan" if value != value else struct.pack("<d", value)


_PLAIN: Mapping[type, Callable[[Any], bytes]] = {
    int: lambda value: str(value).encode(),
    bool: lambda value: str(value).encode(),
    float: _float,
    complex: lambda value: _float(value.real) + _float(value.imag),
    str: lambda value: value.encode("utf-8", "surrogatepass"),
    bytes: bytes,
    bytearray: bytes,
    type(None): lambda _: b"",
    type(Ellipsis): lambda _: b"",
    range: lambda value: repr(value).encode(),
}
_METHODS: tuple[tuple[Callable[[type], bool], Callable[[_Hasher, Any], bytes]], ...] = (
    (_is(Enum), _Hasher._enum),
    (_is(type), _Hasher._class),
    (_is(types.FunctionType), _Hasher._function),
    (_is(types.CodeType), _Hasher._code),
    (_is(types.MethodType), _Hasher._method),
    (_is(functools.partial), _Hasher._partial),
    (_is(property, staticmethod, classmethod, functools.cached_property), _Hasher._descriptor),
    (_is(types.ModuleType, types.BuiltinFunctionType), _Hasher._named),
    (_is(PurePath), _Hasher._shown),
    (_from("numpy", "ndarray"), _Hasher._array),
    (_from("numpy", "generic"), _Hasher._array),
    (_from("numpy", "dtype", "ufunc", "_ArrayFunctionDispatcher"), _Hasher._shown),
    (_from("numpy", "Generator", "BitGenerator", "RandomState"), _Hasher._random),
    (_is(random.Random), _Hasher._random),
    (_from("pandas", "DataFrame", "Series", "Index"), _Hasher._table),
    (
        _from(
            "pandas",
            "Timestamp",
            "Timedelta",
            "NAType",
            "NaTType",
            "ExtensionDtype",
            "BaseOffset",
            "Interval",
            "Period",
        ),
        _Hasher._shown,
    ),
    (_from("polars", "DataFrame", "Series"), _Hasher._table),
    (_from("pyarrow", "Table", "RecordBatch", "ChunkedArray", "Array"), _Hasher._table),
    (_from("pyarrow", "DataType", "Schema", "Field"), _Hasher._shown),
    (_from("xgboost", "Booster"), _Hasher._booster),
    (_from("lightgbm", "Booster"), _Hasher._booster),
    (_from("catboost", "CatBoost"), _Hasher._catboost),
    (_from("torch", "Tensor"), _Hasher._tensor),
    (_from("datetime", "date", "time", "timedelta", "tzinfo"), _Hasher._shown),
    (_from("decimal", "Decimal"), _Hasher._shown),
    (_from("fractions", "Fraction"), _Hasher._shown),
    (_from("uuid", "UUID"), _Hasher._shown),
    (_from("re", "Pattern"), _Hasher._shown),
    (_from("matplotlib", "Artist"), _Hasher._by_kind),
    (_is_iterator, _Hasher._by_kind),
)
