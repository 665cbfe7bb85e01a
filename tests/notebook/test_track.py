"""``%%track`` in a real shell: what is recorded of a cell, and that nothing else changes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

DATA = """
import numpy as np, pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
rng = np.random.default_rng(0)
frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])
label = (frame.a + rng.normal(size=200) > 0).astype(int)
X_train, X_test, y_train, y_test = frame[:150], frame[150:], label[:150], label[150:]
"""


def uses(view):
    return {(use.use.role, use.use.name) for use in view.data}


def test_the_main_example(notebook):
    notebook.run(DATA)
    ran = notebook.run("""%%track churn --note "first forest" --tag team=x
depth = 4
model = RandomForestClassifier(10, max_depth=depth, random_state=0).fit(X_train, y_train)
auc = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
print("done")
""")
    assert ran.result.success
    view = notebook.last()
    assert (view.experiment, view.run.status, view.run.note, view.run.kind) == (
        "churn",
        "finished",
        "first forest",
        "cell",
    )
    assert [(tag.key, tag.value) for tag in view.tags] == [("team", "x")]
    params = {param.key: (param.value, param.source) for param in view.params}
    assert params["depth"] == ("4", "literal")
    assert params["max_depth"] == ("4", "estimator")
    assert params["n_estimators"] == ("10", "estimator")
    assert [metric.key for metric in view.metrics] == ["auc"]
    auc = view.metrics[0]
    assert auc.value == notebook.shell.user_ns["auc"]
    assert (auc.function, auc.data, auc.source, auc.direction) == (
        "sklearn.metrics.roc_auc_score",
        "X_test, y_test",
        "assigned",
        "max",
    )
    assert uses(view) == {("train", "X_train"), ("train", "y_train"), ("test", "X_test"), ("test", "y_test")}
    assert [(artifact.kind, artifact.variable) for artifact in view.artifacts] == [("model", "model")]
    assert view.run.stdout_tail == "done\n"
    assert view.cell.source.startswith("depth = 4")
    assert view.run.incomplete is None
    assert "churn #1" in ran.out


def test_running_again_is_the_next_attempt(notebook):
    cell = "%%track\nrate = {}\nloss = abs(float(rate)) + len(str(print()))"
    for number, rate in enumerate((0.1, 0.2, 0.3), 1):
        notebook.run(cell.format(rate), cell_id="cell-1")
        assert notebook.last().run.attempt == number
    notebook.run("%%track\nother = 1", cell_id="cell-2")
    assert notebook.last().run.attempt == 1
    assert notebook.last().run.cell_key == "cell-2"


def test_without_a_cell_id_the_code_is_the_identity(notebook):
    notebook.run("%%track\nx = 1  # one")
    notebook.run("%%track\n\nx = 1")
    assert notebook.last().run.attempt == 2


def test_a_function_of_the_notebook_is_followed(notebook):
    notebook.run(DATA + "\nrate = 0.5\ndef train(X, y):\n    return LogisticRegression(C=rate).fit(X, y)")
    notebook.run("%%track\nmodel = train(X_train, y_train)\nscore = model.score(X_test, y_test)")
    view = notebook.last()
    assert notebook.params()["rate"] == "0.5"
    assert {("train", "X_train"), ("test", "X_test")} <= uses(view)
    assert view.metrics[0].function == "LogisticRegression.score"


def test_metrics_that_are_not_assigned_bear_the_functions_name(notebook):
    notebook.run(DATA + "\nmodel = LogisticRegression().fit(X_train, y_train)")
    notebook.run("""%%track
print(accuracy_score(y_test, model.predict(X_test)), accuracy_score(y_train, model.predict(X_train)))
both = {"auc": roc_auc_score(y_test, model.decision_function(X_test))}
model.score(X_test, y_test)""")
    view = notebook.last()
    assert {m.key for m in view.metrics} == {
        "accuracy_score.X_test",
        "accuracy_score.X_train",
        "both.auc",
        "score",
    }
    assert next(m for m in view.metrics if m.key == "both.auc").function == "sklearn.metrics.roc_auc_score"


def test_a_metric_in_a_loop_is_a_series(notebook):
    notebook.run(DATA)
    notebook.run("""%%track
