"""A real JupyterLab with our extension's kernel, and a page of headless Chromium in it.

The server has its own folders for configuration, data and registry. A page fails its test if it
asks any other host for anything, or if our code writes an error to the console.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
SHOTS = Path(__file__).parents[2] / "shots"
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
READABLE = 4.5
KERNEL = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"
IS_CONNECTED = f"() => {KERNEL}?.connectionStatus === 'connected'"
ARE_ALL_RUN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .every(cell => cell.model.executionCount && cell.model.executionState !== 'running')
    && window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"""


class Lab:
    """A running server: where it is, its folder, and how to open a notebook in it."""

    def __init__(self, url: str, token: str, folder: Path, settings: Path) -> None:
        self.url, self.token, self.folder, self.settings = url, token, folder, settings

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells; return its name."""
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(made, self.folder / name)
        return name

    def theme(self, name: str) -> None:
        """Choose the theme of pages that are opened from now on: light or dark."""
        chosen = {"theme": f"JupyterLab {name.title()}", "adaptive-theme": False}
        folder = self.settings / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "themes.jupyterlab-settings").write_text(json.dumps(chosen))

    def address(self, name: str) -> str:
        """Return the address of a notebook in a workspace of its own."""
        return f"{self.url}/lab/workspaces/{secrets.token_hex(4)}/tree/{name}?token={self.token}"


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Start JupyterLab once for all browser tests."""
    home = tmp_path_factory.mktemp("lab")
    folder, config = home / "notebooks", home / "config"
    overrides = config / "labconfig" / "default_setting_overrides.json"
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": quiet}))
    folder.mkdir()
    token, port = secrets.token_hex(16), _free_port()
    places = {
        "JUPYTER_CONFIG_DIR": config, "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "IPYTHONDIR": home / "ipython", "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces", "MLOPS_REGISTRY": home / "registry",
    }  # fmt: skip
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={token}",
                f"--ServerApp.root_dir={folder}",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True",
                "--ServerApp.terminals_enabled=False",
            ],
            env={**os.environ, **{name: str(place) for name, place in places.items()}},
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/api?token={token}", server, home / "server.log")
        yield Lab(url, token, folder, home / "settings")
    finally:
        server.terminate()
        server.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text())


@pytest.fixture(scope="session")
def chromium():
    """Start one browser."""
    from playwright import sync_api as playwright

    if not Path(CHROMIUM).exists() and "CI" not in os.environ:
        pytest.skip(f"no {CHROMIUM}")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Return a function that opens an address; foreign requests and our errors fail the test."""
    foreign, errors, contexts = [], [], []

    def open_one(address: str, scheme: str = "light", width: int = 1280, height: int = 1000):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: foreign.append(request.url) if _is_foreign(request.url) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert foreign == []
    assert [error for error in errors if "mlops" in error.lower() or "anywidget" in error.lower()] == []


def _is_foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:", "about:"))


@pytest.fixture
def run_all():
    """Return a function that runs all cells of the open notebook and waits for the end."""

    def run(page, *, wait: bool = True) -> None:
        page.wait_for_function(IS_CONNECTED)
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        if wait:
            page.wait_for_function(ARE_ALL_RUN)

    return run


@pytest.fixture
def shoot():
    """Return a function that keeps a picture under ``shots/``, which git does not."""

    def keep(page, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=str(SHOTS / f"{name}.png"))

    return keep


@pytest.fixture
def assert_readable():
    """Return a function that fails where words on a page have too little contrast."""

    def look(page) -> None:
        seen = page.evaluate(CONTRAST, READABLE)
        assert seen["looked"] > 10
        assert seen["found"] == []

    return look
