"""What tracking adds to a small scikit-learn ``fit``, beside MLflow's autolog.

Run it as ``python tests/benchmarks/bench_autolog.py [--peer-python PATH]``. The fit takes about 5 ms
(``LogisticRegression``, liblinear, the 569 × 30 breast cancer data). Ours records params, data by
content, the model's file, code and environment; MLflow's autolog is set to do the same as far as it
can (``log_models``, ``log_datasets``), and once without models. The added time is that of the cell
and of what it made the next cell wait for: the model is saved behind the cell, and has to be copied
before the next cell begins.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from time import perf_counter

from common import Row, peer, percentile, run_script

REPEATS = 60
PEER_REPEATS = 5
BAR_S = 0.050

SETUP = """
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
X, y = load_breast_cancer(return_X_y=True)
"""
FIT = "model = LogisticRegression(solver='liblinear').fit(X, y)"

PEER = (
    """
import json, os, statistics, sys, time, warnings
warnings.simplefilter("ignore")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"
"""
    + SETUP
    + f"""
def fit():
    begun = time.perf_counter()
    {FIT}
    return time.perf_counter() - begun

fit()
plain = statistics.median(fit() for _ in range(20))
import logging, mlflow
logging.disable(logging.CRITICAL)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("bench")
mlflow.sklearn.autolog(log_models=sys.argv[1] == "models", log_datasets=True, silent=True)
fit()
tracked = statistics.median(fit() for _ in range({PEER_REPEATS}))
print(json.dumps({{"median_s": tracked - plain, "version": mlflow.__version__}}))
"""
)


def measure(peer_python: str | None) -> list[Row]:
    """Return the rows: what is added with model, data and environment, and without models."""
    rows = []
    for what, option, models in (
        ("model, data, environment", "", "models"),
        ("no model", " --no-models", "none"),
    ):
        ours = _ours(option)
        theirs = peer(peer_python, PEER, models)
        name = f"mlflow {theirs['version']} autolog" if "version" in theirs else ""
        note = theirs.get("missing", "")
        rows += [
            Row(
                f"5 ms fit tracked with {what}, added",
                statistics.median(ours),
                theirs.get("median_s"),
                bar=BAR_S,
                peer_name=name,
                note=note,
            ),
            Row("the same, p95", percentile(ours, 95)),
        ]
    return rows


def _ours(option: str) -> list[float]:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from mlops_jupyter.tracking.worker import worker

    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        os.environ |= {"MLOPS_REGISTRY": folder + "/.mlops", "IPYTHONDIR": folder}
        shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
        shell.run_line_magic("load_ext", "mlops_jupyter")
        shell.run_cell(SETUP)
        tracked = f"%%track bench{option}\n{FIT}"
        for source in (FIT, tracked, tracked):
            shell.run_cell(source)
        found = []
        for _ in range(REPEATS):
            seconds = []
            for source in (FIT, tracked):
                begun = perf_counter()
                shell.run_cell(source)
                shell.run_cell("pass")
                seconds.append(perf_counter() - begun)
            worker.wait()
            found.append(seconds[1] - seconds[0])
        shell.run_line_magic("unload_ext", "mlops_jupyter")
    return found


if __name__ == "__main__":
    run_script(measure)
