"""Use cases: why a model exists, for whom, which decision it supports, and what is good enough.

A use case may be written before there is a version: it is what a project begins with. Each change is a
new edition; none is lost. As a file it is YAML, which people keep beside code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from .. import config
from ..errors import NotFoundError, UsageError, near
from ..interrupts import uninterrupted
from ..records import Model, ModelDoc, Stakeholder, UseCaseDoc, UseCaseView, from_plain, to_plain
from ..store import Store, as_row, events, open_existing, open_store
from ..validation import nodes
from . import kpis, reference
from .reference import Registry

KIND: Final = "usecase"
WRITTEN: Final = "usecase.written"
FIELDS: Final = tuple(one.name for one in fields(UseCaseDoc) if one.name != "model")
ASKED: Final = (
    "pain_point",
    "concerned",
    "decision",
    "success_measure",
    "model_metric",
    "relation",
    "acceptable",
    "owner",
    "stakeholders",
    "feedback",
)
"""What every use case should say; the rest is welcome."""

_MOST_BYTES: Final = 1_000_000
_MOST_CHARACTERS: Final = 4_000
_MOST_STAKEHOLDERS: Final = 100
_EXPECTED: Final = "`field: text` lines such as owner: ada"


def use_case(name: str, *, registry: Registry = None) -> UseCaseView:
    """Return the use case of a model, with its business figures and how they move with its metrics.

    Parameters
    ----------
    name
        The model; a version (``churn:4``) means its model.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such model; lists near names.
    """
    store = open_existing(registry)
    try:
        model = reference.find_model(store, name)
    except NotFoundError as error:
        asked = reference.parse(name.strip()).name
        raise NotFoundError(
            f"{error}; a use case may come first: usecase {asked} --decision 'whom to call'"
        ) from None
    return view(store, model)


def document_use_case(name: str, *, registry: Registry = None, **changes: Any) -> UseCaseView:
    """Change what is said about why a model exists, and return it; all else stays.

    Parameters
    ----------
    name
        The model. One that does not exist yet begins with this.
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    changes
        The fields of :class:`~mlops_jupyter.records.UseCaseDoc`: texts, ``acceptable_value`` (a number), and
        ``stakeholders``: names with their concerns, or a list of texts such as ``"sales: whom to call"``.

    Raises
    ------
    UsageError
        If a field does not exist, or a value is of the wrong kind; names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> made = document_use_case("churn", owner="ada", stakeholders=["sales: whom to call"], registry=folder)
    >>> made.seq, made.doc.stakeholders[0].concern, made.missing[0]
    (1, 'whom to call', 'pain_point')
    """
    store = open_store(registry)
    with uninterrupted(), store.atomic():
        model = _model(store, name)
        store.lock(f"use case {model.name}")
        before, after = _changed(store, model, changes)
        if after != before:
            _write(store, model, before, after)
    return view(store, model)


def put_use_case(doc: UseCaseDoc, *, registry: Registry = None) -> UseCaseView:
    """Make a whole document the next edition of its model's use case.

    Raises
    ------
    UsageError
        If a value is of the wrong kind.
    """
    return document_use_case(doc.model, registry=registry, **{field: getattr(doc, field) for field in FIELDS})


def read(store: Store, model: Model) -> UseCaseDoc | None:
    """Return the newest edition of a model's use case, None where nobody wrote one."""
    rows = _editions(store, model)
    return _of_text(rows[0].document) if rows else None


def view(store: Store, model: Model) -> UseCaseView:
    """Return a model's use case ready to be shown; empty, with edition 0, where nobody wrote one."""
    rows = _editions(store, model)
    doc = _of_text(rows[0].document) if rows else UseCaseDoc(model.name)
    return UseCaseView(
        doc,
        seq=rows[0].seq if rows else 0,
        created_at=rows[0].created_at if rows else None,
        user_name=rows[0].user_name if rows else None,
        kpis=kpis.values(store, model),
        relations=kpis.relations(store, model),
        missing=missing(doc),
    )


