"""D8 to D13: model files from elsewhere. D14 to D17: models that cannot be kept as they are.

The corpus below is loaded as a whole in a process of its own: nothing of it may run, crash the process
or fill its memory.
"""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest
import scipy.sparse
from sklearn.cluster import Birch
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlops_jupyter import formats
from mlops_jupyter.errors import UnsupportedError
from mlops_jupyter.formats import container

RANDOM = np.random.default_rng(0)
X = RANDOM.random((80, 4))
Y = (X[:, 0] + X[:, 1] > 1).astype(int)


class Runs:
    """A pickle of this runs a command when it is loaded."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        import os

        return os.system, (self.command,)


# --- building hostile files -------------------------------------------------------------------


def tampered(model, edit):
    """The model's file after ``edit(schema, members)``, with an archive that is in order."""
    members = container.unpack(formats.dump_model(model).data)
    schema = json.loads(members.pop("schema.json"))
    edit(schema, members)
    return container.pack({"schema.json": json.dumps(schema).encode(), **members})


def with_array(model, field, edit):
    """The model's file after an edit of the first array that has a field."""

    def change(schema, members):
        for name, content in members.items():
            if not name.endswith(".npy"):
                continue
            array = np.load(io.BytesIO(content))
            if field in (array.dtype.names or ()):
                edit(array)
                buffer = io.BytesIO()
                np.save(buffer, array)
                members[name] = buffer.getvalue()
                return
        raise AssertionError(f"no array has {field}")

    return tampered(model, change)


def set_field(field, at, value):
    def edit(array):
        array[field][at] = value

    return edit


def set_attribute(name, value):
    def edit(schema, members):
        assert name in schema["content"]["content"]
        schema["content"]["content"][name] = text(value)

    return edit


def function_is(node):
    """A file of a FunctionTransformer whose function is replaced by a node."""

    def edit(schema, members):
        schema["content"]["content"]["func"] = node

    return tampered(FunctionTransformer(np.log1p).fit(X), edit)


def node(module, name, loader, **more):
    return {"__module__": module, "__class__": name, "__loader__": loader, **more}


def text(value):
    return node("builtins", "str", "JsonNode", content=json.dumps(value), is_json=True)


def several(*items):
    return node("builtins", "tuple", "TupleNode", content=list(items))


def empty():
    return node(
        "builtins", "dict", "DictNode", content={}, key_types=node("builtins", "list", "ListNode", content=[])
    )


def archive(*members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of the name written twice
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


def array_member(header, payload=b""):
    text_of = (header + "\n").encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text_of)) + text_of + payload


