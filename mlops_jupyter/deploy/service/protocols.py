"""Other servers' addresses: MLflow's ``/invocations``, and version 2 of the Open Inference Protocol.

So that what calls MLflow, SageMaker, KServe, Seldon or Triton calls this service unchanged. Forms: MLflow's
scoring protocol 2.0; the Open Inference Protocol's REST part, with tensors as JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from fastapi import APIRouter, Request, Response

from . import answers as sent_back
from . import describing
from .bodies import JSON, read_json, rows_of, too_many_rows
from .refusals import Refusal, shown
from .schema import Rows
from .serving import Served, Serving

DATATYPES: Final = (
    *("BOOL", "BYTES", "FP16", "FP32", "FP64"),
    *("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"),
)
_MOST_VALUES: Final = 50_000_000


def mlflow_routes(serving: Serving) -> APIRouter:
    """Return ``/invocations``: its answers hold predictions alone, as MLflow's do."""
    router = APIRouter(tags=["MLflow"])

    @router.post(
        "/invocations",
        summary="Answers to rows, as MLflow serves them",
        responses=describing.answered(describing.INVOKED),
        openapi_extra=describing.invocations_body(serving.bundle),
    )
    async def invocations(request: Request) -> Response:
        media_type = request.headers.get("content-type", "")
        body = await serving.body(request)

        def read() -> Rows:
            return rows_of(body, media_type, serving.settings.max_rows)

        def write(served: Served) -> bytes:
            return sent_back.encode({"predictions": sent_back.plain(served.answers.predictions)})

        content = await serving.answer(request, read, write, with_probabilities=False)
        return Response(content, media_type=JSON)

    return router


def v2_routes(serving: Serving) -> APIRouter:
    """Return the addresses under ``/v2``."""
    router = APIRouter(tags=["Open Inference Protocol"], prefix="/v2")
    name = str(serving.bundle.manifest["name"])

    @router.get("", summary="The server")
    async def server() -> Response:
        return _json({"name": "mlops_jupyter", "version": "1", "extensions": []})

    @router.get("/health/live", summary="Whether it lives")
    async def live() -> Response:
        return _json({"live": True})

    @router.get("/health/ready", summary="Whether it answers")
    async def ready() -> Response:
        return _json({"ready": True})

    @router.get("/models/{model}", summary="What the model takes", responses=describing.NO_MODEL)
    async def metadata(model: str) -> Response:
        _check_name(model, name)
        return _json(_metadata(serving, name))

    @router.get("/models/{model}/ready", summary="Whether the model answers", responses=describing.NO_MODEL)
    async def model_ready(model: str) -> Response:
        _check_name(model, name)
        return _json({"name": name, "ready": True})

    @router.post(
        "/models/{model}/infer",
        summary="Answers to tensors",
        responses=describing.answered(describing.INFERRED) | describing.NO_MODEL,
        openapi_extra=describing.infer_body(serving.bundle),
    )
    async def infer(model: str, request: Request) -> Response:
        _check_name(model, name)
        if request.headers.get("inference-header-content-length"):
            raise Refusal(415, "unknown_type", "tensors in binary form are not taken; send them as JSON")
        if request.headers.get("content-type", JSON).partition(";")[0].strip().lower() != JSON:
            raise Refusal(415, "unknown_type", f"send {JSON}")
        body = await serving.body(request)
        asked: dict[str, Any] = {}

        def read() -> Rows:
            asked.update(_asked(read_json(body)))
            return _rows(asked["inputs"], serving)

        def write(served: Served) -> bytes:
            request_id = asked.get("id") or request.scope["request_id"]
            return sent_back.encode(_inferred(serving, served, name, request_id))

        return Response(await serving.answer(request, read, write), media_type=JSON)

    return router


def _json(answer: Any) -> Response:
    return Response(sent_back.encode(answer), media_type=JSON)


def _check_name(asked: str, name: str) -> None:
    if asked != name:
        raise Refusal(404, "no_model", f"there is no model {asked[:60]!r} here; there is {name!r}")


def _asked(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("inputs"), list) or not given["inputs"]:
        raise _no_form('{"inputs": [{"name", "shape", "datatype", "data"}, …]}', given)
    if not isinstance(given.get("id", ""), str):
        raise _no_form("a text as id", given["id"])
    return given


