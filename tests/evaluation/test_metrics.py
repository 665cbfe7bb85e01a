"""Every metric has scikit-learn's value, with and without weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs

from mlops_jupyter.errors import UsageError
from mlops_jupyter.evaluation.metrics import measure
from mlops_jupyter.evaluation.scored import score_predictions

RNG = np.random.default_rng(0)
N = 400
WEIGHTS = RNG.integers(0, 4, N).astype(float)


def values(scored, weights=None, **about):
    made = measure(scored, **about)
    return dict(zip([metric.key for metric in made.metrics], made.values(weights), strict=True))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_two_classes(weights):
    y = RNG.integers(0, 2, N)
    chance = np.clip((y * 0.3 + RNG.random(N) * 0.7).round(2), 0.01, 0.99)
    taken = (chance > 0.5).astype(int)
    found = values(score_predictions(y, taken, chance), weights)
    about = {"sample_weight": weights}
    expected = {
        "roc_auc": theirs.roc_auc_score(y, chance, **about),
        "average_precision": theirs.average_precision_score(y, chance, **about),
        "log_loss": theirs.log_loss(y, chance, **about),
        "brier": theirs.brier_score_loss(y, chance, **about),
        "accuracy": theirs.accuracy_score(y, taken, **about),
        "balanced_accuracy": theirs.balanced_accuracy_score(y, taken, **about),
        "f1": theirs.f1_score(y, taken, **about),
        "precision": theirs.precision_score(y, taken, **about),
        "recall": theirs.recall_score(y, taken, **about),
        "mcc": theirs.matthews_corrcoef(y, taken, **about),
    }
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_many_classes(weights):
    y = RNG.integers(0, 5, N)
    chance = RNG.dirichlet(np.ones(5), N) + 0.4 * np.eye(5)[y]
    chance /= chance.sum(axis=1, keepdims=True)
    taken = chance.argmax(axis=1)
    found = values(score_predictions(y, taken, chance), weights)
    about = {"sample_weight": weights}
    expected = {
        "balanced_accuracy": theirs.balanced_accuracy_score(y, taken, **about),
        "accuracy": theirs.accuracy_score(y, taken, **about),
        "f1_macro": theirs.f1_score(y, taken, average="macro", **about),
        "f1_weighted": theirs.f1_score(y, taken, average="weighted", **about),
        "mcc": theirs.matthews_corrcoef(y, taken, **about),
        "log_loss": theirs.log_loss(y, chance, **about),
        "top_3_accuracy": theirs.top_k_accuracy_score(y, chance, k=3, **about),
        "roc_auc_ovr": np.mean([theirs.roc_auc_score(y == c, chance[:, c], **about) for c in range(5)]),
    }
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_numbers(weights):
    y = 1e4 + RNG.normal(size=N)
    predicted = y + RNG.normal(size=N) * 0.5
    found = values(score_predictions(y, predicted), weights)
    about = {"sample_weight": weights}
    expected = {
        "rmse": theirs.root_mean_squared_error(y, predicted, **about),
        "mae": theirs.mean_absolute_error(y, predicted, **about),
        "r2": theirs.r2_score(y, predicted, **about),
        "bias": np.average(predicted - y, weights=weights),
        "mape": theirs.mean_absolute_percentage_error(y, predicted, **about),
    }
    if weights is None:
        expected["median_absolute_error"] = theirs.median_absolute_error(y, predicted)
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-11)


def test_several_labels():
    y, taken = RNG.integers(0, 2, (2, N, 4))
    scores = RNG.random((N, 4)).round(1)
    found = values(score_predictions(y, taken, scores))
    expected = {
        "f1_micro": theirs.f1_score(y, taken, average="micro"),
        "f1_macro": theirs.f1_score(y, taken, average="macro"),
        "subset_accuracy": theirs.accuracy_score(y, taken),
        "hamming_loss": theirs.hamming_loss(y, taken),
        "lrap": theirs.label_ranking_average_precision_score(y, scores),
    }
    assert found == pytest.approx(expected, abs=1e-12)


def test_rankings_are_means_over_queries():
    queries = np.repeat(np.arange(20), 8)
    y, score = RNG.integers(0, 3, 160), RNG.random(160)
    found = values(score_predictions(y, score, problem="ranking", groups=queries))
    rows = [queries == q for q in range(20)]
    expected = {
        "ndcg_at_10": np.mean([theirs.ndcg_score([y[r]], [score[r]], k=10) for r in rows]),
        "map": np.mean([theirs.average_precision_score(y[r] > 0, score[r]) for r in rows]),
        "mrr": np.mean([1 / (1 + (score[r] > score[r][y[r] > 0].max()).sum()) for r in rows]),
    }
    assert found == pytest.approx(expected, abs=1e-12)


def test_forecasts_divide_by_the_naive_one():
    y = np.arange(10.0)
    found = values(
        score_predictions(y, y + 0.5, problem="forecasting"), y_train=np.arange(20.0) * 2, seasonal_period=4
    )
    assert found["mase"] == pytest.approx(0.5 / 8)
    assert found["bias"] == pytest.approx(0.5)


def test_clusters():
    X = np.concatenate([RNG.normal(0, 1, (60, 3)), RNG.normal(4, 1, (60, 3))])
    labels, y = np.r_[np.zeros(70), np.ones(50)].astype(int), np.repeat([0, 1], 60)
    found = values(score_predictions(y, labels, problem="clustering", X=X))
    expected = {
        "silhouette": theirs.silhouette_score(X, labels),
        "calinski_harabasz": theirs.calinski_harabasz_score(X, labels),
        "davies_bouldin": theirs.davies_bouldin_score(X, labels),
        "adjusted_rand": theirs.adjusted_rand_score(y, labels),
        "nmi": theirs.normalized_mutual_info_score(y, labels),
        "v_measure": theirs.v_measure_score(y, labels),
    }
    assert found == pytest.approx(expected, abs=1e-10)


def test_a_metric_of_another_problem_is_named_with_those_there_are():
    with pytest.raises(UsageError, match=r"'auc' cannot be computed for this regression model; choose"):
        measure(score_predictions([1.5, 2.0], [1.0, 2.0]), ["auc"])
