"""Curves equal scikit-learn's, bands hold the truth, calibration says what is off."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from mlops_jupyter.evaluation.curves import curves
from mlops_jupyter.evaluation.curves_bands import kept, resampled
from mlops_jupyter.evaluation.curves_calibration import calibration
from mlops_jupyter.evaluation.scored import score_predictions
from mlops_jupyter.records import from_plain, to_plain
from mlops_jupyter.records.evaluation import Curve


def two_classes(n=600, seed=0, **more):
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(1, 3, n), 2)  # rounded, so that there are ties
    y = (rng.random(n) < p).astype(int)
    return score_predictions(y, (p > 0.5).astype(int), p, **more)


def by_kind(found):
    return {curve.kind: curve for curve in found}


@pytest.mark.parametrize("weighted", [False, True])
def test_ranked_lines_hold_scikit_learn_points(weighted):
    scored = two_classes(weights=np.random.default_rng(1).random(600) if weighted else None)
    found, score = by_kind(curves(scored)), scored.positive_scores
    fpr, tpr, _ = metrics.roc_curve(scored.y, score, sample_weight=scored.weights, drop_intermediate=False)
    precision, recall, _ = metrics.precision_recall_curve(scored.y, score, sample_weight=scored.weights)
    roc, line = found["roc"].lines[0], found["precision_recall"].lines[0]
    assert np.allclose(np.array([roc.x, roc.y]), [fpr, tpr], atol=1e-12)
    assert np.allclose(np.array([line.x[1:], line.y[1:]]), [recall[-2::-1], precision[-2::-1]], atol=1e-12)
    assert metrics.auc(roc.x, roc.y) == pytest.approx(
        metrics.roc_auc_score(scored.y, score, sample_weight=scored.weights), abs=1e-12
    )


def test_lines_of_many_rows_keep_area_in_200_points():
    rng = np.random.default_rng(0)
    score = rng.normal(size=20_000)
    scored = score_predictions((score + rng.normal(size=20_000) > 1).astype(int), None, score)
    for curve in curves(scored):
        assert all(len(line.x) <= 200 for line in curve.lines)
    roc = by_kind(curves(scored))["roc"].lines[0]
    assert metrics.auc(roc.x, roc.y) == pytest.approx(metrics.roc_auc_score(scored.y, score), abs=2e-4)


def test_bands_surround_lines_and_repeated_rows_widen_them():
    scored = two_classes()
    twice = score_predictions(
        np.tile(scored.y, 4),
        np.tile(scored.predicted, 4),
        np.tile(scored.positive_scores, 4),
        groups=np.tile(np.arange(600), 4),
    )
    one, grouped = (by_kind(curves(each))["roc"].lines[0] for each in (scored, twice))
    inner = slice(5, -5)
    assert all(low <= y <= high for low, y, high in list(zip(one.low, one.y, one.high, strict=True))[inner])
    width = [np.mean(np.subtract(line.high, line.low)) for line in (one, grouped)]
    assert width[1] == pytest.approx(width[0], rel=0.1)  # four copies of a row say no more than one


def test_baseline_is_a_second_line():
    scored = two_classes()
    other = score_predictions(scored.y, scored.predicted, np.random.default_rng(0).random(600))
    found = by_kind(curves(scored, baseline=other))
    assert [line.name for line in found["roc"].lines] == ["model", "baseline"]
    assert not found["roc"].lines[1].low
    assert found["precision_recall"].note == f"no skill is {scored.y.mean():.3g}"


@pytest.mark.parametrize(
    ("scored", "kinds"),
    [
        (score_predictions([0, 0, 0], [0, 0, 1], [0.1, 0.2, 0.7], problem="binary"), ["confusion"]),
        (score_predictions([0, 1, 0], [0, 1, 1]), ["confusion"]),
        (score_predictions([1.5, 2.0, 3.25], [1.0, 2.0, 3.0]), ["actual_predicted", "residuals"]),
        (
            score_predictions([1.5, 2.0, 3.25], [1.0, 2.0, 3.0], problem="forecasting"),
            ["forecast", "actual_predicted", "residuals"],
        ),
        (score_predictions(None, [0, 0, 1], problem="clustering", X=np.zeros((3, 2))), ["sizes"]),
        (score_predictions([1.0, 0.0], [1.0, 0.5], problem="ranking", groups=[1, 1]), []),
    ],
)
def test_curves_that_fit_a_problem(scored, kinds):
    assert [curve.kind for curve in curves(scored)] == kinds


def test_many_classes_have_a_line_each_and_one_calibration():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(7), 900)
    y = np.array([rng.choice(7, p=one) for one in p])
    found = by_kind(curves(score_predictions(y, p.argmax(axis=1), p, classes=range(7))))
    assert len(found["roc"].lines) == 5
    assert [line.name for line in found["calibration"].lines] == ["chosen class"]
    assert np.array_equal(found["confusion"].matrix, metrics.confusion_matrix(y, p.argmax(axis=1)))


def test_confusion_of_very_many_classes_puts_rare_ones_together():
    y = np.repeat(np.arange(40), np.arange(40) + 1)
    matrix = by_kind(curves(score_predictions(y, np.roll(y, 1), problem="multiclass")))["confusion"]
    assert len(matrix.labels) == len(matrix.matrix) == 24
    assert matrix.labels[-1] == "other"
    assert np.sum(matrix.matrix) == len(y)


def test_confusion_says_its_threshold_only_where_it_was_used():
    scored = two_classes()
    assert by_kind(curves(scored))["confusion"].title == "Confusion at 0.5"
    other = score_predictions(scored.y, (scored.positive_scores > 0.3).astype(int), scored.positive_scores)
    assert by_kind(curves(other))["confusion"].title == "Confusion"


def test_curves_are_kept_as_json():
    for curve in curves(two_classes()):
        assert from_plain(Curve, to_plain(curve)) == curve


def test_forecast_takes_means_of_series_and_of_neighbouring_steps():
    times = np.repeat(np.arange("2020-01-01", "2021-12-31", dtype="datetime64[D]"), 2)
    actual = np.tile([1.0, 3.0], len(times) // 2)
    scored = score_predictions(actual, actual + 1, times=times, problem="forecasting")
    curve = curves(scored)[0]
    assert curve.x_label == "Step (2020-01-01 to 2021-12-30)"
    assert set(curve.lines[0].y) == {2.0}
    assert set(curve.lines[1].y) == {3.0}
    assert len(curve.lines[0].x) <= 200
    assert curve.note == "a point is the mean of 4 steps"


def test_values_that_are_not_finite_stay_out_of_curves_of_numbers():
    curve = curves(score_predictions(np.arange(30) + 0.5, np.append(np.nan, np.arange(29.0))))[0]
    assert all(np.isfinite(line.y).all() for line in curve.lines)


def test_calibration_error_of_perfect_probabilities_is_near_zero_and_a_real_one_is_found():
    rng = np.random.default_rng(0)
    perfect, off = [], []
    for _ in range(100):
        p = rng.beta(1, 4, 1000)
        perfect.append(calibration(rng.random(1000) < p, p))
        off.append(calibration(rng.random(1000) < p**2, p))
    p = rng.beta(1, 4, 200_000)
    assert np.mean([one.error for one in perfect]) < 0.01  # without the correction: 0.034
    assert np.mean([one.error for one in off]) == pytest.approx(np.abs(p - p**2).mean(), abs=0.006)
    assert np.mean([one.p_value < 0.05 for one in perfect]) <= 0.12
    assert all(one.p_value < 0.05 for one in off)


def test_calibration_of_equal_probabilities_is_one_bin():
    found = calibration(np.array([True, False] * 20), np.full(40, 0.5))
    assert found.counts.tolist() == [40]
    assert (found.error, found.observed.tolist()) == (0.0, [0.5])
    assert calibration(np.array([True] * 20), np.zeros(20)).p_value == 0.0


def test_resampled_units_are_drawn_whole():
    counts = resampled(np.array([0, 0, 0, 1]), 2, units=np.array(["a", "a", "a", "b"]))
    assert set(counts[:, 0]) <= {0.0, 3.0, 6.0}
    assert (counts[:, 0] / 3 + counts[:, 1] == 2).all()


def test_kept_points_hold_both_ends():
    x = np.linspace(0, 1, 5000) ** 4
    places = kept(x, x, 50)
    assert places[0] == 0
    assert places[-1] == 4999
    assert len(places) <= 50