def missing(doc: UseCaseDoc) -> tuple[str, ...]:
    """Return the fields that a use case should fill and does not.

    Examples
    --------
    >>> missing(UseCaseDoc("churn", pain_point="many leave", owner="ada"))[:2]
    ('concerned', 'decision')
    """
    return tuple(field for field in ASKED if not getattr(doc, field))


def merged(doc: UseCaseDoc, changes: Mapping[str, Any]) -> UseCaseDoc:
    """Return a use case with some fields changed.

    Raises
    ------
    UsageError
        If a field does not exist, or a value is of the wrong kind.
    """
    return replace(doc, **{field: _checked(field, value) for field, value in changes.items()})


def to_yaml(doc: UseCaseDoc) -> str:
    r"""Return a use case as YAML that people read and edit, every field with what it asks for.

    Examples
    --------
    >>> print("\n".join(to_yaml(UseCaseDoc("churn", owner="ada")).splitlines()[:3]))
    model: churn
    # What hurts today, in whose words
    pain_point: ''
    """
    lines = list(nodes.entry("model", doc.model, 0))
    for field in FIELDS:
        lines.append(f"# {QUESTIONS[field]}")
        if field == "stakeholders":
            lines.append("stakeholders:" if doc.stakeholders else "stakeholders: {}")
            for one in doc.stakeholders:
                lines += nodes.entry(one.name, one.concern, 2)
        else:
            lines += nodes.entry(field, getattr(doc, field), 0)
    return "\n".join(lines) + "\n"


def from_yaml(text: str) -> dict[str, Any]:
    r"""Return what a YAML text says, for :func:`document_use_case`; it may name its ``model``.

    Raises
    ------
    UsageError
        If it is too large, no plain YAML, or says something that a use case cannot say; names the line.

    Examples
    --------
    >>> from_yaml("owner: ada\nstakeholders: {sales: whom to call}\n")["stakeholders"]
    (Stakeholder(name='sales', concern='whom to call'),)
    """
    root = nodes.composed(text, what="a use case", start="model: NAME", most_bytes=_MOST_BYTES)
    said: dict[str, Any] = {}
    for key, at, node in nodes.entries(root, "a use case", _EXPECTED):
        if key not in ("model", *FIELDS):
            raise nodes.wrong(at, f"{key!r} is no part of a use case; {nodes.hint(key, FIELDS)}")
        try:
            plain = nodes.plain(node, key)
            said[key] = nodes.word({key: plain}, key) if key == "model" else _checked(key, plain)
        except UsageError as error:
            text_of = str(error)
            raise error if text_of.startswith("line ") else nodes.wrong(node, text_of) from None
    return said


QUESTIONS: Final[Mapping[str, str]] = {
    "pain_point": "What hurts today, in whose words",
    "concerned": "Who is concerned, and how many",
    "decision": "The decision that the model supports, and who takes it",
    "success_measure": "The business figure that shall move, as it is logged: kpi churn NAME VALUE",
    "model_metric": "The metric of the model that stands for it: roc_auc, rmse",
    "relation": "How the metric maps to the figure: what a better model changes, and how that is known",
    "acceptable": "From which level it is good enough, and who says so",
    "acceptable_value": "That level as a number in the metric, for the gates",
    "owner": "Who answers for it",
    "contact": "Whom to ask, and where",
    "stakeholders": "Whom it touches: a name, and what they care for",
    "feedback": "How the outcome comes back: from where, how soon, for which share of cases",
    "out_of_scope": "What it must not be used for",
}
"""What each field asks for."""


def _changed(store: Store, model: Model, changes: Mapping[str, Any]) -> tuple[UseCaseDoc, UseCaseDoc]:
    before = read(store, model) or UseCaseDoc(model.name)
    return before, merged(before, changes)


