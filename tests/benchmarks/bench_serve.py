"""How long a served model takes to answer, beside bare FastAPI, ``mlflow models serve`` and vetiver.

Run it as ``python tests/benchmarks/bench_serve.py [--peer-python PATH:PATH]``. Two models: a pipeline with an
encoder and histogram gradient boosting on five mixed columns (100 rounds), and a scaler with a logistic
regression on the 30 columns of the breast cancer data, whose own answer takes next to no time. Each server is
a process of its own with one thread for the libraries; requests go to them in turn over kept connections,
so that a busy moment of the machine meets them all. Throughput is that of four connections at once.

Bare FastAPI is what people write: a typed list of rows, a frame, ``predict_proba``, lists. Ours checks
every value against the signature, answers labels and probabilities, counts, and keeps each prediction in
its log with all input columns; MLflow and vetiver answer labels.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TextIO

from common import Row, Times, interleaved, percentile, run_script

REPEATS = {1: 400, 1_000: 60}
CONNECTIONS, REQUESTS, ROUNDS = 4, 40, 5
STARTS_S = 180
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

SETUP = """
import numpy as np, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

def boosting():
    rng, n = np.random.default_rng(0), 5_000
    X = pd.DataFrame({
        "age": rng.integers(18, 80, n), "income": rng.normal(50, 10, n), "balance": rng.normal(0, 1, n),
        "plan": rng.choice(["a", "b", "c"], n), "region": rng.choice(["north", "south", "west"], n),
    })
    y = np.where(X["age"] + 10 * X["balance"] + rng.normal(0, 9, n) > 50, "yes", "no")
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["plan", "region"]),
        remainder="passthrough",
    )
    return make_pipeline(encode, HistGradientBoostingClassifier(random_state=0)).fit(X, y), X

def linear():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), X
"""

BARE = """
import sys
import uvicorn
from fastapi import FastAPI
from pydantic import create_model
model, X = globals()[sys.argv[1]]()
kinds = {"i": int, "f": float}
Rows = list[create_model("Rows", **{name: (kinds.get(X[name].dtype.kind, str), ...) for name in X})]
app = FastAPI()

@app.get("/ping")
def ping():
    return {}

@app.post("/predict")
def predict(rows: Rows):
    frame = pd.DataFrame([row.model_dump() for row in rows])
    return {"probabilities": model.predict_proba(frame).tolist()}

uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
"""

MLFLOW = """
import os, sys, warnings
warnings.simplefilter("ignore")
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
import mlflow
model, X = globals()[sys.argv[1]]()
signature = mlflow.models.infer_signature(X, model.predict(X.head()))
mlflow.sklearn.save_model(model, "served", signature=signature, serialization_format="cloudpickle")
here = os.path.dirname(sys.executable)
os.environ["PATH"] = f"{here}{os.pathsep}{os.environ['PATH']}"
words = ["models", "serve", "-m", "served", "--env-manager", "local", "-p", sys.argv[2]]
os.execv(os.path.join(here, "mlflow"), ["mlflow", *words])
"""

VETIVER = """
import sys
import uvicorn
from vetiver import VetiverAPI, VetiverModel
model, X = globals()[sys.argv[1]]()
served = VetiverModel(model, "bench", prototype_data=X.head(5))
uvicorn.run(VetiverAPI(served, check_prototype=True).app, port=int(sys.argv[2]), log_level="warning")
"""


class Server:
    """A server that answers at a port; ``wrap`` puts rows in its form."""

    def __init__(self, path: str, port: int, wrap: Callable[[list[dict]], object]) -> None:
        self.path = path
        self.port = port
        self.wrap = wrap
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, body: bytes, connection: http.client.HTTPConnection | None = None) -> bytes:
        """Return the answer to a body."""
        asking = connection or self.connection
        try:
            answer = self._answer(asking, body)
        except ConnectionError:  # a connection that was idle for some seconds was closed
            asking.close()
            answer = self._answer(asking, body)
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{self.path}: {answer.status}: {content[:300]!r}")
        return content

    def _answer(self, asking: http.client.HTTPConnection, body: bytes) -> http.client.HTTPResponse:
        asking.request("POST", self.path, body, {"content-type": "application/json"})
        return asking.getresponse()

    def per_second(self, body: bytes) -> float:
        """Return how many requests are answered in a second over several connections."""

        def ask() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            for _ in range(REQUESTS):
                self.ask(body, connection)
            connection.close()

        threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
        begun = perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return CONNECTIONS * REQUESTS / (perf_counter() - begun)


def measure(peer_python: str | None) -> list[Row]:
    """Start the servers of each model, ask them in turn, and say what they took."""
    rows = []
    for kind in ("boosting", "linear"):
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            sent = _export(Path(folder), kind)
            servers = {
                name: stack.enter_context(one) for name, one in _servers(Path(folder), kind, peer_python)
            }
            rows += _compared(kind, servers, sent)
    return rows


def _compared(kind: str, servers: dict[str, Server], sent: list[dict]) -> Iterator[Row]:
    for n_rows, repeats in REPEATS.items():
        bodies = {
            name: json.dumps(server.wrap(_some(sent, n_rows))).encode() for name, server in servers.items()
        }
        asks = {name: partial(server.ask, bodies[name]) for name, server in servers.items()}
        times = interleaved(asks, repeats=repeats, warm=10)
        for percent in (50, 99):
            ours = percentile(times["ours"].seconds, percent)
            for name in servers:
                if name != "ours":
                    yield _row(f"{kind}, {n_rows:,} rows, p{percent}", ours, times[name], percent, name)
        if n_rows == 1:
            rates = _rates(servers, bodies)
            for name, rate in rates.items():
                if name != "ours":
                    bar = rate / 1.3 if name == "bare FastAPI" else rate
                    what = f"{kind}, one row, {CONNECTIONS} connections"
                    yield Row(what, rates["ours"], rate, "requests/s", bar=bar, peer_name=name)


def _rates(servers: dict[str, Server], bodies: dict[str, bytes]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            found[name].append(server.per_second(bodies[name]))
    return {name: statistics.median(rates) for name, rates in found.items()}


def _row(what: str, ours: float, theirs: Times, percent: int, name: str) -> Row:
    value = percentile(theirs.seconds, percent)
    factor = 1.3 if name == "bare FastAPI" else 1.0
    return Row(what, ours, value, "s", bar=factor * value, peer_name=name)


def _some(sent: list[dict], n_rows: int) -> list[dict]:
    return (sent * (n_rows // len(sent) + 1))[:n_rows]


def _export(folder: Path, kind: str) -> list[dict]:
    """Write the folder of our service, and return rows to ask."""
    from mlops_jupyter.deploy.runtime import service_files
    from mlops_jupyter.formats import dump_model, signature_of
    from mlops_jupyter.records import to_plain

    space: dict = {}
    exec(SETUP, space)  # the same lines that the peers run
    model, X = space[kind]()
    data = dump_model(model).data
    manifest = {"name": "bench", "sha256": hashlib.sha256(data).hexdigest()}
    texts = {
        "model/manifest.json": json.dumps(manifest),
        "model/schema.json": json.dumps(to_plain(signature_of(X, model=model))),
        "settings.json": json.dumps({"log": {"columns": list(X)}}),
        **{f"service/{name}": source for name, source in service_files().items()},
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "model/model.bin").write_bytes(data)
    return X.head(1_000).to_dict(orient="records")


def _servers(
    folder: Path, kind: str, peer_python: str | None
) -> Iterator[tuple[str, contextlib.AbstractContextManager[Server]]]:
    def same(rows: list[dict]) -> object:
        return rows

    def split(rows: list[dict]) -> object:
        return {"dataframe_split": {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}}

    ours = [sys.executable, "-m", "service", "--port"]
    yield "ours", _started(ours, "/predict", same, folder)
    yield "bare FastAPI", _started(_code(sys.executable, BARE, kind), "/predict", same, folder)
    for name, module, code, path, wrap in (
        ("mlflow models serve", "mlflow", MLFLOW, "/invocations", split),
        ("vetiver", "vetiver", VETIVER, "/predict", same),
    ):
        if (python := _having(peer_python, module)) is not None:
            yield name, _started(_code(python, code, kind), path, wrap, folder)


def _code(python: str, code: str, kind: str) -> list[str]:
    return [python, "-c", SETUP + code, kind]


def _having(peer_python: str | None, module: str) -> str | None:
    for python in (peer_python or "").split(os.pathsep):
        if python and not subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode:
            return python
    return None


@contextlib.contextmanager
def _started(
    words: list[str], path: str, wrap: Callable[[list[dict]], object], folder: Path
) -> Iterator[Server]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    told = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed below, after the process has ended
    process = subprocess.Popen(
        [*words, str(port)],
        cwd=folder,
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.DEVNULL,
        stderr=told,
        start_new_session=True,
    )
    try:
        _wait(process, port, told)
        yield Server(path, port, wrap)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(60)
        told.close()


def _wait(process: subprocess.Popen, port: int, told: TextIO) -> None:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until:
        if process.poll() is not None:
            told.seek(0)
            raise RuntimeError(f"a server ended before it answered: {told.read()[-500:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError("a server did not start")


if __name__ == "__main__":
    run_script(measure)
