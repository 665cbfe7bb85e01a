"""What really changed: in place, through aliases and views, through functions, closures and objects."""

# A cell reads best on one line.
# ruff: noqa: E501

from __future__ import annotations

import re
from typing import Any

import pytest

NUMPY = "import numpy as np\na = np.zeros((4, 3))"
FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'z']})"
COUNTER = "class Counter:\n    total = []\n    def __init__(self):\n        self.n = 0\n    def up(self):\n        self.n += step"

CHANGED = {
    "list through an alias": (["x = [1]\ny = x"], "y.append(2)", "x y"),
    "nested list": (["inner = [1]\nouter = {'k': inner}"], "outer['k'].append(2)", "inner outer"),
    "in-place operator": (["x = [1]\ny = x"], "y += [2]", "x y"),
    "set": (["s = {1}"], "s.add(2)", "s"),
    "dict": (["d = {}"], "d['k'] = 1", "d"),
    "deleted item": (["d = {1: 2}"], "del d[1]", "d"),
    "True for 1": (["x = [1]"], "x[0] = True", "x"),
    "-2 for -1": (["x = [-1]"], "x[0] = -2", "x"),
    "array": ([NUMPY], "a[0, 0] = 1", "a"),
    "view": ([NUMPY, "v = a[1]"], "v[0] = 5", "a v"),
    "view of a view": ([NUMPY, "v = a.T[1:]\nw = v[0]"], "w[:] = 5", "a v w"),
    "other view": ([NUMPY, "v = a[:2]\nw = a[2:]"], "v[:] = 7", "a v"),
    "overlapping view": ([NUMPY, "v = a[:3]\nw = a[2:]"], "v[:] = 7", "a v w"),
    "out=": ([NUMPY], "np.add(a, 1, out=a)", "a"),
    "structured array": (["import numpy as np\nr = np.zeros(3, dtype=[('p', 'i4'), ('q', 'f8')])"], "r['p'][1] = 4", "r"),
    "object array": (["import numpy as np\ninner = [1]\no = np.array([inner, None], dtype=object)"], "inner.append(2)", "inner o"),
    "array attribute": ([NUMPY], "a.shape = (3, 4)", "a"),
    "fill": ([NUMPY, "b = a.reshape(-1)"], "b.fill(3)", "a b"),
    "frame loc": ([FRAME], "df.loc[0, 'a'] = 9", "df"),
    "frame pop": ([FRAME, "same = df"], "df.pop('b')", "df same"),
    "frame new column": ([FRAME], "df['c'] = 1", "df"),
    "frame inplace": ([FRAME, "import warnings"], "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    df.drop(columns='b', inplace=True)", "df"),
    "frame columns": ([FRAME], "df.columns = ['p', 'q']", "df"),
    "frame index name": ([FRAME], "df.index.name = 'n'", "df"),
    "frame attrs": ([FRAME], "df.attrs['unit'] = 'm'", "df"),
    "frame in dict": ([FRAME, "held = {'f': df}"], "held['f'].loc[1, 'a'] = 0", "df held"),
    "series": ([FRAME, "s = df['a'].copy()"], "s += 1", "s"),
    "series text": ([FRAME, "s = df['b'].copy()"], "s.iloc[0] = 'q'", "s"),
    "category": (["import pandas as pd\nc = pd.Series(['u', 'v'], dtype='category')"], "c.iloc[0] = 'v'", "c"),
    "missing": (["import pandas as pd\nc = pd.Series([1, None], dtype='Int64')"], "c.iloc[0] = pd.NA", "c"),
    "polars": (["import polars as pl\np = pl.DataFrame({'a': [1, 2]})"], "p[0, 'a'] = 7", "p"),
    "sparse": (["import scipy.sparse as sp, numpy as np\nm = sp.csr_array(np.eye(3))"], "m.data[0] = 2", "m"),
    "function": (["x = []\ndef f():\n    x.append(1)"], "f()", "x"),
    "function in function": (["x = []\ndef g():\n    x.append(1)\ndef f():\n    g()"], "f()", "x"),
    "function in list": (["x = []\nfs = [lambda: x.append(1)]"], "fs[0]()", "x"),
    "partial": (["import functools\nx = []\ndef f(v):\n    x.append(v)\ng = functools.partial(f, 1)"], "g()", "x"),
    "partial argument": (["import functools\nx = []\ndef f(v):\n    v.append(1)\ng = functools.partial(f, x)"], "g()", "f? g x"),
    "default": (["def f(seen=[]):\n    seen.append(1)\n    return len(seen)"], "f()", "f"),
    "closure": (["def make():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n        return n\n    return up\nup = make()"], "up()", "up"),
    "decorator": (["calls = []\ndef noted(f):\n    def inner(*a):\n        calls.append(1)\n        return f(*a)\n    return inner", "@noted\ndef f():\n    return 1"], "f()", "calls"),
    "function attribute": (["def f():\n    pass"], "f.count = 1", "f"),
    "bound method": (["x = [1]\nadd = x.append"], "add(2)", "add x"),
    "method": ([COUNTER, "step = 2\nc = Counter()"], "c.up()", "c"),
    "class attribute": ([COUNTER, "step = 2\nc = Counter()"], "c.total.append(1)", "Counter c"),
    "slots": (["class P:\n    __slots__ = ('x',)\np = P()\np.x = 1"], "p.x = 2", "p"),
    "property": (["x = []\nclass P:\n    @property\n    def v(self):\n        x.append(1)\n        return 1\np = P()"], "p.v", "x"),
    "dataclass": (["from dataclasses import dataclass, field\n@dataclass\nclass D:\n    v: list = field(default_factory=list)\nd = D()"], "d.v.append(1)", "d"),
    "list of the user's": (["class L(list):\n    pass\nx = L([1])"], "x.append(2)", "x"),
    "operator": (["class A:\n    def __add__(self, o):\n        self.n = 1\n        return 2\na = A()"], "a + 1", "a"),
    "monkey patched class": ([COUNTER, "step = 1\nc = Counter()"], "Counter.up = lambda self: None", "Counter c"),
    "iterator": (["it = iter([1, 2])"], "next(it)", "it"),
    "generator": (["x = [1, 2]\ng = (v for v in x)"], "next(g)", "g"),
    "zip": (["z = zip([1], [2])\nother = {'z': z}"], "list(z)", "other z"),
    "reader": (["import io, csv\nf = io.StringIO('a\\nb')\nr = csv.reader(f)"], "next(r)", "r"),
    "random generator": (["import numpy as np\nrng = np.random.default_rng(0)"], "rng.random()", "rng"),
    "old generator": (["import numpy as np\nrng = np.random.RandomState(0)"], "rng.rand()", "rng"),
    "random.Random": (["import random\nr = random.Random(1)"], "r.random()", "r"),
    "shared estimator": (["from sklearn.linear_model import Ridge\nfrom sklearn.pipeline import make_pipeline\nest = Ridge()\npipe = make_pipeline(est)"], "est.set_params(alpha=3)", "est pipe"),
    "fit": (["from sklearn.linear_model import Ridge\nm = Ridge()"], "m.fit([[1], [2]], [1, 2])", "m"),
    "warm start": (["from sklearn.tree import DecisionTreeClassifier\nm = DecisionTreeClassifier().fit([[0], [1]], [0, 1])"], "m.fit([[0], [1]], [1, 0])", "m"),
    "cached function": (["import functools\n@functools.lru_cache\ndef f(x):\n    return x"], "f(1)", "f"),
    "connection": (["import sqlite3\ndb = sqlite3.connect(':memory:')"], "db.execute('create table t (a)')", "db"),
    "cursor": (["import sqlite3\ndb = sqlite3.connect(':memory:')\nc = db.execute('select 1')"], "c.fetchone()", "c db?"),
    "view of a dict": (["d = {}\nkeys = d.keys()"], "d['k'] = 1", "d keys"),
    "logger": (["import logging\nlog = logging.getLogger('l1')"], "log.setLevel(10)", "log"),
    "handler of the user's": (["import logging\nseen = []\nclass Keep(logging.Handler):\n    def emit(self, r):\n        seen.append(r)\nlog = logging.getLogger('l1h')\nlog.addHandler(Keep())"], "log.warning('x')", "log? seen"),
    "context variable": (["import contextvars\nv = contextvars.ContextVar('v', default=0)"], "_t = v.set(1)", "v"),
    "told at its end": (["seen = []\nclass A:\n    def __del__(self):\n        seen.append(1)\na = A()"], "del a", "seen"),
    "deque": (["from collections import deque\nq = deque([1])"], "q.appendleft(2)", "q"),
    "counter": (["from collections import Counter\nq = Counter('ab')"], "q.update('a')", "q"),
    "bytearray": (["q = bytearray(3)\nv = memoryview(q)"], "v[0] = 1", "q v"),
    "half-way": (["x = [1]"], "x.append(2)\n1 / 0\nx.append(3)", "x"),
    "globals": (["x = [1]"], "globals()['x'].append(2)", "x"),
    "exec": (["x = [1]"], "exec('x.append(2)')", "x"),
    "cycle": (["x = [1]\nx.append(x)"], "x.append(3)", "x"),
    "namespace object": (["import types\nn = types.SimpleNamespace(v=1)"], "n.v = 2", "n"),
    "loop variable": (["rows = [[1], [2]]"], "for row in rows:\n    row.append(0)", "rows"),
    "swapped": (["x = [[1], [2]]"], "x[0], x[1] = x[1], x[0]", "x"),
    "map of a function": (["x = []\nm = map(lambda v: x.append(v), [1, 2])"], "list(m)", "m x"),
    "sorted key": (["seen = []\ndef key(v):\n    seen.append(v)\n    return v"], "sorted([2, 1], key=key)", "seen"),
    "context manager": (["x = []\nclass C:\n    def __enter__(self):\n        x.append(1)\n    def __exit__(self, *a):\n        x.append(2)\nc = C()"], "with c:\n    pass", "x"),
}  # fmt: skip


