"""pandas frames, series and indexes on the shelf: columns, index, names, attributes and flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UnsupportedError
from ..columns.base import naming
from .arrow_arrays import Spec
from .pandas_arrays import load_index, load_values_of, save_index, save_values_of
from .plain import from_plain, to_plain
from .shelf import Shelf, Shelved


def save(data: Any, shelf: Shelf) -> Spec:
    """Put a DataFrame, Series or Index on the shelf."""
    import pandas as pd

    if isinstance(data, pd.Index):
        with naming(data.name, data.dtype, "kept"):
            return {"as": "pandas.Index", "columns": [], "index": save_index(data, shelf, aside=False)}
    spec = {"index": _save_rows(data.index, shelf), "attrs": _save_attrs(data.attrs)}
    spec["unique"] = not data.flags.allows_duplicate_labels
    if isinstance(data, pd.Series):
        with naming(data.name, data.dtype, "kept"):
            return {
                "as": "pandas.Series",
                "name": to_plain(data.name),
                **spec,
                "columns": [save_values_of(data.array, shelf)],
            }
    columns = []
    for place, name in enumerate(data.columns):
        array = data.iloc[:, place].array
        with naming(name, array.dtype, "kept"):
            columns.append(save_values_of(array, shelf))
    return {"as": "pandas.DataFrame", **spec, "names": save_index(data.columns, shelf), "columns": columns}


def _save_rows(index: Any, shelf: Shelf) -> Spec:
    with naming(index.name, index.dtype, "kept"):
        return save_index(index, shelf, aside=False)


def _save_attrs(attrs: Mapping[Any, Any]) -> Any:
    try:
        return to_plain(dict(attrs))
    except UnsupportedError as error:
        raise UnsupportedError(
            f"the attrs of the frame cannot be kept: {error}; take them out of .attrs"
        ) from error


def load(spec: Spec, shelf: Shelved, places: list[int] | None) -> Any:
    """Return what :func:`save` put there; of a frame the columns at ``places``, all where None."""
    import pandas as pd

    index = load_index(spec["index"], shelf)
    if spec["as"] == "pandas.Index":
        return index
    if spec["as"] == "pandas.Series":
        values = load_values_of(spec["columns"][0], shelf)
        made = pd.Series(values, index=index, dtype=values.dtype, name=from_plain(spec["name"]), copy=False)
    else:
        made = _frame(spec, shelf, places, index)
    made.attrs.update(from_plain(spec["attrs"]))
    return made.set_flags(allows_duplicate_labels=False) if spec["unique"] else made


def _frame(spec: Spec, shelf: Shelved, places: list[int] | None, index: Any) -> Any:
    import pandas as pd

    names = load_index(spec["names"], shelf)
    chosen = list(range(len(names))) if places is None else places
    columns = {}
    for target, place in enumerate(chosen):
        values = load_values_of(spec["columns"][place], shelf)
        # A Series, because a bare array of objects would be taken for text.
        columns[target] = pd.Series(values, index=index, dtype=values.dtype, copy=False)
    frame = pd.DataFrame(columns, index=index, copy=False)
    frame.columns = names if places is None else names.take(places)
    return frame
