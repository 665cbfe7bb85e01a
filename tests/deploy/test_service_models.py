"""Every kind of model and column: the copied service answers as the model did, without this package."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from .folders import client, copy_service, make_folder

ASK = """
import json, sys
hidden = [name for name in sys.modules if name.partition(".")[0] == "mlops_jupyter"]
assert not hidden, hidden
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "mlops_jupyter":
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Hide())
from pathlib import Path
from service.bundle import read_bundle
from service.answers import plain
from service.bodies import rows_of_json
found = {}
for folder in sorted(Path("folders").iterdir()):
    bundle = read_bundle(folder)
    rows = rows_of_json(json.loads((folder / "rows.json").read_text()))
    answers = bundle.model.ask(bundle.schema.read(rows).data)
    probabilities = None if answers.probabilities is None else plain(answers.probabilities)
    found[folder.name] = [plain(answers.predictions), probabilities, list(bundle.warnings)]
print(json.dumps(found))
"""


def numbers(n_rows=60):
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["a", "b", "c"])
    return X, (X["a"] > 0).astype(int)


def zoo():
    """One model for each format, and one of each other shape of input."""
    import lightgbm
    import xgboost
    from catboost import CatBoostClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    X, y = numbers()
    texts = [f"{'good' if one else 'bad'} {number}" for number, one in enumerate(y)]
    return {
        "skops": (RandomForestClassifier(5, n_jobs=-1).fit(X, y), X),
        "xgboost": (xgboost.XGBClassifier(n_estimators=3).fit(X, y), X),
        "lightgbm": (lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(X, y), X),
        "catboost": (CatBoostClassifier(iterations=3, verbose=False, allow_writing_files=False).fit(X, y), X),
        "nested": (make_pipeline(StandardScaler(), xgboost.XGBClassifier(n_estimators=3)).fit(X, y), X),
        "array": (Ridge().fit(X.to_numpy(), X.to_numpy()[:, :2]), X.to_numpy()),
        "wide": (LogisticRegression().fit(np.eye(60, 1_200), y), np.eye(60, 1_200)),
        "texts": (make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, y), texts),
        "pickle": (make_pipeline(FunctionTransformer(lambda X: X * 2), Ridge()).fit(X, y), X),
    }


def _rows(X):
    if isinstance(X, pd.DataFrame):
        return X.head(5), {"columns": list(X), "data": X.head(5).to_numpy().tolist()}
    few = X[:5]
    return few, {"instances": few.tolist() if hasattr(few, "tolist") else few}


@pytest.mark.slow
def test_the_copy_opens_every_format_without_this_package(tmp_path):
    from mlops_jupyter.formats import dump_model

    copy_service(tmp_path)
    wanted = {}
    for name, (model, X) in zoo().items():
        about = {"unsafe": True} if name == "pickle" else {}
        file = dump_model(model, unsafe_reason="a lambda" if about else None)
        folder = make_folder(tmp_path / "folders" / name, model, X, data=file.data, **about)
        few, sent = _rows(X)
        (folder / "rows.json").write_text(json.dumps(sent))
        probabilities = model.predict_proba(few).tolist() if hasattr(model, "predict_proba") else None
        wanted[name] = [np.asarray(model.predict(few)).tolist(), probabilities, []]
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == wanted


def test_the_runtime_is_closed_under_its_imports():
    import ast

    from mlops_jupyter.deploy.runtime import service_files

    files = service_files()
    for name, source in files.items():
        here = name.split("/")[:-1]
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = here[: len(here) - node.level + 1] + (node.module or "").split(".")
                path = "/".join(part for part in base if part)
                inside = {f"{path}/{one.name}.py".lstrip("/") for one in node.names}
                known = {f"{path}.py", f"{path}/__init__.py"} | inside
                assert known & files.keys(), f"{name} imports {path}"
            elif isinstance(node, ast.Import):
                assert not any(one.name.startswith("mlops_jupyter") for one in node.names), name


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        (pd.Categorical(["x", "y"], categories=["y", "x", "z"], ordered=True), ["x", "y"]),
        (pd.Categorical([3, 1]), [3, 1]),
        (pd.Categorical([True, False]), [True, False]),
        (pd.to_datetime(["2026-01-02 03:04", "2026-02-01 00:00"]), ["2026-01-02T03:04", "2026-02-01"]),
        (
            pd.to_datetime(["2026-01-02T03:04Z"] * 2),
            ["2026-01-02T04:04+01:00", "2026-01-02T03:04Z"],
        ),
        (pd.array([1, None], dtype="Int64"), [1, None]),
        (pd.array([True, None], dtype="boolean"), [True, None]),
        (pd.to_timedelta([1.5, 90], unit="s"), [1.5, 90]),
        (np.array([1, 255], dtype="uint8"), [1.0, 255]),
        (np.array([1.5, 2], dtype="float32"), [1.5, 2]),
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series([1, "a"], dtype=object), [1, "a"]),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_columns_become_what_the_model_was_fitted_on(values, sent):
    from mlops_jupyter.deploy.service.schema import Rows, Schema
    from mlops_jupyter.deploy.service.settings import Settings
    from mlops_jupyter.formats import input_of, signature_of
    from mlops_jupyter.records import InputExample, to_plain

    frame = pd.DataFrame({"x": values, "n": [1.0, 2.0]})
    signature = signature_of(frame)
    schema = Schema(to_plain(signature), Settings())
    given = schema.read(Rows(2, {"x": sent, "n": [1.0, 2.0]})).data
    assert list(given) == ["x", "n"]
    if frame["x"].dtype.kind not in "mM" and True not in sent:
        example = InputExample(("x", "n"), tuple(zip(sent, [1.0, 2.0], strict=True)), ())
        pd.testing.assert_frame_equal(given, input_of(example, signature))
    assert [None if pd.isna(one) else one for one in given["x"].tolist()] == [
        None if pd.isna(one) else one for one in frame["x"].tolist()
    ]


@pytest.mark.parametrize(
    ("values", "sent", "words"),
    [
        (pd.Categorical(["x", "y"]), [1, "x"], "column 'x' in row 0: expected a text, found 1"),
        (pd.Categorical([3, 1]), [3, "a"], "column 'x' in row 1: expected a whole number, found text 'a'"),
        (pd.to_datetime(["2026-01-01"] * 2), ["2026-01-01", "soon"], "row 1: expected a date or time"),
        (
            pd.to_datetime(["2026-01-01"] * 2),
            ["2026-01-01", 5],
            "row 1: expected a date or time (ISO 8601), found 5",
        ),
        (pd.to_datetime(["2026-01-01"] * 2), ["2026-01-01Z", "2026-01-01"], "row 0: expected a date or time"),
        (pd.to_timedelta([1, 2], unit="s"), [1e300, 1], "row 0: expected a number of seconds, found 1e+300"),
        (
            np.array([1, 2], dtype="uint8"),
            [1, 256],
            "row 1: expected a whole number that uint8 can hold, found 256",
        ),
        (np.array([1, 2], dtype="uint8"), [1.0, 256.0], "row 1: expected a whole number, found 256.0"),
        (np.array([1.5, 2], dtype="float32"), [1.0, 1e300], "row 1: expected a number, found 1e+300"),
        (np.array([1.5, 2]), [1.0, 10**400], "row 1: expected a number that float64 can hold, found a whole"),
        (pd.Series([1, "a"], dtype=object), [1, [2]], "row 1: expected a single value, found a list"),
    ],
)
def test_values_that_a_column_cannot_hold_are_named(values, sent, words):
    from mlops_jupyter.deploy.service.refusals import Refusal
    from mlops_jupyter.deploy.service.schema import Rows, Schema
    from mlops_jupyter.deploy.service.settings import Settings
    from mlops_jupyter.formats import signature_of
    from mlops_jupyter.records import to_plain

    schema = Schema(to_plain(signature_of(pd.DataFrame({"x": values, "n": [1.0, 2.0]}))), Settings())
    with pytest.raises(Refusal) as raised:
        schema.read(Rows(2, {"x": sent, "n": [1.0, 2.0]}))
    assert words in raised.value.message


def _schema(frame, **choices):
    from mlops_jupyter.deploy.service.schema import Schema
    from mlops_jupyter.deploy.service.settings import Settings
    from mlops_jupyter.formats import signature_of
    from mlops_jupyter.records import to_plain

    return Schema(to_plain(signature_of(frame)), Settings(**choices))


def test_texts_of_csv_are_read_before_they_are_compared():
    from mlops_jupyter.deploy.service.schema import Rows

    frame = pd.DataFrame({"level": pd.Categorical([3, 1]), "plan": ["a", None], "has": [True, False]})
    sent = {"level": ["1", "7"], "plan": ["", "a"], "has": ["1", "FALSE"]}
    given = _schema(frame).read(Rows(2, sent, is_text=True))
    assert given.warnings == ("column 'level' holds '7', never seen before",)
    assert [None if pd.isna(one) else one for one in given.data["level"]] == [1, None]
    assert [None if pd.isna(one) else one for one in given.data["plan"]] == [None, "a"]
    assert given.data["has"].tolist() == [True, False]


def test_what_one_record_lacks_is_named_whatever_its_column_takes():
    from mlops_jupyter.deploy.service.bodies import rows_of_json
    from mlops_jupyter.deploy.service.refusals import Refusal

    frame = pd.DataFrame({"n": [1, 2], "any": pd.Series([1, "a"], dtype=object), "l": pd.Categorical([3, 1])})
    rows = rows_of_json([{"n": 1, "any": 1, "l": 3}, {"n": 2}])
    with pytest.raises(Refusal) as raised:
        _schema(frame).read(rows)
    assert [(one.column, one.row, one.found) for one in raised.value.problems] == [
        ("any", 1, "nothing"),
        ("l", 1, "nothing"),
    ]


@pytest.mark.parametrize("container", ["frame", "array"])
def test_columns_of_one_type_are_read_at_once_with_the_same_result(container):
    from mlops_jupyter.deploy.service.schema import Rows

    X, _ = numbers()
    frame = X if container == "frame" else X.to_numpy()
    schema = _schema(frame)
    rows = Rows(5, placed=X.head(5).to_numpy().tolist())
    at_once = schema.read(rows)
    schema._limits = None
    one_by_one = schema.read(rows)
    np.testing.assert_array_equal(np.asarray(at_once.data), X.head(5).to_numpy())
    np.testing.assert_array_equal(np.asarray(one_by_one.data), X.head(5).to_numpy())
    assert type(at_once.data) is type(one_by_one.data)
    assert list(at_once.columns) == list(one_by_one.columns)


def test_labels_come_from_probabilities_only_where_they_are_the_same():
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import FixedThresholdClassifier
    from sklearn.neural_network import MLPClassifier

    from mlops_jupyter.deploy.service.model import Model

    X, y = numbers()
    calls = []
    plain = Model(HistGradientBoostingClassifier(max_iter=3).fit(X, y))
    for _ in range(3):
        assert plain.ask(X).predictions.tolist() == plain.fitted.predict(X).tolist()
    plain.fitted.predict = lambda given: calls.append(given)
    plain.ask(X)
    assert not calls  # one call for both
    strict = Model(
        FixedThresholdClassifier(HistGradientBoostingClassifier(max_iter=3), threshold=0.9).fit(X, y)
    )
    assert strict.ask(X).predictions.tolist() == strict.fitted.predict(X).tolist()
    several = Model(MLPClassifier(max_iter=2_000).fit(X, np.column_stack([y, 1 - y])))
    for _ in range(2):
        assert several.ask(X).predictions.tolist() == several.fitted.predict(X).tolist()


def test_threads_of_every_part_are_held_down():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    from mlops_jupyter.deploy.service.model import Model

    X, y = numbers()
    search = GridSearchCV(make_pipeline(RandomForestClassifier(3, n_jobs=-1)), {}, cv=2).fit(X, y)
    Model(search)
    assert search.best_estimator_.steps[0][1].n_jobs == 1


def test_a_transformer_answers_what_it_makes():
    from sklearn.decomposition import PCA

    from mlops_jupyter.deploy.service.model import Model

    X, _ = numbers()
    model = PCA(2).fit(X)
    assert Model(model, "transform").ask(X).predictions.tolist() == model.transform(X).tolist()


def test_a_matrix_of_one_tensor_is_answered(tmp_path):
    from sklearn.linear_model import Ridge

    X, y = numbers()
    model = Ridge().fit(X.to_numpy(), y)
    folder = make_folder(tmp_path, model, X.to_numpy(), settings={"log": {"is_on": False}})
    rows = X.to_numpy()[:2]
    tensor = {"name": "input-0", "shape": [2, 3], "datatype": "FP64", "data": rows.ravel().tolist()}
    with client(folder) as service:
        answer = service.post("/v2/models/churn/infer", json={"inputs": [tensor]}).json()
        assert answer["outputs"][0]["data"] == model.predict(rows).tolist()
        for sent in (rows.tolist(), {"instances": rows.tolist()}, {"inputs": rows.tolist()}):
            assert service.post("/predict", json=sent).json()["predictions"] == model.predict(rows).tolist()
        assert service.get("/prototype").json()["container"] == "array"