def hostile(sentinel):
    """Name and bytes of every hostile file; those that would run something make ``sentinel``."""
    command = f"touch {sentinel}"
    good = formats.dump_model(LogisticRegression().fit(X, Y)).data
    schema = container.unpack(good)["schema.json"]
    tree = DecisionTreeClassifier().fit(X, Y)
    forest = RandomForestClassifier(3).fit(X, Y)
    neighbours = KNeighborsClassifier(algorithm="kd_tree").fit(X, Y)
    system = node("posix", "system", "FunctionNode")
    partial = {"func": system, "args": several(text(command)), "kwds": empty(), "namespace": empty()}
    check_array = node("sklearn.utils.validation", "check_array", "FunctionNode")

    def lists_trust(schema, members):
        schema["content"]["content"]["func"] = system
        schema["trusted"] = schema["trusted_types"] = ["posix.system"]
        schema["metadata"] = {"trusted": ["posix.system"]}

    def wild_sparse(schema, members):
        name = next(name for name in members if name.endswith(".npz"))
        inner = container.unpack_own(members[name])
        indices = np.load(io.BytesIO(inner["indices.npy"]))
        indices[0] = 2**30
        buffer = io.BytesIO()
        np.save(buffer, indices)
        members[name] = container.pack({**inner, "indices.npy": buffer.getvalue()})

    def nested_bomb(schema, members):
        name = next(name for name in members if name.endswith(".npz"))
        members[name] = archive(("data.npy", bytes(70 * 2**20)))

    def wild_neighbours(array):
        array["idx_end"][0] = 2**40

    sparse = KNeighborsClassifier().fit(scipy.sparse.csr_matrix(X), Y)
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    lying = bytearray(archive(("schema.json", b" " * 10**7)))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", lying, bytes(lying).find(mark) + at, 1000)
    many = bytearray(good)
    struct.pack_into("<2H", many, len(many) - 14, 65_535, 65_535)

    yield "pickle", pickle.dumps(Runs(command))
    yield "pickle-protocol-0", pickle.dumps(Runs(command), protocol=0)
    yield "zip-then-pickle", good + pickle.dumps(Runs(command))
    yield "pickle-then-zip", pickle.dumps(Runs(command)) + good
    yield "zip-comment", good[:-2] + struct.pack("<H", 4) + b"abcd"
    yield "pickle-member", archive(("schema.json", schema), ("model.pkl", pickle.dumps(Runs(command))))
    yield "pickle-as-bin", archive(("schema.json", pickle.dumps(Runs(command))))
    yield "os-system", function_is(system)
    yield "eval", function_is(node("builtins", "eval", "FunctionNode"))
    yield "eval-as-type", function_is(node("builtins", "eval", "TypeNode"))
    yield "partial", function_is(node("functools", "partial", "PartialNode", content=partial))
    yield (
        "partial-by-constructor",
        function_is(
            node("functools", "partial", "ConstructorFromReduceNode", content=several(system, text(command)))
        ),
    )
    yield (
        "partial-of-ours-by-constructor",
        function_is(node("functools", "partial", "ConstructorFromReduceNode", content=several(check_array))),
    )
    yield (
        "constructor",
        function_is(node("subprocess", "Popen", "ConstructorFromReduceNode", content=several(text(command)))),
    )
    yield (
        "methodcaller",
        function_is(node("operator", "methodcaller", "OperatorFuncNode", attrs=several(text("x")))),
    )
    yield "trust-list-inside", tampered(FunctionTransformer(np.log1p).fit(X), lists_trust)
    yield "trust-list-member", archive(("schema.json", schema), ("trusted.json", b'["posix.system"]'))
    yield "old-protocol", tampered(FunctionTransformer(np.log1p).fit(X), lambda s, m: s.update(protocol=-1))
    yield "new-protocol", tampered(FunctionTransformer(np.log1p).fit(X), lambda s, m: s.update(protocol=99))
    yield "bomb", archive(("schema.json", schema), ("1.npy", bytes(80 * 2**20)))
    yield "bomb-nested", tampered(sparse, nested_bomb)
    yield "bomb-lying", bytes(lying)
    yield (
        "array-2-60",
        archive(
            ("schema.json", schema),
            ("1.npy", array_member(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**60},)}}")),
        ),
    )
    yield (
        "array-of-objects",
        archive(
            ("schema.json", schema),
            (
                "1.npy",
                array_member(
                    "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps(Runs(command))
                ),
            ),
        ),
    )
    yield (
        "array-negative",
        archive(
            ("schema.json", schema),
            ("1.npy", array_member("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}")),
        ),
    )
    yield (
        "array-header-code",
        archive(("schema.json", schema), ("1.npy", array_member(f"__import__('os').system({command!r})"))),
    )
    yield "many-members", bytes(many)
    yield "duplicate", archive(("schema.json", schema), ("1.npy", b"x"), ("1.npy", b"y"))
    yield "absolute", archive(("schema.json", schema), ("/etc/passwd", b"x"))
    yield "upwards", archive(("schema.json", schema), ("../1.npy", b"x"))
    yield "backslash", archive(("schema.json", schema), ("..\\1.npy", b"x"))
    yield "no-schema", archive(("1.npy", b"x"))
    yield "deep-schema", archive(("schema.json", deep))
    yield "schema-is-list", archive(("schema.json", b"[]"))
    yield "tree-wild-child", with_array(tree, "left_child", set_field("left_child", 0, 2**30))
    yield "tree-circle", with_array(tree, "left_child", set_field("left_child", 0, 0))
    yield "tree-negative-child", with_array(tree, "left_child", set_field("right_child", 0, -7))
    yield "tree-wild-feature", with_array(forest, "feature", set_field("feature", 0, 10**6))
    yield "tree-narrower", tampered(tree, set_attribute("n_features_in_", 1))
    yield (
        "boost-other-width",
        tampered(
            GradientBoostingClassifier(n_estimators=2).fit(X, Y), set_attribute("n_trees_per_iteration_", 3)
        ),
    )
    yield (
        "boost-narrower",
        tampered(GradientBoostingClassifier(n_estimators=2).fit(X, Y), set_attribute("n_features_in_", 1)),
    )
    boosted = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    yield "predictor-wild-child", with_array(boosted, "feature_idx", set_field("left", 0, 2**31))
    yield "predictor-wild-feature", with_array(boosted, "feature_idx", set_field("feature_idx", 0, 2**40))
    yield "neighbours-wild", with_array(neighbours, "idx_end", wild_neighbours)
    yield "sparse-wild", tampered(sparse, wild_sparse)
    yield "empty", b""
    yield "text", b"not a model"
    yield "only-the-mark", b"PK\x03\x04"


