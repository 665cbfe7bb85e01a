"""How long a model takes to be registered and loaded again, beside MLflow's ``log_model`` and ``load_model``.

Run it as ``python tests/benchmarks/bench_models.py [--peer-python PATH]``. A forest of 100 trees fitted on
the 569 × 30 breast cancer data, and a logistic regression. Ours writes the file without pickle, its
signature, example, environment and event, and checks hash, versions and the example's answers when
it loads; MLflow writes a pickle with signature and input example (its skops format refuses
a forest unless the types are named), registers it, and loads it as it is.
Each repeat registers a model that differs from those before, since the same file is no new version.
"""

from __future__ import annotations

import tempfile
from time import perf_counter

from common import Row, Times, peer, run_script

REPEATS = 15
PEER_REPEATS = 3

SETUP = """
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
KINDS = {
    "forest": lambda seed: RandomForestClassifier(100, random_state=seed),
    "linear": lambda seed: LogisticRegression(solver="liblinear", C=1 + seed / 100),
}
"""

PEER = (
    """
import json, os, statistics, sys, time, warnings
warnings.simplefilter("ignore")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"
"""
    + SETUP
    + f"""
import logging, mlflow
logging.disable(logging.CRITICAL)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("bench")
written, loaded = [], []
for seed in range({PEER_REPEATS} + 1):
    model = KINDS[sys.argv[1]](seed).fit(X, y)
    signature = mlflow.models.infer_signature(X, model.predict(X))
    with mlflow.start_run():
        begun = time.perf_counter()
        mlflow.sklearn.log_model(
            model, name="model", registered_model_name="bench", signature=signature, input_example=X.head(5),
            serialization_format="cloudpickle",
        )
        written.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    mlflow.sklearn.load_model(f"models:/bench/{{seed + 1}}")
    loaded.append(time.perf_counter() - begun)
print(json.dumps({{
    "register_s": statistics.median(written[1:]),
    "load_s": statistics.median(loaded[1:]),
    "version": mlflow.__version__,
}}))
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return the rows: registering and loading, of a large and of a small model."""
    rows = []
    for kind, words in (("forest", "forest of 100 trees"), ("linear", "logistic regression")):
        written, loaded = _ours(kind)
        theirs = peer(peer_python, PEER, kind)
        name = f"mlflow {theirs['version']}" if "version" in theirs else ""
        note = theirs.get("missing", "")
        rows += [
            Row(f"register a {words}", written.median_s, theirs.get("register_s"), peer_name=name, note=note),
            Row(f"load a {words}", loaded.median_s, theirs.get("load_s"), peer_name=name, note=note),
        ]
    return rows


def _ours(kind: str) -> tuple[Times, Times]:
    from mlops_jupyter import models

    made: dict = {}
    exec(SETUP, made)
    written, loaded = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(REPEATS + 1):
            model = made["KINDS"][kind](seed).fit(made["X"], made["y"])
            begun = perf_counter()
            models.register("bench", model=model, X=made["X"], y=made["y"], registry=folder)
            written.append(perf_counter() - begun)
            begun = perf_counter()
            models.load_model(f"bench:{seed + 1}", registry=folder)
            loaded.append(perf_counter() - begun)
    return Times(tuple(written[1:])), Times(tuple(loaded[1:]))


if __name__ == "__main__":
    run_script(measure)
