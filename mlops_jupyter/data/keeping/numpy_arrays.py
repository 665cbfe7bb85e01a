"""numpy arrays of any shape and dtype on the shelf.

Tables of up to 256 columns are kept column by column, so that a changed column is a changed column
and rows put in are rows put in; wider tables and blocks of more dimensions are kept flat, row by row.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import IntegrityError, UnsupportedError
from ..columns.base import naming
from .arrow_arrays import Spec, load_array, one_array, save_array
from .object_values import load_objects, save_objects
from .plain import from_plain, to_plain
from .shelf import Shelf, Shelved

WIDEST: Final = 256
_SUBCLASSES = {"ndarray": np.ndarray, "recarray": np.recarray, "matrix": np.matrix}


def save(array: NDArray[Any], shelf: Shelf) -> Spec:
    """Put an array of any shape on the shelf."""
    if isinstance(array, np.ma.MaskedArray):
        return {
            "as": "numpy.masked",
            "data": save(np.asarray(array.data), shelf),
            "mask": save(np.ma.getmaskarray(array), shelf),
            "fill": save(np.asarray(array.fill_value), shelf),
        }
    kind = type(array).__name__
    if _SUBCLASSES.get(kind) is not type(array):
        raise UnsupportedError(f"a {kind} is not kept as what it is; keep numpy.asarray of it")
    fortran = array.ndim > 1 and array.flags.f_contiguous and not array.flags.c_contiguous
    return {
        "as": "numpy.ndarray",
        "class": kind,
        "fortran": fortran,
        **_save_shaped(np.asarray(array), shelf),
    }


def _save_shaped(array: NDArray[Any], shelf: Shelf) -> Spec:
    if array.dtype.names is not None:
        fields = [[name, _save_shaped(array[name], shelf)] for name in array.dtype.names]
        return {"shape": list(array.shape), "layout": _layout(array.dtype), "fields": fields}
    by_column = array.ndim == 2 and array.shape[1] <= WIDEST
    columns = [array[:, place] for place in range(array.shape[1])] if by_column else [array.reshape(-1)]
    specs = []
    for place, values in enumerate(columns):
        with naming(place if by_column else None, values.dtype, "kept"):
            specs.append(save_values(values, shelf))
    return {"shape": list(array.shape), "dtype": dtype_to_plain(array.dtype), "columns": specs}


def _layout(dtype: np.dtype[Any]) -> Any:
    assert dtype.names is not None
    assert dtype.fields is not None
    fields = [dtype.fields[name] for name in dtype.names]
    return {
        "names": list(dtype.names),
        "formats": [_layout(field[0]) if field[0].names else _field_format(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "itemsize": dtype.itemsize,
        "aligned": bool(dtype.isalignedstruct),
    }


def _field_format(dtype: np.dtype[Any]) -> Any:
    base, shape = dtype.base, dtype.shape
    return [_layout(base) if base.names else base.str, list(shape)]


def _read_layout(layout: Any) -> np.dtype[Any]:
    formats = [
        _read_layout(part) if isinstance(part, dict) else _read_format(part) for part in layout["formats"]
    ]
    words = {"names": layout["names"], "formats": formats, "offsets": layout["offsets"]}
    return np.dtype({**words, "itemsize": layout["itemsize"]}, align=layout["aligned"])  # type: ignore[call-overload, no-any-return]


def _read_format(part: list[Any]) -> Any:
    base, shape = part
    return np.dtype((_read_layout(base) if isinstance(base, dict) else base, tuple(shape)))


def load(spec: Spec, shelf: Shelved, places: list[int] | None = None) -> Any:
    """Return what :func:`save` put there; of a table the columns at ``places``, all where None."""
    if spec["as"] == "numpy.masked":
        data, mask, fill = (load(spec[part], shelf, places) for part in ("data", "mask", "fill"))
        return np.ma.MaskedArray(data, mask, fill_value=fill[()])
    array = _load_shaped(spec, shelf, places, order="F" if spec["fortran"] else "C")
    return array.view(_SUBCLASSES[spec["class"]]) if spec["class"] != "ndarray" else array


def _load_shaped(
    spec: Spec, shelf: Shelved, places: list[int] | None = None, order: Any = "C"
) -> NDArray[Any]:
    if "fields" in spec:
        made = np.zeros(tuple(spec["shape"]), _read_layout(spec["layout"]))
        for name, field in spec["fields"]:
            made[name] = _load_shaped(field, shelf)
        return made
    shape, dtype = tuple(spec["shape"]), dtype_from_plain(spec["dtype"])
    columns = spec["columns"]
    if len(shape) != 2 or len(columns) != shape[1] or shape[1] > WIDEST:
        flat = load_values(columns[0], shelf, dtype).reshape(shape)
        return np.asarray(flat, order=order)
    chosen = range(shape[1]) if places is None else places
    table = np.empty((shape[0], len(chosen)), dtype, order=order)
    for target, place in enumerate(chosen):
        table[:, target] = load_values(columns[place], shelf, dtype)
    return table


# --- one dimension ----------------------------------------------------------------------------


def save_values(values: NDArray[Any], shelf: Shelf, *, aside: bool = False) -> Spec:
    """Put a one-dimensional array without fields on the shelf; its dtype is kept by the caller."""
    import pyarrow as pa

    kind = values.dtype.kind
    if kind in "OUT":
        return save_objects(values.tolist(), shelf, aside=aside)
    if kind == "S":
        return save_objects([bytes(value) for value in values.tolist()], shelf, aside=aside)
    if kind == "c":
        plain = native(values)
        return {
            "as": "complex",
            "parts": [save_values(part, shelf, aside=aside) for part in (plain.real, plain.imag)],
        }
    if kind in "mM":
        values = native(values).view("i8")
    elif kind not in "biuf" or values.dtype.char in "gG":
        raise UnsupportedError(f"an array of dtype {values.dtype} cannot be kept; use .astype first")
    return save_array(pa.array(native(values), from_pandas=False), shelf, aside=aside)


def load_values(spec: Spec, shelf: Shelved, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return what :func:`save_values` put there, as an array of its own that can be written to."""
    kind = dtype.kind
    if kind == "c":
        half = np.dtype(f"f{dtype.itemsize // 2}")
        real, imaginary = (load_values(part, shelf, half) for part in spec["parts"])
        made: NDArray[Any] = np.empty(len(real), dtype.newbyteorder("="))
        made.real, made.imag = real, imaginary
        return made.astype(dtype, copy=False)
    if kind in "OUST":
        found: NDArray[Any] = load_objects(spec, shelf)
        return found if kind == "O" else found.astype(dtype)
    numbers = to_numpy(one_array(load_array(spec, shelf)))
    if kind in "mM":
        return numbers.view(dtype.newbyteorder("=")).astype(dtype, copy=False)
    return numbers.astype(dtype, copy=False)