LOADER = """
import json, pathlib, resource, sys, warnings
warnings.simplefilter("error")
from mlops_jupyter import formats
from mlops_jupyter.errors import UnsupportedError
folder = pathlib.Path(sys.argv[1])
formats.load_model((folder / "good").read_bytes())
begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
loaded, refused = [], {}
for path in sorted(folder.glob("*.skops")):
    try:
        formats.load_model(path.read_bytes())
        loaded.append(path.stem)
    except UnsupportedError as error:
        refused[path.stem] = str(error)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun
print(json.dumps({"loaded": loaded, "refused": refused, "grown_kib": grown}))
"""


@pytest.fixture(scope="module")
def verdict(tmp_path_factory):
    """What a process of its own did with the whole corpus."""
    folder = tmp_path_factory.mktemp("hostile")
    sentinel = folder / "executed"
    (folder / "good").write_bytes(formats.dump_model(RandomForestClassifier(3).fit(X, Y)).data)
    for name, data in hostile(sentinel):
        (folder / f"{name}.skops").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(folder)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {
        **json.loads(done.stdout),
        "executed": sentinel.exists(),
        "count": len(list(folder.glob("*.skops"))),
    }


# --- files from elsewhere ---------------------------------------------------------------------


def test_D08_pickles_are_refused(verdict):
    assert {"pickle", "pickle-protocol-0", "pickle-member"} <= set(verdict["refused"])
    assert "a pickle is never loaded" in verdict["refused"]["pickle"]
    assert not verdict["executed"]


def test_D09_renamed_and_hidden_pickles_are_refused(verdict):
    assert {"zip-then-pickle", "pickle-then-zip", "zip-comment", "pickle-as-bin"} <= set(verdict["refused"])
    assert "behind its archive" in verdict["refused"]["zip-then-pickle"]


def test_D10_a_trust_list_inside_the_file_is_not_read(verdict):
    assert {"trust-list-inside", "trust-list-member"} <= set(verdict["refused"])
    assert "posix.system" in verdict["refused"]["trust-list-inside"]


def test_D11_types_outside_the_list_are_refused_by_name(verdict):
    named = {
        "os-system": "posix.system",
        "eval": "builtins.eval",
        "partial": "functools.partial",
        "partial-by-constructor": "functools.partial",
        "partial-of-ours-by-constructor": "functools.partial",
        "constructor": "subprocess.Popen",
        "methodcaller": "operator.methodcaller",
    }
    assert {name: word for name, word in named.items() if word not in verdict["refused"].get(name, "")} == {}


