"""Metrics of clusterings: how apart the clusters are, and how they agree with a truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UsageError
from .metrics import Floats, Metric
from .metrics_classes import Made, joined
from .scored import Scored

_MOST_ROWS = 2_000


def of_parts(scored: Scored) -> Made:
    """Return silhouette (Rousseeuw, 1987), Calinski-Harabasz, Davies-Bouldin; agreement where y is.

    The silhouette is a mean over rows (at most 2,000 of them, evenly drawn, since it compares all
    pairs); the clusters themselves are held fixed in its interval.
    """
    labels = np.unique(scored.predicted, return_inverse=True)[1].ravel()
    k = int(labels.max()) + 1
    metrics: list[Metric] = []
    parts: list[Any] = []
    X = _numbers(scored.X)  # noqa: N806 the field's letter
    if X is not None and 2 <= k < len(labels):
        metrics += [
            Metric("silhouette", "silhouette"),
            Metric("calinski_harabasz", "Calinski-Harabasz"),
            Metric("davies_bouldin", "Davies-Bouldin", is_higher_better=False),
        ]
        parts += [_silhouette(X, labels), _apart(X, labels, k)]
    if scored.y is not None:
        truth = np.unique(scored.y, return_inverse=True)[1].ravel()
        metrics += [
            Metric("adjusted_rand", "adjusted Rand"),
            Metric("nmi", "normalised mutual information"),
            Metric("v_measure", "V-measure"),
        ]
        parts.append(_agreement(truth * k + labels, (int(truth.max()) + 1, k)))
    if not metrics:
        raise UsageError(
            f"a clustering with {k} cluster(s) and no truth cannot be scored; give numeric X with at least "
            "two clusters, or y"
        )
    return tuple(metrics), joined(parts)


def _numbers(X: Any) -> Any:  # noqa: N803
    if X is None:
        return None
    try:
        table = np.asarray(X, np.float64)
    except (TypeError, ValueError):
        return None
    return table if table.ndim == 2 and np.isfinite(table).all() else None


def _silhouette(X: Any, labels: Any) -> Any:  # noqa: N803
    from sklearn.metrics import silhouette_samples

    rows = np.arange(len(labels))
    if len(rows) > _MOST_ROWS:
        rows = np.linspace(0, len(labels) - 1, _MOST_ROWS).astype(int)
    values = silhouette_samples(X[rows], labels[rows])
    return lambda w: [w[rows] @ values / w[rows].sum()]


def _apart(X: Any, labels: Any, k: int) -> Any:  # noqa: N803
    of_cluster = (labels[:, None] == np.arange(k)).astype(np.float64)

    def of(w: Floats) -> list[float]:
        members = w[:, None] * of_cluster
        sizes = members.sum(axis=0)
        if (sizes == 0).any():
            return [float("nan"), float("nan")]
        centres = (members.T @ X) / sizes[:, None]
        away = X - centres[labels]
        within = float(w @ (away**2).sum(axis=1))
        total = w.sum()
        middle = (w @ X) / total
        between = float(sizes @ ((centres - middle) ** 2).sum(axis=1))
        distance = members.T @ np.sqrt((away**2).sum(axis=1)) / sizes
        gaps = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=2))
        np.fill_diagonal(gaps, np.inf)
        overlap = ((distance[:, None] + distance[None]) / gaps).max(axis=1).mean()
        return [between * (total - k) / (within * (k - 1)) if within else 1.0, float(overlap)]

    return of


def _agreement(code: Any, shape: tuple[int, int]) -> Any:
    def of(w: Floats) -> list[float]:
        table = np.bincount(code, weights=w, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
        mutual = _v_measure(table)
        return [_rand(table), mutual, mutual]

    return of


def _rand(table: Floats) -> float:
    """Return the adjusted Rand index (Hubert and Arabie, 1985, eq. 5)."""
    pairs = _pairs(table).sum()
    rows, columns = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    expected = rows * columns / _pairs(table.sum())
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((pairs - expected) / (most - expected))


def _pairs(counts: Any) -> Any:
    return counts * (counts - 1) / 2


def _v_measure(table: Floats) -> float:
    """2 I / (H_a + H_b): V-measure (Rosenberg and Hirschberg, 2007) and NMI with the arithmetic mean."""
    share = table / table.sum()
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    there = share > 0
    mutual = (share[there] * np.log(share[there] / np.outer(rows, columns)[there])).sum()
    entropy = sum(-(part[part > 0] * np.log(part[part > 0])).sum() for part in (rows, columns))
    return 1.0 if not entropy else float(2 * mutual / entropy)
