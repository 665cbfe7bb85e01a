"""The application: one model in a folder, behind HTTP."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from .bundle import read_bundle
from .routes import add_routes

FOLDER_VARIABLE = "SERVICE_FOLDER"


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
    bundle = read_bundle(folder)
    docs = {} if bundle.settings.has_docs else {"docs_url": None, "redoc_url": None, "openapi_url": None}
    app = FastAPI(title=bundle.label, version=bundle.version or "0", **docs)
    add_routes(app, bundle)
    return app


def app_from_environment() -> FastAPI:
    """Return the application of the folder that ``SERVICE_FOLDER`` names: each worker makes its own."""
    return create_app(os.environ.get(FOLDER_VARIABLE) or Path(__file__).parent.parent)
