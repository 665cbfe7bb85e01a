"""Cross-validation by the right unit, with an interval that knows that folds share their rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import UsageError
from ..records import CrossValidation, Estimate, FoldResult
from .metrics import measure
from .reading import array_of, has_missing, rows_of, side_of
from .scored import score_model


def cross_validate(
    model: Any,
    X: Any,  # noqa: N803 the field's letter
    y: Any,
    *,
    metric: str | None = None,
    problem: str | None = None,
    positive: Any = None,
    groups: Any = None,
    times: Any = None,
    weights: Any = None,
    n_splits: int = 5,
    confidence: float = 0.95,
    random_state: int = 0,
) -> CrossValidation:
    """Cross-validate: groups stay together, the past predicts the future, else rows are drawn evenly.

    Parameters
    ----------
    model
        An estimator of scikit-learn's kind; each fold fits a clone.
    X : frame or array of shape (n, m)
    y : array of shape (n,)
    metric
        A key of the problem's metrics; its deciding one where None.
    groups, times : array of shape (n,) or the name of a column of X, optional
        At most one of both.
    n_splits : int
        Folds, at least 2.

    Notes
    -----
    The variance of the mean is (1/k + n_test/n_train) times that of the folds: folds share training
    rows (Nadeau and Bengio, 2003, section 3, the corrected resampled t-test), with Student's t.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> cross_validate(DecisionTreeClassifier(random_state=0), X, y).splitter
    'StratifiedKFold(5)'
    """
    if not hasattr(model, "fit"):
        raise UsageError(f"{type(model).__name__} cannot be fitted; each fold fits a copy of the model")
    if y is None:
        raise UsageError("y is missing; a cross-validation needs the truth of every row")
    truth, n = array_of(y), rows_of(X)
    if len(truth) != n:
        raise UsageError(f"y has {len(truth):,} rows and X {n:,}; expected one truth a row")
    if missing := int(has_missing(truth).sum()):
        raise UsageError(f"y is missing in {missing:,} of {n:,} rows; leave those rows out")
    groups, times = side_of("groups", groups, X, n), side_of("times", times, X, n)
    if groups is not None and times is not None:
        raise UsageError("give groups= or times=, not both: a fold cannot keep both apart")
    if not isinstance(n_splits, int) or not 2 <= n_splits <= len(truth):
        raise UsageError(f"n_splits is {n_splits!r}; give 2 to {len(truth):,}, the number of rows")
    splitter, unit = _splitter(truth, model, groups, times, n_splits, random_state, problem)
    folds: list[FoldResult] = []
    key, is_higher_better = metric, True
    for place, (train, test) in enumerate(_splits(splitter, truth, groups, times)):
        fitted = _copy(model)
        try:
            fitted.fit(_rows(X, train), truth[train], **_weights(weights, train))
        except MemoryError:
            raise
        except Exception as error:
            said = next(iter(str(error).splitlines()), "")
            raise UsageError(
                f"fold {place + 1} could not be fitted ({len(train):,} rows): {type(error).__name__}: {said}"
            ) from error
        scored = score_model(fitted, _rows(X, test), truth[test], problem=problem, positive=positive)
        made = measure(scored, None if metric is None else [metric])
        key, is_higher_better = made.metrics[0].key, made.metrics[0].is_higher_better
        value = float(made.values(None if weights is None else array_of(weights)[test])[0])
        folds.append(FoldResult(_fold_name(place, test, groups, times), len(train), len(test), value))
    return CrossValidation(
        metric_key=str(key),
        unit=unit,
        splitter=f"{type(splitter).__name__}({n_splits})",
        folds=tuple(folds),
        estimate=_estimate(folds, confidence),
        is_higher_better=is_higher_better,
        note=_note(X, groups, times),
    )


def _splitter(
    truth: Any, model: Any, groups: Any, times: Any, n_splits: int, random_state: int, problem: str | None
) -> tuple[Any, str]:
    from sklearn import model_selection
    from sklearn.base import is_classifier

    is_class = problem in ("binary", "multiclass") or (problem is None and is_classifier(model))
    counts = np.unique(truth.astype(str), return_counts=True)[1] if is_class and truth.ndim == 1 else [0]
    is_stratified = min(counts) >= n_splits
    if times is not None:
        return model_selection.TimeSeriesSplit(n_splits), "time"
    if groups is not None:
        n_groups = len(np.unique(groups.astype(str)))
        if n_groups < n_splits:
            raise UsageError(f"n_splits is {n_splits} but there are {n_groups} groups; give at most as many")
        if is_stratified:
            return model_selection.StratifiedGroupKFold(
                n_splits, shuffle=True, random_state=random_state
            ), "group"
        return model_selection.GroupKFold(n_splits), "group"
    if is_stratified:
        return model_selection.StratifiedKFold(n_splits, shuffle=True, random_state=random_state), "row"
    return model_selection.KFold(n_splits, shuffle=True, random_state=random_state), "row"


def _splits(splitter: Any, truth: Any, groups: Any, times: Any) -> Iterator[tuple[Any, Any]]:
    """Yield rows to train on and rows to test; in time by whole moments, so that none is on both sides."""
    if times is None:
        yield from splitter.split(truth, _strata(truth, splitter), groups)
        return
    moments, place = np.unique(times, return_inverse=True)
    if len(moments) <= splitter.n_splits:
        raise UsageError(f"there are {len(moments)} different times; give fewer than that many folds")
    for train, test in splitter.split(moments):
        yield np.flatnonzero(place <= train[-1]), np.flatnonzero(np.isin(place, test))


def _copy(model: Any) -> Any:
    from copy import deepcopy

    from sklearn.base import clone

    try:
        return clone(model)
    except TypeError:  # a model of another library, without get_params
        return deepcopy(model)


def _strata(truth: Any, splitter: Any) -> Any:
    return truth if "Stratified" in type(splitter).__name__ else None


def _rows(X: Any, rows: Any) -> Any:  # noqa: N803
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    return X[rows] if hasattr(X, "shape") else [X[row] for row in rows]


def _weights(weights: Any, rows: Any) -> dict[str, Any]:
    return {} if weights is None else {"sample_weight": array_of(weights)[rows]}


def _fold_name(place: int, test: Any, groups: Any, times: Any) -> str:
    if groups is not None:
        held = sorted({str(name) for name in groups[test].tolist()})
        return ", ".join(held[:3]) + (f" and {len(held) - 3} more" if len(held) > 3 else "")
    if times is not None:
        moments = times[test]
        return f"{str(moments.min())[:16]} to {str(moments.max())[:16]}"
    return f"fold {place + 1}"


def _estimate(folds: list[FoldResult], confidence: float) -> Estimate:
    from scipy.stats import t

    values = np.array([fold.value for fold in folds])
    n_test, n_train = np.mean([fold.n_test for fold in folds]), np.mean([fold.n_train for fold in folds])
    mean, k = float(values.mean()), len(values)
    if not math.isfinite(mean):
        return Estimate(None, confidence=confidence, note="some folds have no value")
    error = math.sqrt((1 / k + n_test / n_train) * float(values.var(ddof=1)))
    half = float(t.ppf(0.5 + confidence / 2, k - 1)) * error
    return Estimate(mean, mean - half, mean + half, confidence, "t", sum(fold.n_test for fold in folds))


def _note(X: Any, groups: Any, times: Any) -> str:  # noqa: N803
    """Say which columns look like a unit that rows share, where folds were drawn by row."""
    if groups is not None or times is not None or not hasattr(X, "columns"):
        return ""
    n = len(X)
    for name in X.columns:
        label = str(name).lower()
        if label == "id" or label.endswith(("_id", " id")):
            distinct = len(set(X[name]))
            if 1 < distinct <= n / 2:
                return (
                    f"rows share {name} ({distinct:,} of {n:,} differ): if they belong together, give "
                    f"groups={str(name)!r}, or rows of one stand in training and test"
                )
    return ""
