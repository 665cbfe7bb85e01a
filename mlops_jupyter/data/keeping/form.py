"""The form of data: what is not content and still has to come back, as one short word.

Equal content has one fingerprint whichever library holds it; its form says as what it stood in memory:
library and class, dtypes, kind and names of the index, attributes. Two saves of one content in two forms
come back each as it was.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from ..columns import library_of

_OBJECTS_LOOKED_AT: Final = 100_000


def form(obj: Any) -> str:
    """Return the form of data that can be kept: 16 hexadecimal digits, found without the rows.

    Of columns of Python objects, the types of the first 100,000 values count too, so that ``None`` and
    ``nan`` are told apart.

    Parameters
    ----------
    obj : as for :func:`keep`.

    Raises
    ------
    UnsupportedError
        When it cannot be kept; as :func:`keep` says it.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers = pd.DataFrame({"a": [1, 2]})
    >>> form(numbers) == form(numbers + 1), form(numbers) == form(numbers.astype("Int64"))
    (True, False)
    """
    from .keeping import keep

    told = [keep(_without_rows(obj)).manifest["data"], _object_types(obj)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _without_rows(obj: Any) -> Any:
    library = library_of(obj)
    if library == "pandas" and hasattr(obj, "iloc"):
        return obj.iloc[:0]
    if library == "numpy" and not obj.ndim:
        return obj.reshape(1)[:0]
    if library == "scipy.sparse":
        return type(obj)((1, obj.shape[-1]), dtype=obj.dtype)
    return obj.slice(0, 0) if library == "pyarrow" else obj[:0]


def _object_types(obj: Any) -> list[list[str]]:
    if library_of(obj) != "pandas" or not hasattr(obj, "iloc"):
        return []
    columns = [obj.iloc[:, place] for place in range(obj.shape[1])] if obj.ndim == 2 else [obj]
    return [
        sorted({f"{type(value).__module__}.{type(value).__qualname__}" for value in values})
        for values in (column.iloc[:_OBJECTS_LOOKED_AT] for column in columns if column.dtype == object)
    ]
