"""Which packages code needs, a lock of them with hashes, and environments made from it.

The small packages here are made by the tests and served from a folder, so that no index is asked.
"""

import hashlib
import importlib.metadata
import json
import subprocess
import sys
import zipfile

import pytest

from mlops_jupyter.errors import MlopsError, NotFoundError, UsageError
from mlops_jupyter.lineage import environments, installing, wheels
from mlops_jupyter.records import Environment

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def make_wheel(folder, name, version, *, requires=(), module=None, content="x = 1\n"):
    """Write a wheel with one module in it."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, info = f"{name}-{version}", f"{name}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {one}" for one in requires]
    files = {
        f"{module or name}.py": content,
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that is all that uv and pip know of packages, and a cache of its own."""
    folder = tmp_path / "index"
    folder.mkdir()
    for tool in ("UV", "PIP"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("MLOPS_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a wheel where this process finds it, as if from there."""

    def install(wheel, direct_url=None):
        place = tmp_path / "site"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
            info = next(name for name in archive.namelist() if name.endswith("METADATA")).split("/")[0]
        if direct_url:
            (place / info / "direct_url.json").write_text(json.dumps(direct_url))
        if str(place) not in sys.path:
            monkeypatch.syspath_prepend(str(place))

    return install


def test_what_a_module_needs_is_its_package_and_all_beneath():
    found = environments.needed(["sklearn.linear_model", "json", "no_such_module"])

    assert found["scikit-learn"] == importlib.metadata.version("scikit-learn")
    assert {"numpy", "scipy", "joblib", "threadpoolctl"} <= found.keys()
    assert "pandas" not in found  # an extra that nobody asked for


def test_extras_that_a_requirement_names_are_followed(index, installed):
    installed(make_wheel(index, "leaf", "1.0"))
    installed(make_wheel(index, "middle", "1.0", requires=['leaf; extra == "more"']))
    installed(make_wheel(index, "root_a", "1.0", requires=["middle[more]"]))
    installed(make_wheel(index, "root_b", "1.0", requires=["middle", 'nothing; python_version < "3"']))

    assert set(environments.needed(["root_a"])) == {"root-a", "middle", "leaf"}
    assert set(environments.needed(["root_b"])) == {"root-b", "middle"}


def test_a_lock_holds_the_versions_asked_for_with_hashes(index):
    make_wheel(index, "leaf", "2.0")
    leaf = make_wheel(index, "leaf", "1.0")
    make_wheel(index, "root", "1.0", requires=["leaf"])

    lock = environments.lock({"root": "1.0", "leaf": "1.0"}, python=HERE)

    assert lock.packages == (("leaf", "1.0"), ("root", "1.0"))
    assert f"--hash=sha256:{hashlib.sha256(leaf.read_bytes()).hexdigest()}" in lock.text
    assert str(index) not in lock.text
    assert "://" not in lock.text
    assert lock.differing == lock.warnings == lock.wheels == ()


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("numpy; curl example.org", "1.0"),
        ("-r /etc/passwd", "1.0"),
        ("--index-url=https://example.org", "1.0"),
        ("pkg @ git+ssh://example.org/x", "1.0"),
        ("./folder", "1.0"),
        ("numpy", "1.0 --index-url https://example.org"),
        ("numpy\n-r other", "1.0"),
        ("numpy[extra]", "1.0"),
    ],
)
def test_what_is_no_package_never_reaches_an_installer(name, version):
    with pytest.raises(UsageError, match="no package and version"):
        environments.lock({name: version}, python=HERE)


@pytest.mark.slow
def test_a_version_that_no_index_has_any_more_is_packed_from_what_is_installed(index, installed):
    installed(make_wheel(index, "gone", "1.0", content="x = 'from here'\n"))
    (index / "gone-1.0-py3-none-any.whl").unlink()
    make_wheel(index, "gone", "9.0", content="x = 'of a stranger'\n")

    lock = environments.lock({"gone": "1.0"}, python=HERE)
    python = environments.fresh_environment(lock.text, index.parent / "environments")

    assert lock.packages == (("gone", "1.0"),)
    assert "gone 1.0 is in no index" in lock.warnings[0]
    said = subprocess.run([python, "-c", "import gone; print(gone.x)"], capture_output=True, text=True)
    assert said.stdout.strip() == "from here"


@pytest.mark.slow
def test_a_recorded_version_that_is_nowhere_is_that_of_here_and_said(index, installed):
    installed(make_wheel(index, "moved", "2.0"))

    lock = environments.lock({"moved": "1.0"}, python=HERE)

    assert lock.differing == (("moved", "1.0", "2.0"),)
    assert lock.warnings == ("no index has moved 1.0: the lock has 2.0, as here",)


@pytest.mark.slow
def test_a_package_installed_from_a_folder_is_never_asked_of_an_index(index, installed):
    own = make_wheel(index.parent / "own", "private", "1.0", content="x = 'ours'\n")
    installed(own, {"url": "file:///gone", "dir_info": {}})
    make_wheel(index, "private", "1.0", content="x = 'of a stranger'\n")

    lock = environments.lock({"private": "1.0"}, python=HERE)
    python = environments.fresh_environment(lock, index.parent / "environments")

    assert "private 1.0 is installed from a folder: a wheel of it is included" in lock.warnings[0]
    assert f"./wheels/{lock.wheels[0].name}" in lock.text
    said = subprocess.run([python, "-c", "import private; print(private.x)"], capture_output=True, text=True)
    assert said.stdout.strip() == "ours"


