"""Faults of tracked cells: B1 to B4, B7 to B11 and B14 to B16 of the catalogue.

What needs a kernel that is killed or interrupted runs in a real one; the rest in a real shell here.
"""

from __future__ import annotations

import io
import os
import queue
import signal
import threading
import time
from contextlib import redirect_stderr, redirect_stdout

import pytest
from jupyter_client.manager import start_new_kernel

LOAD = "%load_ext mlops_jupyter"


@pytest.fixture
def shell(fresh_shell):
    return fresh_shell


@pytest.fixture
def cells(shell, registry):
    """Run cells in a shell with the extension; the registry beside it."""
    run_line(shell, LOAD)

    def run(source):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            result = shell.run_cell(source, store_history=True)
        return result, out.getvalue() + err.getvalue()

    yield run
    run_line(shell, "%unload_ext mlops_jupyter")


def run_line(shell, line):
    with redirect_stdout(io.StringIO()):
        assert shell.run_cell(line).success


def runs(registry):
    return registry.rows("runs", order="number")


class Kernel:
    """A real kernel: cells in, the reply's status and all texts out."""

    def __init__(self, folder):
        environment = os.environ | {"MLOPS_REGISTRY": str(folder)}
        self.manager, self.client = start_new_kernel(env=environment)

    def run(self, source, *, wait=True):
        message = self.client.execute(source)
        if not wait:
            return message
        return self.answer(message)

    def answer(self, message, timeout=60):
        reply = self.client._recv_reply(message, timeout=timeout)
        texts = []
        while True:
            try:
                heard = self.client.get_iopub_msg(timeout=timeout)
            except queue.Empty:
                return reply["content"]["status"], "".join(texts)
            if heard["parent_header"].get("msg_id") != message:
                continue
            content = heard["content"]
            texts.append(content.get("text", "") or content.get("evalue", "") or str(content.get("data", "")))
            if content.get("execution_state") == "idle":
                return reply["content"]["status"], "".join(texts)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def kernel(registry):
    made = Kernel(os.environ["MLOPS_REGISTRY"])
    made.run(LOAD)
    yield made
    made.close()


@pytest.mark.slow
def test_A02_eight_kernels_open_a_fresh_registry_at_once_and_log(tmp_path):
    from mlops_jupyter import store

    folder = tmp_path / "fresh"
    source = """%%track churn
from mlops_jupyter import log_metric
for step in range(500):
    log_metric("loss", 1 / (step + 1), step=step)
mine = offset"""
    kernels = [Kernel(folder) for _ in range(8)]
    try:
        for number, one in enumerate(kernels):
            one.run(f"{LOAD}\noffset = {number}")
        assert not folder.exists()
        asked = [one.run(source, wait=False) for one in kernels]
        answers = [one.answer(message) for one, message in zip(kernels, asked, strict=True)]
        for one in kernels:
            one.run("from mlops_jupyter.tracking.worker import worker; worker.wait()")
    finally:
        for one in kernels:
            one.close()
    assert [status for status, _ in answers] == ["ok"] * 8
    assert not [text for _, text in answers if "not recorded" in text]
    opened = store.open_store(folder)
    found = runs(opened)
    assert [run["number"] for run in found] == list(range(1, 9))
    assert {(run["status"], run["incomplete"]) for run in found} == {("finished", None)}
    for run in found:
        assert len(opened.rows("metrics", {"run_id": run["id"], "key": "loss"})) == 500
    offsets = [row["value"] for row in opened.rows("params", {"key": "offset"}, order="value")]
    assert offsets == [str(number) for number in range(8)]
    opened.close()
    store._open.pop(opened.url, None)


# --- B1 to B4: how a cell can end -----------------------------------------------------------------


def test_B01_an_exception_is_shown_once_and_the_run_failed(cells, registry):
    result, shown = cells("%%track\nx = 1\n1 / 0\ny = 2")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert shown.count("Traceback (most recent call last)") == 1
    (run,) = runs(registry)
    assert (run["status"], run["error_type"], run["error_message"]) == (
        "failed",
        "ZeroDivisionError",
        "division by zero",
    )
    assert run["error_message"] in shown


