"""Two editions of a contract beside each other: what matters first, small moves of limits counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args

from ..records import ContractDiff, Rule, RuleChange, RuleKind
from . import diff, words
from .layout import columns
from .rendering import render, within
from .rule import WARNS, short

_ROWS = (150, 60, 20, 6)
_SMALL: Final = 0.1
_POINT: Final = 0.01
_LONGEST: Final = 20_000
_KINDS: Final = get_args(RuleKind)
_SHORT: Final = {
    "duplicates": "max", "type": "type", "required": "missing", "set": "values", "pattern": "pattern",
    "fresh": "max_age", "distribution": "max", "constant": "value", "python": "function",
}  # fmt: skip
_SHARES: Final = ("outside", "other", "missing", "repeated", "late")
_STATES: Final = {"new": ("+", "better"), "gone": ("−", "error"), "changed": ("~", "warning")}


@dataclass(frozen=True, slots=True)
class Change:
    """A rule that differs. ``move`` is how far its limits moved, as a share of what they were."""

    name: str
    state: str
    tone: str
    sign: str
    before: str
    after: str
    move: float


def changes(found: ContractDiff) -> tuple[list[Change], list[Change]]:
    """Return the changes that matter, the greatest first, and those of limits that moved a little.

    New rules come first, then those that are gone, then others of another kind or severity, then limits
    by how far they moved. Values in another order are no change.
    """
    made = [change for change in map(_change, found.rules) if change.move > 0]
    order = {"new": 0, "gone": 1, "changed": 2}
    great = [one for one in made if one.move >= _SMALL]
    great.sort(key=lambda one: (order[one.state], -one.move))
    return great, [one for one in made if one.move < _SMALL]


def _change(found: RuleChange) -> Change:
    old, new = (_rule(found.name, text) for text in (found.before, found.after))
    state = "new" if found.before is None else "gone" if found.after is None else "changed"
    sign, tone = _STATES[state]
    sides = [
        "" if text is None else _say(rule, text) for rule, text in ((old, found.before), (new, found.after))
    ]
    move = _moved(old, new) if old and new else 1.0
    if sides[0] == sides[1] and 0 < move < 1 and old and old.kind == "distribution":
        sides = ["", f"{sides[1]}, its reference moved by {words.percent(move)}"]
    return Change(_called(found.name, new or old), state, tone, sign, sides[0], sides[1], move)


def _called(name: str, rule: Rule | None) -> str:
    """Return the name of a rule; what was called ``temp required`` is told under ``temp missing``."""
    if rule is not None and rule.kind == "required" and name.endswith(" required"):
        name = f"{name.removesuffix(' required')} missing"
    return words.line(name, 60)


def _say(rule: Rule | None, text: str) -> str:
    if rule is None:
        return words.line(text, 160)
    return short(rule) + (" ⚠" if rule.severity == "warning" else "")


def _rule(name: str, text: str | None) -> Rule | None:
    """Return the rule that a change shows as YAML, None where it is none that we know."""
    if text is None or len(text) > _LONGEST:
        return None
    import yaml

    try:
        ((kind, value),) = yaml.safe_load(text).items()
    except (yaml.YAMLError, AttributeError, ValueError, TypeError, RecursionError):
        return None
    if kind not in _KINDS:
        return None
    limits, of = _limits(kind, value)
    severity = limits.pop("severity", "error")
    limits.pop("name", None)
    asked = limits.pop("columns", of)
    listed = tuple(map(str, asked)) if isinstance(asked, list) else ()
    listed = listed or ((name.removesuffix(kind).strip(),) if name.endswith(f" {kind}") else ())
    return Rule(name, kind, listed, limits, "warning" if severity == "warning" else "error")


def _limits(kind: str, value: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the limits of a rule as it is written in short, and the columns that it names."""
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}, []
    if kind in ("columns", "unique") and isinstance(value, list):
        return {}, value
    if kind == "compare" and isinstance(value, str) and len(parts := value.split(" ")) == 3:
        return {"operator": parts[1]}, [parts[0], parts[2]]
    if kind == "depends" and isinstance(value, str):
        given, _, one = value.partition(" -> ")
        return {}, [*given.split(", "), one]
    if kind == "constant" and value is False:
        return {"varies": True}, []
    if kind == "required" and value is True:
        return {"missing": 0}, []
    return ({_SHORT[kind]: value} if kind in _SHORT and value is not True else {}), []


