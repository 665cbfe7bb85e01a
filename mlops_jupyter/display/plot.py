"""The curves of an evaluation as small inline SVG: lines with bands, dots with bars, a matrix of shades.

What people read (ends of axes, names) stands beside the picture as text, so that it keeps its size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..records import Curve, CurveLine
from . import words
from .curves import Box, box, path, segments, thinned

WIDTH, HEIGHT = 220, 150
MOST_LINES = 6
MOST_LABELS = 8
MOST_SHADES = 16
_SQUARE = {"roc", "precision_recall", "calibration", "gain"}
_DIAGONAL = {"roc", "calibration", "gain"}
_DOTS = {"residuals", "actual_predicted"}
_MOST_POINTS = 100
_SHADES = 9


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``index`` chooses its colour; ``dots`` and ``bars`` are paths."""

    name: str
    index: int
    lines: tuple[str, ...] = ()
    dots: str = ""
    bars: str = ""
    band: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """What the template draws; ``reference`` is the line of no skill, or of no error."""

    title: str
    width: int
    height: int
    lines: tuple[Line, ...]
    reference: str
    low: str
    high: str
    ends: tuple[str, ...]
    x_label: str
    y_label: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a matrix: the count, its part of the row, and the shade from 0 to 9."""

    count: str
    share: str
    shade: int
    is_right: bool
    title: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix as rows of cells; ``is_small`` where the counts can be printed."""

    title: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    is_small: bool
    left: int
    note: str


def plot(curve: Curve, reference: CurveLine | None = None) -> Plot | None:
    """Return a curve as a picture, or None where nothing in it is finite.

    Parameters
    ----------
    curve
        The lines.
    reference
        A further line to compare with, drawn dashed.

    Examples
    --------
    >>> line = CurveLine("model", (0.0, 0.2, 1.0), (0.0, 0.9, 1.0))
    >>> made = plot(Curve("roc", "ROC", "FPR", "TPR", (line,)))
    >>> made.low, made.high, made.ends, made.reference
    ('0', '1', ('0', '1'), 'M0 150L220 0')
    """
    given = [*curve.lines[: MOST_LINES - 1], *([reference] if reference else [])]
    area = _area(curve, given)
    if area is None:
        return None
    drawn = tuple(_line(one, i, area, curve) for i, one in enumerate(given))
    names = ", ".join(words.line(one.name, 40) for one in given if one.name)
    return Plot(
        title=words.line(curve.title, 60),
        width=WIDTH,
        height=HEIGHT,
        lines=drawn,
        reference=_reference(curve.kind, area),
        low=words.on_axis(area.low, area.high - area.low),
        high=words.on_axis(area.high, area.high - area.low),
        ends=_ends(curve, area),
        x_label=words.line(curve.x_label, 40),
        y_label=words.line(curve.y_label, 40),
        label=words.line(f"{curve.title} of {names or 'one line'}", 200),
        note=_note(curve, len(drawn)),
    )


def _note(curve: Curve, n_drawn: int) -> str:
    left = len(curve.lines) - n_drawn
    said = [curve.note, f"{left:,} more lines are not drawn" if left > 0 else ""]
    return words.line("; ".join(part for part in said if part), 240)


def _area(curve: Curve, given: Sequence[CurveLine]) -> Box | None:
    series = [
        list(zip(one.x, column, strict=False)) for one in given for column in (one.y, one.low, one.high)
    ]
    area = box(series, WIDTH, HEIGHT, 0)
    if area is None:
        return None
    if curve.kind in _SQUARE and _within_one(area):
        return Box(0.0, 1.0, 0.0, 1.0, WIDTH, HEIGHT, 0)
    if curve.kind == "actual_predicted":  # one scale for both, so that the diagonal means equality
        low, high = min(area.left, area.low), max(area.right, area.high)
        return Box(low, high, low, high, WIDTH, HEIGHT, 0)
    if curve.kind == "residuals":
        far = max(abs(area.low), abs(area.high))
        return Box(area.left, area.right, -far, far, WIDTH, HEIGHT, 0)
    return area


def _within_one(area: Box) -> bool:
    return min(area.left, area.low) >= -1e-9 and max(area.right, area.high) <= 1 + 1e-9


def _reference(kind: str, area: Box) -> str:
    if (kind in _DIAGONAL and _within_one(area)) or kind == "actual_predicted":
        return f"M0 {HEIGHT}L{WIDTH} 0"
    return f"M0 {HEIGHT / 2:g}H{WIDTH}" if kind == "residuals" else ""