def test_the_same_installed_files_give_the_same_wheel(index, installed):
    installed(make_wheel(index, "same", "1.0"))
    distribution = importlib.metadata.distribution("same")

    first, second = (wheels.wheel_of(distribution, index.parent / "kept") for _ in range(2))

    assert first == second
    assert zipfile.ZipFile(first).testzip() is None


@pytest.mark.slow
def test_what_fits_nowhere_is_an_error_with_the_reasons(index):
    with pytest.raises(MlopsError, match=r"no lock of 1 packages.*nowhere.*index that has them"):
        environments.lock({"nowhere": "1.0"}, python=HERE)


@pytest.mark.slow
def test_a_python_that_is_not_here_is_named(index):
    make_wheel(index, "leaf", "1.0")
    lock = environments.lock({"leaf": "1.0"}, python=HERE)

    with pytest.raises((MlopsError, NotFoundError), match=r"3\.4"):
        environments.fresh_environment(lock, index.parent / "environments", python="3.4")


@pytest.mark.slow
def test_other_bytes_than_the_lock_names_are_not_installed(index, monkeypatch):
    make_wheel(index, "leaf", "1.0")
    lock = environments.lock({"leaf": "1.0"}, python=HERE)
    make_wheel(index, "leaf", "1.0", content="x = 'changed'\n")
    monkeypatch.setenv("UV_CACHE_DIR", str(index.parent / "uv"))  # which has the right bytes

    with pytest.raises(MlopsError, match=r"(?i)hash"):
        environments.fresh_environment(lock, index.parent / "environments")


def test_an_environment_holds_the_lock_and_nothing_else_and_is_made_once(index):
    make_wheel(index, "leaf", "1.0")
    lock = environments.lock({"leaf": "1.0"}, python=HERE)
    said = []

    first = environments.fresh_environment(lock, index.parent / "environments", on_progress=said.append)
    again = environments.fresh_environment(lock, index.parent / "environments", on_progress=said.append)

    assert first == again
    assert said == ["installing 1 packages"]
    code = "import leaf, importlib.util as u; print(leaf.x, u.find_spec('numpy'))"
    assert subprocess.run([first, "-c", code], capture_output=True, text=True).stdout.strip() == "1 None"


@pytest.mark.slow
def test_what_a_killed_process_left_is_made_anew(index):
    make_wheel(index, "leaf", "1.0")
    lock = environments.lock({"leaf": "1.0"}, python=HERE)
    python = environments.fresh_environment(lock, index.parent / "environments")
    folder = python.parent.parent
    (folder / ".mlops-ready").unlink()
    (folder / "half").write_text("made")

    assert environments.fresh_environment(lock, index.parent / "environments") == python
    assert not (folder / "half").exists()


@pytest.mark.slow
def test_a_recorded_environment_is_locked_whole_or_for_some_modules(index, installed):
    installed(make_wheel(index, "leaf", "1.0"))
    installed(make_wheel(index, "other", "1.0"))
    recorded = Environment("id", f"{HERE}.1", "Linux", '{"leaf": "1.0", "other": "1.0"}', "{}", "")

    assert dict(environments.lock_of(recorded).packages) == {"leaf": "1.0", "other": "1.0"}
    assert dict(environments.lock_of(recorded, ["leaf"]).packages) == {"leaf": "1.0"}


@pytest.mark.slow
def test_pip_does_it_where_uv_is_not(index, monkeypatch):
    monkeypatch.setattr(installing, "uv_path", lambda: None)
    make_wheel(index, "leaf", "2.0")
    make_wheel(index, "leaf", "1.0")
    make_wheel(index, "root", "1.0", requires=["leaf"])

    lock = environments.lock({"root": "1.0", "leaf": "1.0"}, python=HERE)
    python = environments.fresh_environment(lock, index.parent / "environments")

    assert lock.packages == (("leaf", "1.0"), ("root", "1.0"))
    code = "import root, leaf; print(root.x, leaf.x)"
    assert subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip() == "1 1"


@pytest.mark.slow
def test_two_processes_make_one_environment(index):
    make_wheel(index, "leaf", "1.0")
    lock = environments.lock({"leaf": "1.0"}, python=HERE)
    code = (
        "import sys; from pathlib import Path;"
        "from mlops_jupyter.lineage.environments import fresh_environment;"
        "print(fresh_environment(sys.stdin.read(), Path(sys.argv[1]), on_progress=print))"
    )
    folder = index.parent / "environments"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in started:
        process.stdin.write(lock.text)
        process.stdin.close()
    said = [process.stdout.read().split("\n")[:-1] for process in started]
    for process in started:
        process.stdout.close()
        assert process.wait(60) == 0

    assert sorted(map(len, said)) == [1, 2]  # one of them made it, the other one waited
    assert len({lines[-1] for lines in said}) == 1