for c in (0.01, 0.1, 1.0):
    m = LogisticRegression(C=c).fit(X_train, y_train)
    acc = accuracy_score(y_test, m.predict(X_test))""")
    view = notebook.last()
    assert [(m.key, m.count) for m in view.metrics] == [("acc", 3)]
    assert len(view.series["acc"]) == 3
    assert notebook.params()["C"] == "1.0"


def test_more_than_a_number_becomes_a_table(notebook):
    notebook.run(DATA + "\nmodel = LogisticRegression().fit(X_train, y_train)")
    notebook.run(
        "%%track\ncm = confusion_matrix(y_test, model.predict(X_test))\n"
        "print(classification_report(y_test, model.predict(X_test)))"
    )
    view = notebook.last()
    paths = {artifact.path: artifact for artifact in view.artifacts}
    assert set(paths) == {"metrics/confusion_matrix.json", "metrics/classification_report-1.txt"}
    content = json.loads(notebook.store.objects.get(paths["metrics/confusion_matrix.json"].object_hash))
    assert content["value"] == notebook.shell.user_ns["cm"].tolist()
    assert ("output", "cm") not in uses(view)


def test_a_grid_search_has_its_candidates_as_child_runs(notebook):
    notebook.run(DATA)
    notebook.run(
        "%%track\nsearch = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()),"
        " {'logisticregression__C': [0.1, 1.0, 10.0]}, cv=3).fit(X_train, y_train)"
    )
    view = notebook.last()
    assert view.children == 3
    assert notebook.metrics()["best_score"] == notebook.shell.user_ns["search"].best_score_
    assert "best.logisticregression__C" in notebook.params()
    assert [artifact.kind for artifact in view.artifacts] == ["model"]


def test_a_functions_number_that_is_logged_in_words_is_one_metric(notebook):
    notebook.run(DATA)
    notebook.run(
        "%%track\nfrom mlops_jupyter import log_metric\nfrom sklearn.metrics import accuracy_score\n"
        "model = LogisticRegression().fit(X_train, y_train)\n"
        "for step in range(3):\n"
        "    log_metric('valid', accuracy_score(y_test, model.predict(X_test)), step=step)"
    )
    assert set(notebook.metrics()) == {"valid"}


def test_a_name_that_was_asked_for_and_does_not_exist_is_said(notebook):
    notebook.run("%%track -m nope -p depth\ndepth = [4, 8]")
    view = notebook.last()
    assert [finding.message for finding in view.findings] == ["-m nope: there is no such name"]
    assert [param.key for param in view.params] == ["depth"]


def test_cross_validation(notebook):
    notebook.run(DATA)
    notebook.run("%%track\nscores = cross_val_score(LogisticRegression(C=3), X_train, y_train, cv=4)")
    view = notebook.last()
    metrics = {m.key: m for m in view.metrics}
    assert metrics["scores_by_fold"].count == 4
    assert metrics["scores"].value == pytest.approx(notebook.shell.user_ns["scores"].mean())
    assert metrics["scores_std"].value == pytest.approx(notebook.shell.user_ns["scores"].std())
    assert notebook.params()["C"] == "3"
    assert uses(view) == {("train", "X_train"), ("train", "y_train")}
    notebook.run(
        "%%track\ncv = cross_validate(LogisticRegression(), X_train, y_train, cv=3, return_train_score=True)"
    )
    assert {"cv.test_score", "cv.test_score_by_fold", "cv.train_score_std"} <= set(notebook.metrics())


def test_rows_that_stand_in_train_and_test_are_found(notebook):
    notebook.run(DATA)
    notebook.run("""%%track
