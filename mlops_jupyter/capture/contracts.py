"""Contracts: the data that a tracked cell trains or tests on, held to what was promised of it.

A contract applies to data that are saved under its dataset's name, bear that name in the notebook, or
were read from the same file (:func:`mlops_jupyter.datasets.contract_for`). The check runs behind the
cell, on the data as the cell used them: a shallow copy where the library copies on write. Data made from
a version that breaks its contract are told of too.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..datasets.breaches import Breach
    from ..tracking import ActiveRun
    from .datasets import Use

_RULES_NAMED = 3


def hold(run: ActiveRun, uses: Iterable[Use]) -> None:
    """Check, behind the cell, what it used against the contracts that apply; write findings."""
    from .. import datasets

    if not datasets.has_contract(registry=run.store):
        return
    known: set[str] = set()
    for use in uses:
        if use.version.id not in known:
            known.add(use.version.id)
            value = _as_now(use.value())
            run.defer(f"contract of {use.name}", partial(_check, run, use, value))


def _check(run: ActiveRun, use: Use, value: Any) -> None:
    from .. import datasets

    source = use.source[0] if use.source else None
    for breach in datasets.breaches(
        use.version, use.name, value, source_uri=source, registry=run.store, run_id=run.id
    ):
        run.add_finding("contract", "warning", message(use.name, breach))


def message(name: str, breach: Breach) -> str:
    """Return what is to be said of broken rules.

    Examples
    --------
    >>> from mlops_jupyter.datasets.breaches import Breach
    >>> message("X_train", Breach("weather:2", "weather:1", ("range of wind_speed",), 4))
    'X_train was made (run 4) from weather:2, which breaks its contract weather:1: range of wind_speed'
    """
    rules = ", ".join(breach.rules[:_RULES_NAMED])
    if len(breach.rules) > _RULES_NAMED:
        rules += f" and {len(breach.rules) - _RULES_NAMED} more"
    if breach.run_number is None:
        return f"{name} breaks the contract {breach.contract}: {rules}"
    made = f"{name} was made (run {breach.run_number}) from {breach.data}"
    return f"{made}, which breaks its contract {breach.contract}: {rules}"


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
