"""What a model was trained on, as far as its run recorded it: for the pitfalls of an evaluation.

The rows of a run's data stand in the registry as hashes, also where their bytes do not. So rows that are
in both are found without the training data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ..records import DataFinding, DatasetVersion, Run
from ..store import Store

if TYPE_CHECKING:
    from ..data.fingerprint import Fingerprint

SAME: Final = "same_rows"
SHARED: Final = "shared_rows"


def overlaps(store: Store, run: Run | None, scored: Fingerprint | None, name: str) -> tuple[DataFinding, ...]:
    """Return what is to be said of rows that the model was trained on and is scored on; worst first.

    Parameters
    ----------
    run
        The run that made the model; None where that is not known.
    scored
        The identity of the features that are scored, with the hashes of their rows.
    name
        What people call them.
    """
    if run is None or scored is None:
        return ()
    found = [_finding(store, scored, name, role_name, version) for role_name, version in _trained(store, run)]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.weight))


def _trained(store: Store, run: Run) -> Iterator[tuple[str, DatasetVersion]]:
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
