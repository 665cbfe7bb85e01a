"""Rules in Python: only marked functions are called, and only named modules imported."""

import sys

import pandas as pd
import polars as pl
import pytest

from mlops_jupyter import validation
from mlops_jupyter.records import ContractDoc, Rule


@validation.rule
def below(values, of=10):
    return values < of


@validation.rule
def wide(frame):
    return len(frame.columns) > 1


@validation.rule
def wrong(values):
    raise RuntimeError("no luck")


def asked(function, data, columns=("a",), **arguments):
    limits = {"function": function, "arguments": arguments} if arguments else {"function": function}
    return validation.check(data, ContractDoc("d", (Rule("r", "python", columns, limits),))).results[0]


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_a_marked_function_is_asked(library):
    data = library({"a": [1, 20, 3], "b": [1, 1, 1]})
    assert asked("below", data).examples == ("row 1",)
    assert asked(f"{__name__}:below", data, of=30).state == "passed"
    assert asked("wide", data, ()).state == "passed"
    assert asked("wide", library({"a": [1]}), ()).state == "failed"


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_one_that_fails_is_unknown(library):
    found = asked("wrong", library({"a": [1]}))
    assert found.state == "unknown"
    assert "no luck" in found.message


@pytest.mark.parametrize("name", ["os:system", "builtins:eval", "shop_rules:even"])
def test_nothing_else_is_called(name, tmp_path, monkeypatch):
    module = tmp_path / "shop_rules.py"
    module.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert asked(name, pd.DataFrame({"a": ["echo"]})).state == "unknown"
    assert not (tmp_path / "ran").exists()


def test_a_named_module_is_imported(tmp_path, monkeypatch):
    (tmp_path / "named_rules.py").write_text(
        "from mlops_jupyter import validation\n"
        "@validation.rule\n"
        "def even(values):\n"
        "    return values % 2 == 0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("MLOPS_RULES", "named_rules")
    assert asked("named_rules:even", pd.DataFrame({"a": [2, 3]})).n_failed == 1
    sys.modules.pop("named_rules")
