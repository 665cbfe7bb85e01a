"""Cross-validation by the right unit: rows, whole groups, or the past against the future."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..records import CrossValidation, Estimate, FoldResult
from .metrics import Metric, measure
from .reading import array_of, column_names, rows_of, side_of
from .scored import Scored, score_model

REPEATS: Final = 3
"""How often folds of single rows are drawn anew, which takes most of the luck of one split away."""

_Split = tuple[str, NDArray[np.intp], NDArray[np.intp]]


def cross_validate(
    model: Any,
    X: Any,  # noqa: N803 the field's letter
    y: Any,
    *,
    metric: str | None = None,
    groups: Any = None,
    times: Any = None,
    n_splits: int = 5,
    random_state: int = 0,
    problem: str | None = None,
    confidence: float = 0.95,
) -> CrossValidation:
    r"""Fit copies of a model on parts of the rows, and score each on rows that it has not seen.

    Groups stay whole; with times the past predicts the future; else rows are drawn, three times over.
    Classes keep their shares.

    Parameters
    ----------
    model
        Fitted or not, with ``fit`` and ``predict``; it is copied and left as it is.
    X, y
        (n, p) rows and (n,) truth.
    metric
        Which one, as ``roc_auc``; the first of the problem where None.
    groups, times
        (n,) values, or the name of a column of X.
    n_splits
        Folds, at least 2.

    Notes
    -----
    Folds share training rows, so that their plain variance is too small. It is corrected:
    :math:`(1/k + n_{test}/n_{train})\, s^2` with Student's t on k - 1 degrees of freedom.

    References
    ----------
    Nadeau & Bengio (2003), "Inference for the generalization error", eq. 6 and section 4.

    Raises
    ------
    UsageError
        Where the model cannot be fitted or copied, or there are fewer units than folds.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = load_iris(return_X_y=True)
    >>> found = cross_validate(GaussianNB(), X, y, metric="accuracy")
    >>> found.unit, len(found.folds), round(found.estimate.value, 2)
    ('row', 15, 0.96)
    """
    if not hasattr(model, "fit"):
        raise UsageError(f"{type(model).__name__} cannot be fitted; cross-validation needs fit and predict")
    n = rows_of(X)
    truth = array_of(y)
    if len(truth) != n:
        raise UsageError(f"y has {len(truth):,} rows and X {n:,}; expected one truth a row")
    in_groups, at = side_of("groups", groups, X, n), side_of("times", times, X, n)
    is_classes = _is_classes(model, truth, problem)
    unit, splitter, splits = _splits(truth, in_groups, at, n_splits, random_state, is_classes=is_classes)
    folds, chosen = [], None
    for name, train, test in splits:
        scored = _fold(model, X, truth, in_groups, train, test, problem)
        chosen, value = _value(scored, metric)
        folds.append(FoldResult(name, len(train), len(test), value))
    assert chosen is not None  # there are at least two folds
    return CrossValidation(
        metric_key=chosen.key,
        unit=unit,
        splitter=splitter,
        folds=tuple(folds),
        estimate=_corrected(folds, confidence),
        is_higher_better=chosen.is_higher_better,
        note="" if unit != "row" else leaking_groups(X),
    )


def leaking_groups(X: Any) -> str:  # noqa: N803
    """Return a warning where a column looks like the name of a unit that several rows share.

    A column of texts or whole numbers whose name ends in ``id`` and whose values repeat: rows of one
    customer in training and test make a model look better than it is for new customers.

    Examples
    --------
    >>> import pandas as pd
    >>> leaking_groups(pd.DataFrame({"customer_id": [1, 1, 2, 2, 3, 3]}))[:43]
    'customer_id repeats (3 values in 6 rows): i'
    """
    n = rows_of(X)
    for name in column_names(X):
        if not hasattr(X, "columns") or not name.lower().replace("-", "_").endswith(("_id", "id", "_key")):
            continue
        values = array_of(X[name])
        if values.dtype.kind == "f":
            continue
        n_values = len(set(values.tolist()))
        if 2 < n_values <= n / 1.5:
            return (
                f"{name} repeats ({n_values:,} values in {n:,} rows): if its rows belong together, say "
                f"groups={name!r}, or rows of one stand in training and test"
            )
    return ""


def _is_classes(model: Any, truth: NDArray[Any], problem: str | None) -> bool:
    from .predicting import kind_of

    if problem is not None:
        return problem in ("binary", "multiclass")
    kind = kind_of(model)
    return truth.ndim == 1 and (kind == "classifier" or (not kind and truth.dtype.kind not in "f"))


def _splits(
    truth: NDArray[Any],
    groups: Any,
    times: Any,
    n_splits: int,
    random_state: int,
    *,
    is_classes: bool,
) -> tuple[str, str, Iterator[_Split]]:
    from sklearn import model_selection as folds

    units = len(truth) if groups is None else len(set(groups.tolist()))
    if not 2 <= n_splits <= units:
        what = "rows" if groups is None else "groups"
        raise UsageError(f"n_splits is {n_splits}; expected from 2 to {units:,}, the number of {what}")
    if is_classes and groups is None and times is None:
        fewest = int(np.unique(truth, return_counts=True)[1].min())
        if fewest < n_splits:
            raise UsageError(
                f"the rarest class has {fewest} rows, fewer than n_splits={n_splits}; "
                "expected at most that many folds"
            )
    if groups is not None and times is None:
        made: Any = (
            folds.StratifiedGroupKFold(n_splits, shuffle=True, random_state=random_state)
            if is_classes
            else folds.GroupKFold(n_splits)
        )
        return "group", type(made).__name__, _named(made.split(truth, truth, groups), groups)
    if times is not None:
        return "time", "TimeSeriesSplit", _in_time(times, groups, n_splits)
    about = {"n_splits": n_splits, "n_repeats": REPEATS, "random_state": random_state}
    made = folds.RepeatedStratifiedKFold(**about) if is_classes else folds.RepeatedKFold(**about)
    return "row", f"{type(made).__name__} × {REPEATS}", _named(made.split(truth, truth), None)


def _named(splits: Any, groups: Any) -> Iterator[_Split]:
    for number, (train, test) in enumerate(splits, 1):
        name = f"fold {number}" if groups is None else _some(groups[test])
        yield name, train, test


def _in_time(times: NDArray[Any], groups: Any, n_splits: int) -> Iterator[_Split]:
    """Yield folds of whole moments, the tested ones last; a group that is tested trains nothing."""
    from sklearn.model_selection import TimeSeriesSplit

    moments, place = np.unique(times, return_inverse=True)
    if len(moments) <= n_splits:
        raise UsageError(f"there are {len(moments)} different times; expected more than n_splits={n_splits}")
    for train, test in TimeSeriesSplit(n_splits).split(moments):
        rows = np.flatnonzero(np.isin(place, test))
        past = np.flatnonzero(place <= train[-1])
        if groups is not None:
            past = past[~np.isin(groups[past], np.unique(groups[rows]))]
        if not len(past):
            raise UsageError("groups and times together leave no row to train on; give one of them")
        yield f"{_moment(moments[test[0]])} to {_moment(moments[test[-1]])}", past, rows


def _fold(
    model: Any,
    X: Any,  # noqa: N803
    truth: NDArray[Any],
    groups: Any,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    problem: str | None,
) -> Scored:
    from .explaining_tables import take

    copy = _copy(model)
    try:
        copy.fit(take(X, train), truth[train])
    except Exception as error:
        raise UsageError(
            f"{type(model).__name__} could not be fitted on {len(train):,} rows: "
            f"{type(error).__name__}: {error}"
        ) from error
    queries = groups[test] if problem == "ranking" and groups is not None else None
    return score_model(copy, take(X, test), truth[test], problem=problem, groups=queries)


def _copy(model: Any) -> Any:
    from copy import deepcopy

    from sklearn.base import clone

    try:
        return clone(model)
    except TypeError:  # a model of another library, without get_params
        return deepcopy(model)


def _value(scored: Scored, metric: str | None) -> tuple[Metric, float]:
    made = measure(scored, None if metric is None else [metric])
    return made.metrics[0], float(made.values()[0])


def _corrected(folds: Sequence[FoldResult], confidence: float) -> Estimate:
    from scipy.stats import t

    values = np.array([one.value for one in folds])
    n = sum(one.n_test for one in folds)
    if not np.isfinite(values).all():
        lost = int((~np.isfinite(values)).sum())
        return Estimate(None, confidence=confidence, n=n, note=f"{lost} folds have no value: one class only")
    k = len(values)
    share = float(np.mean([one.n_test / one.n_train for one in folds]))
    spread = float(np.sqrt((1 / k + share) * values.var(ddof=1)))
    half = float(t.ppf((1 + confidence) / 2, k - 1)) * spread
    mean = float(values.mean())
    return Estimate(mean, mean - half, mean + half, confidence, "t", n, "corrected for shared training rows")


def _some(labels: NDArray[Any]) -> str:
    names = [str(one) for one in np.unique(labels)]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _moment(time: Any) -> str:
    return str(time)[:10] if isinstance(time, np.datetime64) else str(time)
