"""Whether the memory is whole: each event fits the one before it, and the tables say what the events say.

The chain shows that no event was changed, taken out, put in or moved to another place. Events that were cut
off at the end leave a gap to their counter, and contradict the tables; whoever sets these back too
is found by an anchor only: the hash of the newest event, kept somewhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from ..errors import UsageError
from ..records import AuditReport, Event
from ..store import Row, Store, events, open_existing
from . import aliases, approving, archiving, evaluating, registering, usecases, wording
from .gates import editions
from .reference import Registry

_LEAST_OF_A_HASH = 8
_MOST_PROBLEMS = 100
_MOST_READS = 5
_ANSWERED = {
    approving.REQUESTED: "requested",
    approving.APPROVED: "approved",
    approving.REJECTED: "rejected",
    approving.WITHDRAWN: "withdrawn",
}
_CALLED = {
    "created_at": "time",
    "user_name": "author",
    "run_id": "run",
    "environment_id": "environment",
    "example_hash": "example",
}
_DOCUMENTS = {editions.WRITTEN: editions.KIND, usecases.WRITTEN: usecases.KIND}


def verify_audit(registry: Registry = None, *, anchor: str | None = None) -> AuditReport:
    """Recompute the chain of events, and hold the tables against it.

    Parameters
    ----------
    registry
        Another registry: a folder or a ``postgresql://`` URL.
    anchor
        A hash that an earlier answer gave as ``head_hash`` and that was kept elsewhere, or at least eight
        characters of it: it must still be in the chain.

    Returns
    -------
    AuditReport
        ``is_whole`` and every problem that was found; ``head_hash`` is the anchor for the next time.

    Raises
    ------
    UsageError
        If the anchor is too short to be one.
    """
    wanted = None if anchor is None else _anchor(anchor)
    store = open_existing(registry)
    known, beside = _read(store)
    problems = [*_chain(store, known), *beside]
    if wanted is not None and not any(event.hash.startswith(wanted) for event in known):
        problems.insert(
            0, f"the anchor {wanted[:16]} is not in the chain: events were cut off or written anew"
        )
    shown = problems[:_MOST_PROBLEMS]
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown):,} more")
    return AuditReport(
        n_events=len(known),
        is_whole=not problems,
        problems=tuple(shown),
        head_hash=known[-1].hash if known else "",
        first_at=known[0].created_at if known else None,
        last_at=known[-1].created_at if known else None,
        anchor=wanted,
    )


def _read(store: Store) -> tuple[list[Event], list[str]]:
    """Return all events, and what does not fit to them, of one state of the registry."""
    for _ in range(_MOST_READS):
        with nullcontext() if store.why_read_only else store.atomic():
            known = events.read(store)
            beside = [*_cut_off(store, known), *_tables(store, known)]
            newest = events.head(store)
        # On a server somebody may write between two questions: then the two are of two states.
        if newest is None or (known and known[-1].hash == newest.hash):
            break
    return known, beside


# --- the chain ----------------------------------------------------------------------------------


def _chain(store: Store, known: Sequence[Event]) -> Iterator[str]:
    previous, seq = events.origin(store), 0
    for event in known:
        if event.seq != seq + 1:
            gone = f"event {seq + 1}" if event.seq == seq + 2 else f"events {seq + 1} to {event.seq - 1}"
            yield f"{gone} {'is' if event.seq == seq + 2 else 'are'} not there"
        elif event.previous_hash != previous:
            yield f"{_called(event)} does not follow the event before it: one was changed, moved or put in"
        if events.hash_of(event) != event.hash:
            yield f"{_called(event)} does not fit its hash: a field was changed"
        previous, seq = event.hash, event.seq


def _cut_off(store: Store, known: Sequence[Event]) -> Iterator[str]:
    last, written = known[-1].seq if known else 0, events.count(store)
    if written > last:
        yield f"events {last + 1} to {written} were cut off at the end"
    elif written < last:
        yield f"the counter of events says {written}, and the newest is {last}: it was set back"


def _called(event: Event) -> str:
    return f"event {event.seq} ({event.kind}, {event.subject})"


# --- the tables ---------------------------------------------------------------------------------


def _tables(store: Store, known: Sequence[Event]) -> Iterator[str]:
    names = {row["id"]: row["name"] for row in store.rows("models", columns=["id", "name"])}
    rows = store.rows("model_versions", order="model_id, number")
    labels = {row["id"]: f"{names[row['model_id']]}:{row['number']}" for row in rows}
    yield from _versions(rows, labels, known)
    yield from _archived(rows, labels, known)
    yield from _aliases(store, names, known)
    yield from _approvals(store, labels, known)
    yield from _documents(store, names, known)
    yield from _evaluations(store, known)


def _versions(rows: Sequence[Row], labels: dict[str, str], known: Sequence[Event]) -> Iterator[str]:
    said: dict[str, dict[str, Any]] = {}
    edited: dict[str, dict[str, Any]] = {}
    for event in known:
        if event.kind == registering.REGISTERED:
            said[event.subject] = _detail(event) | {"user_name": event.user_name}
        elif event.kind == wording.EDITED:
            edited.setdefault(event.subject, {}).update(_detail(event).get("after") or {})
    for row in rows:
        label = labels[row["id"]]
        detail = said.pop(label, None)
        if detail is None:
            yield f"{label} stands in the table, and no event registered it"
        elif detail.get("object_hash") != row["object_hash"]:
            yield f"{label} has another file than when it was registered"
        elif detail.get("unsafe_reason") != row["unsafe_reason"]:
            yield f"{label} says another reason for a format that can run code than its event"
        else:
            yield from _words(row, label, detail | edited.get(label, {}))
    yield from (f"{label} was registered, and is not in the table" for label in said)


def _words(row: Row, label: str, said: dict[str, Any]) -> Iterator[str]:
    """Say which words of a version its events do not tell, of those that they told at all."""
    told = ("created_at", "user_name", "run_id", "environment_id", "example_hash", *wording.OF_VERSIONS)
    differs = [
        _CALLED.get(what, what.replace("_", " ")) for what in told if what in said and said[what] != row[what]
    ]
    if differs:
        yield f"{label} says another {' and '.join(differs)} than its events"


def _archived(rows: Sequence[Row], labels: dict[str, str], known: Sequence[Event]) -> Iterator[str]:
    kinds = (archiving.ARCHIVED, archiving.UNARCHIVED)
    last = {event.subject: event.kind for event in known if event.kind in kinds}
    for row in rows:
        label = labels[row["id"]]
        if (row["archived_at"] is not None) != (last.get(label) == archiving.ARCHIVED):
            yield f"{label} is {'' if row['archived_at'] else 'not '}archived, and its events say otherwise"


def _aliases(store: Store, names: dict[str, str], known: Sequence[Event]) -> Iterator[str]:
    last: dict[tuple[str, str], int | None] = {}
    forced: dict[tuple[str, str], str | None] = {}
    for event in known:
        if event.kind not in (aliases.MOVED, aliases.REMOVED):
            continue
        detail = _detail(event)
        key = (event.subject.rpartition(":")[0], str(detail.get("alias")))
        last[key] = detail.get("number") if event.kind == aliases.MOVED else None
        forced[key] = detail.get("override_reason")
    for row in store.rows("model_aliases", order="model_id, alias"):
        key = (names[row["model_id"]], row["alias"])
        label, number = f"{key[0]}@{key[1]}", last.pop(key, None)
        if number != row["number"]:
            says = "no event moved it there" if number is None else f"the last event about it says {number}"
            yield f"{label} is version {row['number']}, and {says}"
        elif forced.get(key) != row["override_reason"]:
            yield f"{label} has another reason for its override than its event"
    for (name, alias), number in last.items():
        if number is not None:
            yield f"{name}@{alias} is gone, and the last event about it says version {number}"


def _approvals(store: Store, labels: dict[str, str], known: Sequence[Event]) -> Iterator[str]:
    last = {_detail(event).get("approval_id"): event for event in known if event.kind in _ANSWERED}
    for row in store.rows("approvals", order="requested_at, id"):
        label = f"the request for {labels.get(row['model_version_id'], '?')} of {row['requested_at'][:10]}"
        event = last.pop(row["id"], None)
        if event is None:
            yield f"{label} stands in the table, and no event tells of it"
            continue
        detail = _detail(event)
        differs = [
            word
            for word, here, there in (
                ("version", labels.get(row["model_version_id"]), event.subject),
                ("alias", row["alias"], detail.get("alias")),
                ("state", row["state"], _ANSWERED[event.kind]),
                ("author", row["requested_by"], detail.get("requested_by")),
                ("evidence", row["evidence_hash"], detail.get("evidence_hash")),
                ("reason", row["reason"], detail.get("reason")),
                ("answerer", row["decided_by"], event.user_name if row["decided_at"] else None),
            )
            if here != there
        ]
        if differs:
            yield f"{label} says another {' and '.join(differs)} than {_called(event)}"
    yield from (f"{_called(event)} tells of a request that is gone" for event in last.values())


def _documents(store: Store, names: dict[str, str], known: Sequence[Event]) -> Iterator[str]:
    said: dict[tuple[str, str, int], Any] = {}
    for event in known:
        if event.kind in _DOCUMENTS:
            detail = _detail(event)
            key = (event.subject, _DOCUMENTS[event.kind], int(detail.get("edition", 0)))
            said[key] = detail.get("document")
    for row in store.rows("model_docs", order="model_id, kind, seq"):
        key = (names[row["model_id"]], row["kind"], int(row["seq"]))
        label = f"edition {key[2]} of the {key[1]} of {key[0]}"
        if key not in said:
            yield f"{label} stands in the table, and no event tells of it"
        elif said.pop(key) != _plain(row["document"]):
            yield f"{label} says something else than its event"
    yield from (f"edition {key[2]} of the {key[1]} of {key[0]} is gone" for key in said)


def _evaluations(store: Store, known: Sequence[Event]) -> Iterator[str]:
    made = (_detail(event) for event in known if event.kind == evaluating.MADE)
    said = {detail.get("evaluation_id"): detail for detail in made}
    for row in store.rows("evaluations", order="created_at, id"):
        label = f"the evaluation {row['id']}"
        detail = said.pop(row["id"], None)
        if detail is None:
            yield f"{label} stands in the table, and no event tells of it"
            continue
        differs = [
            word
            for word, column, key in (
                ("report", "object_hash", "report"),
                ("model", "model_hash", "model_hash"),
                ("content", "version_id", "version_id"),
                ("figure", "primary_value", "value"),
            )
            if row[column] != detail.get(key)
        ]
        if differs:
            yield f"{label} says another {' and '.join(differs)} than its event"
    yield from (f"the evaluation {one} was made, and is not in the table" for one in said)


def _detail(event: Event) -> dict[str, Any]:
    found = _plain(event.detail)
    return found if isinstance(found, dict) else {}


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # a changed row may hold anything
        return None


def _anchor(text: str) -> str:
    clean = text.strip().lower()
    if len(clean) < _LEAST_OF_A_HASH or not set(clean) <= set("0123456789abcdef"):
        raise UsageError(
            f"{text!r} is no anchor; expected the head_hash of an earlier answer, or its first "
            f"{_LEAST_OF_A_HASH} characters or more"
        )
    return clean
