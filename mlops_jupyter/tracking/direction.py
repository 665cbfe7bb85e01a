"""Whether more or less of a metric is better, from its name."""

from __future__ import annotations

import re

from ..records import Direction

_MIN = re.compile(
    r"(^|_)(loss|error|err|mse|rmse|mae|mape|smape|msle|rmsle|nll|brier|perplexity|ppl|wer|cer|fid|"
    r"regret|deviance|distance|divergence|ece|fpr|fnr|far|frr|latency|duration|time|seconds|cost|"
    r"drift|psi|aic|bic|inertia|davies|bouldin|pinball|poisson|gamma|residual|violations?|misses|missed)(_|$)"
)
_MAX = re.compile(
    r"(^|_)(auc|auroc|auprc|roc|prc|ap|map|accuracy|acc|precision|recall|sensitivity|specificity|"
    r"f\d?|f05|fbeta|score|r2|rsq|jaccard|iou|dice|kappa|mcc|matthews|ndcg|dcg|mrr|hit|hits|lift|"
    r"gini|ks|silhouette|harabasz|calinski|bleu|rouge|meteor|tpr|tnr|explained|likelihood|"
    r"correlation|corr|pearson|spearman|completeness|homogeneity|rand|purity|throughput|coverage|gain)(_|$)"
)


def direction_of(key: str) -> Direction | None:
    """Return ``max`` or ``min`` where the name of a metric says which is better, else None.

    Words are looked at from the end, because the last one is the noun: ``accuracy_loss`` is a
    loss. A leading ``neg`` turns an error into a score, as scikit-learn's names do.

    Examples
    --------
    >>> direction_of("test_auc"), direction_of("val/log_loss"), direction_of("epoch")
    ('max', 'min', None)
    >>> direction_of("neg_mean_squared_error")
    'max'
    """
    words = [word for word in re.split(r"[^a-z0-9]+", _snake(key)) if word]
    if words and words[0] in ("neg", "negative"):
        return "max"
    for word in reversed(words):
        if _MIN.search(word):
            return "min"
        if _MAX.search(word):
            return "max"
    return None


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
