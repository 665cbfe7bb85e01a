"""Which features a model uses, and how: importance on the hold-out, dependence, SHAP where installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..records import Curve, Estimate, Explanation, Importance
from .curves_bands import Floats
from .explaining_dependence import Respond, dependence
from .explaining_groups import alike
from .explaining_permutation import Drop, blocks_of, drops
from .explaining_shap import shap_importances
from .explaining_tables import column, names_of, take
from .metrics import measure
from .reading import rows_of
from .scored import Scored, score_model

MOST_ROWS: Final = 5_000
N_REPEATS: Final = 10
_N_DEPENDENCES: Final = 3
_ROWS_OF_DEPENDENCE: Final = 500
_LEAST_ROWS: Final = 500
_MOST_ANSWERS: Final = 3_000_000
_MOST_LINES: Final = 5
_MANY: Final = 0.5


def explain(
    model: Any,
    scored: Scored,
    X: Any,  # noqa: N803 the field's letter
    y: Any,
    *,
    metric: str,
    n_repeats: int = N_REPEATS,
    max_rows: int = MOST_ROWS,
    with_shap: bool = True,
    confidence: float = 0.95,
    random_state: int = 0,
) -> Explanation:
    """Return permutation importance with intervals, partial dependence of the top three, and SHAP.

    Features that go together (|ρ|, Cramér's V or η above 0.8) are shuffled together: shuffled alone, each
    would look useless, since the model reads it off the other. The feature that is named goes most with what
    the model says; the others stand in ``together``.

    Parameters
    ----------
    model
        What :func:`~mlops_jupyter.evaluation.score_model` takes.
    scored
        Its answers on X: problem, positive class, groups and weights are taken from it.
    X, y
        The hold-out: a table of n rows, and their truth.
    metric
        The key of a metric of the problem, such as ``roc_auc``. For ``mase`` it is ``mae``, which differs by
        a constant factor.
    n_repeats
        How often each feature is shuffled, at least 1.
    max_rows
        Rows drawn from the hold-out at most; fewer where there are so many features that the model would be
        asked for more than 3,000,000 answers.
    with_shap
        Whether mean |SHAP| is added for trees and linear models, where shap is installed.

    Raises
    ------
    UsageError
        For a clustering, for a metric that the problem does not have, and where X, y and the answers are not
        of the same rows.
    UnsupportedError
        When X is no table.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 2))
    >>> y = 3 * X[:, 0] + rng.normal(size=500)
    >>> model = LinearRegression().fit(X, y)
    >>> found = explain(model, score_model(model, X, y), X, y, metric="rmse", with_shap=False)
    >>> found.importances[0].feature, found.importances[0].share > 0.95
    ('x0', True)
    """
    if scored.problem == "clustering":
        raise UsageError("a clustering has no metric that its features could explain: leave explain out")
    if n_repeats < 1 or max_rows < 1:
        raise UsageError(f"n_repeats is {n_repeats} and max_rows {max_rows}; expected at least 1 of each")
    if not rows_of(X) == rows_of(y) == scored.n_rows:
        raise UsageError(
            f"X has {rows_of(X):,} rows, y {rows_of(y):,}, and {scored.n_rows:,} were scored; "
            "expected the rows that were scored"
        )
    if metric == "mase":
        metric = "mae"  # MASE is MAE over a constant of the training series, which shuffled rows have not
    names = names_of(X, scored.features)
    rng = np.random.default_rng(random_state)
    some = _sample(scored, min(max_rows, _affordable(len(names), n_repeats)), rng)
    table, part = take(X, some), _rows_of(scored, some)
    columns = [column(table, i) for i in range(len(names))]
    is_better = measure(part, [metric]).metrics[0].is_higher_better
    found = drops(
        table,
        alike(columns),
        _scorer(model, part, metric),
        blocks_of(len(some), units=part.groups, strata=_strata(part), random_state=random_state),
        sign=1.0 if is_better else -1.0,
        n_repeats=n_repeats,
        confidence=confidence,
        random_state=random_state,
    )
    importances, leads = _importances(found, columns, names, part)
    shown = take(table, rng.permutation(len(some))[:_ROWS_OF_DEPENDENCE])
    shap, shap_note = (
        shap_importances(model, shown, names, part, confidence=confidence) if with_shap else ((), "")
    )
    return Explanation(
        metric,
        importances,
        _dependences(shown, leads[:_N_DEPENDENCES], names, _responder(model, part)),
        shap,
        len(some),
        n_repeats,
        _summary(importances),
        "; ".join(one for one in (_sampled(len(some), scored.n_rows), shap_note) if one),
    )


def _affordable(n_features: int, n_repeats: int) -> int:
    return max(_LEAST_ROWS, _MOST_ANSWERS // (n_features * n_repeats))


def _sample(scored: Scored, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return rows in their order; of a ranking whole queries."""
    if scored.n_rows <= most:
        return np.arange(scored.n_rows)
    if scored.problem != "ranking" or scored.groups is None:
        return np.sort(rng.choice(scored.n_rows, most, replace=False))
    import pandas as pd

    codes, queries = pd.factorize(scored.groups, use_na_sentinel=False)
    order = rng.permutation(len(queries))
    n_kept = max(1, int(np.searchsorted(np.cumsum(np.bincount(codes)[order]), most, side="right")))
    return np.flatnonzero(np.isin(codes, order[:n_kept]))