# --- how far limits moved ---------------------------------------------------------------------


def _moved(old: Rule, new: Rule) -> float:
    """Return how far the limits of a rule moved: 0 not at all, 1 and more as much as they were."""
    if old.kind != new.kind or set(old.columns) != set(new.columns):
        return 2.0
    if old.severity != new.severity:
        return 1.5
    wide = _width(old.limits.get("min"), old.limits.get("max"))
    keys = {*old.limits, *new.limits}
    return max((_apart(key, old.limits.get(key), new.limits.get(key), wide) for key in keys), default=0.0)


def _apart(key: str, before: Any, after: Any, wide: float) -> float:
    if before == after:
        return 0.0
    if isinstance(before, list) and isinstance(after, list):
        return _lists_apart(key, before, after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return max(
            abs((_number(before.get(k)) or 0.0) - (_number(after.get(k)) or 0.0)) for k in {*before, *after}
        )
    if isinstance(before, bool) or isinstance(after, bool):
        return 1.0
    old, new = (0.0 if one is None and key in _SHARES else _number(one) for one in (before, after))
    if old is None or new is None:
        return 1.0
    if key in _SHARES and abs(old - new) < _POINT:
        return 0.5 * _SMALL
    move = abs(new - old) / (wide or max(abs(old), abs(new)) or 1.0)
    return move if math.isfinite(move) else 1.0


def _lists_apart(key: str, before: list[Any], after: list[Any]) -> float:
    if key != "quantiles":
        return 0.0 if sorted(map(str, before)) == sorted(map(str, after)) else 1.0
    points = [[_number(one) for one in side] for side in (before, after)]
    old, new = ([one for one in side if one is not None] for side in points)
    if len(old) != len(new) or len(old) < 2:
        return 1.0
    wide = (old[-1] - old[0]) or abs(old[0]) or 1.0
    moves = [abs(a - b) / wide for a, b in zip(old, new, strict=True)]
    return max(moves) if all(map(math.isfinite, moves)) else 1.0


def _width(low: Any, high: Any) -> float:
    """Return how wide a range is, 0 where it has no two ends."""
    least, most = _number(low), _number(high)
    return most - least if least is not None and most is not None and most > least else 0.0


def _number(value: Any) -> float | None:
    """Return a limit as a number, a moment in seconds; None where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < 1e300 or value != value else math.inf * (1 if value > 0 else -1)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# --- views ------------------------------------------------------------------------------------


def sentence(found: ContractDiff) -> str:
    """Return how many rules are new, gone and different."""
    great, small = changes(found)
    states = [one.state for one in great]
    said = [f"{words.counted(states.count(state), 'rule')} {state}" for state in _STATES if state in states]
    said += [f"{_small(len(small))}"] if small else []
    return words.sentence(", ".join(said) or "the same rules")


def _small(count: int) -> str:
    return f"{words.counted(count, 'rule')} with limits moved by less than 10 %"


def html(found: ContractDiff) -> str:
    """Return two editions of a contract as HTML of bounded size."""
    twin = text(found, most=30)
    great, small = changes(found)
    return within(
        lambda most: render(
            "contract_diff",
            ("table", "code", "data"),
            twin,
            title=_editions(found),
            sentence=sentence(found),
            changes=great[:most],
            left=max(0, len(great) - most),
            small=small[:most],
            small_words=_small(len(small)),
            left_small=max(0, len(small) - most),
            warns=any("⚠" in _both(one) for one in great[:most]),
            lines=diff.lines(found.text_diff, 2 * most),
        ),
        _ROWS,
    )


def _editions(found: ContractDiff) -> str:
    return f"{words.line(found.before, 60)} → {words.line(found.after, 60)}"


def text(found: ContractDiff, most: int = 400) -> str:
    """Return two editions of a contract as lines."""
    great, small = changes(found)
    rows = columns([[f"{one.sign} {one.name}", _both(one)] for one in great[:most]])
    said = [_editions(found), f"  {sentence(found)}", *([""] if rows else []), *(f"  {row}" for row in rows)]
    said += [f"  and {words.counted(len(great) - most, 'more rule')}"] if len(great) > most else []
    said += [f"  {_small(len(small))}"] if small and great else []
    warns = any("⚠" in _both(one) for one in great[:most])
    return "\n".join([*said, *([f"  {WARNS}"] if warns else [])])


def _both(one: Change) -> str:
    return " → ".join(side for side in (one.before, one.after) if side)
