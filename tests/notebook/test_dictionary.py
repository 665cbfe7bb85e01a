"""The data dictionary as a form: what it sends is checked, saved through one callback, and answered."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mlops_jupyter.errors import UsageError
from mlops_jupyter.notebook import dictionary
from mlops_jupyter.records import ColumnDoc, DataDoc

DOC = DataDoc(
    "flights", owner="ada", columns=(ColumnDoc("delay", "minutes late"), ColumnDoc("gone", "was there"))
)
COLUMNS = [("delay", "float64"), ("carrier", "string")]


def edit(**columns):
    return {
        "number": 1,
        "whole": {"owner": " grace "},
        "columns": [{"name": k, **v} for k, v in columns.items()],
    }


def test_the_form_shows_every_column_and_keeps_what_is_known():
    made = dictionary.form_data(DOC, COLUMNS)
    assert [(one["name"], one["type"], one["meaning"]) for one in made["columns"]] == [
        ("delay", "float64", "minutes late"),
        ("carrier", "string", ""),
        ("gone", "", "was there"),
    ]
    assert json.loads(json.dumps(made)) == made


def test_what_is_sent_becomes_a_document():
    made = dictionary.edited_doc(DOC, COLUMNS, edit(delay={"unit": "min"}, carrier={"sensitivity": "public"}))
    assert made.owner == "grace"
    assert made.columns == (
        ColumnDoc("delay", "minutes late", "min"),
        ColumnDoc("carrier", sensitivity="public"),
        ColumnDoc("gone", "was there"),
    )


def test_a_column_that_the_data_does_not_have_is_not_taken_from_a_form():
    made = dictionary.edited_doc(DataDoc("flights"), COLUMNS, edit(other={"meaning": "x"}))
    assert made.columns == ()


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"sensitivity": "hot"}, "'hot'; expected public"), ({"meaning": "x" * 4001}, "4,001 characters")],
)
def test_what_cannot_be_kept_is_named(sent, said):
    with pytest.raises(UsageError, match=said):
        dictionary.edited_doc(DOC, COLUMNS, edit(delay=sent))


def test_the_widget_saves_and_says_so():
    saved = []
    form = dictionary.dictionary_widget(DOC, COLUMNS, on_save=saved.append)
    form.edited = edit(delay={"unit": "min"})
    assert saved[0].columns[0].unit == "min"
    assert form.state["tone"] == "ok"
    assert form.data["columns"][0]["unit"] == "min"


def test_what_others_said_since_the_form_was_opened_stays():
    saved = []
    now = DataDoc("flights", owner="eve", columns=(ColumnDoc("carrier", "airline"),))
    form = dictionary.dictionary_widget(DOC, COLUMNS, on_save=saved.append, current=lambda: now)
    form.edited = {"number": 1, "whole": {}, "columns": [{"name": "delay", "unit": "min"}]}
    assert saved == [
        DataDoc("flights", owner="eve", columns=(ColumnDoc("delay", unit="min"), now.columns[0]))
    ]
    assert form.data["whole"]["owner"] == "eve"


def test_a_second_edit_starts_from_the_first():
    saved = []
    form = dictionary.dictionary_widget(DOC, COLUMNS, on_save=saved.append)
    form.edited = edit(delay={"unit": "min"})
    form.edited = {**edit(carrier={"unit": "code"}), "number": 2}
    assert [column.unit for column in saved[1].columns[:2]] == ["min", "code"]


def test_an_error_of_ours_is_shown_and_nothing_is_taken_over():
    def refuse(doc):
        raise UsageError("flights was deleted; restore it first")

    form = dictionary.dictionary_widget(DOC, COLUMNS, on_save=refuse)
    form.edited = edit(delay={"unit": "min"})
    assert form.state == {"tone": "error", "words": "flights was deleted; restore it first"}
    assert form.data["columns"][0]["unit"] == ""


def test_nothing_is_shown_where_nobody_looks(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert dictionary.show_dictionary(DOC, COLUMNS, on_save=print) is False


def test_E8_the_script_inserts_text_alone():
    script = (Path(dictionary.__file__).parent / "static" / "dictionary.js").read_text(encoding="utf-8")
    assert len(script) < 8000
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "http://",
        "https://",
    ):
        assert word not in script


_LOOKED_AT = "import os; os.environ['JPY_SESSION_NAME'] = 'a.ipynb'"
_SHOW = """
from mlops_jupyter.records import DataDoc
from mlops_jupyter.notebook import dictionary
saved = []
doc = DataDoc("flights")
shown = dictionary.show_dictionary(doc, [("delay", "float64")], on_save=saved.append)
"""
_SEND = """
import ipywidgets
form = next(one for one in ipywidgets.widgets.widget._instances.values() if hasattr(one, "edited"))
state = {"edited": {"number": 1, "columns": [{"name": "delay", "meaning": "minutes late"}]}}
form.comm.handle_msg({"content": {"data": {"method": "update", "state": state}}, "buffers": []})
print(shown, saved[0].columns[0].meaning, form.state["tone"])
"""


@pytest.mark.slow
def test_in_a_kernel_a_comm_message_saves_and_is_answered():
    sources = [_LOOKED_AT, _SHOW, _SEND]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    static, form = (output["data"] for output in notebook.cells[1].outputs)
    assert "flights" in static["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in form
    assert notebook.cells[2].outputs[0]["text"] == "True minutes late ok\n"
