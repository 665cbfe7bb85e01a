"""``python -m service``: serve the model of the folder that this package stands in."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from . import threads  # noqa: F401 - before numpy is imported


def main() -> None:
    """Read the command line and serve until told to stop."""
    parser = argparse.ArgumentParser("service", description="Serve the model of this folder over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (0.0.0.0: all of them)")
    parser.add_argument("--port", default=8000, type=int, help="port to listen at")
    parser.add_argument("--workers", default=1, type=int, help="processes that answer")
    parser.add_argument("--folder", default=None, help="the exported folder, where it is another one")
    asked = parser.parse_args()

    import uvicorn

    if asked.folder:
        os.environ["SERVICE_FOLDER"] = str(Path(asked.folder).resolve())
    uvicorn.run(
        f"{__package__}.app:app_from_environment",
        factory=True,
        host=asked.host,
        port=asked.port,
        workers=asked.workers,
        timeout_graceful_shutdown=10,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
