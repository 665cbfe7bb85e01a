"""The memory: events in the order in which they were written, each hash over the one before it.

Nothing here changes or removes an event. An event is written in the transaction of the change it
tells of, so neither stands in the registry without the other. The number of an event comes from a
counter of its own, so that an end which was cut off leaves a gap too.

Kinds: ``model.registered``, ``model.edited``, ``version.archived``, ``version.unarchived``,
``alias.moved``, ``alias.removed``, ``approval.requested`` (``approved``, ``rejected``, ``withdrawn``),
``evaluation.made``, ``gates.written``, ``usecase.written``, ``kpi.logged``, ``model.exported``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from .. import config
from ..errors import ValueRefused
from ..records import Event
from .waist import Store, as_row

COUNTER = "event"


def append(
    store: Store, *, kind: str, subject: str, detail: Mapping[str, Any], user_name: str | None = None
) -> Event:
    """Write the next event; call inside the :meth:`~Store.atomic` block of what it tells of.

    Parameters
    ----------
    kind
        A verb in the past: ``model.registered``, ``alias.moved``, ``approval.approved``.
    subject
        What it is about: a model (``churn``) or one of its versions (``churn:4``).
    detail
        The facts, as JSON can hold them; NaN and infinity are not among them.
    user_name
        Who did it; the user of this process where None.

    Raises
    ------
    ValueRefused
        If ``detail`` holds what JSON cannot, or is not text by name.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> with store.atomic():
    ...     first = append(store, kind="alias.moved", subject="churn", detail={"number": 4}, user_name="ann")
    >>> first.seq, first.detail, first.hash == hash_of(first)
    (1, '{"number":4}', True)
    >>> store.close()
    """
    text = _canonical(detail, what=f"the event {kind} of {subject}")
    with store.writing():
        # The counter's row is what writers wait for in PostgreSQL: whoever has it sees the newest event.
        seq = store.next_number(COUNTER)
        newest = head(store)
        unsigned = Event(
            seq=seq,
            id=config.new_id(),
            created_at=config.now(),
            user_name=user_name or config.user_name(),
            kind=kind,
            subject=subject,
            detail=text,
            previous_hash=newest.hash if newest else origin(store),
            hash="",
        )
        event = replace(unsigned, hash=hash_of(unsigned))
        store.insert("events", as_row(event))
    return event


def read(
    store: Store,
    subject: str | Collection[str] | None = None,
    *,
    model: str | None = None,
    kinds: Collection[str] | None = None,
    after: int = 0,
    until: str | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> list[Event]:
    """Return events in the order in which they were written.

    Parameters
    ----------
    subject
        Only those about exactly this, or one of these.
    model
        Only those about the model of this name or any of its versions.
    kinds
        Only those of these kinds.
    after
        Only those with a higher number than this.
    until
        Only those written at this time or before: UTC, ISO 8601 with six decimals.
    limit
        At most so many; with ``newest_first`` the newest.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> with store.atomic():
    ...     for subject in ("churn", "churn:1", "churnabc"):
    ...         _ = append(store, kind="model.edited", subject=subject, detail={})
    >>> [event.subject for event in read(store, model="churn", newest_first=True)]
    ['churn:1', 'churn']
    >>> store.close()
    """
    where: dict[str, Any] = {"seq >": after}
    if subject is not None:
        where["subject"] = subject if isinstance(subject, str) else list(subject)
    if kinds is not None:
        where["kind"] = list(kinds)
    if until is not None:
        where["created_at <="] = until
    condition, parameters = store._condition(where)
    if model is not None:
        mark, plain = store.mark, store.plain_order
        # All that begins with "churn:" lies between it and "churn;", in the order of characters.
        condition += f" AND (subject = {mark} OR (subject{plain} >= {mark} AND subject{plain} < {mark}))"
        parameters += [model, f"{model}:", f"{model};"]
    order = "DESC" if newest_first else "ASC"
    end = f" LIMIT {int(limit)}" if limit is not None else ""
    names, found = store.fetch(f"SELECT * FROM events{condition} ORDER BY seq {order}{end}", parameters)
    return [Event(**dict(zip(names, row, strict=True))) for row in found]


def head(store: Store) -> Event | None:
    """Return the newest event: its hash covers all before it, so a copy of it kept elsewhere is an anchor."""
    rows = store.rows("events", order="seq desc", limit=1)
    return Event(**rows[0]) if rows else None


def count(store: Store) -> int:
    """Return how many events were ever written, which the counter knows where rows were cut off."""
    rows = store.rows("counters", {"name": COUNTER})
    return int(rows[0]["value"]) if rows else 0


def hash_of(event: Event) -> str:
    """Return what the hash of an event must be: SHA-256 over all its other fields as canonical JSON."""
    said = {f.name: getattr(event, f.name) for f in fields(event) if f.name != "hash"}
    return hashlib.sha256(_canonical(said, what="an event").encode()).hexdigest()


def origin(store: Store) -> str:
    """Return the ``previous_hash`` of the first event: the registry's own, so that no other's chain fits."""
    rows = store.rows("meta", {"key": "registry_id"})
    return hashlib.sha256(f"events of {rows[0]['value'] if rows else ''}".encode()).hexdigest()


def _canonical(value: Mapping[str, Any], *, what: str) -> str:
    try:
        return json.dumps(dict(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueRefused(f"{what} has a detail that JSON cannot hold: {error}") from error
