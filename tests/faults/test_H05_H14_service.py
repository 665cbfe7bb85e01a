"""FAULTS H5–H11, H13, H14: a service asked badly, attacked, killed, flooded, and open to the world."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from ..deploy.folders import ARROW, churn, client, free_port, make_folder, records, running, stream

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    settings = {"max_rows": 50, "max_body_bytes": 20_000, "log": {"columns": ["age", "plan"]}}
    return make_folder(tmp_path_factory.mktemp("service"), settings=settings, with_service=True)


@pytest.fixture(scope="module")
def service(folder):
    with client(folder) as opened:
        yield opened


def row(**changes):
    return records(churn()[0].head(1))[0] | changes


def kept(folder):
    lines = []
    for path in sorted((folder / "log").glob("*.sqlite")):
        with sqlite3.connect(path) as database:
            lines += database.execute("SELECT request_id, features, predictions FROM predictions").fetchall()
        database.close()
    return lines


# --- H5: another model ------------------------------------------------------------------------


def test_H05_another_model_file_is_never_opened(tmp_path, monkeypatch):
    from mlops_jupyter.deploy.service import bundle
    from mlops_jupyter.errors import IntegrityError

    folder = make_folder(tmp_path)
    monkeypatch.setattr(bundle, "load_model", lambda *_, **__: pytest.fail("it was opened"))
    with (folder / "model/model.bin").open("ab") as file:
        file.write(b"x")
    with pytest.raises(IntegrityError, match=r"not the file that was exported: its SHA-256 is [0-9a-f]{64}"):
        bundle.read_bundle(folder)


def test_H05_the_environment_may_name_the_digest_too(tmp_path, monkeypatch):
    from mlops_jupyter.deploy.service import bundle
    from mlops_jupyter.errors import IntegrityError

    folder = make_folder(tmp_path)
    monkeypatch.setenv("MODEL_SHA256", "0" * 64)
    with pytest.raises(IntegrityError, match="MODEL_SHA256 says 0000"):
        bundle.read_bundle(folder)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_H05_the_server_does_not_start(tmp_path, workers):
    folder = make_folder(tmp_path, with_service=True, sha256="0" * 64)
    options = ["--port", str(free_port()), "--workers", workers]
    done = subprocess.run(
        [sys.executable, "-m", "service", *options], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "IntegrityError: model/model.bin is not the file that was exported" in done.stderr
    assert "Traceback" not in done.stderr


# --- H6: rows that do not fit -----------------------------------------------------------------

BAD = {
    "missing": ([{"age": 1}], "column 'income': expected this column in every row, found nothing"),
    "missing in one": ([row(), {"age": 3}], "column 'income' in row 1"),
    "null": ([row(age=None)], "column 'age' in row 0: expected a whole number, found null"),
    "text": ([row(), row(income="much")], "column 'income' in row 1: expected a number, found text 'much'"),
    "number for text": ([row(plan=3)], "column 'plan' in row 0: expected a text, found 3"),
    "number for truth": ([row(has_car=1)], "column 'has_car' in row 0: expected true or false, found 1"),
    "truth for number": ([row(income=True)], "column 'income' in row 0: expected a number, found true"),
    "part of one": ([row(age=31.5)], "column 'age' in row 0: expected a whole number, found 31.5"),
    "huge": ([row(age=10**25)], "column 'age' in row 0: expected a whole number, found 1e+25"),
    "infinite": ([row(income="-inf")], "column 'income' in row 0: expected a number, found -inf"),
    "NaN": ([row(income="NaN")], "column 'income' in row 0: expected a number, found null"),
    "list": ([row(income=[1])], "column 'income' in row 0: expected a number, found a list"),
    "object": ([row(plan={})], "column 'plan' in row 0: expected a text, found an object"),
    "no rows": ([], "there are no rows to answer"),
    "no columns": ({"columns": {}}, "there are no rows to answer"),
    "uneven": ({"columns": {"age": [1, 2], "plan": ["a"]}}, "columns differ in length"),
    "wide": ([[1, 2]], "row 0: expected 5 values, found 2"),
    "text alone": ("hello", "found text 'hello'; send a list of objects"),
    "null alone": (None, "found null; send a list of objects"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("path", ["/predict", "/invocations"])
def test_H06_what_does_not_fit_is_named(service, path, case):
    sent, words = BAD[case]
    answer = service.post(path, content=json.dumps(sent), headers=JSON)
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_H06_every_problem_is_counted_and_the_first_are_named(service):
    answer = service.post("/predict", json=[row(age="x")] * 40).json()
    assert (len(answer["problems"]), answer["n_problems"]) == (20, 40)
    assert answer["problems"][7] == {
        "column": "age",
        "row": 7,
        "expected": "a whole number",
        "found": "text 'x'",
        "message": "column 'age' in row 7: expected a whole number, found text 'x'",
    }


def test_H06_a_column_nearly_named_right_is_hinted_at(service):
    sent = {**row(), "Income": 3.0}
    del sent["income"]
    assert "did you mean 'Income'?" in service.post("/predict", json=[sent]).json()["message"]


def test_H06_other_order_extra_columns_and_whole_floats_are_answered(service):
    sent = dict(reversed(row(age=31.0, more={"x": [1]}).items()))
    assert service.post("/predict", json=[sent]).status_code == 200
    assert service.post("/predict", json=[row(since=None)]).status_code == 200
    assert service.post("/predict", content=json.dumps([row(since=np.nan)]), headers=JSON).status_code == 200


def test_H06_extra_columns_and_new_values_are_refused_where_that_is_set(tmp_path):
    choices = {"extra_columns": "refuse", "unseen": "refuse", "outside_range": "refuse"}
    with client(make_folder(tmp_path, settings=choices)) as strict:
        for changes, words in (
            ({"more": 1}, "does not know the column 'more'"),
            ({"plan": "z"}, "column 'plan' holds 'z', never seen before"),
            ({"age": 900}, "goes from 900 to 900, and the model saw"),
        ):
            answer = strict.post("/predict", json=[row(**changes)])
            assert answer.status_code == 422
            assert words in answer.json()["message"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 10_000, "application/json"),
        (b'[{"age": "\\ud800"}, NaN]', "application/json"),
        (b"[NaN" + b"[" * 10_000, "application/json"),
        (b'{"a": ' * 3_000, "application/json"),
        (b"", "text/csv"),
        (b'"', "text/csv"),
        (b"\xff", "text/csv"),
        (b"a\x00b\n1", "text/csv"),
        (b"", ARROW),
        (b"ARROW1\x00\x00" + bytes(100), ARROW),
        (stream(churn()[0].head(3))[:200], ARROW),
    ],
)
def test_H06_bodies_that_cannot_be_read_are_said_to_be_so(service, content, kind):
    answer = service.post("/predict", content=content, headers={"content-type": kind})
    assert answer.status_code in {400, 422}
    assert answer.json()["error"]


def test_H06_an_arrow_stream_is_looked_at_before_it_is_unpacked(service):
    import pyarrow as pa

    headers = {"content-type": ARROW}
    many = pa.table({"nothing": pa.nulls(10**9)})  # a billion rows in a few bytes
    assert len(stream(many)) < 1_000
    assert service.post("/predict", content=stream(many), headers=headers).status_code == 413
    packed, options = pa.BufferOutputStream(), pa.ipc.IpcWriteOptions(compression="zstd")
    table = pa.table({"age": np.zeros(10)})
    with pa.ipc.new_stream(packed, table.schema, options=options) as writer:
        writer.write_table(table)
    refused = service.post("/predict", content=bytes(packed.getvalue()), headers=headers)
    assert refused.status_code == 415
    assert "compressed" in refused.json()["message"]


def test_H06_arrow_columns_of_other_types_are_named(service):
    frame = churn()[0].head(2).assign(age=["x", "y"])
    answer = service.post("/predict", content=stream(frame), headers={"content-type": ARROW})
    assert "column 'age' in row 0: expected a whole number, found text 'x'" in answer.json()["message"]
    frame = churn()[0].head(2).assign(income=[1.0, np.inf])
    answer = service.post("/predict", content=stream(frame), headers={"content-type": ARROW})
    assert "column 'income' in row 1: expected a number, found inf" in answer.json()["message"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        [],
        {"inputs": []},
        {"inputs": [3]},
        {"inputs": [{"name": "age", "shape": [1], "datatype": "FP64"}]},
        {"inputs": [{"name": "age", "shape": [2], "datatype": "FP64", "data": [1]}]},
        {"inputs": [{"name": "age", "shape": [-1], "datatype": "FP64", "data": [1]}]},
        {"inputs": [{"name": "age", "shape": [1], "datatype": "COMPLEX", "data": [1]}]},
        {"inputs": [{"name": "age", "shape": [1], "datatype": "FP64", "data": [1]}] * 2},
        {"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3, 4]}]},
        {"inputs": [{"name": "x", "shape": [0, 5], "datatype": "FP64", "data": []}]},
        {"inputs": [{"name": "x", "shape": [1, 5], "datatype": "FP64", "data": [[[[[[[[[[1]]]]]]]]]]}]},
        {"id": 3, "inputs": [{"name": "age", "shape": [1], "datatype": "FP64", "data": [1]}]},
    ],
)
def test_H06_tensors_that_do_not_fit_are_refused(service, asked):
    answer = service.post("/v2/models/churn/infer", json=asked)
    assert answer.status_code == 422
    assert answer.json()["message"]


# --- H7: what models answer -------------------------------------------------------------------


class _Odd:
    """Answers what it is told to."""

    def __init__(self, answers):
        self.answers = answers

    def predict(self, X):
        if isinstance(self.answers, Exception):
            raise self.answers
        return self.answers


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        (np.array([1.5, np.nan, np.inf, -np.inf]), [1.5, "nan", "+inf", "-inf"]),
        (np.array([1, 2], dtype="int8"), [1, 2]),
        (np.array(["a", None], dtype=object), ["a", None]),
        (np.array([np.float32(0.5), np.int64(3)], dtype=object), [0.5, 3]),
        (np.array([[1.0, np.nan]]), [[1.0, "nan"]]),
        (np.array(["2026-01-01", "NaT"], dtype="datetime64[D]"), ["2026-01-01", ""]),
        (np.array([True]), [True]),
        (["lone \ud800"], ["lone ?"]),
    ],
)
def test_H07_every_answer_has_a_form_in_json(answers, sent):
    from mlops_jupyter.deploy.service import answers as written
    from mlops_jupyter.deploy.service.model import Model

    asked = Model(_Odd(answers)).ask(None)
    assert json.loads(written.as_json(asked)) == {"predictions": sent}
    assert written.as_csv(asked).startswith(b"prediction")


def test_H07_a_model_that_cannot_answer_is_no_fault_of_the_server(folder):
    with client(folder) as service:
        service.app.state.serving.bundle.model.fitted = _Odd(ValueError("not like this"))
        service.app.state.serving.bundle.model.has_probabilities = False
        answer = service.post("/predict", json=[row()])
        assert answer.status_code == 422
        assert answer.json()["error"] == "model_refused"
        assert "ValueError: not like this" in answer.json()["message"]
        assert "service_errors_total 1.0" in service.get("/metrics").text


# --- H8: the log cannot be written ------------------------------------------------------------


def dropped(service):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        text = service.get("/metrics").text
        line = next(
            one for one in text.splitlines() if one.startswith('service_log_lines_total{state="dropped"}')
        )
        if float(line.split()[-1]):
            return float(line.split()[-1])
        time.sleep(0.05)
    return 0.0


@pytest.mark.parametrize("is_awaited", [False, True])
def test_H08_without_a_place_for_the_log_predictions_are_answered_and_counted(tmp_path, caplog, is_awaited):
    folder = make_folder(tmp_path, settings={"log": {"is_awaited": is_awaited}})
    (folder / "log").write_text("a file where the folder should be")
    with client(folder) as service:
        assert service.post("/predict", json=[row()]).status_code == 200
        assert dropped(service) == 1
        assert "FileExistsError" in service.get("/health").json()["log"]["problem"]
    assert "predictions are not kept" in caplog.text


def test_H08_a_full_disk_loses_what_is_new_alone(tmp_path):
    from mlops_jupyter.deploy.service.log import Line
    from mlops_jupyter.deploy.service.logfile import LogFile
    from mlops_jupyter.deploy.service.settings import LogSettings

    file = LogFile(tmp_path, LogSettings(), ("m", "1", "0"))
    file.write([Line("first", 1, {}, [1])])
    file._database.execute("PRAGMA max_page_count = 8")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        file.write([Line("large", 1, {"text": ["x" * 1_000_000]}, [1])])
    with pytest.raises(OSError, match="a moment ago"):
        file.write([Line("soon", 1, {}, [1])])
    with sqlite3.connect(tmp_path / "predictions-1.sqlite") as database:
        assert database.execute("SELECT request_id FROM predictions").fetchall() == [("first",)]
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def _until(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


# --- H9: killed, and told to stop -------------------------------------------------------------


@pytest.mark.slow
def test_H09_what_was_acknowledged_is_kept_by_a_killed_service(tmp_path):
    import httpx

    settings = {"log": {"is_awaited": True, "columns": ["age"]}}
    folder = make_folder(tmp_path, settings=settings, with_service=True)
    answered = []
    with running(folder) as (process, address):

        def ask():
            with httpx.Client(base_url=address) as asking:
                while True:
                    try:
                        answered.append(
                            asking.post("/predict", json=[row()], timeout=30).json()["request_id"]
                        )
                    except (httpx.TransportError, KeyError):
                        return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        _until(lambda: len(answered) > 60)
        os.kill(process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(30)
    assert len(answered) > 60
    assert set(answered) <= {line[0] for line in kept(folder)}


@pytest.mark.slow
def test_H09_told_to_stop_it_finishes_what_it_was_asked(tmp_path):
    import httpx

    folder = make_folder(tmp_path, settings={"log": {"columns": ["age"]}}, with_service=True)
    rows = records(churn()[0])
    answers = []
    with running(folder) as (process, address):

        def ask():
            answers.append(httpx.post(f"{address}/predict", json=rows * 100, timeout=60))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        _until(lambda: "service_waiting 0.0" not in httpx.get(f"{address}/metrics", timeout=30).text)
        begun = time.monotonic()
        process.terminate()
        process.wait(30)
        assert time.monotonic() - begun < 12
        for thread in threads:
            thread.join(30)
    assert [len(answer.json()["predictions"]) for answer in answers] == [40_000] * 3
    assert len(kept(folder)) == 3


def test_H09_a_model_that_hangs_does_not_keep_the_service_from_stopping():
    import asyncio

    from mlops_jupyter.deploy.service.workers import Workers

    hold = threading.Event()

    async def ask():
        workers = Workers(1, lambda: None)
        workers.start()
        asked = asyncio.ensure_future(workers.do(hold.wait))
        await asyncio.sleep(0.05)
        assert workers.stop(0.05) is False
        hold.set()
        assert await asked is True

    asyncio.run(ask())


# --- H10: several workers ---------------------------------------------------------------------


@pytest.mark.slow
def test_H10_each_worker_writes_its_own_file_and_all_count_together(tmp_path):
    import httpx

    folder = make_folder(tmp_path, settings={"log": {"columns": ["age"]}}, with_service=True)
    with running(folder, "--workers", "2") as (_, address):
        asked = []

        def ask():  # a new connection each time, so that both are asked
            sent = {"json": [row()], "headers": {"x-request-id": f"r{len(asked)}"}, "timeout": 30}
            asked.append(httpx.post(f"{address}/predict", **sent).json()["request_id"])
            return len(asked) >= 40 and len(list((folder / "log").glob("*.sqlite"))) == 2

        _until(ask)
        text = httpx.get(f"{address}/metrics").text
        assert f'service_requests_total{{path="/predict",status="200"}} {len(asked)}.0' in text
    lines = kept(folder)
    assert sorted(line[0] for line in lines) == sorted(asked)


def test_H10_two_logs_in_one_folder_have_two_files(tmp_path):
    from mlops_jupyter.deploy.service.log import Line
    from mlops_jupyter.deploy.service.logfile import LogFile
    from mlops_jupyter.deploy.service.settings import LogSettings

    files = [LogFile(tmp_path, LogSettings(), ("m", "1", "0")) for _ in range(2)]
    for file in files:
        file.write([Line("r", 1, {}, [1])])
    assert sorted(path.name for path in tmp_path.glob("*.sqlite")) == [
        "predictions-1.sqlite",
        "predictions-2.sqlite",
    ]
    for file in files:
        file.close()
    again = LogFile(tmp_path, LogSettings(), ("m", "1", "0"))
    again.write([Line("r", 1, {}, [1])])
    again.close()
    assert len(list(tmp_path.glob("*.sqlite"))) == 2


# --- H11: personal data -----------------------------------------------------------------------


def test_H11_only_allowed_columns_are_kept(tmp_path):
    folder = make_folder(tmp_path, settings={"log": {"columns": ["age", "plan", "no such column"]}})
    with client(folder) as service:
        service.post("/predict", json=[row(age=44)], headers={"x-request-id": "r1"})
    (line,) = kept(folder)
    assert line[0] == "r1"
    assert json.loads(line[1]) == {"age": [44], "plan": [row()["plan"]]}


def test_H11_nothing_of_the_rows_is_kept_unless_it_is_named(tmp_path):
    folder = make_folder(tmp_path, settings=None)
    with client(folder) as service:
        service.post("/predict", json=[row()])
    (line,) = kept(folder)
    assert json.loads(line[1]) == {}
    assert json.loads(line[2]) in (["yes"], ["no"])


# --- H13, H14: open to the world, and flooded -------------------------------------------------


@pytest.mark.slow
def test_H13_it_listens_at_this_machine_alone_and_says_where_it_does_not(folder):
    with running(folder) as (process, address):
        assert address.startswith("http://127.0.0.1")
        process.terminate()
        told = process.communicate(timeout=60)[0]
    assert "everyone who reaches" not in told
    with running(folder, "--host", "0.0.0.0") as (process, _):
        process.terminate()
        told = process.communicate(timeout=60)[0]
    assert "everyone who reaches 0.0.0.0 can ask this model: set SERVICE_TOKEN" in told


def test_H13_the_documentation_is_off_unless_it_is_asked_for(service):
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert service.get(path).status_code == 404


def test_H13_with_a_token_nothing_but_signs_of_life_is_answered_without_it(folder, monkeypatch):
    monkeypatch.setenv("SERVICE_TOKEN", "s3cret")
    with client(folder) as service:
        for path in ("/metadata", "/prototype", "/metrics", "/v2/models/churn", "/nothing"):
            answer = service.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        for given in ("Bearer wrong", "Bearer", "Basic s3cret", "Bearer s3cret2", "Bearer \u00e9".encode()):
            assert service.post("/predict", json=[row()], headers={"authorization": given}).status_code == 401
        for path in ("/ping", "/health", "/v2/health/live", "/v2/health/ready"):
            assert service.get(path).status_code == 200
        good = {"authorization": "Bearer s3cret"}
        assert service.post("/predict", json=[row()], headers=good).status_code == 200


def test_H13_a_service_that_needs_a_token_does_not_start_without(tmp_path, monkeypatch):
    from mlops_jupyter.deploy.service.app import create_app
    from mlops_jupyter.deploy.service.settings import SettingsError

    monkeypatch.delenv("SERVICE_TOKEN", raising=False)
    folder = make_folder(tmp_path, settings={"needs_token": True})
    with pytest.raises(SettingsError, match="needs_token is set and the environment has no SERVICE_TOKEN"):
        create_app(folder)


def test_H14_too_many_rows_and_bytes_are_refused(service):
    answer = service.post("/predict", json=[[1]] * 51)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_many_rows")
    answer = service.post("/predict", content=b"x" * 20_001, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert answer.headers["connection"] == "close"


def test_H14_a_body_of_no_declared_length_is_stopped_where_it_is_too_long(service):
    async def endless():
        for _ in range(1_000):
            yield b" " * 1_000

    answer = service.post("/predict", content=endless(), headers=JSON)
    assert answer.status_code == 413


def test_H14_packed_bodies_are_refused(service):
    headers = JSON | {"content-encoding": "gzip"}
    assert service.post("/predict", content=b"x", headers=headers).status_code == 415


def test_H14_who_comes_while_too_many_wait_is_told_to_come_back(tmp_path):
    import asyncio

    folder = make_folder(tmp_path, settings={"max_waiting": 1, "concurrency": 1, "log": {"is_on": False}})
    with client(folder) as service:
        hold = threading.Event()
        serving = service.app.state.serving
        ask = serving.bundle.model.ask
        serving.bundle.model.ask = lambda *given, **more: hold.wait(20) and ask(*given, **more)

        async def flood():
            first = [asyncio.ensure_future(service.opened.post("/predict", json=[row()])) for _ in range(2)]
            while serving._workers.n_waiting < 2:
                await asyncio.sleep(0.01)
            refused = await service.opened.post("/predict", json=[row()])
            hold.set()
            return refused, await asyncio.gather(*first)

        refused, answered = service.runner.run(flood())
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert [one.status_code for one in answered] == [200, 200]


def test_H14_the_log_says_which_model_and_version_answered(tmp_path):
    folder = make_folder(tmp_path)
    with client(folder) as service:
        service.post("/predict", json=[row()])
    with sqlite3.connect(folder / "log/predictions-1.sqlite") as database:
        said = database.execute("SELECT model, version, sha256, n_rows FROM predictions").fetchone()
    database.close()
    assert said[:2] == ("churn:4", "4")
    assert len(said[2]) == 64
