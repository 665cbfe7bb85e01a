"""Params and metrics: which values of the cell are inputs, and which are results.

An input is a literal that the cell assigns, a scalar that it reads from outside, or what plain
arithmetic makes of these. A result is a number that the cell computes and binds to a name, or
shows as its last value; a list of numbers that it fills is a series. Names that begin with ``_``,
loop variables and readings of a clock are neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..records import ParamSource
from .analysis import CellPlan
from .expressions import Span, Value
from .selection import Selection
from .snapshot import Snapshot, is_a, is_number, is_scalar

_LITERAL_LIMIT = 2_000
_ITEMS_LIMIT = 20
_POINTS_LIMIT = 10_000
_ENTRIES_LIMIT = 100


@dataclass(frozen=True, slots=True)
class FoundParam:
    """An input that was found."""

    key: str
    value: Any
    source: ParamSource


@dataclass(frozen=True, slots=True)
class FoundMetric:
    """A result that was found: a number, or a list of them; ``span`` is the expression that made it."""

    key: str
    value: Any
    is_shown: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class After:
    """The cell when it has run.

    Attributes
    ----------
    assigned
        Names that it really bound.
    computed
        Names whose object it changed or fitted, so that reading from them is a result.
    """

    namespace: Mapping[str, Any]
    assigned: frozenset[str]
    computed: frozenset[str]
    shown: Any = None


def find_params(plan: CellPlan, before: Snapshot, after: After, selection: Selection) -> Iterator[FoundParam]:
    """Yield the inputs of a cell that has run, in the order of its statements, then those it read."""
    for name in plan.stores:
        if name in after.assigned and _is_wanted(name, selection.params, selection):
            yield from _assigned_params(name, plan, after)
    for name in sorted(before.scalars):
        if name not in after.assigned and _is_wanted(name, selection.params, selection):
            yield FoundParam(name, before.scalars[name], "read")
    for name in selection.params:
        known = before.scalars.get(name, after.namespace.get(name))
        if name in after.namespace and not (name in after.assigned and _is_input(name, plan, after)):
            yield FoundParam(name, after.namespace[name] if name in after.assigned else known, "read")


def find_metrics(plan: CellPlan, after: After, selection: Selection) -> Iterator[FoundMetric]:
    """Yield the results of a cell that has run, in the order of its statements."""
    for name in plan.stores:
        if (
            name in after.assigned
            and name not in selection.params
            and _is_wanted(name, selection.metrics, selection)
        ):
            yield from _assigned_metrics(name, plan, after, asked=name in selection.metrics)
    for name in selection.metrics:
        if name not in after.assigned and is_number(after.namespace.get(name)):
            yield FoundMetric(name, after.namespace[name])
    yield from _shown_metric(plan, after, selection)


def _is_wanted(name: str, asked: tuple[str, ...], selection: Selection) -> bool:
    return name in asked or (not name.startswith("_") and not selection.is_excluded(name))


def _assigned_params(name: str, plan: CellPlan, after: After) -> Iterator[FoundParam]:
    value = after.namespace[name]
    entries = _entries(name, plan, value)
    if entries:
        for key, made in entries:
            if _is_input_value(made, plan, after, frozenset({name})) and _is_recordable(value[key], made):
                yield FoundParam(f"{name}.{key}", value[key], "literal")
        return
    made = plan.stores[name][-1].value
    if name in after.computed and not is_scalar(value):
        return  # what stands in it now is not what was written down
    if _is_input(name, plan, after) and _is_recordable(value, made) and not _is_undefined(value, made):
        yield FoundParam(name, value, "literal")


def _assigned_metrics(name: str, plan: CellPlan, after: After, *, asked: bool) -> Iterator[FoundMetric]:
    value = after.namespace[name]
    for key, made in _entries(name, plan, value):
        if is_number(value[key]) and not _is_input_value(made, plan, after, frozenset({name})):
            yield FoundMetric(f"{name}.{key}", value[key], span=made.span)
    if _is_filled(name, value, after):
        yield FoundMetric(name, value)
    if not is_number(value):
        return
    made = plan.stores[name][-1].value
    is_plain = made.making in ("other", "loop") or any(s.value.making == "loop" for s in plan.stores[name])
    is_input = _is_input(name, plan, after) and not _is_undefined(value, made)
    if asked or not (is_plain or made.is_clock or is_input):
        yield FoundMetric(name, value, span=made.span)


def _shown_metric(plan: CellPlan, after: After, selection: Selection) -> Iterator[FoundMetric]:
    last = plan.last
    if last is None or not is_number(after.shown) or selection.is_excluded(last.name):
        return
    if last.value.making != "computed":
        fresh = {
            name for name in last.value.depends if name in after.computed or _is_result(name, plan, after)
        }
        if not fresh or (last.name in fresh and last.name in plan.stores):
            return
    if not last.value.is_clock and not last.name.startswith("_"):
        yield FoundMetric(last.name, after.shown, is_shown=True, span=last.value.span)


def _is_result(name: str, plan: CellPlan, after: After) -> bool:
    return name in after.assigned and not _is_input(name, plan, after)


def _is_input(name: str, plan: CellPlan, after: After, seen: frozenset[str] = frozenset()) -> bool:
    """Return whether all that a name was bound to are inputs."""
    return all(_is_input_value(store.value, plan, after, seen | {name}) for store in plan.stores[name])


def _is_input_value(made: Value, plan: CellPlan, after: After, seen: frozenset[str]) -> bool:
    if made.making == "literal":
        return True
    if made.making != "derived":
        return False
    for name in made.depends - seen:
        if name in after.computed:
            return False
        if name in after.assigned and not _is_input(name, plan, after, seen):
            return False
    return True


def _is_undefined(value: Any, made: Value) -> bool:
    """Return whether a number came out as NaN or infinite, and was not written down so."""
    return not made.is_foldable and is_number(value) and not math.isfinite(value)


def _is_filled(name: str, value: Any, after: After) -> bool:
    """Return whether a list was filled with numbers by the cell: a curve."""
    if type(value) is not list or name not in after.computed or not 1 < len(value) <= _POINTS_LIMIT:
        return False
    return all(is_number(item) for item in value)


def _is_recordable(value: Any, made: Value) -> bool:
    if is_scalar(value) or value is None:
        return True
    if made.making != "literal":
        return False
    if is_a(value, list, tuple, set, frozenset) and len(value) > _ITEMS_LIMIT:
        return False  # that is data
    return is_a(value, str, list, tuple, set, frozenset) and len(repr(value)) <= _LITERAL_LIMIT


def _entries(name: str, plan: CellPlan, value: Any) -> tuple[tuple[str, Value], ...]:
    """Return the entries of a dict that the cell wrote down, as far as they are still in it."""
    stores = plan.stores[name]
    if len(stores) != 1 or type(value) is not dict or len(value) > _ENTRIES_LIMIT:
        return ()
    return tuple((key, made) for key, made in stores[0].value.entries if key in value)
