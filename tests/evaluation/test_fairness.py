"""Fairness: Fairlearn's numbers, honest gaps, and nothing said of groups that are too small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.errors import UsageError
from mlops_jupyter.evaluation.fairness import fairness
from mlops_jupyter.evaluation.scored import score_predictions
from mlops_jupyter.records import FairnessReport, from_plain, to_plain

FAIRLEARN_GAPS = [
    f"{name}_{kind}"
    for name in (
        "demographic_parity",
        "equalized_odds",
        "equal_opportunity",
        "false_positive_rate",
        "zero_one_loss",
        "precision_score",
    )
    for kind in ("difference", "ratio")
]


def people(rng, n=2000):
    sex = rng.choice(["f", "m"], n)
    city = rng.choice(["a", "b", "c"], n)
    p = 1 / (1 + np.exp(-(rng.normal(size=n) + (sex == "m") * 0.8 - 0.5)))
    y = (rng.random(n) < p).astype(int)
    scored = score_predictions(y, (p > 0.45).astype(int), np.column_stack([1 - p, p]))
    return scored, pd.DataFrame({"sex": sex, "city": city}), p


def gap(report, key, columns=("sex",)):
    return next(one for one in report.gaps if one.key == key and one.columns == columns)


def rates(report, text):
    return dict(next(one for one in report.groups if one.text == text).rates)


def test_rates_equal_fairlearn_in_every_group():
    metrics = pytest.importorskip("fairlearn.metrics")
    from sklearn.metrics import precision_score, zero_one_loss

    scored, sensitive, p = people(np.random.default_rng(0))
    report = fairness(scored, sensitive)
    theirs = metrics.MetricFrame(
        metrics={
            "selection_rate": metrics.selection_rate,
            "tpr": metrics.true_positive_rate,
            "fpr": metrics.false_positive_rate,
            "ppv": precision_score,
            "error": zero_one_loss,
            "base_rate": lambda y, _: float(np.mean(y)),
            "n": metrics.count,
        },
        y_true=scored.y,
        y_pred=scored.predicted,
        sensitive_features=sensitive,
    ).by_group
    for (sex, city), row in theirs.iterrows():
        own = rates(report, f"sex = {sex} and city = {city}")
        for key in ("selection_rate", "tpr", "fpr", "ppv", "error", "base_rate"):
            assert own[key].value == pytest.approx(row[key], abs=1e-12)
        # the rates that Fairlearn counts the other way round
        assert own["selection_rate"].n == row["n"]
    not_taken = metrics.MetricFrame(
        metrics={"fnr": metrics.false_negative_rate, "tnr": metrics.true_negative_rate},
        y_true=scored.y,
        y_pred=scored.predicted,
        sensitive_features=sensitive["sex"],
    ).by_group
    for sex, row in not_taken.iterrows():
        assert 1 - rates(report, f"sex = {sex}")["tpr"].value == pytest.approx(row["fnr"], abs=1e-12)
        assert 1 - rates(report, f"sex = {sex}")["fpr"].value == pytest.approx(row["tnr"], abs=1e-12)
        rows = (sensitive["sex"] == sex).to_numpy()
        expected = metrics.mean_prediction(scored.y[rows], p[rows]) - scored.y[rows].mean()
        assert rates(report, f"sex = {sex}")["calibration"].value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "columns",
    [
        ("sex", "city"),
        pytest.param(("sex",), marks=pytest.mark.slow),
        pytest.param(("city",), marks=pytest.mark.slow),
    ],
)
def test_gaps_equal_fairlearn(columns):
    metrics = pytest.importorskip("fairlearn.metrics")
    from sklearn.metrics import precision_score

    scored, sensitive, _ = people(np.random.default_rng(1))
    report = fairness(scored, sensitive, n_bootstrap=200)
    for key in FAIRLEARN_GAPS:
        theirs = getattr(metrics, key, None)
        if theirs is None:
            theirs = metrics.make_derived_metric(metric=precision_score, transform=key.rpartition("_")[2])
        expected = theirs(scored.y, scored.predicted, sensitive_features=sensitive[list(columns)])
        found = gap(report, key, columns)
        assert found.estimate.value == pytest.approx(expected, abs=1e-12), key
        assert found.estimate.low <= found.estimate.value <= found.estimate.high


def test_weighted_rates_equal_fairlearn():
    metrics = pytest.importorskip("fairlearn.metrics")
    scored, sensitive, _ = people(np.random.default_rng(2))
    weights = np.random.default_rng(3).random(len(sensitive))
    weighted = score_predictions(scored.y, scored.predicted, weights=weights)
    report = fairness(weighted, sensitive[["sex"]])
    for key in ("demographic_parity_ratio", "equalized_odds_difference"):
        expected = getattr(metrics, key)(
            scored.y, scored.predicted, sensitive_features=sensitive["sex"], sample_weight=weights
        )
        assert gap(report, key).estimate.value == pytest.approx(expected, abs=1e-12)


def test_regression_groups_equal_fairlearn():
    metrics = pytest.importorskip("fairlearn.metrics")
    from sklearn.metrics import mean_absolute_error

    rng = np.random.default_rng(4)
    y = rng.normal(10, 1, 1000)
    side = rng.choice(["l", "r"], 1000)
    guess = y + rng.normal(size=1000) * np.where(side == "l", 1, 2)
    report = fairness(score_predictions(y, guess), pd.DataFrame({"side": side}))
    theirs = metrics.MetricFrame(
        metrics={"mae": mean_absolute_error, "mean_prediction": metrics.mean_prediction},
        y_true=y,
        y_pred=guess,
        sensitive_features=side,
    )
    for name, row in theirs.by_group.iterrows():
        for key in ("mae", "mean_prediction"):
            assert rates(report, f"side = {name}")[key].value == pytest.approx(row[key], abs=1e-12)
    difference = gap(report, "mean_absolute_error_difference", ("side",))
    assert difference.estimate.value == pytest.approx(theirs.difference()["mae"], abs=1e-12)
    assert (difference.worst, difference.best) == ("side = r", "side = l")
    ratio = gap(report, "mean_absolute_error_ratio", ("side",))
    assert ratio.estimate.value == pytest.approx(theirs.ratio()["mae"], abs=1e-12)
    assert ratio.estimate.high < 0.8


def test_four_fifths_is_told_with_its_doubt():
    y = np.tile([0, 1], 2000)
    side = np.repeat(["a", "b"], 2000)

    def judged(share, n=4000):
        selected = np.where(side == "a", 1, (np.arange(4000) % 100 < share * 100).astype(int))
        some = slice(2000 - n // 2, 2000 + n // 2)
        report = fairness(score_predictions(y[some], selected[some]), pd.DataFrame({"side": side[some]}))
        return gap(report, "demographic_parity_ratio", ("side",))

    assert judged(0.5).is_bad is True
    assert judged(0.95).is_bad is False
    doubtful = judged(0.8, n=400)
    assert doubtful.is_bad is None
    assert "perhaps under four fifths" in doubtful.verdict
    assert judged(0.5).worst == "side = b"


def test_small_groups_are_shown_and_not_compared():
    y = np.tile([0, 1], 250)
    side = np.repeat(["a", "b", "few"], [230, 230, 40])
    predicted = np.where(side == "few", 1, y)
    report = fairness(score_predictions(y, predicted), pd.DataFrame({"side": side}))
    few = next(one for one in report.groups if one.text == "side = few")
    assert few.is_too_small
    assert dict(few.rates)["selection_rate"].note == "only 40 rows"
    assert not any("few" in (one.worst, one.best) or "few" in one.verdict for one in report.gaps)
    assert "1 of 3 groups have fewer than 50 rows: too small to say" in report.note


def test_rate_over_few_rows_is_not_compared_in_a_large_group():
    side = np.repeat(["a", "b"], 300)
    y = np.zeros(600, int)
    y[:150] = 1
    y[300:310] = 1  # ten positives in b: a true positive rate nobody knows
    predicted = y.copy()
    predicted[300:310] = 0
    report = fairness(score_predictions(y, predicted), pd.DataFrame({"side": side}))
    keys = {one.key for one in report.gaps}
    assert "equal_opportunity_difference" not in keys
    assert "demographic_parity_difference" in keys


def test_no_group_selected_is_no_ratio():
    y = np.tile([0, 1], 100)
    report = fairness(
        score_predictions(y, np.zeros(200, int)), pd.DataFrame({"side": np.repeat(["a", "b"], 100)})
    )
    ratio = gap(report, "demographic_parity_ratio", ("side",))
    assert ratio.estimate.value is None
    assert ratio.is_bad is None
    assert ratio.verdict == "cannot say: the rate is 0 in every group"


def test_equal_groups_have_no_difference_beyond_noise():
    rng = np.random.default_rng(5)
    y, predicted = rng.integers(0, 2, 2000), rng.integers(0, 2, 2000)
    report = fairness(
        score_predictions(y, predicted), pd.DataFrame({"side": rng.choice(list("abcdef"), 2000)})
    )
    found = gap(report, "demographic_parity_difference", ("side",))
    assert found.estimate.low == 0
    assert found.verdict.startswith("no difference in selection rate beyond noise")


def test_age_is_cut_and_missing_is_a_group():
    rng = np.random.default_rng(6)
    age = pd.Series(rng.integers(18, 90, 1000), dtype="float").where(rng.random(1000) > 0.1)
    y = rng.integers(0, 2, 1000)
    report = fairness(score_predictions(y, y), pd.DataFrame({"age": age}))
    assert len(report.groups) == 5
    assert report.groups[-1].text == "age is missing"
    assert "age cut at quartiles" in report.note


def test_groups_of_rows_widen_intervals():
    rng = np.random.default_rng(7)
    person = np.repeat(np.arange(60), 40)
    side = np.where(person % 2 == 0, "a", "b")
    predicted = rng.integers(0, 2, 60)[person]
    y = rng.integers(0, 2, len(person))
    sensitive = pd.DataFrame({"side": side})
    alone = fairness(score_predictions(y, predicted), sensitive)
    together = fairness(score_predictions(y, predicted, groups=person), sensitive)

    def width(report):
        estimate = gap(report, "demographic_parity_difference", ("side",)).estimate
        return estimate.high - estimate.low

    assert width(together) > 1.5 * width(alone)
    assert "by whole groups" in together.note


def test_report_is_kept_and_read_back_and_never_says_fair():
    scored, sensitive, _ = people(np.random.default_rng(8), 1000)
    report = fairness(scored, sensitive)
    assert from_plain(FairnessReport, to_plain(report)) == report
    words = " ".join([report.summary, report.note, *(one.verdict for one in report.gaps)])
    assert "fair" not in words.lower()
    assert "base rates differ by sex" in report.note
    assert fairness(scored, sensitive) == report


def test_intersections_of_three_are_pairs_and_all():
    scored, sensitive, _ = people(np.random.default_rng(9), 1200)
    sensitive["side"] = np.tile(["l", "r"], 600)
    report = fairness(scored, sensitive)
    sizes = sorted({len(one.group) for one in report.groups})
    assert sizes == [1, 2, 3]
    assert len([one for one in report.groups if len(one.group) == 3]) == 12


def test_series_polars_and_several_classes():
    scored, sensitive, _ = people(np.random.default_rng(10), 400)
    whole = fairness(scored, sensitive[["sex"]])
    assert fairness(scored, sensitive["sex"]) == whole
    polars = pytest.importorskip("polars")
    assert fairness(scored, polars.DataFrame({"sex": sensitive["sex"].tolist()})) == whole
    y = np.arange(300) % 3
    report = fairness(score_predictions(y, np.roll(y, 1)), {"side": np.repeat(["a", "b"], 150)})
    assert {key for one in report.groups for key, _ in one.rates} == {"error"}


def test_what_cannot_be_compared_is_refused():
    scored, sensitive, _ = people(np.random.default_rng(11), 100)
    with pytest.raises(UsageError, match="sensitive has 99 rows, the scored data 100"):
        fairness(scored, sensitive.iloc[:99])
    with pytest.raises(UsageError, match="'list' has no groups"):
        fairness(scored, pd.DataFrame({"list": [[1]] * 100}))
    with pytest.raises(UsageError, match="no column"):
        fairness(scored, pd.DataFrame(index=range(100)))


@pytest.mark.slow
def test_intervals_of_the_gap_hold_the_true_gap():
    """Equal groups, and groups that differ: the true largest difference is inside in 95 %."""
    for true_rates in ([0.3, 0.3, 0.3, 0.3], [0.1, 0.3, 0.3, 0.5], [0.02, 0.02, 0.05, 0.05]):
        held, n_runs = 0, 200
        side = np.repeat(list("abcd"), 150)
        for seed in range(n_runs):
            rng = np.random.default_rng(seed)
            selected = (rng.random(600) < np.repeat(true_rates, 150)).astype(int)
            y = rng.integers(0, 2, 600)
            report = fairness(score_predictions(y, selected, positive=1), pd.DataFrame({"side": side}))
            found = gap(report, "demographic_parity_difference", ("side",)).estimate
            held += found.low <= max(true_rates) - min(true_rates) <= found.high
        assert held >= 0.92 * n_runs