def _each(table: dict[str, Any]) -> list[Any]:
    """Return the names of a table; those whose cells import much are slow."""
    return [
        pytest.param(name, marks=pytest.mark.slow) if re.search(r"sklearn|scipy|polars", str(case)) else name
        for name, case in table.items()
    ]


@pytest.mark.parametrize("name", _each(CHANGED))
def test_changed(name: str, cells: Any) -> None:
    before, cell, expected = CHANGED[name]
    cells(*before)
    sure = {word for word in expected.split() if not word.endswith("?")}
    maybe = {word.rstrip("?") for word in expected.split()}
    found = cells(cell)
    changed = set(found.changed)
    assert sure <= changed <= maybe, found


UNCHANGED = {
    "predict": (["from sklearn.linear_model import Ridge\nm = Ridge().fit([[1], [2]], [1, 2])"], "m.predict([[1]])"),
    "forest predict": (["from sklearn.ensemble import RandomForestClassifier\nm = RandomForestClassifier(3).fit([[1], [2]], [1, 0])"], "m.predict([[1]])"),
    "neighbours": (["from sklearn.neighbors import KNeighborsClassifier\nm = KNeighborsClassifier(1, algorithm='kd_tree').fit([[1], [2]], [1, 0])"], "m.predict([[1]])"),
    "boosting": (["from sklearn.ensemble import HistGradientBoostingRegressor\nm = HistGradientBoostingRegressor(max_iter=2).fit([[1], [2]], [1, 0])"], "m.predict([[1]])"),
    "describe": ([FRAME], "df.describe()\ndf.groupby('b').a.mean()\ndf.b.str.upper()\ndf.index.is_unique"),
    "frame slice": ([FRAME, "part = df[df.a > 1]"], "part.loc[1, 'a'] = 5"),
    "copy": ([NUMPY, "b = a.copy()"], "b[0] = 1"),
    "context variable": (["import contextvars\nv = contextvars.ContextVar('v', default=0)"], "v.get()"),
    "generic function": (["import functools\n@functools.singledispatch\ndef f(x):\n    return 1"], "f('a')"),
    "printed to": (["import sys"], "print(1, file=sys.stderr)"),
    "len": (["x = [1, [2]]"], "len(x), x[1], sorted(x[1])"),
    "method that reads": ([COUNTER, "step = 1\nc = Counter()"], "print(c.n)"),
    "generator": (["import numpy as np\nrng = np.random.default_rng(0)"], "rng.bit_generator"),
    "spline": (["from scipy.interpolate import CubicSpline\nimport numpy as np\ns = CubicSpline([0, 1, 2], [0, 1, 4])"], "s(0.5)"),
}  # fmt: skip


