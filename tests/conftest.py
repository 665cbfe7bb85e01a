"""Fixtures for all rooms: a fresh registry, and nothing left running after a test."""

from __future__ import annotations

import gc
import os
import threading

os.environ.setdefault("MPLBACKEND", "Agg")

import pytest


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A fresh registry that applies wherever none is named; closed after the test.

    The working directory is the test's own too, so that no run looks at the project's work tree.
    """
    from mlops_jupyter import store

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLOPS_REGISTRY", str(tmp_path / "registry"))
    opened = store.open_store()
    yield opened
    _end_all_runs()
    opened.close()
    store._open.pop(opened.url, None)


@pytest.fixture(autouse=True)
def nothing_left_running(monkeypatch):
    """Every test ends its runs and our threads; one that leaves a thread of ours behind fails."""
    monkeypatch.delenv("MLOPS_RUN", raising=False)
    yield
    _end_all_runs()
    ours = [thread.name for thread in threading.enumerate() if thread.name.startswith("mlops-")]
    assert not ours, f"threads left running: {ours}"


def _end_all_runs():
    import sys

    if "mlops_jupyter.tracking" not in sys.modules:
        return
    from mlops_jupyter.tracking.runs import close_all

    close_all()


@pytest.fixture(scope="session")
def one_shell():
    """A real IPython shell in this process: there can be one."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    made = InteractiveShell.instance(config=config)
    yield made
    InteractiveShell.clear_instance()


@pytest.fixture
def fresh_shell(one_shell):
    """The shell with nothing in its namespace, before and after."""
    gc.freeze()  # IPython collects garbage at each reset: over all of the libraries, half a second
    one_shell.reset(new_session=True)
    vars(one_shell).pop("_mlops_jupyter_log", None)  # what cells of an earlier test did
    yield one_shell
    one_shell.reset(new_session=True)
