"""The fast metrics of bootstrap samples of many rows vary as the exact ones do, for rare classes too."""

from __future__ import annotations

import numpy as np
import pytest

from mlops_jupyter.evaluation.metrics import measure
from mlops_jupyter.evaluation.scored import score_predictions


@pytest.mark.parametrize("base", [0.3, 0.005])
def test_samples_vary_as_the_exact_metrics_do(base):
    n, rng = 25_000, np.random.default_rng(0)
    p = 1 / (1 + np.exp(-(1.5 * rng.normal(size=n) + np.log(base / (1 - base)))))
    exact = measure(score_predictions((rng.random(n) < p).astype(int), (p > 0.5).astype(int), p))
    fast = exact.drawn()
    samples = [np.bincount(rng.integers(0, n, n), minlength=n).astype(float) for _ in range(40)]
    one, other = np.array([exact.of(w) for w in samples]), np.array([fast(w) for w in samples])
    assert (np.abs(one - other).max(axis=0) <= 0.05 * one.std(axis=0) + 1e-12).all()
    assert np.allclose(fast(np.ones(n)), exact.values(), rtol=0, atol=1e-12)