leaky = pd.concat([X_test, X_train[:20]])
model = LogisticRegression().fit(X_train, y_train)
model.predict(leaky)""")
    found = [(f.code, f.severity, f.message) for f in notebook.last().findings]
    assert found == [("overlap", "warning", "20 of 70 rows of leaky also stand in X_train")]


def test_a_model_of_an_earlier_cell_is_scored_on_what_it_was_fitted_on(notebook):
    notebook.run(DATA)
    notebook.run("%%track\nmodel = LogisticRegression().fit(X_train, y_train)\nmodel.score(X_train, y_train)")
    assert notebook.last().findings == ()
    notebook.run("%%track\nclean = model.score(X_test, y_test)")
    assert notebook.last().findings == ()
    notebook.run("%%track\nmixed = model.score(frame, label)")
    assert [f.message for f in notebook.last().findings] == ["150 of 200 rows of frame also stand in X_train"]


def test_data_is_recorded_as_it_was_when_it_was_used(notebook):
    notebook.run(DATA)
    notebook.run(
        "%%track\nframe['d'] = 1\nsmall = frame.head(5)\nmodel = LogisticRegression().fit(frame, label)"
    )
    view = notebook.last()
    versions = {(use.use.role, use.use.name): use.version for use in view.data}
    assert versions["input", "frame"].n_columns == 3
    assert versions["train", "frame"].n_columns == 4
    assert versions["output", "small"].n_rows == 5


def test_options_leave_out_and_add(notebook):
    notebook.run(DATA + "\n_gap = 0.5")
    notebook.run("""%%track --no-models --no-data -x scratch -m _gap -p n
scratch = float(len(str(frame)))
n = float(abs(hash("x")) % 7)
depth = 3  # mlops: ignore
model = LogisticRegression().fit(X_train, y_train)""")
    view = notebook.last()
    assert view.artifacts == ()
    assert view.data == ()
    assert notebook.metrics() == {"_gap": 0.5}
    assert "n" in notebook.params()
    assert not {"depth", "scratch"} & set(notebook.params())


def test_logged_by_hand_goes_before_what_is_found(notebook):
    notebook.run("""%%track
import mlops_jupyter as mj
for step in range(3):
    loss = float(str(1 / (step + 1)))
    mj.log_metric("loss", loss, step=step)
mj.log_param("depth", 9)
depth = 3""")
    view = notebook.last()
    assert [(m.key, m.count) for m in view.metrics] == [("loss", 3)]
    assert notebook.params()["depth"] == "9"


def test_a_dry_run_shows_the_plan_and_runs_nothing(notebook):
    notebook.run(DATA)
    ran = notebook.run(
        "%%track churn --dry-run\ndepth = 3\nmodel = LogisticRegression().fit(X_train, y_train)\n"
        "auc = model.score(X_test, y_test)"
    )
    assert ran.result.success
    assert "depth" not in notebook.shell.user_ns
    assert notebook.runs() == []
    for word in ("depth", "auc", "X_train", "model", "churn"):
        assert word in ran.out


def test_track_on_records_cells_that_compute(notebook):
    assert "Cells with %%track" in notebook.run("%track").out
    notebook.run("%track on loop --no-data")
    notebook.run("import math")
    notebook.run("def f(): return 1")
    notebook.run("%pwd")
    notebook.run("print('x')")
    assert notebook.runs() == []
    notebook.run("x = math.sqrt(2)")
    assert notebook.last().experiment == "loop"
    notebook.run("%track off")
    notebook.run("y = math.sqrt(3)")
    assert len(notebook.runs()) == 1


def test_help_and_completion(notebook):
    assert callable(notebook.shell.find_cell_magic("track"))
    documentation = notebook.shell.find_cell_magic("track").__doc__
    for word in ("--note", "--dry-run", "--exclude", "%track on"):
        assert word in documentation
    assert notebook.shell.input_transformer_manager.transform_cell("%%track?\n").startswith(
        "get_ipython().run_line_magic('pinfo'"
    )


def test_a_figure_that_is_shown_is_kept_with_the_runs_id(notebook):
    from mlops_jupyter import formats

    notebook.run("from matplotlib.figure import Figure")
    notebook.run("%%track\nfig = Figure(figsize=(1, 1))\n_ = fig.subplots().plot([1, 2])\nfig")
    view = notebook.last()
    (figure,) = view.artifacts
    assert (figure.kind, figure.path) == ("figure", "figures/01-fig.png")
    assert formats.run_of_picture(notebook.store.objects.get(figure.object_hash)) == view.run.id


def test_secrets_in_the_cell_are_masked(notebook):
    notebook.run("%%track\ntoken = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8" + "'\nprint(token)")
    view = notebook.last()
    stored = json.dumps(
        [str(row) for table in ("runs", "cells", "params", "findings") for row in notebook.store.rows(table)]
    )
    assert "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8" not in stored
    assert any(f.code == "secret-masked" for f in view.findings)


def test_a_registry_that_cannot_be_opened_costs_one_line_and_no_result(notebook, tmp_path, monkeypatch):
    broken = tmp_path / "file"
    broken.write_text("no registry")
    monkeypatch.setenv("MLOPS_REGISTRY", str(broken))
    ran = notebook.run("%%track\nx = 41 + 1\nx")
    assert ran.result.success
    assert ran.result.result == 42
    assert ran.err.startswith("mlops_jupyter: this cell is not recorded: ")
    assert ran.err.count("\n") == 1


def test_a_failure_of_ours_makes_the_run_incomplete_and_leaves_the_cell_alone(notebook, monkeypatch):
    from mlops_jupyter.capture import recording

    def fails(*_):
        raise RuntimeError("broken inside")

    monkeypatch.setattr(recording, "find_metrics", fails)
    ran = notebook.run("%%track\nx = float('1.5')\nx")
    assert ran.result.result == 1.5
    view = notebook.last()
    assert view.run.status == "finished"
    assert "broken inside" in view.run.incomplete


CHANGES = {
    "by a call of a library": "rng.shuffle(X)",
    "by a function of the user": "mutate()",
    "by a transformer": "StandardScaler(copy=False).fit_transform(X)",
}


@pytest.mark.parametrize("how", CHANGES)
def test_the_version_that_is_recorded_is_the_one_that_was_fitted_on(notebook, how):
    from mlops_jupyter import data

    notebook.run(DATA + "\nX = rng.normal(size=(200, 3))\ndef mutate():\n    X[1, 1] = 77\n")
    notebook.run(f"%%track\n{CHANGES[how]}\nseen = X.copy()\nmodel = LogisticRegression().fit(X, label)")
    view = notebook.last()
    trained = [use.version.id for use in view.data if use.use.role == "train" and use.use.name[:1] == "X"]
    assert trained[-1] == data.fingerprint(notebook.shell.user_ns["seen"]).version.id
    assert view.run.incomplete is None


LAZY = """
class Lazy:
    calls = []
    @property
    def __class__(self):
        self.calls.append("class")
        raise RuntimeError("not loaded")
    def __getattr__(self, name):
        Lazy.calls.append(name)
        raise RuntimeError("not loaded")
