"""Models of xgboost, lightgbm and catboost in their own formats, alone and inside scikit-learn's."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlops_jupyter import formats
from mlops_jupyter.errors import UnsupportedError
from mlops_jupyter.formats import native

pytestmark = pytest.mark.slow
RANDOM = np.random.default_rng(0)
X = pd.DataFrame(RANDOM.random((150, 3)), columns=["a", "b", "c"])
Y = (X["a"] + X["b"] > 1).astype(int)
WORDS = np.where(Y == 1, "yes", "no")
COST = np.asarray(X["a"] * 2)
FEW = {"n_estimators": 5, "max_depth": 3}
QUIET = {"iterations": 5, "verbose": False, "allow_writing_files": False}
GROUPS = np.repeat(np.arange(15), 10)


NAMES = (
    "xgboost-classes",
    "xgboost-numbers",
    "xgboost-ranks",
    "lightgbm-words",
    "lightgbm-numbers",
    "lightgbm-ranks",
    "catboost-words",
    "catboost-numbers",
)


@pytest.fixture(scope="module")
def fitted():
    import catboost
    import lightgbm
    import xgboost

    return {
        "xgboost-classes": xgboost.XGBClassifier(**FEW, learning_rate=0.2).fit(X, Y),
        "xgboost-numbers": xgboost.XGBRegressor(**FEW).fit(X, COST),
        "xgboost-ranks": xgboost.XGBRanker(**FEW).fit(X, Y, qid=GROUPS),
        "lightgbm-words": lightgbm.LGBMClassifier(**FEW, verbose=-1).fit(X, WORDS),
        "lightgbm-numbers": lightgbm.LGBMRegressor(**FEW, verbose=-1).fit(X, COST),
        "lightgbm-ranks": lightgbm.LGBMRanker(**FEW, verbose=-1).fit(X, Y, group=[10] * 15),
        "catboost-words": catboost.CatBoostClassifier(**QUIET).fit(X, WORDS),
        "catboost-numbers": catboost.CatBoostRegressor(**QUIET, depth=3).fit(X, COST),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_back_with_its_class_params_and_answers(fitted, name):
    model = fitted[name]
    before = json.dumps(model.get_params(), default=str)
    file = formats.dump_model(model)
    loaded = formats.load_model(file.data)
    assert type(loaded) is type(model)
    assert (
        json.dumps(loaded.get_params(), default=str) == before == json.dumps(model.get_params(), default=str)
    )
    assert np.array_equal(loaded.predict(X), model.predict(X))
    if hasattr(model, "predict_proba"):
        assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
        assert np.array_equal(loaded.classes_, model.classes_)
        assert file.detail["n_classes"] == 2
    library = name.partition("-")[0]
    assert (file.detail["format"], file.detail["class"]) == (library, type(model).__name__)
    assert file.detail[library] == native.module_of(library).__version__
    assert formats.dump_model(model).data == file.data
    assert formats.dump_model(loaded).detail == file.detail


def test_the_files_open_in_their_library_without_us(fitted, tmp_path):
    import catboost
    import lightgbm
    import xgboost

    files = {name: formats.dump_model(model) for name, model in fitted.items()}
    path = tmp_path / "model.ubj"
    path.write_bytes(files["xgboost-numbers"].data)
    other = xgboost.XGBRegressor()
    other.load_model(path)
    assert np.array_equal(other.predict(X), fitted["xgboost-numbers"].predict(X))
    text = lightgbm.Booster(model_str=files["lightgbm-numbers"].data.decode())
    assert np.array_equal(text.predict(X), fitted["lightgbm-numbers"].predict(X))
    (tmp_path / "model.cbm").write_bytes(files["catboost-numbers"].data)
    cat = catboost.CatBoostRegressor().load_model(str(tmp_path / "model.cbm"))
    assert np.array_equal(cat.predict(X), fitted["catboost-numbers"].predict(X))


def test_files_of_the_libraries_own_making_load_too(fitted, tmp_path):
    for name, kind in (("xgboost-classes", "XGBClassifier"), ("xgboost-ranks", "XGBRanker")):
        raw = bytes(fitted[name].get_booster().save_raw("ubj"))
        assert type(formats.load_model(raw)).__name__ == kind
    as_json = bytes(fitted["xgboost-numbers"].get_booster().save_raw("json"))
    assert np.array_equal(formats.load_model(as_json).predict(X), fitted["xgboost-numbers"].predict(X))
    booster = fitted["lightgbm-words"].booster_
    loaded = formats.load_model(booster.model_to_string().encode())
    assert np.array_equal(loaded.predict(X), booster.predict(X))
    fitted["catboost-words"].save_model(str(tmp_path / "own.cbm"))
    cat = formats.load_model((tmp_path / "own.cbm").read_bytes())
    assert (type(cat).__name__, cat.predict(X).tolist()) == (
        "CatBoostClassifier",
        fitted["catboost-words"].predict(X).tolist(),
    )


def test_boosters_without_a_wrapper_are_models(fitted):
    import xgboost

    for name in ("xgboost-numbers", "lightgbm-numbers"):
        model = fitted[name]
        booster = model.get_booster() if hasattr(model, "get_booster") else model.booster_
        assert formats.is_model(booster)
        assert formats.is_fitted(booster)
        loaded = formats.load_model(formats.dump_model(booster).data)
        assert type(loaded) is type(booster)
        rows = xgboost.DMatrix(X) if name.startswith("xgboost") else X
        assert np.array_equal(loaded.predict(rows), booster.predict(rows))


def test_categories_and_early_stopping_are_kept():
    import lightgbm
    import xgboost

    frame = X.assign(kind=pd.Categorical(np.where(X["c"] > 0.5, "x", "y")))
    lgb = lightgbm.LGBMClassifier(n_estimators=50, verbose=-1).fit(
        frame, Y, eval_X=frame, eval_y=Y, callbacks=[lightgbm.early_stopping(2, verbose=False)]
    )
    xgb = xgboost.XGBClassifier(n_estimators=50, early_stopping_rounds=2, enable_categorical=True)
    xgb.fit(frame, Y, eval_set=[(frame, Y)], verbose=False)
    swapped = frame.assign(kind=frame["kind"].cat.reorder_categories(["y", "x"]))
    for model in (lgb, xgb):
        loaded = formats.load_model(formats.dump_model(model).data)
        assert np.array_equal(loaded.predict_proba(swapped), model.predict_proba(swapped))
    loaded = formats.load_model(formats.dump_model(xgb).data)
    assert (loaded.best_iteration, loaded.evals_result()) == (xgb.best_iteration, xgb.evals_result())
    assert formats.load_model(formats.dump_model(lgb).data).best_iteration_ == lgb.best_iteration_


def words_first(model):
    encode = make_column_transformer((OneHotEncoder(), ["kind"]), remainder=StandardScaler())
    return make_pipeline(encode, model)


def pipeline(name):
    import catboost
    import lightgbm
    import xgboost

    if name == "xgboost":
        return words_first(xgboost.XGBClassifier(**FEW))
    if name == "lightgbm":
        return words_first(lightgbm.LGBMClassifier(**FEW, verbose=-1))
    if name == "catboost":
        return words_first(catboost.CatBoostClassifier(**QUIET))
    if name == "search":
        grid = {"xgbclassifier__max_depth": [1, 2]}
        return GridSearchCV(words_first(xgboost.XGBClassifier(n_estimators=3)), grid, cv=2)
    return VotingClassifier([("x", pipeline("xgboost")), ("l", pipeline("lightgbm"))], voting="soft")


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "catboost", "search", "voting"])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_inside_a_pipeline_they_are_kept_in_their_own_format(name):
    frame = X.assign(kind=np.where(X["c"] > 0.5, "x", "y"))
    model = pipeline(name).fit(frame, Y)
    file = formats.dump_model(model)
    loaded = formats.load_model(file.data)
    assert file.detail["format"] == "skops"
    assert type(loaded) is type(model)
    assert np.array_equal(loaded.predict_proba(frame), model.predict_proba(frame))
    assert set(file.detail) & set(native.CLASSES)
    assert formats.dump_model(model).data == file.data


def test_a_model_per_target_is_kept_whole():
    import xgboost

    both = np.column_stack([Y, 1 - Y])
    model = MultiOutputClassifier(xgboost.XGBClassifier(**FEW)).fit(X, both)
    loaded = formats.load_model(formats.dump_model(model).data)
    assert np.array_equal(loaded.predict(X), model.predict(X))
    assert not formats.is_fitted(loaded.estimator)


def test_what_cannot_be_written_is_said():
    import catboost
    import lightgbm
    import xgboost

    def mine(truth, predicted):
        return predicted - truth, np.ones_like(predicted)

    model = xgboost.XGBRegressor(**FEW, objective=mine).fit(X, COST)
    with pytest.raises(UnsupportedError, match=r"XGBRegressor: objective is a mine, .*unsafe_reason"):
        formats.dump_model(model)
    for model in (xgboost.XGBClassifier(), lightgbm.LGBMClassifier(), catboost.CatBoostClassifier()):
        with pytest.raises(UnsupportedError, match="is not fitted"):
            formats.dump_model(model)
