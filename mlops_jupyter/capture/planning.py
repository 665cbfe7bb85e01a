"""What ``%%track --dry-run`` says: what would be captured, by name, before anything runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from ..records import CapturePlan
from .analysis import CellPlan
from .scope import root_name
from .selection import Selection
from .snapshot import Snapshot

_FITS = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit"})


def plan_capture(
    experiment: str, plan: CellPlan, namespace: Mapping[str, Any], selection: Selection
) -> CapturePlan:
    """Return what would be captured of a cell, as far as its code and the namespace tell.

    Whether a name will hold a number, a frame or a model is known only after the cell has run, so
    ``metrics`` lists every name that might become one.
    """
    from .. import data

    before = Snapshot(plan, namespace)
    fitted = _fitted_names(plan)
    inputs = [
        name
        for name in plan.stores
        if _makes(plan, name) in ({"literal"}, {"literal", "derived"}, {"derived"})
    ]
    computed = [name for name in plan.stores if "computed" in _makes(plan, name) and name not in fitted]
    frames = [name for name in sorted(before.outside) if data.is_dataset(namespace.get(name))]

    def wanted(names: list[str], *asked: str) -> tuple[str, ...]:
        kept = [name for name in names if not name.startswith("_") and not selection.is_excluded(name)]
        return tuple(dict.fromkeys([*kept, *asked]))

    return CapturePlan(
        experiment=experiment,
        params=wanted([*inputs, *sorted(set(before.scalars) - set(plan.stores))], *selection.params),
        metrics=wanted(computed, *selection.metrics),
        data=wanted(frames, *selection.data) if selection.with_data else (),
        models=wanted(sorted(fitted)) if selection.with_models else (),
        excluded=tuple(dict.fromkeys([*selection.excluded, *sorted(plan.left_out)])),
    )


def _makes(plan: CellPlan, name: str) -> set[str]:
    return {store.value.making for store in plan.stores[name]}


def _fitted_names(plan: CellPlan) -> set[str]:
    """Return the names that ``name.fit(…)`` fits or ``name = ….fit(…)`` binds."""
    found: set[str | None] = set()
    for node in ast.walk(plan.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=owner)) if method in _FITS:
                found |= {root_name(owner)} - {None}
    for name, stores in plan.stores.items():
        if any((store.value.call or "").rpartition(".")[2] == "fit" for store in stores):
            found.add(name)
    return {name for name in found if name}