def _ends(curve: Curve, area: Box) -> tuple[str, ...]:
    if curve.x_labels:
        shown = curve.x_labels if len(curve.x_labels) <= 5 else (curve.x_labels[0], curve.x_labels[-1])
        return tuple(words.line(one, 14) for one in shown)
    span = area.right - area.left
    return words.on_axis(area.left, span), words.on_axis(area.right, span)


def _line(one: CurveLine, index: int, area: Box, curve: Curve) -> Line:
    name = words.line(one.name, 40)
    points = list(zip(one.x, one.y, strict=False))
    has_bars = bool(one.low and one.high)
    if curve.kind in _DOTS and not _is_rising(one.x):
        return Line(name, index, dots=_dots(area, points))
    dotted = curve.kind == "calibration" or bool(curve.x_labels)
    stretches = segments(thinned(points, _MOST_POINTS))
    return Line(
        name,
        index,
        lines=tuple(path(area, stretch) for stretch in stretches if len(stretch) > 1),
        dots=_dots(area, points if dotted else [s[0] for s in stretches if len(s) == 1]),
        bars=_bars(area, one) if dotted and has_bars else "",
        band=_band(area, one) if not dotted and has_bars else "",
    )


def _is_rising(xs: Sequence[float]) -> bool:
    return all(after >= before for before, after in pairwise(xs))


def _dots(area: Box, points: Sequence[tuple[float, float | None]]) -> str:
    """Return points as one path of strokes without length, which round ends make dots."""
    flat = [point for stretch in segments(points) for point in stretch]
    return "".join("M{:g} {:g}h0".format(*area.place(x, y)) for x, y in flat[:400])


def _finite(one: CurveLine) -> list[tuple[float, float, float]]:
    rows = zip(one.x, one.low, one.high, strict=False)
    return [row for row in rows if all(math.isfinite(number) for number in row)]


def _bars(area: Box, one: CurveLine) -> str:
    parts = []
    for x, low, high in _finite(one):
        across, bottom = area.place(x, low)
        parts.append(f"M{across:g} {bottom:g}V{area.place(x, high)[1]:g}")
    return "".join(parts)


def _band(area: Box, one: CurveLine) -> str:
    rows = _finite(one)
    step = max(1, math.ceil(len(rows) / _MOST_POINTS))
    rows = rows[::step] + ([rows[-1]] if rows and (len(rows) - 1) % step else [])
    if len(rows) < 2:
        return ""
    there = [area.place(x, high) for x, _, high in rows]
    back = [area.place(x, low) for x, low, _ in reversed(rows)]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in [*there, *back]) + "z"


# --- a matrix ---------------------------------------------------------------------------------


def matrix(curve: Curve) -> Matrix | None:
    """Return a confusion matrix as shaded cells, each row adding to 100 %; None where it is empty.

    Examples
    --------
    >>> counts = ((90.0, 10.0), (5.0, 15.0))
    >>> made = matrix(Curve("confusion", "Confusion", labels=("no", "yes"), matrix=counts))
    >>> [[cell.share for cell in cells] for _, cells in made.rows]
    [['90 %', '10 %'], ['25 %', '75 %']]
    """
    most = MOST_LABELS if len(curve.matrix) <= MOST_LABELS else MOST_SHADES
    names = [words.line(label, 18) or "empty" for label in curve.labels[:most]]
    if not curve.matrix or not names:
        return None
    rows = tuple(
        (name, tuple(_cell(i, j, counts, names) for j in range(min(len(counts), len(names)))))
        for i, (name, counts) in enumerate(zip(names, curve.matrix, strict=False))
    )
    left = max(0, len(curve.matrix) - most)
    note = words.line(curve.note, 240)
    return Matrix(words.line(curve.title, 60), tuple(names), rows, len(names) <= MOST_LABELS, left, note)


def _cell(i: int, j: int, counts: Sequence[float], names: Sequence[str]) -> Cell:
    total = sum(counts)
    share = counts[j] / total if total > 0 and math.isfinite(total) else 0.0
    shade = min(_SHADES, max(0, round(share * _SHADES)))
    count = words.number(counts[j])
    title = f"{names[i]} taken for {names[j]}: {count}, {words.percent(share)}"
    return Cell(count, words.percent(share), shade, i == j, words.line(title, 120))
