"""Loading: a version comes back exactly as it was saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from ..data.sources import note_loaded
from ..errors import UsageError, near
from ..store import open_existing
from . import subject
from .kept import Library
from .reference import Registry

_LIBRARIES = get_args(Library)


def load(
    ref: Any,
    *,
    as_: Library | None = None,
    columns: Sequence[str] | None = None,
    registry: Registry = None,
) -> Any:
    """Return a dataset exactly as it was saved: types, index, categories, time zones, order.

    Parameters
    ----------
    ref
        ``churn-train`` (the newest), ``churn-train:3``, ``churn-train@gold``, a version's id, or a file.
    as_
        ``pandas``, ``polars`` or ``arrow``; None for the library it was saved from.
    columns
        Only these columns; None for all.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such dataset, version or column, or its bytes were not kept.
    IntegrityError
        If its bytes are not what they were.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> from mlops_jupyter.datasets import save
    >>> folder = tempfile.mkdtemp()
    >>> _ = save(pd.DataFrame({"x": [1, 2], "y": ["a", None]}), "small", registry=folder)
    >>> load("small:1", columns=["x"], registry=folder)["x"].tolist()
    [1, 2]
    """
    if as_ is not None and as_ not in _LIBRARIES:
        hint = near(str(as_), _LIBRARIES) or "expected pandas, polars or arrow"
        raise UsageError(f"as_ is {as_!r}; {hint}")
    if isinstance(columns, str):
        columns = [columns]
    found = subject.of(open_existing(registry), ref)
    value = found.frame(as_=as_, columns=columns)
    if found.path is None:
        note_loaded(value, found.label)
    return value
