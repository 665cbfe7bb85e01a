"""How objects of libraries are looked at: arrays, frames, generators, models kept in C.

To teach a new one: a function here, and its type's name in the table of its library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .kinds_python import Looker, fixed, sequence
from .objects import own_dict

if TYPE_CHECKING:
    from .walk import Walk


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
            sequence(
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


LIBRARIES: dict[str, dict[str, Looker]] = {
    "numpy": {
        "ndarray": _array,
        "generic": _scalar,
        "dtype": _scalar,
        "Generator": _generator,
        "BitGenerator": _generator,
        "RandomState": _random_state,
        "ufunc": fixed,
        "_ArrayFunctionDispatcher": fixed,
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
        "NAType": fixed,
        "NaTType": fixed,
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