@pytest.mark.slow
def test_B01_frames_of_ours_are_not_in_the_traceback(cells):
    result, shown = cells(
        "%%track\nfrom sklearn.linear_model import LogisticRegression\n"
        "LogisticRegression().fit([[1]], [1, 2])"
    )
    assert isinstance(result.error_in_exec, ValueError)
    assert "inconsistent numbers of samples" in shown
    assert "mlops_jupyter/capture" not in shown.partition("Traceback")[2].partition("ValueError:")[0]


@pytest.mark.slow
def test_B01_papermill_stops_at_a_failed_tracked_cell(tmp_path, monkeypatch):
    import nbformat
    import papermill

    monkeypatch.setenv("MLOPS_REGISTRY", str(tmp_path / "registry"))
    sources = [LOAD, "%%track\n1 / 0", "reached = True\nprint(reached)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, tmp_path / "in.ipynb")
    with pytest.raises(papermill.PapermillExecutionError, match="ZeroDivisionError"):
        papermill.execute_notebook(
            tmp_path / "in.ipynb", tmp_path / "out.ipynb", progress_bar=False, kernel_name="python3"
        )
    executed = nbformat.read(tmp_path / "out.ipynb", 4)
    assert executed.cells[-1].outputs == []


def test_B02_an_interrupt_reaches_the_user_and_the_run_is_interrupted(cells, registry):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    result, shown = cells("%%track\nimport time\nfor _ in range(100): time.sleep(0.1)")
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert "KeyboardInterrupt" in shown
    assert runs(registry)[0]["status"] == "interrupted"


def test_B02_an_interrupt_while_we_begin_reaches_the_cell(cells, registry, monkeypatch):
    from mlops_jupyter.tracking import life

    original = life.begin

    def begin(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGINT)
        return original(*args, **kwargs)

    monkeypatch.setattr(life, "begin", begin)
    result, _ = cells("%%track\nimport time\nfor _ in range(100): time.sleep(0.1)")
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert [run["status"] for run in runs(registry)] == ["interrupted"]


def test_B02_an_interrupt_in_our_commit_leaves_the_run_whole(cells, registry, monkeypatch):
    from mlops_jupyter.tracking import life

    original = life.finish

    def finish(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGINT)
        return original(*args, **kwargs)

    monkeypatch.setattr(life, "finish", finish)
    _, shown = cells("%%track\nx = 1")
    assert "KeyboardInterrupt" in shown
    assert [run["status"] for run in runs(registry)] == ["finished"]
    assert registry.rows("params")[0]["value"] == "1"


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("raise SystemExit", "finished"),
        ("import sys; sys.exit(3)", "failed"),
        ("raise GeneratorExit", "finished"),
    ],
)
def test_B03_exits_are_handed_on_and_close_the_run(cells, registry, source, status):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython's own advice on how to exit
        result, _ = cells(f"%%track\nx = 1\n{source}")
    assert isinstance(result.error_in_exec, (SystemExit, GeneratorExit))
    assert runs(registry)[0]["status"] == status
    assert registry.rows("params")[0]["key"] == "x"


@pytest.mark.slow
def test_B04_a_kernel_that_is_killed_leaves_a_killed_run(registry, kernel):
    kernel.run("%%track\nimport time\nprint('begun', flush=True)\ntime.sleep(60)", wait=False)
    deadline = time.monotonic() + 30
    while not runs(registry) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert runs(registry)[0]["status"] == "running"
    os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
    while runs(registry)[0]["status"] == "running" and time.monotonic() < deadline:
        registry.reap()
        time.sleep(0.05)
    (run,) = runs(registry)
    assert run["status"] == "killed"
    assert run["ended_at"] == run["last_seen_at"]


# --- B7 to B11: forms of cells --------------------------------------------------------------------


def test_B07_await_and_async_for_work(cells, registry):
    source = """%%track
import asyncio
async def numbers():
    for number in range(3):
        await asyncio.sleep(0)
        yield number
last = [number async for number in numbers()]
async for number in numbers():
    pass
value = await asyncio.sleep(0.01, float("2.5"))
value"""
    result, _ = cells(source)
    assert result.success
    assert result.result == 2.5
    assert runs(registry)[0]["status"] == "finished"
    assert [(row["key"], row["value"]) for row in registry.rows("latest_metrics")] == [("value", 2.5)]