def _rows(inputs: list[Any], serving: Serving) -> Rows:
    """Return tensors as rows: one per column, or a single one with a row for each row."""
    tensors = [_tensor(one) for one in inputs]
    count = tensors[0][1][0]
    if count > serving.settings.max_rows:
        raise too_many_rows(count, serving.settings.max_rows)
    if len(tensors) == 1 and len(tensors[0][1]) > 1 and not _is_column(tensors[0], serving):
        _, shape, data = tensors[0]
        return Rows(count, placed=_nested(data, shape))
    columns: dict[str, Any] = {}
    for name, shape, data in tensors:
        if name in columns:
            raise Refusal(422, "does_not_fit", f"two inputs have the name {name[:60]!r}")
        if shape[0] != count or math.prod(shape[1:]) != 1:
            words = f"a shape of [{count}] or [{count}, 1], as the first input has"
            raise Refusal(422, "does_not_fit", f"column {name[:60]!r}: expected {words}, found {list(shape)}")
        columns[name] = data
    return Rows(count, columns)


def _is_column(tensor: tuple[str, tuple[int, ...], list[Any]], serving: Serving) -> bool:
    name, shape, _ = tensor
    return shape[1:] == (1,) and name in serving.bundle.schema.names and not serving.bundle.schema.shape


def _tensor(given: Any) -> tuple[str, tuple[int, ...], list[Any]]:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise _no_form("an object with name, shape, datatype and data", given)
    name, shape, data = given["name"], given.get("shape"), given.get("data")
    if given.get("datatype") not in DATATYPES:
        words = f"input {name[:60]!r}: expected a datatype of {', '.join(DATATYPES)}"
        raise Refusal(422, "does_not_fit", f"{words}, found {shown(given.get('datatype'))}")
    if not isinstance(shape, list) or not shape or not all(type(one) is int and one >= 0 for one in shape):
        raise Refusal(422, "does_not_fit", f"input {name[:60]!r}: expected a list of sizes as shape")
    if not isinstance(data, list):
        raise Refusal(
            422, "does_not_fit", f"input {name[:60]!r}: expected a list as data, found {shown(data)}"
        )
    flat = _flat(data)
    if math.prod(shape) != len(flat):
        words = f"shape {shape} asks for {math.prod(shape):,} values, and there are {len(flat):,}"
        raise Refusal(422, "does_not_fit", f"input {name[:60]!r}: {words}"[:300])
    return name, tuple(shape), flat


def _flat(data: list[Any]) -> list[Any]:
    """Return values one after the other: they may be sent nested, or flat in rows."""
    for _ in range(8):
        if not any(isinstance(one, list) for one in data):
            return data
        data = [value for one in data for value in (one if isinstance(one, list) else [one])]
    raise Refusal(422, "does_not_fit", "data is nested deeper than any shape")


def _nested(data: list[Any], shape: tuple[int, ...]) -> list[Any]:
    for size in reversed(shape[1:]):
        data = (
            [data[start : start + size] for start in range(0, len(data), size)] if size else [[]] * shape[0]
        )
    return data


def _inferred(serving: Serving, served: Served, name: str, request_id: str) -> dict[str, Any]:
    outputs = [_output("predict", served.answers.predictions)]
    if served.answers.probabilities is not None:
        outputs.append(_output("predict_proba", served.answers.probabilities))
    version = {"model_version": serving.bundle.version} if serving.bundle.version else {}
    return {"model_name": name, **version, "id": request_id, "outputs": outputs}


def _output(name: str, values: Any) -> dict[str, Any]:
    array = np.asarray(values)
    kinds = {"i": "INT64", "u": "UINT64", "f": "FP64", "b": "BOOL"}
    data = sent_back.plain(array.ravel())
    return {
        "name": name,
        "shape": list(array.shape),
        "datatype": kinds.get(array.dtype.kind, "BYTES"),
        "data": data,
    }


def _metadata(serving: Serving, name: str) -> dict[str, Any]:
    schema = serving.bundle.schema
    inputs = [
        {"name": field["name"], "datatype": _datatype(field), "shape": list(field.get("shape") or [-1])}
        for field in serving.bundle.signature["inputs"]
    ]
    outputs = [
        {
            "name": {"probability": "predict_proba"}.get(field["name"], "predict"),
            "datatype": _datatype(field),
            "shape": list(field.get("shape") or [-1]),
        }
        for field in serving.bundle.signature.get("outputs") or ()
    ]
    known = {"name": name, "versions": [serving.bundle.version], "platform": f"sklearn_{schema.container}"}
    return {**known, "inputs": inputs, "outputs": outputs}


def _datatype(field: Mapping[str, Any]) -> str:
    word = str(field.get("dtype", "")).removeprefix("sparse[").rstrip("]")
    numbers = {"float": "FP", "int": "INT", "uint": "UINT"}
    bare = word.rstrip("0123456789")
    if bare in numbers:
        return f"{numbers[bare]}{word[len(bare) :]}"
    return "BOOL" if bare == "bool" else "BYTES"


def _no_form(expected: str, found: Any) -> Refusal:
    return Refusal(422, "unknown_form", f"expected {expected}, found {shown(found)}")
