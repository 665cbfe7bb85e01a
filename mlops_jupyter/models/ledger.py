"""The hold-out ledger: how often the rows of an evaluation were looked at before, and what that costs.

Whoever scores many models on the same rows and keeps the best finds a figure that is too good, although
nobody trained on these rows. The looks stand in the registry: runs that used the content as validation or
test data, and evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..records import DataFinding, Estimate, Ledger, LedgerUse
from ..store import Row, Store

_MOST_SHOWN: Final = 50
_MANY: Final = 5
"""Models from which reuse is a warning: the best of five equal ones looks one standard error too good."""


def ledger(
    store: Store,
    version_id: str,
    *,
    model_hash: str | None = None,
    run_id: str | None = None,
    estimate: Estimate | None = None,
) -> Ledger:
    """Return the looks at a content before now, and the claim that they leave.

    Parameters
    ----------
    version_id
        The identity of the features that are scored, ``mj1:…``.
    model_hash, run_id
        The model that is scored now: the hash of its file, and the run that made it. A look at the same
        model chose nothing.
    estimate
        The primary metric now, for the interval that holds for the best of so many.
    """
    rows = _looks(store, version_id)
    others = {_model_of(row) for row in rows} - {model_hash, f"run {run_id}"}
    n_models = 1 + len(others)
    claim, optimism = _claim(estimate, n_models)
    looks = list(dict.fromkeys(row["source_id"] for row in rows))
    return Ledger(
        version_id,
        n_uses=len(looks),
        n_models=n_models,
        first_used_at=rows[0]["used_at"] if rows else None,
        last_used_at=rows[-1]["used_at"] if rows else None,
        estimate=claim,
        optimism=optimism,
        verdict=_verdict(len(looks), n_models, claim, optimism),
        uses=tuple(_use(row) for row in reversed(rows[-_MOST_SHOWN:])),
    )


def finding(found: Ledger) -> DataFinding | None:
    """Return what the ledger says among the pitfalls; None where no other model was scored on these rows."""
    if found.n_models < 2:
        return None
    is_much = found.n_models >= _MANY
    return DataFinding(
        "holdout_reused", "warning" if is_much else "info", found.verdict, weight=0.6 if is_much else 0.2
    )


def _looks(store: Store, version_id: str) -> Sequence[Row]:
    """Return the looks at a content, oldest first; an evaluation within a run that looked is that look."""
    rows = store.rows("holdout_uses", {"version_id": version_id}, order="used_at, source_id, model_hash")
    evaluated = {(row["run_id"], row["model_hash"]) for row in rows if row["kind"] == "evaluation"}
    return [
        row
        for row in rows
        if row["kind"] == "evaluation" or (row["run_id"], row["model_hash"]) not in evaluated
    ]


def _model_of(row: Row) -> str:
    """Return what tells a model from others: its file; else the run or the evaluation that looked."""
    if row["model_hash"] is not None:
        return str(row["model_hash"])
    return f"run {row['run_id']}" if row["run_id"] is not None else f"evaluation {row['source_id']}"


def _claim(estimate: Estimate | None, n_models: int) -> tuple[Estimate | None, float | None]:
    from .. import evaluation

    if estimate is None or estimate.value is None or n_models < 2:
        return estimate, None
    return evaluation.ledger_claim(estimate, n_models)


def _verdict(n_uses: int, n_models: int, claim: Estimate | None, optimism: float | None) -> str:
    if not n_uses:
        return "No run or evaluation in this registry looked at these rows before."
    looks = f"{n_uses:,} earlier {'look' if n_uses == 1 else 'looks'} at these rows"
    if n_models < 2:
        return f"{looks}, all at this model: nothing was chosen by them."
    said = f"{looks}; {n_models:,} models were scored on them, this one included"
    if claim is not None and claim.low is not None and claim.high is not None:
        said += (
            f". The interval that holds for the best of {n_models:,} is {claim.low:.3f} to {claim.high:.3f}"
        )
    if optimism is not None:
        said += f"; luck alone makes the best of {n_models:,} equal models look better by {optimism:.3f}"
    return f"{said}."


def _use(row: Row) -> LedgerUse:
    return LedgerUse(
        used_at=row["used_at"],
        kind=row["kind"],
        run_number=row["run_number"],
        model=row["model"],
        user_name=row["user_name"],
        metric=row["metric"],
        value=row["value"],
    )
