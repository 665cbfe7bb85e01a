"""Aliases: which version a word such as ``champion`` points to, and the memory of each move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import config
from ..errors import NotFoundError, UsageError, near
from ..interrupts import uninterrupted
from ..records import AliasMoved, Approval, GateReport, Model, ModelAlias, ModelVersion
from ..store import Store, as_row, events, open_existing
from . import reference
from .reference import Registry
from .wording import cleaned

MOVED = "alias.moved"
REMOVED = "alias.removed"


def set_alias(
    ref: str, alias: str, *, override_reason: str | None = None, registry: Registry = None
) -> AliasMoved:
    """Let a word point to a version, if the model's gates allow it.

    Parameters
    ----------
    ref
        The version: ``churn:4``, ``churn@challenger``; a name alone is its newest.
    alias
        The word. One that the gates protect (``champion``) needs them passed and an approval.
    override_reason
        Why it shall move although they do not allow it; kept, and shown on the version for ever.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such version.
    GatesFailed
        If the gates protect the alias and one does not pass, or no approval holds; names which.
    UsageError
        If the word cannot be an alias, or the version is archived.
    """
    from . import gates

    store = open_existing(registry)
    word = reference.check_alias(alias)
    reason = cleaned(override_reason=override_reason).get("override_reason")
    model, version = reference.find_version(store, ref)
    with uninterrupted(), store.atomic():
        if reference.aliases_of(store, model).get(word) == version.number:
            return AliasMoved(model.name, word, version.number, version.number)
        report = gates.allow_move(store, version, word, reason)
        if report is None:  # nothing protects this alias, so nothing was overridden
            return move(store, model, version, word)
        forced = [f"{one.asked}: {one.found}" for one in report.results if one.state == "overridden"]
        return move(
            store,
            model,
            version,
            word,
            report=report,
            approval=report.approval,
            override_reason=reason,
            detail={"overridden": forced} if forced else None,
        )


def move(
    store: Store,
    model: Model,
    version: ModelVersion,
    alias: str,
    *,
    report: GateReport | None = None,
    approval: Approval | None = None,
    override_reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AliasMoved:
    """Write the move of an alias that the gates allowed, and its event; call inside :meth:`~Store.atomic`.

    An alias that points there already is left as it is, and nothing is written.
    """
    store.lock(f"model {model.name}")
    now = ModelVersion(**store.rows("model_versions", {"id": version.id})[0])
    if now.archived_at is not None:
        raise UsageError(
            f"{reference.label(model, version)} is archived ({now.archive_reason}); unarchive it first"
        )
    previous = reference.aliases_of(store, model).get(alias)
    moved = AliasMoved(model.name, alias, version.number, previous, report, approval, override_reason)
    if previous == version.number:
        return moved
    row = ModelAlias(model.id, alias, version.number, config.now(), config.user_name(), override_reason)
    store.upsert("model_aliases", as_row(row), key=["model_id", "alias"])
    event = events.append(
        store,
        kind=MOVED,
        subject=reference.label(model, version),
        detail={
            "alias": alias,
            "number": version.number,
            "previous": previous,
            "object_hash": version.object_hash,
            **({"approval_id": approval.id, "approved_by": approval.decided_by} if approval else {}),
            **({"override_reason": override_reason} if override_reason else {}),
            **(detail or {}),
        },
    )
    if report is not None and override_reason:
        return replace(moved, report=replace(report, override=event))
    return moved


def delete_alias(name: str, alias: str, *, registry: Registry = None) -> None:
    """Take an alias away from a model; the memory keeps where it pointed.

    Raises
    ------
    NotFoundError
        If the model has no such alias.
    """
    store = open_existing(registry)
    word = reference.check_alias(alias)
    model = reference.find_model(store, name)
    with uninterrupted(), store.atomic():
        store.lock(f"model {model.name}")
        known = reference.aliases_of(store, model)
        if word not in known:
            hint = near(word, known) or f"its aliases: {', '.join(known) or 'none'}"
            raise NotFoundError(f"there is no {model.name}@{word}; {hint}")
        store.delete("model_aliases", {"model_id": model.id, "alias": word})
        events.append(
            store,
            kind=REMOVED,
            subject=f"{model.name}:{known[word]}",
            detail={"alias": word, "number": known[word]},
        )
