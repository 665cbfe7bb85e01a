"""Arrow dictionary columns as categories, even where chunks have dictionaries of their own."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from .arrow import ArrowColumn
from .category import CategoryColumn


def dictionary_column(name: Hashable, array: Any, *, ordered: bool | None = None) -> CategoryColumn:
    """Return the category that an Arrow DictionaryArray or ChunkedArray of them is."""
    import pyarrow as pa

    ordered = bool(array.type.ordered) if ordered is None else ordered
    if isinstance(array, pa.ChunkedArray):
        unified = array.unify_dictionaries()
        chunks = unified.chunks
        dictionary = chunks[0].dictionary if chunks else pa.array([], array.type.value_type)
        indices = [_codes(chunk.indices) for chunk in chunks]
        codes = np.concatenate(indices) if indices else np.zeros(0, np.int64)
    else:
        dictionary, codes = array.dictionary, _codes(array.indices)
    levels, codes = _distinct(dictionary, codes)
    return CategoryColumn(
        name,
        codes,
        ArrowColumn(None, levels),
        plain=levels.to_pylist(),
        take=lambda places: ArrowColumn(None, levels.take(pa.array(places))),
        ordered=ordered,
    )


def _codes(indices: Any) -> Any:
    return indices.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False)


def _distinct(dictionary: Any, codes: Any) -> tuple[Any, Any]:
    """Return levels without null and repetition, and the codes into them."""
    import pyarrow.compute as pc

    levels = pc.unique(dictionary).drop_null()
    if len(levels) == len(dictionary):
        return dictionary, codes
    places = pc.index_in(dictionary, value_set=levels).fill_null(-1).to_numpy(zero_copy_only=False)
    return levels, np.append(places, -1)[codes]
