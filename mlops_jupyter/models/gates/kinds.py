"""The kinds of gates and their words.

How to add one: a line in :data:`KINDS`, and a function of the same name in ``of_metrics`` or ``of_facts``
that holds the words against what is recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...errors import UsageError, near
from ...records import Gate, GateDoc

SEVERITIES: Final = ("error", "warning")
FOUND_SEVERITIES: Final = ("none", "info", "warning", "error")


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "a word"


def _number(value: Any) -> str | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return None if is_number else "a number"


def _not_negative(value: Any) -> str | None:
    return None if _number(value) is None and value >= 0 else "a number of at least 0"


def _share(value: Any) -> str | None:
    return None if _number(value) is None and 0 <= value <= 1 else "a ratio from 0 to 1"


def _count(value: Any) -> str | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if is_count else "a whole number of at least 0"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _severity(value: Any) -> str | None:
    return None if value in FOUND_SEVERITIES[:3] else "none, info or warning"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of gate: its words with what each takes, which of them it needs, and its word in short."""

    about: str
    words: Mapping[str, Callable[[Any], str | None]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    short: str | None = None


KINDS: Final[Mapping[str, Kind]] = {
    "contract": Kind("the data it was trained on keep a contract", {"name": _text}, ("name",), "name"),
    "metric": Kind(
        "a metric on the hold-out: a level, or a comparison beyond noise",
        {
            "key": _text,
            "min": _number,
            "max": _number,
            "not_worse_than": _text,
            "better_than": _text,
            "margin": _not_negative,
            "sure": _flag,
        },
        ("min", "max", "not_worse_than", "better_than"),
    ),
    "worst_slice": Kind(
        "the metric in the worst part of the rows",
        {"key": _text, "min": _number, "max": _number, "sure": _flag},
        ("min", "max"),
    ),
    "fairness_ratio": Kind(
        "the smallest ratio of a rate between groups",
        {"key": _text, "min": _share, "sure": _flag},
        ("min",),
    ),
    "findings": Kind("no pitfall worse than this", {"max_severity": _severity}, (), "max_severity"),
    "evaluation": Kind(
        "an evaluation on data it was not trained on",
        {"max_looks": _count, "max_age_days": _not_negative, "min_rows": _count},
    ),
    "signature": Kind("what goes in and comes out is known, with an example"),
    "owner": Kind("somebody answers for it"),
    "use_case": Kind("why the model exists is written down, and its acceptable level is reached"),
    "reproduced": Kind(
        "its run was made again with the same outcome", {"exactly": _flag, "max_age_days": _not_negative}
    ),
}


def default_gates(model: str) -> GateDoc:
    """Return the gates of a model for which nobody wrote any.

    What they ask for is recorded by ``evaluate`` and ``register`` alone; the last two only warn.

    Examples
    --------
    >>> [gate.kind for gate in default_gates("churn").gates]
    ['evaluation', 'metric', 'metric', 'findings', 'signature', 'owner', 'use_case']
    """
    return GateDoc(
        model,
        (
            Gate("evaluation", why="a claim needs data that the model was not trained on"),
            Gate("metric", (("better_than", "dummy"),), why="a model that only guesses is none"),
            Gate("metric", (("not_worse_than", "champion"),), why="a change must not cost what is there"),
            Gate("findings", (("max_severity", "warning"),), why="a leak makes every figure too good"),
            Gate("signature", why="what calls it must know what it takes"),
            Gate("owner", severity="warning", why="somebody must be asked when it fails"),
            Gate("use_case", severity="warning", why="what it is for decides what is good enough"),
        ),
    )


def checked(gate: Gate) -> Gate:
    """Return a gate if it can be asked, its words in the order of its kind.

    Raises
    ------
    UsageError
        If its kind, a word or a value is not known; names what is.

    Examples
    --------
    >>> checked(Gate("metric", (("min", 0.8), ("key", "roc_auc")))).limits
    (('key', 'roc_auc'), ('min', 0.8))
    """
    if gate.kind not in KINDS:
        raise UsageError(f"{gate.kind!r} is no gate; {_hint(gate.kind, KINDS)}")
    kind, limits = KINDS[gate.kind], dict(gate.limits)
    for word, value in limits.items():
        if word not in kind.words:
            known = _hint(word, (*kind.words, "severity")) if kind.words else "it takes severity alone"
            raise UsageError(f"{gate.kind} has no word {word!r}; {known}")
        if (expected := kind.words[word](value)) is not None:
            raise UsageError(f"{word} of {gate.kind} is {expected}, not {value!r}")
    if kind.needs and not set(kind.needs) & set(limits):
        raise UsageError(
            f"{gate.kind} needs {' or '.join(kind.needs)}; as in {gate.kind}: {_EXAMPLES[gate.kind]}"
        )
    if "margin" in limits and "not_worse_than" not in limits:
        raise UsageError("margin of metric says how much worse is allowed; it goes with not_worse_than")
    if "min" in limits and "max" in limits and limits["min"] > limits["max"]:
        raise UsageError(
            f"{gate.kind} wants at least {limits['min']} and at most {limits['max']}: nothing is both"
        )
    if gate.severity not in SEVERITIES:
        raise UsageError(f"severity is error or warning, not {gate.severity!r}")
    ordered = tuple((word, limits[word]) for word in kind.words if word in limits)
    return Gate(gate.kind, ordered, gate.severity, " ".join(gate.why.split()))


_EXAMPLES: Final = {
    "contract": "churn-train",
    "metric": "{key: roc_auc, min: 0.8}",
    "worst_slice": "{min: 0.7}",
    "fairness_ratio": "{min: 0.8}",
}


def _hint(asked: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    return near(asked, known) or f"known are {', '.join(known)}"
