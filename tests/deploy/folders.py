"""Folders as an export makes them, with small models in them, and clients that ask what serves them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import json
import os
import socket
import subprocess
import sys
import time

import numpy as np
import pandas as pd

ARROW = "application/vnd.apache.arrow.stream"


@functools.cache
def churn(n_rows=400):
    """People who leave: numbers whole and not, a category, missing values, a truth."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n_rows),
            "income": rng.normal(50.0, 10.0, n_rows),
            "plan": rng.choice(["a", "b", "c"], n_rows),
            "since": np.where(rng.random(n_rows) < 0.2, np.nan, rng.normal(0, 1, n_rows)),
            "has_car": rng.random(n_rows) < 0.5,
        }
    )
    y = pd.Series(np.where(X["age"] + 5 * X["has_car"] > 50, "yes", "no"), name="left")
    return X, y


@functools.cache
def churn_model():
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    X, y = churn()
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough"
    )
    return make_pipeline(encode, HistGradientBoostingClassifier(max_iter=5)).fit(X, y)


def make_folder(folder, model=None, X=None, y=None, *, settings=None, with_service=False, data=None, **about):
    """Write what the service's docstring says, for a model and the data that it was fitted on."""
    file, signature, example = _churn_parts() if model is None else _parts(model, X, y, data)
    digest = hashlib.sha256(file).hexdigest()
    manifest = {"name": "churn", "number": 4, "label": "churn:4", "sha256": digest}
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / "model/model.bin").write_bytes(file)
    (folder / "model/manifest.json").write_text(json.dumps(manifest | about))
    (folder / "model/schema.json").write_text(signature)
    if example:
        (folder / "model/example.json").write_text(example)
    (folder / "settings.json").write_text(json.dumps(settings or {}))
    if with_service:
        copy_service(folder)
    return folder


def _parts(model, X, y=None, data=None):
    from mlops_jupyter.formats import dump_model, example_of, signature_of
    from mlops_jupyter.records import to_plain

    example = example_of(model, X)
    return (
        dump_model(model).data if data is None else data,
        json.dumps(to_plain(signature_of(X, y, model))),
        "" if example is None else json.dumps(to_plain(example)),
    )


@functools.cache
def _churn_parts():
    return _parts(churn_model(), *churn())


def copy_service(folder):
    from mlops_jupyter.deploy.runtime import service_files

    for name, source in service_files().items():
        path = folder / "service" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)


def records(frame):
    """Rows as JSON has them, every digit kept."""
    return [
        {key: None if value != value else value for key, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def stream(frame):
    """A frame as an Arrow stream."""
    import pyarrow as pa

    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


class Client:
    """Asks an application in this process, one request after the other."""

    def __init__(self, app, runner):
        import httpx

        self.app, self.runner = app, runner
        self.opened = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")

    def request(self, method, path, **sent):
        return self.runner.run(self.opened.request(method, path, **sent))

    def get(self, path, **sent):
        return self.request("GET", path, **sent)

    def post(self, path, **sent):
        return self.request("POST", path, **sent)


@contextlib.contextmanager
def client(folder):
    """A client of the application in this process, which is started and stopped as a server does it."""
    from mlops_jupyter.deploy.service.app import create_app

    app = create_app(folder)
    with asyncio.Runner() as runner:
        living = app.router.lifespan_context(app)
        runner.run(living.__aenter__())
        made = Client(app, runner)
        try:
            yield made
        finally:
            runner.run(made.opened.aclose())
            runner.run(living.__aexit__(None, None, None))


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def running(folder, *options, **variables):
    """``python -m service`` in a folder: yields the process and its address, and ends it."""
    import httpx

    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "--port", str(port), *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 90
        while True:
            try:
                httpx.get(f"{address}/ping", timeout=5)
                break
            except httpx.TransportError:
                assert process.poll() is None, process.stdout.read()
                assert time.monotonic() < until, "the service did not start"
                time.sleep(0.05)
        yield process, address
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)
