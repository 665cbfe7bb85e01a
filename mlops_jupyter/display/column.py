"""One column of a dataset as a row: what it is, its picture, what is typical, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..records import ColumnDoc, ColumnProfile, DataFinding, Distribution, quantile
from . import words
from .bars import MOST_PARTS, Bars, Part, Say, bars, clocks, frequencies, parts

_RANK = {"error": 0, "warning": 1, "info": 2}
_KINDS = {
    "number": "number", "boolean": "yes or no", "category": "category", "text": "text", "time": "time",
    "span": "time span", "nested": "nested", "other": "other", "empty": "empty",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """What is said of a column; ``missing_tone`` is the colour of its missing share (percent)."""

    name: str
    about: str
    title: str
    marks: tuple[tuple[str, str], ...]
    severity: str
    bars: Bars | None
    clocks: tuple[Bars, ...]
    parts: tuple[Part, ...]
    reason: str
    typical: str
    spread: str
    missing: str
    missing_percent: float
    missing_tone: str
    distinct: str
    strength: float | None

    @property
    def picture(self) -> str:
        """Return the picture as characters: bars, or the parts by name."""
        if self.bars:
            return self.bars.blocks
        return " · ".join(f"{part.name} {part.share}" for part in self.parts[:2]) or self.reason


def row(
    column: ColumnProfile,
    doc: ColumnDoc | None,
    findings: Sequence[DataFinding],
    marks: Sequence[tuple[str, str]],
    strength: float | None,
) -> Column:
    """Return a column as a row; ``marks`` are words with a colour, as target and key."""
    picture, pieces = _picture(column)
    typical, spread = _typical(column)
    worst = min((f.severity for f in findings), key=lambda one: _RANK.get(one, 3), default="")
    personal = [("warning", f"personal: {words.line(column.personal, 24)}")] if column.personal else []
    unit = f" in {words.line(doc.unit, 16)}" if doc and doc.unit else ""
    meaning = words.line(doc.meaning, 120) if doc else ""
    share = column.n_missing / column.n_rows if column.n_rows else 0.0
    return Column(
        name=words.line(column.name, 48),
        about=meaning or f"{_KINDS.get(column.kind, column.kind)}{unit}",
        title=words.line(f"{column.name}: {column.type}{unit}. {meaning}", 300),
        marks=(*marks, *personal),
        severity=worst,
        bars=picture,
        clocks=_clocks(column),
        parts=pieces,
        reason=words.line(column.reason or _plain(column), 80),
        typical=typical,
        spread=spread,
        missing=words.percent(share) if column.n_missing else "–",
        missing_percent=round(100 * share, 1),
        missing_tone="error" if share >= 0.5 else "warning" if share >= 0.05 else "",
        distinct=_distinct(column),
        strength=None if strength is None else round(100 * min(1.0, max(0.0, strength)), 1),
    )


def saying(kind: str) -> Say:
    """Return how a value of a kind of column is written at the end of an axis."""
    if kind == "time":
        return words.date
    return _in_spans if kind == "span" else words.on_axis


def _in_spans(seconds: float, _: float) -> str:
    return f"−{words.duration(-seconds)}" if seconds < 0 else words.duration(seconds)


def _plain(column: ColumnProfile) -> str:
    """Return why there is nothing to draw."""
    if column.n_rows == column.n_missing:
        return "no values"
    numbers = column.numbers
    return "always the same" if numbers and numbers.grid and numbers.minimum == numbers.maximum else ""


def _picture(column: ColumnProfile) -> tuple[Bars | None, tuple[Part, ...]]:
    n = column.n_rows - column.n_missing
    values, name = column.values, words.line(column.name, 48)
    if values and values.top and column.kind in ("category", "boolean", "text", "other"):
        if column.kind == "text" and column.text and _differs(column.text.length):
            return bars(column.text.length, f"{name}, length", noun="text"), ()
        if values.n_distinct <= MOST_PARTS:
            return None, parts(values.top[:MOST_PARTS], n, other="other")
        return frequencies(values, n, name), ()
    if column.text:
        return bars(column.text.length, f"{name}, length", noun="text"), ()
    if column.numbers and column.kind == "boolean":
        yes = column.numbers.n - column.numbers.n_zero
        return None, parts([("true", yes), ("false", column.numbers.n_zero)], n)
    return (bars(column.numbers, name, saying(column.kind)) if column.numbers else None), ()


def _clocks(column: ColumnProfile) -> tuple[Bars, ...]:
    numbers = column.numbers
    if column.time is None or numbers is None or not numbers.grid:
        return ()
    return clocks(column.time, words.line(column.name, 48), numbers.maximum - numbers.minimum)


def _differs(length: Distribution) -> bool:
    """Return whether texts are of so many lengths that these are worth a picture."""
    return bool(length.grid) and quantile(length, 0.05) < quantile(length, 0.95)


def _typical(column: ColumnProfile) -> tuple[str, str]:
    """Return what is in the middle of a column, and how far it reaches."""
    numbers, values = column.numbers, column.values
    if column.kind in ("category", "boolean", "text", "other") and values and values.top:
        top, count = values.top[0]
        n = column.n_rows - column.n_missing
        if count > 1 or column.kind == "boolean":
            return words.line(top, 20) or "empty", f"{words.percent(count / max(1, n))} of values"
        return words.line(
            column.text.patterns[0][0], 20
        ) if column.text and column.text.patterns else "all differ", ""
    if column.text:
        return words.line(column.text.patterns[0][0], 20) if column.text.patterns else "", ""
    if numbers is None or not numbers.grid or numbers.n < 1:
        return "", ""
    if column.kind == "time":
        span = numbers.maximum - numbers.minimum
        gap = column.time.widest_gap_s if column.time else None
        gaps = f"gaps up to {words.duration(gap)}" if gap and gap < span else ""
        spread = ", ".join(part for part in (words.duration(span), gaps) if part)
        return words.dates(numbers.minimum, numbers.maximum), spread if span else ""
    return _middle(numbers, saying(column.kind), column)


def _middle(numbers: Distribution, say: Say, column: ColumnProfile) -> tuple[str, str]:
    span = numbers.maximum - numbers.minimum
    low, middle, high = (quantile(numbers, q) for q in (0.25, 0.5, 0.75))
    infinite = column.n_positive_infinite + column.n_negative_infinite
    beyond = f", {infinite:,} infinite" if infinite else ""
    half = f"{say(low, span)} to {say(high, span)}" if low != high else ""
    return say(middle, span), half + beyond


def _distinct(column: ColumnProfile) -> str:
    if column.values is None:
        return ""
    n = column.n_rows - column.n_missing
    if column.values.n_distinct == n and n > 1 and column.values.is_exact:
        return "all differ"
    return f"{'' if column.values.is_exact else '≈ '}{column.values.n_distinct:,}"
