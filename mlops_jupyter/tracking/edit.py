"""Words about runs, open or ended: tags, note, deletion and its undoing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .. import config, masking
from ..errors import ValueRefused
from ..interrupts import uninterrupted
from ..store import Store, open_existing, values
from .params import add_findings, check_key, pairs_of
from .refs import RunRef, find_run

_VALUE_LIMIT = 5_000


def write_tags(store: Store, run_id: str, tags: Mapping[str, Any]) -> None:
    """Set tags of a run in one transaction; secrets in them are masked."""
    clean, masked = clean_tags(tags)
    rows = [{"run_id": run_id, "key": key, "value": value} for key, value in clean.items()]
    with uninterrupted(), store.atomic():
        store.upsert("tags", *rows, key=["run_id", "key"])
        add_findings(store, run_id, "secret-masked", "warning", masked)


def write_note(store: Store, run_id: str, note: str | None) -> None:
    """Set or remove the note of a run; secrets in it are masked."""
    clean, masked = clean_words("note", note)
    with uninterrupted(), store.atomic():
        store.update("runs", {"note": clean}, {"id": run_id})
        add_findings(store, run_id, "secret-masked", "warning", masked)


def clean_words(what: str, given: Any) -> tuple[str | None, tuple[str, ...]]:
    """Return a note or a name as it is stored, and a sentence for each secret that was masked in it."""
    if given is None:
        return None, ()
    clean, masked = masking.mask(values.clean(str(given)))
    return clean, tuple(f"{what}, {word}" for word in masked)


def clean_tags(tags: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return tags as they are stored, the values as text, and a sentence for each that held a secret.

    Raises
    ------
    ValueRefused
        If ``tags`` is no dict, a key is no usable name or a value is longer than 5,000 characters.
    """
    found, masked = {}, []
    for given, value in pairs_of("tags", tags):
        key, _ = check_key("tag", given, ())
        text = values.to_text(value, limit=_VALUE_LIMIT)
        if text.full is not None:
            raise ValueRefused(f"tag {key!r}: the value is longer than {_VALUE_LIMIT:,} characters")
        found[key], secret = masking.mask_value(key, text.head)
        if secret:
            masked.append(f"tag {key!r}: a secret was masked")
    return found, tuple(masked)


def delete_run(ref: RunRef, *, registry: str | os.PathLike[str] | None = None) -> None:
    """Hide a run and its child runs; nothing is removed, and :func:`restore_run` undoes it.

    Parameters
    ----------
    ref
        A number, an id, or ``"experiment/12"``.
    registry
        A folder or URL; the registry that applies where None.
    """
    _mark(ref, config.now(), registry)


def restore_run(ref: RunRef, *, registry: str | os.PathLike[str] | None = None) -> None:
    """Show a deleted run and its child runs again."""
    _mark(ref, None, registry)


def _mark(ref: RunRef, deleted_at: str | None, registry: str | os.PathLike[str] | None) -> None:
    store = open_existing(registry)
    run_ids = [find_run(store, ref).id]
    with uninterrupted(), store.atomic():
        while run_ids:
            store.update("runs", {"deleted_at": deleted_at}, {"id": run_ids})
            run_ids = [row["id"] for row in store.rows("runs", {"parent_id": run_ids}, columns=["id"])]
