"""What data was used for, what it was made from, and what was made of it.

A run's outputs come from that run's inputs: the views ``dataset_uses`` and ``dataset_steps`` say
so in SQL; here they become records. Deleted runs and deleted versions are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ..records import MadeFrom, RunUse

if TYPE_CHECKING:
    from .waist import Store

MOST = 200
_ASKED_AT_ONCE = 10_000


def uses_of(store: Store, version_id: str, *, limit: int = MOST) -> list[RunUse]:
    """Return the runs that used a content in any role, the newest first.

    Parameters
    ----------
    version_id
        The identity of the content, ``mj1:…``.
    limit
        How many uses to return at most; :func:`count_runs` says how many runs there are in all.

    Examples
    --------
    >>> from mlops_jupyter.store import SQLiteStore
    >>> store = SQLiteStore.memory()
    >>> uses_of(store, "mj1:unknown")
    []
    >>> store.close()
    """
    uses = store.rows(
        "dataset_uses", {"version_id": version_id}, order="run_id desc, role desc, name desc", limit=limit
    )
    names = {row["id"]: row["name"] for row in _among(store, "experiments", "id", "experiment_id", uses)}
    models: dict[str, list[str]] = defaultdict(list)
    for row in _among(store, "artifacts", "run_id", "run_id", uses, {"kind": "model"}, order="path"):
        models[row["run_id"]].append(row["variable"] or row["path"])
    return [
        RunUse(
            number=use["number"],
            experiment=names[use["experiment_id"]],
            role=use["role"],
            name=use["name"],
            status=use["status"],
            started_at=use["started_at"],
            models=tuple(models[use["run_id"]]),
        )
        for use in uses
    ]


def count_runs(store: Store, version_id: str) -> int:
    """Return how many runs used a content."""
    return int(
        store.fetch(
            f"SELECT count(DISTINCT run_id) FROM dataset_uses WHERE version_id = {store.mark}", [version_id]
        )[1][0][0]
    )


def made_from(store: Store, version_id: str, *, limit: int = MOST) -> list[MadeFrom]:
    """Return what a content was made from: each other content once, with the newest run that did it.

    ``label`` is ``churn-train:3`` for saved data, else the name that it had in the run; ``cell`` is
    the run's note or the first line of its cell, None for a script without a note.
    """
    return _steps(store, "from", "into", version_id, limit)


def made_into(store: Store, version_id: str, *, limit: int = MOST) -> list[MadeFrom]:
    """Return what was made of a content, as :func:`made_from` does for the other direction."""
    return _steps(store, "into", "from", version_id, limit)


def sources_of(store: Store, version_id: str) -> tuple[str, ...]:
    """Return the files, URLs and queries that a content was read from, each once, in the order of text.

    A version that was loaded by its name was read from itself, which is no source.
    """
    mark = store.mark
    _, found = store.fetch(
        f"SELECT source_uri FROM run_datasets WHERE version_id = {mark} AND source_uri IS NOT NULL "
        f"UNION SELECT source_uri FROM saved_versions WHERE version_id = {mark} AND source_uri IS NOT NULL "
        "AND deleted_at IS NULL",
        [version_id, version_id],
    )
    return tuple(sorted({row[0] for row in found}.difference(*labels_of(store, [version_id]).values())))


def labels_of(store: Store, version_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return how contents are called where they were saved, the newest first: ``churn-train:3``."""
    labels: dict[str, list[str]] = defaultdict(list)
    ids = list(dict.fromkeys(version_ids))
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        where = {"version_id": ids[start : start + _ASKED_AT_ONCE]}
        for row in store.rows("dataset_labels", where, order="created_at desc, name, number desc"):
            labels[row["version_id"]].append(f"{row['name']}:{row['number']}")
    return {version_id: tuple(found) for version_id, found in labels.items()}


def _steps(store: Store, other: str, this: str, version_id: str, limit: int) -> list[MadeFrom]:
    mark = store.mark
    _, found = store.fetch(
        f"SELECT {other}_id, max(run_id) AS run_id, max({other}_name) AS name, max(run_number) AS number "
        f"FROM dataset_steps WHERE {this}_id = {mark} GROUP BY {other}_id "
        f"ORDER BY run_id DESC, name LIMIT {mark}",
        [version_id, limit],
    )
    labels = labels_of(store, [row[0] for row in found])
    ways = _ways_of(store, [row[1] for row in found])
    return [
        MadeFrom(
            version_id=content,
            label=labels[content][0] if content in labels else name,
            run_number=number,
            cell=ways.get(run_id),
        )
        for content, run_id, name, number in found
    ]


def _ways_of(store: Store, run_ids: Collection[str]) -> dict[str, str]:
    """Return in a line what each run did: its note, else the first line of its last cell."""
    ids = sorted(set(run_ids))
    cells = store.rows("cells", {"run_id": ids}, order="started_at, seq", columns=["run_id", "source"])
    notes = store.rows("runs", {"id": ids, "note !=": None}, columns=["id", "note"])
    ways = {row["run_id"]: first_line(row["source"]) for row in cells}
    ways |= {row["id"]: first_line(row["note"]) for row in notes if row["note"].strip()}
    return {run_id: way for run_id, way in ways.items() if way}


def first_line(source: str) -> str:
    r"""Return the first line that says something, without the mark of a comment; magics say nothing.

    Examples
    --------
    >>> first_line("%%track churn\n\n# Leave out short flights\nlong = flights[flights.air_time > 60]")
    'Leave out short flights'
    """
    lines = (line.strip() for line in source.splitlines())
    return next((line.lstrip("# ") for line in lines if line.strip("# ") and not line.startswith("%")), "")


def _among(
    store: Store,
    table: str,
    key: str,
    foreign: str,
    rows: Collection[dict[str, Any]],
    where: dict[str, Any] | None = None,
    order: str | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of a table that others refer to."""
    return store.rows(table, {key: sorted({row[foreign] for row in rows})} | (where or {}), order=order)
