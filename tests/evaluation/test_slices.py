"""Slices: what is planted is found, what is not there is not, and p-values are what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.errors import NotFoundError, UsageError
from mlops_jupyter.evaluation.scored import score_predictions
from mlops_jupyter.evaluation.slicing import slices
from mlops_jupyter.evaluation.slicing_asked import holm
from mlops_jupyter.evaluation.slicing_bins import cut
from mlops_jupyter.evaluation.slicing_chances import MARGIN, Draws, cluster_tail
from mlops_jupyter.evaluation.slicing_search import Search, slice_score
from mlops_jupyter.records import SliceReport, from_plain, to_plain


def frame(rng, n, n_columns=8):
    return pd.DataFrame(
        {
            f"c{i}": rng.normal(size=n) if i % 2 else rng.integers(0, 10, n).astype(str)
            for i in range(n_columns)
        }
    )


def planted(rng, X, base=0.1, is_planted=True):
    """Scored classes whose 1 % of rows (two conditions) have twice the error."""
    inside = (X.c0 == "3") & (X.c2 == "4")
    y = rng.integers(0, 2, len(X))
    wrong = rng.random(len(X)) < np.where(inside & is_planted, 2 * base, base)
    return score_predictions(y, np.where(wrong, 1 - y, y))


def test_planted_slice_is_found_with_its_size_and_interval():
    rng = np.random.default_rng(0)
    X = frame(rng, 40_000)
    report = slices(planted(rng, X, base=0.15), X)
    found = report.slices[0]
    assert found.text == "c0 = 3 and c2 = 4"
    assert found.is_worse
    assert found.is_found
    assert found.adjusted_p_value < 0.05
    rows = ((X.c0 == "3") & (X.c2 == "4")).sum()
    assert found.n == rows
    assert found.share == pytest.approx(rows / 40_000)
    assert found.estimate.low < found.estimate.value < found.estimate.high < found.rest.value
    assert found.lift == pytest.approx(found.mean_error / report.overall_error)
    assert report.summary.startswith("worst where c0 = 3 and c2 = 4")
    assert from_plain(SliceReport, to_plain(report)) == report


def test_one_condition_is_preferred_where_a_second_adds_nothing():
    rng = np.random.default_rng(1)
    X = frame(rng, 20_000)
    y = rng.normal(size=len(X))
    noise = rng.normal(size=len(X)) * np.where(X.c0 == "7", 3.0, 1.0)
    report = slices(score_predictions(y, y + noise), X)
    assert [one.text for one in report.slices] == ["c0 = 7"]
    assert report.metric_key == "mae"
    assert 2.2 < report.slices[0].lift < 2.8


def test_slice_that_only_shares_rows_with_a_worse_one_is_left_out():
    rng = np.random.default_rng(2)
    X = frame(rng, 20_000, 4)
    X["shadow"] = np.where((X.c0 == "1") | (rng.random(len(X)) < 0.1), "in", "out")
    wrong = rng.random(len(X)) < np.where(X.c0 == "1", 0.4, 0.1)
    y = rng.integers(0, 2, len(X))
    report = slices(score_predictions(y, np.where(wrong, 1 - y, y)), X)
    assert [one.text for one in report.slices] == ["c0 = 1"]


def test_clean_model_shows_no_slice():
    rng = np.random.default_rng(3)
    X = frame(rng, 10_000)
    report = slices(planted(rng, X, is_planted=False), X)
    assert report.slices == ()
    assert "no slice is worse beyond noise" in report.summary
    assert report.n_tested > 500


def test_asked_columns_are_all_shown_worse_better_and_too_small():
    rng = np.random.default_rng(4)
    group = np.repeat(["a", "b", "c", "few"], [1000, 1000, 1000, 20])
    y = rng.integers(0, 2, len(group))
    rate = pd.Series(group).map({"a": 0.3, "b": 0.15, "c": 0.02, "few": 0.15}).to_numpy()
    scored = score_predictions(y, np.where(rng.random(len(group)) < rate, 1 - y, y))
    report = slices(scored, pd.DataFrame({"group": group}), columns=["group"], find=False)
    by_text = {one.text: one for one in report.slices}
    assert [by_text[f"group = {name}"].is_worse for name in ("a", "b", "c", "few")] == [
        True,
        None,
        False,
        None,
    ]
    assert by_text["group = few"].verdict == "too few rows to say: 20"
    assert by_text["group = few"].adjusted_p_value is None
    assert not any(one.is_found for one in report.slices)
    assert report.slices[-1].text == "group = few"


def test_metric_of_a_slice_is_that_of_its_rows():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, 2000)
    p = np.clip(0.5 * y + rng.random(2000) * 0.6, 0, 1)
    group = rng.choice(["a", "b"], 2000)
    scored = score_predictions(y, (p > 0.5).astype(int), np.column_stack([1 - p, p]))
    report = slices(scored, pd.DataFrame({"g": group}), columns=["g"], find=False, metric="roc_auc")
    for one in report.slices:
        rows = group == one.text[-1]
        assert one.estimate.value == pytest.approx(roc_auc_score(y[rows], p[rows]), abs=1e-12)
        assert one.rest.value == pytest.approx(roc_auc_score(y[~rows], p[~rows]), abs=1e-12)
        assert one.estimate.method == "delong"


@pytest.mark.parametrize(("metric", "method"), [("f1", "bca"), ("log_loss", "t"), ("accuracy", "wilson")])
def test_intervals_fit_the_metric(metric, method):
    rng = np.random.default_rng(6)
    y = rng.integers(0, 2, 400)
    p = np.clip(0.2 + 0.5 * y + rng.normal(size=400) * 0.2, 0.01, 0.99)
    scored = score_predictions(y, (p > 0.5).astype(int), np.column_stack([1 - p, p]))
    X = pd.DataFrame({"g": np.repeat(["a", "b"], 200)})
    report = slices(scored, X, columns=["g"], find=False, metric=metric)
    assert {one.estimate.method for one in report.slices} == {method}
    assert report.metric_key == metric


def test_rmse_of_a_slice():
    y = np.zeros(200)
    scored = score_predictions(y, np.repeat([1.0, 3.0], 100), problem="regression")
    X = pd.DataFrame({"g": np.repeat(["a", "b"], 100)})
    report = slices(scored, X, columns=["g"], find=False, metric="rmse")
    assert {one.text: one.estimate.value for one in report.slices} == {"g = a": 1.0, "g = b": 3.0}


def test_rows_of_a_group_do_not_count_as_evidence_each():
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(60), 50)
    X = pd.DataFrame({"region": np.repeat(rng.integers(0, 6, 60).astype(str), 50)})
    wrong = rng.random(60)[groups] > 0.8  # whole groups are wrong, regions do not matter
    y = rng.integers(0, 2, len(groups))
    predicted = np.where(wrong, 1 - y, y)
    assert slices(score_predictions(y, predicted), X).slices
    assert not slices(score_predictions(y, predicted, groups=groups), X).slices


def test_weights_move_the_mean_loss():
    y = np.zeros(400)
    weights = np.repeat([1.0, 3.0], 200)
    scored = score_predictions(y, np.repeat([1.0, 2.0], 200), problem="regression", weights=weights)
    report = slices(scored, pd.DataFrame({"g": np.repeat(["a", "b"], 200)}), columns=["g"])
    assert report.overall_error == pytest.approx(1.75)
    assert next(one for one in report.slices if one.text == "g = b").is_worse


@pytest.mark.parametrize("kind", ["polars", "numpy", "arrow"])
def test_other_frames(kind):
    rng = np.random.default_rng(8)
    values = rng.normal(size=(2000, 3))
    y = np.zeros(2000)
    scored = score_predictions(y, np.where(values[:, 1] > 1.2, 2.0, 1.0) * rng.random(2000))
    if kind == "polars":
        X = pytest.importorskip("polars").DataFrame({f"x{i}": values[:, i] for i in range(3)})
    elif kind == "arrow":
        X = pytest.importorskip("pyarrow").table({f"x{i}": values[:, i] for i in range(3)})
    else:
        X = values
    assert slices(scored, X).slices[0].conditions[0].column == "x1"


def test_bins_hold_every_row_once_and_words_are_true():
    rng = np.random.default_rng(9)
    values = pd.Series(np.concatenate([rng.lognormal(size=990), [np.nan] * 5, [np.inf] * 3, [-np.inf] * 2]))
    parts = cut(values, "x")
    assert sum(parts.rows(part).sum() for part in range(len(parts.conditions))) == 1000
    for part, condition in enumerate(parts.conditions):
        some = values[parts.rows(part)]
        if condition.is_missing:
            assert some.isna().all()
        else:
            assert condition.low is None or (some >= condition.low).all()
            assert condition.high is None or (some < condition.high).all()


def test_times_booleans_rare_levels_and_lists():
    times = pd.Series(pd.date_range("2024-01-01", periods=400, tz="Europe/Berlin"))
    texts = [one.text for one in cut(times, "day", n_bins=4).conditions]
    assert texts[1].startswith("day in [2024-04-")
    assert len(texts) == 4
    assert [one.text for one in cut(pd.Series([True, False]), "b").conditions] == ["b = False", "b = True"]
    rare = cut(pd.Series(["a"] * 50 + ["b"] * 2), "r", least=10)
    assert len(rare.conditions) == 1
    assert (rare.codes == 1).sum() == 2
    assert cut(pd.Series([[1], [2]]), "lists") is None


def test_tail_of_a_draw_is_that_of_shuffling():
    rng = np.random.default_rng(10)
    losses = rng.lognormal(0, 1.2, size=400)
    draws = Draws(losses)
    sums = np.array([rng.permutation(losses)[:60].sum() for _ in range(20_000)])
    for share in (0.9, 0.99, 0.999):
        at = float(np.quantile(sums, share))
        assert draws.tail(at, 60) / MARGIN == pytest.approx(1 - share, rel=0.35)


def test_tail_reaches_the_largest_sum_and_stays_a_chance():
    losses = np.arange(100.0)
    draws = Draws(losses)
    most = losses[-50:].sum()
    assert 0 <= draws.tail(most, 50) < 1e-20
    assert draws.tail(losses.mean() * 50, 50) > 0.4
    assert draws.tail(0.0, 50) == 1.0
    assert Draws(np.ones(100)).tail(50, 50) == 1.0


def test_saddlepoint_equals_the_exact_tail_of_mistakes():
    rng = np.random.default_rng(11)
    losses = (rng.random(5000) < 0.1).astype(float)
    exact, near = Draws(losses), Draws(losses + 1e-9 * rng.random(5000))
    for k in (25, 30, 40):
        # between two counts: the approximation knows no steps
        assert near.tail(k - 0.5, 150) / MARGIN == pytest.approx(exact.tail(k, 150), rel=0.15)


def test_cluster_tail_is_not_fooled_by_one_group():
    losses = np.concatenate([np.ones(50), np.zeros(450)])
    rows = np.arange(500) < 100
    alone = cluster_tail(losses, rows, np.arange(500) // 50)
    assert alone > 0.05 > cluster_tail(losses, rows, np.arange(500))


def test_score_prefers_a_large_slice_of_the_same_lift():
    assert slice_score(0.2, 2000, 0.1, 10_000, 100) > slice_score(0.2, 100, 0.1, 10_000, 100)
    assert float(slice_score(0.15, 100, 0.1, 10_000, 100)) == pytest.approx(0.0)


def test_columns_left_out_of_pairs_count_as_tested():
    rng = np.random.default_rng(12)
    parts = [cut(frame(rng, 2000)[name], name) for name in ("c0", "c1", "c2", "c3")]
    losses = rng.random(2000)
    some = Search(parts, losses, least=5, paired={0, 1})
    assert some.n_tested == 40 + 6 * 100 - (100 - some._is_tested[40 + 4 :].sum())
    assert Search(parts, losses, least=5, depth=1).n_tested == 40


def test_holm_stays_between_the_raw_and_bonferroni():
    raw = [0.001, 0.2, 0.03, 0.04]
    adjusted = holm(raw)
    assert all(one <= other <= min(1, 4 * one) for one, other in zip(raw, adjusted, strict=True))
    assert holm([]) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": ["c9x"]}, "no column 'c9x'"),
        ({"max_depth": 3}, "max_depth is 3; expected 1 or 2"),
        ({"alpha": 0}, "alpha is 0"),
        ({"metric": "rmse"}, "'rmse' cannot be computed for this binary"),
    ],
)
def test_options_are_refused_with_the_value(options, words):
    rng = np.random.default_rng(13)
    X = frame(rng, 100)
    with pytest.raises((UsageError, NotFoundError), match=words):
        slices(planted(rng, X), X, **options)


def test_rows_must_match_and_problem_must_have_a_loss():
    rng = np.random.default_rng(14)
    X = frame(rng, 100)
    with pytest.raises(UsageError, match="X has 99 rows, the scored data 100"):
        slices(planted(rng, X), X.iloc[:99])
    ranked = score_predictions(
        np.arange(100) % 3, np.arange(100.0), problem="ranking", groups=np.arange(100) // 10
    )
    with pytest.raises(UsageError, match="ranking"):
        slices(ranked, X)


def test_perfect_and_hopeless_models():
    X = pd.DataFrame({"g": np.repeat(["a", "b"], 100)})
    y = np.tile([0, 1], 100)
    assert slices(score_predictions(y, y), X).overall_error == 0
    assert slices(score_predictions(y, 1 - y), X).slices == ()


@pytest.mark.slow
def test_planted_always_in_top_five_and_at_most_five_percent_false():
    false, n_runs = 0, 60
    for seed in range(n_runs):
        rng = np.random.default_rng(100 + seed)
        X = frame(rng, 50_000, 10)
        report = slices(planted(rng, X, base=0.1), X)
        assert "c0 = 3 and c2 = 4" in [one.text for one in report.slices[:5]]
        n = 5_000
        few = X.iloc[:n]
        clean = score_predictions(np.zeros(n), rng.lognormal(0, 1, n))
        false += bool(slices(clean, few).slices)
    assert false <= 7  # 60 runs at 5 %: more than 7 in 1.6 % of cases
