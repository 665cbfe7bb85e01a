from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter import cli, records
from mlops_jupyter.records import to_plain
from mlops_jupyter.tracking.worker import worker


@pytest.fixture
def two_runs(registry):
    for depth in (4, 6):
        with mlops.start_run("churn"):
            mlops.log_param("depth", depth)
            mlops.log_metric("auc", depth / 10)
            mlops.log_metric("loss", float("nan"))
    worker.wait()
    return registry


def refused(constant):
    raise AssertionError(f"{constant} is not JSON")


def asked(capsys, *words):
    code = cli.main(words)
    return code, *capsys.readouterr()


def test_the_version(capsys):
    assert asked(capsys, "--version") == (0, f"{mlops.__version__}\n", "")


ANSWERS = (
    (["runs"], records.RunTable),
    (["show", "1"], records.RunView),
    (["compare", "1", "2"], records.Comparison),
    (["status"], records.Status),
    (["query", "select number from runs"], records.QueryResult),
    (["doctor"], records.Health),
    (["tag", "1", "team=x"], records.RunView),
    (["note", "1", "hello"], records.RunView),
    (["backup"], records.Backup),
    (["delete", "1"], records.Done),
)


def test_json_has_the_records_fields(two_runs, capsys):
    for words, record in ANSWERS:
        code, out, err = asked(capsys, *words, "--json")
        assert (code, err) == (0, ""), words
        assert set(json.loads(out, parse_constant=refused)) == set(record.__dataclass_fields__)


def test_the_text_is_that_of_the_card(two_runs, capsys):
    from mlops_jupyter import display, verbs

    assert asked(capsys, "runs")[1] == display.text(verbs.runs()) + "\n"
    assert "depth" in asked(capsys, "show", "2")[1]


def test_the_json_of_runs_is_that_of_the_function(two_runs, capsys):
    from mlops_jupyter import verbs

    assert json.loads(asked(capsys, "runs", "churn", "--json")[1]) == to_plain(verbs.runs("churn"))


def test_an_error_is_one_line_on_stderr_and_status_1(two_runs, capsys):
    code, out, err = asked(capsys, "show", "99")
    assert (code, out) == (1, "")
    assert err.startswith("mlops: ")
    assert err.count("\n") == 1


def test_what_cannot_be_understood_is_status_1_too(two_runs, capsys):
    for words in [["rusn"], ["runs", "--limt", "3"], ["compare", "1"], ["runs", "--limit", "0"]]:
        code, out, err = asked(capsys, *words)
        assert (code, out, err.count("\n")) == (1, "", 1)


def test_doctor_ends_with_1_where_something_is_wrong(two_runs, capsys):
    two_runs.objects.put(b"a model")
    with mlops.start_run("churn") as run:
        run.log_content("model.txt", b"a model", kind="file", media_type="text/plain")
    path = two_runs.objects.path(two_runs.objects.put(b"a model"))
    path.chmod(0o600)
    path.write_bytes(b"another")
    assert asked(capsys, "doctor")[0] == 1
    assert asked(capsys, "doctor", "--json")[0] == 1


@pytest.mark.slow
def test_a_narrow_terminal_and_a_reader_that_leaves(two_runs):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONWARNINGS": "error"}
    ask = [sys.executable, "-m", "mlops_jupyter", "runs"]
    done = subprocess.run(ask, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "depth" in done.stdout
    with subprocess.Popen(ask, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as left:
        left.stdout.close()
        assert left.wait(60) == 0
        assert left.stderr.read() == b""


def test_a_registry_that_is_looked_at_must_exist(tmp_path, capsys):
    missing = tmp_path / "typo"
    for words in (["runs"], ["show", "1"], ["status"], ["query", "select 1"], ["delete", "1"], ["backup"]):
        code, out, err = asked(capsys, *words, "--registry", str(missing))
        assert (code, out) == (1, "")
        assert f"there is no registry {missing}" in err
    assert not missing.exists()
    assert "the registry's name is empty" in asked(capsys, "runs", "--registry", "")[2]


def test_a_file_in_place_of_a_registry(two_runs, capsys, monkeypatch):
    monkeypatch.setenv("MLOPS_REGISTRY", str(two_runs.path))
    assert f"is a file; a registry is a folder: name {two_runs.folder}" in asked(capsys, "runs")[2]
    code, out, _ = asked(capsys, "doctor")
    assert code == 1
    assert "is a file; a registry is a folder" in out


def test_bytes_are_hexadecimal_in_json(registry, capsys):
    code, out, _ = asked(capsys, "query", "select x'00ff' as b", "--json")
    assert (code, json.loads(out)["rows"]) == (0, [["00ff"]])


def test_what_is_missing_or_too_much_is_named(two_runs, capsys):
    assert asked(capsys, "show")[2] == "mlops: show: RUN is missing. Try: mlops show --help\n"
    assert asked(capsys, "tag", "1", "--registry")[2].endswith("Try: mlops tag --help\n")
    assert "'b c' is too much for query; a text with blanks" in asked(capsys, "query", "a", "b", "c")[2]
    assert asked(capsys, "rusn")[2].endswith("Try: mlops --help\n")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_an_output_that_cannot_be_written_is_one_line(two_runs):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mlops_jupyter", "runs"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (1, "mlops: the output: No space left on device\n")


def test_show_has_everything_of_a_run(registry, capsys):
    with mlops.start_run("churn") as run:
        run.log_params({f"setting_{i}": i for i in range(30)})
    worker.wait()
    out = asked(capsys, "show", "1")[1]
    assert all(f"setting_{i} " in out for i in range(30))
    assert "Python 3" in out
    assert re.search(r" memory \d", out)
