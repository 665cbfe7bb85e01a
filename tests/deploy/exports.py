"""Versions of models to export, and their subjects without a registry."""

from __future__ import annotations

from dataclasses import replace

from sklearn.linear_model import LogisticRegression

from mlops_jupyter import models
from mlops_jupyter.records import CodeSlice, FileUse, SliceCell

HOSTILE = """Churn's "best" $(touch x) `id` {{7*7}} ''' <b> | # %0a"""


def register(name="churn", registry=None, **given):
    """Register a small model with rows; return its view."""
    import pandas as pd

    X = pd.DataFrame({"age": [20.0, 30.0, 50.0, 60.0], "visits": [1, 2, 8, 9]})
    model = LogisticRegression().fit(X, [0, 0, 1, 1])
    return models.register(name, model=model, X=X, registry=registry, **given)


def with_recipe(subject, *sources, doubts=(), files=(), modules=()):
    """The subject as if these cells had made it."""
    cells = tuple(
        SliceCell(seq, source, is_kept=True, execution_count=seq) for seq, source in enumerate(sources, 1)
    )
    uses = tuple(FileUse(path) for path in files)
    recipe = CodeSlice(subject.label, ("model",), cells, tuple(doubts), uses, tuple(modules))
    return replace(subject, recipe=recipe, why_no_recipe="", variable="model")
