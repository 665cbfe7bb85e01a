"""Curves as small inline SVG: a sparkline for one series, a chart for several.

Points that are not finite leave a gap; a point between two gaps is a dot. A series is a sequence of
(position, value) pairs, as in :class:`~mlops_jupyter.records.RunView`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .words import number

Point = tuple[float, float | None]

MOST_POINTS = 60
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Sparkline:
    """What the template draws: paths and dots in a box, and one sentence about them."""

    width: int
    height: int
    lines: tuple[str, ...]
    dots: tuple[tuple[str, float, float], ...]
    label: str


@dataclass(frozen=True, slots=True)
class Box:
    """The range of the points, and the area they are drawn in."""

    left: float
    right: float
    low: float
    high: float
    width: float
    height: float
    margin: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point stands, in pixels from the top left; a constant is in the middle."""
        inner_width, inner_height = self.width - 2 * self.margin, self.height - 2 * self.margin
        across = _share(x, self.left, self.right)
        up = _share(y, self.low, self.high)
        return round(self.margin + across * inner_width, 1), round(
            self.height - self.margin - up * inner_height, 1
        )


def _share(value: float, low: float, high: float) -> float:
    half = high / 2 - low / 2  # halves, since high - low overflows for the largest floats
    return 0.5 if half == 0 else (value / 2 - low / 2) / half


def box(series: Sequence[Sequence[Point]], width: float, height: float, margin: float) -> Box | None:
    """Return the box that holds all finite points, or None if there is none."""
    finite = [point for points in series for point in points if _is_finite(point)]
    if not finite:
        return None
    xs, ys = [x for x, _ in finite], [y for _, y in finite if y is not None]
    return Box(min(xs), max(xs), min(ys), max(ys), width, height, margin)


def _is_finite(point: Point) -> bool:
    return point[1] is not None and math.isfinite(point[1]) and math.isfinite(point[0])


def segments(points: Sequence[Point]) -> list[list[tuple[float, float]]]:
    """Return the stretches of finite points between those that are not.

    Examples
    --------
    >>> segments([(0, 1.0), (1, None), (2, 3.0), (3, 4.0)])
    [[(0, 1.0)], [(2, 3.0), (3, 4.0)]]
    """
    found: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is not None and _is_finite((x, y)):
            found[-1].append((x, y))
        elif found[-1]:
            found.append([])
    return [stretch for stretch in found if stretch]


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> Sequence[Point]:
    """Return at most about ``most`` points, of each stretch its lowest and highest, gaps kept."""
    if len(points) <= most:
        return points
    bounds = [len(points) * i // (most // 2) for i in range(most // 2 + 1)]
    kept = {0, len(points) - 1}
    for start, stop in pairwise(bounds):
        finite = [i for i in range(start, stop) if _is_finite(points[i])]
        if finite:
            kept |= {
                min(finite, key=lambda i: points[i][1] or 0.0),
                max(finite, key=lambda i: points[i][1] or 0.0),
            }
        else:
            kept.add(start)
    return [points[i] for i in sorted(kept)]


def sparkline(points: Sequence[Point], name: str, width: int = 116, height: int = 26) -> Sparkline | None:
    """Return a small curve with dots at its lowest, highest and last point.

    Examples
    --------
    >>> curve = sparkline([(0, 1.0), (1, 3.0)], "auc", 20, 10)
    >>> curve.lines, curve.label
    (('3,7 17,3',), 'auc, 2 points from 1 to 3')
    >>> sparkline([(0, None)], "auc") is None
    True
    """
    shown = thinned(points)
    area = box([shown], width, height, 3)
    if area is None:
        return None
    stretches = segments(shown)
    flat = [point for stretch in stretches for point in stretch]
    lowest, highest = min(flat, key=lambda p: p[1]), max(flat, key=lambda p: p[1])
    dots = [("dot", *area.place(*stretch[0])) for stretch in stretches if len(stretch) == 1]
    if lowest[1] != highest[1]:
        dots += [("low", *area.place(*lowest)), ("high", *area.place(*highest))]
    dots.append(("last", *area.place(*flat[-1])))
    label = f"{name}, {len(points)} points from {number(lowest[1])} to {number(highest[1])}"
    return Sparkline(width, height, tuple(path(area, s) for s in stretches if len(s) > 1), tuple(dots), label)


def path(area: Box, stretch: Sequence[tuple[float, float]]) -> str:
    """Return the points of a polyline."""
    return " ".join("{:g},{:g}".format(*area.place(x, y)) for x, y in stretch)


def blocks(points: Sequence[Point], most: int = 12) -> str:
    """Return a curve as characters, for plain text: its first point, its last, and some between.

    Examples
    --------
    >>> blocks([(0, 0.0), (1, None), (2, 1.0)])
    '▁ █'
    """
    area = box([points], 1, 1, 0)
    if area is None:
        return ""
    last, signs = len(points) - 1, min(len(points), most)
    chosen = [points[round(last * i / max(1, signs - 1))] for i in range(signs)]
    shares = [
        _share(y, area.low, area.high) if y is not None and _is_finite((x, y)) else None for x, y in chosen
    ]
    return "".join(" " if share is None else BLOCKS[round(share * 7)] for share in shares)
