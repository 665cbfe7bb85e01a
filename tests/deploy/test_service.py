"""The service asked in this process: every address, every form, the answers of the model itself."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from .folders import ARROW, churn, churn_model, client, make_folder, records, stream

CSV = "text/csv"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = make_folder(
        tmp_path_factory.mktemp("service"), settings={"has_docs": True, "log": {"is_on": False}}
    )
    with client(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def rows():
    return churn()[0].head(7)


@pytest.fixture(scope="module")
def expected(rows):
    return churn_model().predict(rows).tolist(), churn_model().predict_proba(rows).tolist()


def split(rows):
    return {"columns": list(rows), "data": [list(one.values()) for one in records(rows)]}


def columns(rows):
    return {name: [one[name] for one in records(rows)] for name in rows}


FORMS = {
    "list": records,
    "records": lambda rows: {"records": records(rows)},
    "columns": lambda rows: {"columns": columns(rows)},
    "bare columns": columns,
    "split": split,
    "other order": lambda rows: records(rows[rows.columns[::-1]]),
    "lists": lambda rows: split(rows)["data"],
    "dataframe_split": lambda rows: {"dataframe_split": split(rows)},
    "dataframe_records": lambda rows: {"dataframe_records": records(rows)},
    "instances": lambda rows: {"instances": records(rows)},
    "inputs": lambda rows: {"inputs": columns(rows)},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_json_is_answered_to_the_last_bit(service, rows, expected, form):
    answer = service.post("/predict", json=FORMS[form](rows))
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == expected[0]
    assert answer.json()["probabilities"] == expected[1]
    assert answer.json()["classes"] == ["no", "yes"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("form", [form for form in FORMS if form != "bare columns"])
def test_mlflow_is_answered_in_its_form(service, rows, expected, form):
    answer = service.post("/invocations", json=FORMS[form](rows))
    assert answer.json() == {"predictions": expected[0]}


def test_csv_is_answered_to_the_last_bit(service, rows, expected):
    sent = rows.to_csv(index=False)
    answer = service.post("/predict", content=sent, headers={"content-type": CSV, "accept": CSV})
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == ["prediction", "probability_no", "probability_yes"]
    assert [line[0] for line in lines[1:]] == expected[0]
    assert [[float(one) for one in line[1:]] for line in lines[1:]] == expected[1]


def test_arrow_is_answered_to_the_last_bit(service, rows, expected):
    import pyarrow as pa

    headers = {"content-type": ARROW, "accept": ARROW}
    answer = service.post("/predict", content=stream(rows), headers=headers)
    assert answer.status_code == 200, answer.text
    table = pa.ipc.open_stream(answer.content).read_all().to_pydict()
    assert table["prediction"] == expected[0]
    assert np.column_stack([table["probability_no"], table["probability_yes"]]).tolist() == expected[1]


def test_one_record_alone_is_one_row(service, rows, expected):
    answer = service.post("/predict", json=records(rows)[0])
    assert answer.json()["predictions"] == expected[0][:1]


def test_tensors_of_version_2_are_columns(service, rows, expected):
    inputs = [
        {"name": name, "shape": [len(values)], "datatype": "BYTES", "data": values}
        for name, values in columns(rows).items()
    ]
    answer = service.post("/v2/models/churn/infer", json={"id": "mine", "inputs": inputs}).json()
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("churn", "4", "mine")
    labels, probabilities = answer["outputs"]
    assert (labels["name"], labels["datatype"], labels["data"]) == ("predict", "BYTES", expected[0])
    assert (probabilities["shape"], probabilities["datatype"]) == ([7, 2], "FP64")
    assert probabilities["data"] == np.ravel(expected[1]).tolist()


def test_probabilities_can_be_left_out(service, rows, expected):
    answer = service.post("/predict?probabilities=false", json=records(rows)).json()
    assert answer["predictions"] == expected[0]
    assert "probabilities" not in answer


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/ping", {"ping": "pong"}),
        ("/health", {"status": "ok", "model": "churn:4"}),
        ("/metadata", {"name": "churn", "number": 4, "target": "left"}),
        ("/v2", {"name": "mlops_jupyter"}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/churn", {"name": "churn", "versions": ["4"]}),
        ("/v2/models/churn/ready", {"name": "churn", "ready": True}),
    ],
)
def test_what_it_says_of_itself(service, path, part):
    answer = service.get(path)
    assert answer.status_code == 200
    assert part.items() <= answer.json().items()


def test_its_prototype_is_a_body_that_it_answers(service):
    prototype = service.get("/prototype").json()
    assert [column["name"] for column in prototype["columns"]] == list(churn()[0])
    assert service.post("/predict", json=prototype["example"]).status_code == 200


def test_an_address_that_there_is_not_is_refused_as_all_else(service):
    answer = service.get("/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"] == "no_address"
    assert service.get("/predict").status_code == 405


def test_the_description_names_every_address_and_its_refusals(service):
    described = service.get("/openapi.json").json()
    assert {"/predict", "/invocations", "/v2/models/{model}/infer", "/metrics"} <= described["paths"].keys()
    predict = described["paths"]["/predict"]["post"]
    assert {"200", "400", "401", "413", "415", "422", "429"} <= predict["responses"].keys()
    record = predict["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0]["items"]
    assert record["properties"]["since"] == {"type": ["number", "null"]}
    json.dumps(described)


def test_what_was_asked_is_counted(service, rows):
    service.post("/predict", json=records(rows))
    text = service.get("/metrics").text
    assert 'service_requests_total{path="/predict",status="200"}' in text
    assert 'service_model_info{model="churn:4"' in text
    assert 'service_log_lines_total{state="dropped"} 0.0' in text


def test_a_value_never_seen_is_answered_with_a_warning(service, rows):
    sent = records(rows)
    sent[0] |= {"plan": "z", "age": 500}
    answer = service.post("/predict", json=sent)
    assert answer.status_code == 200
    assert answer.headers["x-warnings"] == "2"
    ages, plans = answer.json()["warnings"]
    assert plans == "column 'plan' holds 'z', never seen before"
    assert ages.endswith("to 500, and the model saw 18 to 79")


def test_a_request_id_is_kept_where_it_is_harmless(service, rows):
    kept = service.post("/predict", json=records(rows), headers={"x-request-id": "order-17"})
    assert kept.json()["request_id"] == kept.headers["x-request-id"] == "order-17"
    made = service.get("/ping", headers={"x-request-id": "a b\tc"})
    assert len(made.headers["x-request-id"]) == 32


def test_an_answer_in_a_form_that_there_is_not_is_refused(service, rows):
    answer = service.post("/predict", json=records(rows), headers={"accept": "image/png"})
    assert (answer.status_code, answer.json()["error"]) == (406, "unknown_type")
