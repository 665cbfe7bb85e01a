"""Small models and ways to register them."""

from __future__ import annotations

import json

import pytest

from mlops_jupyter import config, models
from mlops_jupyter.records import Estimate, Evaluation, EvaluationReport, MetricResult, to_plain
from mlops_jupyter.store import as_row


@pytest.fixture(scope="session")
def made():
    """A function that fits a small model, another for each slope."""
    from sklearn.linear_model import Ridge

    def make(slope=1.0):
        return Ridge(alpha=0.1).fit([[0.0], [1.0], [2.0]], [0.0, slope, 2 * slope])

    return make


@pytest.fixture
def churn(registry, made):
    """A model with three versions."""
    return [models.register("churn", model=made(slope)) for slope in (1.0, 2.0, 3.0)]


@pytest.fixture
def evaluated(registry):
    """A function that writes an evaluation of a version, as evaluating does."""

    def write(version, value=0.8, *, low=0.75, high=0.85, data=None, baseline="", over=None, created_at=None):
        metric = MetricResult(
            "roc_auc",
            "AUC",
            Estimate(value, low, high, n=1000),
            True,
            True,
            baseline=Estimate(value - over.value, low - over.value, high - over.value) if over else None,
            over_baseline=over,
        )
        report = EvaluationReport(
            "binary", 1000, (metric,), f"AUC {value}", baseline=baseline, version_id=data
        )
        row = Evaluation(
            config.new_id(),
            created_at or config.now(),
            "binary",
            1000,
            "roc_auc",
            registry.objects.put(json.dumps(to_plain(report)).encode()),
            value,
            low,
            high,
            model_hash=version.object_hash,
            version_id=data,
            data_name="churn-test" if data else None,
            user_name=config.user_name(),
        )
        registry.insert("evaluations", as_row(row))
        return row

    return write
