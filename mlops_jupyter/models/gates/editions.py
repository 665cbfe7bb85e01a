"""The gates of a model in the registry: each change is a new edition, and an event."""

from __future__ import annotations

import json
from dataclasses import replace

from ... import config
from ...errors import UsageError
from ...interrupts import uninterrupted
from ...records import GateDoc, GatesView, Model, ModelDoc, from_plain, to_plain
from ...store import Store, as_row, events, open_existing
from .. import reference
from ..reference import Registry
from .document import from_yaml, to_yaml
from .kinds import checked, default_gates

KIND = "gates"
WRITTEN = "gates.written"


def read_gates(name: str, *, registry: Registry = None) -> GatesView:
    """Return the gates of a model: the newest edition, or the defaults where nobody wrote any.

    Parameters
    ----------
    name
        The model.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such model; lists near names.
    """
    store = open_existing(registry)
    return view(store, reference.find_model(store, name))


def put_gates(what: str | GateDoc, *, name: str | None = None, registry: Registry = None) -> GatesView:
    """Make a document the gates of its model; the same gates again change nothing.

    Parameters
    ----------
    what
        The gates as YAML text, or as a :class:`~mlops_jupyter.records.GateDoc`.
    name
        Whose gates these are; None for the model that the document names.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    UsageError
        If the document cannot be understood (names the line), or is another model's.
    NotFoundError
        If there is no such model.
    """
    store = open_existing(registry)
    doc = from_yaml(what) if isinstance(what, str) else what
    model = reference.find_model(store, name or doc.model)
    if doc.model != model.name:
        raise UsageError(
            f"these are the gates of {doc.model!r}, not of {model.name!r}; change model: in them"
        )
    doc = replace(doc, gates=tuple(checked(gate) for gate in doc.gates))
    text = json.dumps(to_plain(doc), ensure_ascii=False)
    with uninterrupted(), store.atomic():
        store.lock(f"model {model.name}")
        before = view(store, model)
        if before.seq and before.doc == doc:
            return before
        row = ModelDoc(model.id, KIND, before.seq + 1, text, config.now(), config.user_name())
        store.insert("model_docs", as_row(row))
        detail = {"edition": row.seq, "document": to_plain(doc)}
        events.append(store, kind=WRITTEN, subject=model.name, detail=detail)
    return view(store, model)


def view(store: Store, model: Model) -> GatesView:
    """Return the gates of a model that is known."""
    where = {"model_id": model.id, "kind": KIND}
    rows = store.rows("model_docs", where, order="seq desc", limit=1)
    if not rows:
        doc = default_gates(model.name)
        return GatesView(doc, text=to_yaml(doc))
    row = ModelDoc(**rows[0])
    doc = from_plain(GateDoc, json.loads(row.document))
    return GatesView(doc, row.seq, row.created_at, row.user_name, to_yaml(doc))
