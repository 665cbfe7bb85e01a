"""Which promises are broken by data that are being used: their own contract's, or their origin's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..records import ContractView, DatasetVersion
from ..store import Store, lineage, open_existing
from . import contracts, validating
from .subject import Given

_STEPS_BACK = 5


@dataclass(frozen=True, slots=True)
class Breach:
    """Rules that ``data`` breaks; ``run_number`` made what is used from it, None for the data themselves."""

    data: str
    contract: str
    rules: tuple[str, ...]
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
        yield from _of_origins(store, version.id)
    else:
        assert view.contract is not None
        known = _last(store, {"version_id": version.id, "contract_id": view.contract.id})
        rules = known[1] if known else _asked(store, version, name, value, view, run_id)
        if rules:
            yield Breach(name, view.ref, tuple(rules))


def _asked(
    store: Store, version: DatasetVersion, name: str, value: Any, view: ContractView, run_id: str | None
) -> list[str]:
    """Check the data now, unless they are not any more what was used."""
    from .. import data

    if value is None or data.fingerprint(value, rows=False).version.id != version.id:
        return []
    report = validating.validate(Given(value, name), contract=view.ref, registry=store, run_id=run_id)
    return [result.rule.name for result in report.results if result.state == "failed"]


def _of_origins(store: Store, version_id: str) -> Iterator[Breach]:
    seen, waiting = {version_id}, [version_id]
    for _ in range(_STEPS_BACK):
        found = [step for one in waiting for step in lineage.made_from(store, one)]
        waiting = [step.version_id for step in found if step.version_id not in seen]
        seen.update(waiting)
        for step in {step.version_id: step for step in found if step.version_id in waiting}.values():
            known = _last(store, {"version_id": step.version_id})
            if known and known[1]:
                yield Breach(step.label, known[0], tuple(known[1]), step.run_number)


def _last(store: Store, where: dict[str, Any]) -> tuple[str, list[str]] | None:
    """Return the contract of the newest validation, and the rules that it found broken."""
    rows = store.rows("validations", where, order="created_at desc, id desc", limit=1)
    if not rows:
        return None
    report = json.loads(store.objects.get(rows[0]["object_hash"]))
    broken = [result["rule"]["name"] for result in report["results"] if result["state"] == "failed"]
    return report["contract"], broken
