"""How long the lists of models and of versions take over 10,000 versions, each with an evaluation.

Run it as ``python tests/benchmarks/bench_model_lists.py``. The versions are of one model, of 1,000
models, and of 10,000 models. The registry is filled through the store, so that it takes seconds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from common import Row, run_script, timed

VERSIONS = 10_000
PAGE = 50
BAR_S = 0.05


def fill(store, models: int) -> None:
    """Fill a registry with so many models, which share the versions evenly."""
    from mlops_jupyter.records import Evaluation, Model, ModelAlias, ModelVersion
    from mlops_jupyter.store import as_row

    of_each = VERSIONS // models
    with store.atomic():
        for place in range(models):
            name, at = f"model-{place:05d}", f"2026-01-02T{place:09d}"
            versions, evaluations = [], []
            for number in range(1, of_each + 1):
                digest = f"{place:032d}{number:032d}"
                one = f"{place}-{number}"
                versions.append(
                    as_row(ModelVersion(one, name, number, at, digest, 9, "skops", "Ridge", "{}"))
                )
                scored = Evaluation(one, at, "binary", 9, "roc_auc", digest, 0.8, 0.7, 0.9, model_hash=digest)
                evaluations.append(as_row(scored))
            store.insert("models", as_row(Model(name, name, at)))
            store.insert("model_versions", *versions)
            store.insert("evaluations", *evaluations)
            store.insert("model_aliases", as_row(ModelAlias(name, "champion", 1, at)))


def measure_lists(store, shape: str) -> list[Row]:
    """Measure the list of models, by a part of the name too, and a page of one model's versions."""
    from mlops_jupyter import models

    calls = {
        f"%models: a page of {PAGE}": lambda: models.table(limit=PAGE, registry=store),
        "%models with a part of a name": lambda: models.table("-0000", limit=PAGE, registry=store),
        f"%models NAME: {PAGE} versions": lambda: models.view("model-00000", limit=PAGE, registry=store),
    }
    return [
        Row(f"{what}, {shape}", timed(call, repeats=15).median_s, bar=BAR_S) for what, call in calls.items()
    ]


def measure(_: str | None) -> list[Row]:
    """Measure over one model, 1,000 and 10,000."""
    from mlops_jupyter.store import SQLiteStore

    found = []
    for count in (1, 1_000, VERSIONS):
        with tempfile.TemporaryDirectory() as folder:
            store = SQLiteStore(Path(folder) / ".mlops")
            fill(store, count)
            found += measure_lists(store, f"{VERSIONS:,} versions of {count:,} models")
            store.close()
    return found


if __name__ == "__main__":
    run_script(measure)
