"""Fitted models of a cell: which ones to keep, under which names, with which params."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .analysis import CellPlan
from .naming import name_of
from .observer import Candidates, Fitted
from .snapshot import is_a, own_attributes

_LOOKED_INTO = 1_000
_CANDIDATES_LIMIT = 2_000
_SCORES = ("mean_test_", "std_test_", "rank_test_", "mean_train_")


@dataclass(frozen=True, slots=True)
class Kept:
    """A model to be saved."""

    name: str
    model: Any
    params: Mapping[str, Any]
    defaults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tried:
    """One candidate of a search."""

    name: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]


def models_to_keep(
    fitted: Sequence[Fitted],
    plan: CellPlan,
    namespace: Mapping[str, Any],
    assigned: frozenset[str],
    shown: Any,
) -> Iterator[Kept]:
    """Yield the models that the cell leaves behind: bound to a name, in a list or dict, or shown."""
    own = [one for one in fitted if not one.is_copied]
    latest = {id(model): one for one in own if (model := one.reference()) is not None}
    kept: set[int] = set()
    for number, one in latest.items():
        model = one.reference()
        name = _name_of(model, plan, namespace, shown)
        if name is not None:
            kept.add(number)
            yield Kept(name, model, one.params, one.defaults)
    yield from _new_models(plan, namespace, assigned, kept)


def _name_of(model: Any, plan: CellPlan, namespace: Mapping[str, Any], shown: Any) -> str | None:
    if name := name_of(model, namespace, plan):
        return name
    for holder in (*plan.stores, *sorted(plan.changed)):
        if (key := _key_of(model, namespace.get(holder))) is not None:
            return f"{holder}.{key}"
    return type(model).__name__ if model is shown else None


def _key_of(model: Any, holder: Any) -> Any:
    if is_a(holder, dict):
        items: Iterator[tuple[Any, Any]] = iter(list(dict.items(holder))[:_LOOKED_INTO])
    elif type(holder) in (list, tuple):
        items = enumerate(holder[:_LOOKED_INTO])
    else:
        return None
    return next((key for key, value in items if value is model), None)


def _new_models(
    plan: CellPlan, namespace: Mapping[str, Any], assigned: frozenset[str], kept: set[int]
) -> Iterator[Kept]:
    """Yield fitted models that the cell bound without fitting them itself, such as a loaded one."""
    from .. import formats

    found = {name: namespace.get(name) for name in (*plan.stores, *plan.reads)}
    models = {name: model for name, model in found.items() if _is_model(model)}
    inner = {id(own_attributes(model).get("best_estimator_")) for model in models.values()}
    for name in plan.stores:
        if name.startswith("_") or name not in assigned or name not in models:
            continue
        model = models[name]
        if id(model) not in kept | inner and formats.is_fitted(model):
            kept.add(id(model))
            yield Kept(name, model, {})


def _is_model(value: Any) -> bool:
    from .. import formats

    try:
        return formats.is_model(value)
    except Exception:  # noqa: BLE001 - an object that fails when it is asked what it is
        return False


def params_of(
    fitted: Sequence[Fitted], kept: Sequence[Kept], taken: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the params of the fitted estimators, with their variable before them where needed.

    Parameters
    ----------
    taken
        Params that the cell has already, which the same value may share and another must not take.

    Returns
    -------
    tuple
        The params that were chosen, and those that are at their default.
    """
    named: list[tuple[str, Kept | Fitted]] = [(one.name, one) for one in kept if one.params]
    named += [(one.class_name, one) for one in fitted if one.is_copied]
    if not named and fitted:
        named = [(fitted[-1].class_name, fitted[-1])]
    chosen: dict[str, Any] = {}
    usual: dict[str, Any] = {}
    for name, one in named:
        for key, value in one.params.items():
            is_taken = key in taken and taken[key] != value
            full = f"{name}.{key}" if len(named) > 1 or is_taken else key
            if full not in taken:
                (usual if key in one.defaults else chosen)[full] = value
    return chosen, usual


def candidates_of(search: Candidates) -> Iterator[Tried]:
    """Yield the candidates of a search in the order in which it lists them."""
    results = search.results
    columns = [key for key in results if key.startswith(_SCORES)]
    for index, params in enumerate(results["params"][:_CANDIDATES_LIMIT]):
        scores = {key: float(results[key][index]) for key in columns}
        values = {key: value if _is_short(value) else type(value).__name__ for key, value in params.items()}
        yield Tried(f"candidate {index + 1}", values, scores)


def _is_short(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str)) or hasattr(value, "dtype")
