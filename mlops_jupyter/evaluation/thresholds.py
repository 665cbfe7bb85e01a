"""The threshold with the lowest cost, chosen on other rows than those it is judged on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..records import Costs, CurveLine, Estimate, ThresholdChoice
from .curves_bands import Floats, kept, resampled
from .scored import Scored

PER_ROWS: Final = 1000
_N_FOLDS: Final = 5
_N_TIMES: Final = 5


@dataclass(frozen=True)
class _Rows:
    """Rows by falling score; ``more`` is what taking a row as positive costs over not taking it.

    ``place`` is the place of a row's score among the different ones, the highest first.
    """

    is_positive: NDArray[np.bool_]
    score: Floats
    weight: Floats
    more: Floats
    place: NDArray[np.intp]
    levels: Floats

    def threshold(self, rows: NDArray[np.bool_], usual: float) -> float:
        """Return the threshold that costs least on some rows; of equals the one nearest to the usual."""
        costs = np.bincount(self.place[rows], (self.weight * self.more)[rows], len(self.levels))
        costs = np.append(0.0, np.cumsum(costs))
        cheapest = np.flatnonzero(costs <= costs.min() + 1e-9 * np.abs(costs).max())
        thresholds = _between(self.levels)[cheapest]
        return float(thresholds[np.argmin(np.abs(thresholds - usual))])


def best_threshold(
    scored: Scored,
    costs: Costs,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    random_state: int = 0,
) -> ThresholdChoice:
    """Return the threshold with the lowest cost, and what it saves on rows that had no part in its choice.

    Parameters
    ----------
    scored
        Rows of two classes with a score.
    costs
        What each outcome costs per row; negative: it earns.
    n_bootstrap
        Samples behind the intervals.
    confidence
        Of the intervals, 0 to 1.

    Returns
    -------
    ThresholdChoice
        Costs and savings per 1,000 rows. ``threshold`` is the choice on all rows; a row is positive from
        it on. ``cost`` and the savings are of thresholds chosen on four fifths of the rows (of the groups,
        where there are) and judged on the other fifth, five times over.

    Raises
    ------
    UsageError
        When there are not two classes with finite scores, or the costs make no choice.

    References
    ----------
    Elkan (2001), "The foundations of cost-sensitive learning", equation 2: where calibrated probabilities
    are best cut. Stone (1974) for choosing and judging on different rows.

    Examples
    --------
    >>> from mlops_jupyter.evaluation.scored import score_predictions
    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(5000)
    >>> y = (rng.random(5000) < p).astype(int)
    >>> found = best_threshold(score_predictions(y, y, scores=p), Costs(false_positive=1, false_negative=9))
    >>> 0.05 < found.threshold < 0.15, found.saving.low > 0
    (True, True)
    """
    score = _checked(scored, costs)
    is_positive = scored.is_positive
    usual = 0.5 if scored.has_probabilities else 0.0
    rows = _rows(is_positive, score, scored.weights, costs)
    threshold = rows.threshold(np.ones(len(score), bool), usual)
    taken = _taken_times(rows, usual, scored.groups, random_state)
    cells, values = _outcomes(is_positive, score >= usual, taken, costs)
    samples = resampled(
        cells,
        len(values),
        weights=scored.weights,
        units=scored.groups,
        n_samples=n_bootstrap,
        random_state=random_state,
    )
    weights = np.bincount(cells, scored.weights, len(values)).astype(np.float64)
    cost, saving, nobody, everybody, before = (
        _estimate(values[:, i], weights, samples, confidence, len(score)) for i in range(values.shape[1])
    )
    is_taken = score >= threshold
    return ThresholdChoice(
        costs,
        _short(threshold, rows.levels),
        cost,
        saving,
        usual,
        before.value,
        nobody,
        everybody,
        _curve(rows, costs, scored, confidence, random_state),
        tuple(int(n) for n in _confusion(is_positive, is_taken)),  # type: ignore[arg-type]
        _note(costs, saving, is_taken, is_probability=scored.has_probabilities),
    )


def _checked(scored: Scored, costs: Costs) -> Floats:
    if scored.problem != "binary":
        raise UsageError(
            f"a threshold with costs needs two classes, and this is {scored.problem}: leave costs out"
        )
    figures = [value for name, value in asdict(costs).items() if name != "unit"]
    if not all(math.isfinite(value) for value in figures):
        raise UsageError(f"costs are finite numbers, and these are {costs}")
    if costs.true_positive == costs.false_negative and costs.false_positive == costs.true_negative:
        raise UsageError(
            "these costs are the same whether a row is taken or not, so no threshold is better than another; "
            "say for example false_positive=5, false_negative=100"
        )
    score = scored.positive_scores
    if score is None:
        raise UsageError(
            "a threshold needs scores, and this model has neither predict_proba nor decision_function: "
            "give scores, or leave costs out"
        )
    if not np.isfinite(score).all():
        raise UsageError(
            f"{int((~np.isfinite(score)).sum())} of {len(score)} scores are not finite: no threshold"
        )
    is_positive = scored.is_positive
    if is_positive.all() or not is_positive.any():
        raise UsageError(f"a threshold needs rows of both classes, and all {len(score)} rows are of one")
    return score


def _rows(is_positive: NDArray[np.bool_], score: Floats, weights: Floats | None, costs: Costs) -> _Rows:
    levels, place = np.unique(-score, return_inverse=True)
    more = np.where(
        is_positive, costs.true_positive - costs.false_negative, costs.false_positive - costs.true_negative
    )
    weight = np.ones(len(score)) if weights is None else np.asarray(weights, np.float64)
    return _Rows(is_positive, score, weight, more, place, -levels)


def _between(levels: Floats) -> Floats:
    """Return the thresholds between falling scores, after one above all, before one that takes all rows."""
    above = np.nextafter(levels[0], np.inf)
    return np.concatenate(([above], (levels[:-1] + levels[1:]) / 2, levels[-1:]))


def _taken_times(rows: _Rows, usual: float, groups: Any, random_state: int) -> NDArray[np.intp]:
    """Return how often each row was taken as positive by thresholds that were chosen without it."""
    rng = np.random.default_rng(random_state)
    taken = np.zeros(len(rows.score), np.intp)
    for _ in range(_N_TIMES):
        fold = _folds(rng, rows.is_positive, groups)
        for k in range(_N_FOLDS):
            out = fold == k
            if out.any() and not out.all():
                taken[out] += rows.score[out] >= rows.threshold(~out, usual)
    return taken


def _folds(rng: np.random.Generator, is_positive: NDArray[np.bool_], groups: Any) -> NDArray[np.intp]:
    if groups is not None:
        import pandas as pd

        places, names = pd.factorize(np.asarray(groups), use_na_sentinel=False)
        return np.asarray(rng.permutation(len(names)) % _N_FOLDS)[places]
    fold = np.empty(len(is_positive), np.intp)
    for side in (is_positive, ~is_positive):
        fold[side] = rng.permutation(int(side.sum())) % _N_FOLDS
    return fold


def _outcomes(
    is_positive: NDArray[np.bool_], is_usual: NDArray[np.bool_], taken: NDArray[np.intp], costs: Costs
) -> tuple[NDArray[np.intp], Floats]:
    """Return the kind of each row, and per kind: cost, the three savings, the cost at the usual threshold.

    Rows of one class that were taken equally often are one kind.
    """
    width = _N_TIMES + 1
    cells = (is_positive.astype(np.intp) * 2 + is_usual) * width + taken
    kinds = np.arange(4 * width)
    truth, before, share = kinds // (2 * width), kinds // width % 2, kinds % width / _N_TIMES
    if_taken = np.where(truth, costs.true_positive, costs.false_positive)
    if_not = np.where(truth, costs.false_negative, costs.true_negative)
    cost = share * if_taken + (1 - share) * if_not
    usual = np.where(before, if_taken, if_not)
    return cells, PER_ROWS * np.stack([cost, usual - cost, if_not - cost, if_taken - cost, usual], axis=1)


def _estimate(values: Floats, weights: Floats, samples: Floats, confidence: float, n: int) -> Estimate:
    totals = samples.sum(axis=1)
    means = (samples @ values)[totals > 0] / totals[totals > 0]
    low, high = np.quantile(means, ((1 - confidence) / 2, (1 + confidence) / 2))
    value = float(weights @ values / weights.sum())
    return Estimate(value, float(low), float(high), confidence, "bootstrap", n)


def _curve(rows: _Rows, costs: Costs, scored: Scored, confidence: float, random_state: int) -> CurveLine:
    """Return the cost per 1,000 rows by threshold; judged on the rows that it is drawn from."""
    at_level = np.cumsum(np.bincount(rows.place, rows.weight * rows.more, len(rows.levels)))
    nobody = float(rows.weight @ np.where(rows.is_positive, costs.false_negative, costs.true_negative))
    cost = PER_ROWS * (nobody + at_level) / rows.weight.sum()
    places = kept(rows.levels, cost)
    cells = np.searchsorted(places, rows.place)  # a row is taken from the first kept place on
    n_cells = len(places) + 1
    samples = resampled(
        cells + n_cells * rows.is_positive,
        2 * n_cells,
        weights=scored.weights,
        units=scored.groups,
        random_state=random_state,
    )
    negatives, positives = samples[:, :n_cells], samples[:, n_cells:]
    more = negatives * (costs.false_positive - costs.true_negative)
    more += positives * (costs.true_positive - costs.false_negative)
    base = negatives.sum(axis=1) * costs.true_negative + positives.sum(axis=1) * costs.false_negative
    drawn = PER_ROWS * (base[:, None] + np.cumsum(more, axis=1)[:, :-1]) / samples.sum(axis=1)[:, None]
    low, high = np.nanquantile(drawn, ((1 - confidence) / 2, (1 + confidence) / 2), axis=0)
    return CurveLine(
        "cost per 1,000 rows",
        *(tuple(column[::-1].tolist()) for column in (rows.levels[places], cost[places], low, high)),
    )


def _confusion(is_positive: NDArray[np.bool_], is_taken: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    return (
        int((is_positive & is_taken).sum()),
        int((~is_positive & is_taken).sum()),
        int((is_positive & ~is_taken).sum()),
        int((~is_positive & ~is_taken).sum()),
    )


def _short(threshold: float, levels: Floats) -> float:
    """Return the threshold with as few digits as take the same rows."""
    n_taken = int((levels >= threshold).sum())
    for digits in range(1, 17):
        short = float(f"{threshold:.{digits}g}")
        if int((levels >= short).sum()) == n_taken:
            return short
    return threshold


def _note(costs: Costs, saving: Estimate, is_taken: NDArray[np.bool_], *, is_probability: bool) -> str:
    said = []
    if is_taken.all() or not is_taken.any():
        said.append("it is cheapest to take every row" if is_taken.all() else "it is cheapest to take no row")
    if saving.low is not None and saving.high is not None and saving.low <= 0 <= saving.high:
        said.append("no saving over the usual threshold beyond noise")
    said.append("savings are judged on other rows than those the threshold was chosen on")
    wrong, right = costs.false_positive - costs.true_negative, costs.false_negative - costs.true_positive
    if is_probability and wrong > 0 and right > 0:
        said.append(f"calibrated probabilities are best cut at {wrong / (wrong + right):.3g}")
    return "; ".join(said)
