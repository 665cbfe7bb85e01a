"""``python -m service``: serve the model of the folder that this package stands in."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Literal

from .settings import FOLDER_VARIABLE, Settings, SettingsError, read_settings, token_of

DRAIN_S = 7
"""How long requests have to end after SIGTERM; what follows (the log) takes at most two seconds more."""


def main() -> None:
    """Read the command line and serve until told to stop."""
    parser = argparse.ArgumentParser("service", description="Serve the model of this folder over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (0.0.0.0: all of them)")
    parser.add_argument("--port", default=8000, type=int, help="port to listen at")
    parser.add_argument("--workers", default=1, type=int, help="processes that answer, at least 1")
    parser.add_argument("--folder", default=None, help="the exported folder, where it is another one")
    asked = parser.parse_args()
    if asked.workers < 1:
        parser.error(f"--workers is {asked.workers}; expected at least 1")
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s: %(message)s", level=logging.WARNING)
    folder = Path(asked.folder or os.environ.get(FOLDER_VARIABLE) or Path(__file__).parent.parent).resolve()
    try:
        settings = read_settings(folder)
        _prepare(folder, settings, asked.workers)
        _warn_if_open(asked.host, settings)
        _serve(folder, asked.host, asked.port, asked.workers)
    except SettingsError as error:
        sys.exit(f"service: {error}")


def _prepare(folder: Path, settings: Settings, workers: int) -> None:
    """Set what has to be set before numpy and the metrics are imported; processes that answer inherit it."""
    os.environ[FOLDER_VARIABLE] = str(folder)
    os.environ.setdefault("PROMETHEUS_DISABLE_CREATED_SERIES", "True")
    os.environ.setdefault("SERVICE_THREADS", str(settings.threads))
    from . import threads  # noqa: F401 - it holds the libraries to them

    if workers > 1:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="service-metrics-")


def _serve(folder: Path, host: str, port: int, workers: int) -> None:
    import uvicorn

    from .app import create_app
    from .bundle import check_folder
    from .runtime import MlopsError

    try:
        # Several workers make their own application; one that cannot would be started again for ever.
        app = create_app(folder) if workers == 1 else f"{__package__}.app:app_from_environment"
        check_folder(folder)
    except MlopsError as error:
        sys.exit(f"service: {type(error).__name__}: {error}")
    print(f"service: {folder.name} at http://{host}:{port}", file=sys.stderr, flush=True)
    uvicorn.run(
        app,
        factory=workers > 1,
        host=host,
        port=port,
        workers=workers,
        timeout_graceful_shutdown=DRAIN_S,
        timeout_worker_healthcheck=60,
        log_level="warning",
        server_header=False,
        http=_http(),
    )


def _http() -> Literal["httptools", "auto"]:
    try:
        import httptools  # noqa: F401 - it reads requests in compiled code
    except ImportError:
        return "auto"
    return "httptools"


def _warn_if_open(host: str, settings: Settings) -> None:
    if not token_of(settings) and not _is_loopback(host):
        words = "everyone who reaches %s can ask this model: set %s to a token that they must send"
        logging.getLogger("service").warning(words, host, settings.token_env)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    main()
