"""Arrays of pandas on the shelf, each with what its dtype says beyond the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import UnsupportedError
from .arrow_arrays import Spec, load_array, one_array, save_array, type_from_text, type_to_text
from .numpy_arrays import dtype_from_plain, dtype_to_plain, load_values, native, save_values, to_numpy
from .plain import from_plain, to_plain
from .shelf import Shelf, Shelved
from .zones import zone_from_plain, zone_to_plain


def save_values_of(array: Any, shelf: Shelf, *, aside: bool = False) -> Spec:
    """Put a pandas array on the shelf.

    Raises
    ------
    UnsupportedError
        For extension types of other libraries.
    """
    import pandas as pd

    dtype = array.dtype
    plain = isinstance(array, pd.arrays.NumpyExtensionArray) and not isinstance(dtype, pd.StringDtype)
    if plain or isinstance(dtype, np.dtype):
        values = np.asarray(array)
        return {
            "as": "numpy",
            "dtype": dtype_to_plain(values.dtype),
            "values": save_values(values, shelf, aside=aside),
        }
    writers: tuple[tuple[Any, Callable[..., Spec]], ...] = (
        (pd.CategoricalDtype, _category),
        (pd.StringDtype, _text),
        (pd.ArrowDtype, _arrow),
        (pd.DatetimeTZDtype, _zoned),
        (pd.PeriodDtype, _period),
        (pd.IntervalDtype, _interval),
        (pd.SparseDtype, _sparse),
    )
    for kind, write in writers:
        if isinstance(dtype, kind):
            return write(array, shelf, aside)
    if hasattr(array, "_mask") and hasattr(array, "_data"):
        return _masked(array, shelf, aside)
    raise UnsupportedError(
        f"the extension type {type(dtype).__module__}.{type(dtype).__qualname__} is not known"
    )


def _category(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001 one of a family of writers
    import pyarrow as pa

    return {
        "as": "category",
        "ordered": bool(array.ordered),
        "codes": save_array(pa.array(np.asarray(array.codes)), shelf, aside=aside),
        "levels": save_index(array.categories, shelf),
    }


def _text(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001
    import pyarrow as pa

    dtype = array.dtype
    values = pa.array(array, type=pa.large_string(), from_pandas=True)
    return {
        "as": "text",
        "storage": dtype.storage,
        "missing": to_plain(dtype.na_value),
        "values": save_array(values, shelf, aside=aside),
    }


def _arrow(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001
    kind = array.dtype.pyarrow_dtype
    values = array.__arrow_array__()
    return {"as": "arrow", "type": type_to_text(kind), "values": save_array(values, shelf, aside=aside)}


def _zoned(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001
    instants = np.asarray(array.view("i8")).view(f"M8[{array.dtype.unit}]")
    values = save_values(instants, shelf, aside=aside)
    return {"as": "zoned", "unit": array.dtype.unit, "zone": zone_to_plain(array.dtype.tz), "values": values}


def _period(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001
    values = save_values(np.asarray(array.asi8), shelf, aside=aside)
    return {"as": "period", "dtype": array.dtype.name, "values": values}


def _interval(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001
    ends = [save_values_of(end.array, shelf, aside=aside) for end in (array.left, array.right)]
    return {"as": "interval", "closed": array.closed, "ends": ends}


def _sparse(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001
    values = np.asarray(array.sp_values)
    return {
        "as": "sparse",
        "length": len(array),
        "kind": array.kind,
        "dtype": dtype_to_plain(values.dtype),
        "fill": to_plain(array.fill_value),
        "values": save_values(values, shelf, aside=aside),
        "places": save_values(np.asarray(array.sp_index.indices), shelf, aside=aside),
    }


def _masked(array: Any, shelf: Shelf, aside: bool) -> Spec:  # noqa: FBT001
    import pyarrow as pa

    values = pa.array(native(array._data), mask=np.asarray(array._mask), from_pandas=False)
    return {"as": "masked", "dtype": array.dtype.name, "values": save_array(values, shelf, aside=aside)}


# --- reading ----------------------------------------------------------------------------------


def load_values_of(spec: Spec, shelf: Shelved) -> Any:
    """Return the pandas array, or numpy array, that :func:`save_values_of` put there."""
    return _READERS[spec["as"]](spec, shelf)


def _read_numpy(spec: Spec, shelf: Shelved) -> Any:
    return load_values(spec["values"], shelf, dtype_from_plain(spec["dtype"]))


def _read_category(spec: Spec, shelf: Shelved) -> Any:
    import pandas as pd

    codes = to_numpy(one_array(load_array(spec["codes"], shelf)))
    dtype = pd.CategoricalDtype(load_index(spec["levels"], shelf), ordered=spec["ordered"])
    return pd.Categorical.from_codes(codes, dtype=dtype)


def _read_text(spec: Spec, shelf: Shelved) -> Any:
    dtype = _text_dtype(spec["storage"], from_plain(spec["missing"]))
    return dtype.__from_arrow__(load_array(spec["values"], shelf))


def _text_dtype(storage: str, missing: Any) -> Any:
    import pandas as pd

    try:
        return pd.StringDtype(storage, na_value=missing)
    except TypeError:  # before pandas 2.3, text with NaN was a storage of its own
        return pd.StringDtype(storage if missing is pd.NA else "pyarrow_numpy")


def _read_arrow(spec: Spec, shelf: Shelved) -> Any:
    import pandas as pd

    values, kind = load_array(spec["values"], shelf), type_from_text(spec["type"])
    return pd.arrays.ArrowExtensionArray(values if values.type == kind else values.cast(kind))


def _read_zoned(spec: Spec, shelf: Shelved) -> Any:
    import pandas as pd

    instants = load_values(spec["values"], shelf, np.dtype(f"M8[{spec['unit']}]"))
    zone = zone_from_plain(spec["zone"])
    return pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(zone).array


def _read_period(spec: Spec, shelf: Shelved) -> Any:
    import pandas as pd

    numbers = load_values(spec["values"], shelf, np.dtype("i8"))
    dtype: Any = pd.api.types.pandas_dtype(spec["dtype"])
    return pd.arrays.PeriodArray(numbers, dtype=dtype)


def _read_interval(spec: Spec, shelf: Shelved) -> Any:
    import pandas as pd

    left, right = (load_values_of(end, shelf) for end in spec["ends"])
    return pd.arrays.IntervalArray.from_arrays(left, right, closed=spec["closed"])


def _read_sparse(spec: Spec, shelf: Shelved) -> Any:
    import pandas as pd
    from pandas._libs import sparse

    integers: Any = sparse.IntIndex
    arrays: Any = pd.arrays.SparseArray
    values = load_values(spec["values"], shelf, dtype_from_plain(spec["dtype"]))
    places = integers(spec["length"], load_values(spec["places"], shelf, np.dtype("i4")))
    dtype = pd.SparseDtype(values.dtype, from_plain(spec["fill"]))
    # Every public way looks for the fill value again, or warns.
    return arrays._simple_new(values, places.to_block_index() if spec["kind"] == "block" else places, dtype)


def _read_masked(spec: Spec, shelf: Shelved) -> Any:
    import pandas as pd

    values = one_array(load_array(spec["values"], shelf))
    data = to_numpy(values.fill_null(False if spec["dtype"] == "boolean" else 0))
    dtype: Any = pd.api.types.pandas_dtype(spec["dtype"])
    return dtype.construct_array_type()(data, np.array(values.is_null(), np.bool_))


_READERS: dict[str, Callable[[Spec, Shelved], Any]] = {
    "numpy": _read_numpy,
    "category": _read_category,
    "text": _read_text,
    "arrow": _read_arrow,
    "zoned": _read_zoned,
    "period": _read_period,
    "interval": _read_interval,
    "sparse": _read_sparse,
    "masked": _read_masked,
}


# --- indexes ----------------------------------------------------------------------------------


def save_index(index: Any, shelf: Shelf, *, aside: bool = True) -> Spec:
    """Put an index, or the names of columns, on the shelf."""
    import pandas as pd

    names = [to_plain(name) for name in index.names]
    if isinstance(index, pd.RangeIndex):
        return {"index": "range", "names": names, "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.MultiIndex):
        return {
            "index": "levels",
            "names": names,
            "sorted": getattr(index, "sortorder", None),
            "levels": [save_index(level, shelf) for level in index.levels],
            "codes": [save_values(np.asarray(codes), shelf, aside=aside) for codes in index.codes],
            "widths": [dtype_to_plain(codes.dtype) for codes in index.codes],
        }
    spec = {"index": "values", "names": names, "values": save_values_of(index.array, shelf, aside=aside)}
    frequency = (
        getattr(index, "freq", None) if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)) else None
    )
    return spec if frequency is None else {**spec, "frequency": frequency.freqstr}


def load_index(spec: Spec, shelf: Shelved) -> Any:
    """Return the index that :func:`save_index` put there."""
    import pandas as pd

    names = [from_plain(name) for name in spec["names"]]
    if spec["index"] == "range":
        start, stop, step = spec["range"]
        return pd.RangeIndex(start, stop, step, name=names[0])
    if spec["index"] == "levels":
        levels = [load_index(level, shelf) for level in spec["levels"]]
        codes: Any = [
            load_values(values, shelf, dtype_from_plain(width))
            for values, width in zip(spec["codes"], spec["widths"], strict=True)
        ]
        return pd.MultiIndex(levels, codes, sortorder=spec["sorted"], names=names, verify_integrity=False)
    values = load_values_of(spec["values"], shelf)
    index = pd.Index(values, dtype=values.dtype, name=names[0], tupleize_cols=False)
    if "frequency" in spec:
        index.freq = spec["frequency"]
    return index