lazy = Lazy()
"""


def test_an_object_that_cannot_be_asked_what_it_is_costs_nothing_else(notebook):
    notebook.run(DATA + LAZY)
    notebook.run("""%%track
other = lazy
depth = 3
model = LogisticRegression().fit(X_train, y_train)
auc = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])""")
    view = notebook.last()
    assert view.run.incomplete is None
    assert list(notebook.metrics()) == ["auc"]
    assert notebook.params()["depth"] == "3"
    assert [artifact.variable for artifact in view.artifacts] == ["model"]
    assert notebook.shell.user_ns["Lazy"].calls == []


def test_a_number_that_came_out_undefined_is_a_metric(notebook):
    notebook.run("%%track\nscore = float('nan') * 1\nlimit = float('inf')\nsize = int(1e3) * 2")
    assert [(m.key, m.kind) for m in notebook.last().metrics] == [("score", "nan")]
    assert notebook.params() == {"limit": "+inf", "size": "2000"}


def test_one_thing_that_cannot_be_recorded_costs_no_other(notebook, monkeypatch):
    from mlops_jupyter.capture import recording

    real = recording.record_dataset

    def fails_for_one(run, version, rows, name, *rest, **more):
        if name == "X_train":
            raise RuntimeError("broken inside")
        real(run, version, rows, name, *rest, **more)

    monkeypatch.setattr(recording, "record_dataset", fails_for_one)
    notebook.run(DATA)
    notebook.run("%%track\nmodel = LogisticRegression().fit(X_train, y_train)\nmodel.score(X_test, y_test)")
    view = notebook.last()
    assert uses(view) == {("train", "y_train"), ("test", "X_test"), ("test", "y_test")}
    assert view.run.incomplete == "data X_train: broken inside"


def test_a_failure_in_looking_at_the_cell_leaves_the_run_with_what_else_is_known(notebook, monkeypatch):
    from mlops_jupyter.capture.capture import Capture

    def fails(*_):
        raise RuntimeError("broken inside")

    monkeypatch.setattr(Capture, "_look", fails)
    ran = notebook.run("%%track\nprint('done')")
    view = notebook.last()
    assert (view.run.status, view.run.stdout_tail) == ("finished", "done\n")
    assert "broken inside" in view.run.incomplete
    assert ran.err == ""


def test_defaults_are_told_from_what_was_chosen(notebook):
    notebook.run(DATA)
    ran = notebook.run(
        "%%track\nmodel = make_pipeline(StandardScaler(), LogisticRegression(C=3)).fit(X_train, y_train)"
    )
    params = {param.key: param.source for param in notebook.last().params}
    assert [key for key, source in params.items() if source == "estimator"] == [
        "logisticregression__C",
        "standardscaler",
        "logisticregression",
    ]
    assert params["logisticregression__max_iter"] == "default"
    assert "logisticregression__max_iter" not in ran.out
    assert f"and {list(params.values()).count('default')} defaults" in ran.out


@pytest.mark.slow
def test_a_model_that_the_next_cell_fits_anew_is_saved_as_the_first_left_it(notebook):
    import numpy as np

    import mlops_jupyter as mj

    notebook.run(DATA)
    notebook.run("%%track first\nmodel = RandomForestClassifier(150, random_state=0).fit(X_train, y_train)")
    notebook.run("first = model.predict(X_train); model.fit(X_train, 1 - y_train)")
    number = notebook.last().run.number
    names = notebook.shell.user_ns
    loaded = mj.load_model(number, "model")
    assert np.array_equal(loaded.predict(names["X_train"]), names["first"])
    assert not np.array_equal(names["model"].predict(names["X_train"]), names["first"])


def test_folds_of_a_loop_are_versions_of_their_own_and_no_leak(notebook):
    notebook.run(DATA + "\nfrom sklearn.model_selection import KFold")
    notebook.run("""%%track
