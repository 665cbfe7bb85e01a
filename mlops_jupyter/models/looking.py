"""Looking: the list of models, one model with its versions, one version with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ..records import (
    Approval,
    Estimate,
    Model,
    ModelAlias,
    ModelLine,
    ModelTable,
    ModelView,
    VersionLine,
    VersionView,
)
from ..records.models import GateState
from ..store import Row, Store, open_existing
from . import reference, usecases, views
from .reference import Registry

# The version that stands for a model in the list: the first of these aliases, else the newest.
_STANDS_FOR_IT = ("champion", "production")
_MOST_WAITING = 20
_ASKED_AT_ONCE = 500


def table(
    query: str | None = None, *, limit: int = 50, offset: int = 0, registry: Registry = None
) -> ModelTable:
    """List the registered models, the last registered first.

    Each line has the newest evaluation of the model's champion, or of its newest version where it
    has none.

    Parameters
    ----------
    query
        A part of the name, in small or capital letters; None for all.
    limit, offset
        How many to return, after how many; ``total`` of the answer counts all.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Examples
    --------
    >>> import tempfile
    >>> table(registry=tempfile.mkdtemp()).total
    0
    """
    store = open_existing(registry)
    known = store.rows("model_lines", order="last_at desc, name", columns=["id", "name"])
    if query:
        known = [row for row in known if query.casefold() in row["name"].casefold()]
    page = [row["id"] for row in known[offset : offset + limit]]
    rows = store.rows("approvals", {"state": "requested"}, order="requested_at, id", limit=_MOST_WAITING)
    lines = [
        line
        for start in range(0, len(page), _ASKED_AT_ONCE)
        for line in _model_lines(store, page[start : start + _ASKED_AT_ONCE])
    ]
    return ModelTable(tuple(lines), len(known), tuple(Approval(**row) for row in rows))


def view(name: str, *, limit: int = 20, offset: int = 0, registry: Registry = None) -> ModelView:
    """Return one model with its versions, the newest first.

    Parameters
    ----------
    name
        The model's name.
    limit, offset
        How many versions to return, after how many.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such model; lists near names.
    """
    store = open_existing(registry)
    model = reference.find_model(store, name)
    rows = store.rows("model_aliases", {"model_id": model.id}, order="alias")
    aliases = tuple(ModelAlias(**row) for row in rows)
    total = store.rows("model_lines", {"id": model.id}, columns=["versions"])[0]["versions"]
    page = store.rows(
        "model_version_lines", {"model_id": model.id}, order="number desc", limit=limit, offset=offset
    )
    by_number: dict[int, list[ModelAlias]] = defaultdict(list)
    for alias in aliases:
        by_number[alias.number].append(alias)
    return ModelView(
        model=model,
        lines=tuple(_version_line(row, by_number.get(row["number"], ())) for row in page),
        total=int(total),
        aliases=aliases,
        use_case=usecases.read(store, model),
        waiting=_waiting(store, model),
    )


def version(ref: str, *, registry: Registry = None) -> VersionView:
    """Return one version with everything that is known of it.

    Parameters
    ----------
    ref
        ``churn:4``, ``churn@champion``; a name alone is its newest version.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such model, version or alias; names what exists.
    """
    store = open_existing(registry)
    return views.version_view(store, *reference.find_version(store, ref))


def _model_lines(store: Store, ids: Sequence[str]) -> list[ModelLine]:
    rows = {row["id"]: row for row in store.rows("model_lines", {"id": list(ids)})}
    aliases: dict[str, dict[str, int]] = defaultdict(dict)
    for row in store.rows("model_aliases", {"model_id": list(ids)}, order="alias"):
        aliases[row["model_id"]][row["alias"]] = int(row["number"])
    shown = {
        one: next(
            (aliases[one][word] for word in _STANDS_FOR_IT if word in aliases[one]), rows[one]["newest"]
        )
        for one in ids
    }
    lines = _lines_of(store, shown)
    waiting = _waiting_by_model(store, ids)
    return [
        ModelLine(
            name=rows[one]["name"],
            versions=int(rows[one]["versions"]),
            newest=int(rows[one]["newest"] or 0),
            created_at=rows[one]["last_at"] or rows[one]["created_at"],
            aliases=tuple(aliases[one].items()),
            metric=lines[one]["metric"] if one in lines else None,
            value=_estimate(lines[one]) if one in lines else None,
            owner=lines[one]["owner"] if one in lines else None,
            waiting=waiting.get(one, 0),
            description=rows[one]["description"],
        )
        for one in ids
    ]


def _lines_of(store: Store, shown: Mapping[str, int | None]) -> dict[str, Row]:
    """Return the line of the version of each model that stands for it."""
    numbers = sorted({number for number in shown.values() if number is not None})
    rows = store.rows("model_version_lines", {"model_id": sorted(shown), "number": numbers})
    return {row["model_id"]: row for row in rows if shown[row["model_id"]] == row["number"]}


def _waiting_by_model(store: Store, ids: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    asked = store.rows("approvals", {"state": "requested"}, columns=["model_version_id"])
    wanted = sorted({row["model_version_id"] for row in asked})
    rows = store.rows("model_versions", {"id": wanted, "model_id": list(ids)}, columns=["id", "model_id"])
    models = {row["id"]: row["model_id"] for row in rows}
    for row in asked:
        if row["model_version_id"] in models:
            counts[models[row["model_version_id"]]] += 1
    return counts


def _version_line(row: Row, aliases: Sequence[ModelAlias]) -> VersionLine:
    return VersionLine(
        number=int(row["number"]),
        created_at=row["created_at"],
        class_name=row["class_name"],
        size_bytes=int(row["size_bytes"]),
        aliases=tuple(alias.alias for alias in aliases),
        metric=row["metric"],
        value=_estimate(row),
        gates=_gates(row, aliases),
        approval=row["approval"],
        run_number=row["run_number"],
        user_name=row["user_name"],
        note=row["note"],
        archived_at=row["archived_at"],
    )


def _gates(row: Row, aliases: Sequence[ModelAlias]) -> GateState | None:
    if any(alias.override_reason for alias in aliases):
        return "overridden"
    return None if row["is_passed"] is None else "passed" if row["is_passed"] else "failed"


def _estimate(row: Row) -> Estimate | None:
    return None if row["metric"] is None else Estimate(row["value"], row["low"], row["high"], n=row["n_rows"])


def _waiting(store: Store, model: Model) -> tuple[tuple[int, Approval], ...]:
    """Return the requests about a model's versions that nobody has answered, with their numbers."""
    asked = [
        Approval(**row) for row in store.rows("approvals", {"state": "requested"}, order="requested_at, id")
    ]
    ids = sorted({one.model_version_id for one in asked})
    rows = store.rows("model_versions", {"id": ids, "model_id": model.id}, columns=["id", "number"])
    numbers = {row["id"]: int(row["number"]) for row in rows}
    return tuple((numbers[one.model_version_id], one) for one in asked if one.model_version_id in numbers)
