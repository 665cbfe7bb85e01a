"""The addresses of the service's own protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI, Request, Response

from . import answers as sent_back
from .bodies import ARROW, CSV, JSON, rows_of
from .bundle import Bundle
from .model import Answers


def add_routes(app: FastAPI, bundle: Bundle) -> None:
    """Add the addresses to an application."""
    pool = ThreadPoolExecutor(2)
    writers: dict[str, Callable[[Answers], bytes]] = {
        JSON: sent_back.as_json,
        CSV: sent_back.as_csv,
        ARROW: sent_back.as_arrow,
    }

    @app.get("/ping")
    async def ping() -> dict[str, str]:
        return {"ping": "pong"}

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        body = await request.body()
        kind = sent_back.chosen_type(request.headers.get("accept", ""))

        def work() -> bytes:
            rows = rows_of(body, request.headers.get("content-type", ""), bundle.settings.max_rows)
            given, _ = bundle.schema.read(rows)
            return writers[kind](bundle.model.ask(given))

        return Response(await asyncio.get_running_loop().run_in_executor(pool, work), media_type=kind)
