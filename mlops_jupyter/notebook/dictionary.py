"""The data dictionary as a form in the notebook; what is saved goes through one callback.

As with the table of runs, the static dictionary stands in an output before the form, which hides it
while a kernel answers.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from .. import display
from ..display.dictionary import sentence
from ..display.rendering import style
from ..errors import MlopsError, UsageError
from ..records import ColumnDoc, DataDoc
from .widgets import is_watched

SENSITIVITIES = ("", "public", "internal", "personal", "secret")
MOST_COLUMNS = 500
MOST_CHARACTERS = 4000
_HERE = Path(__file__).parent / "static"
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
    if not is_watched():
        return False
    from IPython.display import display as show

    twin = uuid.uuid4().hex
    show(_twin(doc, twin), raw=True, display_id=twin)
    form = dictionary_widget(doc, columns, on_save=on_save, twin=twin, current=current)
    view = form._repr_mimebundle_()
    bundle = view[0] if isinstance(view, tuple) else view
    show({**bundle, "text/plain": ""}, raw=True)
    return True


def _twin(doc: DataDoc, twin: str) -> dict[str, Any]:
    """Return the static dictionary, marked so that the form finds and hides it."""
    static = display.bundle(doc)
    static["text/html"] = f'<div data-mlops-twin="{twin}">{static["text/html"]}</div>'
    return static


def dictionary_widget(
    doc: DataDoc,
    columns: Sequence[tuple[str, str]],
    *,
    on_save: OnSave,
    twin: str = "",
    current: Callable[[], DataDoc] | None = None,
) -> Any:
    """Return the form: ``edited`` is what its button sends, ``state`` what is said beside the button.

    Parameters are those of :func:`show_dictionary`; ``twin`` marks the static dictionary that it hides.
    """
    return _class()(doc, columns, on_save, twin, current)


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
        value = str(given[key]).strip()
        if len(value) > MOST_CHARACTERS:
            raise UsageError(
                f"{key} of {what} has {len(value):,} characters; at most {MOST_CHARACTERS:,} are kept"
            )
        if key == "sensitivity" and value not in SENSITIVITIES:
            raise UsageError(
                f"sensitivity of {what} is {value!r}; expected {', '.join(SENSITIVITIES[1:])}, or nothing"
            )
        texts[key] = value
    return texts


@cache
def _class() -> Any:
    """Return the widget's class; anywidget is imported when the first form is made."""
    import anywidget
    import traitlets

    class DictionaryWidget(anywidget.AnyWidget):
        """The form."""

        _esm = (_HERE / "dictionary.js").read_text(encoding="utf-8")
        _css = str(style("table", "data")) + (_HERE / "dictionary.css").read_text(encoding="utf-8")
        data = traitlets.Dict().tag(sync=True)
        edited = traitlets.Dict().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)
        twin = traitlets.Unicode().tag(sync=True)

        def __init__(
            self,
            doc: DataDoc,
            columns: Sequence[tuple[str, str]],
            on_save: OnSave,
            twin: str,
            current: Callable[[], DataDoc] | None,
        ) -> None:
            self._doc, self._columns, self._on_save, self._current = doc, columns, on_save, current
            super().__init__(data=form_data(doc, columns), twin=twin)
            self.observe(self._save, names="edited")

        def _save(self, change: Any) -> None:
            try:
                known = self._current() if self._current else self._doc
                doc = edited_doc(known, self._columns, change["new"])
                self._on_save(doc)
            except MlopsError as error:
                self.state = {"tone": "error", "words": str(error)}
                return
            self._doc = doc
            self.data = form_data(doc, self._columns)
            whole = _complete(doc, self._columns)
            said = f"Saved. {sentence(whole)}"
            self.state = {"tone": "ok", "words": said, "number": change["new"].get("number", 0)}
            if self.twin:
                from IPython.display import update_display

                update_display(_twin(whole, self.twin), display_id=self.twin, raw=True)

    return DictionaryWidget