for train, test in KFold(3).split(frame):
    model = LogisticRegression().fit(frame.iloc[train], label.iloc[train])
    model.score(frame.iloc[test], label.iloc[test])""")
    view = notebook.last()
    assert view.findings == ()
    assert {name for role, name in uses(view) if role == "train"} >= {
        "frame.iloc[train]",
        "frame.iloc[train] (2)",
        "frame.iloc[train] (3)",
    }


def test_a_model_that_was_fitted_anew_on_a_list_is_not_held_to_its_earlier_data(notebook):
    notebook.run(DATA)
    notebook.run("%%track\nmodel = LogisticRegression().fit(X_train.to_numpy(), y_train)")
    notebook.run("%%track\nmodel.fit(X_test.to_numpy().tolist(), y_test)")
    notebook.run("%%track\nmodel.score(X_train.to_numpy(), y_train)")
    assert notebook.last().findings == ()


def test_an_estimator_that_answers_to_every_name_is_not_asked(notebook):
    notebook.run(DATA)
    notebook.run("""
from sklearn.base import BaseEstimator
asked = []
class Model(BaseEstimator):
    def __getattr__(self, name):
        if name.endswith("_") and not name.startswith("_"):
            asked.append(name)
        raise AttributeError(name)
    def fit(self, X, y):
        return self
model = Model()""")
    notebook.run("%%track\nmodel.fit(X_train, y_train)\nother = model")
    assert notebook.shell.user_ns["asked"] == []
    assert uses(notebook.last()) == {("train", "X_train"), ("train", "y_train")}


WARM_UP = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in (
    "%load_ext mlops_jupyter",
    "from sklearn.linear_model import Ridge",
    "import sys; seen = ['skops' in sys.modules]",
    "%%track\\nmodel = Ridge().fit([[0], [1]], [0, 1])",
    "from mlops_jupyter.tracking.worker import worker",
    "seen += ['skops.io' in sys.modules, worker.pending('warm up')]",
):
    shell.run_cell(cell).raise_error()
print(shell.user_ns["seen"])
"""


@pytest.mark.slow
def test_what_saving_a_model_imports_is_never_half_imported_while_a_cell_runs(registry):
    """And a notebook that tracks nothing imports none of it."""
    done = subprocess.run([sys.executable, "-c", WARM_UP], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1:] == ["[False, True, ()]"], done.stderr
