"""Numbers with intervals: as words, and as a dot on a line that reaches from end to end.

How many digits a number shows follows from its interval: what noise could change is not printed.
Half an interval has two digits where these are 10 to 35, and else one, as physicists round errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..records import Estimate
from . import words

WIDTH, ROW = 132, 9
_MARGIN, _LEAST = 4.0, 18.0
_SYMMETRIC = 0.25
_TWO_DIGITS = 3.55
_MOST_DECIMALS = 6
_FAR = 2.0


def decimals(estimate: Estimate) -> int | None:
    """Return how many decimals the interval leaves meaning to; None where there is no interval.

    Examples
    --------
    >>> decimals(Estimate(0.87123, 0.852, 0.889)), decimals(Estimate(0.871, 0.864, 0.878))
    (3, 3)
    """
    half = _half(estimate)
    if half is None or half == 0 or abs(estimate.value or 0.0) >= 1e15:
        return None
    power = math.floor(math.log10(half))
    found = max(0, (1 if half / 10.0**power < _TWO_DIGITS else 0) - power)
    return found if found <= _MOST_DECIMALS else None


def _half(estimate: Estimate) -> float | None:
    ends = (estimate.low, estimate.high)
    if any(end is None or not math.isfinite(end) for end in ends):
        return None
    half = (estimate.high or 0.0) / 2 - (estimate.low or 0.0) / 2
    return half if math.isfinite(half) and half >= 0 else None


def fixed(number: float | None, places: int | None) -> str:
    """Return a number with so many decimals, or with its significant digits where that is None.

    Examples
    --------
    >>> fixed(-0.12345, 3), fixed(12345.6, 0), fixed(None, 2)
    ('−0.123', '12,346', '–')
    """
    if number is None or places is None or not math.isfinite(number):
        return words.number(number)
    shown = f"{number:,.{places}f}"
    return shown.replace("-", "−") if float(shown.replace(",", "")) else shown.lstrip("-")


def value(estimate: Estimate | None) -> str:
    """Return the number alone, with the digits that its interval leaves."""
    return "–" if estimate is None else fixed(estimate.value, decimals(estimate))


def reach(estimate: Estimate | None) -> str:
    """Return the interval: ``± 0.018``, or from end to end where it is lopsided.

    Examples
    --------
    >>> reach(Estimate(0.871, 0.853, 0.889)), reach(Estimate(0.98, 0.91, 0.99)), reach(Estimate(0.5))
    ('± 0.018', '0.91 to 0.99', '')
    """
    half = None if estimate is None else _half(estimate)
    if estimate is None or half is None or estimate.low is None or estimate.high is None:
        return ""
    places = decimals(estimate)
    centre = estimate.low / 2 + estimate.high / 2
    is_even = estimate.value is not None and abs(estimate.value - centre) <= _SYMMETRIC * half
    if is_even:
        return f"± {fixed(half, places)}"
    return f"{fixed(estimate.low, places)} to {fixed(estimate.high, places)}"


def said(estimate: Estimate | None) -> str:
    """Return a number with its interval.

    Examples
    --------
    >>> said(Estimate(0.871, 0.853, 0.889)), said(Estimate(0.98, 0.91, 0.99)), said(Estimate(None))
    ('0.871 ± 0.018', '0.98 (0.91 to 0.99)', '–')
    """
    return joined(value(estimate), reach(estimate))


def joined(number: str, wide: str) -> str:
    """Return a number and its interval, both as words, in one."""
    if not wide:
        return number
    return f"{number} {wide}" if wide.startswith("±") else f"{number} ({wide})"


# --- pictures ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """The range that several intervals share, and how wide it is drawn."""

    low: float
    high: float
    width: float = WIDTH

    def place(self, number: float) -> float:
        """Return where a number stands, in pixels; what lies outside stands at the end."""
        half = self.high / 2 - self.low / 2
        share = 0.5 if half == 0 else (number / 2 - self.low / 2) / half
        return round(_MARGIN + min(1.0, max(0.0, share)) * (self.width - 2 * _MARGIN), 1)


def axis(
    estimates: Iterable[Estimate | None], also: Iterable[float | None] = (), width: float = WIDTH
) -> Axis | None:
    """Return the axis that holds all finite ends, or None where there is no number.

    Examples
    --------
    >>> axis([Estimate(0.5, 0.4, 0.6), Estimate(0.9)], [0.0])
    Axis(low=0.0, high=0.9, width=132)
    """
    ends = [end for one in estimates if one for end in (one.value, one.low, one.high)]
    finite = [end for end in [*ends, *also] if end is not None and math.isfinite(end)]
    return Axis(min(finite), max(finite), width) if finite else None


def beside(compared: Sequence[Estimate | None], far: Estimate | None) -> Axis | None:
    """Return the axis of what is compared; what is far away does not squeeze it, and stands outside.

    Examples
    --------
    >>> beside([Estimate(0.87, 0.86, 0.88), Estimate(0.86, 0.85, 0.87)], Estimate(0.5))
    Axis(low=0.85, high=0.88, width=132)
    """
    near, whole = axis(compared), axis([*compared, far])
    if near is None or whole is None or near.low == near.high:
        return whole
    span = near.high / 2 - near.low / 2
    return near if whole.high / 2 - whole.low / 2 > (1 + _FAR) * span else whole


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot and its line: ``kind`` chooses the colour (``bar``: a bar from ``at`` too).

    ``start`` and ``end`` are None without an interval.
    ``beyond`` is -1 or 1 where it stands outside of the axis, on the left or on the right.
    """

    kind: str
    y: float
    x: float
    start: float | None
    end: float | None
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Forest:
    """Intervals under one another on one axis, and a line at ``at`` to compare them with."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    at: float | None
    label: str


def forest(
    rows: Sequence[tuple[str, Estimate | None]], on: Axis | None, name: str, at: float | None = None
) -> Forest | None:
    """Return intervals as marks, or None where there is nothing to draw.

    Parameters
    ----------
    rows
        The colour word and the estimate of each line, from the top.
    on
        The axis that they share.
    name
        What they are, for those who cannot see the picture.
    at
        Where a line to compare with stands.
    """
    kept = [(kind, one) for kind, one in rows if one and one.value is not None and math.isfinite(one.value)]
    if on is None or not kept:
        return None
    height = max(_LEAST, len(kept) * ROW + 3)
    top = (height - (len(kept) - 1) * ROW) / 2
    marks = tuple(_mark(kind, one, on, top + i * ROW) for i, (kind, one) in enumerate(kept))
    label = f"{name}: " + ", ".join(f"{kind} {said(one)}" for kind, one in kept)
    stands = on.place(at) if at is not None and math.isfinite(at) else None
    return Forest(on.width, height, marks, stands, words.line(label, 300))


def _mark(kind: str, one: Estimate, on: Axis, y: float) -> Mark:
    known = _half(one) is not None
    value = one.value or 0.0
    if not on.low <= value <= on.high:
        return Mark(kind, y, on.place(value), None, None, -1 if value < on.low else 1)
    start = on.place(one.low) if known and one.low is not None else None
    end = on.place(one.high) if known and one.high is not None else None
    return Mark(kind, y, on.place(value), start, end)
