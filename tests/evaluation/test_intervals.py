"""Intervals hold the truth as often as they say, and differences are those of the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlops_jupyter.evaluation import delong, difference, ledger_claim, score_predictions
from mlops_jupyter.evaluation.comparing import compare, mcnemar
from mlops_jupyter.evaluation.intervals import bca, expected_maximum, wilson
from mlops_jupyter.evaluation.metrics import measure
from mlops_jupyter.evaluation.resampling import Units, draws, left_out, units_of
from mlops_jupyter.records import Estimate

RNG = np.random.default_rng(0)


def two_classes(rng, n, distance=1.0):
    y = rng.integers(0, 2, n)
    return y, rng.normal(size=n) + distance * y


def test_area_and_its_variance_are_those_of_all_pairs():
    y, score = two_classes(RNG, 60)
    score = score.round(1)
    positive, negative = score[y == 1], score[y == 0]
    pairs = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    m, n = pairs.shape
    expected = pairs.mean(axis=1).var(ddof=1) / m + pairs.mean(axis=0).var(ddof=1) / n
    found = delong.area(y == 1, score)
    assert found.value == pytest.approx(pairs.mean(), abs=1e-12)
    assert delong.variance(found.influence, y == 1) == pytest.approx(expected, abs=1e-12)


def test_difference_of_areas_has_the_covariance_of_the_rows():
    y, score = two_classes(RNG, 80)
    other = score + RNG.normal(size=80)
    parts = []
    for one in (score, other):
        pairs = one[y == 1][:, None] > one[y == 0]
        parts.append((pairs.mean(axis=1), pairs.mean(axis=0)))
    up, down = parts[0][0] - parts[1][0], parts[0][1] - parts[1][1]
    expected = up.var(ddof=1) / len(up) + down.var(ddof=1) / len(down)
    influence = delong.area(y == 1, score).influence - delong.area(y == 1, other).influence
    assert delong.variance(influence, y == 1) == pytest.approx(expected, abs=1e-12)


def test_bca_is_scipys():
    from scipy.stats import bootstrap

    values = RNG.exponential(size=100)
    theirs = bootstrap((values,), np.mean, n_resamples=20_000, random_state=0).confidence_interval
    units = Units("row", 100, 100)
    drawn = np.array([w @ values / w.sum() for w in draws(units, 20_000, np.random.default_rng(1))])
    without = np.array([w @ values / w.sum() for w in left_out(units, np.random.default_rng(1))])
    low, high, method = bca(values.mean(), drawn, without, 0.95)
    assert method == "bca"
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_wilson_is_statsmodels_formula():
    low, high = wilson(0.3, 50, 0.95)
    z = norm.ppf(0.975)
    for end in (low, high):  # both ends solve |p - end| = z sqrt(end (1 - end) / n)
        assert abs(0.3 - end) == pytest.approx(z * np.sqrt(end * (1 - end) / 50))


def test_groups_are_drawn_whole_and_times_in_blocks():
    groups = np.repeat(np.arange(20), 5)
    by_group = units_of(score_predictions(np.zeros(100), np.zeros(100), problem="regression", groups=groups))
    weights = next(draws(by_group, 1, RNG))
    assert (weights.reshape(20, 5) == weights.reshape(20, 5)[:, :1]).all()
    by_time = units_of(
        score_predictions(np.zeros(100), np.zeros(100), problem="forecasting", times=np.arange(100)[::-1])
    )
    weights = next(draws(by_time, 1, RNG))
    assert by_time.block == 9
    assert weights.sum() == 100
    assert (np.diff(weights) != 0).sum() <= 2 * 12


def test_rough_samples_of_many_rows_vary_as_exact_ones():
    y, score = two_classes(RNG, 21_000)
    chance = 1 / (1 + np.exp(-score))
    made = measure(score_predictions(y, (chance > 0.5).astype(int), chance))
    quick = made.drawn()
    drawn = list(draws(Units("row", 21_000, 21_000), 30, RNG))
    exact, rough = (np.array([of(w) for w in drawn]) for of in (made.of, quick))
    assert quick(np.ones(21_000)) == pytest.approx(made.values(), abs=1e-12)
    assert np.abs(exact - rough).max() < 0.02 * exact.std(axis=0).max()


@pytest.mark.parametrize(
    ("low", "high", "higher", "words"),
    [
        (0.003, 0.021, True, "better by 0.012 ± 0.009"),
        (0.003, 0.021, False, "worse by 0.012 ± 0.009"),
        (-0.006, 0.030, True, "no difference beyond noise (+0.012 ± 0.018)"),
    ],
)
def test_verdicts(low, high, higher, words):
    found = difference(0.012, low, high, is_higher_better=higher)
    assert found.verdict == words
    assert found.is_better is (None if "noise" in words else "better" in words)


def test_mcnemar_is_the_exact_test_of_rows_where_one_errs():
    y = np.ones(40, int)
    own, other = np.r_[np.ones(38), 0, 0].astype(int), np.r_[np.zeros(9), np.ones(31)].astype(int)
    one, two = (score_predictions(y, p, problem="binary", classes=[0, 1]) for p in (own, other))
    # 9 rows that only the other gets wrong, 2 that only the own does
    assert mcnemar(one, two) == pytest.approx(2 * sum([1, 11, 55]) / 2**11)


def test_the_best_of_many_models_has_luck():
    claim, optimism = ledger_claim(Estimate(0.8, 0.78, 0.82), 20)
    assert claim.high - claim.low == pytest.approx(0.04 * norm.ppf(1 - 0.025 / 20) / norm.ppf(0.975))
    noise = np.random.default_rng(0).normal(size=(20_000, 20)).max(axis=1).mean()
    assert expected_maximum(20) == pytest.approx(noise, abs=0.02)
    assert optimism == pytest.approx(expected_maximum(20) * 0.02 / norm.ppf(0.975))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """Five metrics at 300 rows: 95 % of the intervals, give or take four errors of 200 runs."""
    truths = {"roc_auc": float(norm.cdf(1 / np.sqrt(2))), "accuracy": float(norm.cdf(0.5))}
    rng = np.random.default_rng(5)
    y, score = two_classes(rng, 1_000_000)
    big = measure(score_predictions(y, (score > 0.5).astype(int), 1 / (1 + np.exp(0.5 - score))))
    for metric, value in zip(big.metrics, big.values(), strict=True):
        truths.setdefault(metric.key, float(value))
    keys, n_runs = ["roc_auc", "accuracy", "f1", "log_loss", "average_precision"], 200
    held = dict.fromkeys(keys, 0)
    for _ in range(n_runs):
        y, score = two_classes(rng, 300)
        scored = score_predictions(y, (score > 0.5).astype(int), 1 / (1 + np.exp(0.5 - score)))
        for one in compare({"model": scored}, metrics=keys, n_bootstrap=300):
            held[one.key] += one.estimate.low <= truths[one.key] <= one.estimate.high
    noise = 4 * np.sqrt(0.95 * 0.05 / n_runs)
    for key, count in held.items():
        assert 0.95 - noise <= count / n_runs <= 0.95 + noise, key


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["groups", "times"])
def test_rows_that_hang_together_have_wider_intervals_that_hold(kind):
    rng, n_runs, held, plain = np.random.default_rng(11), 150, 0, 0
    for _ in range(n_runs):
        if kind == "groups":
            errors = rng.normal(size=(40, 1)) + rng.normal(size=(40, 10))
            side = {"groups": np.repeat(np.arange(40), 10)}
        else:
            errors, noise = np.zeros(600), rng.normal(size=600)
            for i in range(1, 600):
                errors[i] = 0.5 * errors[i - 1] + noise[i]
            side = {"times": np.arange(600)}
        predicted = errors.ravel()
        for about in (side, {}):
            scored = score_predictions(np.zeros(len(predicted)), predicted, problem="regression", **about)
            one = compare({"model": scored}, metrics=["bias"], n_bootstrap=300)[0].estimate
            holds = one.low <= 0 <= one.high
            held, plain = (held + holds, plain) if about else (held, plain + holds)
    assert abs(held / n_runs - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / n_runs)
    assert plain / n_runs < 0.85
