"""Models of runs, back from their files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..errors import NotFoundError, UsageError, near
from ..store import Store, open_existing
from .refs import RunRef, find_run


def load_model(
    run: RunRef,
    name: str | None = None,
    *,
    trusted: Sequence[str] = (),
    registry: str | os.PathLike[str] | Store | None = None,
) -> Any:
    """Return a model that a run kept, after checking its bytes against their hash.

    Parameters
    ----------
    run
        A number, an id, or ``"experiment/number"``.
    name
        Which of its models, by the variable it had; may be left out where the run has one.
    trusted
        Full names of types beyond scikit-learn's that the file may hold. What the file itself
        says is never trusted.
    registry
        A folder or URL; the registry that applies where None.

    Raises
    ------
    NotFoundError
        If there is no such run or model; says which exist.
    UsageError
        If the run has several models and none is named.
    IntegrityError
        If the stored bytes are not what their hash says.
    UnsupportedError
        If the file holds a type that is not trusted.

    Examples
    --------
    >>> model = load_model(12)  # doctest: +SKIP
    >>> model.predict(X_test)  # doctest: +SKIP
    """
    from .. import formats

    store = open_existing(registry)
    found = find_run(store, run)
    rows = store.rows("artifacts", {"run_id": found.id, "kind": "model"}, order="path")
    known = {row["variable"] or row["path"]: row for row in rows}
    if not known:
        raise NotFoundError(f"run #{found.number} kept no model")
    if name is None and len(known) > 1:
        raise UsageError(f"run #{found.number} kept several models; name one of {', '.join(sorted(known))}")
    chosen = known.get(name) if name is not None else next(iter(known.values()))
    if chosen is None:
        hint = near(str(name), known) or f"it has {', '.join(sorted(known))}"
        raise NotFoundError(f"run #{found.number} kept no model {name!r}; {hint}")
    return formats.load_model(store.objects.get(chosen["object_hash"]), trusted=trusted)
