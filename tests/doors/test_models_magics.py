"""Models as magics, in a real shell: variables first, and IPython's own history and alias stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from IPython.utils.capture import capture_output
from sklearn.linear_model import LogisticRegression

import mlops_jupyter as mlops
from mlops_jupyter.errors import GatesFailed, MlopsError, NotFoundError, UsageError


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(2)
    X = pd.DataFrame(random.normal(size=(120, 2)), columns=["calls", "months"])
    y = (X["calls"] + random.normal(size=120) > 0).astype(int).rename("churned")
    return LogisticRegression().fit(X[:60], y[:60]), X[60:], y[60:]


@pytest.fixture
def shell(fresh_shell, registry, fitted):
    mlops.load_ipython_extension(fresh_shell)
    fresh_shell.user_ns.update(zip(("clf", "X_test", "y_test"), fitted, strict=True))
    yield fresh_shell
    mlops.unload_ipython_extension(fresh_shell)


def shown(shell, cell):
    """Run a cell, and return the records that it displayed, by kind, and what was printed."""
    with capture_output() as captured:
        shell.run_cell(cell).raise_error()
    kinds = {}
    for output in captured.outputs:
        for kind, content in output.data.items():
            if kind.startswith("application/vnd.mlops-jupyter."):
                kinds[kind.split(".")[-1].removesuffix("+json")] = content
    return kinds, captured.stdout


def test_each_verb_shows_its_record(shell):
    for cell, kind in (
        ("%register churn clf --X X_test --y y_test --owner ada --alias challenger", "version-view"),
        ("%models", "model-table"),
        ("%models churn", "model-view"),
        ("%models churn@challenger", "version-view"),
        ("%mlops models edit churn:1 --note first", "version-view"),
        ("%gates churn:1", "gate-report"),
        ("%gates show churn", "gates-view"),
        ("%%gates edit churn\nmodel: churn\ngates:\n  - owner\n", "gates-view"),
        ("%request-approval churn:1", "approval-view"),
        ("%approvals", "approval-table"),
        ("%approve churn:1 --reason 'looked at it'", "approval-view"),
        ("%history churn", "model-history"),
        ("%mlops history churn", "model-history"),
        ("%alias churn:1 stable", "alias-moved"),
        ("%usecase churn --decision 'whom to call'", "use-case-view"),
        ("%usecase churn", "use-case-view"),
        ("%kpi churn saved 3", "use-case-view"),
        ("%card churn:1 --for outsiders", "model-card"),
        ("%card churn:1 --to card.html", "done"),
        ("%audit verify", "audit-report"),
    ):
        assert kind in shown(shell, cell)[0], cell


@pytest.mark.slow
def test_a_variable_is_evaluated_on_variables(shell):
    made = shown(shell, "%evaluate clf X_test y_test --n-bootstrap 50")[0]["evaluation-report"]
    assert (made["model"], made["data"], made["target"]) == ("clf", "X_test", "churned")
    shown(shell, "%register churn clf")
    again = shown(shell, "%evaluate churn:1 X_test y_test --n-bootstrap 50 --baseline clf")[0]
    assert again["evaluation-report"]["baseline"] == "clf (churn:1)"


def test_cross_validation_is_shown(shell):
    assert shown(shell, "%cross-validate clf X_test y_test --n-splits 3")[0]


def test_a_variable_that_is_no_model_is_said(shell):
    shell.user_ns["numbers"] = [1, 2]
    with pytest.raises(NotFoundError, match="the variable 'numbers' is of type list, which is no model"):
        shown(shell, "%evaluate numbers X_test y_test")


def test_gates_are_edited_in_the_next_cell(shell):
    shown(shell, "%register churn clf")
    assert "The gates are in the next cell" in shown(shell, "%gates edit churn")[1]
    with pytest.raises(UsageError, match="line 3"):
        shown(shell, "%%gates edit churn\nmodel: churn\ngates:\n  - ownr\n")


def test_a_refusal_is_one_line(shell):
    shown(shell, "%register churn clf")
    with pytest.raises(GatesFailed) as caught:
        shown(shell, "%alias churn:1 champion")
    assert "\n" not in str(caught.value)
    with pytest.raises(MlopsError, match="no model 'chrn'"):
        shown(shell, "%alias chrn:1 champion")


def test_a_card_as_text_is_printed(shell):
    shown(shell, "%register churn clf")
    kinds, printed = shown(shell, "%card churn:1 --format md")
    assert kinds == {}
    assert "# churn" in printed


def test_ipythons_history_and_alias_stay(shell, tmp_path):
    shown(shell, "%register churn clf")
    assert "greeting" not in shown(shell, "%history -n")[0]
    shell.run_cell("greeting = 'hello'", store_history=True).raise_error()
    assert "greeting = 'hello'" in shown(shell, "%history -n")[1]
    shown(shell, "%alias say echo")
    assert shell.alias_manager.is_alias("say")
    assert "model-history" in shown(shell, "%history churn")[0]
    mlops.unload_ipython_extension(shell)
    table = shell.magics_manager.magics["line"]
    assert all(table[name].__module__.startswith("IPython.") for name in ("history", "alias"))
    mlops.load_ipython_extension(shell)
    assert "model-history" in shown(shell, "%history churn")[0]


def test_help_says_both(shell):
    text = shell.magics_manager.magics["line"]["history"].__doc__
    assert "which champion" in text
    assert "IPython's %history" in text