@pytest.mark.parametrize("name", _each(UNCHANGED))
def test_unchanged(name: str, cells: Any) -> None:
    before, cell = UNCHANGED[name]
    cells(*before)
    found = cells(cell)
    assert not set(found.changed) - {"part", "b"}, found


def test_no_code_of_the_users_is_run(cells: Any) -> None:
    cells(
        "ran = []\n"
        "class Odd:\n"
        "    def __getattr__(self, name):\n        ran.append(name)\n        raise AttributeError(name)\n"
        "    def __eq__(self, other):\n        ran.append('eq')\n        return True\n"
        "    def __hash__(self):\n        ran.append('hash')\n        return 1\n"
        "    def __repr__(self):\n        ran.append('repr')\n        return ''\n"
        "    def __reduce_ex__(self, n):\n        ran.append('reduce')\n        return (int, ())\n"
        "    def __getstate__(self):\n        ran.append('state')\n        return {}\n"
        "    def __len__(self):\n        ran.append('len')\n        return 0\n"
        "    def __iter__(self):\n        ran.append('iter')\n        return iter(())\n"
        "    @property\n    def shape(self):\n        ran.append('shape')\n        return 1\n"
        "    @property\n    def __class__(self):\n        ran.append('class')\n        return int\n",
        "odd = Odd()\nmany = [odd, {'k': odd}]",
        "id(odd), type(many)",
        "many.append(1)",
    )
    assert cells.names["ran"] == []


LARGE = {
    "long list": ("x = list(range(300_000))", "len(x)", "x[150_001] = 0"),
    "many lists": ("x = {i: [i] for i in range(100_000)}", "len(x)", "x[99_000].append(1)"),
    "large array": ("import numpy as np\nx = np.zeros(10_000_000)", "x.sum()", "x[5_000_001] = 1"),
    "through a function": ("import numpy as np\nx = np.zeros(10_000_000)\ndef put(v):\n    v[5_000_001] = 1", "x.sum()", "put(x)"),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_large_objects_are_sampled_and_doubted(name: str, cells: Any) -> None:
    made, looked, changed = LARGE[name]
    cells(made)
    seen = cells(looked)
    assert (seen.changed, seen.is_sampled) == ((), True)
    found = cells(changed)
    assert found.changed == ("x",)
    grown = cells("x = [1]\ny = x", "x.extend([[i] for i in range(1_000)])")
    assert set(grown.changed) == {"x", "y"}
    assert cells("len(x)").changed == ()
