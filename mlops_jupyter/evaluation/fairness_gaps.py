"""Gaps between groups: the largest difference and the smallest ratio of a rate, with honest intervals.

The largest of many differences is above 0 even where all groups are alike. So the interval is made
for all pairs of groups at once (the largest standardised error over all pairs, simulated), and its lower
end is 0 where no pair differs beyond noise.

To add a gap, add a line to ``DEFINITIONS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..records import Estimate, Gap
from .fairness_rates import NAMES, Known

FOUR_FIFTHS: Final = 0.8
MOST_GROUPS: Final = 100
"""Pairs of more groups than these are not compared; the largest are."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Definition:
    """A gap: Fairlearn's word without ``_difference``, the rates it looks at, and which end is worse."""

    key: str
    name: str
    rates: tuple[str, ...]
    is_low_worse: bool = False
    has_ratio: bool = True
    has_limit: bool = False


DEFINITIONS: Final = (
    Definition(
        "demographic_parity", "selection rate", ("selection_rate",), is_low_worse=True, has_limit=True
    ),
    Definition("equalized_odds", "equalized odds", ("tpr", "fpr"), is_low_worse=True, has_limit=True),
    Definition("equal_opportunity", "true positive rate", ("tpr",), is_low_worse=True, has_limit=True),
    Definition("false_positive_rate", "false positive rate", ("fpr",)),
    Definition("precision_score", "precision", ("ppv",), is_low_worse=True),
    Definition("zero_one_loss", "error", ("error",)),
    Definition("calibration", "predicted minus observed", ("calibration",), has_ratio=False),
    Definition(
        "mean_prediction", "mean prediction", ("mean_prediction",), is_low_worse=True, has_ratio=False
    ),
    Definition("mean_error", "mean error", ("mean_error",), has_ratio=False),
    Definition("mean_absolute_error", "mean absolute error", ("mae",)),
)


@dataclass(frozen=True)
class Measured:
    """One attribute's groups: their names and rates, and the settings of the intervals."""

    columns: tuple[str, ...]
    names: tuple[str, ...]
    known: Mapping[str, Known]
    least: int
    confidence: float
    n_draws: int
    random_state: int


@dataclass(frozen=True)
class _Family:
    """One rate of a gap in the groups that are large enough."""

    key: str
    groups: NDArray[np.intp]
    values: Floats
    smooth: Floats
    covariance: Floats


def gaps_of(measured: Measured) -> list[Gap]:
    """Return the gaps between the groups of an attribute, where at least two are large enough."""
    found = []
    for definition in DEFINITIONS:
        if not all(key in measured.known for key in definition.rates):
            continue
        families = [_family(measured.known[key], measured.least) for key in definition.rates]
        if min(len(one.groups) for one in families) < 2:
            continue
        found.append(_difference(definition, measured, families))
        if definition.has_ratio:
            found.append(_ratio(definition, measured, families))
    return found


def _family(known: Known, least: int) -> _Family:
    large = np.flatnonzero(known.n >= least)
    return _Family(
        known.rate.key,
        large,
        known.values[large],
        known.smooth[large],
        known.covariance[np.ix_(large, large)],
    )


def _difference(definition: Definition, measured: Measured, families: Sequence[_Family]) -> Gap:
    from scipy.linalg import block_diag

    spans = [float(np.ptp(one.values)) for one in families]
    widest = int(np.argmax(spans))
    covariance = block_diag(*(one.covariance for one in families))
    low, high = _widest([one.smooth for one in families], covariance, measured)
    estimate = _estimate(spans[widest], low, high, measured)
    worst, best = _ends(definition, families[widest], measured)
    return Gap(
        f"{definition.key}_difference",
        f"{definition.name}, largest difference",
        estimate,
        worst,
        best,
        verdict=_difference_words(estimate, _name(definition, families[widest]), worst, best),
        columns=measured.columns,
    )


def _ratio(definition: Definition, measured: Measured, families: Sequence[_Family]) -> Gap:
    from scipy.linalg import block_diag

    ratios = [
        float(one.values.min() / one.values.max()) if one.values.max() > 0 else np.inf for one in families
    ]
    smallest = int(np.argmin(ratios))
    worst, best = _ends(definition, families[smallest], measured)
    if np.isfinite(ratios[smallest]):
        covariance = block_diag(*(one.covariance / np.outer(one.smooth, one.smooth) for one in families))
        low, high = _widest([np.log(one.smooth) for one in families], covariance, measured)
        estimate = _estimate(ratios[smallest], np.exp(-high), np.exp(-low), measured)
    else:
        estimate = Estimate(None, confidence=measured.confidence, note="the rate is 0 in every group")
    limit = FOUR_FIFTHS if definition.has_limit else None
    is_bad = _beyond(estimate, limit)
    return Gap(
        f"{definition.key}_ratio",
        f"{definition.name}, smallest ratio",
        estimate,
        worst,
        best,
        limit=limit,
        is_bad=is_bad,
        verdict=_ratio_words(estimate, definition, families[smallest], (worst, best), is_bad=is_bad),
        columns=measured.columns,
    )


