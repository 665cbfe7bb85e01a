"""A cross-validation: the mean with its interval, and each fold."""

from __future__ import annotations

from ..records import CrossValidation
from . import evidence, words
from .layout import columns
from .rendering import render, within


def html(found: CrossValidation) -> str:
    """Return a cross-validation as HTML."""
    rows = [
        (words.line(fold.name, 60), f"{fold.n_train:,}", f"{fold.n_test:,}", words.number(fold.value))
        for fold in found.folds
    ]
    return within(
        lambda most: render(
            "cross_validation", ("table", "data", "evaluation"), text(found, 20),
            sentence=evidence.folds_sentence(found), splitter=words.line(found.splitter, 60),
            picture=evidence.folds(found), rows=rows[:most], left=max(0, len(rows) - most),
            note=words.line(found.note, 300), metric=words.line(found.metric_key, 40),
        ),
        (200, 40, 10),
    )  # fmt: skip


def text(found: CrossValidation, most: int = 100) -> str:
    """Return a cross-validation as aligned lines."""
    cells = [
        [words.line(fold.name, 60), f"{fold.n_train:,}", f"{fold.n_test:,}", words.number(fold.value)]
        for fold in found.folds[:most]
    ]
    heads = ["fold", "trained on", "held out", words.line(found.metric_key, 40)]
    rows = columns(cells, right=[1, 2, 3], heads=heads) if cells else []
    lines = [f"{evidence.folds_sentence(found)} {words.line(found.splitter, 60)}".rstrip(), *rows]
    left = len(found.folds) - len(cells)
    lines += [f"and {left:,} more folds"] if left > 0 else []
    return "\n".join([*lines, *([words.line(found.note, 300)] if found.note else [])])
