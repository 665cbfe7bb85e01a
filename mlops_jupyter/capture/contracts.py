"""Contracts: the data that a tracked cell uses, held to what was promised of them.

A contract applies to data that are saved under its dataset's name, bear that name in the notebook, or
were read from the same file (:func:`mlops_jupyter.datasets.contract_for`). The check runs behind the
cell, on the data as the cell left them: a shallow copy where the library copies on write. Data made from
a version that breaks its contract are told of too, once for all that was made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..datasets.breaches import Breach
    from ..tracking import ActiveRun
    from .datasets import Use

_NAMED = 3


def hold(run: ActiveRun, uses: Iterable[Use]) -> None:
    """Check, behind the cell, what it used against the contracts that apply; write findings."""
    from .. import datasets

    if not datasets.has_contract(registry=run.store):
        return
    used = {use.version.id: use for use in reversed(list(uses))}
    values = {version_id: _as_now(use.value()) for version_id, use in used.items()}
    run.defer("contract of the data", partial(_check, run, list(reversed(used.values())), values))


def _check(run: ActiveRun, uses: Sequence[Use], values: dict[str, Any]) -> None:
    from .. import datasets

    found: dict[Breach, list[Use]] = {}
    for use in uses:
        source = use.source.uri if use.source else None
        value = values[use.version.id]
        for breach in datasets.breaches(
            use.version, use.name, value, source_uri=source, registry=run.store, run_id=run.id
        ):
            found.setdefault(breach, []).append(use)
    direct = {breach.version_id for breach in found if breach.run_number is None}
    for breach, broken in found.items():
        if breach.run_number is None or breach.version_id not in direct:
            brought = [use for use in broken if not use.is_made] or broken
            said = message([use.name for use in brought], breach)
            run.add_finding("contract", "warning" if breach.is_error else "info", said)


def message(names: Sequence[str], breach: Breach) -> str:
    """Return what is to be said of broken rules.

    Examples
    --------
    >>> from mlops_jupyter.datasets.breaches import Breach
    >>> message(["X_train"], Breach("mj1:0", "weather:2", "weather:1", ("wind_speed range",), True, 4))
    'X_train was made (run 4) from weather:2, which breaks its contract weather:1: wind_speed range'
    """
    who, rules = _listed(names), _listed(breach.rules)
    if breach.run_number is None:
        does = "breaks the contract" if breach.is_error else "keeps, with a warning, the contract"
        return f"{who} {does} {breach.contract}: {rules}"
    does = "breaks its contract" if breach.is_error else "keeps, with a warning, its contract"
    were = "was" if len(names) == 1 else "were"
    made = f"{who} {were} made (run {breach.run_number}) from {breach.data}"
    return f"{made}, which {does} {breach.contract}: {rules}"


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_NAMED])
    return shown + (f" and {len(words) - _NAMED} more" if len(words) > _NAMED else "")


def _as_now(value: Any) -> Any:
    """Return data that what the user does next leaves as they are."""
    copy = getattr(value, "copy", None)
    if copy is None:  # polars and Arrow never change in place
        return value
    return copy(deep=False) if _copies_on_write(value) else copy()


def _copies_on_write(value: Any) -> bool:
    import sys

    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, (pandas.DataFrame, pandas.Series)):
        return False
    return int(pandas.__version__.partition(".")[0]) >= 3
