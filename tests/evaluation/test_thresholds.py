"""The threshold with the lowest cost: as brute force finds it, and savings that hold on new rows."""

from __future__ import annotations

import numpy as np
import pytest

from mlops_jupyter.errors import UsageError
from mlops_jupyter.evaluation.scored import score_predictions
from mlops_jupyter.evaluation.thresholds import best_threshold
from mlops_jupyter.records import Costs

COSTS = Costs(false_positive=5, false_negative=30, unit="€")


def customers(n, seed=0, **more):
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(2.5 - 1.5 * rng.normal(size=n)))
    y = (rng.random(n) < p).astype(int)
    return score_predictions(y, (p > 0.5).astype(int), p, **more)


def cost_of(scored, threshold, costs=COSTS):
    taken, truth = scored.positive_scores >= threshold, scored.is_positive
    paid = np.where(
        truth,
        np.where(taken, costs.true_positive, costs.false_negative),
        np.where(taken, costs.false_positive, costs.true_negative),
    )
    weights = np.ones(len(paid)) if scored.weights is None else scored.weights
    return 1000 * float(np.average(paid, weights=weights))


@pytest.mark.parametrize("weighted", [False, True])
def test_threshold_is_the_cheapest_of_all(weighted):
    scored = customers(400, weights=np.random.default_rng(5).random(400) if weighted else None)
    found = best_threshold(scored, COSTS)
    every = [cost_of(scored, one) for one in [*scored.positive_scores, 2.0]]
    assert cost_of(scored, found.threshold) == pytest.approx(min(every))
    assert found.default_cost == pytest.approx(cost_of(scored, 0.5))
    assert min(found.curve.y) == pytest.approx(min(every), rel=0.01)
    assert len(found.curve.x) <= 200
    assert list(found.curve.x) == sorted(found.curve.x)


def test_confusion_is_of_the_threshold_as_shown():
    scored = customers(500)
    found = best_threshold(scored, COSTS)
    taken, truth = scored.positive_scores >= found.threshold, scored.is_positive
    counts = [(taken & truth).sum(), (taken & ~truth).sum(), (~taken & truth).sum(), (~taken & ~truth).sum()]
    assert found.confusion == tuple(counts)
    assert len(f"{found.threshold:g}") <= 8


def test_savings_add_up():
    scored = customers(3000)
    found = best_threshold(scored, COSTS)
    assert found.saving.value == pytest.approx(found.default_cost - found.cost.value)
    assert found.against_nobody.value == pytest.approx(cost_of(scored, 2.0) - found.cost.value)
    assert found.against_everybody.value == pytest.approx(cost_of(scored, -1.0) - found.cost.value)
    assert found.saving.low < found.saving.value < found.saving.high


def test_rows_of_one_group_choose_and_judge_together():
    scored = customers(400)
    copies = score_predictions(
        np.tile(scored.y, 5),
        np.tile(scored.predicted, 5),
        np.tile(scored.positive_scores, 5),
        groups=np.tile(np.arange(400), 5),
    )
    one, copied = best_threshold(scored, COSTS).saving, best_threshold(copies, COSTS).saving
    assert copied.high - copied.low == pytest.approx(one.high - one.low, rel=0.25)


def test_decision_values_are_compared_with_zero():
    scored = customers(800)
    logits = np.log(scored.positive_scores / (1 - scored.positive_scores))
    found = best_threshold(score_predictions(scored.y, scored.predicted, logits), COSTS)
    assert found.default_threshold == 0.0
    assert found.default_cost == pytest.approx(cost_of(scored, 0.5))
    assert "calibrated" not in found.note


def test_costs_that_make_one_side_always_cheaper_are_said():
    scored = customers(300)
    everybody = best_threshold(scored, Costs(false_negative=10, false_positive=-1))
    assert everybody.confusion[2:] == (0, 0)
    assert "take every row" in everybody.note
    nobody = best_threshold(scored, Costs(false_positive=10, false_negative=-1))
    assert nobody.confusion[:2] == (0, 0)
    assert "take no row" in nobody.note


def test_a_useless_score_saves_nothing_beyond_noise():
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 2, 400), rng.random(400)
    found = best_threshold(
        score_predictions(y, score > 0.5, score), Costs(false_positive=1, false_negative=1)
    )
    assert "no saving over the usual threshold beyond noise" in found.note


@pytest.mark.parametrize(
    ("scored", "costs", "said"),
    [
        (score_predictions([1.5, 2.0], [1.0, 2.0]), COSTS, "two classes, and this is regression"),
        (score_predictions([0, 1], [0, 1]), COSTS, "needs scores"),
        (score_predictions([0, 1], [0, 1], [0.2, np.nan]), COSTS, "1 of 2 scores are not finite"),
        (score_predictions([0, 0], [0, 1], [0.2, 0.8]), COSTS, "all 2 rows are of one"),
        (score_predictions([0, 1], [0, 1], [0.2, 0.8]), Costs(), "no threshold is better"),
        (score_predictions([0, 1], [0, 1], [0.2, 0.8]), Costs(false_positive=np.inf), "finite"),
    ],
)
def test_what_has_no_threshold_is_refused_in_one_line(scored, costs, said):
    with pytest.raises(UsageError, match=said) as refused:
        best_threshold(scored, costs)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_saving_is_honest_and_its_interval_holds_the_truth():
    population = customers(1_000_000, seed=99)
    hits, said, true, naive = [], [], [], []
    for seed in range(200):
        scored = customers(1000, seed=seed)
        found = best_threshold(scored, COSTS, n_bootstrap=400)
        really = cost_of(population, 0.5) - cost_of(population, found.threshold)
        hits.append(found.saving.low <= really <= found.saving.high)
        said.append(found.saving.value)
        true.append(really)
        naive.append(found.default_cost - cost_of(scored, found.threshold))
    assert np.mean(hits) >= 0.9
    off = abs(np.mean(said) - np.mean(true))
    assert off < 0.05 * np.mean(true)
    assert off < 0.5 * (np.mean(naive) - np.mean(true))