def to_numpy(array: Any) -> NDArray[Any]:
    """Return an Arrow array of numbers without missing values as one that can be written to."""
    found: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return found if found.flags.writeable else found.copy()


def native(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array in the machine's byte order and in one block."""
    return np.ascontiguousarray(values, values.dtype.newbyteorder("="))


def dtype_to_plain(dtype: np.dtype[Any]) -> Any:
    """Return a dtype without fields as JSON.

    Examples
    --------
    >>> dtype_to_plain(np.dtype("M8[ns]")), dtype_to_plain(np.dtype(">i4"))
    ('<M8[ns]', '>i4')
    """
    if dtype.kind == "T":
        words = {"coerce": dtype.coerce}  # type: ignore[attr-defined]
        if hasattr(dtype, "na_object"):
            words["na_object"] = to_plain(dtype.na_object)
        return words
    return dtype.str


def dtype_from_plain(plain: Any) -> np.dtype[Any]:
    """Return the dtype of :func:`dtype_to_plain`."""
    words = {key: from_plain(value) for key, value in plain.items()} if isinstance(plain, dict) else None
    try:
        found: np.dtype[Any] = np.dtype(plain) if words is None else np.dtypes.StringDType(**words)
    except TypeError as error:
        raise IntegrityError(f"a kept array is of the unknown dtype {plain!r}") from error
    return found