def test_D12_indices_that_point_outside_are_refused(verdict):
    crafted = [
        name
        for name in verdict["refused"]
        if name.startswith(("tree-", "boost-", "predictor-", "neighbours-", "sparse-"))
    ]
    assert len(crafted) == 11
    assert all("can be loaded safely: " in verdict["refused"][name] for name in crafted), verdict["refused"]


def test_D13_bombs_are_refused_before_they_take_memory(verdict):
    assert {"bomb", "bomb-nested", "bomb-lying", "array-2-60", "many-members", "deep-schema"} <= set(
        verdict["refused"]
    )
    assert "holds Python objects" in verdict["refused"]["array-of-objects"]
    assert verdict["grown_kib"] < 200 * 1024


def test_D13_nothing_of_the_corpus_loads_or_runs(verdict):
    assert verdict["loaded"] == []
    assert len(verdict["refused"]) == verdict["count"] >= 40
    assert not verdict["executed"]


def test_D13_damaged_files_are_refused_or_harmless():
    model = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(X, Y)
    good = formats.dump_model(model).data
    chance = random.Random(1)
    refused = 0
    for at in range(0, len(good), len(good) // 20):
        with pytest.raises(UnsupportedError):
            formats.load_model(good[:at])
    for _ in range(60):
        flipped = bytearray(good)
        flipped[chance.randrange(len(good))] ^= 1 << chance.randrange(8)
        try:
            loaded = formats.load_model(bytes(flipped))
        except UnsupportedError:
            refused += 1
        else:
            assert np.array_equal(loaded.predict(X), model.predict(X))
    assert refused > 40


def test_D14_another_version_of_scikit_learn_is_said_once():
    def older(schema, members):
        for part in _all_nodes(schema):
            if "_sklearn_version" in part:
                part["_sklearn_version"] = text("1.2.0")

    data = tampered(RandomForestClassifier(3).fit(X, Y), older)
    with pytest.warns(UserWarning, match=r"saved by scikit-learn 1\.2\.0, and this is") as said:
        formats.load_model(data)
    assert len(said) == 1


def _all_nodes(part):
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _all_nodes(inner)


# --- models that cannot be kept ---------------------------------------------------------------


def _local():
    class Clipper(StandardScaler):
        pass

    return Clipper()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            FunctionTransformer(lambda values: values),
            ["step 'change'", "FunctionTransformer", "lambda", "numpy.log1p"],
        ),
        (_local(), ["step 'change'", "Clipper", "trusted="]),
        (FunctionTransformer(node), ["step 'change'", "func is", "trusted="]),
    ],
)
def test_D15_a_step_that_cannot_be_saved_is_named_with_its_remedy(step, words):
    model = Pipeline([("scale", StandardScaler()), ("change", step), ("classify", LogisticRegression())])
    if isinstance(step, FunctionTransformer) and step.func is node:
        model.set_params(change__func=_keep)
    model.fit(X, Y)
    with pytest.raises(UnsupportedError) as refused:
        formats.dump_model(model)
    assert [word for word in words if word not in str(refused.value)] == []


def _keep(values):
    return values


def test_D15_what_the_notebook_defines_is_not_trusted_by_name(monkeypatch):
    import __main__

    def clip(values):
        return values

    clip.__module__, clip.__qualname__ = "__main__", "clip"
    monkeypatch.setattr(__main__, "clip", clip, raising=False)
    model = ColumnTransformer([("few", FunctionTransformer(clip), [0])]).fit(X)
    for trusted in ((), ("__main__.clip",)):
        with pytest.raises(
            UnsupportedError, match=r"step 'few' \(FunctionTransformer\): func is 'clip' of this notebook"
        ):
            formats.dump_model(model, trusted=trusted)


def test_D16_an_estimator_that_cannot_be_written_names_alternatives():
    with pytest.raises(UnsupportedError, match="BisectingKMeans"):
        formats.dump_model(make_pipeline(StandardScaler(), Birch(n_clusters=2)).fit(X))


def test_D17_an_unfitted_model_is_refused():
    for model in (LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())):
        with pytest.raises(UnsupportedError, match="not fitted: fit it, then save it"):
            formats.dump_model(model)
