"""Contracts: what data must be like, and how a version of it fared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

RuleKind = Literal[
    "columns", "type", "required", "range", "set", "pattern", "length", "unique", "compare", "depends",
    "foreign", "rows", "fresh", "ordered", "distribution", "constant", "duplicates", "python",
]  # fmt: skip
RULE_KINDS: tuple[str, ...] = get_args(RuleKind)
ContractState = Literal["proposed", "accepted", "retired"]


# --- tables -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contract:
    """One edition of a dataset's contract (``churn-train`` contract 2); ``document`` is its YAML text."""

    id: str
    dataset_id: str
    number: int
    state: ContractState
    document: str
    created_at: str
    user_name: str | None = None
    note: str | None = None
    accepted_at: str | None = None
    accepted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Validation:
    """How one content fared against one contract. ``passed`` is 1 or 0; ``scores`` is JSON text.

    ``object_hash`` is the whole :class:`ValidationReport` as an object. ``contract_id`` is None for
    a contract that was read from a file and stands in no registry.
    """

    id: str
    version_id: str
    created_at: str
    passed: int
    n_errors: int
    n_warnings: int
    n_rows: int
    scores: str
    object_hash: str
    contract_id: str | None = None
    dataset_id: str | None = None
    run_id: str | None = None
    user_name: str | None = None


# --- documents --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``limits`` holds the words of its kind (``min``, ``max``, ``values``, …).

    ``reason`` says what in the data suggests it, ``support`` how many rows that rests on, and
    ``false_alarm_rate`` (0 to 1) how often a clean later version is expected to break it.
    """

    name: str
    kind: RuleKind
    columns: tuple[str, ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"
    reason: str = ""
    support: int | None = None
    false_alarm_rate: float | None = None
    example: str | None = None


@dataclass(frozen=True, slots=True)
class ContractDoc:
    """A contract as people read and edit it."""

    dataset: str
    rules: tuple[Rule, ...]
    description: str = ""
    owner: str = ""
    learned_from: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    format: int = 1


# --- views ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How one rule fared. ``state`` is ``unknown`` where it could not be asked (``message`` says why).

    ``examples`` name rows by key or position; ``values`` are what stood there, and stay empty where
    the column is sensitive. ``last_held`` is the newest version that kept the rule, ``broken_since``
    the first after it that did not.
    """

    rule: Rule
    state: Literal["passed", "failed", "unknown"]
    message: str = ""
    n_failed: int | None = None
    n_checked: int | None = None
    examples: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    last_held: str | None = None
    broken_since: str | None = None

    @property
    def is_unasked(self) -> bool:
        """Whether a Python rule that must hold was not asked: its function is not known, or failed."""
        return self.state == "unknown" and self.rule.kind == "python" and self.rule.severity == "error"


@dataclass(frozen=True, slots=True)
class Score:
    """One face of fidelity, 0 to 1, None where nothing was asked; ``formula`` says how it is made."""

    name: Literal["accuracy", "completeness", "consistency", "timeliness"]
    value: float | None
    formula: str


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """How data fared against a contract, ready to be shown. Failed rules come first."""

    data: str
    contract: str
    n_rows: int
    passed: bool
    results: tuple[RuleResult, ...]
    scores: tuple[Score, ...] = ()
    version_id: str | None = None
    created_at: str = ""
    duration_s: float | None = None
    engine: str = "pandera"
    sampled_rows: int | None = None


@dataclass(frozen=True, slots=True)
class ContractView:
    """A contract with its state, ready to be shown; ``contract`` is None for one that is only a file.

    ``retired`` is the number of the edition that this one took the place of, where it was accepted
    just now.
    """

    doc: ContractDoc
    contract: Contract | None = None
    ref: str = ""
    text: str = ""
    path: str | None = None
    retired: int | None = None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule beside itself in another edition, as YAML text; None where it did not exist."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ContractDiff:
    """Two editions of a contract beside each other."""

    before: str
    after: str
    rules: tuple[RuleChange, ...]
    text_diff: str = ""
