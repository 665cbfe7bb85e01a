"""Pitfalls that show beside the rows a model was fitted on, or in single features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ..errors import MlopsError
from ..records import DataFinding, MetricResult
from .delong import area
from .metrics import measure
from .reading import array_of, column_names, has_missing, rows_of
from .scored import Scored, score_model

_PROXY: Final = 0.98
_MOST_COLUMNS: Final = 500
_MOST_ROWS: Final = 20_000


def of_training(
    scored: Scored,
    metrics: Sequence[MetricResult],
    model: Any,
    X: Any,  # noqa: N803 the field's letter
    X_train: Any,  # noqa: N803
    y_train: Any,
) -> Iterator[DataFinding]:
    """Yield rows in both, features that give the answer away, and a gap to the training score."""
    yield from _proxies(scored, X)
    if X_train is None:
        return
    yield from _shared(X, X_train)
    yield from _order(scored, X, X_train)
    if y_train is not None and model is not None:
        yield from _gap(scored, metrics, model, X_train, y_train)


def _shared(X: Any, X_train: Any) -> Iterator[DataFinding]:  # noqa: N803
    from .. import data
    from ..data.rows import distinct

    try:
        here, there = data.fingerprint(X, rows=True), data.fingerprint(X_train, rows=True)
    except MlopsError as error:
        yield DataFinding("overlap_unknown", "info", f"rows in both could not be looked for: {error}")
        return
    if here.version.id == there.version.id:
        yield DataFinding("overlap", "error", "the rows scored are what the model was fitted on", weight=1.0)
        return
    n, train = here.version.n_rows, there.row_hashes
    if here.row_hashes is None or train is None or here.version.n_columns != there.version.n_columns:
        return
    shared = data.overlap(here.row_hashes, train)
    if not shared:
        return
    share, repeated = shared / n, 1 - distinct(train) / len(train)
    said = f"{shared:,} of {n:,} rows scored also stand in the training rows"
    if share > 2 * repeated:
        yield DataFinding(
            "overlap", "error" if share >= 0.5 else "warning", said, weight=min(1.0, 0.5 + share / 2)
        )
    else:
        said += f"; but {repeated:.0%} of the training rows repeat within themselves"
        yield DataFinding("overlap", "info", said, weight=0.1)


def _proxies(scored: Scored, X: Any) -> Iterator[DataFinding]:  # noqa: N803
    """Yield features that alone tell the two classes apart: they may be made from the answer."""
    if scored.problem != "binary" or not 10 <= scored.is_positive.sum() <= scored.n_rows - 10:
        return
    step = max(1, scored.n_rows // _MOST_ROWS)
    for place, name in enumerate(column_names(X)[:_MOST_COLUMNS]):
        values = array_of(X[X.columns[place]] if hasattr(X, "columns") else X[:, place])[::step]
        if values.dtype.kind not in "fiub":
            continue
        known = ~has_missing(values)
        found = area(scored.is_positive[::step][known], values[known].astype(np.float64))
        if found is not None and max(found.value, 1 - found.value) > _PROXY:
            best = max(found.value, 1 - found.value)
            yield DataFinding(
                "proxy",
                "warning",
                f"{name} alone tells the classes apart (AUC {best:.3f}): is it known before the answer is?",
                column=name,
                weight=best - 0.2,
            )


def _order(scored: Scored, X: Any, X_train: Any) -> Iterator[DataFinding]:  # noqa: N803
    """Yield whether rows were scored that are older than some the model learned from."""
    if scored.times is None or not hasattr(X, "columns") or not hasattr(X_train, "columns"):
        return
    for name in X.columns:
        if name not in X_train.columns or not np.array_equal(array_of(X[name]), scored.times):
            continue
        earlier = float(np.mean(scored.times < array_of(X_train[name]).max()))
        if earlier:
            yield DataFinding(
                "time_order",
                "warning",
                f"{earlier:.0%} of the rows scored are earlier than the last training row: the model "
                "knew what came after",
                column=str(name),
                weight=0.5 + earlier / 4,
            )
        return


def _gap(
    scored: Scored,
    metrics: Sequence[MetricResult],
    model: Any,
    X_train: Any,  # noqa: N803
    y_train: Any,
) -> Iterator[DataFinding]:
    """Yield a training score that lies far outside the interval of the score on these rows."""
    first = metrics[0]
    if (
        first.estimate.low is None
        or first.estimate.high is None
        or scored.problem in ("ranking", "forecasting")
    ):
        return
    step = max(1, rows_of(X_train) // _MOST_ROWS)
    some = X_train.iloc[::step] if hasattr(X_train, "iloc") else X_train[::step]
    try:
        own = score_model(
            model, some, array_of(y_train)[::step], problem=scored.problem, positive=scored.positive
        )
        value = float(measure(own, [first.key]).values()[0])
    except MlopsError as error:
        yield DataFinding("training_unknown", "info", f"the training rows could not be scored: {error}")
        return
    gain = value - float(first.estimate.value or 0.0)
    half = (first.estimate.high - first.estimate.low) / 2
    if (gain if first.is_higher_better else -gain) > 3 * half:
        yield DataFinding(
            "train_gap",
            "info",
            f"{first.name} is {value:.3f} on the training rows and {first.estimate.value:.3f} here: "
            "it learned rows by heart",
            weight=0.3,
        )
