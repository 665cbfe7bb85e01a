"""What a reproduction comes to, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ..records import Effects, Recipe, ReproducedValue, SliceCell
from ..store.lineage import first_line
from .attempts import Attempt
from .keeping import MASKED

_SHOWN = 3
_PACKAGES_SHOWN = 8
_KINDS = {
    "param": ("param", "params"),
    "metric": ("metric", "metrics"),
    "data": ("data set", "data sets"),
    "model": ("model", "models"),
    "predictions": ("model's predictions", "models' predictions"),
}


def head(source: str) -> str:
    """Return the line by which people know a cell."""
    return first_line(source)[:80] or source.strip().partition("\n")[0][:80]


def summary(found: Attempt) -> str:
    """Return the verdict as a sentence."""
    if found.verdict == "failed":
        return f"failed: {found.ran.error or 'its cells made no run'}"
    if not found.values:
        return "identical: its cells ran to their end, but the run recorded nothing to compare"
    if found.verdict == "differs":
        worse = [one for one in found.values if one.verdict == "differs"]
        said = "; ".join(_said(one) for one in worse[:_SHOWN])
        return f"differs: {said}" + (f" and {len(worse) - _SHOWN} more" if len(worse) > _SHOWN else "")
    counted = ", ".join(_counted(found.values))
    return f"identical: {counted}" if found.verdict == "identical" else f"equal within 1e-9: {counted}"


def causes(found: Attempt, recipe: Recipe, effects: Mapping[int, Effects], first: Attempt) -> tuple[str, ...]:
    """Return what is known to make another outcome, and what was not compared.

    Parameters
    ----------
    found
        The attempt that counts.
    first
        The one with the slice as it was kept: where that was too small, this is said.
    """
    said = list(found.missing)
    if not found.is_good:
        said += unrepeatable(found.tried.kept, effects)
        said += _other_settings(found, recipe)
        said += json.loads(recipe.doubts)
    elif found is not first:
        more = len(found.tried.kept) - len(first.tried.kept)
        cells = "1 cell was" if more == 1 else f"{more:,} cells were"
        said.append(f"the kept cells alone were not enough: {cells} found to be needed too, and kept")
    said += [f"{key} is a measured time, which no two runs share: it was not compared" for key in found.times]
    return tuple(dict.fromkeys(said))


def unrepeatable(cells: Sequence[SliceCell], effects: Mapping[int, Effects]) -> Iterator[str]:
    """Yield what nobody can repeat in some cells, by cell and line, and what was masked in them."""
    for cell in cells:
        where = f"cell [{cell.execution_count}]" if cell.execution_count is not None else "a cell"
        for one in effects[cell.seq].unrepeatable:
            yield f"{where}{'' if one.line is None else f', line {one.line}'}: {one.what}"
        for doubt in effects[cell.seq].doubts:
            if doubt.endswith(MASKED):
                yield f"{where}: {doubt}"


def _other_settings(found: Attempt, recipe: Recipe) -> Iterator[str]:
    if packages := found.packages:
        shown = ", ".join(f"{name} {then} → {here}" for name, then, here in packages[:_PACKAGES_SHOWN])
        left = len(packages) - _PACKAGES_SHOWN
        more = f" and {left} more" if left > 0 else ""
        yield f"other versions: {shown}{more}; --exact-environment installs those of then"
    if "PYTHONHASHSEED" not in json.loads(recipe.environment):
        yield "the order of sets: PYTHONHASHSEED was not set, so Python drew one that nobody knows"


def _said(one: ReproducedValue) -> str:
    if one.kind in ("param", "metric", "variable") and one.before and one.after:
        return f"{one.key} {_short(one.before)} → {_short(one.after)}"
    return f"{one.kind} {one.key}" + (f" ({one.note})" if one.note else "")


def _short(value: str) -> str:
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return value[:40]


def _counted(values: Sequence[ReproducedValue]) -> Iterator[str]:
    for kind, (one, many) in _KINDS.items():
        count = sum(value.kind == kind for value in values)
        if count:
            yield f"{count:,} {one if count == 1 else many}"
