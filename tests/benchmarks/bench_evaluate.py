"""A whole evaluation of 100,000 rows, beside ``mlflow.models.evaluate`` and skore's report.

Run it as ``python tests/benchmarks/bench_evaluate.py [--peer-python PATH:PATH]``; peers that cannot live in
one environment have an interpreter each.

The model is scikit-learn's histogram boosting, fitted on 20,000 rows of 20 columns (12 numbers, 8 of six
whole values each), and the same in every interpreter. Ours: ten metrics beside a dummy, each with an interval
of 1,000 bootstrap samples, five curves with bands, the search for slices, pitfalls; then the parts alone.
MLflow: its default evaluator for classifiers without SHAP; its numbers have no interval, and its curves
are pictures that it writes. skore: summary of its metrics, ROC, precision and recall, confusion matrix,
calibration curve; no interval. Importance: 10 repeats on 5,000 rows, skore's of scikit-learn.

``as many answers`` is ours without what peers have not: no intervals, no slices, no dummy.
"""

from __future__ import annotations

from typing import Any

from common import Row, peer, run_script, timed

ROWS = 100_000
REPEATS = 3

DATA = f"""
import warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
rng, n = np.random.default_rng(0), {ROWS} + 20_000
X = pd.DataFrame(rng.normal(size=(n, 12)), columns=[f"n{{i}}" for i in range(12)])
for i in range(8):
    X[f"k{{i}}"] = rng.integers(0, 6, n)
logit = 1.2 * X.n0 - 0.8 * X.n1 * (X.k0 > 2) + 0.5 * (X.k1 == 3) - 1
y = (rng.random(n) < 1 / (1 + np.exp(-logit.to_numpy()))).astype(int)
model = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(X[:20_000], y[:20_000])
X, y = X[20_000:].reset_index(drop=True), y[20_000:]
"""

MLFLOW = (
    DATA
    + f"""
import json, logging
logging.disable(logging.CRITICAL)
import mlflow
from common import timed
mlflow.set_tracking_uri("sqlite:///mlflow.db")
whole = X.assign(target=y)
quiet = {{"default": {{"log_explainer": False, "log_model_explainability": False}}}}
with mlflow.start_run():
    uri = mlflow.sklearn.log_model(model, name="model", serialization_format="cloudpickle").model_uri

def evaluate():
    with mlflow.start_run():
        mlflow.models.evaluate(uri, whole, targets="target", model_type="classifier",
                               evaluators=["default"], evaluator_config=quiet)

print(json.dumps({{"whole": timed(evaluate, repeats={REPEATS}, warm=1).median_s}}))
"""
)

SKORE = (
    DATA
    + f"""
import json
from skore import EstimatorReport
from common import timed

def evaluate():
    report = EstimatorReport(model, X_test=X, y_test=y)
    report.metrics.summarize().frame()
    for curve in (report.metrics.roc, report.metrics.precision_recall, report.metrics.confusion_matrix,
                  report.inspection.calibration_curve):
        curve()

def explain():
    EstimatorReport(model, X_test=X[:5000], y_test=y[:5000]).inspection.permutation_importance(
        n_repeats=10, metric="roc_auc", seed=0)

print(json.dumps({{
    "whole": timed(evaluate, repeats={REPEATS}, warm=1).median_s,
    "explain": timed(explain, repeats={REPEATS}, warm=1).median_s,
}}))
"""
)


def _ours() -> dict[str, float]:
    """Return the seconds of the whole and of its parts."""
    from mlops_jupyter.evaluation import best_threshold, curves, evaluate, explain, score_model
    from mlops_jupyter.records import Costs

    made: dict[str, Any] = {}
    exec(DATA, made)  # the same text that the peers run
    model, X, y = made["model"], made["X"], made["y"]
    scored, some = score_model(model, X, y), score_model(model, X[:5000], y[:5000])
    works = {
        "whole": lambda: evaluate(model, X, y),
        "bare": lambda: evaluate(model, X, y, n_bootstrap=0, find_slices=False, dummy=False),
        "answers": lambda: score_model(model, X, y),
        "curves": lambda: curves(scored),
        "threshold": lambda: best_threshold(scored, Costs(false_positive=5, false_negative=30)),
        "explain": lambda: explain(model, some, X[:5000], y[:5000], metric="roc_auc", with_shap=False),
    }
    return {name: timed(work, repeats=REPEATS, warm=1).median_s for name, work in works.items()}


def measure(peer_python: str | None) -> list[Row]:
    """Measure ours, then each peer in its own interpreter."""
    ours, mlflow, skore = _ours(), peer(peer_python, MLFLOW), peer(peer_python, SKORE)
    rows = f"{ROWS:,} rows × 20"
    return [
        Row(
            f"evaluate {rows}, 1,000 bootstraps, slices, curves",
            ours["whole"],
            mlflow.get("whole"),
            bar=10,
            peer_name="mlflow",
            note=mlflow.get("missing", "mlflow: no intervals, no slices"),
        ),
        Row(
            "the same",
            ours["whole"],
            skore.get("whole"),
            bar=10,
            peer_name="skore",
            note=skore.get("missing", "skore: no intervals, no slices"),
        ),
        Row("as many answers as mlflow", ours["bare"], mlflow.get("whole"), peer_name="mlflow"),
        Row("as many answers as skore", ours["bare"], skore.get("whole"), peer_name="skore"),
        Row("of it: the model's answers", ours["answers"]),
        Row("of it: five curves with bands", ours["curves"]),
        Row("threshold with costs, cross-fitted", ours["threshold"]),
        Row(
            "importance of 20 features, 5,000 rows × 10 repeats",
            ours["explain"],
            skore.get("explain"),
            peer_name="skore",
            note="ours with intervals, groups and dependence",
        ),
    ]


if __name__ == "__main__":
    run_script(measure)
