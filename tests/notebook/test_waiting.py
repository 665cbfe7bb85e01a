"""What is said while a magic takes long is not in the saved notebook."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

import nbformat
import pytest
from nbclient import NotebookClient

# The patience of people is put off, so that everything takes long.
BEGIN = """
%load_ext mlops_jupyter
import time
import pandas as pd
from mlops_jupyter import datasets
from mlops_jupyter.datasets import progress
progress.PATIENCE_S = 0.01
for name in ("save", "load", "validate", "infer_contract"):
    def slow(*args, name=name, verb=getattr(datasets, name), **options):
        with progress.step(f"{name} in slow motion"):
            time.sleep(0.1)
            return verb(*args, **options)
    setattr(datasets, name, slow)
df = pd.DataFrame({"x": range(50)})
"""


@pytest.mark.slow
def test_nothing_of_it_stays_in_a_notebook(tmp_path, monkeypatch):
    monkeypatch.setenv("MLOPS_REGISTRY", str(tmp_path / "registry"))
    cells = [
        BEGIN,
        "print('before')\n%data save df\nprint('after')",
        "%contract infer df",
        "back = %data load df:1",
        "%validate df --contract nowhere",
        "%validate df --contract df",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    seen = []
    client = NotebookClient(
        notebook,
        allow_errors=True,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    process = client.process_message

    def watched(message, *args):
        seen.append(message["content"].get("data", {}).get("text/plain", ""))
        return process(message, *args)

    client.process_message = watched
    client.execute()
    begun, saved, inferred, loaded, asked, validated = [cell.outputs for cell in notebook.cells]
    said = "\n".join(seen)
    for name in ("save", "load", "validate", "infer_contract"):
        assert f"{name} in slow motion … 0 s" in said
    assert begun == []
    assert [one.output_type for one in saved] == ["stream", "display_data", "stream"]
    assert "Saved as df:1" in saved[1].data["text/plain"]
    assert [one.data["text/plain"].split(" · ")[0] for one in inferred] == ["df:1"]
    assert [one.data for one in loaded] == [{}]
    assert [one.get("data", "error") for one in asked] == [{}, "error"]
    assert [one.data["text/plain"].split(" · ")[0] for one in validated] == ["df"]
    assert "slow motion" not in str([cell.outputs for cell in notebook.cells])


@pytest.mark.slow
def test_nothing_of_it_stays_on_a_terminal(tmp_path):
    code = (
        "import sys, time\n"
        "from mlops_jupyter import cli, verbs\n"
        "from mlops_jupyter.datasets import progress\n"
        "progress.PATIENCE_S = 0.01\n"
        "def slow(*, registry: str | None = None):\n"
        "    with progress.step('reading [bold] flights.csv'):\n"
        "        time.sleep(0.3)\n"
        "    return verbs.status(registry=registry)\n"
        "print('status', cli._watched(slow)().runs)\n"
    )
    environment = os.environ | {"TERM": "xterm", "MLOPS_REGISTRY": str(tmp_path), "COLUMNS": "60"}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment, cwd=tmp_path
    )
    os.close(theirs)
    text, end = b"", time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                text += os.read(ours, 65_536)
            except OSError:  # its end
                break
    os.close(ours)
    assert process.wait() == 0
    assert b"reading [bold] flights.csv" in text
    last = text.decode().rpartition("flights.csv")[2]
    assert "\x1b[2K" in last  # the line is erased
    assert "\x1b[?25h" in last  # and the cursor is back
    assert "status 0" in last
