"""What the registry has recorded about a version: what its gates are held against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from ...errors import MlopsError
from ...records import (
    Dataset,
    Evaluation,
    EvaluationReport,
    Gate,
    GateResult,
    Model,
    ModelVersion,
    Validation,
    from_plain,
)
from ...records.models import GateState
from ...store import Store
from .. import reference

_MOST_EVALUATIONS = 100
_MOST_STEPS = 200


@dataclass(frozen=True)
class Held:
    """An evaluation on data that the version was not trained on, with its report."""

    row: Evaluation
    report: EvaluationReport

    @property
    def text(self) -> str:
        """What people read: when, on what, how many rows."""
        data = self.row.data_name or self.report.data or "data without a name"
        return f"evaluated {self.row.created_at[:10]} on {data}, {self.row.n_rows:,} rows ({self.row.id})"


@dataclass(frozen=True)
class Evidence:
    """The records of one version; each is looked up when a gate asks for it, once.

    ``today`` is the present time, against which ages are held.
    """

    store: Store
    model: Model
    version: ModelVersion
    today: str

    @property
    def label(self) -> str:
        """``churn:4``."""
        return reference.label(self.model, self.version)

    @cached_property
    def evaluated(self) -> tuple[Evaluation, ...]:
        """All evaluations of the version's file, the newest first."""
        rows = self.store.rows(
            "evaluations",
            {"model_hash": self.version.object_hash},
            order="created_at desc, id desc",
            limit=_MOST_EVALUATIONS,
        )
        return tuple(Evaluation(**row) for row in rows)

    @cached_property
    def trained_on(self) -> frozenset[str]:
        """The contents that the version was fitted on: by its run, or as said when it was registered."""
        found = {self.version.data_version_id} if self.version.data_version_id else set()
        if self.version.run_id is not None:
            where = {"run_id": self.version.run_id, "role": "train"}
            found |= {row["version_id"] for row in self.store.rows("run_datasets", where)}
        return frozenset(found)

    @cached_property
    def held(self) -> Held | None:
        """The newest evaluation that is on other data than the version was trained on."""
        for row in self.evaluated:
            if row.version_id is not None and row.version_id not in self.trained_on:
                return Held(row, self._report(row))
        return None

    @cached_property
    def why_not_held(self) -> str:
        """Why there is no evaluation to hold a gate against."""
        if not self.evaluated:
            return "not evaluated"
        if all(row.version_id is None for row in self.evaluated):
            return "evaluated on data of which nothing is recorded"
        return "evaluated on the data it was trained on alone"

    @cached_property
    def data(self) -> tuple[str, ...]:
        """The contents that the version came from, and those that these were made from."""
        found = dict.fromkeys(sorted(self.trained_on))
        if self.version.run_id is not None:
            where = {"run_id": self.version.run_id, "role": ["train", "validation", "input"]}
            rows = self.store.rows("run_datasets", where, order="version_id")
            found |= dict.fromkeys(row["version_id"] for row in rows)
        waiting = list(found)
        while waiting and len(found) < _MOST_STEPS:
            steps = self.store.rows(
                "dataset_steps", {"into_id": waiting}, columns=["from_id"], limit=_MOST_STEPS
            )
            waiting = sorted({row["from_id"] for row in steps} - found.keys())
            found |= dict.fromkeys(waiting)
        return tuple(found)

    def validations(self, dataset: Dataset) -> tuple[Validation, ...]:
        """How the data of the version's run fared against a dataset's contract, the newest first."""
        ids = [row["id"] for row in self.store.rows("contracts", {"dataset_id": dataset.id}, columns=["id"])]
        where = {"version_id": list(self.data), "contract_id": ids}
        rows = self.store.rows("validations", where, order="created_at desc, id desc")
        return tuple(Validation(**row) for row in rows)

    def at_alias(self, alias: str) -> ModelVersion | None:
        """Return the version that an alias of the model points to."""
        number = reference.aliases_of(self.store, self.model).get(alias)
        if number is None:
            return None
        rows = self.store.rows("model_versions", {"model_id": self.model.id, "number": number})
        return ModelVersion(**rows[0])

    def on_same_rows(self, other: ModelVersion) -> EvaluationReport | None:
        """Return the newest evaluation of another version on the content that this one was held against."""
        if self.held is None or self.held.row.version_id is None:
            return None
        where = {"model_hash": other.object_hash, "version_id": self.held.row.version_id}
        rows = self.store.rows("evaluations", where, order="created_at desc, id desc", limit=1)
        return self._report(Evaluation(**rows[0])) if rows else None

    def _report(self, row: Evaluation) -> EvaluationReport:
        try:
            return from_plain(EvaluationReport, json.loads(self.store.objects.get(row.object_hash)))
        except MlopsError as error:
            raise type(error)(
                f"the report of evaluation {row.id} of {self.label} cannot be read: {error}"
            ) from None


def result(
    gate: Gate, state: GateState, asked: str, found: str, *, evidence: str = "", next_step: str = ""
) -> GateResult:
    """Return how a gate stands; a next step is for one that does not pass."""
    return GateResult(gate, state, asked, found, evidence, "" if state == "passed" else next_step)


def worst(*states: GateState) -> GateState:
    """Return ``failed`` where one is, else ``unknown`` where one is, else ``passed``.

    Examples
    --------
    >>> worst("passed", "unknown", "passed")
    'unknown'
    """
    return next((state for state in ("failed", "unknown") if state in states), "passed")
