"""The use case as a form: what the script is given, what it sends, what is said."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from mlops_jupyter import models
from mlops_jupyter.errors import UsageError
from mlops_jupyter.notebook import form, usecase
from mlops_jupyter.records import Stakeholder, UseCaseDoc

DOC = UseCaseDoc(
    "churn", owner="ada", stakeholders=(Stakeholder("sales", "whom to call"), Stakeholder("legal"))
)


def opened(registry):
    view = models.put_use_case(DOC, registry=registry)
    made = usecase.saving(view, models.put_use_case, lambda: models.use_case("churn"))
    return form.widget(usecase.form_data(view.doc), made)


def test_the_form_shows_every_field():
    made = usecase.form_data(DOC)
    assert {key for key, *_ in made["fields"]} == set(made["whole"])
    assert made["whole"]["stakeholders"] == "sales: whom to call; legal"
    assert made["whole"]["acceptable_value"] == ""


def test_what_is_shown_and_sent_back_changes_nothing():
    assert usecase.edited_doc(DOC, {"whole": usecase.form_data(DOC)["whole"]}) == DOC


def test_what_is_sent_is_an_edition(registry):
    widget = opened(registry)
    widget.edited = {"number": 1, "whole": {"decision": "whom to call", "acceptable_value": "0.8"}}
    view = models.use_case("churn")
    assert (view.seq, view.doc.decision, view.doc.acceptable_value, view.doc.owner) == (
        2,
        "whom to call",
        0.8,
        "ada",
    )
    assert widget.state["tone"] == "ok"
    assert widget.state["words"].startswith("Saved. Not said yet: pain point")
    assert widget.data["whole"]["decision"] == "whom to call"


def test_what_others_said_in_the_meantime_stays(registry):
    widget = opened(registry)
    models.document_use_case("churn", feedback="monthly")
    widget.edited = {"number": 1, "whole": {"decision": "whom to call"}}
    assert models.use_case("churn").doc.feedback == "monthly"


def test_a_wrong_value_is_said_beside_the_button(registry):
    widget = opened(registry)
    widget.edited = {"number": 1, "whole": {"acceptable_value": "much"}}
    assert widget.state["tone"] == "error"
    assert "'much'" in widget.state["words"]
    assert models.use_case("churn").seq == 1


@pytest.mark.parametrize("sent", [None, [], {"whole": 3}, {"whole": {"nothing": "x"}}])
def test_what_is_no_answer_of_the_form_changes_nothing(sent):
    assert usecase.edited_doc(DOC, sent or {}) == DOC


def test_a_text_without_end_is_refused():
    with pytest.raises(UsageError, match="4,001"):
        usecase.edited_doc(DOC, {"whole": {"decision": "x" * 4001}})


@pytest.mark.slow
def test_in_a_kernel_the_magic_shows_the_form_and_a_message_saves(registry, tmp_path):
    sources = [
        "import os; os.environ['JPY_SESSION_NAME'] = 'a.ipynb'\n%load_ext mlops_jupyter",
        "%usecase churn --owner ada",
        "%usecase churn",
        (
            "import ipywidgets, mlops_jupyter as mlops\n"
            "form = next(w for w in ipywidgets.widgets.widget._instances.values() if hasattr(w, 'edited'))\n"
            "edited = {'number': 1, 'whole': {'decision': 'whom to call'}}\n"
            "data = {'method': 'update', 'state': {'edited': edited}}\n"
            "form.comm.handle_msg({'content': {'data': data}, 'buffers': []})\n"
            "print(mlops.use_case('churn').doc.decision, form.state['tone'])"
        ),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute(cwd=str(tmp_path))
    static, made = (output["data"] for output in notebook.cells[2].outputs)
    assert "churn" in static["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in made
    assert notebook.cells[3].outputs[-1]["text"] == "whom to call ok\n"
