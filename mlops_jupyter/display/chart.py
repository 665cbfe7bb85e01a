"""Several curves in one small chart, with the range of both axes and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .curves import Point, box, path, segments, thinned
from .words import number

WIDTH, HEIGHT = 340, 120
MOST_CURVES = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """One run's curve; ``index`` chooses colour and dashes."""

    name: str
    index: int
    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    name: str
    width: int
    height: int
    curves: tuple[Curve, ...]
    low: str
    high: str
    left: str
    right: str
    label: str


def chart(name: str, series: Sequence[tuple[str, Sequence[Point]]]) -> Chart | None:
    """Return a chart of the first series that have points, or None if nothing is finite.

    Examples
    --------
    >>> made = chart("auc", [("#1", [(0, 0.5), (9, 0.8)]), ("#2", [(0, 0.6), (9, 0.9)])])
    >>> made.low, made.high, made.right, [curve.name for curve in made.curves]
    ('0.5', '0.9', '9', ['#1', '#2'])
    """
    kept = [(label, thinned(points, 120)) for label, points in series if points][:MOST_CURVES]
    area = box([points for _, points in kept], WIDTH, HEIGHT, 4)
    if area is None:
        return None
    curves = []
    for index, (label, points) in enumerate(kept):
        stretches = segments(points)
        lines = tuple(path(area, stretch) for stretch in stretches if len(stretch) > 1)
        dots = tuple(area.place(*stretch[0]) for stretch in stretches if len(stretch) == 1)
        curves.append(Curve(label, index, lines, dots))
    names = ", ".join(curve.name for curve in curves)
    return Chart(
        name=name,
        width=WIDTH,
        height=HEIGHT,
        curves=tuple(curves),
        low=number(area.low),
        high=number(area.high),
        left=number(area.left),
        right=number(area.right),
        label=f"{name} of {names}, from {number(area.low)} to {number(area.high)}",
    )