def _write(store: Store, model: Model, before: UseCaseDoc, after: UseCaseDoc) -> None:
    """Add an edition and its event; inside :meth:`~Store.atomic`."""
    rows = _editions(store, model)
    seq = rows[0].seq + 1 if rows else 1
    text = json.dumps(to_plain(after), ensure_ascii=False, allow_nan=False)
    row = ModelDoc(model.id, KIND, seq, text, config.now(), config.user_name())
    store.insert("model_docs", as_row(row))
    said = [field for field in FIELDS if getattr(before, field) != getattr(after, field)]
    events.append(
        store,
        kind=WRITTEN,
        subject=model.name,
        detail={"edition": seq, "changed": said, "document": to_plain(after)},
    )


def _model(store: Store, name: str) -> Model:
    """Return the model of a name; one that does not exist yet begins with its use case."""
    try:
        return reference.find_model(store, name)
    except NotFoundError:
        asked = reference.parse(name.strip())
        if asked.number is not None or asked.alias is not None:
            raise
    name = reference.check_name(name)
    store.lock(f"model {name}")
    known = store.rows("models", {"name": name})
    if known and known[0]["deleted_at"] is None:
        return Model(**known[0])
    if known:
        raise UsageError(f"the model {name!r} was deleted; take another name")
    return reference.make_model(store, name)


def _editions(store: Store, model: Model) -> list[ModelDoc]:
    rows = store.rows("model_docs", {"model_id": model.id, "kind": KIND}, order="seq desc", limit=1)
    return [ModelDoc(**row) for row in rows]


def _of_text(text: str) -> UseCaseDoc:
    return from_plain(UseCaseDoc, json.loads(text))


def _checked(field: str, value: Any) -> Any:
    if field not in FIELDS:
        raise UsageError(
            f"a use case has no field {field!r}; {near(field, FIELDS) or 'it has ' + ', '.join(FIELDS)}"
        )
    if field == "stakeholders":
        return _stakeholders(value)
    if field == "acceptable_value":
        return _number(value)
    if value is not None and not isinstance(value, (str, int, float)):
        raise UsageError(f"{field} is a text, not {type(value).__name__}")
    return _text(field, value)


def _text(field: str, value: Any) -> str:
    text = "" if value is None else str(value).strip()
    if len(text) > _MOST_CHARACTERS:
        raise UsageError(f"{field} has {len(text):,} characters; at most {_MOST_CHARACTERS:,} are kept")
    return text


def _number(value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise UsageError(f"acceptable_value is a number such as 0.8, not {value!r}")
    return number


def _stakeholders(value: Any) -> tuple[Stakeholder, ...]:
    """Return stakeholders of a mapping, of texts such as ``sales: whom to call``, or of records."""
    if isinstance(value, str):
        value = [line for line in value.replace(";", "\n").splitlines() if line.strip()]
    if isinstance(value, Mapping):
        value = [Stakeholder(str(name), _text("stakeholders", said)) for name, said in value.items()]
    if value is not None and not isinstance(value, (list, tuple)):
        raise UsageError(f"stakeholders are names with their concerns, not {type(value).__name__}")
    found = [_stakeholder(one) for one in value or ()]
    if len(found) > _MOST_STAKEHOLDERS:
        raise UsageError(f"{len(found)} stakeholders are given; at most {_MOST_STAKEHOLDERS} are kept")
    return tuple(found)


def _stakeholder(one: Any) -> Stakeholder:
    if isinstance(one, Mapping):
        one = Stakeholder(str(one.get("name", "")), _text("stakeholders", one.get("concern")))
    if isinstance(one, str):
        name, _, concern = one.partition(":")
        one = Stakeholder(name, concern)
    if not isinstance(one, Stakeholder) or not one.name.strip():
        raise UsageError(f"a stakeholder is a name and a concern, as in 'sales: whom to call', not {one!r}")
    return Stakeholder(_text("stakeholders", one.name), _text("stakeholders", one.concern))
