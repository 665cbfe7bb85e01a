"""Whatever is sent, the service answers, and never with its own failure."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .folders import ARROW, churn, client, make_folder, records, stream

PATHS = ("/predict", "/invocations", "/v2/models/churn/infer")
TYPES = ("application/json", "text/csv", ARROW, "application/x-www-form-urlencoded", "")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    choices = {"has_docs": True, "log": {"columns": ["age", "plan"]}}
    with client(make_folder(tmp_path_factory.mktemp("service"), settings=choices)) as opened:
        yield opened


ROW = records(churn()[0].head(1))[0]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["NaN", "inf", "-Infinity", "1e400", "a", "2026-01-01"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)
names = st.one_of(st.sampled_from([*ROW]), st.text(max_size=6))
anything = st.recursive(
    values,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)
nearly = st.dictionaries(st.sampled_from([*ROW]), values, max_size=3).map(lambda changes: ROW | changes)
rows = st.lists(nearly, min_size=1, max_size=3)
keys = st.sampled_from(
    ["records", "columns", "data", "dataframe_split", "dataframe_records", "instances", "inputs"]
)
bodies = st.one_of(
    anything,
    rows,
    st.dictionaries(keys, st.one_of(anything, rows), max_size=3),
    st.fixed_dictionaries(
        {"columns": st.lists(names, max_size=5), "data": st.lists(st.lists(values), max_size=3)}
    ),
    st.fixed_dictionaries({"columns": st.dictionaries(names, st.lists(values, max_size=3), max_size=6)}),
)
tensors = st.fixed_dictionaries(
    {
        "name": names,
        "shape": st.lists(st.integers(-1, 5), max_size=3),
        "datatype": st.sampled_from(["FP64", "INT64", "BYTES", "BOOL", "X"]),
        "data": st.one_of(
            st.lists(values, max_size=6), st.lists(st.lists(values, max_size=3), max_size=3), values
        ),
    }
)
inferred = st.fixed_dictionaries(
    {"inputs": st.one_of(st.lists(tensors, max_size=6), anything)}, optional={"id": values, "outputs": values}
)


def check(answer):
    assert answer.status_code < 500, answer.text
    assert answer.headers["x-request-id"]
    if answer.status_code >= 400:
        refused = json.loads(answer.content)
        assert refused["error"]
        assert refused["message"]
        assert refused["error"] != "model_refused", refused


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[*HealthCheck])
@given(path=st.sampled_from(PATHS), body=st.one_of(bodies, inferred))
def test_no_json_makes_it_fail(service, path, body):
    sent = json.dumps(body).encode("utf-8", "surrogatepass")
    check(service.post(path, content=sent, headers={"content-type": "application/json"}))


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    path=st.sampled_from(PATHS),
    kind=st.sampled_from(TYPES),
    accept=st.sampled_from(["", "*/*", "text/csv", ARROW, "text/csv;q=x, a/b", "image/png"]),
    body=st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(
            lambda text: ("age,income,plan,since,has_car\n" + text).encode("utf-8", "replace")
        ),
    ),
)
def test_no_bytes_make_it_fail(service, path, kind, accept, body):
    check(service.post(path, content=body, headers={"content-type": kind, "accept": accept}))


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
    cut=st.floats(0, 1),
)
def test_no_damaged_arrow_stream_makes_it_fail(service, changes, cut):
    body = bytearray(stream(churn()[0].head(5)))
    for place, value in changes:
        body[int(place * (len(body) - 1))] = value
    if cut < 0.2:
        del body[int(cut * 5 * len(body)) :]
    answer = service.post("/predict", content=bytes(body), headers={"content-type": ARROW})
    assert answer.status_code < 500, answer.text


@pytest.mark.slow
def test_its_description_holds_under_schemathesis(service):
    import schemathesis
    from schemathesis import checks
    from schemathesis.specs.openapi import checks as of_openapi

    schema = schemathesis.openapi.from_dict(service.get("/openapi.json").json())
    holds = [
        checks.not_a_server_error,
        of_openapi.status_code_conformance,
        of_openapi.content_type_conformance,
        of_openapi.response_schema_conformance,
    ]
    asked = set()

    for operation in schema.get_all_operations():

        @settings(max_examples=30, deadline=None, database=None, suppress_health_check=[*HealthCheck])
        @given(case=operation.ok().as_strategy())
        def ask(case):
            sent = case.as_transport_kwargs(base_url="http://service")
            sent.pop("cookies", None)
            if isinstance(data := sent.pop("data", None), (bytes, str)):
                sent["content"] = data
            answer = service.request(sent.pop("method"), sent.pop("url"), **sent)
            asked.add((case.path, answer.status_code))
            case.validate_response(answer, checks=holds)

        ask()
    assert {path for path, _ in asked} >= {"/predict", "/invocations", "/v2/models/{model}/infer", "/metrics"}
    assert {("/predict", 200), ("/predict", 422)} <= asked
