"""A version as it stood at a moment: what came later is taken away, and later changes are undone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ..records import Approval, GateReport, Model, ModelVersion, VersionView
from ..store import Store, events
from . import archiving, gates, reference, views, wording

_WORDS = ("note", "owner", "licence", "intended_use", "limits")


def as_of(
    store: Store, model: Model, version: ModelVersion, at: str, aliases: tuple[str, ...]
) -> VersionView:
    """Return a version with what was recorded about it at a time.

    Parameters
    ----------
    at
        UTC, ISO 8601 with six decimals.
    aliases
        The aliases that pointed to it then.
    """
    view = views.version_view(store, model, version)
    evaluations = tuple(one for one in view.evaluations if one.created_at <= at)
    label = reference.label(model, version)
    approvals = tuple(_approval(one, at) for one in view.approvals if one.requested_at <= at)
    return replace(
        view,
        version=_version(store, label, version, at),
        aliases=aliases,
        evaluations=evaluations,
        evaluation=views.report_of(store, evaluations[0]) if evaluations else None,
        validations=tuple(one for one in view.validations if one.created_at <= at),
        gates=_gates(store, version, approvals, at),
        approvals=approvals,
        overrides=tuple(one for one in view.overrides if one.created_at <= at),
    )


def _version(store: Store, label: str, version: ModelVersion, at: str) -> ModelVersion:
    """Undo the edits that came after a time, the newest first."""
    words: dict[str, Any] = {}
    for event in events.read(store, label, kinds=[wording.EDITED], newest_first=True):
        if event.created_at <= at:
            break
        before = json.loads(event.detail).get("before", {})
        words |= {word: before[word] for word in _WORDS if word in before}
    moves = events.read(store, label, kinds=[archiving.ARCHIVED, archiving.UNARCHIVED], until=at)
    is_archived = bool(moves) and moves[-1].kind == archiving.ARCHIVED
    words["archived_at"] = moves[-1].created_at if is_archived else None
    words["archive_reason"] = json.loads(moves[-1].detail).get("reason") if is_archived else None
    return replace(version, **words)


def _gates(
    store: Store, version: ModelVersion, approvals: tuple[Approval, ...], at: str
) -> GateReport | None:
    """Return the newest check of that time, with the approval as it stood."""
    checked = gates.last_check(store, version, until=at)
    if checked is None:
        return None
    approval = next((one for one in approvals if one.alias == checked.alias), None)
    return replace(checked, approval=approval)


def _approval(found: Approval, at: str) -> Approval:
    """Return a request as it stood: what was answered later waited then."""
    if found.decided_at is None or found.decided_at <= at:
        return found
    return replace(found, state="requested", decided_at=None, decided_by=None, reason=None)