def _widest(values: Sequence[Floats], covariance: Floats, measured: Measured) -> tuple[float, float]:
    """Return an interval of the largest difference within any of several families of values.

    Notes
    -----
    All pairs at once (Hothorn, Bretz and Westfall, 2008, section 3): with c the quantile of the
    largest standardised error over all pairs, every pair's true difference is within c standard errors
    of what was seen, and so is the largest.
    """
    rng = np.random.default_rng(measured.random_state)
    root = _root(covariance)
    noise = rng.standard_normal((max(measured.n_draws, 200), len(covariance))) @ root.T
    largest = np.zeros(len(noise))
    pairs: list[tuple[Floats, Floats]] = []
    start = 0
    for family in values:
        places = np.arange(start, start + len(family))
        start += len(family)
        for at, place in enumerate(places[:-1]):
            others = places[at + 1 :]
            spread = (
                covariance[place, place]
                + covariance[others, others]
                - covariance[place, others]
                - covariance[others, place]
            )
            error = np.sqrt(np.maximum(spread, np.finfo(np.float64).tiny))
            pairs.append((np.abs(family[at] - family[at + 1 :]), error))
            standardised = np.abs(noise[:, [place]] - noise[:, others]) / error
            largest = np.maximum(largest, standardised.max(axis=1))
    limit = float(np.quantile(largest, measured.confidence))
    low = max(float(np.max(size - limit * error)) for size, error in pairs)
    return max(0.0, low), max(float(np.max(size + limit * error)) for size, error in pairs)


def _root(covariance: Floats) -> Floats:
    if not np.any(covariance - np.diag(np.diag(covariance))):
        return np.diag(np.sqrt(np.diag(covariance)))
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def _ends(definition: Definition, family: _Family, measured: Measured) -> tuple[str, str]:
    """Return the worst and the best group."""
    lowest = measured.names[family.groups[np.argmin(family.values)]]
    highest = measured.names[family.groups[np.argmax(family.values)]]
    is_low_worse = definition.is_low_worse and family.key != "fpr"
    return (lowest, highest) if is_low_worse else (highest, lowest)


def _estimate(value: float, low: float, high: float, measured: Measured) -> Estimate:
    """Return an estimate whose interval holds its value: intervals start from smoothed rates."""
    return Estimate(
        value,
        min(float(low), value),
        max(float(high), value),
        confidence=measured.confidence,
        method="all pairs",
    )


def _beyond(ratio: Estimate, limit: float | None) -> bool | None:
    if limit is None or ratio.low is None or ratio.high is None:
        return None
    return True if ratio.high < limit else False if ratio.low >= limit else None


def _name(definition: Definition, family: _Family) -> str:
    """Return what differs, as people read it; of several rates, the one that differs most."""
    return definition.name if len(definition.rates) == 1 else f"{definition.name} ({NAMES[family.key]})"


def _difference_words(estimate: Estimate, name: str, worst: str, best: str) -> str:
    if not estimate.low:
        return f"no difference in {name} beyond noise: {_span(estimate)}"
    return f"{name} differs by {_span(estimate)}: {worst}, beside {best}"


def _ratio_words(
    estimate: Estimate, definition: Definition, family: _Family, ends: tuple[str, str], *, is_bad: bool | None
) -> str:
    if estimate.value is None or estimate.high is None:
        return f"cannot say: {estimate.note}"
    name = _name(definition, family)
    if estimate.high >= 1 and is_bad is False:
        return f"no difference in {name} beyond noise, and not under four fifths: {_span(estimate)}"
    if estimate.high >= 1 and not definition.has_limit:
        return f"no difference in {name} beyond noise: a ratio of {_span(estimate)}"
    said = f"{name}: a ratio of {_span(estimate)}"
    if definition.has_limit:
        said += {True: ", under", False: ", not under", None: ", perhaps under"}[is_bad] + " four fifths"
    return f"{said}: {ends[0]}, beside {ends[1]}"


def _span(estimate: Estimate) -> str:
    return f"{estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"
