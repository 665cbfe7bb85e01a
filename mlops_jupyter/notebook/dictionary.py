"""The data dictionary as a form in the notebook; what is saved goes through one callback."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ..display.dictionary import sentence
from ..errors import UsageError
from ..records import ColumnDoc, DataDoc
from . import form
from .form import MOST_CHARACTERS

__all__ = ["MOST_CHARACTERS", "dictionary_widget", "edited_doc", "form_data", "show_dictionary"]

SENSITIVITIES = ("", "public", "internal", "personal", "secret")
MOST_COLUMNS = 500
_WHOLE = ("description", "owner", "collected", "licence", "sensitivity", "target")
_OF_COLUMN = ("meaning", "unit", "sensitivity", "collected", "owner")

OnSave = Callable[[DataDoc], Any]


def show_dictionary(
    doc: DataDoc,
    columns: Sequence[tuple[str, str]],
    *,
    on_save: OnSave,
    current: Callable[[], DataDoc] | None = None,
) -> bool:
    """Show a data dictionary as a form, if a front end that has widgets is looking.

    Parameters
    ----------
    doc
        What is known so far.
    columns
        Name and type of the dataset's columns, in their order.
    on_save
        Called with the whole edited document; an error of ours that it raises is shown as one line.
    current
        Returns what is known now: others may have said something since the form was opened.

    Returns
    -------
    bool
        False where nothing was shown, as for :func:`~mlops_jupyter.notebook.widgets.show_table`.
    """
    return form.show(doc, form_data(doc, columns), _saving(doc, columns, on_save, current))


def dictionary_widget(
    doc: DataDoc,
    columns: Sequence[tuple[str, str]],
    *,
    on_save: OnSave,
    twin: str = "",
    current: Callable[[], DataDoc] | None = None,
) -> Any:
    """Return the form as a widget; see :func:`~mlops_jupyter.notebook.form.widget`.

    Parameters are those of :func:`show_dictionary`; ``twin`` marks the static dictionary that it hides.
    """
    return form.widget(form_data(doc, columns), _saving(doc, columns, on_save, current), twin)


def _saving(
    doc: DataDoc,
    columns: Sequence[tuple[str, str]],
    on_save: OnSave,
    current: Callable[[], DataDoc] | None,
) -> form.Save:
    """Return what saves an edit: over what is known then, which without ``current`` is the last edit."""
    last = doc

    def save(edited: Mapping[str, Any]) -> form.Saved:
        nonlocal last
        made = edited_doc(current() if current else last, columns, edited)
        on_save(made)
        last = made
        whole = _complete(made, columns)
        return form.Saved(form_data(made, columns), f"Saved. {sentence(whole)}", whole)

    return save


def form_data(doc: DataDoc, columns: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what the form's script shows: the whole, and a row for each column, known or not.

    Examples
    --------
    >>> form_data(DataDoc("flights", owner="ada"), [("delay", "float64")])["columns"][0]["name"]
    'delay'
    """
    known = {column.name: column for column in doc.columns}
    named = [*columns, *((name, "") for name in known if name not in dict(columns))]
    rows = [{**asdict(known.get(name, ColumnDoc(name))), "type": kind} for name, kind in named[:MOST_COLUMNS]]
    whole = {key: getattr(doc, key) for key in _WHOLE}
    return {"dataset": doc.dataset, "whole": whole, "columns": rows, "left": max(0, len(named) - len(rows))}


def edited_doc(doc: DataDoc, columns: Sequence[tuple[str, str]], edited: Mapping[str, Any]) -> DataDoc:
    """Return a document with what a form sent.

    Names of columns come from the dataset, never from the form; a column about which nothing is
    said is left out.

    Raises
    ------
    UsageError
        Where a text is longer than 4,000 characters, or a sensitivity is none that exists.

    Examples
    --------
    >>> made = edited_doc(DataDoc("f"), [("d", "int64")], {"columns": [{"name": "d", "unit": "min"}]})
    >>> made.columns[0].unit
    'min'
    """
    given = {str(one.get("name")): one for one in edited.get("columns", ()) if isinstance(one, Mapping)}
    known = {column.name: column for column in doc.columns}
    names = _names(doc, columns)
    whole = _texts(edited.get("whole", {}), _WHOLE, doc.dataset)
    made = [
        replace(known.get(name, ColumnDoc(name)), **_texts(given.get(name, {}), _OF_COLUMN, name))
        for name in names
    ]
    return replace(doc, **whole, columns=tuple(column for column in made if column != ColumnDoc(column.name)))


def _names(doc: DataDoc, columns: Sequence[tuple[str, str]]) -> list[str]:
    """Return the columns of the dataset in their order, then those that only the document knows."""
    return list(dict.fromkeys([*dict(columns), *(column.name for column in doc.columns)]))


def _complete(doc: DataDoc, columns: Sequence[tuple[str, str]]) -> DataDoc:
    """Return a document with all columns, also those of which nothing is said: they count too."""
    known = {column.name: column for column in doc.columns}
    return replace(doc, columns=tuple(known.get(name, ColumnDoc(name)) for name in _names(doc, columns)))


def _texts(given: Any, keys: Sequence[str], what: str) -> dict[str, Any]:
    """Return the texts among ``keys`` that a form sent, checked."""
    texts: dict[str, Any] = {}
    for key in keys:
        if not isinstance(given, Mapping) or key not in given:
            continue
        value = form.text_of(given, key, what)
        if key == "sensitivity" and value not in SENSITIVITIES:
            raise UsageError(
                f"sensitivity of {what} is {value!r}; expected {', '.join(SENSITIVITIES[1:])}, or nothing"
            )
        texts[key] = value
    return texts
