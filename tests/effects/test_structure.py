"""When two objects are the same, in one process and in two."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.effects import same, structure_hash


class Box:
    """Holds anything."""

    def __init__(self, **held: Any) -> None:
        self.__dict__.update(held)


class Slotted:
    """Holds in slots."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x


def _cycle() -> list[Any]:
    found: list[Any] = [1]
    found.append(found)
    return found


def _padded(fill: int) -> Any:
    raw = np.full(3 * 16, fill, np.uint8)
    found = raw.view(
        np.dtype({"names": ["a", "b"], "formats": ["u1", "f8"], "offsets": [0, 8], "itemsize": 16})
    )
    found["a"], found["b"] = 1, 2.0
    return found


def _times(n: int) -> Callable[[int], int]:
    return lambda x: x * n


SAME = {
    "numbers": (1, 1),
    "not a number": (float("nan"), float("nan")),
    "order of a dict": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "set": ({"a", 1, (2, 3)}, {(2, 3), 1, "a"}),
    "cycle": (_cycle(), _cycle()),
    "shared or not": (([1], [1]), tuple([[1]] * 2)),
    "strides": (np.arange(12).reshape(3, 4).T, np.arange(12).reshape(3, 4).T.copy()),
    "between the fields": (_padded(0), _padded(255)),
    "closures": (_times(2), _times(2)),
    "partial": (partial(max, 1), partial(max, 1)),
    "slots": (Slotted([1]), Slotted([1])),
    "frame": (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), pd.DataFrame({"a": [1, 2], "b": ["x", None]})),
    "frame of objects": (pd.DataFrame({"a": [{1}, [2]]}), pd.DataFrame({"a": [{1}, [2]]})),
    "generator": (np.random.default_rng(3), np.random.default_rng(3)),
    "path": (Path("a"), Path("a")),
}  # fmt: skip
OTHER = {
    "type": (1, 1.0),
    "truth": (1, True),
    "sign of zero": (0.0, -0.0),
    "list or tuple": ([1], (1,)),
    "order of a list": ([1, 2], [2, 1]),
    "type of an array": (np.zeros(2), np.zeros(2, "f4")),
    "shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "closure": (_times(2), _times(3)),
    "code": (lambda x: x + 1, lambda x: x + 2),
    "slot": (Slotted(1), Slotted(2)),
    "attribute": (Box(a=1), Box(b=1)),
    "name of a column": (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
    "type of a column": (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}, dtype="int32")),
    "index": (pd.Series([1, 2]), pd.Series([1, 2], index=["a", "b"])),
    "objects in a frame": (pd.DataFrame({"a": [{1}]}), pd.DataFrame({"a": [{2}]})),
    "state": (np.random.default_rng(3), np.random.default_rng(4)),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_same(name: str) -> None:
    a, b = SAME[name]
    assert structure_hash(a) == structure_hash(b)
    assert same(a, b) == ("identical", "")


@pytest.mark.parametrize("name", OTHER)
def test_other(name: str) -> None:
    a, b = OTHER[name]
    assert structure_hash(a) != structure_hash(b)
    assert same(a, b)[0] == ("equal" if name == "sign of zero" else "differs")


def test_words_say_where() -> None:
    assert same({"auc": 0.871, "n": 1}, {"auc": 0.869, "n": 1}) == ("differs", "[auc]: 0.871 → 0.869")
    assert same(Box(a=[1, 2]), Box(a=[1, 3])) == ("differs", ".a[1]: 2 → 3")
    assert same([1], [1, 2])[1] == "1 → 2 items"
    verdict, words = same(np.zeros(4), np.array([0, 0, 0.5, 0]))
    assert (verdict, words) == ("differs", "1 of 4 values differ, by at most 0.5")
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    assert same(frame, frame + 1)[1].startswith("[a]: 2 of 2 values differ")


def test_equal_within_a_billionth() -> None:
    assert same(0.1 + 0.2, 0.3)[0] == "equal"
    assert same(np.array([0.1 + 0.2, np.nan]), np.array([0.3, np.nan]))[0] == "equal"
    assert same(pd.Series([0.1 + 0.2]), pd.Series([0.3]))[0] == "equal"
    assert same(1.0, 1.0 + 1e-8)[0] == "differs"


def test_too_deep_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deep"):
        structure_hash(deep)
    while deep:  # taken apart by hand: else the interpreter would do it by recursion
        deep = deep.pop()


@pytest.mark.slow
def test_times_of_a_search_do_not_count() -> None:
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    x, y = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    first, second = (GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2).fit(x, y) for _ in range(2))
    assert first.refit_time_ != second.refit_time_
    assert same(first, second) == ("identical", "")
    other = GridSearchCV(Ridge(), {"alpha": [1, 3]}, cv=2).fit(x, y)
    assert same(first, other)[0] == "differs"


@pytest.mark.slow
def test_boosters_and_other_processes(tmp_path: Path) -> None:
    script = """
        import numpy as np, pandas as pd
        from catboost import CatBoostClassifier
        from lightgbm import LGBMClassifier
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
        from sklearn.neighbors import KNeighborsClassifier
        from xgboost import XGBClassifier
        from mlops_jupyter.effects import structure_hash
        x = np.random.default_rng(0).random((200, 3))
        y = (x[:, 0] > 0.5).astype(int)
        models = [
            CatBoostClassifier(
                iterations=3, random_seed=0, verbose=0, thread_count=1, allow_writing_files=False
            ),
            LGBMClassifier(n_estimators=3, random_state=0, n_jobs=1, verbose=-1),
            XGBClassifier(n_estimators=3, random_state=0, n_jobs=1),
            RandomForestClassifier(5, random_state=0),
            HistGradientBoostingClassifier(max_iter=3, random_state=0),
            KNeighborsClassifier(algorithm="kd_tree"),
        ]
        print(*(structure_hash(model.fit(x, y)) for model in models))
        held = [{"a", "b", "c"}, {"k": {"x": frozenset("pqr")}}, lambda q: q + 1, pd.Series(["u"])]
        print(structure_hash(held))
    """

    def run(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", textwrap.dedent(script)]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    first = run("1")
    assert len(set(first.split())) == 7
    assert first == run("2")
