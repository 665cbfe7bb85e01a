"""What a model was trained on, as far as its run recorded it: for the pitfalls of an evaluation.

The rows of a run's data stand in the registry as hashes, also where their bytes do not. So rows that are
in both are found without the training data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..records import DataFinding, DatasetVersion, Run
from ..store import Store

if TYPE_CHECKING:
    from ..data.fingerprint import Fingerprint

SAME: Final = "same_rows"
SHARED: Final = "shared_rows"

_ROWS_KEPT: Final = 100_000
"""Rows up to which their hashes are kept beside a content's identity: 8 bytes each."""


def overlaps(
    store: Store, run: Run | None, scored: Fingerprint | None, name: str, model_hash: str | None = None
) -> tuple[DataFinding, ...]:
    """Return what is to be said of rows that the model was trained on and is scored on; worst first.

    Parameters
    ----------
    run
        The run that made the model; None where that is not known.
    scored
        The identity of the features that are scored, with the hashes of their rows.
    name
        What people call them.
    model_hash
        The hash of the model's file: what its registered versions were said to be fitted on counts too.
    """
    if scored is None:
        return ()
    trained = {version.id: (called, version) for called, version in _registered_with(store, model_hash)}
    trained |= {version.id: (called, version) for called, version in _trained(store, run)}
    found = [_finding(store, scored, name, called, version) for called, version in trained.values()]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.weight))


def with_rows(store: Store, found: Fingerprint) -> DatasetVersion:
    """Return a content's identity with the object of its row hashes, where its rows are not too many."""
    if found.row_hashes is None or found.version.n_rows > _ROWS_KEPT:
        return found.version
    return replace(found.version, rows_object=store.objects.put(found.row_hashes.astype("<u8").tobytes()))


def _registered_with(store: Store, model_hash: str | None) -> Iterator[tuple[str, DatasetVersion]]:
    if model_hash is None:
        return
    for row in store.rows("model_versions", {"object_hash": model_hash}, columns=["data_version_id"]):
        for found in store.rows("dataset_versions", {"id": row["data_version_id"]}):
            yield "the data it was registered with", DatasetVersion(**found)


def _trained(store: Store, run: Run | None) -> Iterator[tuple[str, DatasetVersion]]:
    if run is None:
        return
    for row in store.rows("run_datasets", {"run_id": run.id, "role": "train"}, order="name"):
        yield row["name"], DatasetVersion(**store.rows("dataset_versions", {"id": row["version_id"]})[0])


def _finding(
    store: Store, scored: Fingerprint, name: str, trained_name: str, trained: DatasetVersion
) -> DataFinding | None:
    from .. import data
    from ..data.rows import distinct

    if scored.version.id == trained.id:
        return DataFinding(SAME, "error", f"{name} is what the model was fitted on", weight=1.0)
    rows = _row_hashes(store, trained)
    is_same_shape = scored.version.n_columns == trained.n_columns and scored.version.n_rows > 0
    if rows is None or scored.row_hashes is None or not is_same_shape:
        return None
    shared = data.overlap(scored.row_hashes, rows)
    if not shared:
        return None
    share, repeated = shared / scored.version.n_rows, 1 - distinct(rows) / len(rows)
    said = f"{shared:,} of {scored.version.n_rows:,} rows of {name} also stand in {trained_name}"
    if share > 2 * repeated:
        return DataFinding(
            SHARED, "error" if share >= 0.5 else "warning", said, weight=min(1.0, 0.5 + share / 2)
        )
    said += f"; but {repeated:.0%} of {trained_name} repeats within itself"
    return DataFinding(SHARED, "info", said, weight=0.1)


def _row_hashes(store: Store, version: DatasetVersion) -> Any:
    if version.rows_object is None or not store.objects.exists(version.rows_object):
        return None
    import numpy as np

    return np.frombuffer(store.objects.get(version.rows_object), dtype="<u8")