def test_B08_the_last_value_and_progress_bars_are_unchanged(cells, registry):
    result, shown = cells(
        "%%track\nimport sys\nfor i in range(3): sys.stdout.write(f'\\r{i}/3')\nprint()\n'last'"
    )
    assert result.result == "last"
    assert "\r0/3\r1/3\r2/3\n" in shown
    assert runs(registry)[0]["stdout_tail"] == "2/3\n"


def test_B09_time_and_capture_may_stand_below(cells, registry):
    result, shown = cells("%%track\n%%time\ndepth = 3\nvalue = pow(2, -1)")
    assert result.success
    assert "Wall time" in shown
    assert {row["key"] for row in registry.rows("params")} == {"depth"}
    assert {row["key"] for row in registry.rows("latest_metrics")} == {"value"}
    result, shown = cells("%%track\n\n%%capture output\nprint('hidden')\nother = pow(2, -1)")
    assert result.success
    assert "hidden" not in shown
    assert len(runs(registry)) == 2


def test_B09_an_error_below_capture_makes_the_run_failed(cells, registry):
    cells("%%track\n%%capture\n1 / 0")
    assert [run["status"] for run in runs(registry)] == ["failed"]


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("%%track\n%%bash\ntouch made", "%%bash"),
        ("%%track\n%%writefile made\nx", "%%writefile"),
        ("%%track\n%%track\nx = 1", "%%track"),
        ("%%time\n%%track\nx = 1", "above %%time"),
        ("%%timeit\n\n%%track\nx = 1", "above %%timeit"),
    ],
)
def test_B09_other_magics_are_refused_before_anything_runs(
    cells, registry, tmp_path, monkeypatch, cell, word
):
    monkeypatch.chdir(tmp_path)
    result, shown = cells(cell)
    assert result.error_before_exec is not None
    assert word in shown
    assert shown.startswith("UsageError: ")
    assert shown.strip().count("\n") == 0
    assert runs(registry) == []
    assert not (tmp_path / "made").exists()


def test_B10_a_syntax_error_is_plain_and_leaves_no_run(cells, registry):
    for body, line in (
        ("x = 1\ny = (", 3),
        ("x = 1\nfor for", 3),
        ("x = 1\nreturn x", 3),
        ("if x:\npass", 3),
    ):
        result, shown = cells(f"%%track\n{body}")
        error = result.error_before_exec
        assert isinstance(error, SyntaxError)
        assert error.lineno == line
        assert "mlops" not in shown
    assert runs(registry) == []


@pytest.mark.parametrize("body", ["", "\n", "\n\n   \n", "# only a comment", "\n# one\n\n# two\n"])
def test_B11_an_empty_cell_is_no_run(cells, registry, body):
    result, shown = cells(f"%%track\n{body}")
    assert result.success
    assert shown == ""
    assert runs(registry) == []


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("--note '{2*21} $HOME'", "{2*21} $HOME"),
        ("--note 'C:\\data\\new'", "C:\\data\\new"),
        ('--note "it\'s"', "it's"),
        ("--note='🎉 ünï'", "🎉 ünï"),
        ("--note ''", ""),
    ],
)
def test_B12_the_line_is_taken_literally(cells, registry, line, note):
    result, _ = cells(f"%%track {line}\nx = 1")
    assert result.success
    assert runs(registry)[0]["note"] == note


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("--note 'open", "quote"),
        ("--note", "--note TEXT"),
        ("--nmae x", "did you mean '--name'?"),
        ("--name a --name b", "twice"),
        ("one two", "one experiment"),
        ("--tag novalue", "KEY=VALUE"),
        ("-p 'not a name'", "names of variables"),
        ("--no-models=1", "takes no value"),
        ("--help", "%%track?"),
        ("--note x\x00y", "NUL"),
        ("x" * 1_000_000, None),
    ],
)
def test_B13_what_cannot_be_understood_is_one_line_before_anything_runs(cells, registry, line, word):
    result, shown = cells(f"%%track {line}\nreached = True")
    if word is None:
        assert "characters" in shown
        return
    assert result.error_before_exec is not None
    assert word in shown
    assert shown.startswith("UsageError: ")
    assert runs(registry) == []


