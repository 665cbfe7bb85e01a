"""Verbs that evaluate models: on rows held out, and by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from ..errors import UsageError, near
from ..parsing import PYTHON_ONLY, Data, Model, Values, listed
from ..records import PROBLEMS, CrossValidation, EvaluationReport, Problem

__all__ = ["cross_validate", "evaluate"]


def evaluate(
    model: Model,
    X: Data,  # noqa: N803 the field's letter
    y: Values = None,
    *,
    baseline: Model = None,
    slices: Sequence[str] | None = None,
    fairness: Sequence[str] | None = None,
    explain: bool = False,
    costs: Any = None,
    groups: Values = None,
    times: Values = None,
    weights: Values = None,
    problem: str | None = None,
    positive: Any = None,
    metrics: Sequence[str] | None = None,
    run: str | None = None,
    confidence: float = 0.95,
    n_bootstrap: int = 1000,
    random_state: int = 0,
    seasonal_period: int = 1,
    dummy: Annotated[bool, PYTHON_ONLY] = True,
    find_slices: Annotated[bool, PYTHON_ONLY] = True,
    X_train: Data = None,  # noqa: N803
    y_train: Values = None,
    on_progress: Annotated[Callable[..., Any] | None, PYTHON_ONLY] = None,
    registry: str | None = None,
) -> EvaluationReport:
    """Evaluate a model on rows held out: metrics with intervals, beside a baseline, slices, groups, pitfalls.

    The report is kept in the registry, with how often these rows were used before to choose.

    Parameters
    ----------
    model
        A fitted model, ``churn:4``, ``churn@champion``, or a run that kept one (``12``).
    X
        The features, rows × columns: a variable, a dataset such as ``churn-test:2``, or a file. Columns that
        the model does not take may still serve for slices, fairness, groups and times.
    y
        The truth, one value a row; or the name of its column in X. Not needed for clusters.
    baseline
        A model to compare with on the same rows, named like the model: ``churn@champion``.
    slices
        Columns whose parts are looked at, separated by commas; bad parts are searched for besides.
    fairness
        Columns that tell people apart, separated by commas: rates by group and intersection.
    explain
        Which features the model uses, and how.
    costs
        What each outcome costs: ``fp=5,fn=100``, also ``tp``, ``tn`` (negative: earns) and ``unit=€``; in
        Python also a mapping of these, or ``Costs``.
    groups
        Rows that belong together, such as those of one customer: a column, or one value a row.
    times
        When each row was: a column, or one value a row.
    weights
        How much each row counts: a column, or one value a row.
    problem
        ``binary``, ``multiclass``, ``multilabel``, ``regression``, ``ranking``, ``forecasting`` or
        ``clustering``; found by looking where not said.
    positive
        The class that counts as positive.
    metrics
        Which metrics, the first decides: ``average_precision,brier``.
    run
        The run that the evaluation belongs to; else the active one, or the one that made the model.
    confidence
        Of the intervals, between 0.5 and 1.
    n_bootstrap
        How many resamples the intervals rest on.
    random_state
        The seed of all that is drawn.
    seasonal_period
        Steps of a season, for forecasts: 12 for months.
    dummy
        In Python: whether to compare with a model that only guesses.
    find_slices
        In Python: whether to search for bad parts.
    X_train
        What the model was trained on: for the dummy, and for rows that stand in both.
    y_train
        The truth of these.
    on_progress
        In Python: called with what is being done.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    EvaluationReport
        Metrics, differences with a verdict, curves, slices, groups, pitfalls, the hold-out ledger.

    Raises
    ------
    NotFoundError
        Where there is no such model, data or column; names the nearest.
    UsageError
        Where the model cannot be scored on these data.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X[["mean radius", "mean texture"]]
    >>> model = LogisticRegression().fit(X[:300], y[:300])
    >>> report = evaluate(model, X[300:], y[300:], n_bootstrap=100, registry=tempfile.mkdtemp())
    >>> report.problem, report.primary.name, report.primary.estimate.value > 0.9
    ('binary', 'AUC', True)
    """
    from .. import models

    given = {"X_train": X_train, "y_train": y_train, "on_progress": on_progress}
    return models.evaluate(
        model,
        X,
        y,
        baseline=baseline,
        run=run,
        slices=listed(slices),
        fairness=listed(fairness),
        costs=costs,
        groups=groups,
        times=times,
        weights=weights,
        problem=_problem(problem),
        positive=positive,
        metrics=listed(metrics),
        explain=explain,
        confidence=confidence,
        n_bootstrap=n_bootstrap,
        random_state=random_state,
        seasonal_period=seasonal_period,
        dummy=dummy,
        find_slices=find_slices,
        registry=registry,
        **{key: value for key, value in given.items() if value is not None},
    )


def cross_validate(
    model: Model,
    X: Data,  # noqa: N803
    y: Values,
    *,
    metric: str | None = None,
    groups: Values = None,
    times: Values = None,
    n_splits: int = 5,
    random_state: int = 0,
    problem: str | None = None,
    registry: str | None = None,
) -> CrossValidation:
    """Cross-validate a model by the right unit: groups stay together, the past predicts the future.

    Parameters
    ----------
    model
        A model, fitted or not, or a registered one; each fold fits a copy of it.
    X
        The features: a variable, a dataset such as ``churn-train:2``, or a file.
    y
        The truth, one value a row; or the name of its column in X.
    metric
        Which metric; else the one that decides for the problem.
    groups
        Rows that belong together: a column, or one value a row.
    times
        When each row was: a column, or one value a row.
    n_splits
        How many folds, 2 or more.
    random_state
        The seed of the folds.
    problem
        As for ``evaluate``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    CrossValidation
        The folds, and the mean with an interval that knows that folds share rows.

    Raises
    ------
    NotFoundError
        Where there is no such model, data or column; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> found = cross_validate(GaussianNB(), X, y, registry=tempfile.mkdtemp())
    >>> found.unit, found.estimate.value > 0.9
    ('row', True)
    """
    from .. import models

    return models.cross_validate(
        model,
        X,
        y,
        groups=groups,
        times=times,
        metric=metric,
        n_splits=n_splits,
        random_state=random_state,
        problem=_problem(problem),
        registry=registry,
    )


def _problem(said: str | None) -> Problem | None:
    if said is not None and said not in PROBLEMS:
        raise UsageError(
            f"the problem {said!r} is none; {near(said, PROBLEMS) or 'one of ' + ', '.join(PROBLEMS)}"
        )
    return said
