"""Curves of a score that ranks rows: ROC, precision and recall, gain; from one pass over sorted rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Curve, CurveLine
from .curves_bands import Floats, band, kept, resampled

_MOST_CELLS: Final = 1000
_FIRST_PART: Final = 0.1


@dataclass(frozen=True)
class Ranked:
    """Rows by falling score: what stands at or above each threshold. The first takes no row.

    ``found`` is the weight of the positives, ``taken`` that of all rows. ``samples`` are bootstrap
    counts (samples × 2 × cells, negatives first, of falling score), None where no band was wanted.
    """

    thresholds: Floats
    found: Floats
    taken: Floats
    samples: Floats | None = None

    @property
    def share(self) -> float:
        """The share of positives."""
        return float(self.found[-1] / self.taken[-1])


def rank(
    is_positive: NDArray[np.bool_],
    score: Floats,
    *,
    weights: Floats | None = None,
    units: NDArray[Any] | None = None,
    with_samples: bool = True,
    random_state: int = 0,
) -> Ranked:
    """Sort rows by a score that is higher for the positive class.

    Parameters
    ----------
    score : finite, one per row.
    units : per row, what is drawn as a whole for the bands.

    Examples
    --------
    >>> one = rank(np.array([True, False, True]), np.array([0.9, 0.4, 0.4]))
    >>> one.thresholds.tolist(), one.found.tolist(), one.taken.tolist()
    ([inf, 0.9, 0.4], [0.0, 1.0, 2.0], [0.0, 1.0, 3.0])
    """
    weight = np.ones(len(score)) if weights is None else weights
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    is_end = np.append(np.diff(falling) != 0, np.True_)
    found = np.cumsum(np.where(is_positive, weight, 0.0)[order])[is_end]
    taken = np.cumsum(weight[order])[is_end]
    samples = None
    if with_samples:
        rows = np.arange(len(score))
        # Rows of equal score share a cell, so that no line runs through a tie.
        place = np.empty(len(score), np.intp)
        place[order] = np.cumsum(is_end) - is_end
        n_cells = min(_MOST_CELLS, int(is_end.sum()))
        if n_cells < int(is_end.sum()):
            place = (rows[is_end][place] * n_cells) // len(score)
        drawn = resampled(
            place + n_cells * is_positive,
            2 * n_cells,
            weights=weights,
            units=units,
            random_state=random_state,
        )
        samples = drawn.reshape(len(drawn), 2, n_cells)
    return Ranked(np.append(np.inf, falling[is_end]), np.append(0.0, found), np.append(0.0, taken), samples)


Line = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""Makes x and y of a curve from the weights found and taken."""


def _roc(found: Floats, taken: Floats) -> tuple[Floats, Floats]:
    wrong = np.maximum.accumulate(taken - found)  # sums of weights that round must not fall
    return wrong / wrong[-1], found / found[-1]


def _precision(found: Floats, taken: Floats) -> tuple[Floats, Floats]:
    has_rows = taken > 0
    recall, precision = (found / found[-1])[has_rows], found[has_rows] / taken[has_rows]
    return np.append(0.0, recall), np.append(precision[:1], precision)


def _gain(found: Floats, taken: Floats) -> tuple[Floats, Floats]:
    return taken / taken[-1], found / found[-1]


_LINES: Final[dict[str, tuple[Line, str, str, str]]] = {
    "roc": (_roc, "ROC", "False positive rate", "True positive rate"),
    "precision_recall": (_precision, "Precision and recall", "Recall", "Precision"),
    "gain": (_gain, "Gain", "Part of the rows looked at", "Part of the positives found"),
}


def ranked_curves(lines: dict[str, Ranked], *, confidence: float = 0.95) -> tuple[Curve, ...]:
    """Return ROC, precision-recall and gain, a line for each of some rankings, each with its band.

    Parameters
    ----------
    lines : rankings by the name of their line, each with rows of both classes.

    Notes
    -----
    A band holds at each x for itself. The precision at recall 0 is that of the highest score. ROC and gain
    hold in every point of scikit-learn's; Fawcett (2006), "An introduction to ROC analysis", algorithm 1.
    """
    return tuple(
        Curve(
            kind,
            title,
            x_label,
            y_label,
            tuple(_drawn(name, one, line, confidence) for name, one in lines.items()),
            note=_note(kind, lines),
        )
        for kind, (line, title, x_label, y_label) in _LINES.items()
    )


def _drawn(name: str, ranked: Ranked, line: Line, confidence: float) -> CurveLine:
    x, y = line(ranked.found, ranked.taken)
    places = kept(x, y)
    x, y = x[places], y[places]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    if ranked.samples is not None:

        def of_sample(counts: Floats) -> tuple[Floats, Floats]:
            found = np.append(0.0, np.cumsum(counts[1]))
            taken = np.append(0.0, np.cumsum(counts.sum(axis=0)))
            return line(found, taken)

        has_both = (ranked.samples.sum(axis=2) > 0).all(axis=1)
        if has_both.any():
            low, high = band(ranked.samples[has_both], of_sample, x, confidence)
    return CurveLine(name, tuple(x.tolist()), tuple(y.tolist()), low, high)


def _note(kind: str, lines: dict[str, Ranked]) -> str:
    ranked = next((one for one in lines.values() if one.samples is not None), None)
    if ranked is None:
        return ""
    if kind == "precision_recall":
        return f"no skill is {ranked.share:.3g}"
    if kind == "gain":
        part = float(np.interp(_FIRST_PART, *_gain(ranked.found, ranked.taken)))
        found, lift = f"{100 * part:.0f} % of the positives", f"lift {part / _FIRST_PART:.2g}"
        return f"the first tenth of the rows holds {found}: {lift}"
    return ""
