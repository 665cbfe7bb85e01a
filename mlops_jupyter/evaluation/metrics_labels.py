"""Metrics of several labels a row, and of rankings within queries."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UsageError
from .metrics import Floats, Metric, ratio
from .metrics_classes import Made, joined, means
from .scored import Scored

_BEST = 10


def of_labels(scored: Scored) -> Made:
    """Return the metrics of several labels a row (scikit-learn's definitions)."""
    truth, taken = np.asarray(scored.y, bool), np.asarray(scored.predicted, bool)
    both, either = (truth & taken).astype(float), truth.astype(float) + taken
    metrics = [
        Metric("f1_micro", "F1 over all labels"),
        Metric("f1_macro", "F1, mean of labels"),
        Metric("subset_accuracy", "all labels right", is_rate=True),
        Metric("hamming_loss", "labels wrong", is_higher_better=False),
    ]
    wrong = truth != taken
    rows = [~wrong.any(axis=1), wrong.mean(axis=1)]
    if scored.scores is not None:
        metrics.append(Metric("lrap", "label ranking average precision"))
        rows.append(_label_ranking(truth, np.asarray(scored.scores, np.float64)))

    def f1(w: Floats) -> list[float]:
        right, all_of = w @ both, w @ either
        return [float(ratio(2 * right.sum(), all_of.sum())), float(ratio(2 * right, all_of).mean())]

    return tuple(metrics), joined([f1, means(rows)])


def of_ranking(scored: Scored) -> Made:
    """Return means over queries: NDCG at 10 (Järvelin and Kekäläinen, 2002), MAP and MRR.

    ``groups`` names each row's query; the truth is a relevance of at least 0, relevant from above 0.
    """
    if scored.groups is None:
        raise UsageError("a ranking needs groups: the query of each row; give groups=")
    score = scored.predicted if scored.scores is None else scored.scores
    score = np.asarray(score, np.float64).reshape(len(scored.y), -1)[:, -1]
    relevance = np.asarray(scored.y, np.float64)
    order = np.argsort(scored.groups, kind="stable")
    _, starts = np.unique(np.asarray(scored.groups)[order], return_index=True)
    queries = np.split(order, starts[1:])
    values = np.array([_of_query(relevance[rows], score[rows]) for rows in queries])
    firsts = order[starts]
    is_asked = np.array([relevance[rows].max() > 0 for rows in queries])
    metrics = (
        Metric("ndcg_at_10", "NDCG at 10"),
        Metric("map", "mean average precision"),
        Metric("mrr", "mean reciprocal rank"),
    )

    def of(w: Floats) -> Floats:
        of_queries = w[firsts] * is_asked
        answer: Floats = (of_queries @ values) / of_queries.sum() if of_queries.any() else np.full(3, np.nan)
        return answer

    return metrics, of


def _of_query(relevance: Floats, score: Floats) -> tuple[float, float, float]:
    from sklearn.metrics import average_precision_score, ndcg_score

    is_relevant = relevance > 0
    if not is_relevant.any():
        return 0.0, 0.0, 0.0
    if len(relevance) == 1:
        return 1.0, 1.0, 1.0
    best = score[is_relevant].max()
    # Ties count as the mean of the ranks they share.
    rank = (score > best).sum() + ((score == best).sum() + 1) / 2
    ndcg = float(ndcg_score([relevance], [score], k=_BEST))
    return ndcg, float(average_precision_score(is_relevant, score)), float(1 / rank)


def _label_ranking(truth: Any, score: Floats) -> Floats:
    from scipy.stats import rankdata

    ranks = rankdata(-score, method="max", axis=1)
    among = np.where(truth, -score, np.inf)
    own = np.where(truth, rankdata(among, method="max", axis=1), 0)
    counts = truth.sum(axis=1)
    values = ratio((own / ranks).sum(axis=1), counts)
    none_or_all = (counts == 0) | (counts == truth.shape[1])
    answer: Floats = np.where(none_or_all, 1.0, values)
    return answer
