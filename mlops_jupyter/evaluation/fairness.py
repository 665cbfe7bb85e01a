"""Fairness: what a model does in each group of people, and how far groups are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..records import FairnessReport, Gap, GroupResult
from .fairness_gaps import MOST_GROUPS, Measured, gaps_of
from .fairness_groups import Member, attributes_of, grouping, text_of, together
from .fairness_rates import Known, estimates, measure, rates_of
from .fairness_words import note_of, summary_of
from .scored import Scored
from .slicing_losses import unit_numbers


def fairness(
    scored: Scored,
    sensitive: Any,
    *,
    min_rows: int = 50,
    confidence: float = 0.95,
    n_bootstrap: int = 1000,
    random_state: int = 0,
) -> FairnessReport:
    """Compare what a model does between the groups of sensitive attributes, and their intersections.

    Groups of fewer than ``min_rows`` rows are shown and not compared; nor is a rate that has fewer rows
    under it (the true positive rate of a group with few positives). Numbers and times of more than ten
    values are cut at their quartiles. Missing values are a group. The report says how far groups are
    apart, never that a model is fair.

    Parameters
    ----------
    scored : a classification (with its positive class), a multiclass or multilabel problem (error only),
        a regression or a forecast.
    sensitive : frame of one column per attribute, one row per scored row; or a single column.
    min_rows : fewest rows of a group that is compared, at least 2.
    confidence : of the intervals, between 0 and 1; that of a gap holds for all pairs of groups at once.
    n_bootstrap : how many times the noise of the rates is drawn to find the widest gap it makes.
    random_state : seed of these draws.

    Returns
    -------
    FairnessReport
        Groups of each attribute, of each two and of all together; gaps in the same order.

    Raises
    ------
    UsageError
        When the problem has no predictions to compare, rows do not match, or an attribute has no groups.

    References
    ----------
    Weerts et al., 2023, "Fairlearn: Assessing and Improving Fairness of AI Systems", JMLR 24(257): the
    rates and gaps, equal to Fairlearn's. U.S. EEOC, 1978, 29 CFR 1607.4 D: four fifths. Kleinberg,
    Mullainathan and Raghavan, 2017, and Chouldechova, 2017: what base rates that differ rule out.

    Examples
    --------
    >>> from mlops_jupyter.evaluation import score_predictions
    >>> y = np.tile([0, 1], 200)
    >>> selected = np.where(np.arange(400) < 200, 1, y)
    >>> report = fairness(score_predictions(y, selected), {"side": np.repeat(["left", "right"], 200)})
    >>> [(gap.key, gap.estimate.value) for gap in report.gaps][:2]
    [('demographic_parity_difference', 0.5), ('demographic_parity_ratio', 0.5)]
    """
    if scored.problem in ("clustering", "ranking"):
        raise UsageError(
            f"fairness of a {scored.problem} cannot be measured; expected classes, numbers or a forecast"
        )
    attributes = attributes_of(sensitive, len(scored.y))
    rates = rates_of(scored)
    weights = None if scored.weights is None else np.asarray(scored.weights, np.float64)
    units = unit_numbers(scored)
    groups: list[GroupResult] = []
    gaps: list[Gap] = []
    dropped = 0
    for some in together(attributes):
        numbers, members = grouping(some)
        dropped += max(0, len(members) - MOST_GROUPS)
        known = {rate.key: measure(rate, numbers, len(members), weights, units) for rate in rates}
        sizes = np.bincount(numbers, minlength=len(members))[: len(members)]
        is_single = weights is None and units is None
        groups += _results(members, sizes, known, confidence=confidence, is_single=is_single, least=min_rows)
        largest = np.argsort(-sizes, kind="stable")[:MOST_GROUPS]
        large = largest[sizes[largest] >= min_rows]
        measured = Measured(
            tuple(one.column for one in some),
            tuple(text_of(member) for member in members),
            {key: _only(one, large) for key, one in known.items()},
            min_rows,
            confidence,
            n_bootstrap,
            random_state,
        )
        gaps += gaps_of(measured)
    return FairnessReport(
        tuple(one.column for one in attributes),
        tuple(groups),
        tuple(gaps),
        min_rows=min_rows,
        positive="" if scored.positive is None else str(scored.positive),
        summary=summary_of(attributes, groups, gaps),
        note=note_of(attributes, groups, dropped, is_clustered=units is not None, min_rows=min_rows),
    )


def _only(known: Known, large: NDArray[np.intp]) -> Known:
    """Leave the groups out of comparison that are too small."""
    n = np.zeros_like(known.n)
    n[large] = known.n[large]
    return Known(known.rate, known.values, known.smooth, n, known.covariance)


def _results(
    members: Sequence[Member],
    sizes: NDArray[np.intp],
    known: dict[str, Known],
    *,
    confidence: float,
    is_single: bool,
    least: int,
) -> list[GroupResult]:
    columns = {
        key: estimates(one, confidence=confidence, is_single=is_single, least=least)
        for key, one in known.items()
    }
    return [
        GroupResult(
            tuple((column, value) for column, value, _ in member),
            text_of(member),
            int(size),
            tuple((key, column[place]) for key, column in columns.items()),
            is_too_small=bool(size < least),
        )
        for place, (member, size) in enumerate(zip(members, sizes.tolist(), strict=True))
    ]
