"""Which values of a cell are params and which are metrics, with the cell really executed."""

from __future__ import annotations

import ast
from textwrap import dedent
from types import ModuleType

import numpy as np
import pytest

from mlops_jupyter.capture import Selection, analyse
from mlops_jupyter.capture.snapshot import Snapshot, global_names, is_number
from mlops_jupyter.capture.values import After, find_metrics, find_params


def run(source, namespace=None, *, selection=None):
    """Execute a cell and return its params and metrics by name, with the error that ended it."""
    plan = analyse(dedent(source))
    names = {} if namespace is None else namespace
    before = Snapshot(plan, names)
    shown, stopped = None, None
    for index, node in enumerate(plan.tree.body):
        try:
            if isinstance(node, ast.Expr) and index == len(plan.tree.body) - 1:
                shown = eval(compile(ast.Expression(node.value), "<cell>", "eval"), names)
            else:
                exec(compile(ast.Module([node], []), "<cell>", "exec"), names)
        except ZeroDivisionError:
            stopped = index
            break
    assigned = frozenset(n for n in plan.stores if before.is_assigned(n, names, stopped_in=stopped))
    computed = frozenset(n for n in plan.changed if not isinstance(names.get(n), ModuleType))
    after = After(names, assigned, computed, shown)
    selection = selection or Selection()
    params = {p.key: p.value for p in find_params(plan, before, after, selection)}
    metrics = {m.key: m.value for m in find_metrics(plan, after, selection)}
    return params, metrics


def test_literals_and_what_arithmetic_makes_of_them_are_params():
    params, metrics = run("depth, rate = 8, 1e-3 * 2\nhalf = depth / 2\nlayers = [64, 32]\nname = None")
    assert params == {"depth": 8, "rate": 0.002, "half": 4, "layers": [64, 32], "name": None}
    assert metrics == {}


def test_scalars_read_from_outside_are_params_with_their_value_before():
    namespace = {"lr": 0.1, "flag": True, "text": "x" * 500, "rows": [1, 2]}
    params, metrics = run("loss = sum(rows) * lr if flag else len(text)\nother = abs(int(loss))", namespace)
    assert params == {"lr": 0.1, "flag": True, "loss": 0.30000000000000004, "other": 0}
    assert metrics == {}


def test_computed_numbers_are_metrics():
    namespace = {"f": lambda: 0.5, "np": np}
    source = """
        auc = f()
        score = np.float32(0.25) + f()
        zero_d = np.array(f())
        flag = f() > 1
        text = str(f())
        _hidden = f()
        best = 1 - auc
    """
    params, metrics = run(source, namespace)
    assert metrics == {"auc": 0.5, "score": 0.75, "zero_d": 0.5, "best": 0.5}
    assert params == {}


def test_a_list_that_the_cell_fills_is_a_curve_and_a_long_one_is_data():
    source = """
        losses, names, layers = [], [], [64, 32]
        labels = [0, 1] * 50
        many = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
        for epoch in range(4):
            losses.append(1 / (epoch + 1))
            names.append(str(epoch))
    """
    params, metrics = run(source)
    assert params == {"layers": [64, 32]}
    assert metrics == {"losses": [1.0, 0.5, 1 / 3, 0.25]}


def test_loop_variables_and_clocks_are_neither():
    source = """
        import time
        t0 = time.time()
        for i in range(3):
            loss = f(i)
        took = time.time() - t0
    """
    params, metrics = run(source, {"f": lambda i: i / 2})
    assert params == {}
    assert set(metrics) == {"loss", "took"}


def test_dicts_that_the_cell_writes_down_are_flattened():
    params, metrics = run("config = {'depth': 8, 'auc': f()}", {"f": lambda: 0.5})
    assert params == {"config.depth": 8}
    assert metrics == {"config.auc": 0.5}


@pytest.mark.parametrize("earlier", [{}, {"auc": 0.7}, {"auc": 5}])
def test_a_branch_that_was_not_taken_records_nothing_new(earlier):
    params, metrics = run("if False:\n    auc = f()", dict(earlier))
    assert metrics == {}
    assert params == {}


def test_the_same_object_again_counts_only_where_it_was_surely_assigned():
    namespace = {"n": 5, "m": 5, "f": lambda: 5}
    params, metrics = run("n = f()\nif n > 10:\n    m = f()", namespace)
    assert metrics == {"n": 5}
    assert params == {}


def test_after_an_error_only_what_stands_before_it_counts():
    namespace = {"late": 5, "early": 5}
    params, metrics = run("early = 5\nboom = 1 / 0\nlate = 5", namespace)
    assert params == {"early": 5}
    assert metrics == {}


def test_a_number_of_another_cell_that_is_only_looked_at_is_no_metric():
    assert run("auc", {"auc": 0.9})[1] == {}
    assert run("round(auc, 2)", {"auc": 0.9})[1] == {}
    assert run("result['auc']", {"result": {"auc": 0.9}})[1] == {}
    assert run("best = result['auc']", {"result": {"auc": 0.9}})[1] == {}


def test_the_last_value_is_a_metric_where_the_cell_computes_it():
    assert run("f()", {"f": lambda: 0.5})[1] == {"f": 0.5}
    assert run("auc = f()\nauc", {"f": lambda: 0.5})[1] == {"auc": 0.5}
    assert run("r = {'auc': f()}\nr['auc']", {"f": lambda: 0.5})[1]["r.auc"] == 0.5
    assert run("f() > 0", {"f": lambda: 0.5})[1] == {}


def test_names_are_added_and_excluded_by_the_user():
    namespace = {"f": lambda: 0.5, "_gap": 0.25, "frame_size": 3}
    selection = Selection(params=("n",), metrics=("_gap", "k"), excluded=("scratch", "tmp"))
    params, metrics = run("n = f()\nk = 3\nscratch = f()\ntmp = 1\nauc = f()", namespace, selection=selection)
    assert params["n"] == 0.5
    assert "tmp" not in params
    assert metrics == {"auc": 0.5, "k": 3, "_gap": 0.25}


def test_what_the_users_functions_read_counts_as_read():
    namespace = {"outer": 3}
    exec(
        "rate = 0.1\nclass Box: pass\n"
        "def step(x):\n    return inner(x) * rate\ndef inner(x): return x + outer",
        namespace,
    )
    params, _ = run("loss = step(1)", namespace)
    assert params == {"rate": 0.1, "outer": 3}
    assert global_names(namespace["step"].__code__) == {"inner", "rate"}


def test_deleted_names_are_not_recorded():
    assert run("x = 3\ndel x") == ({}, {})


def test_a_large_object_is_not_kept_alive():
    import gc
    import weakref

    class Big:
        pass

    namespace = {"big": Big()}
    gone = weakref.ref(namespace["big"])
    before = Snapshot(analyse("big = 1"), namespace)
    namespace["big"] = 1
    gc.collect()
    assert gone() is None
    assert before.is_assigned("big", namespace, stopped_in=0)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(1), np.int8(3), np.array(2.0), float("nan")])
def test_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [True, np.True_, "1", None, [1], np.array([1.0]), 1j, np.complex64(1), np.datetime64("now")]
)
def test_not_numbers(value):
    assert not is_number(value)
