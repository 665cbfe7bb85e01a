"""Data and contracts as magics, in a real shell: variables first."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

import mlops_jupyter as mlops
from mlops_jupyter import datasets
from mlops_jupyter.errors import ContractBroken, MlopsError, NotFoundError


@pytest.fixture
def shell(fresh_shell, registry):
    mlops.load_ipython_extension(fresh_shell)
    frame = pd.DataFrame({"id": range(60), "age": [20 + n % 40 for n in range(60)]})
    frame.to_csv("people.csv", index=False)
    fresh_shell.user_ns["people"] = frame
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


def test_each_verb_of_data_shows_its_record(shell):
    for cell, kind in (
        ("%data save people --alias gold --doc 'Some people.'", "saved-view"),
        ("%data", "dataset-table"),
        ("%data people", "data-card"),
        ("%data people:1", "data-card"),
        ("%data diff people:1 people", "data-diff"),
        ("%data history people", "dataset-history"),
        ("%data where-used people:1", "where-used"),
        ("%mlops data history people", "dataset-history"),
        ("%data load people:1 --to out.parquet", "done"),
        ("%mlops clean", "collected"),
    ):
        assert kind in shown(shell, cell)[0], cell


def test_a_variable_goes_first_and_gives_its_name(shell):
    shown(shell, "%data save people")
    shell.user_ns["people"] = shell.user_ns["people"].head(5)
    assert shown(shell, "%data people")[0]["data-card"]["profile"]["n_rows"] == 5
    assert shown(shell, "%data people:1")[0]["data-card"]["profile"]["n_rows"] == 60
    del shell.user_ns["people"]
    assert shown(shell, "%data people")[0]["data-card"]["profile"]["n_rows"] == 60


def test_a_variable_that_is_called_like_a_verb_is_shown_with_show(shell):
    shell.user_ns["save"] = shell.user_ns["people"].head(3)
    assert shown(shell, "%data show save")[0]["data-card"]["profile"]["n_rows"] == 3


def test_a_variable_with_a_path_means_the_file(shell):
    shell.user_ns["path"] = "people.csv"
    card = shown(shell, "%data path")[0]["data-card"]
    assert (card["name"], card["profile"]["n_rows"]) == ("people.csv", 60)


def test_a_variable_that_is_no_data_is_said(shell):
    shell.user_ns["numbers"] = [1, 2]
    with pytest.raises(NotFoundError, match="the variable 'numbers' is of type list, which is no data"):
        shown(shell, "%data numbers")


def test_what_is_saved_knows_the_file_it_was_read_from(shell):
    shell.run_cell("import pandas\nread = pandas.read_csv('people.csv')").raise_error()
    saved = shown(shell, "%data save read --name people")[0]["saved-view"]["saved"]
    assert saved["source_uri"].endswith("people.csv")
    assert len(saved["source_hash"]) == 64


def test_data_are_loaded_into_a_variable(shell):
    shown(shell, "%data save people")
    shown(shell, "back = %data load people:1\nsome = %data load people --columns age --as polars")
    assert shell.user_ns["back"].equals(shell.user_ns["people"])
    assert shell.user_ns["some"].columns == ["age"]


@pytest.mark.slow
def test_a_contract_is_edited_in_a_cell(shell):
    shown(shell, "%data save people")
    text = shown(shell, "%contract infer people")[0]["contract-view"]["text"]
    assert shown(shell, "%contract accept people")[0]["done"]["next_step"].startswith("%validate people ")
    said = shown(shell, "%contract edit people")[1]
    assert "next cell" in said
    changed = text.replace("type: integer", "type: float", 1)
    view = shown(shell, f"%%contract edit people --note softer\n{changed}")[0]["contract-view"]
    assert (view["contract"]["number"], view["contract"]["note"]) == (2, "softer")
    assert "contract-diff" in shown(shell, "%contract diff people")[0]
    assert "query-result" in shown(shell, "%contract")[0]
    assert shown(shell, "%contract export people")[1].strip() == text.strip()
    done = shown(shell, "%contract accept people")[0]["done"]
    assert re.fullmatch(
        r"people contract 2 is accepted: \d+ rules \(1 warns\); contract 1 is retired\.",
        done["message"],
    )
    assert "is retired" not in shown(shell, "%contract accept people")[0]["done"]["message"]


@pytest.mark.slow
def test_a_broken_contract_is_shown_and_with_strict_an_error_after_that(shell):
    shown(shell, "%data save people\n")
    shown(shell, "%contract infer people")
    shown(shell, "%contract accept people")
    assert shown(shell, "%validate people")[0]["validation-report"]["passed"]
    shell.user_ns["people"] = shell.user_ns["people"].assign(age=-5_000)
    assert not shown(shell, "%validate people")[0]["validation-report"]["passed"]
    with capture_output() as captured, pytest.raises(ContractBroken, match="people breaks people:1"):
        shell.run_cell("%validate people --strict").raise_error()
    assert len(captured.outputs) == 1
    assert "validation-report" in shown(shell, "%validate people --against people:1")[0]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%data sve people", "%data has no verb 'sve'; did you mean 'save'?"),
        ("%data save", "WHAT is missing"),
        ("%data save people --nmae x", "--name"),
        ("%data diff people", "diff takes two"),
        ("%validate people", "no accepted contract applies to people"),
        ("%%contract show people\nx", "takes a cell for 'edit' alone"),
        ("%contract accept people", "there is no dataset 'people'"),
    ],
)
def test_errors_are_one_line(shell, cell, said):
    with capture_output():
        error = shell.run_cell(cell).error_in_exec
    assert isinstance(error, MlopsError)
    (line,) = error._render_traceback_()
    assert said in line
    assert "\n" not in line


def test_a_document_is_shown_and_changed(shell):
    shown(shell, "%data save people")
    doc = shown(shell, "%data doc people age.unit=years 'age=how old' --owner ada")[0]["data-doc"]
    assert (doc["owner"], doc["columns"][1]["unit"], doc["columns"][1]["meaning"]) == (
        "ada",
        "years",
        "how old",
    )
    assert shown(shell, "%data doc people")[0]["data-doc"] == doc
    assert datasets.put_doc(replace(datasets.read_doc("people"), owner="eve")).owner == "eve"


def test_help_of_a_group_lists_its_verbs(shell):
    assert "where-used" in shell.object_inspect_text("%data")
    assert "--against" in shown(shell, "%validate --help")[1]
    assert "--alias" in shown(shell, "%data save --help")[1]


def test_the_namespace_stays_as_it_was(shell):
    before = set(shell.user_ns)
    shown(shell, "%data save people\n%data people\n%data")
    assert {name for name in set(shell.user_ns) - before if not name.startswith("_")} == set()