def _rows_of(scored: Scored, rows: NDArray[np.intp], answers: Scored | None = None) -> Scored:
    """Return some rows, with other answers where they are given."""

    def of(values: Any) -> Any:
        return None if values is None else values[rows]

    return replace(
        scored,
        y=of(scored.y),
        predicted=scored.predicted[rows] if answers is None else answers.predicted,
        scores=of(scored.scores) if answers is None else answers.scores,
        weights=of(scored.weights),
        groups=of(scored.groups),
        times=of(scored.times),
        X=None,
    )


def _strata(part: Scored) -> Any:
    return part.y if part.problem in ("binary", "multiclass") else None


def _asked(model: Any, part: Scored, table: Any, rows: NDArray[np.intp]) -> Scored:
    positive = part.positive if part.problem == "binary" else None
    groups = _queries(part, rows) if part.problem == "ranking" else None
    answers = score_model(model, table, part.y[rows], problem=part.problem, positive=positive, groups=groups)
    asked = _rows_of(part, rows, answers)
    return asked if groups is None else replace(asked, groups=groups)


def _queries(part: Scored, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the query of each row; those of the same rows shuffled again are queries of their own."""
    import pandas as pd

    codes, names = pd.factorize(np.asarray(part.groups), use_na_sentinel=False)
    return np.asarray(codes[rows] + len(names) * (np.arange(len(rows)) // part.n_rows))


def _scorer(model: Any, part: Scored, metric: str) -> Any:
    def score(table: Any, rows: NDArray[np.intp]) -> Any:
        answers = _asked(model, part, table, rows)
        of = measure(answers, [metric]).of
        own = np.ones(len(rows)) if answers.weights is None else answers.weights

        def value(which: NDArray[np.bool_] | slice) -> float:
            chosen = np.zeros(len(rows))
            chosen[which] = own[which]
            with np.errstate(divide="ignore", invalid="ignore"):
                return float(of(chosen)[0])

        return value

    return score


# --- what was found ---------------------------------------------------------------------------


def _importances(
    found: list[Drop], columns: list[Any], names: Sequence[str], part: Scored
) -> tuple[tuple[Importance, ...], list[int]]:
    """Return the importances, the largest first, and the places of the features they are named after."""
    said = _said(part)
    ordered = sorted(found, key=lambda one: -(one.estimate.value or 0.0))
    total = sum(max(0.0, one.estimate.value or 0.0) for one in found)
    importances, leads = [], []
    for one in ordered:
        lead = (
            max(one.places, key=lambda i: _goes_with(columns[i], said))
            if len(one.places) > 1
            else one.places[0]
        )
        share = max(0.0, one.estimate.value or 0.0) / total if total else 0.0
        together = tuple(names[i] for i in one.places if i != lead)
        importances.append(Importance(names[lead], one.estimate, share, together))
        leads.append(lead)
    return tuple(importances), leads


def _said(part: Scored) -> Any:
    """Return what the model says for each row, as one number or label."""
    import pandas as pd

    if part.positive_scores is not None:
        return pd.Series(part.positive_scores)
    answers = part.predicted if part.predicted.ndim == 1 else part.predicted[:, 0]
    return pd.Series(answers)


def _goes_with(values: Any, said: Any) -> float:
    from .explaining_groups import association

    return float(association([values, said])[0, 1])


def _responder(model: Any, part: Scored) -> Respond:
    def respond(table: Any) -> dict[str, Floats]:
        rows = np.resize(np.arange(part.n_rows), table.shape[0])
        answers = _asked(model, part, table, rows)
        if answers.positive_scores is not None:
            return {str(part.positive): answers.positive_scores}
        if answers.scores is not None and part.problem in ("multiclass", "multilabel"):
            often = np.argsort(-answers.scores.mean(axis=0), kind="stable")[:_MOST_LINES]
            return {str(part.classes[i]): answers.scores[:, i] for i in sorted(often.tolist())}
        if part.problem == "binary":
            return {str(part.positive): np.asarray(answers.predicted == part.positive, np.float64)}
        if part.problem == "multiclass":
            shown = part.classes[:_MOST_LINES]
            return {str(one): np.asarray(answers.predicted == one, np.float64) for one in shown}
        answered = np.asarray(answers.predicted, np.float64)
        if answered.ndim == 1:
            return {"predicted": answered}
        return {str(one): answered[:, i] for i, one in enumerate(part.classes[:_MOST_LINES])}

    return respond


def _dependences(
    table: Any, leads: Sequence[int], names: Sequence[str], respond: Respond
) -> tuple[Curve, ...]:
    curves = (dependence(table, place, names[place], respond) for place in leads)
    return tuple(one for one in curves if one is not None)


def _summary(importances: Sequence[Importance]) -> str:
    """Return one sentence: which features carry at least half of what the model uses."""
    real = [one for one in importances if _is_above_zero(one.estimate)]
    if not real:
        return "No feature makes the metric worse beyond noise when it is shuffled."
    named, share = [], 0.0
    for one in real[:3]:
        named.append(f"{one.feature} (with {_listed(one.together)})" if one.together else one.feature)
        share += one.share
        if share >= _MANY:
            break
    verb = "carries" if len(named) == 1 else "carry"
    return f"{_listed(named)} {verb} {100 * share:.0f} % of what the model uses."


def _is_above_zero(estimate: Estimate) -> bool:
    return estimate.low is not None and estimate.low > 0


def _listed(words: Sequence[str]) -> str:
    if len(words) > 4:
        return f"{', '.join(words[:3])} and {len(words) - 3} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _sampled(n: int, n_rows: int) -> str:
    return f"{n:,} of {n_rows:,} rows, drawn at random" if n < n_rows else ""
