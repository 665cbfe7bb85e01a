"""Which names a cell may read, what it binds and deletes; magics."""

# A cell reads best on one line.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from mlops_jupyter.effects import EffectLog

READS = {
    "names": (["a = 1\nb = 2\nc = 3"], "d = a + b", "a b"),
    "through functions": (["x = 1\ndef g():\n    return x\ndef f():\n    return g()"], "f()", "f g x"),
    "defined later than used": (["def f():\n    return g()", "x = 1\ndef g():\n    return x"], "f()", "f g x"),
    "defining is no reading": (["x = 1"], "def f():\n    return x", ""),
    "defined and called": (["x = 1"], "def f():\n    return x\nf()", "x"),
    "default is read": (["x = 1"], "def f(v=x):\n    return v", "x"),
    "lambda in a dict": (["x = 1"], "steps = {'a': lambda v: v + x}", ""),
    "lambda handed over": (["x = 1"], "sorted([2, 1], key=lambda v: v * x)", "x"),
    "decorator of a library": (["import functools\nx = 1"], "@functools.lru_cache\ndef f():\n    return x", "functools"),
    "decorator that calls": (["x = 1\ndef run(f):\n    return f()"], "@run\ndef y():\n    return x", "run x"),
    "class body": (["x = 1\ny = 2"], "class A:\n    v = x\n    def m(self):\n        return y", "x"),
    "class and object": (["y = 2\nclass A:\n    def m(self):\n        return y\na = A()"], "a.m()", "a y"),
    "subclass": (["y = 2\nclass A:\n    def m(self):\n        return y\nclass B(A):\n    pass\nb = B()"], "b.m()", "b y"),
    "property": (["y = 2\nclass A:\n    @property\n    def v(self):\n        return y\na = A()"], "a.v", "a y"),
    "property of a new object": (["y = 2\nclass A:\n    @property\n    def v(self):\n        return y"], "a = A()", "A"),
    "what making an object runs": (["y = 2\nclass A:\n    def __init__(self):\n        self.go()\n    def go(self):\n        return y"], "a = A()", "A y"),
    "object handed to a library": (["import json\ny = 2\nclass A:\n    def default(self):\n        return y"], "json.dumps(A)", "A json y"),
    "comprehension": (["v = 5\nrows = [1]"], "total = [v for v in rows]", "rows"),
    "bound before": (["import math\nx = 1"], "import math\nx = 2\ny = math.sqrt(x)", ""),
    "bound after": (["x = 1"], "y = x\nx = 2", "x"),
    "bound perhaps": (["x = 1"], "if False:\n    x = 2\ny = x", "x"),
    "bound before a call": (["x = 1\ndef f():\n    return x"], "x = 2\ny = f()", "f"),
    "augmented": (["x = 1"], "x += 1", "x"),
    "deleted, then used": (["x = 1"], "x = 2\ndel x\nx", "x"),
    "query": (["import pandas as pd\ndf = pd.DataFrame({'a': [1]})\nlimit = 0"], "df.query('a > @limit')", "df limit"),
    "globals": (["a = 1\nb = 2"], "globals()['a']", "a b"),
    "eval": (["a = 1\nb = 2"], "eval('a')", "a b"),
    "exec in a function": (["a = 1\ndef f():\n    exec('a')"], "f()", "a f"),
    "f-string": (["a = 1\nw = 5"], "f'{a:{w}}'", "a w"),
    "walrus": (["a = [1]"], "if (n := len(a)) > 0:\n    n", "a n?"),
    "match": (["a = {'k': 1}"], "match a:\n    case {'k': v}:\n        v", "a v?"),
    "annotation": (["a = int"], "x: a = 1", "a"),
    "global statement": (["n = 0\ndef up():\n    global n\n    n += 1"], "up()", "n up"),
    "partial": (["import functools\nx = 1\ndef f(v):\n    return x\ng = functools.partial(f, 2)"], "g()", "g x"),
    "estimator with a function": (["from sklearn.preprocessing import FunctionTransformer\nk = 2\nt = FunctionTransformer(lambda v: v * k)"], "t.transform([[1]])", "k t"),
    "syntax error": (["a = 1"], "a +", "a"),
    "generator expression": (["k = 1\ng = (v * k for v in [1, 2])"], "next(g)", "g k"),
    "time": (["a = 1"], "%%time\nb = a", "a"),
    "time line": (["a = 1\nc = 2"], "%time b = a", "a"),
    "timeit": (["a = 1\nc = 2"], "%timeit -n 1 a + 1", "a"),
    "capture": (["a = 1\nc = 2"], "%%capture out\nb = a", "a"),
    "magic in a magic": (["a = 1\nc = 2"], "%%capture\n%time b = a", "a"),
    "shell": (["a = 1\nc = 2"], "!echo {a} $c", "a c"),
    "assigned shell": (["a = 1\nc = 2"], "files = !ls {a}", "a"),
    "run": (["a = 1\nc = 2"], "%run script.py", "a c"),
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if "sklearn" in str(case) else name
        for name, case in READS.items()
    ],
)
def test_reads(name: str, cells: Any) -> None:
    before, cell, expected = READS[name]
    cells(*before)
    maybe = {word.rstrip("?") for word in expected.split()}
    sure = {word for word in expected.split() if not word.endswith("?")}
    found = set(cells(cell).reads)
    assert sure <= found <= maybe


