"""What many looks at one hold-out do to a claim."""

from __future__ import annotations

from dataclasses import replace

from ..records import Estimate
from .intervals import expected_maximum, z_of


def ledger_claim(estimate: Estimate, n_models: int) -> tuple[Estimate, float]:
    """Return the interval that holds for the best of ``n_models``, and the gain luck alone would show.

    The interval is widened to a confidence of 1 - (1 - c) / n (Bonferroni; Dunn, 1961), by the ratio
    of the normal quantiles. The optimism is the standard error times the mean of the largest of n
    normal numbers: what the best of n equally good models shows above their true value.

    Examples
    --------
    >>> from mlops_jupyter.records import Estimate
    >>> wider, optimism = ledger_claim(Estimate(0.8, 0.78, 0.82), 10)
    >>> round(wider.low, 3), round(optimism, 4)
    (0.771, 0.0157)
    """
    if estimate.value is None or estimate.low is None or estimate.high is None or n_models < 2:
        return estimate, 0.0
    z = z_of(estimate.confidence)
    factor = z_of(1 - (1 - estimate.confidence) / n_models) / z
    low = estimate.value - factor * (estimate.value - estimate.low)
    high = estimate.value + factor * (estimate.high - estimate.value)
    error = (estimate.high - estimate.low) / (2 * z)
    wider = replace(estimate, low=low, high=high, note=f"holds for the best of {n_models:,} models")
    return wider, error * expected_maximum(n_models)
