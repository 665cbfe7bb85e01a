"""ONNX files are written only where they answer as the model does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlops_jupyter import formats
from mlops_jupyter.errors import UnsupportedError
from mlops_jupyter.formats import onnx_files

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
RANDOM = np.random.default_rng(0)
X = RANDOM.random((400, 3)).astype("float32")
Y = X[:, 0] + X[:, 1] > 1
FRAME = pd.DataFrame(X, columns=["a", "b", "c"]).assign(kind=np.where(X[:, 2] > 0.5, "x", "y"), n=range(400))


def run(file, inputs):
    import onnxruntime

    return onnxruntime.InferenceSession(file.data).run(None, inputs)


def test_an_array_model_answers_the_same_elsewhere():
    model = RandomForestClassifier(10, random_state=0).fit(X, Y)
    file = formats.to_onnx(model, X)
    labels, probabilities = run(file, {"X": X})
    assert np.array_equal(labels, model.predict(X))
    assert np.allclose(probabilities, model.predict_proba(X), atol=1e-5)
    assert (file.suffix, file.detail["checked_rows"]) == (".onnx", 400)
    assert file.detail["largest_difference"] < 1e-5


def test_a_pipeline_of_a_frame_has_one_input_per_column():
    words = make_column_transformer((OneHotEncoder(), ["kind"]), remainder=StandardScaler())
    model = make_pipeline(words, LogisticRegression()).fit(FRAME, np.where(Y, "yes", "no"))
    file = formats.to_onnx(model, FRAME)
    inputs = {
        name: onnx_files._column(FRAME[name], kind) for name, kind in (("kind", ""), ("n", "tensor(int64)"))
    }
    inputs |= {name: onnx_files._column(FRAME[name], "tensor(float)") for name in "abc"}
    assert run(file, inputs)[0].tolist() == model.predict(FRAME).tolist()


def test_what_cannot_be_written_or_differs_is_refused(monkeypatch):
    unknown = make_pipeline(FunctionTransformer(np.sinh), Ridge()).fit(X, Y)
    with pytest.raises(UnsupportedError, match="Pipeline cannot be written as ONNX"):
        formats.to_onnx(unknown, X)
    monkeypatch.setattr(onnx_files, "TOLERANCE", -1.0)
    with pytest.raises(UnsupportedError, match="does not answer as the model does: numbers are off"):
        formats.to_onnx(Ridge().fit(X, X[:, 0]), X)
    with pytest.raises(UnsupportedError, match="2 of 3 rows get another answer"):
        onnx_files._difference(np.array(["a", "b", "c"]), np.array(["a", "c", "b"]))
