"""The use case of a model as a form in the notebook: the questions that the seed of a project answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..display.usecase import NAMES
from ..models.usecases import FIELDS, QUESTIONS, merged
from ..records import UseCaseDoc, UseCaseView
from . import form

_LABELS = dict(NAMES) | {"acceptable_value": "Good enough, as a number", "stakeholders": "Whom it touches"}
_SHORT = ("model_metric", "acceptable_value", "owner", "contact", "success_measure")

OnSave = Callable[[UseCaseDoc], UseCaseView]


def show_use_case(
    view: UseCaseView, *, on_save: OnSave, current: Callable[[], UseCaseView] | None = None
) -> bool:
    """Show a use case as a form, if a front end that has widgets is looking.

    Parameters
    ----------
    view
        What is known so far.
    on_save
        Called with the whole edited document; returns the use case as it is then.
    current
        Returns what is known now: others may have said something since the form was opened.

    Returns
    -------
    bool
        False where nothing was shown.
    """
    return form.show(view, form_data(view.doc), saving(view, on_save, current))


def saving(view: UseCaseView, on_save: OnSave, current: Callable[[], UseCaseView] | None = None) -> form.Save:
    """Return what saves an edit: over what is known then, which without ``current`` is the last edit."""
    last = view

    def save(edited: Mapping[str, Any]) -> form.Saved:
        nonlocal last
        known = current() if current else last
        last = on_save(edited_doc(known.doc, edited))
        return form.Saved(form_data(last.doc), _said(last), last)

    return save


def form_data(doc: UseCaseDoc) -> dict[str, Any]:
    """Return what the form's script shows.

    Examples
    --------
    >>> form_data(UseCaseDoc("churn", owner="ada"))["whole"]["owner"]
    'ada'
    """
    fields = [[key, _LABELS[key], "" if key in _SHORT else "long", QUESTIONS[key]] for key in FIELDS]
    return {
        "dataset": doc.model,
        "about": "use case",
        "fields": fields,
        "whole": _whole(doc),
        "columns": [],
        "left": 0,
    }


def edited_doc(doc: UseCaseDoc, edited: Mapping[str, Any]) -> UseCaseDoc:
    """Return a use case with what a form sent; stakeholders are lines of ``name: concern``.

    Raises
    ------
    UsageError
        If a text is too long, or a number is none.

    Examples
    --------
    >>> edited_doc(UseCaseDoc("churn"), {"whole": {"acceptable_value": "0.8"}}).acceptable_value
    0.8
    """
    given = edited.get("whole")
    if not isinstance(given, Mapping):
        return doc
    said = {key: form.text_of(given, key, doc.model) for key in FIELDS if key in given}
    return replace(merged(doc, said), model=doc.model)


def _whole(doc: UseCaseDoc) -> dict[str, str]:
    texts = {key: getattr(doc, key) for key in FIELDS}
    people = "; ".join(
        f"{one.name}: {one.concern}" if one.concern else one.name for one in texts.pop("stakeholders")
    )
    return {key: "" if value is None else str(value) for key, value in texts.items()} | {
        "stakeholders": people
    }


def _said(view: UseCaseView) -> str:
    if not view.missing:
        return "Saved. Everything that a use case should say is said."
    return f"Saved. Not said yet: {', '.join(_LABELS[key].lower() for key in view.missing)}."
