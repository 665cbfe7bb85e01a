"""The memory of a model: every event, which version each alias pointed to and when, and what held then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .. import config
from ..errors import UsageError
from ..records import Approval, Event, Model, ModelHistory, ModelVersion, Reign, VersionView
from ..store import Store, events, open_existing
from . import aliases, moments, past, reference
from .reference import Registry

_MOST_EVENTS = 200
_MOST_USES = 12


def history(
    name: str, at: Any = None, *, limit: int = _MOST_EVENTS, registry: Registry = None
) -> ModelHistory:
    """Return what is remembered of a model, or what held at a moment.

    Parameters
    ----------
    name
        The model; a version (``churn:4``) means its model.
    at
        A date (its end, in local time) or a time; None for everything up to now.
    limit
        At most so many events, the newest; ``total`` counts all.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Returns
    -------
    ModelHistory
        Events, newest first; reigns, oldest first. With ``at`` only what was known then, and ``then``
        holds the versions that aliases pointed to: with their data, evaluations, gates and approvals of
        that moment.

    Raises
    ------
    NotFoundError
        If there is no such model; lists near names.
    UsageError
        If ``at`` is no time, or lies ahead.
    """
    store = open_existing(registry)
    model = reference.find_model(store, name)
    moment = None if at is None else _moment(at)
    known = events.read(store, model=model.name, until=moment)
    found = reigns(store, model, known)
    now = [one for one in found if one.until is None]
    versions = _versions(store, model, now)
    then: tuple[tuple[str, VersionView], ...] = ()
    if moment is not None:
        pointing = {one.number: tuple(o.alias for o in now if o.number == one.number) for one in now}
        then = tuple(
            (one.alias, past.as_of(store, model, versions[one.number], moment, pointing[one.number]))
            for one in now
            if one.number in versions
        )
    return ModelHistory(
        model.name,
        tuple(reversed(known[-limit:])) if limit else (),
        found,
        at=moment,
        then=then,
        used_where=tuple(_uses(store, model, list(versions.values()), moment)),
        total=len(known),
    )


def reigns(store: Store, model: Model, known: Sequence[Event] | None = None) -> tuple[Reign, ...]:
    """Return from when until when each alias pointed to which version, oldest first.

    They come from the events, which nobody changes, and not from where aliases point now.
    """
    if known is None:
        known = events.read(store, model=model.name, kinds=[aliases.MOVED, aliases.REMOVED])
    open_: dict[str, int] = {}
    found: list[Reign] = []
    for event in known:
        if event.kind not in (aliases.MOVED, aliases.REMOVED):
            continue
        detail = json.loads(event.detail)
        if detail["alias"] in open_:
            at = open_.pop(detail["alias"])
            found[at] = replace(found[at], until=event.created_at)
        if event.kind == aliases.MOVED:
            open_[detail["alias"]] = len(found)
            found.append(_reign(store, event, detail))
    return tuple(found)


def _reign(store: Store, event: Event, detail: dict[str, Any]) -> Reign:
    rows = store.rows("approvals", {"id": detail["approval_id"]}) if detail.get("approval_id") else []
    approval = Approval(**rows[0]) if rows else None
    return Reign(
        alias=detail["alias"],
        number=int(detail["number"]),
        since=event.created_at,
        moved_by=event.user_name,
        approved_by=detail.get("approved_by"),
        reason=approval.reason if approval is not None else None,
        override_reason=detail.get("override_reason"),
    )


def _versions(store: Store, model: Model, now: Sequence[Reign]) -> dict[int, ModelVersion]:
    numbers = sorted({one.number for one in now})
    rows = store.rows("model_versions", {"model_id": model.id, "number": numbers}, order="number")
    return {int(row["number"]): ModelVersion(**row) for row in rows}


def _uses(store: Store, model: Model, versions: Sequence[ModelVersion], until: str | None) -> list[str]:
    """Return where versions were used, as far as it is recorded: runs that kept them, and evaluations."""
    said: list[str] = []
    for version in versions:
        label = reference.label(model, version)
        kept = store.rows("artifacts", {"object_hash": version.object_hash}, order="run_id")
        runs = _runs(store, [row["run_id"] for row in kept], until)
        said += [f"{label} in run #{number}" for number in runs.values()]
        where: dict[str, Any] = {"model_hash": version.object_hash}
        where |= {} if until is None else {"created_at <=": until}
        rows = store.rows("evaluations", where, order="created_at desc, id desc")
        by_data: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_data.setdefault(row["data_name"] or "data without a name", []).append(row)
        for data, some in by_data.items():
            times = "" if len(some) == 1 else f" {len(some)} times, the last"
            by = f" by {some[0]['user_name']}" if some[0]["user_name"] else ""
            said.append(f"{label} evaluated on {data}{times} on {some[0]['created_at'][:10]}{by}")
    more = len(said) - _MOST_USES
    return said if more <= 0 else [*said[:_MOST_USES], f"and {more} more"]


def _runs(store: Store, ids: Sequence[str], until: str | None) -> dict[str, int]:
    where: dict[str, Any] = {"id": sorted(set(ids)), "deleted_at": None}
    where |= {} if until is None else {"started_at <=": until}
    rows = store.rows("runs", where, order="number", columns=["id", "number"])
    return {row["id"]: int(row["number"]) for row in rows}


def _moment(at: Any) -> str:
    moment = moments.utc(at, is_end=True)
    now = config.now()
    if moment <= now:
        return moment
    if moments.utc(at) <= now:  # today: up to now
        return now
    raise UsageError(f"{at} lies ahead; the memory goes up to now")
