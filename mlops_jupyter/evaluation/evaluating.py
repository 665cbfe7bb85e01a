"""A whole report: everything that this room knows of one model on one set of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from ..errors import UsageError
from ..records import Costs, EvaluationReport, Explanation, FairnessReport, SliceReport, ThresholdChoice
from . import words
from .comparing import compare
from .curves import curves
from .dummies import dummy_of
from .fairness import fairness as fairness_of
from .pitfalls import pitfalls
from .reading import column_names, side_of
from .resampling import units_of
from .scored import OF_CLASSES, OF_NUMBERS, Scored, score_model
from .slicing import slices as slices_of
from .thresholds import best_threshold

Say = Callable[[str], Any]


def evaluate(
    model: Any,
    X: Any,  # noqa: N803 the field's letter
    y: Any = None,
    *,
    problem: str | None = None,
    positive: Any = None,
    baseline: Any = None,
    dummy: bool = True,
    X_train: Any = None,  # noqa: N803
    y_train: Any = None,
    slices: Sequence[str] | None = None,
    find_slices: bool = True,
    fairness: Sequence[str] | None = None,
    sensitive: Any = None,
    explain: bool = False,
    costs: Costs | None = None,
    groups: Any = None,
    times: Any = None,
    weights: Any = None,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    random_state: int = 0,
    metrics: Sequence[str] | None = None,
    seasonal_period: int = 1,
    n_looks: int = 1,
    on_progress: Say | None = None,
) -> EvaluationReport:
    """Score a model on rows that it was not fitted on, and say how far the number holds.

    Parameters
    ----------
    model, baseline
        Anything with ``predict``, or a function of X. The baseline answers the same rows.
    X
        (n, p) rows.
    y
        (n,) truth, (n, k) for several labels a row; None for a clustering.
    problem, positive, groups, times, weights
        As for :func:`~mlops_jupyter.evaluation.scored.score_model`.
    dummy
        Whether to stand a model beside it that learns nothing from X.
    X_train, y_train
        What the model was fitted on: for the dummy, rows in both, and the gap to the training score.
    slices
        Columns of X whose every part is reported; ``find_slices`` searches all others besides.
    fairness
        Columns of X that tell people apart; or ``sensitive``, a frame of them.
    explain
        Whether to measure which features the model uses.
    costs
        What each outcome costs, for the threshold with the lowest cost (two classes).
    n_bootstrap
        Bootstrap samples; 0 for none.
    confidence
        Of all intervals, 0 < confidence < 1.
    metrics
        Which metrics, the first decides.
    seasonal_period
        Rows of one season, for the naive forecast and the blocks in time.
    n_looks
        How many models were scored on these rows, this one included: said as a pitfall from 2 on.
    on_progress
        Called with a few words before each part.

    Returns
    -------
    EvaluationReport
        Everything measured; what was not asked for is None.

    Raises
    ------
    UsageError
        Where the rows do not match, an option is out of range, or the problem has no such part.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X[:300], y[:300])
    >>> report = evaluate(tree, X[300:], y[300:], n_bootstrap=100)
    >>> report.primary.key, report.primary.over_dummy.is_better
    ('roc_auc', True)
    """
    start = perf_counter()
    _check(n_bootstrap, confidence, seasonal_period, n_looks)
    say = on_progress or _silent
    say("asking the model")
    sides = {"groups": groups, "times": times, "weights": weights}
    scored = score_model(model, X, y, problem=problem, positive=positive, **sides)
    models = {"model": scored}
    dummy_words = ""
    if dummy and (found := dummy_of(scored, y_train, seasonal_period=seasonal_period)) is not None:
        models["dummy"], dummy_words = found
    if baseline is not None:
        say("asking the baseline")
        models["baseline"] = score_model(
            baseline, X, y, problem=scored.problem, positive=scored.positive, **sides
        )
    say("intervals")
    about = {"seasonal_period": seasonal_period, "y_train": y_train}
    results = compare(
        models,
        metrics=metrics,
        n_bootstrap=n_bootstrap,
        confidence=confidence,
        random_state=random_state,
        on_progress=lambda share: say(f"intervals: {share:.0%}"),
        **(about if scored.problem == "forecasting" else {}),
    )
    say("curves and pitfalls")
    found_findings = pitfalls(
        scored, results, model=model, X=X, X_train=X_train, y_train=y_train, n_looks=n_looks
    )
    parts = _slices(scored, X, slices, confidence, say, find=find_slices)
    groups_report = _fairness(scored, X, fairness, sensitive, n_bootstrap, confidence, random_state, say)
    return EvaluationReport(
        problem=scored.problem,
        n_rows=scored.n_rows,
        metrics=results,
        summary=words.summary(results, scored.n_rows, found_findings, unit=units_of(scored).kind),
        model=type(model).__name__,
        baseline="" if baseline is None else type(baseline).__name__,
        dummy=dummy_words,
        positive="" if scored.positive is None else str(scored.positive),
        classes=tuple(str(label) for label in scored.classes),
        curves=curves(
            scored, baseline=models.get("baseline"), confidence=confidence, random_state=random_state
        ),
        threshold=_threshold(scored, costs, n_bootstrap, confidence, random_state),
        slices=parts,
        fairness=groups_report,
        explanation=_explained(model, scored, X, y, results[0].key, random_state, say) if explain else None,
        findings=found_findings,
        outsiders=words.outsiders(
            scored.problem,
            results,
            scored.n_rows,
            dummy=dummy_words,
            positive=str(scored.positive),
            slices=parts,
            fairness=groups_report,
            findings=found_findings,
        ),
        unit=units_of(scored).kind,
        n_bootstrap=n_bootstrap,
        seconds=round(perf_counter() - start, 3),
    )


def _silent(_: str) -> None:
    """Say nothing."""


def _check(n_bootstrap: int, confidence: float, seasonal_period: int, n_looks: int) -> None:
    if not 0 < confidence < 1:
        raise UsageError(f"confidence is {confidence}; expected a share between 0 and 1, such as 0.95")
    if n_bootstrap < 0 or 0 < n_bootstrap < 20:
        raise UsageError(f"n_bootstrap is {n_bootstrap}; expected at least 20 samples, or 0 for none")
    for name, value in (("seasonal_period", seasonal_period), ("n_looks", n_looks)):
        if value < 1:
            raise UsageError(f"{name} is {value}; expected at least 1")


def _slices(
    scored: Scored,
    X: Any,  # noqa: N803
    columns: Sequence[str] | None,
    confidence: float,
    say: Say,
    *,
    find: bool,
) -> SliceReport | None:
    """Return slices; None where nobody asked and the problem or X has none."""
    can_search = find and scored.problem in (*OF_CLASSES, *OF_NUMBERS) and bool(column_names(X))
    if not columns and not can_search:
        return None
    say("slices")
    return slices_of(scored, X, columns=columns, find=can_search, confidence=confidence)


def _fairness(
    scored: Scored,
    X: Any,  # noqa: N803
    columns: Sequence[str] | None,
    sensitive: Any,
    n_bootstrap: int,
    confidence: float,
    random_state: int,
    say: Say,
) -> FairnessReport | None:
    if columns and sensitive is not None:
        raise UsageError("fairness= and sensitive= are both given; expected columns of X, or a frame")
    if columns:
        import pandas as pd

        sensitive = pd.DataFrame({name: side_of("fairness", str(name), X, scored.n_rows) for name in columns})
    if sensitive is None:
        return None
    say("groups of people")
    return fairness_of(
        scored, sensitive, confidence=confidence, n_bootstrap=n_bootstrap or 1000, random_state=random_state
    )


def _threshold(
    scored: Scored, costs: Costs | None, n_bootstrap: int, confidence: float, random_state: int
) -> ThresholdChoice | None:
    if costs is None:
        return None
    return best_threshold(
        scored, costs, n_bootstrap=n_bootstrap or 1000, confidence=confidence, random_state=random_state
    )


def _explained(
    model: Any,
    scored: Scored,
    X: Any,  # noqa: N803
    y: Any,
    metric: str,
    random_state: int,
    say: Say,
) -> Explanation:
    from .explaining import explain

    say("which features it uses")
    return explain(model, scored, X, y, metric=metric, random_state=random_state)