# --- B14 to B16: the notebook around --------------------------------------------------------------


def test_B14_no_names_of_ours_in_the_namespace(cells, shell):
    cells("pass")
    before = set(shell.user_ns)
    cells("%%track\nvalue = float('1.5')")
    hidden = {name for name in set(shell.user_ns) - before if name.startswith("_")}
    assert set(shell.user_ns) - before - hidden == {"value"}
    assert not {name for name in hidden if "mlops" in name}


def test_B14_the_users_names_may_be_ours(cells, registry):
    result, _ = cells("%%track\ntrack = run = capture = mlops_jupyter = display = 1\ntrack")
    assert result.result == 1
    result, _ = cells("%%track\nprint = float\nx = print('2')")
    assert result.success
    assert len(runs(registry)) == 2


def test_B15_loading_twice_and_reloading_is_loading_once(cells, registry, shell):
    from mlops_jupyter.notebook.events import CellEvents

    def count():
        callbacks = [*shell.events.callbacks["pre_run_cell"], *shell.events.callbacks["post_run_cell"]]
        transforms = shell.input_transformer_manager.cleanup_transforms
        return (
            sum(isinstance(getattr(callback, "__self__", None), CellEvents) for callback in callbacks),
            sum("mlops" in type(transform).__module__ for transform in transforms),
            len(shell.input_transformers_post),
        )

    assert count() == (2, 1, 1)
    for line in (LOAD, "%reload_ext mlops_jupyter", "%load_ext mlops_jupyter"):
        with redirect_stdout(io.StringIO()):
            shell.run_cell(line)
        assert count() == (2, 1, 1)
    cells("%%track\nx = 1")
    cells("%reset -f")
    cells("%%track\nx = 1")
    assert [run["attempt"] for run in runs(registry)] == [1, 2]


def test_B15_unloading_leaves_nothing(shell, registry):
    import sys

    def state():
        return (
            {event: list(found) for event, found in shell.events.callbacks.items()},
            list(shell.input_transformer_manager.cleanup_transforms),
            list(shell.input_transformers_post),
            sorted(shell.magics_manager.magics["line"]),
            sorted(shell.magics_manager.magics["cell"]),
            sorted(vars(shell.display_pub)),
            sorted(vars(shell.InteractiveTB)),
            [type(finder).__name__ for finder in sys.meta_path],
            "write" in vars(sys.stdout),
        )

    run_line(shell, "pass")
    before = state()
    run_line(shell, LOAD)
    with redirect_stdout(io.StringIO()):
        shell.run_cell("%%track\nx = 1")
    run_line(shell, "%unload_ext mlops_jupyter")
    assert state() == before
    with redirect_stderr(io.StringIO()) as shown:
        shell.run_cell("%%track\nx = 1")
    assert "not found" in shown.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("session", "experiment"), [("/home/ann/churn study.ipynb", "churn study"), ("", None), (None, None)]
)
def test_B16_the_notebooks_name_is_the_sessions_or_unknown(tmp_path, monkeypatch, session, experiment):
    """A new process each, because a process belongs to one notebook."""
    import subprocess
    import sys

    code = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell({LOAD!r})
assert shell.run_cell("%%track\\nx = 1").success
from mlops_jupyter import store
(run,) = store.current().rows("runs")
print("|".join([str(run["notebook"]), run["name"]]))
"""
    environment = {key: value for key, value in os.environ.items() if key != "JPY_SESSION_NAME"}
    environment |= {"MLOPS_REGISTRY": str(tmp_path / "registry"), "IPYTHONDIR": str(tmp_path / "ipython")}
    if session is not None:
        environment["JPY_SESSION_NAME"] = session
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    notebook, name = answer.stdout.strip().splitlines()[-1].split("|")
    assert notebook == (session or "None")
    if experiment:
        assert name.startswith(experiment)
