"""What stands round a run: environment, git, secrets; and work behind the cell."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import threading

import pytest

from mlops_jupyter import masking, tracking
from mlops_jupyter.tracking import environment, git
from mlops_jupyter.tracking.direction import direction_of
from mlops_jupyter.tracking.worker import worker

# --- behind the cell --------------------------------------------------------------------------


def test_deferred_work_runs_in_order_and_shows_as_pending(registry):
    may_go, done = threading.Event(), []
    with tracking.start_run() as run:
        assert run.wait(30)
        run.defer("first", lambda: (may_go.wait(10), done.append(1)))
        run.defer("second", lambda: done.append(2))
        assert run.view().pending == ("first", "second")
    view = tracking.get_run(1)
    assert (view.run.status, view.run.incomplete) == ("finished", None)
    assert registry.rows("runs")[0]["incomplete"] == "not saved yet: first, second"
    may_go.set()
    assert run.wait(10)
    assert done == [1, 2]
    worker.join()
    assert registry.rows("runs")[0]["incomplete"] is None
    assert tracking.get_run(1).pending == ()


def test_deferred_work_may_log_after_the_end_of_the_run(registry):
    may_go = threading.Event()
    with tracking.start_run() as run:
        run.defer(
            "late",
            lambda: (
                may_go.wait(10),
                run.log_content("late.txt", b"x", kind="text", media_type="text/plain"),
            ),
        )
    may_go.set()
    run.wait(10)
    assert [artifact.path for artifact in tracking.get_run(1).artifacts] == ["late.txt"]


def test_an_error_behind_the_cell_makes_the_run_incomplete_and_nothing_else(registry):
    with tracking.start_run() as run:
        run.defer("model clf", lambda: 1 / 0)
        run.defer("after", lambda: run.log_param("after", 1))
    run.wait(10)
    worker.join()
    view = tracking.get_run(1)
    assert view.run.incomplete == "model clf: division by zero"
    assert (view.run.status, view.params[0].key) == ("finished", "after")


@pytest.mark.slow
def test_a_script_waits_for_work_behind_it(registry, tmp_path):
    source = (
        "import time\nimport mlops_jupyter as mj\nrun = mj.start_run('late')\n"
        "run.defer('slow', lambda: (time.sleep(0.3), run.log_param('slow', 1)))\n"
    )
    subprocess.run([sys.executable, "-c", source], check=True, timeout=60)
    view = tracking.get_run(1)
    assert (view.run.status, view.run.incomplete) == ("finished", None)
    assert [param.key for param in view.params] == ["slow"]


# --- environment ------------------------------------------------------------------------------


def test_the_environment_is_recorded_once_and_by_hash(registry):
    for _ in range(2):
        with tracking.start_run() as run:
            pass
        run.wait(30)
    first, second = (tracking.get_run(number).environment for number in (1, 2))
    assert first == second
    assert first.python == platform.python_version()
    packages = json.loads(first.packages)
    assert packages["pytest"] == pytest.__version__
    assert json.loads(first.hardware)["cores"] >= 1
    assert len(first.id) == 64
    assert len(registry.rows("environments")) == 1


def test_an_installed_package_changes_the_environment(tmp_path, monkeypatch):
    place = tmp_path / "site-packages"
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))
    before = environment.capture()
    info = place / "Nice_Package-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Nice_Package\nVersion: 1.5\n")
    after = environment.capture()
    assert before.id != after.id
    assert "nice-package" not in json.loads(before.packages)
    assert json.loads(after.packages)["nice-package"] == "1.5"


# --- git --------------------------------------------------------------------------------------


@pytest.fixture
def work_tree(tmp_path):
    def run(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    run("init", "-b", "main")
    (tmp_path / "train.py").write_text("depth = 6\n")
    run("add", "train.py")
    run("commit", "-m", "first")
    return tmp_path


def test_a_clean_work_tree_is_its_commit(work_tree):
    state = git.capture(work_tree)
    assert len(state.commit) == 40
    assert (state.branch, state.diff, state.untracked) == ("main", None, 0)


def test_what_is_not_committed_is_kept_without_its_secrets(work_tree):
    (work_tree / "train.py").write_text("depth = 8\npassword = 'hunter2'\n")
    (work_tree / "new.py").write_text("")
    below = work_tree / "below"
    below.mkdir()
    state = git.capture(below)
    assert "-depth = 6" in state.diff
    assert "+depth = 8" in state.diff
    assert "hunter2" not in state.diff
    assert len(state.masked) == 1
    assert state.untracked == 1


@pytest.mark.slow
def test_a_long_diff_is_cut(work_tree):
    (work_tree / "train.py").write_text("x = 1234567890\n" * 100_000)
    diff = git.capture(work_tree).diff
    assert len(diff) < git.LONGEST_DIFF + 200
    assert "cut here" in diff


def test_outside_a_work_tree_and_in_a_broken_one_there_is_nothing(tmp_path):
    assert git.capture(tmp_path) is None
    (tmp_path / ".git").write_text("nonsense")
    assert git.capture(tmp_path) is None
    assert git.capture(tmp_path / "missing") is None


def test_a_repository_without_a_commit_has_none(tmp_path):
    subprocess.run(["git", "init", "-b", "main"], cwd=tmp_path, check=True, capture_output=True)
    state = git.capture(tmp_path)
    assert (state.commit, state.branch, state.diff) == (None, "main", None)


def test_a_run_knows_its_commit_and_two_runs_their_difference(registry, work_tree, monkeypatch):
    monkeypatch.chdir(work_tree)
    with tracking.start_run() as run:
        pass
    run.wait(30)
    (work_tree / "train.py").write_text("depth = 8\n")
    with tracking.start_run() as run:
        pass
    run.wait(30)
    first, second = (tracking.get_run(number).run for number in (1, 2))
    assert first.git_commit == second.git_commit
    assert first.git_branch == "main"
    assert first.git_diff is None
    assert b"+depth = 8" in registry.objects.get(second.git_diff)
    text = tracking.compare_runs(1, 2).git_diff
    assert "+depth = 8" in text
    assert "not committed in #1: nothing" in text


# --- secrets (B23) ----------------------------------------------------------------------------

SECRETS = {
    'aws = "AKIAIOSFODNN7EXAMPL2"': "AKIAIOSFODNN7EXAMPL2",
    'os.environ["AWS_SECRET_ACCESS_KEY"] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX"': "wJalrXUtnFEMI",
    "password = 'hunter2'": "hunter2",
    'connect(user="joe", password="pw12")': "pw12",
    'create_engine("postgresql://joe:s3cretpw@host/db")': "s3cretpw",
    'login("hf_abcdefghijklmnopqrstuvwxyz012345")': "hf_abcdefghij",
    'git = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"': "abcdefghij",
    'headers = {"Authorization": "Bearer abcdef0123456789abcdef"}': "abcdef0123456789",
    'key = """-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"""': "MIIEow",
    'k = "dGhpcyBpcyBhIHNlY3JldCBrZXkgMTIzNDU2"': "dGhpcyBp",
    'token = "a8f5f167f44f4964e6c998dee827110c"': "a8f5f167",
}

ORDINARY = """\
import pandas as pd
df = pd.read_csv("https://example.org/data/2013/flights_departures.csv", parse_dates=["time_hour"])
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
commit = "9fceb02d0ae598e95dc970b74767f19372d61af8"
run_id = "20260102T030405678Z-9bfad3c1"
uid = "123e4567-e89b-12d3-a456-426614174000"
columns = ["dep_delay_minutes_2013_01", "RandomForestClassifier100", "a-very-long-name-with-dashes-2"]
pad_token = "[PAD]"
password = getpass()
api_key = os.environ["API_KEY"]
max_tokens, secretary = 4096, "Ms Moneypenny"
"""


@pytest.mark.parametrize("source", SECRETS)
def test_B23_secrets_are_masked_and_told(source):
    text, said = masking.mask("x = 1\n" + source)
    assert SECRETS[source] not in text
    assert "***" in text
    assert said
    assert all("line " in sentence for sentence in said)


def test_B23_ordinary_code_is_left_alone():
    assert masking.mask(ORDINARY) == (ORDINARY, ())


def test_B23_ordinary_code_does_not_load_the_detectors():
    code = (
        f"from mlops_jupyter import masking\nimport sys\nmasking.mask({ORDINARY!r})\n"
        "assert 'detect_secrets' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_B23_masking_twice_is_masking_once():
    once, _ = masking.mask("password = 'hunter2'")
    assert masking.mask(once) == (once, ())


def test_B23_no_secret_of_a_run_reaches_the_registry(registry):
    run = tracking.start_run(kind="cell", cell_key="k", cell={"source": "password = 'hunter2'"})
    run.log_params({"db": {"password": "hunter2"}, "url": "postgresql://joe:hunter2@host/db"})
    run.log_param("pad_token", "[PAD]")
    run.finish("failed", error=ValueError("password='hunter2'"), stdout_tail="password: 'hunter2'\n")
    view = tracking.get_run(1)
    assert "hunter2" not in repr(view)
    assert {param.key: param.value for param in view.params}["pad_token"] == "[PAD]"
    assert {finding.code for finding in view.findings} == {"secret-masked"}
    assert len(view.findings) == 3


# --- directions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "direction"),
    [
        ("auc", "max"), ("test_accuracy", "max"), ("valAccuracy", "max"), ("f1", "max"), ("r2_score", "max"),
        ("metrics/mAP", "max"), ("mean_test_score", "max"), ("neg_log_loss", "max"), ("roc-auc", "max"),
        ("loss", "min"), ("val_loss", "min"), ("rmse", "min"), ("log_loss", "min"),
        ("mean_absolute_error", "min"), ("accuracy_loss", "min"), ("brier", "min"), ("MAE", "min"),
        ("epoch", None), ("n_rows", None), ("x", None), ("", None),
    ],
)  # fmt: skip
def test_direction_from_the_name(key, direction):
    assert direction_of(key) == direction
