"""The application: one model in a folder, behind HTTP."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, NoReturn

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from .bundle import read_bundle
from .guard import Guard
from .protocols import mlflow_routes, v2_routes
from .refusals import Refusal
from .routes import routes
from .serving import Serving
from .settings import FOLDER_VARIABLE

_LOGGER: Final = logging.getLogger("service")


def create_app(folder: str | Path) -> FastAPI:
    """Return the application that serves the model of a folder.

    Parameters
    ----------
    folder
        The exported folder, with ``model/`` in it.

    Raises
    ------
    UnsupportedError
        If the folder holds no model that can be opened.
    IntegrityError
        If the model's file is not the one that was exported.
    SettingsError
        If a setting cannot be understood.

    Examples
    --------
    >>> app = create_app("service")  # doctest: +SKIP
    """
    serving = Serving(read_bundle(folder))
    for sentence in serving.bundle.warnings:
        _LOGGER.warning("%s: %s", serving.bundle.label, sentence)
    bundle, has_docs = serving.bundle, serving.settings.has_docs
    app = FastAPI(
        title=bundle.label,
        version=bundle.version or "0",
        docs_url="/docs" if has_docs else None,
        redoc_url=None,
        openapi_url="/openapi.json" if has_docs else None,
        lifespan=_lifespan(serving),
        redirect_slashes=False,
    )
    for router in (routes(serving), mlflow_routes(serving), v2_routes(serving)):
        app.include_router(router)
    app.add_exception_handler(HTTPException, _refuse)
    app.add_middleware(Guard, serving=serving)
    app.state.serving = serving
    return app


def _lifespan(serving: Serving) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        serving.start()
        yield
        await asyncio.to_thread(serving.stop)

    return living


def _refuse(request: Request, error: Exception) -> NoReturn:
    """Answer an address that there is not as everything else that is refused."""
    assert isinstance(error, HTTPException)
    word = {404: "no_address", 405: "no_method"}.get(error.status_code, "refused")
    words = f"{request.method} {request.url.path[:100]}: {error.detail}"
    raise Refusal(error.status_code, word, words, headers=dict(error.headers or {})) from error


def app_from_environment() -> FastAPI:
    """Return the application of the folder that ``SERVICE_FOLDER`` names: each worker makes its own."""
    return create_app(os.environ.get(FOLDER_VARIABLE) or Path(__file__).parent.parent)