BOUND = {
    "assignment": ([], "a = 1", "a", ""),
    "the same again": (["a = 1"], "a = 1", "a", ""),
    "not run": (["a = 1"], "if False:\n    a = 2", "", ""),
    "run": (["a = 1"], "if True:\n    a = 2", "a", ""),
    "loop": ([], "for i in [1, 2]:\n    j = i", "i j", ""),
    "comprehension": ([], "a = [v for v in [1]]", "a", ""),
    "with": ([], "import io\nwith io.StringIO() as f:\n    pass", "f io", ""),
    "error": ([], "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    a = 1", "a", ""),
    "star": ([], "from math import *", "pi sqrt", ""),
    "deleted": (["a = 1\nb = 2"], "del a", "", "a"),
    "through a function": (["def f():\n    global n\n    n = 1"], "f()", "n", ""),
    "globals": ([], "globals()['z'] = 1", "z", ""),
    "half-way": (["b = 1"], "a = 1\n1 / 0\nb = 2", "a", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUND)
def test_bound_and_deleted(name: str, cells: Any) -> None:
    before, cell, bound, deleted = BOUND[name]
    cells(*before)
    found = cells(cell)
    assert set(bound.split()) <= set(found.bound)
    assert name == "star" or set(bound.split()) == set(found.bound)
    assert set(found.deleted) == set(deleted.split())


def test_outputs_are_names(cells: Any) -> None:
    cells.log.before("1 + 1")
    cells.names |= {"_": 2, "_5": 2, "Out": {5: 2}, "_oh": {5: 2}, "In": [""], "_i5": "1 + 1"}
    shown = cells.log.after("finished")
    assert set(cells.log.effects_of(shown.seq).bound) == {"_", "_5"}
    assert cells("x = Out[5]").reads == ("_5",)
    assert cells("x = _5").reads == ("_5",)
    assert "_" in cells("x = _ + 1").reads
    assert set(cells("x = list(Out)").reads) >= {"_5"}
    assert not cells("y = 2").reads


def test_display(cells: Any) -> None:
    cells("x = [1]")
    assert cells("print(x)").is_display
    assert cells("x").is_display
    assert not cells("x.append(1)").is_display
    assert not cells("open('f.txt', 'w').close()").is_display
    assert not cells("print(1 / 0)").is_display


def test_cells_inside_cells_belong_to_the_outer(cells: Any) -> None:
    log = cells.log
    log.before("outer")
    log.before("inner")
    cells.names["x"] = 1
    assert log.after("finished") is None
    entry = log.after("finished")
    assert entry.source == "outer"
    assert log.effects_of(1).bound == ("x",)
    assert log.after("finished") is None


def test_a_namespace_of_its_own_each(cells: Any) -> None:
    names: dict[str, Any] = {"y": [1]}
    other = EffectLog(names)
    other.before("y.append(2)")
    cells("x = 1")
    names["y"].append(2)
    entry = other.after("finished")
    assert entry is not None
    assert other.effects_of(entry.seq).changed == ("y",)
    assert other.effects_of(entry.seq).bound == ()
    assert cells.log.effects_of(1).bound == ("x",)


def test_session_and_entries(cells: Any) -> None:
    cells("a = 1")
    assert [entry.session_id for entry in cells.log.entries] == [""]
    cells.log.session_id = "s1"
    cells("b = a")
    assert [(entry.session_id, entry.seq, entry.outcome) for entry in cells.log.entries] == [
        ("s1", 1, "finished"),
        ("s1", 2, "finished"),
    ]
    with pytest.raises(IndexError, match="no execution 3; there are 1 to 2"):
        cells.log.effects_of(3)


def test_adopted_cells_are_read_from_their_text(cells: Any) -> None:
    sources = ["import random", "rows = [random.random()]\nlimit = 2", "rows.append(limit)"]
    for source in sources:
        exec(source, cells.names)
    for source in sources:
        cells.log.adopt(source, execution_count=1)
    first, made, changed = (cells.log.effects_of(seq) for seq in (1, 2, 3))
    assert first.bound == ("random",)
    assert (made.reads, made.bound) == (("random",), ("limit", "rows"))
    assert "random" in made.hidden_reads
    assert (changed.reads, changed.changed) == (("limit", "rows"), ("rows",))
    assert "before it could be seen" in made.doubts[0]


def test_what_cannot_be_observed_may_have_done_anything(cells: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cells("a = 1")
    monkeypatch.setattr("mlops_jupyter.effects.observing.plan_of", lambda *_: 1 / 0)
    found = cells("b = a")
    assert found.reads == found.changed == ("a", "b")
    assert "ZeroDivisionError" in found.doubts[0]


def test_our_own_magics_record_and_show(cells: Any) -> None:
    from mlops_jupyter.effects.magics import magics_of
    from mlops_jupyter.verbs import VERBS

    for name in (*VERBS, "track"):
        found = magics_of(f"%{name} something")
        assert (found.effective, found.is_open, found.command) == ((), False, False), name
    assert magics_of("%%track churn\nx = 1\n").python == "x = 1\n"
    assert not magics_of("%%writefile a.py\nx = 1\n").runs_command
    assert magics_of("!ls").runs_command
