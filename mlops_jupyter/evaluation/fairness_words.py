"""What a fairness report says in words: facts only, and never that a model is fair."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import Gap, GroupResult
from .fairness_gaps import MOST_GROUPS
from .slicing_bins import Parts


def summary_of(attributes: Sequence[Parts], groups: Sequence[GroupResult], gaps: Sequence[Gap]) -> str:
    """Return the worst of what was found as a sentence."""
    names = ", ".join(one.column for one in attributes)
    if not gaps:
        return f"by {names}: cannot say, fewer than two groups are large enough"
    limited = [gap for gap in gaps if gap.limit is not None and gap.estimate.value is not None]
    bad = sorted((gap for gap in limited if gap.is_bad), key=lambda gap: gap.estimate.value or 0.0)
    if bad:
        return f"by {names}: {bad[0].verdict}" + (f"; {len(bad) - 1} more under it" if len(bad) > 1 else "")
    open_ = [gap for gap in limited if gap.is_bad is None]
    if open_:
        worst = min(open_, key=lambda gap: gap.estimate.value or 0.0)
        return f"by {names}: {worst.verdict}"
    if limited:
        return (
            f"by {names}: no ratio under four fifths among {sum(not g.is_too_small for g in groups)} groups"
        )
    real = [gap for gap in gaps if gap.key.endswith("_difference") and gap.estimate.low]
    if real:
        return f"by {names}: {real[-1].verdict}"
    return f"by {names}: no difference beyond noise"


def note_of(
    attributes: Sequence[Parts],
    groups: Sequence[GroupResult],
    dropped: int,
    *,
    is_clustered: bool,
    min_rows: int,
) -> str:
    """Return what a reader must know of the groups: how cut, which are too small, what cannot be."""
    notes = []
    binned = [one.column for one in attributes if one.is_binned]
    if binned:
        notes.append(f"{', '.join(binned)} cut at quartiles")
    rare = [one.column for one in attributes if bool((one.codes == len(one.conditions)).any())]
    if rare:
        notes.append(f"values of {', '.join(rare)} beyond the 30 most frequent are in no group")
    small = sum(one.is_too_small for one in groups)
    if small:
        notes.append(f"{small} of {len(groups)} groups have fewer than {min_rows} rows: too small to say")
    if dropped:
        notes.append(f"gaps are between the {MOST_GROUPS} largest groups")
    if is_clustered:
        notes.append("intervals by whole groups of rows, not by row")
    span = _base_rates(attributes, groups)
    if span:
        notes.append(span)
    return "; ".join(notes)


def _base_rates(attributes: Sequence[Parts], groups: Sequence[GroupResult]) -> str:
    """Say where the truth differs so much between groups that not all gaps can close at once."""
    for one in attributes:
        rates = [
            estimate
            for group in groups
            if len(group.group) == 1 and group.group[0][0] == one.column and not group.is_too_small
            for key, estimate in group.rates
            if key == "base_rate" and estimate.value is not None
        ]
        if len(rates) < 2:
            continue
        least = min(rates, key=lambda rate: rate.value or 0.0)
        most = max(rates, key=lambda rate: rate.value or 0.0)
        if (least.high or 0.0) < (most.low or 0.0):
            return (
                f"base rates differ by {one.column} ({least.value:.3g} to {most.value:.3g}): equal "
                "selection, equal error rates and equal precision cannot all hold"
            )
    return ""
