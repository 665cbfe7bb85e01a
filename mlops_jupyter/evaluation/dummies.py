"""The least that a model must beat: the same answer for every row, or the season before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reading import array_of
from .scored import Scored, score_predictions


def dummy_of(scored: Scored, y_train: Any = None, *, seasonal_period: int = 1) -> tuple[Scored, str] | None:
    """Return the answers of a dummy on the same rows, and what it does in words.

    It learns from ``y_train``; where there is none, from the truth of the scored rows itself, which
    makes it a little stronger than it could be, and is said. None for a clustering.

    Classes: the most frequent one, with the shares of the classes as probabilities (Brier's
    climatology, 1950). Numbers: the median. Forecasts: the value one season before, from the training
    series where the scored one has not begun. Rankings: all alike.

    Examples
    --------
    >>> made, words = dummy_of(score_predictions([1.5, 2.0, 9.0], [1.0, 2.0, 3.0]), [4.0, 6.0])
    >>> made.predicted.tolist(), words
    ([5.0, 5.0, 5.0], 'always the median of the training rows')
    """
    if scored.problem == "clustering":
        return None
    source = "the training rows" if y_train is not None else "these rows, since no training rows were given"
    known = scored.y if y_train is None else array_of(y_train)
    if scored.problem == "forecasting":
        return _forecast(scored, y_train, seasonal_period)
    if scored.problem == "ranking":
        made = _scored(scored, np.zeros(scored.n_rows), None)
        return made, "all rows of a query alike"
    if scored.problem == "regression":
        middle = np.median(np.asarray(known, np.float64))
        return _scored(scored, np.full(scored.n_rows, middle), None), f"always the median of {source}"
    if scored.problem == "multilabel":
        shares = np.asarray(known, np.float64).mean(axis=0)
        answers = np.tile((shares > 0.5).astype(int), (scored.n_rows, 1))
        return _scored(scored, answers, np.tile(shares, (scored.n_rows, 1))), (
            f"labels of more than half of {source}"
        )
    shares = np.array([np.mean(np.asarray(known == label)) for label in scored.classes], np.float64)
    if not shares.sum():
        return None
    most = scored.classes[int(shares.argmax())]
    scores = np.tile(shares / shares.sum(), (scored.n_rows, 1))
    answers = np.array([most] * scored.n_rows)
    return _scored(scored, answers, scores), f"always {most}, the most frequent class of {source}"


def _scored(scored: Scored, answers: NDArray[Any], scores: Any) -> Scored:
    return score_predictions(
        scored.y,
        answers,
        scores,
        problem=scored.problem,
        positive=scored.positive,
        classes=scored.classes or None,
        groups=scored.groups,
        times=scored.times,
        weights=scored.weights,
    )


def _forecast(scored: Scored, y_train: Any, season: int) -> tuple[Scored, str] | None:
    n = scored.n_rows
    order = np.arange(n) if scored.times is None else np.argsort(scored.times, kind="stable")
    past = np.empty(0) if y_train is None else np.asarray(array_of(y_train), np.float64)
    series = np.concatenate([past, scored.y[order]])
    if len(series) <= season:
        return None
    # without a past the first season repeats its own first value, so that all rows have an answer
    places = np.maximum(np.arange(len(past), len(series)) - season, 0)
    answers = np.empty(n)
    answers[order] = series[places]
    words = "the value before" if season == 1 else f"the value {season} steps before (seasonal naive)"
    return _scored(scored, answers, None), words
