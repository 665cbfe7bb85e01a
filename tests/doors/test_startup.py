from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mlops_jupyter import cli, verbs
from mlops_jupyter.errors import MlopsError, UsageError


@pytest.fixture
def ipython_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path / "ipython"


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_disable_undoes_enable_exactly(ipython_folder):
    startup = ipython_folder / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-mine.py").write_text("x = 1")
    before = files(ipython_folder)
    verbs.enable()
    verbs.enable()
    assert len(files(ipython_folder)) == 2
    verbs.disable()
    assert files(ipython_folder) == before
    assert "nothing to do" in verbs.disable().message


def test_a_file_that_is_not_ours_is_left_alone(ipython_folder):
    path = ipython_folder / "profile_default" / "startup" / "50-mlops_jupyter.py"
    path.parent.mkdir(parents=True)
    path.write_text("mine = True")
    for verb in (verbs.enable, verbs.disable):
        with pytest.raises(MlopsError, match="not written by"):
            verb()
    assert path.read_text() == "mine = True"


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b"])
def test_a_path_is_not_a_profile(ipython_folder, name):
    with pytest.raises(UsageError, match="profile"):
        verbs.enable(name)
    assert not ipython_folder.exists()


def test_the_command_says_what_it_did(ipython_folder, capsys):
    assert cli.main(["enable", "--profile", "work"]) == 0
    assert "'work'" in capsys.readouterr().out
    assert (ipython_folder / "profile_work" / "startup" / "50-mlops_jupyter.py").exists()


@pytest.mark.slow
def test_a_real_kernel_loads_it_and_another_environment_is_not_disturbed(ipython_folder, tmp_path):
    import nbclient
    import nbformat

    def kernel_says(source, **environment):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60)
        client.execute(env={**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", **environment})
        return "".join(output.get("text", "") for output in notebook.cells[0].outputs)

    ask = "print('mlops_jupyter' in get_ipython().extension_manager.loaded)"
    assert kernel_says(ask) == "False\n"
    verbs.enable()
    assert kernel_says(ask) == "True\n"
    assert kernel_says("%who") == "Interactive namespace is empty.\n"
    hide = "import importlib.util as u\nu.find_spec = {'mlops_jupyter': None}.__getitem__\n"
    startup = (ipython_folder / "profile_default" / "startup" / "50-mlops_jupyter.py").read_text()
    done = subprocess.run(
        [sys.executable, "-c", hide + startup], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
