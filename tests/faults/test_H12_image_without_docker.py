"""H12: the steps of an exported Dockerfile, carried out without Docker.

The same commands run in the same order in an empty prefix that stands for the image: its own Python, only
the files that ``.dockerignore`` lets through, the environment of ``ENV``, the user of ``USER``, nothing to
write to but the volume.
"""

import fnmatch
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
IS_ROOT = hasattr(os, "getuid") and os.getuid() == 0


class Image:
    """What a build makes of a folder: files below ``root``, an environment, a user, two commands."""

    def __init__(self, context, root):
        self.context, self.root = context, root
        self.workdir, self.base, self.user = root, "", None
        self.variables = {"PATH": f"{root}/usr/bin:/usr/bin:/bin", "HOME": "/nonexistent"}
        self.command = self.healthcheck = None
        self.lets_through = [
            line.removeprefix("!").rstrip("/")
            for line in (context / ".dockerignore").read_text().splitlines()
            if line.startswith("!")
        ]

    def build(self):
        for word, rest in instructions((self.context / "Dockerfile").read_text()):
            getattr(self, f"do_{word.lower()}")(rest)
        return self

    def do_from(self, rest):
        """Stand an interpreter that every user can run where the image has its own."""
        self.base = rest
        open_to_all = Path(f"/usr/bin/python{HERE}")
        python = open_to_all if open_to_all.exists() else Path(sys.executable)
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        made = [uv, "venv", "--seed", "--no-project", "--quiet", "--python", python, self.root / "usr"]
        subprocess.run(made, check=True)

    def do_env(self, rest):
        self.variables |= dict(pair.split("=", 1) for pair in rest.split())

    def do_workdir(self, rest):
        self.workdir = self.root / rest.lstrip("/")
        self.workdir.mkdir(parents=True)

    def do_copy(self, rest):
        source, target = rest.split()
        found = self.context / source
        assert any(fnmatch.fnmatch(source.rstrip("/"), one) for one in self.lets_through), source
        if found.is_dir():
            shutil.copytree(found, self.workdir / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(found, self.workdir / target)

    def do_run(self, rest):
        self.run(json.loads(rest), check=True)  # a list: there may be no shell in the image

    def do_user(self, rest):
        self.user = tuple(map(int, rest.split(":")))

    def do_expose(self, rest):
        assert rest == "8000"

    def do_healthcheck(self, rest):
        self.healthcheck = json.loads(rest.partition("CMD ")[2])

    def do_cmd(self, rest):
        self.command = json.loads(rest)

    do_entrypoint = do_cmd

    def seal(self):
        """Make it read-only, but for what belongs to its user."""
        for path in [self.root, *self.root.rglob("*")]:
            if not path.is_symlink() and path.stat().st_uid != (self.user[0] if IS_ROOT else -1):
                path.chmod(path.stat().st_mode & ~0o222)

    def start(self, command):
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.inside())

    def run(self, command, **more):
        return subprocess.run(command, capture_output=True, text=True, **self.inside(), **more)

    def inside(self):
        given = {"cwd": self.workdir, "env": self.variables | self.of_this_machine()}
        if self.user and IS_ROOT:
            given |= {"user": self.user[0], "group": self.user[1], "extra_groups": []}
        return given

    @staticmethod
    def of_this_machine():
        """How pip gets to its index here."""
        return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def instructions(text):
    lines, started = [], ""
    for line in text.splitlines():
        if line.startswith("#") or not (started or line.strip()):
            continue
        started += line.strip()
        if started.endswith("\\"):
            started = f"{started[:-1].strip()} "
        else:
            lines.append(started)
            started = ""
    return [tuple(line.split(" ", 1)) for line in lines]


@pytest.fixture
def place():
    """A folder that other users can look into, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="an image is Linux")
def test_H12_the_steps_make_a_service_that_runs_as_nobody_and_writes_only_its_log(registry, place):
    from sklearn.datasets import load_iris
    from sklearn.tree import DecisionTreeClassifier

    from mlops_jupyter import models
    from mlops_jupyter.deploy import export

    X, y = load_iris(return_X_y=True, as_frame=True)
    models.register("iris", model=DecisionTreeClassifier(max_depth=2).fit(X, y), X=X, y=y)
    export("iris", place / "service", verify=False, log_columns=["petal length (cm)"])

    image = Image(place / "service", place / "image").build()
    image.seal()

    assert image.base.startswith("python:")
    assert "latest" not in image.base
    assert image.user[0] > 0
    assert image.user[1] > 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = ["127.0.0.1" if word == "0.0.0.0" else word.replace("8000", port) for word in image.command]
    check = [word.replace("8000", port) for word in image.healthcheck]
    assert image.run(check).returncode != 0, "it is healthy before it was started"
    before = files(image.root)
    process = image.start(command)
    try:
        until = time.monotonic() + 90
        while image.run(check).returncode != 0:
            assert process.poll() is None, process.stdout.read().decode()
            assert time.monotonic() < until, "it never became healthy"
            time.sleep(0.2)
        body = (place / "service" / "tests" / "request.json").read_bytes()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/predict", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert json.loads(answer.read())["predictions"]
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0].decode()
    assert "Traceback" not in said, said
    new = {path for path in files(image.root) - before if not path.startswith("app/log/")}
    assert not new
    assert any((image.workdir / "log").iterdir())


def files(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
