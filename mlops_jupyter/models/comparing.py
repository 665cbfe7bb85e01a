"""Two versions beside each other: what differs, and whether the later one is better beyond noise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ..errors import UsageError
from ..records import Field, VersionChange, VersionComparison, VersionData, VersionView
from ..store import open_existing
from . import reference, views
from .comparing_metrics import changes_of, difference, label, on_same_rows, verdict
from .reference import Registry

__all__ = ["compare", "difference"]

_MOST_COLUMNS = 8


def compare(before: str, after: str, *, registry: Registry = None) -> VersionComparison:
    """Compare two versions: parameters, data, metrics, signature, libraries.

    Metrics compare where one version was the baseline of the other's evaluation: then the interval of
    the difference is that of the pairs of rows. Where both were evaluated on one content by themselves,
    it is made of the two intervals as if the rows were others, which is wider, and is said.

    Parameters
    ----------
    before, after
        The versions: ``churn:3``, ``churn@champion``.
    registry
        Another registry: a folder or a ``postgresql://`` URL.

    Raises
    ------
    NotFoundError
        If there is no such version.
    UsageError
        If both are one version.
    """
    store = open_existing(registry)
    sides = []
    for ref in (before, after):
        model, version = reference.find_version(store, ref)
        sides.append(views.version_view(store, model, version))
    old, new = sides
    if old.version.id == new.version.id:
        raise UsageError(f"{before} and {after} are both {label(old)}; compare takes two versions")
    pairs = on_same_rows(store, old, new)
    changes = [*_model(old, new), *_params(old, new), *_data(old, new)]
    changes += changes_of(old, new, pairs)
    changes += [*_signature(old, new), *_libraries(old, new)]
    return VersionComparison(
        before=old,
        after=new,
        changes=tuple(changes),
        same_rows=bool(pairs),
        verdict=verdict(old, new, pairs),
    )


def _model(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    for name, before, after in (
        ("class", old.version.class_name, new.version.class_name),
        ("format", old.version.format, new.version.format),
        ("commit", (old.git_commit or "")[:12], (new.git_commit or "")[:12]),
    ):
        if before != after:
            yield VersionChange("model", name, before, after)
    if old.version.object_hash == new.version.object_hash:
        yield VersionChange("model", "file", "the same", "the same", "both are one file")


def _params(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    before, after = (_all_params(view) for view in (old, new))
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield VersionChange("params", key, before.get(key, ""), after.get(key, ""))


def _all_params(view: VersionView) -> dict[str, str]:
    """Return all parameters, the defaults too: a default of one may be chosen in the other."""
    kept = json.loads(view.version.params)["all"] if view.version.params else {}
    return {key: str(value) for key, value in kept.items()}


def _data(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    sides = [{(one.role, one.name): one for one in view.data if one.role != "output"} for view in (old, new)]
    for role, name in dict.fromkeys(key for side in sides for key in side):
        before, after = (side.get((role, name)) for side in sides)
        if before and after and before.version_id == after.version_id:
            continue
        yield VersionChange("data", f"{role} {name}", _content(before), _content(after))


def _content(one: VersionData | None) -> str:
    return "" if one is None else f"{one.ref or one.version_id[:16]}, {one.n_rows:,} × {one.n_columns:,}"


def _signature(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    sides = [{field.name: field for field in view.signature.inputs} for view in (old, new)]
    names = [name for name in dict.fromkeys([*sides[0], *sides[1]]) if _differs(sides, name)]
    for name in names[:_MOST_COLUMNS]:
        before, after = (_column(side.get(name)) for side in sides)
        yield VersionChange("signature", name, before, after)
    if len(names) > _MOST_COLUMNS:
        yield VersionChange("signature", f"and {len(names) - _MOST_COLUMNS:,} more columns", "", "")
    was, now = (", ".join(view.signature.classes) for view in (old, new))
    if was != now:
        yield VersionChange("signature", "classes", was, now)


def _differs(sides: Sequence[dict[str, Field]], name: str) -> bool:
    before, after = (side.get(name) for side in sides)
    if before is None or after is None:
        return True
    return (before.kind, before.dtype, before.categories) != (after.kind, after.dtype, after.categories)


def _column(field: Field | None) -> str:
    return (
        ""
        if field is None
        else f"{field.dtype or field.kind}" + (", may be missing" if field.is_nullable else "")
    )


def _libraries(old: VersionView, new: VersionView) -> Iterator[VersionChange]:
    sides = [json.loads(view.version.libraries) if view.version.libraries else {} for view in (old, new)]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        if sides[0].get(name) != sides[1].get(name):
            yield VersionChange("libraries", name, sides[0].get(name, ""), sides[1].get(name, ""))
