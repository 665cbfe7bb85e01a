"""Models become files and come back; their parameters are short and stable."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from mlops_jupyter import formats
from mlops_jupyter.errors import UnsupportedError

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(RANDOM.random((80, 3)), columns=["a", "b", "c"])
FRAME["kind"] = pd.Categorical(np.where(FRAME["a"] > 0.5, "x", "y"))
NUMBERS = FRAME[["a", "b", "c"]].to_numpy()
LABELS = (FRAME["a"] + FRAME["b"] > 1).astype(int).to_numpy()


def columns():
    return ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(), StandardScaler()),
                make_column_selector(dtype_include=float),
            ),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["kind"]),
        ]
    )


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (make_pipeline(columns(), LogisticRegression()), FRAME),
        (make_pipeline(columns(), RandomForestClassifier(5, random_state=0)), FRAME),
        (HistGradientBoostingClassifier(max_iter=5), FRAME),
        (make_pipeline(FunctionTransformer(np.log1p), KNeighborsClassifier(metric="manhattan")), NUMBERS),
        (make_pipeline(TfidfVectorizer(), LogisticRegression()), FRAME["kind"].astype(str) + " is the word"),
        (GridSearchCV(SVC(), {"C": [1, 2]}, scoring="roc_auc", cv=KFold(3)), NUMBERS),
        (VotingClassifier([("a", LogisticRegression()), ("b", SVC())]), NUMBERS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_model_comes_back_and_predicts_the_same(model, inputs):
    model.fit(inputs, LABELS)
    loaded = formats.load_model(formats.dump_model(model).data)
    assert type(loaded) is type(model)
    assert np.array_equal(loaded.predict(inputs), model.predict(inputs))


def test_the_same_model_gives_the_same_bytes():
    first, second = (
        formats.dump_model(RandomForestClassifier(5, random_state=0).fit(NUMBERS, LABELS)).data
        for _ in range(2)
    )
    assert first == second


def test_the_file_says_what_it_is():
    detail = formats.dump_model(RandomForestClassifier(2).fit(NUMBERS, LABELS)).detail
    assert detail["format"] == "skops"
    assert detail["class"] == "RandomForestClassifier"
    assert (detail["n_features"], detail["classes"], detail["n_classes"]) == (3, [0, 1], 2)
    assert detail["types"] == ["sklearn.tree._tree.Tree"]
    assert set(detail) >= {"sklearn", "skops"}


def test_a_search_over_distributions_is_kept_with_the_distributions_as_text():
    spaces = {"C": scipy.stats.loguniform(0.1, 10), "max_iter": scipy.stats.randint(50, 90), "tol": [1e-3]}
    search = RandomizedSearchCV(LogisticRegression(), spaces, n_iter=2, random_state=0).fit(NUMBERS, LABELS)
    file = formats.dump_model(search)
    loaded = formats.load_model(file.data)
    assert np.array_equal(loaded.predict(NUMBERS), search.predict(NUMBERS))
    assert loaded.param_distributions == {
        "C": "loguniform(0.1, 10)",
        "max_iter": "randint(50, 90)",
        "tol": [1e-3],
    }
    assert file.detail["as_text"] == ["param_distributions['C']", "param_distributions['max_iter']"]
    assert search.param_distributions is spaces


@pytest.mark.slow
def test_a_model_almost_empty_of_content_is_not_taken_for_a_bomb():
    model = Ridge().fit(NUMBERS, LABELS)
    model.coef_ = np.zeros(9_000_000)
    loaded = formats.load_model(formats.dump_model(model).data)
    assert not loaded.coef_.any()


def test_a_model_too_large_to_come_back_is_not_written(monkeypatch):
    monkeypatch.setattr("mlops_jupyter.formats.container.MAX_TOTAL", 100_000)
    model = Ridge().fit(NUMBERS, LABELS)
    model.coef_ = np.zeros(100_000)
    with pytest.raises(UnsupportedError, match="too large to be saved"):
        formats.dump_model(model)


def test_a_type_named_in_the_call_is_let_through(tmp_path, monkeypatch):
    (tmp_path / "mysteps.py").write_text(
        "from sklearn.preprocessing import StandardScaler\nclass Clipper(StandardScaler): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import mysteps

    model = make_pipeline(mysteps.Clipper(), Ridge()).fit(NUMBERS, LABELS)
    with pytest.raises(UnsupportedError, match=r"step 'clipper' \(Clipper\) is mysteps.Clipper.*trusted="):
        formats.dump_model(model)
    file = formats.dump_model(model, trusted=["mysteps.Clipper"])
    with pytest.raises(UnsupportedError, match=r"not trusted: mysteps\.Clipper"):
        formats.load_model(file.data)
    loaded = formats.load_model(file.data, trusted=["mysteps.Clipper"])
    assert type(loaded[0]) is mysteps.Clipper


def test_what_is_a_model_and_what_is_fitted():
    class Strange:
        def __getattr__(self, name):
            raise RuntimeError(name)

    assert [formats.is_model(one) for one in (Ridge(), Pipeline([]), FRAME, Strange(), Ridge, None)] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    pipeline = make_pipeline(StandardScaler(), Ridge())
    assert not formats.is_fitted(pipeline)
    assert not formats.is_fitted(FunctionTransformer())
    assert formats.is_fitted(pipeline.fit(NUMBERS, LABELS))
    with pytest.raises(UnsupportedError, match="DataFrame is no model"):
        formats.dump_model(FRAME)


def test_a_step_that_learns_nothing_can_be_saved():
    loaded = formats.load_model(formats.dump_model(FunctionTransformer(np.log1p)).data)
    assert loaded.func is np.log1p


def params_of(model):
    chosen, usual = formats.split_params(model)
    return chosen | usual


def test_params_that_were_chosen_come_first_and_nested_ones_are_named():
    params = params_of(make_pipeline(StandardScaler(), RandomForestClassifier(max_depth=3)))
    names = list(params)
    assert names[:3] == ["randomforestclassifier__max_depth", "standardscaler", "randomforestclassifier"]
    assert params["randomforestclassifier"] == "RandomForestClassifier"
    assert params["randomforestclassifier__max_depth"] == 3
    assert params["randomforestclassifier__n_estimators"] == 100
    assert "steps" not in params


def test_params_have_no_memory_addresses_and_stay_short():
    models = [
        FunctionTransformer(lambda values: values, kw_args={"a": object()}),
        GridSearchCV(SVC(), {"C": list(range(1000)), "kernel": ["rbf"]}, scoring=len),
        RandomizedSearchCV(
            SVC(), {"C": scipy.stats.loguniform(0.1, 1)}, random_state=np.random.RandomState(0)
        ),
        LogisticRegression(class_weight={0: np.float64(1.5), 1: 2}),
        SimpleImputer(missing_values=np.int64(-1)),
        columns(),
    ]
    values = [value for model in models for value in params_of(model).values()]
    assert all(isinstance(value, (bool, int, float, str, type(None))) for value in values)
    texts = [value for value in values if isinstance(value, str)]
    assert [text for text in texts if " at 0x" in text or len(text) > 120] == []
    assert {"<function <lambda>>", "{'C': loguniform(0.1, 1)}", "{0: 1.5, 1: 2}", "<RandomState>"} <= set(
        texts
    )


def test_params_of_an_estimator_that_fails_are_none():
    class Broken(Ridge):
        def get_params(self, deep=True):
            raise RuntimeError("no")

    assert params_of(Broken()) == {}


def test_the_room_imports_nothing_heavy():
    code = (
        "import sys; import mlops_jupyter.formats as f; f.is_model(1); f.is_figure(1)\n"
        "print(sorted({'numpy', 'sklearn', 'skops', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_new_library_is_one_handler():
    from mlops_jupyter.formats import handlers

    class Counter:
        fitted_ = 7

        def __init__(self):
            self.count_ = 7

    handler = formats.Handler(
        "counter",
        lambda model: isinstance(model, Counter),
        lambda model, trusted: formats.FileContent(b"COUNT%d" % model.count_, "text/plain", ".count"),
        lambda data: data.startswith(b"COUNT"),
        lambda data, trusted: int(data[5:]),
    )
    before = list(handlers._handlers)
    formats.register(handler)
    try:
        assert formats.load_model(formats.dump_model(Counter()).data) == 7
        assert handlers.names()[0] == "counter"
    finally:
        handlers._handlers[:] = before
