"""D8 to D20 for model files of other libraries, pickles with an explicit word, and the child process."""

from __future__ import annotations

import json
import os
import pickle
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlops_jupyter import formats
from mlops_jupyter.errors import IntegrityError, UnsupportedError, UsageError
from mlops_jupyter.formats import child, container, native, unsafe_files
from mlops_jupyter.records import InputExample

RANDOM = np.random.default_rng(0)
X = RANDOM.random((80, 4))
Y = (X[:, 0] > 0.5).astype(int)


@cache
def boosted():
    import catboost
    import lightgbm
    import xgboost

    return {
        "xgboost": xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(X, Y),
        "lightgbm": lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(X, Y),
        "catboost": catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(X, Y),
    }


def lambda_model():
    return make_pipeline(FunctionTransformer(lambda values: values + 1), LogisticRegression()).fit(X, Y)


class Runs:
    """A pickle of this makes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)

    def predict(self, rows):
        return rows


# --- D8: pickles with an explicit word ---------------------------------------------------------


def test_D08_a_pickle_is_written_only_with_a_reason_and_only_where_nothing_else_can():
    model = lambda_model()
    with pytest.raises(UnsupportedError, match="lambda"):
        formats.dump_model(model)
    with pytest.raises(UnsupportedError, match="needs a reason"):
        formats.dump_model(model, unsafe_reason=" ")
    file = formats.dump_model(model, unsafe_reason="the lambda is the method")
    assert (file.detail["format"], formats.format_of(file.data)) == ("cloudpickle", "cloudpickle")
    assert file.detail["unsafe_reason"] == "the lambda is the method"
    safe = formats.dump_model(LogisticRegression().fit(X, Y), unsafe_reason="not needed")
    assert safe.detail["format"] == "skops"
    with pytest.raises(UnsupportedError, match="not fitted"):
        formats.dump_model(make_pipeline(StandardScaler(), LogisticRegression()), unsafe_reason="early")
    with pytest.raises(UnsupportedError, match="no model"):
        formats.dump_model(3, unsafe_reason="a number")


def test_D08_each_call_has_to_allow_the_pickle(tmp_path, monkeypatch):
    target = tmp_path / "made"
    file = unsafe_files.dump(Runs(str(target)), "a test")
    monkeypatch.setenv("MLOPS_UNSAFE", "1")
    with pytest.raises(
        UnsupportedError, match=r"kept so because: a test\. If you know who made it: unsafe=True"
    ):
        formats.load_model(file.data)
    assert not target.exists()
    model = lambda_model()
    data = formats.dump_model(model, unsafe_reason="a test").data
    assert np.array_equal(formats.load_model(data, unsafe=True).predict(X), model.predict(X))
    with pytest.raises(UnsupportedError, match="unsafe=True"):
        formats.load_model(data)


def test_D08_the_digest_is_checked_before_anything_runs(tmp_path):
    target = tmp_path / "made"
    good = formats.dump_model(lambda_model(), unsafe_reason="a test").data
    head = good[: good.index(b"\n", 40) + 1]
    with pytest.raises(IntegrityError, match="nothing of it was run"):
        formats.load_model(head + pickle.dumps(Runs(str(target))), unsafe=True)
    assert not target.exists()
    for damaged in (good[:29], good[:60], unsafe_files._MARK + b"[1]\n", unsafe_files._MARK + b"{" * 10**5):
        with pytest.raises(UnsupportedError, match="damaged"):
            formats.load_model(damaged, unsafe=True)


def test_D08_a_pickle_that_is_not_ours_is_refused_even_then():
    with pytest.raises(UnsupportedError, match="a pickle is never loaded"):
        formats.load_model(pickle.dumps(LogisticRegression()), unsafe=True)


# --- D10, D11: what a native file says of itself -----------------------------------------------


def described(known):
    """A file of xgboost whose description is replaced."""
    booster = boosted()["xgboost"].get_booster().copy()
    booster.set_attr(**{native.ABOUT: known if isinstance(known, str) else json.dumps(known)})
    return bytes(booster.save_raw("ubj"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "known",
    [
        {"format": "xgboost", "class": "train", "params": {"dict": []}},
        {"format": "os", "class": "system", "params": {"dict": []}},
        {"format": "lightgbm", "class": "LGBMClassifier", "params": {"dict": []}},
        {"format": "xgboost", "class": "XGBClassifier", "params": ["a"]},
        {"format": "xgboost", "class": "XGBClassifier", "params": {"other": 1}},
        {"format": "xgboost", "class": "XGBClassifier", "params": {"array": "O8", "values": 1}},
        {"format": "xgboost"},
        "[]",
        "no JSON",
        "{" * 100_000,
    ],
)
def test_D11_a_description_that_names_something_else_is_refused(known):
    with pytest.raises(UnsupportedError, match=r"cannot be loaded|can be loaded safely"):
        formats.load_model(described(known))


@pytest.mark.slow
def test_D11_a_part_of_a_pipeline_may_only_be_of_a_native_format(tmp_path):
    target = tmp_path / "made"
    model = make_pipeline(StandardScaler(), boosted()["xgboost"])
    members = container.unpack(formats.dump_model(model).data)
    part = max((name for name in members if name.endswith(".npy")), key=lambda name: len(members[name]))
    for hostile in (
        unsafe_files.dump(Runs(str(target)), "a test").data,
        pickle.dumps(Runs(str(target))),
        formats.dump_model(LogisticRegression().fit(X, Y)).data,
        b"tree\nversion=v4\nnum_class=many\n",
        b"CBM1" + bytes(100),
    ):
        members[part] = _array(np.frombuffer(hostile, "uint8"))
        with pytest.raises(UnsupportedError):
            formats.load_model(container.pack(members), unsafe=True)
    members[part] = _array(np.zeros(3))
    with pytest.raises(UnsupportedError, match="a part of it is no file"):
        formats.load_model(container.pack(members))
    assert not target.exists()


def _array(values):
    import io

    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


# --- D12, D13: files that crash, hang or fill the memory ---------------------------------------


@pytest.mark.slow
def test_D12_a_file_from_elsewhere_answers_in_a_process_of_its_own():
    model = boosted()["xgboost"]
    example = formats.example_of(model, X)
    data = formats.dump_model(model).data
    answers = formats.load_in_child(data, example)
    assert formats.same_predictions(example.predictions, answers)[0]


@pytest.mark.slow
def test_D12_a_crash_of_the_child_is_one_sentence_here(monkeypatch):
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(child, "_START", crash)
    with pytest.raises(UnsupportedError, match=r"crashed the process that tried it \(SIGSEGV\)"):
        formats.load_in_child(b"x")
    monkeypatch.setattr(child, "_START", "print('noise')")
    with pytest.raises(UnsupportedError, match="said nothing"):
        formats.load_in_child(b"x")
    monkeypatch.setattr(child, "_START", "import time; time.sleep(60)")
    with pytest.raises(UnsupportedError, match=r"took longer than 0\.2 s"):
        formats.load_in_child(b"x", timeout_s=0.2)


class Greedy:
    def predict(self, rows):
        return np.ones(2**31)[: len(rows)]


@pytest.mark.slow
def test_D12_memory_secrets_and_files_of_the_child_are_limited(monkeypatch):
    example = InputExample(("0",), ((1.0,),), ())
    Greedy.__module__ = "__main__"
    greedy = unsafe_files.dump(Greedy(), "a test").data
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    with pytest.raises(UnsupportedError, match=r"MemoryError|more than 2,048 MiB"):
        formats.load_in_child(greedy, example, unsafe=True, memory_bytes=2 << 30)
    tell = unsafe_files.dump(lambda: None, "a test")
    assert tell.detail["class"] == "function"
    environment = child._environment("/somewhere")
    assert "SECRET_TOKEN" not in environment
    assert environment["TMPDIR"] == "/somewhere"


def hostile_native():
    """Damaged and crafted files of the three libraries, by name; some of them do crash their library."""
    models = boosted()
    for library, model in models.items():
        data = formats.dump_model(model).data
        yield f"{library}-half", data[: len(data) // 2]
        yield f"{library}-zeros", data[:60] + bytes(len(data) - 60)
    text = formats.dump_model(models["lightgbm"]).data.decode()
    for name, old, new in (
        ("child", "left_child=", "left_child=999999 "),
        ("leaves", "num_leaves=", "num_leaves=2000000000"),
        ("classes", "num_class=1", "num_class=100000"),
    ):
        yield f"lightgbm-{name}", text.replace(old, new).encode()
    tree = json.loads(bytes(models["xgboost"].get_booster().save_raw("json")))
    tree["learner"]["gradient_booster"]["model"]["trees"][0]["left_children"][0] = 10**6
    yield "xgboost-child", json.dumps(tree).encode()
    yield "xgboost-deep", b'{"learner":' + b'{"a":' * 100_000


@pytest.mark.slow
def test_D12_D13_hostile_native_files_never_take_this_process_along():
    example = InputExample(("0", "1", "2", "3"), ((0.1, 0.2, 0.3, 0.4), (0.9, 0.8, 0.7, 0.6)), ())

    def tried(data):
        try:
            return formats.load_in_child(data, example, timeout_s=30)
        except UnsupportedError as error:
            return str(error)

    files = dict(hostile_native())
    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(files, pool.map(tried, files.values()), strict=True))
    assert len(told) == 11
    assert [name for name, one in told.items() if not isinstance(one, str)] == []
    assert any("crashed the process" in one for one in told.values())


# --- D17, D19, D20 -----------------------------------------------------------------------------


def test_D17_a_model_that_cannot_answer_its_rows_has_no_example():
    model = LogisticRegression().fit(X, Y)
    with pytest.raises(UsageError, match=r"LogisticRegression\.predict_proba cannot take these rows"):
        formats.example_of(model, X[:, :2])


def test_D19_descriptions_are_json_with_a_limit():
    with pytest.raises(UnsupportedError, match="its description has"):
        native.read_about(" " * (native._MOST_ABOUT + 1))
    with pytest.raises(UnsupportedError, match="damaged"):
        native.read_about("!!python/object/apply:os.system ['true']")


@pytest.mark.slow
def test_D20_files_made_on_the_way_are_in_a_folder_that_only_we_can_read(monkeypatch):
    model = boosted()["catboost"]
    modes = []
    save = type(model).save_model

    def watched(self, path, **options):
        modes.append(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode))  # noqa: PTH116, PTH120
        return save(self, path, **options)

    monkeypatch.setattr(type(model), "save_model", watched)
    before = set(os.listdir(tempfile.gettempdir()))  # noqa: PTH208
    formats.dump_model(model)
    assert set(modes) == {0o700}
    assert not [name for name in set(os.listdir(tempfile.gettempdir())) - before if "model" in name]  # noqa: PTH208
