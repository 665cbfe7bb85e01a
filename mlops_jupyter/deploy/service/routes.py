"""The addresses of the service's own protocol."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from . import answers as sent_back
from . import describing
from .bodies import ARROW, CSV, JSON, rows_of
from .metrics import MEDIA_TYPE
from .schema import Rows
from .serving import Served, Serving

WARNINGS_HEADER: Final = "x-warnings"
_LIBRARIES: Final = ("numpy", "pandas", "scikit-learn", "xgboost", "lightgbm", "catboost", "fastapi")


def routes(serving: Serving) -> APIRouter:
    """Return ``/ping /health /metadata /prototype /predict /metrics``."""
    router = APIRouter(tags=["service"])

    @router.get("/ping", summary="Whether it lives")
    async def ping() -> Response:
        return _json({"ping": "pong"})

    @router.get("/health", summary="Whether it answers, and whether predictions are kept")
    async def health() -> Response:
        return _json(_health(serving))

    @router.get("/metadata", summary="Which model answers", responses=describing.REFUSED_TOKEN)
    async def metadata() -> Response:
        return _json(_metadata(serving))

    @router.get("/prototype", summary="What it takes, with an example", responses=describing.REFUSED_TOKEN)
    async def prototype() -> Response:
        return _json(describing.prototype(serving.bundle))

    @router.get(
        "/metrics",
        summary="What was counted",
        response_class=PlainTextResponse,
        responses=describing.REFUSED_TOKEN,
    )
    async def metrics() -> Response:
        return Response(serving.metrics.text(), media_type=MEDIA_TYPE)

    @router.post(
        "/predict",
        summary="Answers to rows",
        responses=describing.answered(describing.PREDICTED, (CSV, ARROW)),
        openapi_extra=describing.predict_body(serving.bundle),
    )
    async def predict(request: Request) -> Response:
        return await _predict(serving, request)

    return router


async def _predict(serving: Serving, request: Request) -> Response:
    kind = sent_back.chosen_type(request.headers.get("accept", ""))
    with_probabilities = request.query_params.get("probabilities", "true") != "false"
    media_type = request.headers.get("content-type", "")
    body = await serving.body(request)
    request_id: str = request.scope["request_id"]
    headers: dict[str, str] = {}

    def read() -> Rows:
        return rows_of(body, media_type, serving.settings.max_rows)

    def write(served: Served) -> bytes:
        if served.warnings:
            headers[WARNINGS_HEADER] = str(len(served.warnings))
        return _written(serving, served, kind, request_id)

    content = await serving.answer(request, read, write, with_probabilities=with_probabilities)
    return Response(content, media_type=kind, headers=headers)


def _written(serving: Serving, served: Served, kind: str, request_id: str) -> bytes:
    if kind == CSV:
        return sent_back.as_csv(served.answers)
    if kind == ARROW:
        return sent_back.as_arrow(served.answers)
    bundle = serving.bundle
    more: dict[str, Any] = {"model": bundle.label, "version": bundle.version, "request_id": request_id}
    if served.warnings:
        more["warnings"] = served.warnings
    return sent_back.as_json(served.answers, **more)


def _json(answer: Any) -> Response:
    return Response(sent_back.encode(answer), media_type=JSON)


def _health(serving: Serving) -> dict[str, Any]:
    log = {"is_on": serving.settings.log.is_on, "problem": serving.log.problem or None}
    return {"status": "ok", "model": serving.bundle.label, "log": log}


def _metadata(serving: Serving) -> dict[str, Any]:
    bundle = serving.bundle
    known = {
        key: bundle.manifest.get(key)
        for key in ("name", "number", "label", "sha256", "format", "class_name", "method", "created_at")
    }
    settings = serving.settings
    return {
        **known,
        "made_with": {"python": bundle.manifest.get("python"), **(bundle.manifest.get("libraries") or {})},
        "runs_with": {"python": platform.python_version(), **_installed()},
        "warnings": list(bundle.warnings),
        "inputs": list(bundle.schema.names),
        "target": bundle.signature.get("target", ""),
        "limits": {"max_rows": settings.max_rows, "max_body_bytes": settings.max_body_bytes},
        "uptime_s": round(time.time() - serving.started, 1),
    }


def _installed() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
