"""Facts of an evaluation in a few words; what nobody looked at is None, not a good sign."""

from __future__ import annotations

from ..display.interval import said
from .card_facts import MOST_NAMED, Facts, listed


def worse_slices(facts: Facts, most: int = 3) -> str | None:
    """Return the parts of the rows for which the model is worse beyond chance; None where nobody looked."""
    found = facts.report.slices if facts.report else None
    if found is None:
        return None
    worse = [one for one in found.slices if one.is_worse]
    if not worse:
        return f"no part of at least {found.min_rows:,} rows that is worse than chance allows"
    return "; ".join(f"{one.text}: {said(one.estimate)} instead of {said(one.rest)}" for one in worse[:most])


def has_worse_slices(facts: Facts) -> bool:
    """Return whether the evaluation found parts of the rows for which the model is worse beyond chance."""
    found = facts.report.slices if facts.report else None
    return found is not None and any(one.is_worse for one in found.slices)


def gaps(facts: Facts, most: int = 3) -> str | None:
    """Return the gaps between groups that are beyond their limits; None where nobody looked."""
    found = facts.report.fairness if facts.report else None
    if found is None:
        return None
    columns = listed(list(found.columns), MOST_NAMED)
    if not found.gaps:
        return f"the groups by {columns} are too small to say"
    parts = [one.verdict or f"{one.name} {said(one.estimate)}" for one in found.gaps if one.is_bad][:most]
    unsure = [one.name for one in found.gaps if one.is_bad is None and one.limit is not None]
    if unsure:
        parts.append(f"not sure for {listed(unsure)}: the interval holds the limit")
    return "; ".join(parts) or f"none beyond its limit by {columns}"


def against_baseline(facts: Facts) -> str | None:
    """Return how the metric that decides differs from the baseline's; None without one."""
    primary = facts.report.primary if facts.report and facts.report.metrics else None
    if primary is None or primary.over_baseline is None or facts.report is None:
        return None
    return f"{facts.report.baseline}: {primary.over_baseline.verdict}"


def threshold(facts: Facts) -> str | None:
    """Return the threshold that the costs lead to, and what it saves; None without costs."""
    found = facts.report.threshold if facts.report else None
    if found is None:
        return None
    unit = f" {found.costs.unit}" if found.costs.unit else ""
    return f"{found.threshold:.3g}, saves {said(found.saving)}{unit} per 1,000 rows"


def personal(facts: Facts) -> str | None:
    """Return the columns of personal data; None where nobody looked for any."""
    if facts.personal is None:
        return None
    return listed(list(facts.personal)) or "none found"


def or_none_found(found: list[str], looked: object) -> str | None:
    """Return what was found in a few words; None where nobody looked."""
    return "; ".join(found[:5]) or ("none found" if looked is not None else None)
