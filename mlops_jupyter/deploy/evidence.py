"""What came of an export stays with the version: the report, its row and an event, in one transaction."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from .. import config
from ..records import Export, ExportReport, ModelVersion, to_plain
from ..store import Store, as_row, events
from .proving import summary_of


def keep(
    store: Store,
    version: ModelVersion,
    report: ExportReport,
    *,
    place: str | None = None,
    lock_text: str | None = None,
) -> ExportReport:
    """Keep an export's report for ever, also one that was never proved; return it with its id.

    Parameters
    ----------
    place
        The folder from the root, where the report has it as it is seen from here.
    lock_text
        The lock of the export, of which the hash is kept.
    """
    made = replace(
        report,
        id=config.new_id(),
        created_at=report.created_at or config.now(),
        user_name=report.user_name or config.user_name(),
        summary=report.summary or summary_of(report),
    )
    document = json.dumps(to_plain(made), ensure_ascii=False, allow_nan=False, sort_keys=True)
    row = Export(
        id=made.id,
        model_version_id=version.id,
        created_at=made.created_at,
        target=made.target,
        folder=place or made.folder,
        verdict=made.verdict,
        summary=made.summary,
        object_hash=store.objects.put(document.encode()),
        lock_hash=hashlib.sha256(lock_text.encode()).hexdigest() if lock_text is not None else None,
        user_name=made.user_name,
    )
    detail = {
        "export": row.id,
        "target": row.target,
        "folder": row.folder,
        "verdict": row.verdict,
        "summary": row.summary,
        "report": row.object_hash,
        "lock": row.lock_hash,
    }
    with store.atomic():
        store.insert("exports", as_row(row))
        events.append(
            store, kind="model.exported", subject=made.label, detail=detail, user_name=row.user_name
        )
    return made
