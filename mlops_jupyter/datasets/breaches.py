"""Which promises are broken by data that are being used: their own contract's, or their origin's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..records import ContractView, DatasetVersion, MadeFrom
from ..store import Store, lineage, open_existing
from . import contracts, validating
from .subject import Given

_STEPS_BACK = 5


@dataclass(frozen=True, slots=True)
class Breach:
    """Rules that ``data`` breaks; ``is_error`` says whether one of them is more than a warning.

    ``run_number`` is the run that made what is used from it, None where the data themselves are used.
    """

    version_id: str
    data: str
    contract: str
    rules: tuple[str, ...]
    is_error: bool = True
    run_number: int | None = None


def has_contract(*, registry: str | Store | None = None) -> bool:
    """Tell whether any contract is accepted here; one look, so that most cells pay for no more."""
    return bool(open_existing(registry).rows("contracts", {"state": "accepted"}, columns=["id"], limit=1))


def breaches(
    version: DatasetVersion,
    name: str,
    value: Any = None,
    *,
    source_uri: str | None = None,
    registry: str | Store | None = None,
    run_id: str | None = None,
) -> Iterator[Breach]:
    """Yield what data break: their contract, else the contracts of what they were made from.

    Parameters
    ----------
    version
        The identity of the data.
    name
        What they are called where they are used.
    value
        The data, to check them where no answer is known yet; None if they are gone.
    source_uri
        The file or URL they were read from, where known.
    registry
        A registry; None for the current one.
    run_id
        The run that uses them.
    """
    store = open_existing(registry)
    view = contracts.contract_for(version, name, source_uri, registry=store)
    if view is None:
        yield from _of_origins(store, version.id, run_id)
        return
    assert view.contract is not None
    asked = {"version_id": version.id, "contract_id": view.contract.id}
    if not store.rows("validations", asked, columns=["id"], limit=1):
        _validate(store, version, name, value, view, run_id)
    if known := _last(store, asked):
        yield Breach(version.id, name, *known)


def _validate(
    store: Store, version: DatasetVersion, name: str, value: Any, view: ContractView, run_id: str | None
) -> None:
    """Check the data now, unless they are not any more what was used."""
    from .. import data

    if value is not None and data.fingerprint(value, rows=False).version.id == version.id:
        validating.validate(Given(value, name), contract=view.ref, registry=store, run_id=run_id)


def _of_origins(store: Store, version_id: str, run_id: str | None) -> Iterator[Breach]:
    own = store.rows("runs", {"id": run_id}, columns=["number"]) if run_id else []
    number = own[0]["number"] if own else None
    seen, waiting = {version_id}, [version_id]
    for _ in range(_STEPS_BACK):
        found = {step.version_id: step for one in waiting for step in _steps(store, one, number)}
        waiting = [one for one in found if one not in seen]
        seen.update(waiting)
        for one in waiting:
            if known := _last(store, {"version_id": one}):
                yield Breach(one, found[one].label, *known, run_number=found[one].run_number)


def _steps(store: Store, version_id: str, number: int | None) -> list[MadeFrom]:
    """Return what a content was made from; in the run itself, where that made it anew."""
    found = lineage.made_from(store, version_id)
    return [step for step in found if step.run_number == number] or found


def _last(store: Store, where: dict[str, Any]) -> tuple[str, tuple[str, ...], bool] | None:
    """Return what the newest validation found broken: the contract, the rules, and whether it is an error."""
    rows = store.rows("validations", where, order="created_at desc, id desc", limit=1)
    if not rows or not rows[0]["n_errors"] + rows[0]["n_warnings"]:
        return None
    report = json.loads(store.objects.get(rows[0]["object_hash"]))
    broken = tuple(result["rule"]["name"] for result in report["results"] if result["state"] == "failed")
    return report["contract"], broken, rows[0]["n_errors"] > 0
