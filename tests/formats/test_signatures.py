"""What a model takes and answers, and some rows that are asked again."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from mlops_jupyter import formats
from mlops_jupyter.errors import UsageError
from mlops_jupyter.records import InputExample, Signature, from_plain, to_plain

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "age": RANDOM.integers(18, 90, 200),
        "income": RANDOM.normal(30_000, 5_000, 200).astype("float32"),
        "plan": pd.Categorical(RANDOM.choice(["basic", "gold"], 200), categories=["gold", "basic", "none"]),
        "town": RANDOM.choice(["Ulm", "Bonn"], 200),
        "is_new": RANDOM.random(200) > 0.5,
    }
)
FRAME.loc[3, "income"] = np.nan
LEFT = pd.Series((FRAME["age"] > 50).map({True: "yes", False: "no"}), name="left")


def classifier(frame=FRAME):
    words = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan", "town"]), remainder="passthrough"
    )
    return make_pipeline(words, DecisionTreeClassifier(max_depth=4, random_state=0)).fit(frame, LEFT)


def back(record, kind):
    return from_plain(kind, json.loads(json.dumps(to_plain(record))))


def test_the_signature_tells_columns_answers_and_classes():
    found = formats.signature_of(FRAME, LEFT, classifier())
    by_name = {field.name: field for field in found.inputs}
    assert [field.name for field in found.inputs] == list(FRAME)
    assert [by_name[name].kind for name in FRAME] == ["number", "number", "category", "category", "boolean"]
    assert by_name["plan"].categories == ("gold", "basic", "none")
    assert by_name["town"].categories == ("Bonn", "Ulm")
    assert (by_name["income"].dtype, by_name["income"].is_nullable) == ("float32", True)
    assert (by_name["age"].low, by_name["age"].high) == (FRAME["age"].min(), FRAME["age"].max())
    assert (found.container, found.target, found.classes) == ("frame", "left", ("no", "yes"))
    assert [field.name for field in found.outputs] == ["prediction", "probability"]
    assert back(found, Signature) == found


def test_answers_come_from_predictions_or_the_model_where_there_is_no_target():
    model = LinearRegression().fit(FRAME[["age"]], FRAME["age"] * 2.0)
    asked = formats.signature_of(FRAME[["age"]], model=model)
    given = formats.signature_of(FRAME[["age"]], predictions=model.predict(FRAME[["age"]]))
    assert asked.outputs[0].kind == given.outputs[0].kind == "number"
    assert given.outputs[0].high == pytest.approx(2.0 * FRAME["age"].max())
    with pytest.raises(UsageError, match=r"LinearRegression\.predict cannot take these rows"):
        formats.signature_of(FRAME, model=model)


def test_personal_values_are_in_no_signature_and_no_example():
    frame = pd.DataFrame({"mail": [f"person{n}@example.org" for n in range(60)], "age": range(60)})
    words = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["mail"]), remainder="passthrough"
    )
    model = make_pipeline(words, DecisionTreeClassifier()).fit(frame, frame["age"] > 30)
    signature, example = formats.signature_of(frame, model=model), formats.example_of(model, frame)
    assert "@example.org" not in json.dumps([to_plain(signature), to_plain(example)])
    assert [row[0] for row in example.rows] == ["hidden"] * 5
    assert formats.predict_example(model, example, signature) == example.predictions


@pytest.mark.parametrize(
    "X",
    [
        FRAME[["age", "income"]].fillna(0),
        FRAME[["age", "income"]].fillna(0).to_numpy(),
        RANDOM.random((200, 3)).astype("float32"),
        scipy.sparse.csr_matrix(RANDOM.random((200, 3))),
        pl.DataFrame({"a": range(200)}),
        RANDOM.random((200, 3)).tolist(),
    ],
    ids=["frame", "array", "float32", "sparse", "polars", "lists"],
)
def test_an_example_is_answered_the_same_after_json(X):
    model = LogisticRegression(max_iter=5000).fit(X, LEFT)
    signature, example = formats.signature_of(X, model=model), formats.example_of(model, X)
    again = formats.predict_example(model, back(example, InputExample), back(signature, Signature))
    assert example.method == "predict_proba"
    assert len(example.rows) == len(again) == 5
    assert formats.same_predictions(example.predictions, again) == (True, "all 5 answers are the same")


def test_an_example_of_mixed_columns_keeps_missing_values_and_categories():
    model, signature = classifier(), formats.signature_of(FRAME, LEFT)
    frame = pd.concat([FRAME.iloc[3:4], FRAME.iloc[:3]])
    example = formats.example_of(model, frame, n=4)
    again = formats.input_of(back(example, InputExample), signature)
    pd.testing.assert_frame_equal(again, frame.reset_index(drop=True))


def test_texts_and_times_have_examples_too():
    texts = ["good day", "bad day", "good night", "bad night"]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    signature, example = formats.signature_of(texts, model=model), formats.example_of(model, texts, n=2)
    assert (signature.container, example.rows) == ("texts", (("good day",), ("bad night",)))
    assert formats.predict_example(model, example, signature) == example.predictions
    times = pd.DataFrame({"at": pd.date_range("2024-01-01", periods=3, tz="UTC"), "n": [1, 2, 3]})
    rows = formats.example_of(LinearRegressionOfTimes(), times, n=2)
    assert formats.input_of(rows, formats.signature_of(times))["at"].tolist() == [
        times["at"][0],
        times["at"][2],
    ]


class LinearRegressionOfTimes:
    def predict(self, frame):
        return frame["at"].dt.year.to_numpy() + frame["n"].to_numpy()


def test_answers_that_differ_are_told_with_their_row():
    same, words = formats.same_predictions([[0.2, 0.8], [0.5, 0.5]], np.array([[0.2, 0.8], [0.4, 0.6]]))
    assert (same, words) == (
        False,
        "1 of 2 answers differs; the first: row 2 was (0.5, 0.5) and is (0.4, 0.6)",
    )
    assert formats.same_predictions([float("nan"), "a", 1], [None, "a", 1.0 + 1e-9])[0]
    assert formats.same_predictions([1], [1, 2]) == (False, "there were 1 answers and there are 2")


def test_an_example_needs_rows_that_the_model_takes():
    model = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    with pytest.raises(UsageError, match="X has 0"):
        formats.example_of(model, np.zeros((0, 1)))
    with pytest.raises(UsageError, match="cannot take these rows"):
        formats.example_of(model, np.zeros((3, 2)))
    wide = LinearRegression().fit(RANDOM.random((3, 5_000)), [1.0, 2.0, 3.0])
    assert formats.example_of(wide, RANDOM.random((3, 5_000))) is None


def test_what_does_not_fit_is_named_with_its_column():
    signature = formats.signature_of(FRAME)
    assert formats.check_input(signature, FRAME.head(50)) == ()
    other = FRAME.rename(columns={"town": "Town"}).assign(extra=1)
    other["plan"] = "silver"
    other["age"] = other["age"].astype(str)
    other["income"] = 10.0**9
    seen = f"the model saw {FRAME['income'].min():g} to {FRAME['income'].max():g}"
    assert set(formats.check_input(signature, other)) == {
        "column 'age' was number (int64) and is category (string)",
        f"column 'income' goes from 1e+09 to 1e+09, and {seen}",
        "column 'plan' holds 'silver', never seen before",
        "column 'town' is missing; did you mean 'Town'?",
        "the model does not know the columns 'Town', 'extra'",
    }
    missing = FRAME.assign(age=FRAME["age"].where(FRAME["age"] > 30))
    assert formats.check_input(signature, missing) == ("column 'age' has missing values, and had none",)


def test_arrays_are_compared_by_place_and_texts_by_being_texts():
    signature = formats.signature_of(RANDOM.random((50, 3)))
    assert formats.check_input(signature, RANDOM.random((5, 4))) == (
        "the model takes 3 columns, and X has 4",
    )
    assert formats.check_input(signature, ["a"]) == ("the model takes array, and X is texts",)
    wide = formats.signature_of(RANDOM.random((4, 1_500)))
    assert wide.inputs[0].shape == (-1, 1_500)
    assert formats.check_input(wide, RANDOM.random((4, 7))) == ("the model takes 1,500 columns, and X has 7",)
    with pytest.raises(UsageError, match="X is a int"):
        formats.check_input(signature, 3)
